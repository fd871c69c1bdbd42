"""Session keys stand in one table, and no two are alike."""

import re
from pathlib import Path

from ui.session import keys

ROOT = Path(__file__).parents[3]


def test_no_two_keys_are_alike() -> None:
    fixed = [value for name, value in vars(keys).items() if name.isupper()]
    assert len(set(fixed)) == len(fixed)


def test_session_state_is_read_and_written_by_keys_alone() -> None:
    literal = re.compile(r"session_state(\.\w+\(|\[)f?[\"']|[\"'] (not )?in st\.session_state")
    for path in [ROOT / "app.py", *(ROOT / "ui").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]:
        assert not literal.search(path.read_text(encoding="utf-8")), path
