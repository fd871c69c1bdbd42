"""The lanes of a comparison, on a page without a browser."""

import pytest

from providers import End
from replies.conversation import Comparison
from replies.reply import Reply
from tests.store.said import asked
from tests.support.page import drawn
from ui.compare import lane_grid


class Ending(Reply):
    """An answer that ends while somebody looks: it is in progress for so many looks."""

    def __init__(self, looks: int) -> None:
        super().__init__(asked(), state="done", end=End("stop"), total=1.0)
        self._looks = looks

    @property
    def over(self) -> bool:
        self._looks -= 1
        return self._looks < 0


def page(comparison):  # type: ignore[no-untyped-def]  # only its text goes to the page
    from ui.compare.lane_grid import LaneGrid

    LaneGrid(comparison, {0: "one", 1: "two"}, None, lambda lane, answered: None).draw()


@pytest.mark.parametrize("looks", range(7, 17))
def test_one_answer_may_end_at_any_look_while_another_goes_on(looks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane_grid, "LOOK", 0)
    comparison = Comparison.of("Hi", [Ending(looks), Ending(40)])
    drawn(page, comparison)
