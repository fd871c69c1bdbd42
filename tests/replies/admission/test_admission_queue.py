"""Coming in: in the order of arrival, a comparison's lanes together, nobody held up by somebody else's limit."""

from itertools import chain
from random import Random

import pytest

from providers import End, ProviderError, Request, load
from replies.admission.limits import HOUR, Limits
from replies.admission.queue import NONE, AdmissionQueue, Ticket
from replies.reader import ReplyReader
from replies.reply import QueuePosition, Reply
from replies.start_barrier import StartBarrier
from tests.replies.conftest import OwnPrices
from tests.replies.vendor import PATIENCE, Clock, Hire, Vendor, ended, question
from tests.support.known import known
from tests.support.waiting import eventually

STOP = End("stop", 1, 10)
SETTINGS = load({"OPENAI_API_KEY": "k"})["openai"]
WHY = Request.of("Why?", "m")


class Visits:
    """Lanes of parties, each a reply with a vendor of its own."""

    def __init__(self, hire: Hire, clock: Clock, everybody: Limits, each: Limits = NONE) -> None:
        self.admission_queue = AdmissionQueue(everybody, each, clock=clock)
        self._hire = hire
        self._clock = clock

    def ask(self, visitor: str, lanes: int = 1, *, together: bool = True) -> list[tuple[Reply, Vendor]]:
        """A question, not started yet. `together`: the lanes wait for each other."""
        batch = self.admission_queue.batch(visitor)
        barrier = StartBarrier(lanes, clock=self._clock) if lanes > 1 and together else None
        asked = []
        for _ in range(lanes):
            vendor = self._hire()
            admission = batch.admission(SETTINGS, WHY)
            asked.append((self._reply(vendor, barrier, admission), vendor))
        return asked

    def start(self, visitor: str, lanes: int = 1) -> list[tuple[Reply, Vendor]]:
        """A question that has come in, or waits."""
        asked = self.ask(visitor, lanes)
        for reply, _ in asked:
            reply.start()
        assert eventually(
            lambda: all(vendor.asked.is_set() or reply.queue_position or reply.over for reply, vendor in asked)
        )
        return asked

    def _reply(self, vendor: Vendor, barrier: StartBarrier | None, admission: Ticket | None) -> Reply:
        return ReplyReader(question(), lambda: vendor, barrier=barrier, admission=admission, clock=self._clock).reply


def queue_position(*visits: list[tuple[Reply, Vendor]]) -> list[QueuePosition | None]:
    return [asked[0][0].queue_position for asked in visits]


def end(*visits: list[tuple[Reply, Vendor]]) -> None:
    for reply, vendor in chain.from_iterable(visits):
        vendor.says("Because.", STOP)
        ended(reply)


def came_in(asked: list[tuple[Reply, Vendor]]) -> bool:
    return all(vendor.asked.wait(PATIENCE) for _, vendor in asked)


def test_who_comes_while_all_places_are_taken_waits_in_the_order_of_arrival(hire: Hire, clock: Clock) -> None:
    visits = Visits(hire, clock, Limits(at_once=1))
    first, second, third = (visits.start(name) for name in ("ann", "bob", "eve"))
    assert queue_position(first, second, third) == [None, QueuePosition(0, own=False), QueuePosition(1, own=False)]
    assert not second[0][1].asked.is_set()
    assert (second[0][0].state, second[0][0].elapsed) == ("waiting", 0.0)  # no clock runs while it waits
    end(first)
    assert second[0][1].asked.wait(PATIENCE)
    assert queue_position(second, third) == [None, QueuePosition(0, own=False)]
    end(second, third)
    assert visits.admission_queue.inside() == 0
    assert AdmissionQueue().batch("ann").admission(SETTINGS, WHY) is None  # without limits nobody is counted


def test_the_lanes_of_a_question_come_in_together_and_are_overtaken_by_nobody(hire: Hire, clock: Clock) -> None:
    visits = Visits(hire, clock, Limits(at_once=3))
    pair, three, one = visits.start("ann", 2), visits.start("bob", 3), visits.start("eve")
    assert [reply.queue_position for reply, _ in three] == [QueuePosition(0, own=False)] * 3
    assert queue_position(one) == [QueuePosition(3, own=False)]
    assert not any(vendor.asked.is_set() for _, vendor in three)
    clock.now += 100.0
    end(pair)
    assert came_in(three)
    assert not one[0][1].asked.is_set()
    clock.now += 2.0
    end(three, one)
    for reply, _ in three:  # no wait counts in any figure
        assert (reply.connecting, reply.chunks[0].seconds, reply.total, reply.skew) == (0.0, 2.0, 2.0, 0.0)


def test_who_waits_for_an_answer_of_their_own_holds_up_nobody_else(hire: Hire, clock: Clock) -> None:
    visits = Visits(hire, clock, Limits(at_once=4), Limits(at_once=2))
    first, pair, second, other = visits.start("ann"), visits.start("ann", 2), visits.start("ann"), visits.start("bob")
    assert queue_position(first, pair, second, other) == [
        None,
        QueuePosition(0, own=True),
        QueuePosition(2, own=True),
        None,
    ]
    end(first)
    assert came_in(pair)
    end(pair, second, other)


def test_a_recording_takes_no_place_but_begins_with_the_others(hire: Hire, clock: Clock) -> None:
    visits = Visits(hire, clock, Limits(at_once=1))
    before = visits.start("ann")
    batch, barrier, vendor = visits.admission_queue.batch("bob"), StartBarrier(2, clock=clock), hire()
    place, companion = batch.admission(SETTINGS, WHY), batch.companion()
    asked = ReplyReader(question(), lambda: vendor, barrier=barrier, admission=place, clock=clock).reply
    because = hire().says("Because.", STOP)
    recording = ReplyReader(question(), lambda: because, barrier=barrier, admission=companion).reply
    for reply in (asked, recording):
        reply.start()
    assert eventually(
        lambda: [reply.queue_position for reply in (asked, recording)] == [QueuePosition(0, own=False)] * 2
    )
    end(before)
    assert ended(recording).text == "Because."
    end([(asked, vendor)])


