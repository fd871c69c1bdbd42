"""Requests with every parameter set, from the simulator's log: `python -m tests.sent` writes them into a document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from providers import VENDORS, Message, Request, Settings, SimulatorAddress, connect
from providers.parameters import PARAMETERS, Parameters
from providers.settings import Variables
from simulator import Exchange, Simulator

FILE = Path(__file__).parent.parent / "docs" / "providers.md"
COMMAND = "python -m tests.sent"
BEGIN, END = f"<!-- Written by {COMMAND} -->\n", "<!-- Up to here -->\n"
EVERY = Parameters(
    system="Be brief.",
    max_tokens=512,
    temperature=0.7,
    top_p=0.9,
    effort="low",
    tier="priority",
    latency="optimized",
    verbosity="low",
    seed=7,
    stop=("THE END",),
    presence_penalty=0.5,
    frequency_penalty=0.5,
)
EXTRA = {
    "chat": '{"logprobs": true}',
    "responses": '{"top_logprobs": 3}',
    "converse": '{"top_k": 50}',
    "invoke": '{"top_k": 50}',
    "generate": '{"top_k": 50}',
}


def ways(address: SimulatorAddress) -> Iterator[tuple[Settings, str]]:
    """Each vendor by each of its APIs, answered by a simulator."""
    for vendor in VENDORS:
        settings = vendor.load(Variables({})).simulated_by(address)
        yield from ((settings, api) for api in settings.apis)


def asked(simulator: Simulator, settings: Settings, api: str) -> Exchange:
    """The request that came of a question with everything set that the API takes."""
    parameters = EVERY.without([name for name in EVERY.given if name not in settings.takes(api)]).values
    model = settings.simulated_model("sim-instant.sent", api)
    request = Request(messages=(Message("user", "Why?"),), model=model, **parameters | {"extra": EXTRA[api]})
    for _ in connect(settings, api).stream(request):
        pass
    return [exchange for exchange in simulator.log if exchange.model == model][-1]


def section() -> str:
    """A table of who takes what by which name, and the bytes of each request."""
    with Simulator() as simulator:
        found = list(ways(SimulatorAddress(simulator.url, simulator.tls_url, simulator.ca_file)))
        exchanges = [asked(simulator, settings, api) for settings, api in found]
    names = [f"{settings.label}, `{api}`" for settings, api in found]
    rows = [["parameter", "`ask.py`", *names], ["---"] * (2 + len(names))]
    for parameter in PARAMETERS:
        places = [settings.takes(api).get(parameter.name) for settings, api in found]
        cells = ["–" if place is None else f"`{place}`" if place else "the request" for place in places]
        rows.append([parameter.label, f"`{parameter.flag}`", *cells])
    lines = ["".join(f"| {' | '.join(row)} |\n" for row in rows)]
    for name, exchange in zip(names, exchanges, strict=True):
        headers = "".join(f"{header}: {value}\n" for header, value in sorted(exchange.options.items()))
        lines.append(f"{name}: `{exchange.method} {exchange.path}`\n\n```\n{headers}{exchange.text}\n```\n")
    return "\n".join(lines)


def written() -> str:
    """What stands in the document."""
    found = re.search(f"{re.escape(BEGIN)}\n(.*)\n{re.escape(END)}", FILE.read_text(encoding="utf-8"), re.DOTALL)
    assert found, f"{FILE} has no place for it"
    return found[1]


if __name__ == "__main__":
    FILE.write_text(FILE.read_text(encoding="utf-8").replace(written(), section()), encoding="utf-8")
    print(f"{FILE.name} is written.")
