"""Each fault with each API: what becomes of it, what is kept, how often is asked, and what nobody must read."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterator, Sequence

import pytest

from providers.parsing.error_body import read
from simulator import Simulator
from tests.faults.causes import Trial
from tests.faults.columns import GENERATE_OLDER, SECRETS, Column, here
from tests.faults.document import COMMAND, awaited, cell, document, split, written
from tests.faults.log_watch import LogWatch
from tests.faults.matrix import MOMENTS, Matrix, Moment, outcome, some
from tests.faults.rig import Rig
from tests.faults.table import CODES, SECTIONS, Fault, Told

FAULTS = [fault for section in SECTIONS for fault in section.faults]
NAMED = [fault for section in CODES for fault in section.faults]
PAGE = split()[1]
AWAITED = [fault for fault in FAULTS if fault.awaited]

Choice = Callable[[Fault], Sequence[Column]]


def every(fault: Fault) -> tuple[Column, ...]:
    return here()


by_columns = pytest.mark.parametrize(
    "chosen", [pytest.param(some, id="some"), pytest.param(every, id="every", marks=pytest.mark.exhaustive)]
)

NEXT_STEPS = re.compile(r"\b(ask|check|choose|change|copy|put|rephrase|start|wait|take|name)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def watch() -> LogWatch:
    return LogWatch(SECRETS)


@pytest.fixture(scope="module")
def matrix(simulator: Simulator, watch: LogWatch) -> Iterator[Matrix]:
    with Rig(simulator) as rig:
        yield Matrix(rig, watch)


@by_columns
@pytest.mark.parametrize("fault", FAULTS + NAMED, ids=str)
def test_it_becomes_what_the_table_says(matrix: Matrix, watch: LogWatch, fault: Fault, chosen: Choice) -> None:
    for column, trials in matrix.row(fault, columns=chosen(fault)).items():
        told = fault.told_by(column)
        assert told is not None
        assert trials
        for trial in trials:
            assert (column, outcome(trial)) == (column, expected(told, trial))
            check(trial)
            check_requests(trial)
    if fault.name in matrix.came_by:  # nobody asked more often than they told
        assert matrix.came_by[fault.name] == matrix.asked(fault)
    assert watch.leaks == []


@by_columns
@pytest.mark.parametrize("fault", AWAITED, ids=str)
def test_an_awaited_answer_says_nothing_before_its_fault(
    matrix: Matrix, watch: LogWatch, fault: Fault, chosen: Choice
) -> None:
    page = next((row for one, row in written(PAGE) if one is fault), {})
    for column, [trial] in matrix.row(fault, whole=True, columns=chosen(fault)).items():
        told = fault.told_by(column)
        assert told is not None
        got = outcome(trial)
        assert cell(got) == page.get(column, cell(told))
        if told.error is None or told.heard == 0:
            assert (column, got[:3]) == (column, told[:3]) or got.error in BROKEN
        else:
            assert got.error in BROKEN
        if not got.error:
            assert "".join(trial.heard.pieces) == whole(trial.said) or not trial.said
        elif fault.name != "no-finish":
            assert trial.heard.pieces == []
        check(trial)
        check_requests(trial)
    assert watch.leaks == []


# What a broken body may look like to an SDK that reads it as one.
BROKEN = {"interrupted", "network", "protocol", "timeout"}


def expected(told: Told, trial: Trial) -> Told:
    """What the table says of this trial: how much was said, only the vendor knows."""
    heard = len(trial.heard.pieces)
    if trial.most is not None:
        assert trial.least <= heard <= trial.most
        return told._replace(heard=heard, asked=1 if heard else told.asked)
    return told if told.heard is not None else told._replace(heard=len(trial.said))


def check(trial: Trial) -> None:
    """What holds in every cell."""
    heard, error = trial.heard, trial.heard.error
    if trial.said:
        assert whole(trial.said).startswith("".join(heard.pieces))
    if error is None:
        return
    assert NEXT_STEPS.search(error.message)
    assert "\n" not in error.message
    told = [error.message, str(error), repr(error), *traceback.format_exception(error)]
    assert not [line for line in told if any(secret in line for secret in SECRETS)]


def whole(said: tuple[str, ...]) -> str:
    """As it can be encoded: halves of a character that belong together are one, others a replacement."""
    return "".join(said).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def check_requests(trial: Trial) -> None:
    """A second one is announced, and there is no third."""
    assert trial.asked <= 2
    assert trial.asked == 1 + len(trial.heard.retries) or not (trial.asked or trial.heard.retries)


STOPPED = [
    (fault, moment)
    for moment in MOMENTS
    for fault in FAULTS
    if any(moment.comes(fault, told) for column in here() if (told := fault.told_by(column)))
]


@by_columns
@pytest.mark.parametrize(("fault", "moment"), STOPPED, ids=str)
def test_stop_ends_it_and_what_was_said_is_kept(
    matrix: Matrix, watch: LogWatch, fault: Fault, moment: Moment, chosen: Choice
) -> None:
    time_for_it = [column for column in here() if (told := fault.told_by(column)) and moment.comes(fault, told)]
    columns = [column for column in chosen(fault) if column in time_for_it] or time_for_it[:1]
    for column, trial in matrix.stopped(fault, moment, columns).items():
        told = fault.told_by(column)
        assert told is not None
        assert trial.asked <= (told.asked if trial.heard.pieces else 1)
        check(trial)
    assert watch.leaks == []


def test_the_log_was_listened_to(matrix: Matrix, watch: LogWatch) -> None:
    matrix.row(FAULTS[-1])
    assert {"botocore.endpoint", "httpx", "httpx2", "openai._base_client", "urllib3.connectionpool"} <= watch.heard


OUTDATED = f"docs/faults.md is not what comes out. Write it anew: {COMMAND}"


def test_the_page_says_what_the_table_says() -> None:
    assert document(written(PAGE)) == PAGE, OUTDATED


@pytest.mark.exhaustive
@pytest.mark.skipif(GENERATE_OLDER not in here(), reason="IBM's older SDK refuses this Python")
def test_the_page_says_what_came_out_of_awaited_answers(matrix: Matrix) -> None:
    assert document(awaited(matrix)) == PAGE, OUTDATED


# The table is complete


@pytest.mark.parametrize("fault", FAULTS + NAMED, ids=str)
def test_where_a_cell_is_not_as_the_others_the_row_says_why(fault: Fault) -> None:
    section = next(section for section in SECTIONS + CODES if fault in section.faults)
    others = [column for column in fault.but if column in section.columns]
    assert bool(others) == bool(fault.why)


def names(section: int) -> set[str]:
    return {fault.title.strip("`") for fault in CODES[section].faults}


def test_the_table_of_codes_says_what_adapters_know() -> None:
    for section in (0, 2, 3):
        assert len([name for name in names(section) if read({"code": name}).kind()]) > 5


def test_every_exception_that_aws_has_in_mid_stream_is_in_the_table() -> None:
    from botocore.session import Session

    model = Session().get_service_model("bedrock-runtime")
    streams = {"ConverseStream": "stream", "InvokeModelWithResponseStream": "body"}
    shapes = [model.operation_model(name).output_shape.members[field] for name, field in streams.items()]
    modelled = {name for shape in shapes for name, member in shape.members.items() if member.metadata.get("exception")}
    assert modelled
    assert names(1) >= modelled
