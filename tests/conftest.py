"""Surroundings of every test: no way out of this machine, and nobody's keys. See `tests/support/guard`."""

import re
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.support.guard import forget_the_developer, live_calls

if TYPE_CHECKING:
    from simulator import Simulator

# Now, not in a fixture: test files import the code under test while they are collected.
_HOME = tempfile.TemporaryDirectory(prefix="streamside-tests-")
forget_the_developer(Path(_HOME.name))
live_calls.forbid()

settings.register_profile("any machine", deadline=None)  # no test says how long an example may take
settings.load_profile("any machine")

# `nohup make test &` in a script starts it with SIGINT ignored, and programs that tests start would inherit that and
# never hear of Ctrl-C. A function that does nothing keeps it ignored here, and is not inherited.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, lambda *_: None)


# `make test` tries one case of each kind, and `make test-all` these too: more of a kind that another case stands for.
MORE_OF_A_KIND = re.compile(
    r"""(?x)
    store/(?!test_(store|schema|addresses)).*[\[-]postgresql|test_killed|test_owners.*stranger
    |test_(preconnect|network).*[\[-](responses|invoke|generate|older)|test_cancel.*[\[-](plain-|responses|older)
    |test_matrix.*awaited_answer_says_nothing|test_code.*[\[-](awaited|generate-streamed|azure|gateway|vllm|openai-streamed|token|cluster|password|deployment)
    |browser/(\w+/)?(
        test_(access\.|hostile|killed|sign_in|sticky_sessions|voting)
        |test_accessibility.*(each_page|folded)|test_back
        |test_chat.*(that_is_gone|keeps_the_first|is_folded|editing_a|nothing_of)
        |test_compare.*(error_stays|new_|while_lanes)|test_examples.*(\[(openai|watsonx)|next_question|reasoning|error_is_said)|test_show.*its_key
        |test_history.*(opened_again|first_day|deleting_everything|broken_file|be_a_recording|restart)
        |test_history.*(search_delete|can_be_saved)
        |test_lanes.*(six_lanes|two_of_three|full_width|shared_by|stays)
        |test_next_question.*(comparison_that|\[(is_watched|is_left|has_|is_asked|is_opened|is_regenerated)|two_tabs_that)
        |test_next_question.*(though_its_page|retry_and_ask|second_tab_shows)
        |test_reading.*(chat-100|lane-|720-2-|900-[46]-|sim-fault-|sim-300x20|running_sign|that_is_over)
        |test_report.*(\[(<|\]\]>|"|&lt|\{\{|320|800|390|light)|slider|printed|prints|one_after|steps_let|pause_holds)
        |test_why_stream.*(reload|one_side|click|again_leaves|stop_ends)
        |test_benchmark_page.*\[(a\ text\ node|HTML|nodes|the\ place)
    )
    """
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if MORE_OF_A_KIND.search(item.nodeid):
            item.add_marker(pytest.mark.exhaustive)
    items.sort(key=_turns(items).__getitem__)


def _turns(items: list[pytest.Item]) -> dict[pytest.Item, float]:
    """When each is to run: the files with a browser, which want several processes' time, are spread among the others,
    so that few of them run at once; but the last of them is early enough to be over with the rest."""
    turns: dict[pytest.Item, float] = {}
    for in_browser in (True, False):
        files = list(dict.fromkeys(item.path for item in items if ("browser" in item.path.parts) == in_browser))
        at = {path: number / len(files) * (0.8 if in_browser else 1) for number, path in enumerate(files)}
        turns |= {item: at[item.path] for item in items if item.path in at}
    return turns


def pytest_unconfigure() -> None:
    _HOME.cleanup()


@pytest.fixture(autouse=True)
def no_live_calls() -> Iterator[None]:
    """Fail the test that tried a live call, even where the code under test swallowed the refusal."""
    before = len(live_calls.refused())
    yield
    if tried := live_calls.refused()[before:]:
        pytest.fail("a live call was tried, and refused:\n" + "\n".join(tried), pytrace=False)


@pytest.fixture(scope="session")
def simulator() -> Iterator["Simulator"]:
    """One simulator of the three vendors for all tests."""
    from simulator import Simulator

    with Simulator() as running:
        yield running
