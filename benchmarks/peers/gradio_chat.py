"""Gradio's ChatInterface over the OpenAI SDK, as its guide has it. `python gradio_chat.py 8000`; the model is what is
asked for."""

import sys
from collections.abc import Iterator

import gradio
import openai

client = openai.OpenAI()


def answer(model: str, history: list[dict[str, str]]) -> Iterator[str]:
    stream = client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Go on."}], stream=True)
    text = ""
    for chunk in stream:
        if chunk.choices and (piece := chunk.choices[0].delta.content):
            text += piece
            yield text


if __name__ == "__main__":
    gradio.ChatInterface(answer).launch(server_name="127.0.0.1", server_port=int(sys.argv[1]))
