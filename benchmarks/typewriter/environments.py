"""The peers' own virtual environments, so that what they need never meets what the app needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.typewriter.processes import ROOT

PEERS = ROOT / "benchmarks" / "peers"


def python_of(peer: str) -> Path:
    """The Python of `.venv-bench-{peer}`, there or not."""
    binaries = "Scripts" if sys.platform == "win32" else "bin"
    return _folder(peer) / binaries / "python"


def install(peer: str) -> None:
    """Make the environment, and put into it what `requirements-{peer}.txt` pins, unless it is there already.

    Raises subprocess.CalledProcessError where pip can't.
    """
    requirements = PEERS / f"requirements-{peer}.txt"
    installed = _folder(peer) / "installed.txt"  # the requirements that it was made from
    wanted = requirements.read_text(encoding="utf-8")
    if installed.exists() and installed.read_text(encoding="utf-8") == wanted:
        return
    print(f"Installing {peer} into {_folder(peer).name}: a minute, the first time.", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(_folder(peer))], check=True)
    pip = [str(python_of(peer)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    subprocess.run([*pip, "-r", str(requirements)], check=True)
    installed.write_text(wanted, encoding="utf-8")


def version(peer: str) -> str:
    """The peer's pinned version."""
    lines = (PEERS / f"requirements-{peer}.txt").read_text(encoding="utf-8").splitlines()
    return next(line.partition("==")[2] for line in lines if line.startswith(f"{peer}=="))


def _folder(peer: str) -> Path:
    return ROOT / f".venv-bench-{peer}"
