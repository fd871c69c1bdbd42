"""Verdicts, and blind answers, on a page without a browser."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from providers import ProviderError
from replies.conversation import Comparison, Round
from replies.reply import Reply
from replies.store import Store, StoreError
from replies.store.owner_view import OwnerView
from replies.verdict import Outcome, Reason, Verdict
from tests.pages.conftest import store
from tests.store.said import DAY, answered, asked
from tests.support.page import drawn, press, said
from ui.compare import voting

__all__ = ["store"]

REAL = ("OpenAI gpt-large", "Bedrock claude-fine", "watsonx granite-neat")
SECRETS = ("openai", "bedrock", "watsonx", "gpt", "claude", "granite", "tokens", "first token", "Quota")


def lanes(*replies: Reply, blind: bool = False) -> Comparison:
    models = [("openai", "gpt-large"), ("bedrock", "claude-fine"), ("watsonx", "granite-neat")]
    given = replies or tuple(
        answered(f"Answer number {number}.", who=asked(provider=provider, model=model))
        for number, (provider, model) in enumerate(models)
    )
    return Comparison([Round("Why?", {lane: [reply] for lane, reply in enumerate(given)})], blind=blind)


def script(comparison: "Comparison", real: dict[int, str]) -> None:
    """What a page does with it."""
    import streamlit as st

    from ui.answer.view import render_reply
    from ui.compare import voting

    called = voting.shown_names(comparison, real)
    if comparison.hidden:
        voting.origin_badges(comparison)
    for round in comparison.rounds:
        for lane, reply in zip(sorted(round.lanes), round.replies, strict=True):
            st.subheader(called[lane])
            if comparison.hidden:
                voting.blind_answer(voting.lockstep(round), lane)
            else:
                render_reply(reply)
    voting.vote(comparison, real)


Page = Callable[[Comparison], AppTest]


@pytest.fixture
def page(store: Store) -> Page:
    def opened(comparison: Comparison) -> AppTest:
        store.keep(comparison)
        return drawn(script, comparison, dict(enumerate(REAL)))

    return opened


def everything(app: AppTest) -> str:
    """All that the browser gets, as one text."""

    def sent(block: Any) -> Iterator[str]:
        yield str(getattr(block, "proto", ""))
        for child in getattr(block, "children", {}).values():
            yield from sent(child)

    return "\n".join(sent(app._tree)).lower()


def groups(app: AppTest) -> list[Any]:
    return list(app.get("button_group"))


def options(app: AppTest) -> list[list[str]]:
    """What can be chosen: the best one, and why."""
    return [group.options for group in groups(app)]


def voted(app: AppTest, choice: int | str | None, *reasons: str, note: str = "") -> AppTest:
    best, why = groups(app)
    best.set_value(choice)
    why.set_value(list(reasons))
    app.text_input[0].set_value(note)
    return press(app, "Vote")


def kept(store: Store, comparison: Comparison) -> Verdict | None:
    """The verdict that the store has."""
    found = store.comparison(comparison.id)
    assert found is not None
    return found.verdict and replace(found.verdict, at=DAY)


def best(lane: int, *reasons: Reason, note: str = "", blind: bool = False) -> Verdict:
    return Verdict(outcome="best", lane=lane, reasons=reasons, note=note, blind=blind, at=DAY)


def test_a_vote_is_kept_and_shown(page: Page, store: Store) -> None:
    comparison = lanes()
    app = page(comparison)
    assert options(app) == [
        ["OpenAI gpt\\-large", "Bedrock claude\\-fine", "watsonx granite\\-neat", "A tie", "All bad"],
        ["Correct", "Complete", "Style", "Speed", "Cost"],
    ]
    voted(app, None, "style", note="Hm.")
    assert app.toast[0].value.startswith("Choose an answer")
    assert (kept(store, comparison), app.text_input[0].value) == (None, "Hm.")
    voted(app, 1, "speed", "correct", note=" Better *dates* ")
    assert kept(store, comparison) == best(1, "correct", "speed", note="Better *dates*")
    assert "Best: **Bedrock claude\\-fine** · correct, speed · “Better \\*dates\\*”" in said(app)
    assert not app.get("button_group")


def test_a_verdict_can_be_changed_begins_as_it_was_and_can_be_taken_back(page: Page, store: Store) -> None:
    comparison = lanes()
    app = press(voted(page(comparison), 1, "style", note="Short."), "Change")
    assert [group.value for group in groups(app)] == [1, ["style"]]
    assert app.text_input[0].value == "Short."
    voted(app, 2, "cost")
    assert kept(store, comparison) == best(2, "cost", note="")
    assert "granite" in said(press(app, "Change"))
    press(app, "Cancel")
    assert not app.get("button_group")
    assert kept(store, comparison) == best(2, "cost")
    outcomes: tuple[Outcome, ...] = ("tie", "all bad")
    for outcome in outcomes:
        voted(press(app, "Change"), outcome)
        assert kept(store, comparison) == Verdict(outcome=outcome, at=DAY)
        assert f"**{'A tie' if outcome == 'tie' else 'All bad'}**" in said(app)
    press(app, "Take back")
    assert kept(store, comparison) is None
    assert options(app)


def test_lanes_of_one_name_are_told_apart_and_no_vote_comes_before_the_end(page: Page, store: Store) -> None:
    comparison = lanes(answered(), answered(), answered(state="streaming", end=None, total=None))

    def only_the_vote(comparison: "Comparison") -> None:
        from ui.compare import voting

        voting.vote(comparison, {0: "m", 1: "m", 2: "A tie"})

    app = drawn(only_the_vote, comparison)
    assert not app.get("button_group")
    comparison.replies[2].state = "stopped"
    store.keep(comparison)
    assert options(app.run())[0] == ["A · m", "B · m", "C · A tie", "A tie", "All bad"]
    voted(app, 0)
    assert kept(store, comparison) == best(0)


@pytest.mark.parametrize("blind", [False, True], ids=["a verdict", "a reveal"])
def test_what_cannot_be_saved_says_so(page: Page, store: Store, monkeypatch: pytest.MonkeyPatch, blind: bool) -> None:
    comparison = lanes(blind=blind)
    app = page(comparison)
    with monkeypatch.context() as broken:
        broken.setattr(OwnerView, "judge", full)
        press(app, "Reveal without a vote") if blind else voted(app, 1)
        assert app.toast[0].value == "This is not saved: The disk is full\\."
        assert [heading.value for heading in app.subheader] == list(REAL)
        assert "not saved yet" in said(app)
        press(app, "Save")
        assert "not saved yet" in said(app)
    press(app, "Save")
    assert "not saved yet" not in said(app)
    found = store.comparison(comparison.id)
    assert found is not None
    assert (found.blind, kept(store, comparison)) == (False, None if blind else best(1))
    voted(app if blind else press(app, "Change"), 0, "cost")
    assert kept(store, comparison) == best(0, "cost")  # which is not blind any more


def full(*_: object, **__: object) -> None:
    raise StoreError("The disk is full.")


def test_nothing_that_the_browser_gets_tells_a_name_before_the_vote(page: Page) -> None:
    error = ProviderError("quota", "OpenAI says that the quota of gpt-large is used up.")
    failed = answered("", state="failed", end=None, error=error, who=asked(provider="openai", model="gpt-large"))
    app = page(lanes(*lanes().replies, failed, blind=True))
    assert options(app) == [["A", "B", "C", "D", "A tie", "All bad"], ["Correct", "Complete", "Style"]]
    assert [heading.value for heading in app.subheader] == ["A", "B", "C", "D"]
    assert [info.value for info in app.info] == ["No answer."]
    assert "Answer number 2." in said(app)
    assert not any(secret.lower() in everything(app) for secret in SECRETS)


def test_a_blind_vote_reveals_who_answered_and_is_blind_until_it_is_taken_back(page: Page, store: Store) -> None:
    comparison = lanes(blind=True)
    app = voted(page(comparison), 1, "style")
    assert [heading.value for heading in app.subheader] == list(REAL)
    assert "Best: **B · Bedrock claude\\-fine** · style · voted blind" in said(app)
    assert kept(store, comparison) == best(1, "style", blind=True)
    press(app, "Take back")
    assert [heading.value for heading in app.subheader] == list(REAL)
    voted(app, 2)
    assert kept(store, comparison) == best(2)


@pytest.mark.parametrize(("choice", "reason", "blind"), [(1, "style", True), (1, "speed", False), (2, "style", False)])
def test_a_changed_vote_is_blind_if_it_stays(
    page: Page, store: Store, choice: int, reason: Reason, blind: bool
) -> None:
    comparison = lanes(blind=True)
    voted(press(voted(page(comparison), 1), "Change"), choice, reason)
    assert kept(store, comparison) == best(choice, reason, blind=blind)


@pytest.mark.parametrize(
    ("simulated", "badge"),
    [
        ((True, True), "All of these answers come from the simulator"),
        ((True, False), "Some of these answers come from the simulator"),
        ((False, False), None),
    ],
)
def test_simulated_answers_are_said_for_all_in_common(
    page: Page, simulated: tuple[bool, ...], badge: str | None
) -> None:
    app = page(lanes(*(answered(who=asked(simulated=one)) for one in simulated), blind=True))
    assert (badge in said(app)) if badge else ("simulator" not in said(app))


def test_words_that_are_still_to_be_played_wait_for_nobody_once_the_rest_is_wanted(store: Store) -> None:
    waiting = [answered(text, state="waiting", end=None) for text in ("one two three", "four")]
    comparison = lanes(*waiting, blind=True)
    round = comparison.rounds[0]
    before = voting.lockstep(round)
    assert voting.lockstep(round) is before  # everybody in this process follows the same one
    for reply in waiting:
        reply.state = "done"
    assert voting.is_playing(comparison)
    voting.show_all(comparison)
    assert not voting.is_playing(comparison)
    round.lanes[1].append(answered("Once more."))
    assert voting.lockstep(round) is not before
