"""Session keys: all that a browser session keeps in `st.session_state`, by the type of what it holds.

The key of a widget that only its own page part reads stands with the widget.
"""

from typing import Final

# Every page
PAGE: Final = "page"  # str | None: the page of this run; None where it leads to an address
CAME_FROM: Final = "came from"  # str | None: the page of the run before
TYPED_KEYS: Final = "typed_keys"  # dict[str, str]: keys typed in this session, by their environment variable
REJECTED: Final = "rejected"  # Rejection: a prompt that was not asked, until the page has said so
REPLAYS: Final = "replays"  # dict[str, Playback]: what plays, by the id of the reply or comparison in whose place
PACE: Final = "pace"  # str: how words appear, one of view.PACES
SETTLED: Final = "settled"  # float: the monotonic time from which the browser has loaded all it draws with
PRESENT: Final = "present"  # bool: present mode is on, on the pages that have it
CODE: Final = "code"  # str: the id of the reply whose code is shown, "" while none is
PULSE: Final = "pulse"  # never set: to look it up lets Streamlit end the run

# Chat
CONVERSATION: Final = "conversation"  # str: the id of the one that is shown; "" for a new one
CHOICE: Final = "choice"  # Choice: whom to ask
MESSAGES: Final = "messages"  # int: how many messages the page has at most, drawn by this run or the one before
PARAMETERS: Final = "parameters"  # Parameters: how to ask

# Compare
COMPARISON: Final = "comparison"  # str: the id of the one that is shown; "" while lanes are set up
LANES: Final = "lanes"  # dict[int, Lane]: the lanes to ask next, by their number
LANE_NUMBERS: Final = "lane_numbers"  # int: the highest number that a lane of this session has had
LANE_SET: Final = "lane-set-name"  # str: the name under which the lanes are to be kept
BLIND: Final = "blind"  # bool: hide who answers until the vote
UNIQUE_PREFIX: Final = "prefixed"  # bool: begin each prompt with a line of its own
WIDE: Final = "wide"  # int | None: the lane in full width
SERIES_FORM: Final = "order"  # bool: whether the form for a series is open

# Why streaming
PAIR: Final = "pair"  # str: the id of the comparison that is shown
WHY_CHOICE: Final = "why-choice"  # Choice: whom to ask

# Show
SHOW: Final = "show"  # str: the id of the one that is shown; "" for the list of all
SHOW_UPLOAD: Final = "show-file"  # UploadedFile | None: the show to import
SHOW_PROBLEM: Final = "show-problem"  # str: why a show was not imported

# History
DELETED: Final = "deleted"  # HistoryEntry: the one that can be brought back
UPLOADS: Final = "recordings"  # list[UploadedFile]: the recordings to import
NOT_IMPORTED: Final = "not_imported"  # list[str]: which files were not imported, and why
SEARCH: Final = "search"  # dict[str, str]: words, provider, model and source that the list is of
CURSORS: Final = "cursors"  # list[Cursor | None]: where each page of the list begins, up to the one that is shown


def address(page: str) -> str:
    """tuple[dict[str, list[str]], dict[str, list[str]]] | None: the query parameters that the page asked for last, and
    those that it has; None while an address leads to it."""
    return f"address-{page}"


def announced(reply: str) -> str:
    """True where screen readers are to be told how the reply with this id ends."""
    return f"announced-{reply}"


def edited(turn: int) -> str:
    """str: the changed prompt of a turn of the conversation, by its number."""
    return f"edited-{turn}"


def follow_up(comparison: str, lane: int) -> str:
    """bool: whether the next question of the comparison with this id goes to this lane."""
    return f"follow-{comparison}-{lane}"


def verdict(comparison: str, part: str) -> str:
    """Parts of the vote on the comparison with this id: bool "changing" (the form is open again), bool "unsaved", and
    what is in the form: "best" (int | Outcome | None), "reasons" (list[Reason]), "note" (str)."""
    return f"verdict-{comparison}-{part}"


def widget(widgets: str, name: str) -> str:
    """str | int | float | bool | None: a part of a Choice, or one of the Parameters, as its widget has it."""
    return f"{widgets}-{name}"


def widgets_made(widgets: str) -> str:
    """int: how often the widgets of a choice were made anew."""
    return f"{widgets}-made"


def turned_live(widgets: str, provider: str) -> str:
    """tuple[int, int]: how often a typed key has turned the choice to live, and how many of these were drawn."""
    return f"{widgets}-turned-live-{provider}"
