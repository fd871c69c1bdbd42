"""Why an answer ended: one table of the words that vendors and servers have for it.

Sources: the API references of OpenAI and Azure, AWS Bedrock (Converse), Anthropic, IBM watsonx.ai, Google Gemini
(FinishReason), Mistral, DeepSeek, Cohere, xAI, Zhipu, Together, OpenRouter; the code of vLLM, SGLang, Ollama, Hugging
Face's text-generation-inference.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from providers.base import FinishReason

Meaning: TypeAlias = FinishReason | Literal["interrupted"]

LONGEST = 80  # characters of a word that nobody knows
UNFINISHED = frozenset({"", "null", "none", "false", "not_finished", "finish_reason_unspecified", "unspecified"})

MEANINGS: dict[Meaning, frozenset[str]] = {
    "stop": frozenset({
        "stop",
        "complete", "completed", "done",  # Cohere; some gateways
        "end_turn", "stop_sequence", "pause_turn",  # Anthropic, and xAI's end_turn
        "eos", "eos_token", "endoftext", "stop_token",  # Together, IBM and TGI, AI21
        "finish", "finished",  # Amazon Titan
    }),
    "length": frozenset({
        "length", "max_length",
        "max_tokens", "token_limit", "time_limit", "max_output_tokens", "max_new_tokens",  # Anthropic and Gemini, IBM
        "model_length", "model_context_window_exceeded", "context_length_exceeded",  # Mistral, Anthropic, Zhipu
        "error_limit",  # Cohere
    }),
    "filtered": frozenset({
        "content_filter", "content_filtered", "guardrail_intervened", "moderation", "refusal",  # OpenAI, AWS, IBM
        "safety", "recitation", "blocklist", "prohibited_content", "spii", "language", "image_safety",  # Gemini
        "sensitive", "error_toxic",  # Zhipu, Cohere
    }),
    "tool": frozenset({"tool_calls", "tool_call", "tool_use", "function_call"}),
    "interrupted": frozenset({
        "error", "failed", "network_error", "timeout", "model_error",  # OpenRouter, vLLM, Zhipu, Cohere
        "abort", "aborted", "cancelled", "canceled", "cancel", "user_cancel", "interrupted", "unload",  # vLLM, IBM
        "insufficient_system_resource", "overloaded", "server_error", "internal_error",  # DeepSeek
        "malformed_function_call", "malformed_model_output", "malformed_tool_use",  # Gemini, AWS
        "unexpected_tool_call",
    }),
}  # fmt: skip

MEANING_OF = {word: meaning for meaning, words in MEANINGS.items() for word in words}


class Finish(NamedTuple):
    """Why an answer ended, and the server's own word for it."""

    meaning: Meaning
    word: str


def finish_of(said: object) -> Finish | None:
    """What a server gave as its reason, in lower case or upper; None where the answer has not ended."""
    if said is None or said is False:
        return None
    if not isinstance(said, str):
        return Finish("other", "")
    word = said.strip()
    plain = word.lower().replace("-", "_").rpartition(".")[2].removeprefix("finish_reason_")
    return None if plain in UNFINISHED else Finish(MEANING_OF.get(plain, "other"), word[:LONGEST])
