"""Search for marks in files, in every form in which programs write a text."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

from tests.leaks.marks import CONTROL


@dataclass
class Findings:
    """`found`: a line for each mark in each file; `control`: the files in which the control is."""

    files: int = 0
    bytes: int = 0
    control: int = 0
    found: list[str] = field(default_factory=list)


def search(root: Path, marks: Mapping[str, str], leave_out: Iterable[Path] = (), control: str = CONTROL) -> Findings:
    """Search all files below `root`, and their names; `control` is a text that is no secret."""
    controls = forms_of(control).values()
    forms = {(name, form): text for name, mark in marks.items() for form, text in forms_of(mark).items()}
    findings, left_out = Findings(), set(leave_out)
    for path in sorted(root.rglob("*")):
        if not path.is_file() or path in left_out:
            continue
        content = path.read_bytes()
        findings.files += 1
        findings.bytes += len(content)
        where = content + str(path).encode()
        findings.control += any(text in where for text in controls)
        findings.found += [f"{path}: {name}, {form}" for (name, form), text in forms.items() if text in where]
    return findings


def forms_of(mark: str) -> dict[str, bytes]:
    """The mark as it may be written. Base64 depends on what stands before it: three ways, each without its edges."""
    raw = mark.encode()
    forms = {
        "plain": raw,
        "JSON": json.dumps(mark)[1:-1].encode(),
        "slashes escaped": mark.replace("/", r"\/").encode(),
        "address": quote(mark).encode(),
        "whole address": quote(mark, safe="").encode(),
        "form": quote_plus(mark).encode(),
        "Markdown": "".join(f"\\{sign}" if not sign.isalnum() else sign for sign in mark).encode(),
        "HTML": mark.replace("+", "&#43;").replace("=", "&#61;").encode(),
        "UTF-16": mark.encode("utf-16-le"),
        "hexadecimal": raw.hex().encode(),
    }
    for before in range(3):
        forms[f"base64, {before}"] = base64.b64encode(b"." * before + raw)[4:-4]
    return forms
