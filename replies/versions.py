"""Versions of the app and the SDKs that this process runs."""

from __future__ import annotations

import platform
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path
from types import MappingProxyType

from providers import VENDORS

PROJECT = Path(__file__).parent.parent / "pyproject.toml"


@cache
def versions() -> Mapping[str, str]:
    """By name: "streamside", "python", and each SDK that is installed."""
    app = "unknown"
    with suppress(OSError, KeyError, tomllib.TOMLDecodeError):  # the app is run from its folder, not installed
        app = str(tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["version"])
    found = {"streamside": app, "python": platform.python_version()}
    for sdk in (sdk for vendor in VENDORS for sdk in vendor.sdks):
        with suppress(metadata.PackageNotFoundError):
            found[sdk] = metadata.version(sdk)
    return MappingProxyType(found)
