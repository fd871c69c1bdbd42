"""Models that chat, as servers list them; and a token, as IBM sends it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from providers.parsing.answer import text_of

# Names of models that don't chat, on whosever server: they embed, rank, draw, film, speak, listen or judge.
OTHER_USE = re.compile(
    r"embed|rerank|whisper|transcri|dall-?e|stable-diffusion|sdxl|moderation|realtime|sora|imagen|colbert|minilm"
    r"|(^|[-_/:.])(tts|stt|asr|image|images|flux|veo|bge|gte|e5|clip|siglip|kokoro|splade|voyage|labse)([-_/:.\d]|$)",
    re.IGNORECASE,
)
# Models of OpenAI's own list that its APIs refuse: developers.openai.com/api/docs/models.
OTHER_API = r"instruct|deep-research|computer-use|audio|babbage|davinci|(^|-)(ada|curie)(-|$)|live"
REFUSED_BY = {"chat": re.compile(rf"codex|(^|-)pro(-|$)|{OTHER_API}"), "responses": re.compile(OTHER_API)}


def chat_models(listing: Any, *, of_openai: bool = False, api: str = "chat") -> list[str]:
    """The ids in a server's list of models, of those that chat, in its order.

    Lists differ: the models are in `data` or `models`, or are the list itself, and say in fields of their own what
    they are for; most leave it to their name. Raises TypeError where it is no list.
    """
    if isinstance(listing, dict) and ("data" in listing or "models" in listing):
        listing = listing.get("data") or listing.get("models") or []  # null where Ollama has none
    if not isinstance(listing, list) or not all(isinstance(each, (dict, str)) for each in listing):
        raise TypeError("no list of models")
    models = [each if isinstance(each, dict) else {"id": each} for each in listing]
    named = [(name, each) for each in models if isinstance(name := each.get("id") or each.get("name"), str)]
    return [
        name
        for name, each in named
        if _is_for_chat(each) and not OTHER_USE.search(name) and not (of_openai and REFUSED_BY[api].search(name))
    ]


def access_token(body: bytes) -> tuple[str, float]:
    """A token in what IBM answers, and the seconds that it is good for. Raises ValueError, LookupError or TypeError."""
    said = json.loads(body)
    token = text_of(said["access_token"])
    if not re.fullmatch("[!-~]+", token):  # in a header it would fail, and stand in what is said of that
        raise ValueError("no token")
    return token, float(said.get("expires_in") or 3600)


def _is_for_chat(model: Mapping[str, Any]) -> bool:
    """What the list itself says; yes where it doesn't."""
    abilities = model.get("capabilities")
    if isinstance(abilities, dict) and "completion_chat" in abilities:  # Mistral
        return bool(abilities["completion_chat"])
    if isinstance(abilities, list) and abilities:  # Ollama
        return not {"embedding", "rerank"} & {str(each) for each in abilities}
    modalities = model.get("architecture")
    modalities = modalities.get("output_modalities") if isinstance(modalities, dict) else None  # OpenRouter
    if isinstance(modalities, list) and "text" not in modalities:
        return False
    use = model.get("type") or model.get("task") or model.get("model_type") or ""  # Together, LM Studio, Hugging Face
    return not re.search(r"embed|rerank|image|audio|video|moderation|transcri|speech|feature-extraction", str(use))
