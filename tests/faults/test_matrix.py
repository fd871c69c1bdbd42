"""Each fault with each API: what becomes of it, what is kept, how often is asked, and what nobody must read."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterator, Sequence

import pytest

from providers.parsing import error_body
from simulator import Simulator
from tests.faults.document import AWAITED as AWAITED_HEAD
from tests.faults.document import COMMAND, FILE, cell, cells, document, skeleton, without
from tests.faults.matrix import MOMENTS, Matrix, Moment, outcome, some
from tests.faults.overhearing import Ear
from tests.faults.scenes import Take
from tests.faults.table import CODES, SECTIONS, Fault, Told
from tests.faults.theatre import Theatre
from tests.faults.voices import GENERATE_OLDER, SECRETS, Voice, here

FAULTS = [fault for section in SECTIONS for fault in section.faults]
NAMED = [fault for section in CODES for fault in section.faults]
AWAITED = [fault for fault in FAULTS if fault.awaited]

Choice = Callable[[Fault], Sequence[Voice]]


def every(fault: Fault) -> tuple[Voice, ...]:
    return here()


by_voices = pytest.mark.parametrize(
    "chosen", [pytest.param(some, id="some"), pytest.param(every, id="every", marks=pytest.mark.exhaustive)]
)

NEXT_STEPS = re.compile(r"\b(ask|check|choose|change|copy|put|rephrase|start|wait|take|name)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def ear() -> Ear:
    return Ear(SECRETS)


@pytest.fixture(scope="module")
def matrix(simulator: Simulator, ear: Ear) -> Iterator[Matrix]:
    with Theatre(simulator) as theatre:
        yield Matrix(theatre, ear)


@by_voices
@pytest.mark.parametrize("fault", FAULTS + NAMED, ids=str)
def test_it_becomes_what_the_table_says(matrix: Matrix, ear: Ear, fault: Fault, chosen: Choice) -> None:
    for voice, takes in matrix.row(fault, voices=chosen(fault)).items():
        told = fault.told_by(voice)
        assert told is not None
        assert takes
        for take in takes:
            assert (voice, outcome(take)) == (voice, expected(told, take))
            check(take)
            check_requests(take)
    if fault.name in matrix.came_by:  # nobody asked more often than they told
        assert matrix.came_by[fault.name] == matrix.asked(fault)
    assert ear.leaks == []


@by_voices
@pytest.mark.parametrize("fault", AWAITED, ids=str)
def test_an_awaited_answer_says_nothing_before_its_fault(
    matrix: Matrix, ear: Ear, fault: Fault, chosen: Choice
) -> None:
    for voice, [take] in matrix.row(fault, whole=True, voices=chosen(fault)).items():
        told = fault.told_by(voice)
        assert told is not None
        got = outcome(take)
        if told.error is None or told.heard == 0:
            assert (voice, got[:3]) == (voice, told[:3]) or got.error in BROKEN
        else:
            assert got.error in BROKEN
        if not got.error:
            assert "".join(take.heard.pieces) == whole(take.said) or not take.said
        elif fault.name != "no-finish":
            assert take.heard.pieces == []
        check(take)
        check_requests(take)
    assert ear.leaks == []


# What a broken body may look like to an SDK that reads it as one.
BROKEN = {"interrupted", "network", "protocol", "timeout"}


def expected(told: Told, take: Take) -> Told:
    """What the table says of this take: how much was said, only the vendor knows."""
    heard = len(take.heard.pieces)
    if take.most is not None:
        assert take.least <= heard <= take.most
        return told._replace(heard=heard, asked=1 if heard else told.asked)
    return told if told.heard is not None else told._replace(heard=len(take.said))


def check(take: Take) -> None:
    """What holds in every cell."""
    heard, error = take.heard, take.heard.error
    if take.said:
        assert whole(take.said).startswith("".join(heard.pieces))
    if error is None:
        return
    assert NEXT_STEPS.search(error.message)
    assert "\n" not in error.message
    told = [error.message, str(error), repr(error), *traceback.format_exception(error)]
    assert not [line for line in told if any(secret in line for secret in SECRETS)]


def whole(said: tuple[str, ...]) -> str:
    """As it can be encoded: halves of a character that belong together are one, others a replacement."""
    return "".join(said).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def check_requests(take: Take) -> None:
    """A second one is announced, and there is no third."""
    assert take.asked <= 2
    assert take.asked == 1 + len(take.heard.retries) or not (take.asked or take.heard.retries)


STOPPED = [
    (fault, moment)
    for moment in MOMENTS
    for fault in FAULTS
    if any(moment.comes(fault, told) for voice in here() if (told := fault.told_by(voice)))
]


@by_voices
@pytest.mark.parametrize(("fault", "moment"), STOPPED, ids=str)
def test_stop_ends_it_and_what_was_said_is_kept(
    matrix: Matrix, ear: Ear, fault: Fault, moment: Moment, chosen: Choice
) -> None:
    time_for_it = [voice for voice in here() if (told := fault.told_by(voice)) and moment.comes(fault, told)]
    voices = [voice for voice in chosen(fault) if voice in time_for_it] or time_for_it[:1]
    for voice, take in matrix.stopped(fault, moment, voices).items():
        told = fault.told_by(voice)
        assert told is not None
        assert take.asked <= (told.asked if take.heard.pieces else 1)
        check(take)
    assert ear.leaks == []


def test_the_log_was_listened_to(matrix: Matrix, ear: Ear) -> None:
    matrix.row(FAULTS[-1])
    assert {"botocore.endpoint", "httpx", "httpx2", "openai._base_client", "urllib3.connectionpool"} <= ear.heard


@pytest.fixture(scope="module")
def page() -> str:
    """docs/faults.md, as far as it can be tried here."""
    said = FILE.read_text(encoding="utf-8")
    return said if GENERATE_OLDER in here() else without(said, GENERATE_OLDER)


OUTDATED = f"docs/faults.md is not what comes out. Write it anew: {COMMAND}"


def test_the_page_says_what_came_out_of_some(matrix: Matrix, page: str) -> None:
    written = cells(page)
    awaited = AWAITED_HEAD.splitlines()[0].lstrip("# ")
    for section in SECTIONS + CODES:
        for fault in section.faults:
            for voice, takes in matrix.row(fault, voices=some(fault)).items():
                streamed = written[section.title, fault.title, voice.title]
                assert cell(takes) == streamed, OUTDATED
                if fault.awaited and section in SECTIONS:
                    whole = matrix.row(fault, whole=True, voices=[voice])[voice]
                    assert cell(whole) == written.get((awaited, fault.title, voice.title), streamed), OUTDATED


def test_the_page_has_every_row_and_every_word_besides(page: str) -> None:
    class Unplayed(Matrix):
        def row(self, *anything: object, **more: object) -> dict[Voice, list[Take]]:
            return {}

    assert skeleton(document(Unplayed.__new__(Unplayed))) == skeleton(page), OUTDATED


@pytest.mark.exhaustive
def test_the_page_says_what_came_out(matrix: Matrix, page: str) -> None:
    assert document(matrix) == page, OUTDATED


# The table is complete


@pytest.mark.parametrize("fault", FAULTS + NAMED, ids=str)
def test_where_a_cell_is_not_as_the_others_the_row_says_why(fault: Fault) -> None:
    section = next(section for section in SECTIONS + CODES if fault in section.faults)
    others = [voice for voice in fault.but if voice in section.voices]
    assert bool(others) == bool(fault.why)


def names(section: int) -> set[str]:
    return {fault.title.strip("`") for fault in CODES[section].faults}


def test_the_table_of_codes_says_what_adapters_know() -> None:
    known = {code: kind for kind, codes in error_body.CODES.items() for code in codes.split()}
    for section in (0, 2, 3):
        assert len(names(section) & known.keys()) > 5


def test_every_exception_that_aws_has_in_mid_stream_is_in_the_table() -> None:
    from botocore.session import Session

    model = Session().get_service_model("bedrock-runtime")
    streams = {"ConverseStream": "stream", "InvokeModelWithResponseStream": "body"}
    shapes = [model.operation_model(name).output_shape.members[field] for name, field in streams.items()]
    modelled = {name for shape in shapes for name, member in shape.members.items() if member.metadata.get("exception")}
    assert modelled
    assert names(1) >= modelled
