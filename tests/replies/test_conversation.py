"""Conversations: what a provider is told, and what a fork takes along."""

from __future__ import annotations

from collections.abc import Callable

from providers import End, Message, ProviderError, Reasoning
from replies.conversation import Comparison, Conversation, Round, Series, Turn, unguessable
from replies.reply import Reply
from replies.verdict import Verdict
from tests.replies.vendor import Clock, Hire, Item, Vendor, answered, ended, heard, reply_of

STOP = End("stop")
Answer = Callable[..., Reply]


def answers(hire: Hire, clock: Clock) -> Answer:
    def answer(*items: Item) -> Reply:
        return answered(hire(), clock, *items)

    return answer


def test_a_first_prompt_is_told_alone() -> None:
    assert Conversation().messages("Hello?") == (Message("user", "Hello?"),)


def test_what_was_said_before_is_told_in_order(hire: Hire, clock: Clock) -> None:
    answer = answers(hire, clock)
    conversation = Conversation([Turn("One?", [answer("1.", STOP)]), Turn("Two?", [answer("2", ".", STOP)])])
    assert conversation.messages("Three?") == (
        Message("user", "One?"),
        Message("assistant", "1."),
        Message("user", "Two?"),
        Message("assistant", "2."),
        Message("user", "Three?"),
    )


def test_reasoning_is_not_told(hire: Hire, clock: Clock) -> None:
    conversation = Conversation([Turn("One?", [answers(hire, clock)(Reasoning("Hm."), "1.", STOP)])])
    assert conversation.messages("Two?")[1] == Message("assistant", "1.")


def test_a_turn_without_words_is_left_out_with_its_prompt(hire: Hire, clock: Clock) -> None:
    answer = answers(hire, clock)
    wordless = [
        answer(ProviderError("auth", "")),
        answer(STOP),
        answer(" \n", STOP),
        answer(Reasoning("Hm."), End("length")),
    ]
    turns = [Turn(f"{number}?", [reply]) for number, reply in enumerate(wordless)]
    conversation = Conversation([*turns, Turn("never asked?"), Turn("One?", [answer("1.", STOP)])])
    assert conversation.messages("Two?") == (
        Message("user", "One?"),
        Message("assistant", "1."),
        Message("user", "Two?"),
    )


def test_words_before_a_stop_or_a_failure_count(hire: Hire, clock: Clock) -> None:
    broken = answers(hire, clock)("1, 2, ", ProviderError("interrupted", ""))
    stopped = heard(reply_of(hire().says("3, "), clock).start(), 1)
    stopped.stop()
    ended(stopped)
    conversation = Conversation([Turn("One?", [broken]), Turn("Two?", [stopped])])
    assert [message.content for message in conversation.messages("?")] == ["One?", "1, 2,", "Two?", "3,", "?"]


def test_the_newest_answer_of_a_turn_is_the_one_that_is_told(hire: Hire, clock: Clock) -> None:
    answer = answers(hire, clock)
    turn = Turn("One?", [answer("old", STOP), answer("new", STOP)])
    assert turn.reply is turn.replies[-1]
    assert Conversation([turn]).messages("?")[1] == Message("assistant", "new")


def test_only_the_turns_before_a_number_are_told(hire: Hire, clock: Clock) -> None:
    answer = answers(hire, clock)
    conversation = Conversation([Turn("One?", [answer("1.", STOP)]), Turn("Two?", [answer("2.", STOP)])])
    assert [len(conversation.messages("?", before)) for before in (0, 1, 2, None)] == [1, 3, 5, 5]


def test_a_fork_begins_with_the_same_turns_and_shares_nothing_that_changes(hire: Hire, clock: Clock) -> None:
    answer = answers(hire, clock)
    conversation = Conversation([Turn("One?", [answer("1.", STOP)]), Turn("Two?", [answer("2.", STOP)])])
    told = conversation.messages("?")
    fork = conversation.fork(1)
    assert fork.messages("?") == told[:2] + told[-1:]
    assert fork.id != conversation.id

    fork.turns[0].prompt = "Changed?"
    fork.turns[0].replies.append(answer("changed", STOP))
    fork.turns.append(Turn("Three?", [answer("3.", STOP)]))
    assert conversation.messages("?") == told

    conversation.turns[0].replies.append(answer("regenerated", STOP))
    assert fork.messages("?")[1] == Message("assistant", "changed")


