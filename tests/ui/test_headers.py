"""What the browser is told to allow, as a table. What it makes of it stands in tests/browser/test_door.py."""

from __future__ import annotations

import base64
import hashlib

from ui.server.middleware import SCRIPT, headers, inline_scripts, policy
from ui.server.streamlit_internals import FRONT_END


def directives(page: str) -> dict[str, list[str]]:
    return {name: sources for name, *sources in (part.split() for part in policy(page).split(";"))}


def test_a_policy_allows_nothing_of_another_host_and_no_code_made_from_text() -> None:
    found = directives(FRONT_END.read_text())
    assert found["default-src"] == ["'none'"]
    everywhere = [source for sources in found.values() for source in sources]
    assert not [source for source in everywhere if "//" in source or "*" in source or source == "https:"]
    assert "'unsafe-eval'" not in everywhere
    assert "'unsafe-inline'" not in found["script-src"]
    assert "data:" not in found["script-src"]
    assert found["frame-ancestors"] == ["'none'"]


def digest(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def test_the_front_ends_own_inline_script_and_ours_are_allowed_by_their_hash() -> None:
    script = "\n  window.one = 1\n"
    assert inline_scripts(f'<script src="a.js"></script><script>{script}</script>') == [digest(script)]
    assert directives(f"<script>{script}</script>")["script-src"] == ["'self'", digest(script), digest(SCRIPT)]
    assert len(inline_scripts(FRONT_END.read_text())) >= 1


def test_the_other_headers() -> None:
    found = headers()
    assert found["X-Content-Type-Options"] == "nosniff"
    assert found["X-Frame-Options"] == "DENY"
    assert found["Referrer-Policy"] == "same-origin"
    assert "microphone=()" in found["Permissions-Policy"]
