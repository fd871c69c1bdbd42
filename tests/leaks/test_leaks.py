"""No key is in anything that is written, whatever fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.leaks.marks import MARKS, plant
from tests.leaks.provocation import KINDS, provoke
from tests.leaks.search import forms_of, search


@pytest.mark.parametrize("quick", [True, pytest.param(False, marks=pytest.mark.exhaustive)])
def test_no_planted_key_is_found_anywhere(tmp_path: Path, quick: bool) -> None:
    report = provoke(tmp_path, quick=quick)
    assert {what: findings.found for what, findings in report.items() if findings.found} == {}
    del report[KINDS["project"]]
    assert [what for what, findings in report.items() if not findings.control] == []  # what is there is found


def test_the_keys_are_where_they_were_planted(tmp_path: Path) -> None:
    (tmp_path / ".streamlit").mkdir()
    plant(tmp_path)
    found = search(tmp_path, MARKS).found
    assert {line.split(": ")[1].split(",")[0] for line in found} == {
        name for name in MARKS if name.startswith(("dotenv", "secrets"))
    }
    assert search(tmp_path, MARKS, tmp_path.rglob("*")).files == 0


@pytest.mark.parametrize("form", forms_of(""))
def test_a_key_is_found_in_every_form(tmp_path: Path, form: str) -> None:
    mark = next(iter(MARKS.values()))
    (tmp_path / "file").write_bytes(b"\x00before" + forms_of(mark)[form] + b"after\xff")
    findings = search(tmp_path, MARKS)
    assert (findings.files, len(findings.found) > 0) == (1, True)


def test_a_key_is_found_in_the_name_of_a_file(tmp_path: Path) -> None:
    (tmp_path / next(iter(MARKS.values())).replace("/", "%2F")).touch()
    assert search(tmp_path, {"it": next(iter(MARKS.values())).replace("/", "%2F")}).found