def test_a_fork_before_the_first_turn_is_empty(hire: Hire, clock: Clock) -> None:
    conversation = Conversation([Turn("One?", [answers(hire, clock)("1.", STOP)])])
    assert conversation.fork(0).turns == []


def test_a_conversation_is_over_when_each_of_its_replies_is(hire: Hire, vendor: Vendor, clock: Clock) -> None:
    done = answers(hire, clock)("1.", STOP)
    running = reply_of(vendor, clock).start()
    assert Conversation().over
    assert Conversation([Turn("One?", [done])]).over
    for conversation in (
        Conversation([Turn("One?", [running, done])]),
        Conversation([Turn("One?", [running]), Turn("Two?", [done])]),
    ):
        assert not conversation.over
    running.stop()
    assert Conversation([Turn("One?", [running, done])]).over


def test_a_comparison_is_over_when_every_lane_is(hire: Hire, clock: Clock) -> None:
    done = answers(hire, clock)("1.", STOP)
    lanes = [done, *(heard(reply_of(hire().says("One"), clock).start(), 1) for _ in range(3))]
    comparison = Comparison.of("One?", lanes)
    assert comparison.messages("One?", 0, before=0) == (Message("user", "One?"),)
    assert [reply.over for reply in lanes] == [True, False, False, False]
    for reply in lanes:
        assert not comparison.over
        reply.stop()
    assert comparison.over
    assert [reply.state for reply in lanes] == ["done", "stopped", "stopped", "stopped"]


def test_a_lane_is_told_its_own_rounds_and_of_several_attempts_the_newest(hire: Hire, clock: Clock) -> None:
    answer = answers(hire, clock)
    comparison = Comparison(
        [
            Round("One?", {0: [answer("left", STOP)], 1: [answer("broken", STOP), answer("right", STOP)]}),
            Round("Two?", {1: [answer("more", STOP)]}),
        ]
    )

    def told(lane: int, before: int | None = None) -> list[str]:
        return [message.content for message in comparison.messages("Now?", lane, before)]

    # The lane is told the question as this vendor was asked it.
    assert told(0) == ["How are you?", "left", "Now?"]  # it was left out of the second round
    assert told(1) == ["How are you?", "right", "How are you?", "more", "Now?"]
    assert told(1, before=1) == ["How are you?", "right", "Now?"]
    assert told(5) == ["Now?"]


def test_what_stands_for_a_lane_is_its_newest_attempt_and_all_stay_on_record(hire: Hire, clock: Clock) -> None:
    answer = answers(hire, clock)
    first, again, other = answer("broken", STOP), answer("right", STOP), answer("left", STOP)
    round = Round("One?", {7: [first, again], 2: [other]})
    assert round.replies == [other, again]
    assert round.attempts == [(2, other), (7, first), (7, again)]
    comparison = Comparison([round, Round("Two?", {4: [other]})])
    assert (comparison.lanes, comparison.prompt) == ([2, 4, 7], "One?")
    assert comparison.replies == [other, first, again, other]


def test_no_run_of_a_series_is_a_follow_up(hire: Hire, clock: Clock) -> None:
    series = Series.of("One?", [answers(hire, clock)("1.", STOP)])
    assert series.messages("Two?", 0) == (Message("user", "Two?"),)


def test_a_blind_comparison_is_hidden_until_its_verdict() -> None:
    tie = Verdict(outcome="tie")
    told = [Comparison(blind=blind, verdict=verdict).hidden for blind in (False, True) for verdict in (None, tie)]
    assert told == [False, False, True, False]


def test_addresses_cannot_be_guessed() -> None:
    addresses = {unguessable() for _ in range(100)} | {Conversation().id, Comparison.of("?").id}
    assert len(addresses) == 102
    assert all(len(address) >= 16 for address in addresses)
