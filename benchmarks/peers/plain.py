"""The chat app of Streamlit's own tutorial: `st.chat_input`, `st.write_stream`, the OpenAI SDK. The model is what is
asked for. With ?lanes=3 it answers three times, side by side."""

import openai
import streamlit as st


@st.cache_resource
def client() -> openai.OpenAI:
    return openai.OpenAI()


def answer(lane: int, model: str) -> None:
    with st.container(key=f"lane-{lane}"), st.chat_message("assistant"):
        stream = client().chat.completions.create(
            model=model, messages=[{"role": "user", "content": "Go on."}], stream=True
        )
        answers[lane] = st.write_stream(stream)


lanes = int(st.query_params.get("lanes", "1"))
answers = st.session_state.setdefault("answers", {})
st.title("Chat")
if prompt := st.chat_input("Ask"):
    with st.chat_message("user"):
        st.markdown(prompt)
    if lanes == 1:
        answer(0, prompt)
    else:
        for lane, column in enumerate(st.columns(lanes)):
            with column:
                st.fragment(answer, parallel=True)(lane, f"{prompt}.lane-{lane}")
