"""The limit: each piece goes to the page as one websocket message, and the page puts it where it belongs, without
Markdown. `python raw.py 8000`; the model is what is asked for."""

import sys

import openai
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

PAGE = """<!doctype html><meta charset="utf-8"><title>Raw</title>
<style>main { display: flex; gap: 1rem } main div { flex: 1; white-space: pre-wrap }</style>
<main></main><input id="question" autofocus>
<script>
const lanes = Number(new URLSearchParams(location.search).get("lanes") ?? 1);
const answer = lane => {
  const place = document.querySelector("main").appendChild(document.createElement("div"));
  place.id = `lane-${lane}`;
  const socket = new WebSocket(`ws://${location.host}/answer`);
  let paragraph;
  socket.onmessage = ({ data }) => {
    const [head, ...tail] = data.split("\\n\\n");
    paragraph ??= place.appendChild(document.createElement("p"));
    paragraph.append(head);
    for (const text of tail) {
      paragraph = place.appendChild(document.createElement("p"));
      paragraph.append(text);
    }
  };
  return socket;
};
const sockets = Array.from({ length: lanes }, (_, lane) => answer(lane));
document.querySelector("#question").addEventListener("keydown", ({ key, target }) => {
  if (key !== "Enter") return;
  sockets.forEach((socket, lane) => socket.send(lanes > 1 ? `${target.value}.lane-${lane}` : target.value));
});
</script>"""


async def page(request: Request) -> HTMLResponse:
    return HTMLResponse(PAGE)


async def answer(socket: WebSocket) -> None:
    await socket.accept()
    async with openai.AsyncOpenAI() as client:
        try:
            while True:
                stream = await client.chat.completions.create(
                    model=await socket.receive_text(), messages=[{"role": "user", "content": "Go on."}], stream=True
                )
                async for chunk in stream:
                    if chunk.choices and (text := chunk.choices[0].delta.content):
                        await socket.send_text(text)
        except WebSocketDisconnect:
            pass


app = Starlette(routes=[Route("/", page), WebSocketRoute("/answer", answer)])

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
