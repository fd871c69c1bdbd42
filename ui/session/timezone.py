"""Time zones: moments by the clock of the browser, not of the server."""

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

import streamlit as st


def zone() -> tzinfo | None:
    """The browser's time zone; None, which stands for the server's, where it names none that is known here."""
    try:
        return ZoneInfo(st.context.timezone or "")
    except (KeyError, ValueError, OSError):  # no such zone, no name of one, a folder of zones
        return None


def here(moment: datetime) -> datetime:
    """The same moment by the reader's clock."""
    return moment.astimezone(zone())
