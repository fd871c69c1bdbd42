"""A page that shows answers as they were written; `test_as_written` looks at it."""

import streamlit as st

from ui.markdown import as_written

SAMPLES = (
    "between $5 and $10",
    "a -> b, c <- d, e -- f, g >= h, i ~= j",
    ":red[alarm] and :material/home: and :smile: and :streamlit:",
    "![a picture](http://img.invalid/1.png) and <img src='http://img.invalid/2.png'>",
    "`one $two$` three :red[four]",
    "<script>document.title = 'taken over'</script>",
    "[press](javascript:alert(1)) or [this](data:text/html,hello)",
)

if __name__ == "__main__":
    for number, sample in enumerate(SAMPLES):
        with st.container(key=f"sample-{number}"):
            st.markdown(as_written(sample))
    with st.container(key="diagram"):
        st.markdown(as_written("```mermaid\ngraph TD; A-->B\n```"))
