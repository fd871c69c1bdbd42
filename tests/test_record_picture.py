"""The README's moving picture: which frames are kept, and what is made of them."""

from io import BytesIO

import pytest
from PIL import Image

from tests.record_picture import LOOK, Frame, thinned, written


def frame(at: float, shade: int = 0) -> Frame:
    file = BytesIO()
    picture = Image.new("RGB", (64, 36), (shade, 255 - shade, 128))
    picture.save(file, "JPEG")
    return Frame(at, file.getvalue())


def test_frames_that_follow_at_once_are_left_out_and_the_last_one_stays() -> None:
    frames = [Frame(at, b"") for at in (0.0, 0.05, 0.25, 0.3, 0.5, 0.55)]
    assert [one.at for one in thinned(frames, 0.2)] == [0.0, 0.25, 0.5, 0.55]
    assert thinned(frames[:1]) == frames[:1]
    assert thinned([]) == []


def test_the_picture_plays_in_the_time_that_it_took_and_forever() -> None:
    made = Image.open(BytesIO(written([frame(10.0, 0), frame(10.5, 100), frame(12.0, 200)], width=32)))
    assert (made.format, made.size, getattr(made, "n_frames", 0), made.info["loop"]) == ("WEBP", (32, 18), 3, 0)
    lasting = []
    for number in range(3):
        made.seek(number)
        made.load()
        lasting.append(made.info["duration"])
    assert lasting == [500, 1500, 1000 * LOOK]


def test_what_does_not_fit_says_what_to_do() -> None:
    with pytest.raises(ValueError, match="smaller --width"):
        written([frame(0.0)], width=64, largest=10)
