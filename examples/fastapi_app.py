"""Answers as server-sent events: asked for by POST, followed by GET, stopped by DELETE. index.html shows them.

python -m uvicorn examples.fastapi_app:app --port 8600     # for this machine alone
"""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import Body, FastAPI, Header, HTTPException
from fastapi.responses import FileResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.middleware.trustedhost import TrustedHostMiddleware

from providers import Reasoning, Request, SimulatorAddress, load
from providers.env_file import load_env
from replies.reader import ask
from replies.reply import Reply
from simulator import Simulator

load_env()
simulator = Simulator().start()
here = SimulatorAddress(simulator.url, simulator.tls_url, simulator.ca_file)
loaded = load(os.environ).items()
known = {name: each if each.credentials_found(os.environ) else each.simulated_by(here) for name, each in loaded}
replies: dict[str, Reply] = {}
app = FastAPI()
app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
app.get("/")(lambda: FileResponse(Path(__file__).with_name("index.html")))
app.get("/providers")(lambda: {name: each.label + ", simulated" * each.simulated for name, each in known.items()})


@app.post("/answers")
def answer(provider: str = Body(), prompt: str = Body(min_length=1)) -> str:
    if provider not in known:
        raise HTTPException(404, f"There is no provider {provider!r}; GET /providers lists them.")
    reply = ask(known[provider], Request.of(prompt, known[provider].model))
    return replies.setdefault(reply.id, reply).id  # a busy server would forget old ones


@app.get("/answers/{id}", response_class=EventSourceResponse)
async def follow(id: str, last_event_id: int = Header(0, ge=0)) -> AsyncIterator[ServerSentEvent]:
    reply, over, told = replies.get(id), False, last_event_id
    while reply and not over:
        over = reply.over  # looked at before its chunks, which are all there then
        for chunk in reply.chunks[told:]:
            told += 1
            kind = "reasoning" if isinstance(chunk.text, Reasoning) else "text"
            yield ServerSentEvent(id=f"{told}", event=kind, data=chunk.text)
        await asyncio.sleep(0.02)
    problem = "This answer is gone. Ask again." if reply is None else reply.error and reply.error.message
    yield ServerSentEvent(event="error" if problem else "end", data=problem or (reply and reply.state))


@app.delete("/answers/{id}", status_code=204)
async def stop(id: str) -> None:
    if id in replies:
        replies[id].stop()
