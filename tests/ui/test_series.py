"""Run N times, on the page: what is ordered, what is refused, how far it is, and what it came to."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from providers import End
from replies.conversation import Round, Series
from replies.metrics.goal import Goal
from replies.prompts import MOST_PROMPTS, SETS
from replies.reply import Chunk, Reply
from replies.series import Run
from tests.replies.vendor import PATIENCE, Clock, Hire, Vendor, reply_of
from tests.store.said import answered, asked
from tests.support.markdown import plain
from tests.support.page import drawn
from tests.support.page import run as rerun
from ui.series.form import BUILT_IN, FILE, LIST, ONE, Order
from ui.series.runs import how_far

from tests.replies.conftest import clock, hire, no_reader_outlives_its_test  # isort: skip

__all__ = ["clock", "hire", "no_reader_outlives_its_test"]


def ordering(lanes: int = 3, hint: str = "Why?", live: int = 0) -> AppTest:
    def page(lanes: int, hint: str, live: int) -> None:
        import streamlit as st

        from ui.series import runs

        if order := runs.form(lanes, hint, live=live):
            st.session_state["ordered"] = order

    return drawn(page, lanes, hint, live)


def of(app: AppTest, source: str) -> AppTest:
    app.segmented_control(key="order-of").set_value(source)
    return app.run()


def told(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.markdown, *app.error, *app.warning, *app.info, *app.caption))


def start(app: AppTest) -> Order | None:
    app.button(key="order-start").click().run()
    assert not app.exception
    ordered = app.session_state["ordered"] if "ordered" in app.session_state else None  # noqa: SIM401
    return Order(*ordered) if ordered else None


def startable(app: AppTest) -> bool:
    return not app.button(key="order-start").disabled


def upload(app: AppTest, rows: str) -> None:
    app.file_uploader(key="order-file").set_value(("prompts.csv", f"id,prompt\n{rows}".encode(), "text/csv"))


def often_at_once(app: AppTest) -> None:
    app.slider(key="order-times").set_value(20)
    app.radio(key="order-way").set_value("At once")


FIVE = tuple(f"Question {number}?" for number in range(5))


@pytest.mark.parametrize(
    ("source", "choose", "product", "order"),
    [
        (ONE, lambda app: None, "10 runs × 3 lanes = **30 requests**", Order(("Why?",), 10)),
        (ONE, often_at_once, "20 runs × 3 lanes = **60 requests**", Order(("Why?",), 20, at_once=True)),
        (
            BUILT_IN,
            lambda app: app.selectbox(key="order-set").set_value("Multilingual"),
            "10 runs × 6 prompts × 3 lanes = **180 requests**",
            Order(SETS["Multilingual"], 10),
        ),
        (
            LIST,
            lambda app: app.text_area(key="order-list").set_value("One?\n\nTwo?\n"),
            "10 runs × 2 prompts × 3 lanes = **60 requests**",
            Order(("One?", "Two?"), 10),
        ),
        (
            FILE,
            lambda app: upload(app, "".join(f"1,{question}\n" for question in FIVE)),
            "- Question 2\\?\n- … and 2 more\n10 runs × 5 prompts × 3 lanes = **150 requests**",
            Order(FIVE, 10),
        ),
    ],
)
def test_an_order_is_counted_and_given_once(
    source: str, choose: Callable[[AppTest], None], product: str, order: Order
) -> None:
    app = of(ordering(), source)
    choose(app)
    rerun(app)
    assert product in told(app)
    assert start(app) == order
    del app.session_state["ordered"]
    rerun(app)
    assert "ordered" not in app.session_state


def test_a_file_that_is_refused_is_not_half_taken() -> None:
    app = of(ordering(), FILE)
    assert not startable(app)
    upload(app, "1,One?\n2,\n")
    rerun(app)
    assert "Row 3 has no prompt" in app.error[0].value
    assert not startable(app)
    assert "requests" not in told(app)


@pytest.mark.parametrize(
    ("text", "says"), [("One?\n" * (MOST_PROMPTS + 1), "51 prompts"), ("x" * 8001, "Line 1 has 8\\,001")]
)
def test_a_list_that_is_refused(text: str, says: str) -> None:
    app = of(ordering(), LIST)
    app.text_area(key="order-list").set_value(text).run()
    assert says in app.error[0].value
    assert not startable(app)


@pytest.mark.parametrize("source", [LIST, FILE])
def test_where_nothing_is_there_yet_nothing_starts_and_nothing_is_wrong(source: str) -> None:
    app = of(ordering(), source)
    assert not startable(app)
    assert not app.error


def test_without_a_prompt_nothing_starts() -> None:
    app = ordering(hint="")
    assert not startable(app)
    app.text_area[0].set_value("  Why not?  ").run()
    assert start(app) == Order(("  Why not?",), 10)


def test_too_many_requests_are_refused_before_they_are_asked() -> None:
    app = of(ordering(lanes=6), BUILT_IN)
    app.selectbox(key="order-set").set_value("Multilingual")
    app.slider(key="order-times").set_value(17).run()
    assert "**612 requests**" in told(app)
    assert "up to 600" in app.error[0].value
    assert not startable(app)


@pytest.mark.parametrize(
    ("live", "says"),
    [
        (0, ""),
        (1, "1 of the 3 lanes is live: 10 requests will be billed"),
        (2, "2 of the 3 lanes are live: 20 requests will be billed"),
        (3, "All lanes are live: 30 requests will be billed"),
    ],
)
def test_live_lanes_are_said_to_be_billed(live: int, says: str) -> None:
    app = ordering(live=live)
    assert [element.value[: len(says)] for element in app.warning] == ([says] if says else [])


@pytest.mark.parametrize(
    ("price", "says"),
    [
        (0.004, "30 requests will be billed by the providers. They cost \\$0.12 at most."),
        (None, "30 requests will be billed by the providers. The price of at least one lane is not known."),
    ],
)
def test_what_it_may_cost_is_said_before_the_first_question(price: float | None, says: str) -> None:
    def page(price: float | None) -> None:
        from ui.series import runs

        runs.form(3, "Why?", live=3, prices=lambda prompt: dict.fromkeys(range(3), price))

    app = drawn(page, price)
    assert says in app.warning[0].value
    app.toggle(key="order-until").set_value(True).run()
    assert "up to 30 requests" in app.warning[0].value
    app.number_input(key="order-most").set_value(1.0).run()
    assert ("A limit of dollars can't count it" in app.warning[0].value) == (price is None)


def test_a_series_that_ends_by_its_goal() -> None:
    app = ordering()
    app.toggle(key="order-until").set_value(True).run()
    assert "10 runs × 3 lanes = at most **30 requests**" in told(app)
    app.selectbox(key="order-figure").set_value("total").run()
    app.number_input(key="order-size-s").set_value(0.25).run()
    assert start(app) == Order(("Why?",), 10, goal=Goal("total", 0.25, None))


def test_a_series_is_continued_with_its_own_prompts() -> None:
    def page() -> None:
        import streamlit as st

        from ui.series import runs

        if order := runs.form(2, again=("One?", "Two?")):
            st.session_state["ordered"] = order

    app = drawn(page)
    assert "10 runs × 2 prompts × 2 lanes = **40 requests**" in told(app)
    assert not app.text_area
    assert start(app) == Order(("One?", "Two?"), 10)


@pytest.fixture
def vendors() -> list[Vendor]:
    return []


@pytest.fixture
def make(hire: Hire, clock: Clock, vendors: list[Vendor]) -> Callable[[str], dict[int, Reply]]:
    def one_lane(_: str) -> dict[int, Reply]:
        vendors.append(hire())
        return {0: reply_of(vendors[-1], clock)}

    return one_lane


def eventually(true: Callable[[], bool]) -> bool:
    never = threading.Event()
    return any(true() or never.wait(0.01) for _ in range(int(PATIENCE / 0.01)))


def begun(rounds: int, vendors: list[Vendor]) -> bool:
    """Whether exactly so many rounds are asked."""
    return eventually(lambda: len(vendors) >= rounds and vendors[-1].asked.is_set()) and len(vendors) == rounds


def test_how_far_it_is(clock: Clock, vendors: list[Vendor], make: Any) -> None:
    run = Run(Series(), ["One?", "Two?"], 2, make, lambda _: None, clock=clock).start()
    assert begun(1, vendors)
    assert how_far(run) == "Run 1 of 2, prompt 1 of 2 · time left is known after the first"
    clock.now += 20.0
    vendors[0].says(None)
    assert begun(2, vendors)
    assert how_far(run) == "Run 1 of 2, prompt 2 of 2 · 1 answer failed · about 60 s left"
    run.cancel()
    assert run.wait(PATIENCE)


def test_a_single_prompt_is_counted_in_runs(clock: Clock, vendors: list[Vendor], make: Any) -> None:
    run = Run(Series(), ["One?"], 20, make, lambda _: None, clock=clock).start()
    assert begun(1, vendors)
    clock.now += 200.0
    vendors[0].says("Yes.", End("stop"))
    assert begun(2, vendors)
    assert how_far(run) == "Run 2 of 20 · about 64 min left"
    run.cancel()
    assert run.wait(PATIENCE)


def test_at_once_it_is_said_how_many_are_under_way(clock: Clock, vendors: list[Vendor], make: Any) -> None:
    run = Run(Series(), ["One?"], 3, make, lambda _: None, at_once=True, clock=clock).start()
    assert begun(3, vendors)
    assert how_far(run) == "0 of 3 runs done, 3 in progress · time left is known after the first"
    run.cancel()
    assert run.wait(PATIENCE)


def following(run: Run) -> AppTest:
    def page(run: object) -> None:
        from ui.series import runs

        runs.progress(run)  # type: ignore[arg-type]

    return drawn(page, run)


def test_cancel_on_the_page(clock: Clock, vendors: list[Vendor], make: Any) -> None:
    run = Run(Series(), ["One?"], 20, make, lambda _: None, clock=clock).start()
    assert begun(1, vendors)
    app = following(run)
    app.button(key=f"cancel-{run.id}").click().run()
    assert run.wait(PATIENCE)
    assert not app.run().exception
    assert "Cancelled: 0 of 20 runs are done." in app.info[0].value
    assert not app.button


def test_all_that_run_are_cancelled_at_once(clock: Clock, vendors: list[Vendor], make: Any) -> None:
    def page(make: object) -> None:
        import streamlit as st

        from replies.conversation import Series
        from ui.series import runs

        if "started" not in st.session_state:
            order = runs.Order(("One?",), 20)
            st.session_state["started"] = runs.start(Series(), order, make)  # type: ignore[arg-type]
        else:
            runs.cancel_all()

    app = drawn(page, make)
    assert begun(1, vendors)
    rerun(app)
    assert app.session_state["started"].wait(PATIENCE)


def test_an_error_is_shown_on_the_page() -> None:
    def make(_: str) -> dict[int, Reply]:
        raise ZeroDivisionError

    run = Run(Series(), ["One?", "Two?"], 2, make, lambda _: None).start()
    assert run.wait(PATIENCE)
    app = following(run)
    assert "ZeroDivisionError" in app.error[0].value
    assert "0 of 4 questions are done" in app.error[0].value


def test_a_goal_that_is_reached_says_so_and_names_the_lane_that_never_answered() -> None:
    lanes = {0: [answered()], 4: [answered([], state="failed", end=None, who=asked(model="down"))]}
    run = Run(
        Series([Round("Hi", lanes)]), ["Hi"], 10, lambda _: {}, lambda _: None, enough=lambda _: "Enough."
    ).start()
    assert run.wait(PATIENCE)
    assert plain(following(run).info[0].value) == (
        "Enough. Nothing more was asked. Openai · down never answered, so it is compared in nothing."
    )


LABELS = {0: "Steady", 4: "Sha*ky*"}


def series() -> Series:
    """Three rounds: the first lane takes 1, 2 and 3 s; the second answers once, fails once, and is stopped once."""
    times, who = (1.0, 2.0, 3.0), asked(label=LABELS[4], simulated=True)
    steady = [answered([Chunk(seconds / 2, "Yes.")], total=seconds, who=asked(label=LABELS[0])) for seconds in times]
    shaky = [
        answered([Chunk(9.0, "*Maybe*.")], total=10.0, who=who),
        answered([], state="failed", end=None, total=0.01, who=who),
        answered([Chunk(0.1, "May")], state="stopped", end=None, total=0.2, who=who),
    ]
    pairs = zip(steady, shaky, strict=True)
    return Series([Round(f"Question {number}?", {0: [a], 4: [b]}) for number, (a, b) in enumerate(pairs)])


def shown(series: Series) -> AppTest:
    def page(series: object) -> None:
        from ui.series import runs

        runs.results(series)  # type: ignore[arg-type]

    return drawn(page, series)


def rows(app: AppTest, number: int) -> list[dict[str, Any]]:
    found = app.dataframe[number].value
    rows: list[dict[str, Any]] = found.astype(object).where(found.notna(), None).to_dict("records")
    return rows


def timed(*lanes: list[float], simulated: bool = False) -> Series:
    def answer(lane: int, first: float) -> list[Reply]:
        who = asked(label=LABELS[lane], simulated=simulated)
        return [answered([Chunk(first, "Yes.")], total=first + 1, who=who)]

    return Series([Round("Hi", {0: answer(0, a), 4: answer(4, b)}) for a, b in zip(*lanes, strict=True)])


SLOW = [0.50, 0.52, 0.55, 0.48, 0.61, 0.53, 0.51, 0.49]
FAST = [0.36, 0.38, 0.41, 0.35, 0.44, 0.39, 0.37, 0.36]


def test_differences_are_sentences_against_the_lane_that_is_chosen() -> None:
    app = shown(timed(SLOW, FAST))
    assert "- Sha*ky*’s first token came 140 ms sooner than Steady’s (95 %" in plain(told(app))
    assert "corrected for all" in plain(told(app))
    assert "answers of Steady failed" in plain(told(app))
    assert rows(app, 0)[1]["First token"] == 0.375
    app.selectbox[0].set_value(4).run()
    assert "- Steady’s first token came 140 ms later than Sha*ky*’s" in plain(told(app))


def test_where_none_can_be_shown_that_is_said() -> None:
    app = shown(timed(SLOW, SLOW[::-1]))
    assert "No difference between these lanes can be shown." in plain(told(app))
    assert "No difference in first token between Sha*ky* and Steady can be shown with 8 rounds" in plain(told(app))
    assert app.expander[0].proto.expanded


def test_few_rounds_simulated_ones_and_those_of_another_kind_say_so() -> None:
    assert "Differences are told from 5 rounds on." in plain(told(shown(timed(SLOW[:4], FAST[:4]))))
    simulated = timed(SLOW, FAST, simulated=True)
    assert "- Simulated: Sha*ky*’s first token" in plain(told(shown(simulated)))
    mixed = timed(SLOW, FAST)
    for round, other in zip(mixed.rounds, simulated.rounds, strict=True):
        round.lanes[4] = other.lanes[4]
    assert "Not compared: Sha*ky*" in plain(told(shown(mixed)))


def test_failures_are_counted_and_no_part_of_a_median() -> None:
    steady, shaky = rows(shown(series()), 0)
    assert (steady["Done"], steady["Failed"], steady["Stopped"]) == (3, 0, 0)
    assert (steady["First token"], steady["Total"], steady["Source"]) == (1.0, 2.0, "Live")
    assert (shaky["Done"], shaky["Failed"], shaky["Stopped"], shaky["Source"]) == (1, 1, 1, "Simulated")
    assert (shaky["First token"], shaky["Total"]) == (None, None)  # n = 1 has no median


def test_the_spread_of_each_measure() -> None:
    app = shown(series())
    steady, shaky = rows(app, 1)
    assert (steady["n"], steady["Low"], steady["Median"], steady["High"]) == (3, 0.5, 1.0, 1.5)
    assert steady["p95"] is None  # of three, the largest says more
    # The stopped one had a first token all the same.
    assert (shaky["n"], shaky["Low"], shaky["Median"], shaky["p95"], shaky["High"]) == (2, 0.1, None, None, 9.0)
    app.segmented_control[0].set_value("Total").run()
    assert rows(app, 1)[0]["Median"] == 2.0


def test_a_lane_of_several_kinds_has_no_summary_and_its_runs_are_shown() -> None:
    """As in a file that was put together by hand."""
    mixed = [answered(), answered(who=asked(simulated=True))]
    app = shown(Series([Round(f"Question {number}?", {0: [reply]}) for number, reply in enumerate(mixed)]))
    assert "live and simulated" in app.warning[0].value
    assert not app.dataframe
    assert app.selectbox[0].options


def test_each_run_can_be_read() -> None:
    app = shown(series())
    assert "*Maybe*." in told(app)
    assert "**Sha\\*ky\\* · m**  :orange-badge[:material/science: Simulator]" in told(app)
    next(box for box in app.selectbox if box.label == "Run").set_value(2).run()
    assert "stopped by you" in told(app)
    assert app.text[0].value == "Question 2?"


def test_a_series_without_a_round_shows_nothing() -> None:
    app = shown(Series())
    assert not app.dataframe
    assert not app.expander


def test_a_started_series_is_found_again_by_a_reloaded_page() -> None:
    def page() -> None:
        import streamlit as st

        from providers import Request
        from replies.conversation import Series
        from replies.reader import question
        from ui.series import runs
        from ui.session import persistence, resources

        settings = resources.endpoints()["openai"].simulated_by(resources.simulator())
        if "c" not in st.query_params:
            series = Series()
            make = lambda prompt: {0: question(settings, Request.of(prompt, "sim-2000x100"))}  # noqa: E731
            runs.start(series, runs.Order(("Count.",), 3), make)
            st.query_params["c"] = series.id
        run = runs.of(st.query_params["c"])
        found = persistence.comparison(st.query_params["c"])
        assert run is not None
        assert run.series is found
        assert not run.series.over
        if "end" in st.query_params:
            run.cancel()
            assert run.wait(10)

    first = drawn(page)
    again = AppTest.from_function(page, default_timeout=60)
    again.query_params["c"], again.query_params["end"] = first.query_params["c"], "1"
    assert not again.run().exception
