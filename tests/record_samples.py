"""Recordings that ship with the app, made again: `python -m tests.record_samples`, half a minute.

The simulator answers, by the vendors' real protocols and through the real adapters, so each is marked as simulated.
"""

from __future__ import annotations

import sys

from providers import Request, Settings, SimulatorAddress, load
from replies.conversation import Comparison, Conversation, Turn
from replies.reader import ask
from replies.recording.format import SAMPLES, Item, dump
from replies.reply import Reply
from replies.start_barrier import StartBarrier
from simulator import Simulator

CRICKET = "Tell me about history of Cricket in 200 words."
CODE = "Write a Python function that counts the words in a text, with a test."
TABLE = "Compare the streaming APIs of OpenAI, AWS Bedrock and IBM watsonx.ai in a table."
PUZZLE = "Solve a puzzle: a bat and a ball cost 1.10 together, the bat costs 1.00 more. What is the ball?"


def main() -> None:
    SAMPLES.mkdir(exist_ok=True)
    with Simulator() as simulator:
        address = SimulatorAddress(simulator.url, simulator.tls_url, simulator.ca_file)
        vendors = {name: settings.simulated_by(address) for name, settings in load({}).items()}
        for name, item in recorded(vendors).items():
            path = SAMPLES / f"{name}.jsonl"
            path.write_text("".join(dump([item])), encoding="ascii")
            print(f"{path}: {path.stat().st_size:,} bytes", file=sys.stderr)


def recorded(vendors: dict[str, Settings]) -> dict[str, Item]:
    openai, bedrock, watsonx = vendors["openai"], vendors["bedrock"], vendors["watsonx"]
    race = together(CRICKET, [(openai, "sim-brisk"), (bedrock, "sim-brisk"), (watsonx, "sim-brisk")])
    broken = together(CRICKET, [(openai, "sim-fast"), (watsonx, "sim-fault-cut.sim-fast")])
    talk = Conversation()
    for settings, prompt in ((openai, CODE), (watsonx, TABLE)):
        request = Request(messages=talk.messages(prompt), model="sim-brisk")
        talk.turns.append(Turn(prompt, [over(ask(settings, request))]))
    thoughts = Conversation([Turn(PUZZLE, [over(ask(bedrock, Request.of(PUZZLE, "sim-brisk")))])])
    return {"cricket": race, "broken-off": broken, "code": talk, "reasoning": thoughts}


def together(prompt: str, lanes: list[tuple[Settings, str]]) -> Comparison:
    barrier = StartBarrier(len(lanes))
    race = Comparison.of(
        prompt, [ask(settings, Request.of(prompt, model), barrier=barrier) for settings, model in lanes]
    )
    for reply in race.replies:
        over(reply)
    return race


def over(reply: Reply) -> Reply:
    reply.wait(120)
    print(f"{reply.asked.label}: {reply.state}, {len(reply.chunks)} pieces", file=sys.stderr)
    return reply


if __name__ == "__main__":
    main()
