"""A short soak, and what a long one would find in what remains."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.soak.accounts import Accounts
from benchmarks.soak.crowd import report, soak, stayed
from benchmarks.usage import Usage
from providers import End, Message, Request
from replies.conversation import Conversation, Turn
from replies.reply import Asked, Chunk, Reply, State
from replies.store import Store
from simulator import Exchange

PROMPT = "Hello [soak warm-1-1]"
BEFORE = Usage(threads=10, sockets=30, files=20, memory=300.0)


@pytest.mark.exhaustive
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts what Linux shows of a process")
def test_a_short_soak_holds() -> None:
    outcome = soak(8, sessions=5, pages=0, seed=1, warm_up=4)
    assert outcome.problems == [], "\n".join(report(outcome))
    assert outcome.did["ask"] > 0
    assert report(outcome)[-1] == "It holds."


@pytest.mark.parametrize(
    ("after", "found"),
    [
        (BEFORE, []),
        (Usage(threads=4, sockets=20, files=10, memory=290.0), []),
        (BEFORE._replace(threads=18, sockets=90, files=60, memory=360.0), []),
        (BEFORE._replace(threads=19), ["threads: 9 more than before, and 8 may be chance"]),
        (BEFORE._replace(sockets=2_030, memory=500.0), ["sockets: 2,000 more", "memory: 200 more"]),
    ],
)
def test_what_stayed_is_a_problem_where_chance_does_not_explain_it(after: Usage, found: list[str]) -> None:
    problems = stayed(BEFORE, after)
    assert len(problems) == len(found)
    assert all(problem.startswith(start) for problem, start in zip(problems, found, strict=True))


@pytest.mark.parametrize(
    ("sent", "kept", "state", "problem"),
    [
        ("one two", "one two", "done", None),
        ("one two", "one", "stopped", None),
        ("one two", "", "failed", None),
        ("one two", "", "stopped", None),
        ("one two", "one", "done", "kept 3 characters (done) that nobody sent"),
        ("one two", "two", "stopped", "kept 3 characters (stopped) that nobody sent"),
        ("one two", "one two", "streaming", "still in progress"),
        ("one two", None, "done", "7 characters were sent, and nobody kept them (there is: nothing)"),
        ("one two", "", "done", "7 characters were sent, and nobody kept them (there is: OpenAI done)"),
    ],
)
def test_every_word_is_accounted_for(
    sent: str, kept: str | None, state: State, problem: str | None, tmp_path: Path
) -> None:
    exchange = an_exchange(1, "m")
    exchange.sends = [(0.1, sent)]
    exchange.cancelled = state == "failed"
    with closing(Store(folder=tmp_path)) as store:
        conversation = Conversation([Turn(PROMPT, [a_reply(kept or "", state)])])  # held: as somebody's page would
        if kept is not None:
            store.keep(conversation)
        problems = Accounts().compare(store, [exchange]).problems
    assert (problems == []) if problem is None else any(problem in found for found in problems), problems


def test_a_stopped_answer_accounts_for_one_text_of_its_own_model(tmp_path: Path) -> None:
    exchanges = [an_exchange(number, model) for number, model in enumerate(("other", "m", "m"))]
    for exchange, text in zip(exchanges, ("a", "bb", "ccc"), strict=True):
        exchange.sends = [(0.1, text)]
    with closing(Store(folder=tmp_path)) as store:
        store.keep(Conversation([Turn(PROMPT, [a_reply("", "stopped")])]))
        found = " ".join(Accounts().compare(store, exchanges).problems)
    assert ": 1 characters" in found
    assert ": 2 characters" not in found
    assert ": 3 characters" in found


def an_exchange(number: int, model: str) -> Exchange:
    asked = json.dumps({"prompt": PROMPT})
    return Exchange(number, "openai", "chat", "POST", "/v1", 0.0, model, streamed=True, text=asked)


def a_reply(text: str, state: State) -> Reply:
    request = Request(messages=(Message("user", PROMPT),), model="m")
    return Reply(
        Asked(provider="openai", label="OpenAI", api="chat", request=request, simulated=False),
        id=f"r-{state}",
        state=state,
        chunks=[Chunk(0.1, text)] if text else [],
        asked_at=datetime(2026, 11, 22, tzinfo=UTC),
        end=End("stop") if state == "done" else None,
        total=0.2,
    )
