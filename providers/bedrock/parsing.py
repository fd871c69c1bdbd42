"""What Bedrock sends: Converse's events, Anthropic's messages, lists of models."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from providers.base import Reasoning
from providers.parsing.answer import Answer, Counts, count_of, text_of, word_of
from providers.parsing.error_body import Refused
from providers.parsing.finish_reason import finish_of
from providers.parsing.times import Times, milliseconds

# What Anthropic's body says of a cache, and what AWS calls the same in its metrics.
CACHE = {
    "cache_read_input_tokens": "cacheReadInputTokenCount",
    "cache_creation_input_tokens": "cacheWriteInputTokenCount",
}


class ConverseAnswer(Answer):
    """An answer of Converse, or of ConverseStream.

    `counts_all`: its input tokens are said to be what no cache had or took, and are all of them: ConverseStream's of
    OpenAI's models.
    """

    counts_all = False

    def read(self, event: Any) -> Iterator[str]:
        if "output" in event:  # the whole of one that was awaited
            for block in (event["output"].get("message") or {}).get("content", ()):
                yield from _pieces(block.get("reasoningContent", {}).get("reasoningText", {}), block)
            self._count(event)
            self.finish = finish_of(event.get("stopReason"))
        elif "contentBlockDelta" in event:
            delta = event["contentBlockDelta"]["delta"]  # missing where the event was no JSON: botocore hides that
            yield from _pieces(delta.get("reasoningContent", {}), delta)
        elif "messageStop" in event:
            self.finish = finish_of(event["messageStop"]["stopReason"])
        elif "metadata" in event:
            self._count(event["metadata"])

    def _count(self, said: Mapping[str, Any]) -> None:
        self.tier = word_of((said.get("serviceTier") or {}).get("type"))
        self.latency = word_of((said.get("performanceConfig") or {}).get("latency"))
        metrics = said.get("metrics") or {}
        self.times = self.times.then(Times(None, milliseconds(metrics.get("latencyMs"))))
        if usage := said.get("usage"):
            names = ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheWriteInputTokens")
            rest, output, cached, written = (count_of(usage.get(name)) for name in names)
            if self.counts_all and rest is not None and rest >= (cached or 0) + (written or 0):
                self.counts = Counts(rest, output, None, cached, written)
            else:
                self.counts = Counts.beside(rest, output, cached, written)


class MessagesAnswer(Answer):
    """An answer in Anthropic's messages format: an event a chunk, or the whole message in one."""

    def __init__(self) -> None:
        super().__init__()
        self._reason: Any = None
        self._usage: dict[str, Any] = {}

    def read(self, event: Any) -> Iterator[str]:
        if "chunk" not in event:
            return
        said = json.loads(event["chunk"]["bytes"])
        match said.get("type"):
            case "message_start":
                # The output tokens that stand here are those of an empty beginning.
                usage = (said.get("message") or {}).get("usage") or {}
                self._usage |= {name: usage[name] for name in ("input_tokens", *CACHE) if name in usage}
            case "content_block_start":
                yield from _pieces({}, said.get("content_block") or {})
            case "content_block_delta":
                delta = said.get("delta") or {}
                yield from _pieces({"text": delta.get("thinking")}, delta)
            case "message_delta":
                self._reason = (said.get("delta") or {}).get("stop_reason") or self._reason
                self._usage |= {name: count for name, count in (said.get("usage") or {}).items() if count is not None}
            case "message_stop":
                metrics = said.get("amazon-bedrock-invocationMetrics") or {}
                names = {"input_tokens": "inputTokenCount", "output_tokens": "outputTokenCount", **CACHE}
                self._usage = {name: metrics.get(metric) for name, metric in names.items()} | self._usage
                told = (milliseconds(metrics.get(name)) for name in ("firstByteLatency", "invocationLatency"))
                self.times = self.times.then(Times(*told))
                self._end()
            case "error":
                raise Refused(said, note=str((said.get("error") or {}).get("type") or ""))
            case _ if "content" in said:
                for block in said["content"]:
                    yield from _pieces({"text": block.get("thinking")}, block)
                self._reason, self._usage = said.get("stop_reason"), said.get("usage") or {}
                self._end()

    def _end(self) -> None:
        self.finish = finish_of(self._reason)
        names = ("input_tokens", "output_tokens", *CACHE)
        self.counts = Counts.beside(*(count_of(self._usage.get(name)) for name in names))


def _pieces(thought: Mapping[str, Any], said: Mapping[str, Any]) -> Iterator[str]:
    if thought.get("text"):
        yield Reasoning(text_of(thought["text"]))
    if said.get("text"):
        yield text_of(said["text"])


def listed_models(offered: Any, profiles: Any) -> set[str]:
    """The ids of inference profiles, and of models that stream text and can be asked without one."""
    names = {profile["inferenceProfileId"] for profile in profiles}
    return names | {
        model["modelId"]
        for model in offered
        if model.get("responseStreamingSupported")
        and model.get("modelLifecycle", {}).get("status") == "ACTIVE"
        and "ON_DEMAND" in model.get("inferenceTypesSupported", ["ON_DEMAND"])
    }
