"""Word diff: two answers word by word, what only one of them says marked; and how long and hard each reads."""

import re
from collections.abc import Iterable, Sequence

import streamlit as st

from replies.metrics.help import HELP
from replies.metrics.labels import origin
from replies.metrics.text_stats import text_stats
from replies.metrics.word_diff import Part, difference
from replies.reply import Reply
from ui.markdown import literal

FACTS = ("Answer", "Source", "Words", "Characters", "Sentences", "Reading time", "Reading level")
MARKS = {"same": "{}", "left": ":red-background[~~{}~~]", "right": ":green-background[{}]"}  # not by colour alone


def draw(replies: Sequence[Reply], names: Sequence[str]) -> None:
    """Facts about the words of every answer, and the difference between any two."""
    said = [(name, reply) for name, reply in zip(names, replies, strict=True) if reply.text.strip()]
    if not said:
        st.caption("There are no words to compare.")
        return
    number = st.column_config.NumberColumn
    config = {
        "Reading time": number(format="%.0f s", help=HELP["reading_time"]),
        "Reading level": number(format="%.1f", help=HELP["reading_level"]),
    }
    rows = [(name, origin(reply.asked), *text_stats(reply.text)) for name, reply in said]
    st.dataframe([dict(zip(FACTS, row, strict=True)) for row in rows], hide_index=True, column_config=config)
    if len(said) < 2:
        return
    texts = dict(said)
    with st.container(horizontal=True):
        left = st.selectbox("Word by word", list(texts), 0, key="differing-left")
        right = st.selectbox("against", list(texts), 1, key="differing-right")
    if left == right:
        st.caption("Choose two different answers.")
    elif texts[left].text == texts[right].text:
        st.caption("Both say the same, word for word.")
    else:
        st.caption("Struck out: only in the first. Green: only in the second.")
        with st.container(border=True):
            st.markdown(marked(difference(texts[left].text, texts[right].text)))


def marked(parts: Iterable[Part]) -> str:
    """The parts as Markdown that shows their text as it is written, line by line, with what differs marked."""

    def line(kind: str, text: str) -> str:
        return re.sub(r"\S(?:.*\S)?", lambda words: MARKS[kind].format(literal(words[0])), text)

    return "".join(line(kind, re.sub(r"\s*\n\s*", "\n\n", text)) for kind, text in parts)