def test_a_recording_plays_where_all_places_are_taken_or_the_others_are_refused(hire: Hire, clock: Clock) -> None:
    visits = Visits(hire, clock, Limits(at_once=1))
    before, behind = visits.start("ann"), visits.start("eve")
    for others in (0, 2):
        batch = visits.admission_queue.batch("bob")
        refused = [ReplyReader(question(), hire, admission=batch.admission(SETTINGS, WHY)).reply for _ in range(others)]
        recording = ReplyReader(question(), lambda: hire().says("Because.", STOP), admission=batch.companion()).reply
        for reply in (recording, *refused):
            reply.start()
        assert ended(recording).text == "Because."
        assert [ended(reply).state for reply in refused] == ["failed"] * others
    end(before, behind)


def test_who_stops_while_waiting_was_never_asked_and_does_not_count(hire: Hire, clock: Clock) -> None:
    visits = Visits(hire, clock, Limits(at_once=1, an_hour=2))
    first, second = visits.start("ann"), visits.start("bob")
    second[0][0].stop()
    assert (ended(second[0][0]).state, second[0][0].total, queue_position(second)) == ("stopped", None, [None])
    end(first)
    third = visits.start("eve")
    end(third)
    assert third[0][0].state == "done"
    assert not second[0][1].asked.is_set()


def test_a_lane_that_is_stopped_before_it_is_asked_keeps_the_others_from_nothing(hire: Hire, clock: Clock) -> None:
    visits = Visits(hire, clock, Limits(at_once=2))
    first, pair = visits.start("ann"), visits.start("bob", 2)
    pair[0][0].stop()  # the other one alone would fit
    assert came_in(pair[1:])
    end(pair[1:], first)
    pair = visits.ask("ann", 2, together=False)
    pair[0][0].stop()  # before it started
    pair[1][0].start()
    assert came_in(pair[1:])
    assert visits.admission_queue.inside() == 1
    end(pair[1:])


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(at_once=1), "up to 1 answer at once, and this asks for 2"),
        (Limits(an_hour=1), "up to 1 answer an hour"),
        (Limits(dollars=1.0), "not known"),
    ],
)
def test_what_is_too_much_is_refused_for_all_lanes(hire: Hire, clock: Clock, limits: Limits, said: str) -> None:
    for reply, vendor in Visits(hire, clock, Limits(), limits).start("ann", 2):
        assert (ended(reply).state, reply.total) == ("failed", None)
        assert said in known(reply.error).message
        assert not vendor.asked.is_set()


def test_an_hour_later_one_may_ask_again_and_what_was_never_asked_does_not_count(hire: Hire, clock: Clock) -> None:
    visits = Visits(hire, clock, Limits(), Limits(an_hour=1))
    admission = visits.admission_queue.batch("ann").admission(SETTINGS, WHY)

    def connect() -> Vendor:
        raise RuntimeError

    assert ended(ReplyReader(question(), connect, admission=admission).reply.start()).state == "failed"
    for visitor, state in (("ann", "done"), ("ann", "failed"), ("bob", "done")):
        asked = visits.start(visitor)
        end(asked)
        assert asked[0][0].state == state
    clock.now += HOUR
    again = visits.start("ann")
    end(again)
    assert again[0][0].state == "done"


@pytest.fixture
def priced(own_prices: OwnPrices) -> None:
    """A dollar for each token out: 2,000 are estimated where no maximum is given."""
    price = "model = 'm'\ninput = 0\noutput = 1_000_000\nas_of = 2026-01-01\nprovider = "
    own_prices(f"{price}'openai'", f"{price}'fake'")


@pytest.mark.usefixtures("priced")
def test_a_budget_is_held_by_estimates_and_settled_by_what_was_spent(hire: Hire, clock: Clock) -> None:
    visits = Visits(hire, clock, Limits(dollars=3000))
    refused = visits.start("ann")
    refused[0][1].says(ProviderError("auth", "No."))  # which cost nothing
    assert ended(refused[0][0]).state == "failed"
    first = visits.start("ann")
    assert first[0][1].asked.is_set()
    second = visits.start("bob")  # 2,000 are set aside for the first
    assert "$2,000.00 is spent or set aside" in known(ended(second[0][0]).error).message
    end(first)  # it came to less
    third = visits.start("eve")
    assert third[0][1].asked.is_set()
    third[0][1].says("Be", None)  # broken off, and the provider has not said what it cost: what was estimated stays
    ended(third[0][0])
    assert ended(visits.start("bob")[0][0]).state == "failed"


def test_whatever_is_asked_and_stopped_all_get_through_and_never_too_many_at_once(hire: Hire, clock: Clock) -> None:
    chance = Random(7)
    visits = Visits(hire, clock, Limits(at_once=6), Limits(at_once=6))
    asked = [visits.ask(f"visitor {number % 5}", chance.randint(1, 6)) for number in range(40)]
    most = 0
    for lanes in asked:
        for reply, vendor in lanes:
            vendor.says("Because.", STOP)
            reply.start()
            if chance.random() < 0.2:
                chance.choice(lanes)[0].stop()
        most = max(most, visits.admission_queue.inside())
    replies = [reply for lanes in asked for reply, _ in lanes]
    assert {ended(reply).state for reply in replies} == {"done", "stopped"}
    assert eventually(lambda: visits.admission_queue.inside() == 0)
    assert most <= 6
    assert not any(reply.queue_position for reply in replies)
