"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path


def machine(chromium: str) -> str:
    """The machine in one line; `chromium` is the browser's version."""
    return ", ".join(
        (
            f"{os.cpu_count()} cores ({_processor()})",
            _system(),
            f"Python {platform.python_version()}",
            f"Streamlit {version('streamlit')}",
            f"Chromium {chromium}, headless",
        )
    )


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.platform(terse=True)
