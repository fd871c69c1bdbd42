"""Parameters of a request, as a user sets them. What is not set is not sent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from providers import Message, Request, Settings, parameters
from providers.parameters import PARAMETER, PARAMETERS, Parameter
from replies.prompts import has_nonce, with_nonce
from ui.markdown import literal
from ui.session import keys

DEFAULT = "the model's default"
UNIQUE = "Each prompt begins with a line of its own, so that no provider's prompt cache makes it faster."


@dataclass(frozen=True, kw_only=True)
class Parameters(parameters.Parameters):
    """`unique`: each prompt begins with a line of its own, so that no provider's cache makes its answer faster."""

    unique: bool = False

    @classmethod
    def of(cls, request: Request) -> Self:
        """Those by which it was asked."""
        unique = bool(request.messages) and has_nonce(request.messages[-1].content)
        return cls(**request.values, unique=unique)

    @property
    def words(self) -> list[str]:
        """Those that are set, each in a word or two."""
        said = {"awaited": not self.stream, "cache points": self.cache, "unique prefix": self.unique}
        return [*super().words, *(name for name, is_set in said.items() if is_set)]

    def request(self, messages: tuple[Message, ...], model: str) -> Request:
        """A question that is asked by them."""
        if self.unique and not has_nonce(messages[-1].content):
            messages = (*messages[:-1], messages[-1]._replace(content=with_nonce(messages[-1].content)))
        return Request(messages=messages, model=model, **self.values)


def parsed(address: str) -> Parameters | None:
    """The parameters in a page's address; None where it is invalid."""
    found: dict[str, Any] = {}
    try:
        for name, text in parse_qsl(address):
            if name in ("stream", "cache", "unique"):
                found[name] = {"yes": True, "no": False}[text]
            elif (parameter := PARAMETER[name]).kind == "texts":
                found[name] = (*found.get(name, ()), text)
            else:
                found[name] = parameter.parse(text)
    except (ValueError, KeyError):
        return None
    return Parameters(**found)


def addressed(parameters: Parameters) -> str:
    """What differs from the model's defaults, as it stands in the page's address."""
    said: dict[str, Any] = {name: getattr(parameters, name) for name in parameters.given}
    said |= {name: f"{value:g}" for name, value in said.items() if isinstance(value, float)}
    said |= {} if parameters.stream else {"stream": "no"}
    said |= {name: "yes" for name in ("cache", "unique") if getattr(parameters, name)}
    return urlencode(said, doseq=True)


def parameter_widgets(before: Parameters, key: str, settings: Settings, api: str) -> Parameters:
    """Draw the widgets. `before` is what they show at first; `key` begins the keys of this set of widgets. What the
    provider does not take by this API is not offered, and not set."""
    takes = settings.takes(api)
    before = _taken(before, takes)
    offered = [parameter for parameter in PARAMETERS if parameter.name in takes]
    values = {parameter.name: _widget(parameter, before, key) for parameter in offered if parameter.front}
    values["stream"] = st.toggle(
        "Stream the answer",
        before.stream,
        help="Off: the provider's blocking call, shown when it is whole.",
        key=keys.widget(key, "stream"),
    )
    if settings.cache_points:
        values["cache"] = st.toggle(
            "Cache points",
            before.cache,
            help="Marks the system prompt and the last turn for the provider's cache. The first answer writes to it, "
            "later ones with the same beginning read from it; most models want 1,024 tokens of input for that. A model "
            "that takes no cache points is asked without them.",
            key=keys.widget(key, "cache"),
        )
    values["unique"] = st.toggle("Unique prefix", before.unique, help=UNIQUE, key=keys.widget(key, "unique"))
    more = [parameter for parameter in offered if not parameter.front]
    is_set = {parameter.name: getattr(before, parameter.name) for parameter in more if parameter.name in before.given}
    if more and st.toggle("More parameters", bool(is_set), key=keys.widget(key, "more")):
        values |= {parameter.name: _widget(parameter, before, key) for parameter in more}
    elif is_set:
        values |= is_set
        st.caption(f"Also set: {literal(', '.join(Parameters(**is_set).words))}")
    return Parameters(**values)


def _taken(parameters: Parameters, takes: Collection[str]) -> Parameters:
    return parameters.without([name for name in parameters.given if name not in takes])


def _widget(parameter: Parameter, before: Parameters, key: str) -> Any:
    """Draw one; the value that it has. What is invalid is said below it, and not set."""
    label, value = parameter.label, getattr(before, parameter.name)
    more: dict[str, Any] = {"help": parameter.help, "key": keys.widget(key, parameter.name)}
    match parameter.kind:
        case "text":
            return st.text_area(label, value, placeholder="none", height=80, **more)
        case "whole" | "number":
            kind = int if parameter.kind == "whole" else float
            least, most, step = map(kind, (parameter.least, parameter.most, parameter.step))
            return st.number_input(label, least, most, value, step=step, placeholder=DEFAULT, **more)
        case "texts":
            return tuple(st.multiselect(label, value, value, placeholder="none", accept_new_options=True, **more))
        case "word":
            options = list(dict.fromkeys((*parameter.options, *filter(None, [value]))))
            place = options.index(value) if value else None
            typed = st.selectbox(label, options, place, placeholder=DEFAULT, accept_new_options=True, **more)
        case _:
            typed = st.text_area(label, value, placeholder='{"name": "value"}', height=80, **more)
    found, problem = _read(parameter, typed)
    if problem:
        st.error(f"{literal(problem)} It is not sent.", icon=":material/error:")
    return found


def _read(parameter: Parameter, typed: Any) -> tuple[Any, str]:
    """What a widget's value stands for, and why it is invalid, if it is."""
    if isinstance(typed, list):
        return tuple(typed), ""
    if isinstance(typed, str):
        try:
            return parameter.parse(typed), ""
        except ValueError as error:
            return getattr(Parameters(), parameter.name), str(error)
    return typed, ""


def current_parameters(before: Parameters, key: str, takes: Collection[str]) -> Parameters:
    """What `parameter_widgets` will return, for a callback, which runs before it is drawn."""
    found: dict[str, Any] = {}
    before = _taken(before, takes)
    for name, value in {**before.values, "unique": before.unique}.items():
        typed = st.session_state.get(keys.widget(key, name), value)
        found[name] = _read(PARAMETER[name], typed)[0] if name in takes else typed
    return Parameters(**found)
