"""docs/providers.md shows what is sent today."""

from tests.sent import COMMAND, section, written


def test_the_page_shows_the_bytes_that_are_sent() -> None:
    assert written() == section(), f"write it anew by: {COMMAND}"
