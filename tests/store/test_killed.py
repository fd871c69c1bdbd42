"""kill -9 in mid-stream, time and again: all but the last words are there at the next start, nothing twice."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from replies.reply import Reply
from replies.store import Store
from simulator import Exchange, Simulator
from tests.support.asker import PROMPT
from tests.support.guard import guarded_environment
from tests.support.known import known
from tests.support.waiting import eventually

ROOT = Path(__file__).parent.parent.parent
ROUNDS, AT_ONCE = 2, 10  # on each database
SPEED = "sim-3000x50"  # pieces, and how many a second
LONGEST = 4.0  # seconds from the first piece to the kill
MAY_BE_MISSING = 2.5  # seconds; a machine that is busy with other tests takes its time
PATIENCE = 180.0  # seconds for a test


@pytest.fixture
def asker(url: str, simulator: Simulator) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.support.asker", url, simulator.url]
    with subprocess.Popen(
        command, cwd=ROOT, env=guarded_environment(), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as running:
        given_up = threading.Timer(PATIENCE, running.kill)  # whoever waits for its words then gets none
        given_up.start()
        yield running
        given_up.cancel()
        running.kill()


def asked(asker: subprocess.Popen[str], models: list[str]) -> dict[str, int]:
    """The processes that ask these models, once each of them hears words."""
    assert asker.stdin is not None
    assert asker.stdout is not None
    print(*models, sep="\n", file=asker.stdin, flush=True)
    said = (asker.stdout.readline().split() for _ in models)
    return {model: int(pid) for model, pid in said}


def gone(pid: int) -> bool:
    """A killed process dies when it would have had its next turn."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def exchange(simulator: Simulator, model: str) -> Exchange | None:
    return next((one for one in simulator.log if one.model == model and one.sends), None)


def kept(store: Store, model: str) -> Reply:
    (entry,) = store.history(model=model)
    conversation = known(store.conversation(entry.id))
    ((turn, reply),) = [(turn, reply) for turn in conversation.turns for reply in turn.replies]
    assert (turn.prompt, entry.title) == (PROMPT, PROMPT)
    return reply


@pytest.mark.parametrize(("rounds", "at_once"), [(1, 3), pytest.param(ROUNDS, AT_ONCE, marks=pytest.mark.exhaustive)])
def test_killed_at_any_moment(
    url: str, asker: subprocess.Popen[str], simulator: Simulator, rounds: int, at_once: int
) -> None:
    chance = random.Random(20)
    for number in range(rounds):
        models = [f"{os.path.basename(url)}-{number}-{place}-of-{at_once}.{SPEED}" for place in range(at_once)]
        pids = asked(asker, models)
        begun = {model: exchange(simulator, model) for model in models}
        killed = {}
        start = time.monotonic()
        for wait, model in sorted((chance.uniform(0, LONGEST), model) for model in models):
            time.sleep(max(start + wait - time.monotonic(), 0))
            killed[model] = time.monotonic()
            os.kill(pids[model], signal.SIGKILL)
        for pid in pids.values():
            assert eventually(lambda pid=pid: gone(pid))  # type: ignore[misc]
        with closing(Store(url)) as store:  # the next start
            for model in models:
                compare(kept(store, model), begun[model], killed[model])
    with closing(Store(url)) as store:
        assert store.count() == rounds * at_once
        assert len(store.history(words="cricket", source="simulated")) == rounds * at_once


def compare(reply: Reply, exchange: Exchange | None, killed: float) -> None:
    assert exchange is not None
    assert reply.over
    assert (reply.state, reply.error and reply.error.kind) == ("interrupted", "interrupted")
    sent = list(exchange.sends)
    assert "".join(text for _, text in sent).startswith(reply.text)  # nothing twice, nothing left out
    long_ago = [text for moment, text in sent if moment <= killed - MAY_BE_MISSING]
    assert len(reply.text) >= len("".join(long_ago))
    assert sorted(seconds for seconds, _ in reply.chunks) == [seconds for seconds, _ in reply.chunks]
