"""The chart of one answer at a time: each figure under each load, the systems below each other."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import altair as alt
from playwright.sync_api import sync_playwright

from benchmarks.typewriter import processes
from benchmarks.typewriter.figures import spread
from benchmarks.typewriter.report import COLUMNS
from benchmarks.typewriter.results import Results
from benchmarks.typewriter.systems import STREAMLIT_HEALTH, TITLES, page_command
from tests.browser.chromium import LAUNCH_ARGS, find

FILE = processes.ROOT / "benchmarks" / "typewriter.svg"
LEFT_OUT = "worked"  # much the same picture as the main thread's busy time
COLOURS = ("#0B7285", "#B5480A", "#3B1587", "#968A00", "#6E0F3C", "#568DE5")
# The SVG with room around all that is in it: Streamlit cuts it to the width of its page.
WHOLE = """svg => {
    const { x, y, width, height } = svg.getBBox(), room = 16;
    const size = [width + 2 * room, height + 2 * room].map(Math.ceil);
    svg.setAttribute("viewBox", [x - room, y - room, ...size].map(Math.floor).join(" "));
    svg.setAttribute("width", size[0]);
    svg.setAttribute("height", size[1]);
    return svg.outerHTML;
}"""
LEAST = 1.0  # below this a logarithmic axis says nothing: a millisecond, a kilobyte


def points(results: Results) -> list[dict[str, Any]]:
    """A row for each system, load and figure of one lane: the median, and from where to where the runs went."""
    rows = []
    for (load, name), runs in results.figures.items():
        for figure, heading, by, _ in COLUMNS:
            found = spread(getattr(each, figure) for each in runs)
            if load.lanes == 1 and figure != LEFT_OUT and found is not None:
                least = LEAST if by >= 1000 else 0.01
                median, low, high = (max(value * by, least) for value in (found.median, found.least, found.most))
                rows.append(
                    {"system": TITLES[name], "load": load.title, "figure": heading, "median": median}
                    | {"low": low, "high": high, "finished": all(each.finished for each in runs)}
                )
    return rows


def drawing(results: Results) -> alt.VConcatChart:
    """A row of panels for each figure, a panel for each load; logarithmic, further left is better."""
    rows = points(results)
    loads = list(dict.fromkeys(row["load"] for row in rows))
    order = [title for title in TITLES.values() if any(row["system"] == title for row in rows)]
    colours = dict(zip(TITLES.values(), COLOURS, strict=True))
    figures = [heading for figure, heading, _, _ in COLUMNS if figure != LEFT_OUT]
    scale = alt.Scale(domain=order, range=[colours[title] for title in order])
    charts = []
    for number, figure in enumerate(figures):
        of_figure = [row for row in rows if row["figure"] == figure]
        base = alt.Chart(alt.InlineData(values=of_figure)).encode(
            y=alt.Y("system:N", sort=order, title=None, axis=alt.Axis(labelLimit=200, ticks=False)),
            color=alt.Color("system:N", scale=scale, legend=None),
        )
        across = alt.X(
            "low:Q",
            scale=alt.Scale(type="log", nice=False, padding=12),
            axis=alt.Axis(title=figure, labelOverlap="greedy", labelSeparation=8, format=",~r"),
        )
        spans = base.mark_rule(strokeWidth=2).encode(x=across, x2="high:Q")
        medians = base.mark_point(size=70, opacity=1).encode(
            x="median:Q",
            shape=alt.condition("datum.finished", alt.value("circle"), alt.value("triangle-right")),
            fill=alt.Fill("system:N", scale=scale, legend=None),
        )
        header = alt.Header(title=None, labelFontSize=13, labels=number == 0, labelFontWeight="bold")
        charts.append(
            alt.layer(spans, medians)
            .properties(width=225, height=100)
            .facet(column=alt.Column("load:N", sort=loads, header=header), spacing=24)
        )
    title = alt.Title(
        "From the server to the eye: one answer at a time",
        subtitle="Median, and the range of the runs, on logarithmic scales: further left is better. "
        "A triangle: given up, the figure is higher still.",
        anchor="start",
    )
    chart: alt.VConcatChart = (
        alt.vconcat(*charts, title=title)
        .configure(font="sans-serif", background="white", aria=False)
        .configure_view(stroke="#C8DDE0")
        .configure_axis(labelFontSize=12, titleFontSize=12, titleFontWeight="normal", gridColor="#EDF2F3")
        .configure_title(fontSize=17, subtitleFontSize=13, subtitleColor="#456", offset=14)
    )
    return chart


def draw() -> None:
    """Write the SVG, as Streamlit draws the chart in a browser, of the results that were saved last."""
    port = processes.free_port()
    url = f"http://127.0.0.1:{port}"
    page_file = Path(__file__).parent / "chart_page.py"
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        with (
            processes.serve(
                [sys.executable, *page_command(page_file, port)], processes.ROOT, {}, url + STREAMLIT_HEALTH, log
            ),
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=find(), args=LAUNCH_ARGS)
            page = browser.new_page(viewport={"width": 1600, "height": 1200})
            page.goto(url)
            picture = page.get_by_test_id("stVegaLiteChart").locator("svg.marks")
            FILE.write_text(picture.evaluate(WHOLE) + "\n", encoding="utf-8")
            browser.close()
