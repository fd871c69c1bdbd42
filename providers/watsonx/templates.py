"""A conversation as one prompt, with each model family's marks: text generation itself knows no turns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from providers.base import Message


@dataclass(frozen=True, kw_only=True)
class Template:
    """A family's way. `{}` is where the text goes; `marks` is a pattern of what only the template may say."""

    system: str
    user: str
    assistant: str
    opening: str = ""  # what makes the model speak
    system_in_user: bool = False  # the system prompt stands inside the first user turn
    marks: str = ""
    stops: tuple[str, ...] = ()  # for models that were not taught where their turn ends

    def prompt(self, messages: Sequence[Message], system: str) -> str:
        """The whole conversation, up to where the model goes on."""
        preface = self.system.replace("{}", self._inert(system)) if system else ""
        turns = [] if self.system_in_user else [preface]
        for role, content in messages:
            text = self._inert(content)
            if self.system_in_user and role == "user":
                text, preface = preface + text, ""
            turns.append((self.user if role == "user" else self.assistant).replace("{}", text))
        return "".join(turns) + self.opening

    def _inert(self, text: str) -> str:
        """The text with a blank in each mark: a person, or a page that they quote, must not end a turn."""
        return re.sub(self.marks, lambda mark: f"{mark[0][0]} {mark[0][1:]}", text) if self.marks else text


LLAMA_2 = Template(
    system="<<SYS>>\n{}\n<</SYS>>\n\n",
    user="[INST] {} [/INST]",
    assistant=" {} </s><s>",
    system_in_user=True,
    marks=r"\[/?INST\]|<</?SYS>>|</?s>",
)
MISTRAL = replace(LLAMA_2, assistant=" {}</s>")


def _headed(begin: str, end: str, over: str) -> Template:
    """A family that names whose turn it is between two marks, and ends each turn with a third."""
    system, user, assistant = (f"{begin}{role}{end}" for role in ("system", "user", "assistant"))
    return Template(
        system=f"{system}{{}}{over}",
        user=f"{user}{{}}{over}",
        assistant=f"{assistant}{{}}{over}",
        opening=assistant,
        marks=r"<\|\w+\|>",
    )


LLAMA_3 = _headed("<|start_header_id|>", "<|end_header_id|>\n\n", "<|eot_id|>")
LLAMA_4 = _headed("<|header_start|>", "<|header_end|>\n\n", "<|eot|>")
GRANITE = _headed("<|start_of_role|>", "<|end_of_role|>", "<|end_of_text|>\n")
GRANITE_CHAT = _headed("<|", "|>\n", "\n")  # its first generation
PLAIN = Template(
    system="{}\n\n",
    user="User: {}\n\n",
    assistant="Assistant: {}\n\n",
    opening="Assistant:",
    stops=("\nUser:",),
)
BARE = Template(system="{}\n\n", user="{}", assistant="{}")  # for a question without a history

FAMILIES = (
    (r"llama-?2|codellama", LLAMA_2),
    (r"mistral|mixtral|ministral|pixtral", MISTRAL),
    (r"llama-?3", LLAMA_3),
    (r"llama-?4", LLAMA_4),
    (r"granite-\d+b-(chat|lab)", GRANITE_CHAT),
    (r"granite.*-[3-9]([-.]|$)", GRANITE),
)


def template_for(model: str, turns: int) -> Template:
    """What the model was trained on, by its id; for an unknown one the text alone, or turns with names."""
    known = next((template for family, template in FAMILIES if re.search(family, model.lower())), None)
    return known or (PLAIN if turns > 1 else BARE)
