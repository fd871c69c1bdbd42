"""Run N times, on the page: what is ordered, what is refused, how far it is, and what it came to."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from replies.conversation import Round, Series
from replies.metrics.goal import Goal
from replies.prompts import MOST_PROMPTS, SETS
from replies.reply import Chunk, Reply
from replies.series import Run
from tests.replies.vendor import PATIENCE, Clock, Hire, Item, Lanes
from tests.store.said import answered, asked
from tests.support.markdown import plain
from tests.support.page import drawn
from tests.support.page import run as rerun
from ui.series.form import BUILT_IN, FILE, LIST, ONE, Order
from ui.series.runs import how_far

from tests.replies.conftest import clock, hire, no_reader_outlives_its_test  # isort: skip

__all__ = ["clock", "hire", "no_reader_outlives_its_test"]


def ordering(lanes: int = 3, hint: str = "Why?", **more: Any) -> AppTest:
    def page(lanes: int, hint: str, more: "dict[str, Any]") -> None:
        import streamlit as st

        from ui.series import runs

        if order := runs.form(lanes, hint, **more):
            st.session_state["ordered"] = order

    return drawn(page, lanes, hint, more)


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
            lambda app: typed(app, "One?\n\nTwo?\n"),
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
def test_an_order_is_given_once(source: str, choose: Callable[[AppTest], None], product: str, order: Order) -> None:
    app = of(ordering(), source)
    choose(app)
    rerun(app)
    assert product in told(app)
    assert start(app) == order
    del app.session_state["ordered"]
    rerun(app)
    assert "ordered" not in app.session_state


def typed(app: AppTest, text: str) -> None:
    app.text_area(key="order-list").set_value(text)


def too_often(app: AppTest) -> None:
    app.selectbox(key="order-set").set_value("Multilingual")
    app.slider(key="order-times").set_value(17)


@pytest.mark.parametrize(
    ("source", "choose", "says"),
    [
        (ONE, lambda app: None, ""),  # nothing is there yet, and nothing is wrong
        (LIST, lambda app: None, ""),
        (FILE, lambda app: None, ""),
        (FILE, lambda app: upload(app, "1,One?\n2,\n"), "Row 3 has no prompt"),
        (LIST, lambda app: typed(app, "One?\n" * (MOST_PROMPTS + 1)), "51 prompts"),
        (LIST, lambda app: typed(app, "x" * 8001), "Line 1 has 8\\,001"),
        (BUILT_IN, too_often, "up to 600"),
    ],
)
def test_what_can_not_be_asked_does_not_start(source: str, choose: Callable[[AppTest], None], says: str) -> None:
    app = of(ordering(lanes=6, hint=""), source)
    choose(app)
    rerun(app)
    assert says in "".join(error.value for error in app.error)
    assert bool(app.error) == bool(says)
    assert ("**612 requests**" in told(app)) == (choose is too_often)
    assert not startable(app)
    if source == ONE:
        app.text_area[0].set_value("  Why not?  ").run()
        assert start(app) == Order(("  Why not?",), 10)


@pytest.mark.parametrize(
    ("live", "price", "says"),
    [
        (0, None, ""),
        (1, None, "1 of the 3 lanes is live: 10 requests will be billed"),
        (2, None, "2 of the 3 lanes are live: 20 requests will be billed"),
        (3, None, "30 requests will be billed by the providers. The price of at least one lane is not known."),
        (3, 0.004, "All lanes are live: 30 requests will be billed by the providers. They cost \\$0.12 at most."),
    ],
)
def test_what_it_may_cost_is_said_before_the_first_question(live: int, price: float | None, says: str) -> None:
    app = ordering(live=live, prices=lambda prompt: dict.fromkeys(range(3), price))
    assert says in "".join(warning.value for warning in app.warning)
    assert bool(app.warning) == bool(live)
    app.toggle(key="order-until").set_value(True).run()
    if live == 3:
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
    app = ordering(2, again=("One?", "Two?"))
    assert "10 runs × 2 prompts × 2 lanes = **40 requests**" in told(app)
    assert not app.text_area
    assert start(app) == Order(("One?", "Two?"), 10)


@pytest.fixture
def lanes(hire: Hire, clock: Clock) -> Lanes:
    return Lanes(hire, clock, lanes=1)


def running(lanes: Lanes, clock: Clock, *prompts: str, times: int = 20, at_once: bool = False) -> Run:
    return Run(Series(), prompts, times, lanes.make, lambda _: None, at_once=at_once, clock=clock).start()


@pytest.mark.parametrize(
    ("prompts", "times", "first", "seconds", "says", "then"),
    [
        (["One?", "Two?"], 2, "Run 1 of 2, prompt 1 of 2", 20.0, [None],
         "Run 1 of 2, prompt 2 of 2 · 1 answer failed · about 60 s left"),
        (["One?"], 20, "Run 1 of 20", 200.0, [], "Run 2 of 20 · about 64 min left"),
    ],
)  # fmt: skip
def test_how_far_it_is(
    lanes: Lanes, clock: Clock, prompts: list[str], times: int, first: str, seconds: float, says: list[Item], then: str
) -> None:
    run = running(lanes, clock, *prompts, times=times)
    assert lanes.asked(1)
    assert how_far(run) == f"{first} · time left is known after the first"
    clock.now += seconds
    lanes.answer(0, *says)
    assert lanes.asked(2)
    assert how_far(run) == then
    run.cancel()
    assert run.wait(PATIENCE)


def test_at_once_it_is_said_how_many_are_in_progress(lanes: Lanes, clock: Clock) -> None:
    run = running(lanes, clock, "One?", times=3, at_once=True)
    assert lanes.asked(3)
    assert how_far(run) == "0 of 3 runs done, 3 in progress · time left is known after the first"
    run.cancel()
    assert run.wait(PATIENCE)


def following(run: Run) -> AppTest:
    def page(run: object) -> None:
        from ui.series import runs

        runs.progress(run)  # type: ignore[arg-type]

    return drawn(page, run)


def test_cancel_on_the_page_and_an_error(lanes: Lanes, clock: Clock) -> None:
    run = running(lanes, clock, "One?")
    assert lanes.asked(1)
    app = following(run)
    app.button(key=f"cancel-{run.id}").click().run()
    assert run.wait(PATIENCE)
    assert "Cancelled: 0 of 20 runs are done." in rerun(app).info[0].value
    assert not app.button

    def fails(_: str) -> dict[int, Reply]:
        raise ZeroDivisionError

    run = Run(Series(), ["One?", "Two?"], 2, fails, lambda _: None).start()
    assert run.wait(PATIENCE)
    error = following(run).error[0].value
    assert "ZeroDivisionError" in error
    assert "0 of 4 questions are done" in error


def test_all_that_run_are_cancelled_at_once(lanes: Lanes) -> None:
    def page(make: object) -> None:
        import streamlit as st

        from replies.conversation import Series
        from ui.series import runs

        if "started" not in st.session_state:
            order = runs.Order(("One?",), 20)
            st.session_state["started"] = runs.start(Series(), order, make)  # type: ignore[arg-type]
        else:
            runs.cancel_all()

    app = drawn(page, lanes.make)
    assert lanes.asked(1)
    assert rerun(app).session_state["started"].wait(PATIENCE)


def test_a_goal_that_is_reached_says_so_and_names_the_lane_that_never_answered() -> None:
    lanes = {0: [answered()], 4: [answered([], state="failed", end=None, who=asked(model="down"))]}
    given = Series([Round("Hi", lanes)])
    run = Run(given, ["Hi"], 10, lambda _: {}, lambda _: None, enough=lambda _: "Enough.").start()
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


def test_where_none_can_be_shown_of_few_or_simulated_rounds_or_of_another_kind_that_is_said() -> None:
    app = shown(timed(SLOW, SLOW[::-1]))
    assert "No difference between these lanes can be shown." in plain(told(app))
    assert "No difference in first token between Sha*ky* and Steady can be shown with 8 rounds" in plain(told(app))
    assert app.expander[0].proto.expanded
    assert "Differences are told from 5 rounds on." in plain(told(shown(timed(SLOW[:4], FAST[:4]))))
    simulated = timed(SLOW, FAST, simulated=True)
    assert "- Simulated: Sha*ky*’s first token" in plain(told(shown(simulated)))
    mixed = timed(SLOW, FAST)
    for round, other in zip(mixed.rounds, simulated.rounds, strict=True):
        round.lanes[4] = other.lanes[4]
    assert "Not compared: Sha*ky*" in plain(told(shown(mixed)))
    nothing = shown(Series())
    assert not nothing.dataframe
    assert not nothing.expander


def test_failures_are_counted_and_no_part_of_a_median_and_each_measure_has_its_spread() -> None:
    app = shown(series())
    steady, shaky = rows(app, 0)
    assert (steady["Done"], steady["Failed"], steady["Stopped"]) == (3, 0, 0)
    assert (steady["First token"], steady["Total"], steady["Source"]) == (1.0, 2.0, "Live")
    assert (shaky["Done"], shaky["Failed"], shaky["Stopped"], shaky["Source"]) == (1, 1, 1, "Simulated")
    assert (shaky["First token"], shaky["Total"]) == (None, None)  # n = 1 has no median
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
