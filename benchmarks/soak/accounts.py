"""Accounts of every word: what a simulator logged that it had sent, against what a store kept."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

from replies.conversation import Comparison
from replies.reply import Reply
from replies.store import Store
from simulator import Exchange

_TAG = re.compile(r"\[soak [\w-]+\]")


class Words(NamedTuple):
    report: list[str]
    problems: list[str]


class Accounts:
    """Collects exchanges while they happen, since a simulator keeps only the newest."""

    def __init__(self) -> None:
        self._exchanges: dict[int, Exchange] = {}

    def note(self, exchanges: Iterable[Exchange]) -> None:
        self._exchanges |= {one.number: one for one in exchanges if one.streamed}

    def compare(self, store: Store, latest: Iterable[Exchange]) -> Words:
        """Compare the kept answers with what was sent to each question; a word of its own in each tells them apart.

        `latest`: what the simulator logged last, read once the server that asks has ended: on a busy machine a
        question may leave after the person who asked it.

        An answer that came to its end has every word that was sent. Of one that was stopped or broke off, what was
        kept is how it began; a whole answer may have been on its way when it was stopped before its first word.
        Nothing was sent to nobody.
        """
        self.note(latest)
        sent, kept = self._sent(), _kept(store)
        problems: list[str] = []
        states: Counter[str] = Counter()
        words = 0
        for tag in sent.keys() | kept.keys():
            unmatched = list(sent[tag])
            for reply in kept[tag]:
                states[reply.state] += 1
                said = "".join(text for _, text in reply.chunks)
                if not reply.over:
                    problems.append(f"{tag}: an answer is still in progress ({reply.state})")
                matched = next((one for one in unmatched if _fits(reply, said, one)), None)
                if matched is not None:
                    unmatched.remove(matched)
                    words += len(said.split())
                elif said:
                    problems.append(f"{tag}: kept {len(said):,} characters ({reply.state}) that nobody sent")
            stood = ", ".join(f"{reply.asked.label} {reply.state}" for reply in kept[tag]) or "nothing"
            problems += [
                f"{tag}: {len(text_of(one)):,} characters were sent, and nobody kept them (there is: {stood})"
                for one in unmatched
                if not one.cancelled and text_of(one)
            ]
        ended = ", ".join(f"{count:,} {state}" for state, count in states.most_common())
        return Words(
            [
                f"answers               {sum(states.values()):,}: {ended}",
                f"words kept            {words:,}, each as it was sent",
            ],
            problems,
        )

    def _sent(self) -> defaultdict[str, list[Exchange]]:
        found: defaultdict[str, list[Exchange]] = defaultdict(list)
        for number in sorted(self._exchanges):
            exchange = self._exchanges[number]
            tags = _TAG.findall(json.dumps(exchange.body))
            if tags and exchange.sends:
                found[tags[-1]].append(exchange)  # what was asked before stands before
        return found


def text_of(exchange: Exchange) -> str:
    return "".join(text for _, text in exchange.sends)


def _fits(reply: Reply, said: str, sent: Exchange) -> bool:
    """Whether the reply may hold what was sent: all of it, or how it began; or nothing, where it was asked, and stopped
    before anything was read."""
    if not said:
        asked = reply.state == "stopped" and reply.total is not None
        return asked and (sent.vendor, sent.model) == (reply.asked.provider, reply.asked.request.model)
    return said == text_of(sent) if reply.state == "done" else text_of(sent).startswith(said)


def _kept(store: Store) -> defaultdict[str, list[Reply]]:
    """The answers to each question, the longest first: whoever matched most has the first choice."""
    found: defaultdict[str, list[Reply]] = defaultdict(list)
    for reply in _replies(store):
        if tags := _TAG.findall(reply.asked.request.messages[-1].content):
            found[tags[-1]].append(reply)
    for replies in found.values():
        replies.sort(key=lambda reply: (reply.state != "done", -sum(len(text) for _, text in reply.chunks)))
    return found


def _replies(store: Store) -> Iterable[Reply]:
    """Each once, though two conversations may hold it."""
    found: dict[str, Reply] = {}
    before = None
    while entries := store.history(before=before, limit=200):
        before = entries[-1].cursor
        for entry in entries:
            item = store.conversation(entry.id) or store.comparison(entry.id)
            if item is None:
                continue
            held = item.replies if isinstance(item, Comparison) else chain.from_iterable(t.replies for t in item.turns)
            found |= {reply.id: reply for reply in held if not reply.asked.recorded}
    return found.values()
