"""Report: a conversation or a comparison as one HTML file that plays its streams back, from disk, without a network.

The whole text stands in the page itself, so that it reads and prints without the script. The page may load nothing and
run nothing but this script: its policy names the script and the style by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from providers import Reasoning
from replies.conversation import Comparison
from replies.export.formats import DIFFER, ONE_ANSWER, SIMULATED, cells, costs_told
from replies.export.outline import EARLIER, Scene, headline, judgement, scenes, told_apart
from replies.export.report.chart import chart
from replies.export.report.prose import LONGEST, prose
from replies.metrics.figures import figures
from replies.metrics.labels import date, encodable, ended, given_at, notes, parameters
from replies.metrics.table import shown_in
from replies.recording.format import Item

FOLDER = Path(__file__).parent
BREATH = 0.8  # seconds of the replay between two turns
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def report(item: Item, exported: datetime | None = None) -> str:
    """The file's text. `exported`: now, unless given; all dates are in its time zone. Raises ValueError as `scenes`
    does."""
    exported = exported or datetime.now(UTC)
    zone = exported.tzinfo
    told = scenes(item)
    replies = [reply for scene in told for reply in scene.replies]
    style, script = (FOLDER / "report.css").read_text("utf-8"), (FOLDER / "report.js").read_text("utf-8")
    return _ENVIRONMENT.get_template("report.html").render(
        policy=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'",
        style=style,
        script=script,
        streams=_streams(told),
        kind=item.kind,
        headline=headline(item),
        answered=date(min(map(given_at, replies)), zone) if replies else "",
        exported=date(exported, zone),
        simulated=SIMULATED if any(reply.asked.simulated for reply in replies) else "",
        numbered=isinstance(item, Comparison),
        scenes=[_scene(place, scene, zone) for place, scene in enumerate(told)],
        differ=DIFFER,
        apart=told_apart(item),
        verdict=judgement(item, zone),
        metrics=shown_in("export"),
        one_answer=ONE_ANSWER,
        longest_prose=LONGEST,
    )


def _scene(place: int, scene: Scene, zone: tzinfo | None) -> dict[str, Any]:
    answers = [_answer(scene, at, zone) for at in range(len(scene.replies))]
    several = len(answers) > 1
    height = 300 if several else 170
    return {
        "title": scene.title,
        "prompt": scene.prompt,
        "answers": answers,
        "costs": costs_told(scene.replies),
        "charts": [
            chart(f"{place}-wide", scene.replies, 1040, height, labels=several),
            chart(f"{place}-narrow", scene.replies, 400, height - 20, labels=False),
        ],
    }


def _answer(scene: Scene, at: int, zone: tzinfo | None) -> dict[str, Any]:
    reply = scene.replies[at]
    asked, numbers, earlier = reply.asked, figures(reply), EARLIER if at in scene.earlier else ""
    return {
        "lane": scene.lanes[at],
        "label": asked.label,
        # A lane keeps its colour from round to round; an earlier attempt has it paler.
        "hue": f"hue-{(scene.lanes[at] - 1) % 6}{' earlier' if earlier else ''}",
        "earlier": earlier,
        "marks": scene.marks(at),
        "details": [asked.request.model, asked.api, *parameters(reply), *notes(reply), date(given_at(reply), zone)],
        "system": asked.request.system,
        "texts": [("thoughts", reply.reasoning)] * bool(reply.reasoning) + [("answer", reply.text or "–")],
        "error": reply.error and reply.error.message,
        "ended": ended(reply),
        "tiles": [(metric.label, metric.shown(numbers, reply)) for metric in shown_in("tile")],
        "cells": cells(reply),
    }


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
