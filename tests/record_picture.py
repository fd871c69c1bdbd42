"""Moving picture of the README: three lanes stream on the Compare page, then their figures. No key is needed.

python -m tests.record_picture                   writes docs/compare.webp, in real time, at most 2 MB
python -m tests.record_picture --width 800 elsewhere.webp
"""

from __future__ import annotations

import argparse
import base64
import sys
import tempfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from tests.support.app import serve
from tests.support.chromium import LAUNCH_ARGS, require
from tests.support.guard import forget_the_developer

PROMPT = "Tell me about history of Cricket in 200 words."
SCREEN = 1280, 720  # a projector
EVERY = 0.2  # seconds from picture to picture at least
SETTLE = 1.5  # seconds until everything has its place
LOOK = 2.0  # seconds for the question, the ends of the answers, and the figures
PATIENCE = 90.0  # seconds that three answers may take
LARGEST = 2_000_000  # bytes
QUALITIES = (80, 70, 60, 50, 40, 30)
OVER = "Ask again"  # the button that stands there as soon as all lanes are over
FIGURES = "[data-testid=stMetric], [data-testid=stDataFrame]"


class Frame(NamedTuple):
    """The page as it was painted, as JPEG, and when, in seconds."""

    at: float
    image: bytes


def film(page: Page) -> list[Frame]:
    """The page from now on: a list that grows with each change that the browser paints."""
    frames: list[Frame] = []
    session = page.context.new_cdp_session(page)

    def keep(event: dict[str, Any]) -> None:
        frames.append(Frame(event["metadata"]["timestamp"], base64.b64decode(event["data"])))
        session.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]})

    session.on("Page.screencastFrame", keep)
    width, height = SCREEN
    session.send("Page.startScreencast", {"format": "jpeg", "quality": 95, "maxWidth": width, "maxHeight": height})
    return frames


def thinned(frames: Sequence[Frame], every: float = EVERY) -> list[Frame]:
    """The first frame of each stretch of so many seconds, and the last of all."""
    kept: list[Frame] = []
    for frame in frames:
        if not kept or frame.at - kept[-1].at >= every:
            kept.append(frame)
    return kept if not frames or kept[-1] is frames[-1] else [*kept, frames[-1]]


def taken(page: Page, url: str) -> list[Frame]:
    """Ask three lanes, watch them, and look at their figures."""
    page.goto(f"{url}/compare")
    question = page.get_by_test_id("stChatInputTextArea")
    expect(question).to_be_visible(timeout=60_000)
    page.wait_for_timeout(SETTLE * 1000)
    frames = film(page)
    question.fill(PROMPT)
    page.wait_for_timeout(LOOK * 1000)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=OVER)).to_be_visible(timeout=PATIENCE * 1000)
    page.wait_for_timeout(LOOK * 1000)
    figures = page.locator(FIGURES).first
    if figures.count():
        figures.scroll_into_view_if_needed()
        page.wait_for_timeout(LOOK * 1000)
    return thinned(frames)


def written(frames: Sequence[Frame], width: int, largest: int = LARGEST) -> bytes:
    """An animated WebP that plays as it was, forever; of the best quality that fits.

    Raises ValueError where none fits into `largest` bytes.
    """
    pictures: list[Image.Image] = []
    for frame in frames:
        whole = Image.open(BytesIO(frame.image)).convert("RGB")
        pictures.append(whole.resize((width, whole.height * width // whole.width), Image.Resampling.LANCZOS))
    ends = [*(frame.at for frame in frames[1:]), frames[-1].at + LOOK]
    lasting = [round(1000 * (end - frame.at)) for frame, end in zip(frames, ends, strict=True)]
    size = 0
    for quality in QUALITIES:
        file = BytesIO()
        first, *more = pictures
        first.save(file, "WEBP", save_all=True, append_images=more, duration=lasting, loop=0, quality=quality)
        if (size := file.tell()) <= largest:
            return file.getvalue()
    raise ValueError(f"{size:,} bytes at the lowest quality; the limit is {largest:,}. Choose a smaller --width.")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.record_picture", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, default=Path("docs/compare.webp"), help="default: %(default)s")
    parser.add_argument("--width", type=int, default=960, help="pixels, default %(default)s")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        forget_the_developer(Path(home))
        with serve(STREAMSIDE_DATA=home) as app:
            browser = playwright.chromium.launch(executable_path=require(), args=LAUNCH_ARGS)
            width, height = SCREEN
            page = browser.new_page(viewport={"width": width, "height": height})
            frames = taken(page, app.url)
            browser.close()
    try:
        picture = written(frames, arguments.width)
    except ValueError as error:
        sys.exit(str(error))
    arguments.file.write_bytes(picture)
    print(f"{arguments.file}: {len(frames)} pictures, {len(picture):,} bytes")


if __name__ == "__main__":
    main()
