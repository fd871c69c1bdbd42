"""The benchmark's probe in a page: it sees each piece come, in whatever way a page writes."""

import json
from typing import Any

import pytest
from playwright.sync_api import Browser

from benchmarks.typewriter.browser import PAGE_SIDE

WAYS = {
    "a text that is set anew": "(place, text) => { place.textContent = text; }",
    "a text node that grows": """(place, text) => {
        if (place.firstChild) place.firstChild.data = text; else place.append(text);
    }""",
    "HTML that is written anew": "(place, text) => { place.innerHTML = `<p>${text.split('|').join('</p><p>')}</p>`; }",
    "nodes that are added": """(place, text) => {
        const spoken = place.textContent.length;
        place.append(text.slice(spoken));
    }""",
    "the place itself with its text": """(place, text) => {
        const fresh = place.cloneNode();
        fresh.textContent = text;
        place.replaceWith(fresh);
    }""",
}
PAGE = '<aside>17 recent</aside><main><div id="a"></div><div id="b"></div></main>'
WRITE = """async ([write, texts]) => {
    const way = eval(write), frame = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    for (const text of texts) {
        for (const id of ["a", "b"]) way(document.getElementById(id), text);
        document.querySelector("aside").append(" 4 ");
        await frame();
    }
}"""


@pytest.mark.parametrize("way", WAYS)
def test_each_lane_grows_by_its_own_pieces(chromium: Browser, way: str) -> None:
    page = chromium.new_page()
    page.add_init_script(PAGE_SIDE)
    told: list[dict[str, Any]] = []
    page.expose_function("streamBenchTell", lambda said: told.append(json.loads(said)))
    page.goto("about:blank")
    page.set_content(PAGE)
    page.evaluate("streamBench.watch(['#a', '#b'], 6)")
    page.evaluate(WRITE, [WAYS[way], ["Piece 0", "Piece 0 1 2", "Piece 0 1 2 4. |5"]])
    page.wait_for_function("streamBench.lanes.every(lane => lane.painted.length === 3)")
    for lane in page.evaluate("streamBench.seen()"):
        assert [number for _, number in lane["grew"]] == [0, 2, 5]
        assert [number for _, number in lane["painted"]] == [0, 2, 5]
        assert all(late >= early for (early, _), (late, _) in zip(lane["grew"], lane["painted"], strict=True))
        assert lane["lost"] == 1
    assert told[-1]["finished"]
    page.close()
