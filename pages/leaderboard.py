"""Leaderboard: win rates with their intervals, beside speed and cost."""

from datetime import UTC, datetime, time

import streamlit as st

from replies.leaderboard import Filter, leaderboard
from replies.store import StoreError
from replies.verdict import REASONS
from ui import leaderboard_table
from ui.controls.buttons import action
from ui.markdown import literal
from ui.session import persistence, timezone
from ui.text import many

st.set_page_config(layout="wide")
store = persistence.open_or_stop()
persistence.storage_warning()


def invite(title: str, words: str) -> None:
    """Draw how to get a vote, where there is nothing to show."""
    with st.container(border=True, horizontal_alignment="center"):
        st.subheader(title, anchor=False, text_alignment="center")
        st.markdown(words, text_alignment="center")
        action("Compare", "view_column", st.switch_page, "pages/compare.py", type="primary")


EXAMPLE = """
| | Win rate | 95 % interval | Votes | First token | Tokens/s | Cost |
|---|---|---|---|---|---|---|
| Model A | 75 % | 47 to 91 % | 12 | 0.61 s | 84.0 | $0.00072 |
| Model B | 33 % | 14 to 61 % | 12 | 0.35 s | 51.3 | $0.00031 |
| Model C | 12 % | 2 to 47 % | 8 | 0.48 s | 120.9 | $0.00018 |
"""

st.title("Leaderboard", anchor=False)
try:
    judged = store.judged()
except StoreError as error:
    st.error(literal(str(error)), title="The votes can't be read", icon=":material/error:")
    st.stop()

if not judged:
    invite(
        "No votes yet",
        "Ask two or more models the same question on Compare, read the answers, and say which one is best. "
        "In blind mode you don't know whom you vote for. Every vote shows here.",
    )
    with st.container(horizontal_alignment="center"):
        st.caption("What will stand here. These models and numbers are made up.", width="content")
        st.markdown(EXAMPLE, width="content")
    st.stop()

labels = {lane.asked.provider: lane.asked.label for one in judged for lane in one.lanes if not lane.asked.simulated}
with st.container(horizontal=True, vertical_alignment="bottom"):
    provider = st.selectbox(
        "Provider", sorted(labels), None, format_func=lambda name: labels[name], placeholder="Any provider", width=200
    )
    reasons = st.multiselect("Reasons", REASONS, format_func=str.capitalize, placeholder="Any reason", width=240)
    since = st.date_input("Since", None, max_value=timezone.here(datetime.now(UTC)).date(), width=150)
    blind = st.toggle("Blind votes only")

begins = datetime.combine(since, time(), timezone.zone()).astimezone(UTC) if since else None  # by the browser's clock
wanted = Filter(blind_only=blind, reasons=reasons, since=begins)
board = leaderboard(judged, wanted)
shown = [one for one in board.rankings if provider in (None, one.contender.provider)]
if shown:
    counted = many(board.counted, "vote")
    st.caption(f"{counted} on real answers. Ordered by the lower end of the interval, so that a lucky few do not lead.")
    leaderboard_table.chart(shown)
    leaderboard_table.table(shown)
elif board.left_out:
    invite("No vote counts so far", "A vote counts where two or more models of real providers stand side by side.")
else:
    st.caption("No vote fits these filters.")
for reason, count in board.left_out.items():
    were = f"{many(count, 'vote')} {'was' if count == 1 else 'were'} left out"
    st.caption(f":material/filter_alt_off: {were} {leaderboard_table.REASONS_LEFT_OUT[reason]}.")
