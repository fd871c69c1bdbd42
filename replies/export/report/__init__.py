"""Report: a conversation or a comparison as one HTML file that plays its streams back, from disk, without a network.

It reads and prints without the script, and may load and run nothing else: its policy names script and style by hash.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from providers import Reasoning
from replies.export.outline import Scene, outline, scenes
from replies.export.report.chart import chart
from replies.export.report.prose import LONGEST, prose
from replies.metrics.labels import encodable, ended
from replies.recording.format import Item

FOLDER = Path(__file__).parent
BREATH = 0.8  # seconds of the replay between two turns
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def report(item: Item, exported: datetime | None = None) -> str:
    """The file's text. `exported` and errors: as of `outline`."""
    style, script = (FOLDER / "report.css").read_text("utf-8"), (FOLDER / "report.js").read_text("utf-8")
    told, outlined = scenes(item), outline(item, exported)
    for place, (scene, drawn) in enumerate(zip(told, outlined["scenes"], strict=True)):
        several = len(scene.replies) > 1
        height = 300 if several else 170
        drawn["charts"] = [
            chart(f"{place}-wide", scene.replies, 1040, height, labels=several),
            chart(f"{place}-narrow", scene.replies, 400, height - 20, labels=False),
        ]
    return _ENVIRONMENT.get_template("report.html").render(
        outlined,
        policy=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'",
        style=style,
        script=script,
        streams=_streams(told),
        longest_prose=LONGEST,
    )


def _shown(value: object) -> object:
    """Text with U+FFFD for what HTML can't hold."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return CONTROLS.sub("\ufffd", encodable(value).replace("\r\n", "\n"))


def _streams(told: list[Scene]) -> str:
    """The streams as JSON that can't end the element it stands in."""
    streams = {
        "breath": BREATH,
        "scenes": [
            [
                {
                    "total": reply.total or 0.0,
                    "ended": ended(reply),
                    "pieces": [[seconds, text, int(isinstance(text, Reasoning))] for seconds, text in reply.chunks],
                }
                for reply in scene.replies
            ]
            for scene in told
        ],
    }
    written = json.dumps(streams, allow_nan=False, separators=(",", ":"))  # ASCII, so U+2028 is escaped as well
    return written.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _hash(source: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}"


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(FOLDER), autoescape=True, finalize=_shown, keep_trailing_newline=True
)
_ENVIRONMENT.filters["prose"] = lambda text: Markup(prose(str(_shown(text))))
