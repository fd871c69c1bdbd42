"""Moments are shown by the reader's clock: in the history, on badges, in files, and in the leaderboard's filter."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
import streamlit as st

from replies.conversation import Comparison
from replies.export.formats import markdown
from replies.export.report import report
from replies.leaderboard import Filter, Leaderboard
from replies.metrics.labels import date as told
from replies.store import Store
from replies.verdict import Verdict
from tests.pages.conftest import store
from tests.store.said import answered, asked
from tests.support.page import opened, said
from ui.answer.view import byline
from ui.controls.provider_picker import recorded
from ui.markdown import literal
from ui.session import timezone

__all__ = ["store"]

EVENING = datetime(2026, 3, 1, 20, 30, tzinfo=UTC)  # the next morning in Tokyo, afternoon in New York


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], None]:
    """Says where the browser is."""
    return lambda zone: monkeypatch.setattr(type(st.context), "timezone", zone)


@pytest.mark.parametrize(
    ("zone", "shown"), [("Asia/Tokyo", "02 05:30"), ("Asia/Kathmandu", "02 02:15"), ("Etc/GMT+12", "01 08:30")]
)
def test_a_moment_by_the_reader_s_clock(reader: Callable[[str], None], zone: str, shown: str) -> None:
    reader(zone)
    assert f"{timezone.here(EVENING):%d %H:%M}" == shown
    reader("Europe/Berlin")
    assert [timezone.here(EVENING.replace(month=month)).hour for month in (3, 7)] == [21, 22]  # winter and summer


def test_a_zone_that_is_none_leaves_the_server_s(reader: Callable[[str | None], None]) -> None:
    paths = ("Mars/Olympus", "../../etc/passwd", "/etc/localtime", "America", ".")
    for zone in (None, "", *paths, "a\0b", "x" * 5000, "\ud800"):
        reader(zone)
        assert timezone.zone() is None
        assert timezone.here(EVENING).utcoffset() == EVENING.astimezone().utcoffset()


def kept(store: Store) -> Comparison:
    one = Comparison.of("When?", [answered(who=asked(model=model)) for model in ("a", "b")])
    one.verdict = Verdict(outcome="tie", at=EVENING)
    for reply in one.replies:
        reply.asked_at, reply.asked = EVENING, replace(reply.asked, recorded=EVENING)
    store.keep(one)
    return one


def test_the_history_and_a_badge(reader: Callable[[str], None], store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    one = kept(store)
    reader("Asia/Tokyo")
    app = opened("pages/history.py")
    assert "Monday, 2 March 2026" in [heading.value for heading in app.subheader]
    assert "05:30 · " in said(app)
    badges: list[str] = []
    monkeypatch.setattr(st, "markdown", badges.append)
    byline(one.replies[0])
    assert literal("2026-03-02 05:30") in badges[0]
    assert recorded(one.replies[0]).endswith("02 Mar 05:30")


def test_files_name_the_zone_of_their_dates(store: Store) -> None:
    one = kept(store)
    reader_s = EVENING.astimezone(ZoneInfo("Asia/Kathmandu"))
    for made in (markdown(one, reader_s), report(one, reader_s)):
        assert "2 March 2026, 02:15 UTC+05:45" in made
        assert "1 March" not in made
    assert "1 March 2026, 20:30 UTC" in markdown(one, EVENING)
    assert told(EVENING, ZoneInfo("America/New_York")) == "1 March 2026, 15:30 UTC-05:00"


@pytest.mark.parametrize(("zone", "begins"), [("Asia/Tokyo", 15), ("America/New_York", 5)])
def test_a_day_of_the_leaderboard_begins_where_the_reader_is(
    reader: Callable[[str], None], store: Store, monkeypatch: pytest.MonkeyPatch, zone: str, begins: int
) -> None:
    kept(store)
    reader(zone)
    wanted: list[Filter] = []

    def counted(judged: object, filter: Filter) -> Leaderboard:
        wanted.append(filter)
        return Leaderboard([], 0, {})

    monkeypatch.setattr("replies.leaderboard.leaderboard", counted)
    app = opened("pages/leaderboard.py")
    app.date_input[0].set_value(date(2026, 3, 2)).run()
    since = wanted[-1].since
    assert since is not None
    assert since.hour == begins
    assert since.day == (1 if zone == "Asia/Tokyo" else 2)
