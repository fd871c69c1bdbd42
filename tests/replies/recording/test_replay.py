"""A replay is the original again: at its own pace or another, held, stopped, beside others."""

import math
import threading

import pytest

from providers import Reasoning
from providers.replay import Replay
from replies.conversation import Comparison
from replies.metrics.figures import figures
from replies.recording.replay import Pace, replay, replay_all
from replies.reply import Reply
from replies.start_barrier import StartBarrier
from tests.replies.recorded import ENDS, STOP, WHEN, WORDS, everything, given_reply, never_asked
from tests.replies.vendor import PATIENCE, Clock, finished, heard, reply_of


def by(clock: Clock, speed: float = 1.0) -> Pace:
    def wait(held: threading.Condition, seconds: float | None) -> None:
        assert seconds is not None
        clock.now += seconds

    return Pace(speed, clock=clock, wait=wait)


@pytest.mark.parametrize("state", ENDS)
@pytest.mark.parametrize(("speed", "simulated"), [(1.0, False), (4.0, True), (math.inf, False)])
def test_a_replay_is_the_original_marked_as_recorded(clock: Clock, state: str, speed: float, simulated: bool) -> None:
    original = given_reply((0.4, Reasoning("Hm.")), *WORDS, state=state, simulated=simulated)
    again = finished(replay(original, by(clock, speed)))
    assert everything(again) == everything(original)
    assert (again.asked.recorded, again.asked.source) == (WHEN, "recorded")
    assert again.id != original.id
    assert figures(again) == figures(original)
    assert clock.now - 1000 == pytest.approx(1.5 / speed)


def test_a_replay_of_what_was_never_asked_fails_as_it_did(clock: Clock) -> None:
    original = never_asked()
    again = finished(replay(original, by(clock)))
    assert (again.state, again.error, again.end, again.chunks) == ("failed", original.error, None, [])
    assert finished(replay(Reply(original.asked, state="stopped"), by(clock))).state == "stopped"


def test_a_whole_comparison_replays_on_one_clock() -> None:
    pace = Pace(paused=True)
    race = replay_all(Comparison.of("Race", [given_reply((0.1, "a"), (0.9, "c")), given_reply((0.5, "b"))]), pace)
    left, right = race.replies
    pace.step()
    assert heard(left, 1).text == "a"
    assert right.text == ""
    pace.step()
    assert heard(right, 1).text == "b"
    assert left.text == "a"
    pace.resume()
    pace.speed = math.inf
    assert [finished(reply).text for reply in race.replies] == ["ac", "b"]
    assert [reply.total for reply in race.replies] == [1.5, 1.5]


def test_in_a_pause_its_clock_stands_still_before_the_next_piece_and_it_can_be_stopped() -> None:
    pace = Pace(paused=True)
    again = replay(given_reply((0.4, "a"), (3600.0, "b"), total=3601.0), pace)
    pace.step()
    assert heard(again, 1).elapsed == 0.4
    again.stop()
    assert (finished(again).state, again.text, again.total) == ("stopped", "a", 0.4)


def test_a_recording_is_a_lane_beside_another_provider(clock: Clock) -> None:
    """The barrier lets them begin together; each is stamped by a clock of its own."""
    barrier = StartBarrier(2, PATIENCE)
    recorded = replay(given_reply(), by(clock), barrier=barrier)
    other = reply_of(Replay([(0.0, "live")], STOP, total=0.0), clock, barrier=barrier).start()
    assert [finished(recorded).text, finished(other).text] == ["Cricket grew up.\n", "live"]
