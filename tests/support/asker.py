"""A process that asks the simulator and keeps what comes, until it is killed: `python -m tests.support.asker`.

It reads a model from each line, asks it in a process of its own, and tells that process's number once words come. The
imports are made once, and the processes come of `fork`, so that twenty of them take no longer than the answers.
"""

from __future__ import annotations

import importlib
import os
import sys
import time

from providers import Request, Settings, SimulatorAddress, load
from replies.conversation import Conversation, Turn
from replies.reader import question
from replies.store import Store, StoreError
from replies.store.autosave import Autosaver

PROMPT = "Tell me about history of Cricket in 200 words."


def main(database: str, simulator: str) -> None:
    settings = load({})["openai"].simulated_by(SimulatorAddress(simulator, "", ""))
    for name in ("openai", "httpx2", "pg8000"):  # and no more: a fork takes over the locks of whoever has used TLS
        importlib.import_module(name)
    Store(database).close()
    for line in sys.stdin:
        if not os.fork():
            keep_asking(database, settings, line.strip())


def keep_asking(database: str, settings: Settings, model: str) -> None:
    """Says who it is as soon as its first words have come."""
    parent = os.getppid()
    store = Store(database)
    until_open(store)
    autosaver = Autosaver(store)
    reply = question(settings, Request.of(PROMPT, model))
    autosaver.watch(Conversation([Turn(PROMPT, [reply])]), wait=10)  # longer than a page would: ten start at once here
    reply.start()
    for news in reply.new_chunks():
        if news:
            os.write(sys.stdout.fileno(), f"{model} {os.getpid()}\n".encode())  # at once: ten share this pipe
            break
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)  # the test has ended without it


def until_open(store: Store) -> None:
    """Others open it at the same moment, and SQLite's lock is not given in the order of asking: on a busy machine one
    of them may wait for longer than the store does."""
    while True:
        try:
            store.count()
            return
        except StoreError as error:
            print(error, file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
