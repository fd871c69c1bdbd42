"""Answers as server-sent events: asked for by POST, followed by GET, stopped by DELETE. index.html shows them.

python -m uvicorn examples.fastapi_app:app --port 8600     # for this machine alone
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator

from fastapi import Body, FastAPI, Header, HTTPException
from fastapi.responses import FileResponse, StreamingResponse
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
app.get("/")(lambda: FileResponse("examples/index.html"))
app.get("/providers")(lambda: {name: each.label + ", simulated" * each.simulated for name, each in known.items()})


@app.post("/answers")
def answer(provider: str = Body(), prompt: str = Body(min_length=1)) -> str:
    if (settings := known.get(provider)) is None:
        raise HTTPException(404, f"There is no provider {provider!r}; GET /providers lists them.")
    reply = ask(settings, Request.of(prompt, settings.model))
    return replies.setdefault(reply.id, reply).id  # a busy server would forget old ones


@app.get("/answers/{id}")
def follow(id: str, last_event_id: int = Header(0, ge=0)) -> StreamingResponse:
    async def events(told: int) -> AsyncIterator[str]:
        reply, over = replies.get(id), False
        while reply and not over:
            over = reply.over  # looked at before its chunks, which are all there then
            for number, chunk in enumerate(reply.chunks[told:], told + 1):
                kind, told = "reasoning" if isinstance(chunk.text, Reasoning) else "text", number
                yield f"id: {told}\nevent: {kind}\ndata: {json.dumps(chunk.text)}\n\n"
            await asyncio.sleep(0.02)
        problem = "This answer is gone. Ask again." if reply is None else reply.error and reply.error.message
        yield f"event: {'error' if problem else 'end'}\ndata: {json.dumps(problem or (reply and reply.state))}\n\n"

    return StreamingResponse(events(last_event_id), media_type="text/event-stream")


@app.delete("/answers/{id}", status_code=204)
async def stop(id: str) -> None:
    if id in replies:
        replies[id].stop()
