"""Conversations: what a provider is told, and what a fork takes along."""

import pytest

from providers import End, Message, ProviderError, Reasoning
from replies.conversation import Comparison, Conversation, Round, Series, Turn, unguessable
from replies.reply import Chunk, Reply
from replies.verdict import Verdict
from tests.replies.vendor import question
from tests.store.said import answered, talk


def told(messages: tuple[Message, ...]) -> list[str]:
    return [f"{role}: {content}" for role, content in messages]


def test_what_was_said_before_is_told_in_order_without_its_reasoning() -> None:
    conversation = talk(("One?", "1."), ("Two?", "2."))
    conversation.turns[1].reply.chunks[:0] = [Chunk(0.1, Reasoning("Hm."))]
    said = ["user: One?", "assistant: 1.", "user: Two?", "assistant: 2.", "user: Three?"]
    assert told(conversation.messages("Three?")) == said
    assert [len(conversation.messages("?", before)) for before in (0, 1, 2, None)] == [1, 3, 5, 5]
    assert Conversation().messages("Hello?") == (Message("user", "Hello?"),)


@pytest.mark.parametrize(
    "wordless",
    [
        [answered([], state="failed", end=None, error=ProviderError("auth", ""))],
        [answered([])],
        [answered(" \n")],
        [answered([Chunk(0.5, Reasoning("Hm."))], end=End("length"))],
        [],
    ],
    ids=["failed", "empty", "blank", "reasoning alone", "never asked"],
)
def test_a_turn_without_words_is_left_out_with_its_prompt(wordless: list[Reply]) -> None:
    conversation = Conversation([Turn("Zero?", wordless), Turn("One?", [answered("1.")])])
    assert told(conversation.messages("Two?")) == ["user: One?", "assistant: 1.", "user: Two?"]


def test_words_before_a_stop_or_a_failure_count() -> None:
    broken = answered("1, 2, ", state="interrupted", end=None, error=ProviderError("interrupted", ""))
    stopped = answered("3, ", state="stopped", end=None)
    conversation = Conversation([Turn("One?", [broken]), Turn("Two?", [stopped])])
    assert [message.content for message in conversation.messages("?")] == ["One?", "1, 2,", "Two?", "3,", "?"]


def test_a_fork_begins_with_the_same_turns_and_shares_nothing_that_changes() -> None:
    conversation = talk(("One?", "1."), ("Two?", "2."))
    before = conversation.messages("?")
    fork = conversation.fork(1)
    assert fork.messages("?") == before[:2] + before[-1:]
    assert fork.id != conversation.id
    assert conversation.fork(0).turns == []

    fork.turns[0].prompt = "Changed?"
    fork.turns[0].replies.append(answered("changed"))
    fork.turns.append(Turn("Three?", [answered("3.")]))
    assert conversation.messages("?") == before

    conversation.turns[0].replies.append(answered("regenerated"))
    assert fork.messages("?")[1] == Message("assistant", "changed")


def test_it_is_over_when_each_of_its_replies_is() -> None:
    done, running = answered(), Reply(question())
    assert Conversation().over
    assert Conversation([Turn("One?", [done])]).over
    in_progress: list[Conversation | Comparison] = [
        Conversation([Turn("One?", [running, done])]),
        Conversation([Turn("One?", [running]), Turn("Two?", [done])]),
        Comparison.of("One?", [done, running]),
        Comparison([Round("One?", {0: [running, done]}), Round("Two?", {0: [done]})]),
    ]
    assert [item.over for item in in_progress] == [False] * 4
    running.state = "stopped"
    assert [item.over for item in in_progress] == [True] * 4


def test_a_lane_is_told_its_own_rounds_and_of_several_attempts_the_newest() -> None:
    comparison = Comparison(
        [
            Round("One?", {0: [answered("left")], 1: [answered("broken"), answered("right")]}),
            Round("Two?", {1: [answered("more")]}),
        ]
    )

    def said(lane: int, before: int | None = None) -> list[str]:
        return [message.content for message in comparison.messages("Now?", lane, before)]

    # The lane is told the question as this vendor was asked it.
    assert said(0) == ["Why?", "left", "Now?"]  # it was left out of the second round
    assert said(1) == ["Why?", "right", "Why?", "more", "Now?"]
    assert said(1, before=1) == ["Why?", "right", "Now?"]
    assert said(5) == ["Now?"]
    assert Series(comparison.rounds).messages("Now?", 1) == (Message("user", "Now?"),)  # nothing is followed up there


def test_what_stands_for_a_lane_is_its_newest_attempt_and_all_stay_on_record() -> None:
    first, again, other = answered("broken"), answered("right"), answered("left")
    round = Round("One?", {7: [first, again], 2: [other]})
    assert round.replies == [other, again]
    assert round.attempts == [(2, other), (7, first), (7, again)]
    comparison = Comparison([round, Round("Two?", {4: [other]})])
    assert (comparison.lanes, comparison.prompt) == ([2, 4, 7], "One?")
    assert comparison.replies == [other, first, again, other]


def test_a_blind_comparison_is_hidden_until_its_verdict() -> None:
    tie = Verdict(outcome="tie")
    hidden = [Comparison(blind=blind, verdict=verdict).hidden for blind in (False, True) for verdict in (None, tie)]
    assert hidden == [False, False, True, False]


def test_addresses_cannot_be_guessed() -> None:
    addresses = {unguessable() for _ in range(100)} | {Conversation().id, Comparison.of("?").id, Reply(question()).id}
    assert len(addresses) == 103
    assert all(len(address) >= 16 for address in addresses)
