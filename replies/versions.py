"""Versions of the app and the SDKs that this process runs."""

from __future__ import annotations

import platform
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from types import MappingProxyType

from providers import VENDORS

PROJECT = Path(__file__).parent.parent / "pyproject.toml"


@cache
def versions() -> Mapping[str, str]:
    """By name: "streamside", "python", and each SDK that is installed."""
    found = {"streamside": _app(), "python": platform.python_version()}
    for sdk in (sdk for vendor in VENDORS for sdk in vendor.sdks):
        try:
            found[sdk] = metadata.version(sdk)
        except metadata.PackageNotFoundError:
            continue
    return MappingProxyType(found)


def _app() -> str:
    """The app is run from its folder, not installed: its version stands in its project file."""
    try:
        return str(tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["version"])
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return "unknown"
