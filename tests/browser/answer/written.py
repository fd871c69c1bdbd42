"""A page that shows answers as they were written; `test_as_written` looks at it."""

import streamlit as st

from ui.answer.typewriter import typewriter
from ui.markdown import as_written
from ui.page_head import STYLE

SAMPLES = {
    "money": "between $5 and $10, or $5-$10",
    "signs": "a -> b, c <- d, e -- f, g >= h, i ~= j, a -> b",
    "own": ":red[alarm] and :material/home: and :smile: and :streamlit: and :::x",
    "html": "![a picture](http://img.invalid/1.png) and <img src='http://img.invalid/2.png'>",
    "code": "`one $two$` three :red[four]",
    "script": "<script>document.title = 'taken over'</script>",
    "links": "[press](javascript:alert(1)) or [this](data:text/html,hello)",
    "formulas": "so $x^2$ and \\(y_1\\) and\n\n\\[\na\n= b\n- c\n\\]\n\n- then $$z$$\n\n  $$\n  \\alpha\n  $$",
    "tildes": "20~25 and 30~35, ~~struck~~",
    "bold": "他说**“你好”**然后，**注意：**请看，**한국어(Korean)**는 **plain**, 2**3",
    "addresses": "看https://a.example/b，然后www.b.example。 <https://c.example/:smile:> (https://d.example/e_(f))",
    "table": "| a | b |\n|---|--:|\n| one<br>two | " + "wide" * 200 + " |",
    "footnotes": "A note[^1].\n\n[^1]: The note.",
    "directions": "- שלום world\n- عالم\n\n# 12 שלום\n\nHello שלום\n\n**مرحبا** hello",
    "headings": "# One\n\n## Two\n\n### Three",
    "diagram": "```mermaid\ngraph TD; A-->B\n```",
}

if __name__ == "__main__":
    st.html(STYLE)
    for number in (1, 2):
        for key, sample in SAMPLES.items():
            with st.container(key=f"answer-{number}-{key}"):
                if number == 1:
                    st.markdown(as_written(sample, "first"))
                else:
                    st.write_stream(typewriter([sample]))
    with st.container(key="answer-3"):
        st.markdown(as_written(SAMPLES["footnotes"], "second"))
