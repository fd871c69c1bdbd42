"""Formats of an export: Markdown, JSON, the figures as CSV. `replies.export.report` is the one in HTML.

Each says of every answer whether it is live, simulated or recorded. All of it is text that any encoding can hold.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from typing import Any

from markdown_it import MarkdownIt

from providers.parameters import PARAMETERS
from replies.conversation import Comparison
from replies.export.outline import Scene, headline, judgement, lane_number, scenes, told_apart
from replies.metrics.figures import figures
from replies.metrics.labels import date, encodable, ended, given_at, notes, parameters
from replies.metrics.table import DOLLARS, METRICS, shown_in
from replies.pricing import costs
from replies.recording.format import Item, ending, header, piece
from replies.reply import Reply

SIMULATED = (
    "Simulated answers were written beforehand and sent by Streamside's built-in simulator. No model is behind them, "
    "and their times say nothing about a provider."
)
DIFFER = "Do the lanes differ?"
ONE_ANSWER = "Each row is one answer, so n = 1. “–” where there is too little to say. Pieces are not tokens."

JSON_VERSION = 1


def cells(reply: Reply) -> dict[str, str]:
    """The figures of an answer as a table shows them, by their labels, and how it ended."""
    numbers = figures(reply)
    return {metric.label: metric.shown(numbers, reply) for metric in shown_in("export")} | {"Ended": ended(reply)}


def costs_told(replies: list[Reply]) -> list[str]:
    """The price that each of them was billed by, or why its cost is unknown; the same only once."""
    names = (f"{reply.asked.label} · {reply.asked.request.model}" for reply in replies)
    told = (costs.explained(costs.price(reply)) for reply in replies)
    return list(dict.fromkeys(f"{name}: {why}" for name, why in zip(names, told, strict=True)))


# Markdown


def markdown(item: Item, exported: datetime | None = None) -> str:
    """Prompts and answers to read; answers stand as they were written, which is in Markdown mostly. `exported`: now,
    unless given; all dates are in its time zone, by default UTC."""
    return encodable("\n\n".join(_markdown(item, exported or datetime.now(UTC))) + "\n")


def _markdown(item: Item, exported: datetime) -> Iterator[str]:
    told = scenes(item)
    yield f"# {_plain(headline(item))}"
    yield f"Exported from Streamside on {date(exported, exported.tzinfo)}."
    if any(reply.asked.simulated for scene in told for reply in scene.replies):
        yield f"> {SIMULATED}"
    apart, notes = told_apart(item)
    if apart or notes:
        yield f"## {DIFFER}"
        yield "\n".join(f"- {_plain(line)}" for line in apart)
        yield _plain(notes)
    for scene in told:
        yield f"## {scene.title}"
        yield _fenced(scene.prompt)
        for at in range(len(scene.replies)):
            yield from _answer(scene, at, exported.tzinfo, numbered=isinstance(item, Comparison))
        if scene.replies:
            yield _table(scene)
            yield "\n".join(f"- Cost of {_plain(line)}" for line in costs_told(scene.replies))
    if judged := judgement(item, exported.tzinfo):
        yield "## Verdict"
        outcome, *more = map(_plain, judged)
        yield "\n\n".join([f"**{outcome}**", *more])
    yield "## What the numbers mean"
    yield "\n".join(f"- **{metric.label}**: {metric.help}" for metric in shown_in("export"))
    yield ONE_ANSWER


def _answer(scene: Scene, at: int, zone: tzinfo | None, *, numbered: bool) -> Iterator[str]:
    reply = scene.replies[at]
    asked, lane = reply.asked, f"Lane {scene.lanes[at]}: " if numbered else ""
    yield f"### {lane}{_plain(asked.label)} · {_plain(asked.request.model)}"
    origin = ", ".join(scene.marks(at)).capitalize()
    details = *map(_plain, (asked.api, *parameters(reply), *notes(reply))), date(given_at(reply), zone)
    yield " · ".join((f"**{origin}**", *details, _plain(ended(reply))))
    if asked.request.system:
        yield "System prompt:"
        yield _fenced(asked.request.system)
    if reasoning := reply.reasoning:
        yield "Reasoning:"
        yield _fenced(reasoning)
    if text := reply.text:
        yield _closed(text)
    if reply.error is not None:
        yield f"> **{_plain(reply.error.message)}**"


def _table(scene: Scene) -> str:
    rows = []
    for at, reply in enumerate(scene.replies):
        name = _plain(f"{reply.asked.label} · {reply.asked.request.model}")
        rows.append({"Answer": f"{name} ({', '.join(scene.marks(at))})"})
        rows[-1] |= {name: _plain(cell) for name, cell in cells(reply).items()}
    names, *lines = (f"| {' | '.join(line)} |" for line in (rows[0], *(row.values() for row in rows)))
    return "\n".join([names, "|" + "---|" * len(rows[0]), *lines])


def _plain(text: str) -> str:
    """The text in one line, escaped for Markdown."""
    return re.sub(r"([\\`*_{}\[\]<>#|!~&$])", r"\\\1", " ".join(text.split()))


def _fenced(text: str) -> str:
    """The text in a code block that nothing in it can end."""
    longest = max(map(len, re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _closed(text: str) -> str:
    """The text with its last block closed, where the answer broke off in a code block or in HTML that runs until its
    end tag, so that what follows is no part of it. What stands in a list or a quote ends with that."""
    text = text.rstrip()
    last = _BLOCKS.parse(f"{text}\n\n# After it")[-1]
    if last.type == "fence" and last.level == 0:
        return f"{text}\n{last.markup}"
    if last.type == "html_block" and last.level == 0:
        begun = last.content.lstrip().lower()
        return text + next((f"\n{end}" for begin, end in _HTML_ENDS.items() if begun.startswith(begin)), "")
    return text


_BLOCKS = MarkdownIt("commonmark").disable("inline")
_HTML_ENDS = {"<!--": "-->", "<![cdata[": "]]>", "<?": "?>", "<!": ">"} | {
    f"<{name}": f"</{name}>" for name in ("pre", "script", "style", "textarea")
}  # by CommonMark, those that no blank line ends


# JSON


def as_json(item: Item, exported: datetime | None = None) -> str:
    """Everything that is known, for programs: every piece with its time, and every figure. Plain ASCII."""
    told: dict[str, Any] = {
        "streamside": "export",
        "version": JSON_VERSION,
        "kind": item.kind,
        "id": item.id,
        "exported_at": (exported or datetime.now(UTC)).isoformat(),
        "turns": [
            {
                "prompt": scene.prompt,
                "replies": [
                    {"lane": scene.lanes[place], "earlier_attempt": place in scene.earlier, **_reply(reply)}
                    for place, reply in enumerate(scene.replies)
                ],
            }
            for scene in scenes(item)
        ],
    }
    if isinstance(item, Comparison):
        verdict = item.verdict and item.verdict.as_json()
        if verdict and verdict["lane"] is not None:
            verdict["lane"] = lane_number(item, verdict["lane"])
        told |= {"blind": item.blind, "verdict": verdict}
    return json.dumps(told, allow_nan=False, indent=1) + "\n"


def _reply(reply: Reply) -> dict[str, Any]:
    known = {name: value for name, value in header(reply).items() if name not in ("streamside", "version")}
    return known | {
        "state": reply.state,
        "total": reply.total,
        "price": costs.price(reply),
        **ending(reply),
        "text": reply.text,
        "reasoning": reply.reasoning,
        "arrivals": [piece(chunk) for chunk in reply.chunks],
    }


# CSV


def figures_csv(item: Item) -> str:
    """The figures, a row for each answer. It begins with a byte order mark: without one, Excel on Windows takes UTF-8
    for the machine's own encoding. Texts that a spreadsheet would take for a formula begin with an apostrophe."""
    rows: list[dict[str, object]] = [
        {
            "kind": item.kind,
            "id": item.id,
            "turn": turn,
            "lane": lane,
            "earlier_attempt": place in scene.earlier,
            "verdict": _judged(item, lane),
            **_measured(scene.prompt, reply),
        }
        for turn, scene in enumerate(scenes(item), 1)
        for place, (lane, reply) in enumerate(zip(scene.lanes, scene.replies, strict=True))
    ]
    written = io.StringIO()
    table = csv.DictWriter(written, COLUMNS, lineterminator="\r\n")
    table.writeheader()
    table.writerows({name: _cell(value) for name, value in values.items()} for values in rows)
    return f"\ufeff{written.getvalue()}"


