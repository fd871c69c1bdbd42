"""Chromium for the browser tests: one that is installed already, or else one that can be fetched.

    python -m tests.support.chromium              prints the path of the one the tests would use
    python -m tests.support.chromium --install    the same, and fetches one first where there is none

The environment variable CHROMIUM names one by hand.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.debian import fetch

# For `playwright.chromium.launch(executable_path=require(), args=LAUNCH_ARGS)`. The browser looks up no name
# but localhost and calls no home: a page that reaches for the internet fails here as it would without one.
LAUNCH_ARGS = [
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),  # it refuses to run as root with one
]

_ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
_USUAL_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "~/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"%ProgramFiles%\Google\Chrome\Application\chrome.exe",
    r"%ProgramFiles(x86)%\Google\Chrome\Application\chrome.exe",
    r"%LocalAppData%\Google\Chrome\Application\chrome.exe",
    r"%ProgramFiles(x86)%\Microsoft\Edge\Application\msedge.exe",
)
_WHERE_PLAYWRIGHT_KEEPS_IT = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""
_DEBIAN_PACKAGES = ("chromium", "fonts-noto-core", "fonts-noto-color-emoji")  # the fonts: no boxes in screenshots


def find() -> Path | None:
    """The Chromium to test with, or None. One that is named by CHROMIUM and does not start is an error."""
    if named := os.environ.get("CHROMIUM"):
        path = Path(named)
        if not _starts(path):
            raise FileNotFoundError(f"CHROMIUM={named} does not start; unset it, or name another")
        return path
    return next((path for path in _candidates() if _starts(path)), None)


def require() -> Path:
    """The Chromium to test with. Without one the calling test is skipped, and fails where CI is set."""
    path = find()
    if path is None:
        reason = "no Chromium here: `python -m tests.support.chromium --install`, or CHROMIUM=/path/to/one"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def install() -> Path | None:
    """The Chromium to test with, fetched if there is none: Playwright's own, else, as root, Debian's."""
    path = find()
    for step in (_from_playwright, _from_debian):
        if path is None:
            step()
            path = find()
    return path


def _candidates() -> Iterator[Path]:
    yield from (Path(found) for name in _ON_PATH if (found := shutil.which(name)))
    yield from (Path(os.path.expandvars(place)).expanduser() for place in _USUAL_PLACES)
    # In a process of its own: Playwright's blocking interface can't be opened twice in one.
    answer = _run([sys.executable, "-c", _WHERE_PLAYWRIGHT_KEEPS_IT], seconds=60)
    if answer is not None and answer.returncode == 0:
        yield Path(answer.stdout.strip())


def _starts(path: Path) -> bool:
    if not path.is_file():
        return False
    if sys.platform == "win32":  # Chrome on Windows answers --version by opening a window
        return True
    # On Ubuntu chromium-browser may be a script that only says where to get the real one.
    answer = _run([str(path), "--version"], seconds=60)
    return answer is not None and answer.returncode == 0


def _from_playwright() -> None:
    print("No Chromium here. Fetching Playwright's own (at most five minutes).", flush=True)
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    answer = _run(command, seconds=300, PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT="10000")
    if answer is None:
        print("  It did not end in time.", flush=True)
    elif answer.returncode:
        output = answer.stdout.strip().splitlines()
        telling = [line for line in output if re.search(r"\b(error|failed)\b", line, re.IGNORECASE)] or output
        print("\n".join(f"  {line.strip()}" for line in telling[-2:]), flush=True)


def _from_debian() -> None:
    print("Installing Debian's package chromium (at most ten minutes).", flush=True)
    fetch(*_DEBIAN_PACKAGES, anywhere=True)


def _run(command: list[str], seconds: float, **environment: str) -> subprocess.CompletedProcess[str] | None:
    """What it answered, its errors among its words; None where it did not start or did not end in time."""
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
            env={**os.environ, **environment},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.support.chromium", description="Finds a Chromium.")
    parser.add_argument("--install", action="store_true", help="fetch one where there is none")
    try:
        path = install() if parser.parse_args().install else find()
    except FileNotFoundError as error:
        path, message = None, str(error)
    else:
        message = "No Chromium for the browser tests: install Chromium or Chrome, or name one by CHROMIUM=/path."
    print(path or message, file=sys.stdout if path else sys.stderr)
    return 0 if path else 1


if __name__ == "__main__":
    sys.exit(_main())
