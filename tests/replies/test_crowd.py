"""Where many answers are read at once, each reader takes in less often what came meanwhile."""

from __future__ import annotations

import sys
import threading

import pytest

from providers import Line, Request, Retry, SimulatorAddress, load
from replies.crowd import FEW, LONGEST, REST, SWITCH, Crowd, crowd
from replies.reply import ask
from simulator import Simulator


@pytest.mark.parametrize(
    ("reading", "rest"), [(0, 0.0), (1, 0.0), (FEW, 0.0), (FEW + 10, 10 * REST), (FEW + 1_000, LONGEST)]
)
def test_few_readers_never_rest(reading: int, rest: float) -> None:
    crowd = Crowd()
    for _ in range(reading):
        crowd.enter()
    assert crowd.rest == pytest.approx(rest)
    for _ in range(reading):
        crowd.leave()
    assert (crowd.count, crowd.rest) == (0, 0.0)


def test_threads_are_let_compute_for_longer_while_there_is_a_crowd() -> None:
    before, crowd = sys.getswitchinterval(), Crowd()
    sys.setswitchinterval(SWITCH / 10)
    try:
        for _ in range(FEW + 1):
            crowd.enter()
        assert sys.getswitchinterval() == pytest.approx(SWITCH)
        crowd.leave()
        assert sys.getswitchinterval() == pytest.approx(SWITCH / 10)
    finally:
        sys.setswitchinterval(before)


def test_a_line_rests_for_as_long_as_whoever_asked_wants_it() -> None:
    rested: list[float] = []
    wanted = iter([0.0, 0.02])
    line = Line(sleep=rested.append, rest=lambda: next(wanted))
    line.rest()
    line.rest()
    assert rested == [0.02]


def test_of_many_readers_one_computes_at_a_time() -> None:
    many = Crowd()
    for _ in range(FEW + 1):
        many.enter()
    turn = many.turn
    assert turn is not None
    many.leave()
    assert many.turn is None  # few, who need not wait

    line = Line(sleep=lambda seconds: None, turn=lambda: turn)
    for waits in (line.rest, line.give_way, lambda: line.retrying(Retry("overloaded", 1.0))):
        line.hear()
        line.hear()  # of one read by several
        assert turn.locked()
        waits()
        assert not turn.locked()
        line.give_way()  # once is enough
    assert turn.acquire(blocking=False)


def test_what_comes_is_stamped_before_the_reader_waits_for_its_turn() -> None:
    turn, stamping = threading.Lock(), threading.Event()

    def clock() -> float:
        stamping.set()
        return 1.0

    line = Line(clock=clock, turn=lambda: turn)
    turn.acquire()
    reader = threading.Thread(target=line.hear, daemon=True)
    reader.start()
    assert stamping.wait(10)
    assert reader.is_alive()
    turn.release()
    reader.join()
    assert line.heard == 1.0
    assert turn.locked()


@pytest.mark.parametrize("vendor", ["openai", "bedrock", "watsonx"])
def test_a_crowd_of_answers_comes_whole_and_leaves_no_turn_taken(simulator: Simulator, vendor: str) -> None:
    address = SimulatorAddress(simulator.url, simulator.tls_url, simulator.ca_file)
    settings = load({})[vendor].simulated_by(address)
    stopped = [ask(settings, Request.of("Go on.", "sim-3000x20")) for _ in range(FEW)]
    broken = [ask(settings, Request.of("Go on.", "sim-fault-cut")) for _ in range(4)]
    replies = [ask(settings, Request.of("Go on.", "sim-200x100")) for _ in range(4)]
    assert all(reply.wait(60) for reply in (*replies, *broken))
    (text,) = {reply.text for reply in replies}
    assert " 199" in text
    assert {reply.state for reply in replies} == {"done"}
    assert {reply.state for reply in broken} == {"interrupted"}
    for reply in stopped:
        reply.stop()
        reply._thread.join(30)
    assert crowd.count == 0
    assert not crowd._turn.locked()