COLUMNS = (
    "kind", "id", "turn", "lane", "earlier_attempt", "verdict", "prompt", "provider", "label", "api", "model",
    "source", "simulated", "fell_back", "asked_at_utc", "recorded_at_utc", "streamed",
    *(parameter.name for parameter in PARAMETERS), "left_out", "tier_served", "latency_served",
    "state", "finish_reason", "error",
    *(metric.csv for metric in METRICS if metric.csv),
    "cost_at_most_usd", "price_input_per_million", "price_output_per_million", "price_cached_per_million",
    "price_cache_write_per_million", "price_as_of", "price_source", "price_unknown",
)  # fmt: skip


def _judged(item: Item, lane: int) -> str | None:
    if not isinstance(item, Comparison) or (verdict := item.verdict) is None:
        return None
    if verdict.lane is None:
        return verdict.outcome
    return "best" if lane == lane_number(item, verdict.lane) else "not best"


def _measured(prompt: str, reply: Reply) -> dict[str, object]:
    asked, numbers, price = reply.asked, figures(reply), costs.price(reply) or {}
    return {
        "prompt": prompt,
        "provider": asked.provider,
        "label": asked.label,
        "api": asked.api,
        "model": asked.request.model,
        "source": asked.source,
        "simulated": asked.simulated,
        "fell_back": asked.fell_back,
        "asked_at_utc": reply.asked_at.astimezone(UTC),
        "recorded_at_utc": asked.recorded and asked.recorded.astimezone(UTC),
        "streamed": asked.request.stream,
        **{name: getattr(asked.request, name) for name in asked.request.given},
        "left_out": None if reply.left_out is None else ", ".join(reply.left_out),
        "tier_served": reply.end and reply.end.tier,
        "latency_served": reply.end and reply.end.latency,
        "state": reply.state,
        "finish_reason": reply.end and reply.end.finish_reason,
        "error": reply.error and reply.error.kind,
        **{
            metric.csv: _dollars(value) if metric.unit is DOLLARS else value
            for metric in METRICS
            if metric.csv
            for value in [metric.value(numbers, reply)]
        },
        "cost_at_most_usd": _dollars(price.get("usd")) if price.get("at_most") else None,
        **{
            f"price_{of}_per_million": _dollars(price.get(f"{of}_per_million"))
            for of in ("input", "output", "cached", "cache_write")
        },
        "price_as_of": price.get("as_of"),
        "price_source": price.get("source"),
        "price_unknown": price.get("unknown"),
    }


def _dollars(value: float | None) -> str | None:
    """With so many digits that no price becomes 0."""
    return None if value is None else f"{value:.12f}".rstrip("0").rstrip(".")


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case tuple():
            return _cell("\n".join(value))
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.6f}".rstrip("0").rstrip(".")
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case str():
            text = encodable(value).replace("\0", "\ufffd")
            return f"'{text}" if re.match(r"\s*[=+\-@＝＋－＠]|[\t\r\n]", text) else text
    return str(value)
