"""Parameters of a request, as a user sets them. What is not set is not sent."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from providers import Message, Request, Settings
from replies.nonce import has_nonce, with_nonce
from ui.session import keys


class Parameters(NamedTuple):
    """`unique`: each prompt begins with a line of its own, so that no provider's cache makes its answer faster."""

    system: str = ""
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stream: bool = True
    cache: bool = False
    unique: bool = False

    @classmethod
    def of(cls, request: Request) -> Parameters:
        unique = bool(request.messages) and has_nonce(request.messages[-1].content)
        return cls(**{name: getattr(request, name) for name in cls._fields if name != "unique"}, unique=unique)

    @classmethod
    def parse(cls, address: str) -> Parameters | None:
        """The parameters in a page's address; None where it is invalid."""
        said = dict(parse_qsl(address))
        try:
            parameters = cls(
                said.pop("system", ""),
                int(said.pop("max_tokens")) if "max_tokens" in said else None,
                float(said.pop("temperature")) if "temperature" in said else None,
                float(said.pop("top_p")) if "top_p" in said else None,
                YES_NO[said.pop("stream", "yes")],
                YES_NO[said.pop("cache", "no")],
                YES_NO[said.pop("unique", "no")],
            )
        except (ValueError, KeyError):
            return None
        return None if said or not parameters.is_valid else parameters

    @property
    def address(self) -> str:
        """What differs from the model's defaults, as it stands in the page's address."""
        said = {name: f"{value:g}" if isinstance(value, float) else value for name, value in self._asdict().items()}
        said |= {"stream": None if self.stream else "no"}
        said |= {name: "yes" if getattr(self, name) else None for name in ("cache", "unique")}
        return urlencode({name: value for name, value in said.items() if value not in (None, "")})

    @property
    def is_valid(self) -> bool:
        """Whether the widgets can show them."""
        return (
            (self.max_tokens is None or 1 <= self.max_tokens <= MOST_TOKENS)
            and (self.temperature is None or 0 <= self.temperature <= HOTTEST)
            and (self.top_p is None or 0 <= self.top_p <= 1)
        )

    @property
    def words(self) -> list[str]:
        """The parameters that are set, each in a word or two."""
        return [
            *([f"t {self.temperature:g}"] if self.temperature is not None else []),
            *([f"top-p {self.top_p:g}"] if self.top_p is not None else []),
            *([f"{self.max_tokens:,} tokens"] if self.max_tokens is not None else []),
            *(["system prompt"] if self.system else []),
            *([] if self.stream else ["awaited"]),
            *(["cache points"] if self.cache else []),
            *(["unique prefix"] if self.unique else []),
        ]

    def request(self, messages: tuple[Message, ...], model: str) -> Request:
        more = self._asdict()
        if more.pop("unique") and not has_nonce(messages[-1].content):
            messages = (*messages[:-1], messages[-1]._replace(content=with_nonce(messages[-1].content)))
        return Request(messages=messages, model=model, **more)


MOST_TOKENS = 1_000_000
HOTTEST = 2.0
YES_NO = {"yes": True, "no": False}
UNIQUE = "Each prompt begins with a line of its own, so that no provider's prompt cache makes it faster."


def parameter_widgets(before: Parameters, key: str, settings: Settings) -> Parameters:
    """Draw the widgets. `before` is what they show at first; `key` begins the keys of this set of widgets; `settings`:
    whom they are for."""
    unset = "the model's default"
    return Parameters(
        system=st.text_area(
            "System prompt", before.system, placeholder="none", height=80, key=keys.widget(key, "system")
        ),
        max_tokens=st.number_input(
            "Maximum tokens",
            1,
            MOST_TOKENS,
            before.max_tokens,
            step=1,
            placeholder=unset,
            key=keys.widget(key, "max_tokens"),
        ),
        temperature=st.number_input(
            "Temperature",
            0.0,
            HOTTEST,
            before.temperature,
            step=0.1,
            placeholder=unset,
            key=keys.widget(key, "temperature"),
        ),
        top_p=st.number_input(
            "Top-p", 0.0, 1.0, before.top_p, step=0.05, placeholder=unset, key=keys.widget(key, "top_p")
        ),
        stream=st.toggle(
            "Stream the answer",
            before.stream,
            help="Off: the provider's blocking call, shown when it is whole.",
            key=keys.widget(key, "stream"),
        ),
        cache=settings.cache_points
        and st.toggle(
            "Cache points",
            before.cache,
            help="Marks the system prompt and the last turn for the provider's cache. The first answer writes to it, "
            "later ones with the same beginning read from it; most models want 1,024 tokens of input for that. A model "
            "that takes no cache points is asked without them.",
            key=keys.widget(key, "cache"),
        ),
        unique=st.toggle("Unique prefix", before.unique, help=UNIQUE, key=keys.widget(key, "unique")),
    )


def current_parameters(before: Parameters, key: str) -> Parameters:
    """What `parameter_widgets` will return, for a callback, which runs before it is drawn."""
    return Parameters(
        **{name: st.session_state.get(keys.widget(key, name), value) for name, value in before._asdict().items()}
    )
