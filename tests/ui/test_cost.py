"""The cost under an answer: in the line, and on hover by which price."""

from pathlib import Path

import pytest

from replies.pricing import lookup
from tests.support.markdown import plain
from tests.support.page import drawn


def page(provider: str, model: str, simulated: bool) -> None:
    from datetime import UTC, datetime

    from providers import End, Request
    from replies.reply import Asked, Chunk, Reply
    from ui.answer.metrics import summary

    request = Request.of("Why?", model)
    asked = Asked(provider=provider, label=provider, api="chat", request=request, simulated=simulated)
    reply = Reply(
        asked,
        id="r",
        state="done",
        chunks=[Chunk(0.5, "So.")],
        asked_at=datetime.now(UTC),
        end=End("stop", 1000, 1000),
        total=1.5,
    )
    reply.is_local = True
    summary(reply)
    summary(reply, lane=True)


@pytest.mark.parametrize(
    ("provider", "model", "simulated", "line", "why"),
    [
        ("watsonx", "ibm/granite-4-h-small", False, "$0.00033", "as of 2026-08-08"),
        ("openai", "nobody-knows-it", False, "cost unknown", "not in the price list"),
        ("openai", "gpt-4o-mini", True, "cost –", "Simulated: nothing was billed."),
    ],
)
def test_the_cost_is_shown_with_its_price_or_its_reason(
    monkeypatch: pytest.MonkeyPatch, provider: str, model: str, simulated: bool, line: str, why: str
) -> None:
    monkeypatch.setattr(lookup, "OWN", Path("nowhere"))
    app = drawn(page, provider, model, simulated)
    assert len(app.caption) == 2
    for caption in app.caption:
        assert f" · {line} · " in caption.value.replace("\\", "")
        assert why in plain(caption.proto.help)
        for text in (caption.value, caption.proto.help):
            assert "$" not in text.replace("\\$", "")  # two of them would begin a formula
