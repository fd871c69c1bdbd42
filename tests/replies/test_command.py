"""The history from a terminal: listed, exported, imported."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from replies.__main__ import main
from tests.support.guard import guarded_environment

ROOT = Path(__file__).parents[2]


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("STREAMSIDE_DATA", str(tmp_path / "data"))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        try:
            status = main(list(arguments))
        except SystemExit as wrong:  # of argparse
            status = int(wrong.code or 0)
        return subprocess.CompletedProcess(arguments, status, *capsys.readouterr())

    return run


def test_it_is_a_program(tmp_path: Path) -> None:
    surroundings = guarded_environment(STREAMSIDE_DATA=str(tmp_path / "data"))
    for arguments, status in (("import replies/recording/samples/cricket.jsonl", 0), ("import nowhere", 1)):
        command = [sys.executable, "-m", "replies", *arguments.split()]
        told = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False)
        assert (told.returncode, "Traceback" in told.stderr, bool(told.stdout)) == (status, False, status == 0)


def test_what_is_imported_can_be_listed_and_exported_again(tmp_path: Path, run: Run) -> None:
    came = run("import", "replies/recording/samples/cricket.jsonl", "replies/recording/samples/code.jsonl")
    assert came.returncode == 0, came.stderr
    race, talk = (line.split()[0] for line in came.stdout.splitlines())
    assert race in run("list").stdout
    assert run("list", "cricket").stdout.count("simulated") == 1
    assert [line.split()[0] for line in run("list", "python").stdout.splitlines()] == [talk]
    for suffix in ("md", "json", "csv", "html"):
        went = run("export", race, "--to", str(tmp_path / f"race.{suffix}"))
        assert went.returncode == 0, went.stderr
        assert "IBM watsonx.ai" in (tmp_path / f"race.{suffix}").read_text(encoding="utf-8")
    assert run("export", race, talk, "--to", str(tmp_path / "both.jsonl")).returncode == 0
    again = run("import", str(tmp_path / "both.jsonl"))
    assert [line.partition("  ")[2] for line in again.stdout.splitlines()] == [
        line.partition("  ")[2] for line in came.stdout.splitlines()
    ]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is full")
def test_an_export_that_fails_leaves_what_was_there(tmp_path: Path, run: Run) -> None:
    race = run("import", "replies/recording/samples/cricket.jsonl").stdout.split()[0]
    (there := tmp_path / "race.html").write_text("old", encoding="utf-8")
    (tmp_path / "race.html.part").symlink_to("/dev/full")
    went = run("export", race, "--to", str(there))
    assert (went.returncode, there.read_text(encoding="utf-8")) == (1, "old")
    assert "race.html can't be written (No space left on device)" in went.stderr
    assert [each.name for each in tmp_path.glob("race*")] == ["race.html"]


@pytest.mark.parametrize(
    ("arguments", "status", "problem"),
    [
        (["import", "README.md"], 1, "README.md: Line 1: This is no recording of Streamside."),
        (["import", "nowhere.jsonl"], 1, "nowhere.jsonl"),
        (["export", "nothing", "--to", "x.md"], 1, "There is nothing with the ID nothing."),
        (["export", "nothing", "--to", "x.docx"], 2, "The file must end in"),
        (["export", "a", "b", "--to", "x.md"], 2, "Only .jsonl holds several"),
        (["list", "nothing", "--limit", "9" * 30], 0, ""),
        ([], 2, "usage:"),
    ],
)
def test_what_can_not_be_done_is_said(run: Run, arguments: list[str], status: int, problem: str) -> None:
    told = run(*arguments)
    assert (told.returncode, told.stdout) == (status, "")
    assert problem in told.stderr
