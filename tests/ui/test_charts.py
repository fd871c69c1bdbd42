"""Charts: the data that they draw, the clock, the count of tokens, and who is left out."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import altair
import pytest
from hypothesis import given
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

from providers import End
from replies.reply import Chunk, Reply
from tests.store.said import answered, asked
from tests.support.markdown import plain
from tests.support.page import drawn
from ui.charts import Race, encoding
from ui.charts.encoding import coloured, field, numbered
from ui.charts.gaps import frames as gap_frames
from ui.charts.gaps import spec as gap_spec
from ui.charts.race import course, picture, thinned
from ui.charts.rows import box_frame, box_spec, point_spec
from ui.charts.scatter import frame as scatter_frame
from ui.charts.scatter import missing
from ui.charts.scatter import spec as scatter_spec


def words(*times: float, text: str = "four" * 10) -> list[Chunk]:
    return [Chunk(time, text) for time in times]


FAST = answered(words(0.2, 0.4, 0.6), total=0.7, end=End("stop", 3, 30), skew=0.1, price={"usd": 0.002})
SLOW = answered(words(1, 2, 5, 6), total=6.5, end=End("stop", 3, 12), skew=0.0, price={"usd": 0.001})
AWAITED = answered(
    words(3.0),
    total=3.0,
    end=End("stop", 3, 30),
    who=replace(asked(), request=replace(asked().request, stream=False)),
    price={"unknown": "no price is known for m"},
)
STOPPED = answered(words(0.5, 1.0), state="stopped", end=None, total=1.4)
SILENT = answered([], state="failed", end=None, total=None)


def test_the_course_of_a_lane_and_how_it_ended() -> None:
    fast, awaited, silent = numbered([FAST, AWAITED, SILENT], "ABC")
    points = course(fast).points
    assert [seconds for seconds, _ in points] == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.8])  # since the common start
    assert [tokens for _, tokens in points] == pytest.approx([0, 10, 20, 30, 30])
    assert course(awaited).points == [(0, 0), (3.0, 30.0), (3.0, 30.0)]  # one step
    assert course(silent).points == [(0, 0), (0, 0)]
    running = answered(words(1), state="streaming", end=None, total=None)
    ends = [course(lane).end for lane in numbered([FAST, STOPPED, SILENT, running], "ABCD")]
    assert ends == ["complete", "ended early", "ended early", "in progress"]


@given(some.lists(some.floats(0, 100), min_size=1, max_size=400).map(sorted), some.integers(3, 80))
def test_thinned_points_are_few_in_order_and_keep_the_first_and_the_last(times: list[float], most: int) -> None:
    points = [(time, float(place)) for place, time in enumerate(times)]
    kept = thinned(points, most)
    assert kept[0] == points[0]
    assert kept[-1] == points[-1]
    assert len(kept) <= most
    assert kept == sorted(kept)
    assert set(kept) <= set(points)


def test_thinned_points_stay_where_they_are_while_more_come() -> None:
    points = [(time / 20, float(time)) for time in range(200)]
    assert set(thinned(points[:150])[:-1]) <= set(thinned(points[:154]))


def test_the_race_has_a_line_and_a_tip_for_each_lane_and_says_that_tokens_are_an_estimate() -> None:
    drawn = picture([course(lane) for lane in numbered([FAST, STOPPED], ["A", '"B"\n\n<b>'])])
    fast, stopped = re.findall(r'<path style="[^"]*" d="([^"]*)"/>', drawn)
    # From its question at 0.1 of 1.4 seconds, in steps, to 30 of 30 tokens: x from the left, y from above, in percent.
    assert fast == "M7.14 100.0H21.43V66.67H35.71V33.33H50.0V0.0H57.14V0.0"
    assert stopped == "M0.0 100.0H35.71V66.67H71.43V33.33H100.0V33.33"
    assert re.findall(r'<b [^>]*title="([^"]*)">(.)</b>', drawn) == [
        ("1 A: 30 tokens after 0.80 s, complete", "□"),
        ("2 &quot;B&quot; &lt;b&gt;: ≈ 20 tokens after 1.40 s, ended early", "✕"),
    ]
    assert "≈ Tokens" in drawn
    assert "≈" not in picture([course(lane) for lane in numbered([FAST], "A")])


def test_lanes_say_where_they_come_from_and_keep_their_colour_where_others_are_left_out() -> None:
    origins = (asked(simulated=True), asked(recorded=True), asked(simulated=True, recorded=True), asked())
    replies = [answered(who=origin) for origin in origins]
    labels = ["1 simulated: A", "2 recorded: B", "3 recorded, simulated: C", "4 D"]
    assert [lane.label for lane in numbered(replies, "ABCD")] == labels
    one, other = numbered([FAST, SLOW], ["A", "C"], places=[0, 2])
    assert (one.label, other.label) == ("1 A", "3 C")
    assert coloured([one, other])["legend"]["values"] == [0, 2]


def test_gaps_are_on_the_common_clock_with_the_longest_named() -> None:
    found = gap_frames(numbered([FAST, SLOW], ["A", "B"]))
    assert list(found["chunks"]["seconds"][:3]) == pytest.approx([0.3, 0.5, 0.7])
    longest = found["longest"].iloc[1]
    assert (longest["start"], longest["end"], longest["length"]) == (2, 5, "3.00 s")
    reply = answered(words(*(place / 100 for place in range(2000))))
    many = gap_frames(numbered([reply], ["A"]))["chunks"]["seconds"]  # of many the first and the last are kept
    assert len(many) <= encoding.MOST * 100
    assert (many.iloc[0], many.is_monotonic_increasing) == (0, True)
    assert many.iloc[-1] == pytest.approx(19.99, abs=0.1)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (FAST, ""),
        (answered(words(0.2, 0.4, 0.6), end=End("stop", 3, 30)), "cost unknown: It was kept without its price."),
        (AWAITED, "no speed while it streams: it was awaited, cost unknown: no price is known for m"),
        (
            STOPPED,
            "no speed: it did not come to its end, cost unknown: "
            "It was stopped before the provider said how many tokens it used, which may be billed all the same.",
        ),
        (answered(words(1, 2, 3), end=End("stop"), price={"usd": 1}), "no speed: the provider gave no count of tokens"),
        (answered(words(1, 2, 3), price={"usd": 0.0}), "no speed: that takes 10 tokens, 2 gaps and 0.2 s"),
    ],
)
def test_why_a_lane_is_not_in_the_scatter(reply: Reply, reason: str) -> None:
    assert missing(reply) == reason


def test_what_stands_in_the_scatter_and_in_the_rows_of_a_box_plot() -> None:
    row = scatter_frame(numbered([FAST], ["A"])).iloc[0]
    assert row["speed"] == pytest.approx(29 / 0.4)
    assert row["usd"] == 0.002
    found = box_frame({"A": [1.0, 2.0], "B": []})
    assert list(found["row"]) == ["1 A (n = 2)"] * 2 + ["2 B (n = 0)"]
    assert found["value"].isna().tolist() == [False, False, True]
    # Boxes and medians of too few values are no layers
    assert [len(box_spec("First token", "s", most)["layer"]) for most in (2, 3, 7, 8)] == [2, 3, 3, 4]


NAMES = ['A "quoted" one', "B"]
PAIR = numbered([FAST, SLOW], NAMES)


@pytest.mark.parametrize(
    "spec",
    [
        gap_spec(PAIR),
        scatter_spec(PAIR),
        box_spec("First token", "s", 9),
        point_spec(field("value", "Difference (s)"), "+.3~f"),
    ],
)
def test_every_spec_is_valid_vega_lite(spec: dict[str, Any]) -> None:
    altair.LayerChart.from_dict(spec, validate=True)


def chart_of(chart: str, replies: Sequence[Reply], names: Sequence[str]) -> AppTest:
    def script(chart: str, replies: "list[Reply]", names: list[str]) -> None:
        from ui import charts

        getattr(charts, chart)(replies, names)

    return drawn(script, chart, replies, names)


@pytest.mark.parametrize("chart", ["gaps", "scatter"])
@pytest.mark.parametrize("replies", [[], [FAST], [SILENT, STOPPED], [FAST, SLOW, AWAITED, STOPPED, SILENT]])
def test_any_comparison_can_be_drawn_and_described(chart: str, replies: list[Reply]) -> None:
    app = chart_of(chart, replies, ['A "quoted" one', *"BCDE"][: len(replies)])
    for element in app.get("vega_lite_chart"):
        assert FAST not in replies or 'A "quoted" one' in element.proto.alt
    assert bool(app.get("vega_lite_chart")) or len(replies) < 5


NO_SPEED = "3 C (no speed while it streams: it was awaited, cost unknown: no price is known for m)"


@pytest.mark.parametrize(
    ("chart", "replies", "charts", "caption"),
    [
        ("scatter", [FAST, SLOW, AWAITED], 1, NO_SPEED),
        ("scatter", [FAST, AWAITED], 0, "needs two answers"),
        ("gaps", [AWAITED, STOPPED], 0, "No chunk gaps"),
    ],
)
def test_what_a_chart_can_not_show_is_said(chart: str, replies: list[Reply], charts: int, caption: str) -> None:
    app = chart_of(chart, replies, "ABC"[: len(replies)])
    assert len(app.get("vega_lite_chart")) == charts
    assert caption in plain(app.caption[0].value)


def test_boxes_of_nothing_are_a_sentence() -> None:
    def script() -> None:
        from ui.charts import boxes

        boxes({"A": []}, "First token", "s")
        boxes({"A": [1.0, 2.0, 4.0], "B": []}, "First token", "s")

    app = drawn(script)
    assert "No answer has this figure" in app.caption[0].value
    assert app.get("vega_lite_chart")[0].proto.alt == "First token. median of 1 A (n = 3) 2.00 s"


class Slot:
    """Takes what is drawn, in the place of a slot on a page."""

    def __init__(self) -> None:
        self.drawn: list[str] = []

    def markdown(self, body: str, *, unsafe_allow_html: bool) -> None:
        self.drawn.append(body)


def test_a_race_is_drawn_only_with_news() -> None:
    slot = Slot()
    running = Race(slot, ["A"])  # type: ignore[arg-type]
    reply = answered(words(1), state="waiting", end=None, total=None)
    for second in range(4):
        for _ in range(2):
            running.draw([reply])
        reply.chunks.append(Chunk(second + 2, "more"))
    assert len(slot.drawn) == 4
    assert {re.findall('aria-label="([^"]*)"', drawn)[0] for drawn in slot.drawn} == {"Output tokens over time of 1 A"}
    Race(slot, []).draw([])  # type: ignore[arg-type]
    assert len(slot.drawn) == 4


def test_intervals_have_a_row_for_each_lane_and_a_description() -> None:
    def page() -> None:
        from replies.metrics.intervals import Interval
        from ui.charts import intervals

        found = {4: Interval(-0.14, -0.2, -0.08, 0.001, 0.03)}
        intervals(found, {0: "A", 4: "B", 5: "C"}, 0, "First token", "s")

    (chart,) = drawn(page).get("vega_lite_chart")
    assert chart.proto.alt == (
        "First token: differences from A with their 95 % intervals. B -0.14 s, from -0.2 to -0.08 s"
    )
