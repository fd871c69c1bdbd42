"""Text files as programs on people's machines save them, and the file .env among them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from providers.env_file import LARGEST_ENV, decoded, load_env

LINES = "# Schlüssel für später\nSTREAMSIDE_A=one\nexport STREAMSIDE_B = two words\nSTREAMSIDE_C='três'\n"
TAKEN = {"STREAMSIDE_A": "one", "STREAMSIDE_B": "two words", "STREAMSIDE_C": "três"}
MARK = "\ufeff"


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where .env is looked for; what it sets is gone after the test."""
    monkeypatch.delenv("PYTHON_DOTENV_DISABLED")
    for name in ("STREAMSIDE_A", "STREAMSIDE_B", "STREAMSIDE_C"):
        monkeypatch.setenv(name, "")  # so that it is put back afterwards
        del os.environ[name]
    return tmp_path / ".env"


def read() -> dict[str, str]:
    return {name: os.environ[name] for name in TAKEN if name in os.environ}


@pytest.mark.parametrize(
    "data",
    [
        LINES.encode(),
        (MARK + LINES).encode(),
        (MARK + LINES).encode("utf-16-le"),
        (MARK + LINES).encode("utf-16-be"),
        LINES.encode("utf-16-le"),
        LINES.encode("utf-16-be"),
        (MARK + LINES).encode("utf-32-le"),
        LINES.replace("\n", "\r\n").encode(),
        (MARK + LINES.replace("\n", "\r\n")).encode("utf-16-le"),
        LINES.replace("\n", "\r").encode(),
        LINES.rstrip().encode(),
        LINES.replace("=one", "=“one”").replace("'três'", "‘três’").encode(),
        (LINES + "STREAMSIDE_A=\nSTREAMSIDE_B=''\nexport STREAMSIDE_C= # none\n").encode(),  # empty: not set
    ],
)
def test_a_file_is_read_whatever_program_saved_it(env: Path, data: bytes) -> None:
    env.write_bytes(data)
    assert load_env(env) == ""
    assert read() == TAKEN
    os.environ["STREAMSIDE_A"] = "mine"
    load_env(env)  # what is set already wins
    assert read() == TAKEN | {"STREAMSIDE_A": "mine"}


def test_what_an_older_windows_wrote_is_read_and_named(env: Path) -> None:
    env.write_bytes(LINES.encode("cp1252"))
    assert load_env(env).startswith(".env is not UTF-8 (line 1).")
    assert read() == TAKEN


@pytest.mark.parametrize(
    "written",
    ["NOTHING", "??", "= x", "STREAMSIDE_X: k", 'STREAMSIDE_X="k', "set STREAMSIDE_X=k", '$env:STREAMSIDE_X="k"', "{"],
)
def test_a_line_that_is_no_setting_is_named_and_keeps_no_other_from_being_read(env: Path, written: str) -> None:
    env.write_text(f"{LINES}\n{written}\n", encoding="utf-8")
    assert load_env(env).startswith(".env line 6 can't be read.")
    assert read() == TAKEN


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda env: None, ""),
        (lambda env: (env / "pyvenv.cfg").parent.mkdir() or (env / "pyvenv.cfg").touch(), ""),  # a virtual environment
        (lambda env: env.write_bytes(b""), ""),
        (Path.mkdir, ".env is a folder"),
        (lambda env: env.write_bytes(b"\x7fELF\0\1\2\0\0\0\0\0" * 9), ".env is no text"),
        (lambda env: env.write_bytes(b"STREAMSIDE_A=o\0ne\n"), ".env is no text"),
        (lambda env: env.write_bytes(b"STREAMSIDE_A=one\n" + b"#" * LARGEST_ENV), ".env is larger than 1 MB"),
        (lambda env: env.write_bytes(b"\xff\xfeA"), ".env is no"),
        (lambda env: env.symlink_to(env), ".env can't be read"),
    ],
)
def test_what_is_wrong_with_it_is_said_in_one_line(env: Path, made: Callable[[Path], object], said: str) -> None:
    made(env)
    problem = load_env(env)
    assert problem.startswith(said)
    assert bool(problem) is bool(said)
    assert "\n" not in problem
    assert read() == {}


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps nobody out by a file's mode")
def test_one_that_may_not_be_read_is_named(env: Path) -> None:
    env.write_text(LINES)
    env.chmod(0)
    for folder in env.parents[:4]:
        if folder.stat().st_uid == os.geteuid() and folder.name:
            folder.chmod(folder.stat().st_mode | 0o055)
    superuser = os.geteuid() == 0  # who reads anything, so it is somebody else meanwhile
    os.seteuid(65534 if superuser else os.geteuid())
    try:
        problem = load_env(env)
    finally:
        os.seteuid(0 if superuser else os.geteuid())
    assert problem.startswith(".env can't be read (Permission denied). ")
    assert read() == {}


@pytest.mark.parametrize("data", [b"\0", b"ab\0cd", b"\xff\xfea", b"caf\xe9", b"\xff\xfe\0\0\1"])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(UnicodeDecodeError):
        decoded(data)
