"""A conversation or a comparison as one HTML file that plays its streams back, from disk, without a network.

    Path("report.html").write_text(report(comparison), encoding="utf-8")

The whole text stands in the page itself, so that it reads and prints without the script. The page may load nothing and
run nothing but this script: its policy names the script and the style by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from html import escape
from itertools import chain
from pathlib import Path

from providers import Reasoning
from replies.conversation import Comparison
from replies.export.formats import EARLIER, ONE_ANSWER, SIMULATED, cells, costs_told
from replies.export.outline import Scene, headline, judgement, scenes
from replies.export.report.chart import chart
from replies.export.report.prose import LONGEST, prose
from replies.metrics.figures import figures
from replies.metrics.labels import date, encodable, ended, given_at, marks, parameters
from replies.metrics.table import shown_in
from replies.recording.format import Item

FOLDER = Path(__file__).parent
BREATH = 0.8  # seconds of the replay between two turns
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def report(item: Item, exported: datetime | None = None) -> str:
    """The file's text. Raises ValueError as `scenes` does.

    `exported`: now, unless given; all dates are in its time zone, by default UTC.
    """
    exported = exported or datetime.now(UTC)
    told = scenes(item)
    style, script = (FOLDER / "report.css").read_text("utf-8"), (FOLDER / "report.js").read_text("utf-8")
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return "".join(
        (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n',
            f"<title>{_text(headline(item))} – Streamside</title>\n<style>{style}</style>\n</head>\n<body>\n",
            *_head(item, exported),
            PLAYER,
            "<main>\n",
            *chain.from_iterable(_scene(item, place, scene, exported.tzinfo) for place, scene in enumerate(told)),
            *_verdict(item, exported.tzinfo),
            "</main>\n",
            *_foot(),
            f'<script type="application/json" id="streams">{_data(told)}</script>\n',
            f"<script>{script}</script>\n</body>\n</html>\n",
        )
    )


PLAYER = """\
<div class="player" id="player" role="group" aria-label="Replay" hidden>
<button type="button" id="play" class="main">Play</button>
<button type="button" id="step" title="Pause, and show the next piece">Step</button>
<button type="button" id="finish" title="Show everything at once">To the end</button>
<input type="range" id="position" min="0" max="1000" value="1000" step="1" aria-label="Moment of the replay">
<output id="clock" for="position"></output>
<fieldset class="speeds"><legend>Speed</legend>
<label><input type="radio" name="speed" value="1" checked><span>1×</span></label>
<label><input type="radio" name="speed" value="2"><span>2×</span></label>
<label><input type="radio" name="speed" value="4"><span>4×</span></label>
</fieldset>
</div>
"""


def _head(item: Item, exported: datetime) -> Iterator[str]:
    replies = [reply for scene in scenes(item) for reply in scene.replies]
    days = sorted(given_at(reply) for reply in replies)
    when = f"Answered on {date(days[0], exported.tzinfo)} · " if days else ""
    yield f'<header class="top">\n<p class="brand">{WAVE}Streamside <span>{item.kind}</span></p>\n'
    yield f"<h1>{_text(headline(item))}</h1>\n"
    yield f'<p class="when">{when}exported on {date(exported, exported.tzinfo)}</p>\n'
    if any(reply.asked.simulated for reply in replies):
        yield f'<p class="notice">{_mark("simulated")} {SIMULATED}</p>\n'
    yield "</header>\n"


WAVE = (
    '<svg class="wave" width="28" height="20" viewBox="0 0 28 20" aria-hidden="true"><path d="M2 5q4-4 8 0t8 0 8 0"/>'
    '<path d="M2 10q4-4 8 0t8 0"/><path d="M2 15q4-4 8 0"/></svg>'
)


def _scene(item: Item, place: int, scene: Scene, zone: tzinfo | None) -> Iterator[str]:
    lanes = isinstance(item, Comparison)
    yield f'<section class="scene" aria-labelledby="scene-{place}">\n<h2 id="scene-{place}">{scene.title}</h2>\n'
    yield f'<p class="prompt" dir="auto">{_text(scene.prompt)}</p>\n'
    if scene.replies:
        yield f'<div class="lanes lanes-{min(len(scene.replies), 6)}">\n'
        for at in range(len(scene.replies)):
            yield from _lane(scene, at, zone, numbered=lanes)
        yield "</div>\n"
        yield from _race(place, scene)
        yield from _table(scene)
    yield "</section>\n"


def _lane(scene: Scene, at: int, zone: tzinfo | None, *, numbered: bool) -> Iterator[str]:
    reply, scrolls = scene.replies[at], len(scene.replies) > 1
    asked = reply.asked
    name = _text(asked.label)
    lane = f'<span class="number">Lane {scene.lanes[at]}</span> ' if numbered else ""
    details = [asked.request.model, asked.api, *parameters(reply), date(given_at(reply), zone)]
    yield f'<article class="lane {_hue(scene, at)}">\n<header>\n<h3>{_sample()}{lane}<bdi>{name}</bdi></h3>\n'
    yield f'<p class="marks">{_marks(scene, at)}</p>\n'
    yield f'<p class="details">{" · ".join(f"<bdi>{_text(detail)}</bdi>" for detail in details)}</p>\n</header>\n'
    if asked.request.system:
        yield f'<p class="system" dir="auto"><b>System prompt</b> {_text(asked.request.system)}</p>\n'
    focus = ' tabindex="0"' if scrolls else ""
    yield f'<div class="words" role="group"{focus} aria-label="Answer of {name}">\n'
    yield '<div class="stage"><p class="thoughts" dir="auto"></p><p class="answer" dir="auto"></p></div>\n'
    yield '<div class="whole">'
    if reasoning := reply.reasoning:
        yield _prose("thoughts", reasoning)
    yield f"{_prose('answer', reply.text or '–')}</div>\n</div>\n"
    if reply.error is not None:
        yield f'<p class="error">{_text(reply.error.message)}</p>\n'
    yield f'<p class="status"><span class="ended">{_text(ended(reply))}</span><span class="now"></span></p>\n'
    yield '<dl class="tiles">\n'
    numbers = figures(reply)
    for metric in shown_in("tile"):
        yield f"<div><dt>{metric.label}</dt><dd>{metric.shown(numbers, reply)}</dd></div>\n"
    yield "</dl>\n</article>\n"


def _race(place: int, scene: Scene) -> Iterator[str]:
    yield '<figure class="race">\n<figcaption>Characters that had arrived, reasoning included, over the seconds since '
    yield 'the question. <span class="legend">○ first piece, ● complete, × broken off or stopped</span></figcaption>\n'
    if len(scene.replies) > 1:
        yield '<ul class="key">'
        for at, reply in enumerate(scene.replies):
            earlier = f", {EARLIER}" if at in scene.earlier else ""
            yield f'<li class="{_hue(scene, at)}">{_sample()}<bdi>{_text(reply.asked.label)}</bdi>{earlier}</li>'
        yield "</ul>\n"
    height = 300 if len(scene.replies) > 1 else 170
    hues = [_hue(scene, at) for at in range(len(scene.replies))]
    yield chart(f"{place}-wide", scene.replies, hues, 1040, height, labels=len(scene.replies) > 1, name=_text)
    yield chart(f"{place}-narrow", scene.replies, hues, 400, height - 20, labels=False, name=_text)
    yield "</figure>\n"


def _table(scene: Scene) -> Iterator[str]:
    rows = [cells(reply) for reply in scene.replies]
    yield '<div class="table" role="region" tabindex="0" aria-label="Figures"><table>\n<thead><tr>'
    yield '<th scope="col">Answer</th>'
    yield "".join(f'<th scope="col">{title}</th>' for title in rows[0]) + "</tr></thead>\n<tbody>\n"
    for at, (reply, row) in enumerate(zip(scene.replies, rows, strict=True)):
        yield f'<tr class="{_hue(scene, at)}"><th scope="row">{_sample()}<bdi>{_text(reply.asked.label)}</bdi> '
        yield f"{_marks(scene, at)}</th>"
        yield "".join(f"<td>{_text(cell)}</td>" for cell in row.values()) + "</tr>\n"
    yield "</tbody></table></div>\n"
    yield f'<ul class="costs">{"".join(f"<li>Cost of {_text(line)}</li>" for line in costs_told(scene.replies))}</ul>\n'


def _foot() -> Iterator[str]:
    yield '<section class="meaning" aria-labelledby="meaning">\n<h2 id="meaning">What the numbers mean</h2>\n<dl>\n'
    for metric in shown_in("export"):
        yield f"<div><dt>{metric.label}</dt><dd>{_text(metric.help)}</dd></div>\n"
    yield f"</dl>\n<p>{ONE_ANSWER}</p>\n</section>\n"
    yield "<footer>Made by Streamside. This file holds everything it shows, and asks nobody for anything.</footer>\n"


def _verdict(item: Item, zone: tzinfo | None) -> Iterator[str]:
    if judged := judgement(item, zone):
        outcome, *more = map(_text, judged)
        yield '<section class="verdict" aria-labelledby="verdict">\n<h2 id="verdict">Verdict</h2>\n'
        yield f'<p class="outcome" dir="auto">{outcome}</p>\n'
        yield "".join(f'<p dir="auto">{line}</p>\n' for line in more) + "</section>\n"


def _marks(scene: Scene, at: int) -> str:
    told = [_mark(mark) for mark in marks(scene.replies[at].asked)]
    return "".join(told) + (_mark(EARLIER) if at in scene.earlier else "")


def _mark(mark: str) -> str:
    return f'<span class="mark {mark.split(maxsplit=1)[0]}">{mark.capitalize()}</span>'


def _hue(scene: Scene, at: int) -> str:
    """A lane keeps its colour from round to round; an earlier attempt has it paler."""
    return f"hue-{(scene.lanes[at] - 1) % 6}" + (" earlier" if at in scene.earlier else "")


def _sample() -> str:
    """The lane's line as the chart draws it: by colour and by dashes."""
    return '<svg class="sample" width="26" height="10" aria-hidden="true"><path class="line" d="M1 5h24"/></svg>'


def _text(text: str) -> str:
    """The text as HTML shows it: nothing in it is markup, and what can't be shown is U+FFFD."""
    return escape(_shown(text))


def _shown(text: str) -> str:
    return CONTROLS.sub("\ufffd", encodable(text).replace("\r\n", "\n"))


def _prose(kind: str, text: str) -> str:
    """A model's text, its Markdown rendered; as it was written where it is too long for that."""
    shown = _shown(text)
    if len(shown) > LONGEST:
        return f'<p class="{kind}" dir="auto">{escape(shown)}</p>'
    return f'<div class="{kind} prose">{prose(shown)}</div>'


def _data(told: list[Scene]) -> str:
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
