"""Verdicts, and blind answers, on a page without a browser."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from providers import ProviderError
from replies.conversation import Comparison, Round
from replies.reply import Reply
from replies.store import Store, StoreError
from replies.store.owner_view import OwnerView
from replies.verdict import Verdict
from tests.store.said import answered, asked
from tests.support.page import drawn, press, said
from ui.compare import voting
from ui.session import persistence

REAL = ("OpenAI gpt-large", "Bedrock claude-fine", "watsonx granite-neat")
SECRETS = ("openai", "bedrock", "watsonx", "gpt", "claude", "granite", "tokens", "first token", "Quota")


def lanes(*replies: Reply, blind: bool = False) -> Comparison:
    given = replies or tuple(
        answered(f"Answer number {number}.", who=asked(provider=provider, model=model))
        for number, (provider, model) in enumerate(
            [("openai", "gpt-large"), ("bedrock", "claude-fine"), ("watsonx", "granite-neat")]
        )
    )
    return Comparison([Round("Why?", {lane: [reply] for lane, reply in enumerate(given)})], blind=blind)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The one that the page writes to."""
    monkeypatch.setenv("STREAMSIDE_DATA", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    st.cache_resource.clear()
    yield persistence.store()
    persistence.store().close()
    st.cache_resource.clear()


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
        real = dict(enumerate(REAL))
        return drawn(script, comparison, real)

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


def kept(store: Store, comparison: Comparison) -> Comparison:
    found = store.comparison(comparison.id)
    assert found is not None
    return found


def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on nothing can be written."""

    def refuse(*_: object) -> None:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(OwnerView, "judge", refuse)
    monkeypatch.setattr(OwnerView, "reveal", refuse)


def verdict_of(comparison: Comparison) -> dict[str, Any]:
    assert comparison.verdict is not None
    return {name: value for name, value in comparison.verdict.as_json().items() if name != "at"}


def test_a_vote_is_kept_and_shown(page: Page, store: Store) -> None:
    comparison = lanes()
    app = page(comparison)
    assert options(app) == [
        ["OpenAI gpt\\-large", "Bedrock claude\\-fine", "watsonx granite\\-neat", "A tie", "All bad"],
        ["Correct", "Complete", "Style", "Speed", "Cost"],
    ]
    voted(app, 1, "speed", "correct", note=" Better *dates* ")
    assert verdict_of(kept(store, comparison)) == {
        "outcome": "best",
        "lane": 1,
        "reasons": ["correct", "speed"],
        "note": "Better *dates*",
        "blind": False,
    }
    assert "Best: **Bedrock claude\\-fine** · correct, speed · “Better \\*dates\\*”" in said(app)
    assert not app.get("button_group")


@pytest.mark.parametrize(("choice", "shown"), [("tie", "**A tie**"), ("all bad", "**All bad**")])
def test_a_tie_and_all_bad_name_no_lane(page: Page, store: Store, choice: str, shown: str) -> None:
    comparison = lanes()
    app = voted(page(comparison), choice)
    assert verdict_of(kept(store, comparison))["outcome"] == choice
    assert verdict_of(kept(store, comparison))["lane"] is None
    assert shown in said(app)


def test_a_vote_without_a_choice_is_none(page: Page, store: Store) -> None:
    comparison = lanes()
    app = voted(page(comparison), None, "style", note="Hm.")
    assert app.toast[0].value.startswith("Choose an answer")
    assert kept(store, comparison).verdict is None
    assert app.text_input[0].value == "Hm."


def test_a_verdict_can_be_changed_and_begins_as_it_was(page: Page, store: Store) -> None:
    comparison = lanes()
    app = press(voted(page(comparison), 1, "style", note="Short."), "Change")
    assert [group.value for group in groups(app)] == [1, ["style"]]
    assert app.text_input[0].value == "Short."
    voted(app, 2, "cost")
    assert verdict_of(kept(store, comparison))["lane"] == 2
    assert "granite" in said(press(app, "Change"))
    press(app, "Cancel")
    assert not app.get("button_group")
    assert verdict_of(kept(store, comparison))["lane"] == 2


def test_a_verdict_can_be_taken_back(page: Page, store: Store) -> None:
    comparison = lanes()
    app = press(voted(page(comparison), 0), "Take back")
    assert kept(store, comparison).verdict is None
    assert options(app)


def test_there_is_no_vote_while_an_answer_is_under_way(page: Page) -> None:
    comparison = lanes(answered(), answered(state="streaming", end=None, total=None))
    app = drawn(only_the_vote, comparison)
    assert not app.get("button_group")
    comparison.replies[1].state = "stopped"
    assert app.run().get("button_group")


def only_the_vote(comparison: "Comparison") -> None:
    from ui.compare import voting

    voting.vote(comparison, {})


def test_lanes_of_the_same_name_can_be_told_apart(page: Page, store: Store) -> None:
    comparison = lanes(answered(), answered(), answered())
    store.keep(comparison)
    app = drawn(script, comparison, {0: "m", 1: "m", 2: "A tie"})
    assert options(app)[0] == ["A · m", "B · m", "C · A tie", "A tie", "All bad"]
    voted(app, 0)
    assert verdict_of(kept(store, comparison))["lane"] == 0


def test_a_verdict_that_cannot_be_saved_holds_and_says_so(
    page: Page, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    comparison = lanes()
    app = page(comparison)
    with monkeypatch.context() as broken_disk:
        broken(broken_disk)
        voted(app, 1)
        assert app.toast[0].value == "This is not saved: The disk is full\\."
        assert comparison.verdict is not None
        assert "not saved yet" in said(app)
        press(app, "Save")
        assert "not saved yet" in said(app)
    press(app, "Save")
    assert "not saved yet" not in said(app)
    assert verdict_of(kept(store, comparison))["lane"] == 1


# Blind


def test_nothing_that_the_browser_gets_tells_a_name_before_the_vote(page: Page) -> None:
    error = ProviderError("quota", "OpenAI says that the quota of gpt-large is used up.")
    failed = answered("", state="failed", end=None, error=error, who=asked(provider="openai", model="gpt-large"))
    app = page(lanes(*lanes().replies, failed, blind=True))
    assert options(app) == [["A", "B", "C", "D", "A tie", "All bad"], ["Correct", "Complete", "Style"]]
    assert [heading.value for heading in app.subheader] == ["A", "B", "C", "D"]
    assert [info.value for info in app.info] == ["No answer."]
    assert "Answer number 2." in said(app)
    assert not any(secret.lower() in everything(app) for secret in SECRETS)


def test_a_blind_vote_reveals_who_answered(page: Page, store: Store) -> None:
    comparison = lanes(blind=True)
    app = voted(page(comparison), 1, "style")
    assert [heading.value for heading in app.subheader] == list(REAL)
    assert all(name.lower() in everything(app) for name in REAL)
    assert "Best: **B · Bedrock claude\\-fine** · style · voted blind" in said(app)
    assert verdict_of(kept(store, comparison))["blind"]


def test_who_answered_can_be_revealed_without_a_vote(page: Page, store: Store) -> None:
    comparison = lanes(blind=True)
    app = press(page(comparison), "Reveal without a vote")
    assert [heading.value for heading in app.subheader] == list(REAL)
    assert not kept(store, comparison).blind
    voted(app, 0, "cost")
    assert not verdict_of(kept(store, comparison))["blind"]


def test_after_a_blind_vote_was_taken_back_the_next_is_not_blind(page: Page, store: Store) -> None:
    comparison = lanes(blind=True)
    app = press(voted(page(comparison), 1), "Take back")
    assert [heading.value for heading in app.subheader] == list(REAL)
    voted(app, 2)
    assert not verdict_of(kept(store, comparison))["blind"]


@pytest.mark.parametrize(
    ("choice", "reasons", "blind"), [(1, ["style"], True), (1, ["speed"], False), (2, ["style"], False)]
)
def test_a_changed_vote_is_blind_only_where_it_stays_what_it_was(
    page: Page, store: Store, choice: int, reasons: list[str], blind: bool
) -> None:
    comparison = lanes(blind=True)
    app = press(voted(page(comparison), 1), "Change")
    voted(app, choice, *reasons)
    assert verdict_of(kept(store, comparison))["blind"] is blind


def test_a_reveal_that_cannot_be_saved_shows_the_names_all_the_same(
    page: Page, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    comparison = lanes(blind=True)
    app = page(comparison)
    with monkeypatch.context() as broken_disk:
        broken(broken_disk)
        press(app, "Reveal without a vote")
        assert app.toast[0].value == "This is not saved: The disk is full\\."
        assert [heading.value for heading in app.subheader] == list(REAL)
    press(app, "Save")
    assert not kept(store, comparison).blind


@pytest.mark.parametrize(
    ("simulated", "badge"),
    [
        ((True, True), "All of these answers come from the simulator"),
        ((True, False), "Some of these answers come from the simulator"),
        ((False, False), None),
    ],
)
def test_that_answers_are_simulated_is_said_for_all_lanes_in_common(
    page: Page, simulated: tuple[bool, ...], badge: str | None
) -> None:
    app = page(lanes(*(answered(who=asked(simulated=one)) for one in simulated), blind=True))
    assert (badge in said(app)) if badge else ("simulator" not in said(app))


def test_words_that_are_still_to_be_played_wait_for_nobody_once_the_rest_is_wanted(store: Store) -> None:
    comparison = lanes(
        answered("one two three", state="waiting", end=None), answered("four", state="waiting", end=None), blind=True
    )
    for reply in comparison.replies:
        voting.lockstep(comparison.rounds[0])
        reply.state = "done"
    assert voting.is_playing(comparison)
    voting.show_all(comparison)
    assert not voting.is_playing(comparison)


def test_everybody_in_this_process_follows_the_same_lockstep(store: Store) -> None:
    round = lanes(blind=True).rounds[0]
    assert voting.lockstep(round) is voting.lockstep(round)
    before = voting.lockstep(round)
    round.lanes[1].append(answered("Once more."))
    assert voting.lockstep(round) is not before


def test_letters_stand_for_places() -> None:
    comparison = lanes(blind=True)
    real = dict(enumerate(REAL))
    assert voting.shown_names(comparison, real) == {0: "A", 1: "B", 2: "C"}
    comparison.verdict = Verdict(outcome="tie", blind=True)
    assert voting.shown_names(comparison, real) == real
