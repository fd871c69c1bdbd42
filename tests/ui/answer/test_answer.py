"""An answer on the page: its replay, its cost, and its figures in present mode."""

import gc
import math
from pathlib import Path

import pytest

from replies.pricing import lookup
from replies.recording.replay import Pace, replay
from replies.reply import Reply
from tests.store.said import answered, asked, lanes
from tests.support import page
from tests.support.markdown import plain
from tests.support.page import FAST, drawn, opened, press
from ui.answer.playback import Playback
from ui.answer.typewriter import LONGEST


def test_a_replay_ends_when_its_session_has_gone() -> None:
    pace = Pace(paused=True)
    reply = replay(answered("Because."), pace)
    session = {"replays": Playback([reply], pace)}
    session.clear()
    gc.collect()
    assert reply.wait(30)
    assert reply.state == "stopped"


def replayed(comparison):  # type: ignore[no-untyped-def]  # only its text goes to the page
    import streamlit as st

    from ui.answer import playback

    playback.replay_button(comparison)
    st.text(f"plays: {playback.current(comparison.id) is not None}")


def test_what_goes_on_when_the_button_is_pressed_is_not_replayed_yet() -> None:
    comparison = lanes("Why?", "Because.", "Therefore.")
    app = drawn(replayed, comparison)
    comparison.rounds[-1].lanes[0].append(Reply(asked()))
    press(app, "Replay")
    assert app.text[0].value == "plays: False"


def paced(begun: bool, settled: float) -> None:
    import streamlit as st

    from replies.reply import Chunk, Reply
    from tests.store.said import asked
    from ui.answer import view
    from ui.session import keys

    reply = Reply(asked(), state="streaming", chunks=[Chunk(0.1, "One.")] * begun)
    reply.wait = st.text  # type: ignore[method-assign,assignment]
    st.session_state[keys.SETTLED] = settled
    view._pace(reply)(0.05)


@pytest.mark.parametrize(
    ("begun", "settled", "waits"), [(True, math.inf, LONGEST), (True, 0.0, 0.05), (False, math.inf, 0.05)]
)
def test_words_come_seldom_only_where_a_visit_begins_during_an_answer(
    begun: bool, settled: float, waits: float
) -> None:
    assert float(drawn(paced, begun, settled).text[0].value) == waits


def priced(provider: str, model: str, simulated: bool) -> None:
    from datetime import UTC, datetime

    from providers import End
    from tests.store.said import answered, asked
    from ui.answer.metrics import summary

    reply = answered(who=asked(provider=provider, model=model, simulated=simulated), end=End("stop", 1000, 1000))
    reply.asked_at, reply.is_local = datetime.now(UTC), True
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
    app = drawn(priced, provider, model, simulated)
    assert len(app.caption) == 2
    for caption in app.caption:
        assert f" · {line} · " in caption.value.replace("\\", "")
        assert why in plain(caption.proto.help)
        for text in (caption.value, caption.proto.help):
            assert "$" not in text.replace("\\$", "")  # two of them would begin a formula


def test_it_stays_in_the_address_when_a_question_is_asked() -> None:
    app = page.asked(opened(present="1", **{"with": FAST}), "Hello?")
    assert app.query_params["present"] == "1"
    assert "c" in app.query_params
    figures = [one.proto.body for one in app.get("html") if 'class="figures"' in one.proto.body]
    assert len(figures) == 1
    assert "first token" in figures[0]
