"""Export menu: a conversation or a comparison as a file."""

from datetime import UTC, datetime

import streamlit as st

from replies.conversation import Comparison, Conversation
from replies.export import formats
from replies.export.report import report
from replies.recording.format import dump
from ui.session import timezone


def export_menu(item: Conversation | Comparison) -> None:
    """Draw a popover with a button for each format. A file is made on a click; of a blind comparison once voted on."""
    zone = timezone.zone()  # a file is made when no page is being drawn

    def now() -> datetime:
        return datetime.now(UTC).astimezone(zone)

    hidden = isinstance(item, Comparison) and item.hidden
    files = (
        ("Report that plays it back", "html", "html", "text/html", lambda: report(item, now())),
        ("Markdown", "description", "md", "text/markdown", lambda: formats.markdown(item, now())),
        ("JSON", "data_object", "json", "application/json", lambda: formats.as_json(item)),
        ("Figures as CSV", "table_chart", "csv", "text/csv", lambda: formats.figures_csv(item)),
        ("Recording", "graphic_eq", "jsonl", "application/jsonl", lambda: "".join(dump([item]))),
    )
    with st.popover("Export", icon=":material/download:", type="tertiary", disabled=not item.over or hidden):
        for label, icon, suffix, mime, made in files:
            st.download_button(
                label,
                made,
                file_name=f"streamside-{item.id}.{suffix}",
                mime=mime,
                icon=f":material/{icon}:",
                type="tertiary",
                on_click="ignore",
                key=f"export-{suffix}-{item.id}",
            )
