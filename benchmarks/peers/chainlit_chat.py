"""Chainlit over the OpenAI SDK, as its guide has it: `chainlit run chainlit_chat.py`. The model is what is asked
for."""

import chainlit
import openai

client = openai.AsyncOpenAI()


@chainlit.on_message
async def answer(message: chainlit.Message) -> None:
    reply = chainlit.Message(content="")
    stream = await client.chat.completions.create(
        model=message.content, messages=[{"role": "user", "content": "Go on."}], stream=True
    )
    async for chunk in stream:
        if chunk.choices and (piece := chunk.choices[0].delta.content):
            await reply.stream_token(piece)
    await reply.update()
