"""Formats of an export: Markdown, JSON, the figures as CSV; texts that any encoding can hold. HTML: `report`."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markdown_it import MarkdownIt
from markupsafe import Markup

from providers.parameters import PARAMETERS
from replies.conversation import Comparison
from replies.export.outline import lane_number, outline, scenes
from replies.metrics.figures import figures
from replies.metrics.labels import encodable
from replies.metrics.table import DOLLARS, METRICS
from replies.pricing import costs
from replies.recording.format import Item, ending, header, piece
from replies.reply import Reply

JSON_VERSION = 1


# Markdown


def markdown(item: Item, exported: datetime | None = None) -> str:
    """Prompts and answers to read; answers stand as they were written, which is in Markdown mostly. See `outline`."""
    return encodable(_ENVIRONMENT.get_template("markdown.jinja").render(outline(item, exported)))


def _plain(text: object) -> object:
    """The text in one line, escaped for Markdown."""
    if not isinstance(text, str) or isinstance(text, Markup):
        return text
    return re.sub(r"([\\`*_{}\[\]<>#|!~&$])", r"\\\1", " ".join(text.split()))


def _fenced(text: str) -> Markup:
    """The text in a code block that nothing in it can end."""
    longest = max(map(len, re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return Markup(f"{fence}text\n{text}\n{fence}")


def _closed(text: str) -> Markup:
    """The text with its last block closed, where the answer broke off in a code block or in HTML that runs until its
    end tag, so that what follows is no part of it."""
    text = text.rstrip()
    last = _BLOCKS.parse(f"{text}\n\n# After it")[-1]
    if last.type == "fence" and last.level == 0:
        text += f"\n{last.markup}"
    if last.type == "html_block" and last.level == 0:
        begun = last.content.lstrip().lower()
        text += next((f"\n{end}" for begin, end in _HTML_ENDS.items() if begun.startswith(begin)), "")
    return Markup(text)


_BLOCKS = MarkdownIt("commonmark").disable("inline")
_HTML_ENDS = {"<!--": "-->", "<![cdata[": "]]>", "<?": "?>", "<!": ">"} | {
    f"<{name}": f"</{name}>" for name in ("pre", "script", "style", "textarea")
}  # by CommonMark, those that no blank line ends
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    finalize=_plain,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_ENVIRONMENT.filters |= {"plain": lambda text: Markup(_plain(text)), "fenced": _fenced, "closed": _closed}


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
