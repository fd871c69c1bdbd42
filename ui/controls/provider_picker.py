"""Provider picker: a provider, its API, a model, and whether live or simulated. Chat has one, Compare one a lane."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import streamlit as st

from providers import Message, ProviderError, Request, Settings, connect
from providers.settings import KeyField
from replies.reply import Reply
from ui.markdown import literal
from ui.session import admission, keys, resources, timezone

LIVE, SIMULATOR = "Live", "Simulator"
RECORDING = "recording"  # in the place of a provider: an answer that was given before
TEST_PATIENCE = 30.0  # seconds
TEST_TOKENS = 32  # enough for a word; a model that reasons first may end there, and has answered all the same

SIMULATED_MODELS = ("sim-brisk", "sim-typical", "sim-fast", "sim-slow")
SIMULATED_HELP = (
    "The sim-… models differ in speed, and answer alike for all providers. Any other id gets words and a speed that "
    "were made up for its provider, and say nothing about the real model."
)


class Choice(NamedTuple):
    provider: str
    api: str
    model: str
    live: bool

    @property
    def address(self) -> str:
        """The choice as it stands in the page's address, so that a reload or a shared link finds it again."""
        return "|".join((self.provider, self.api, self.model, "live" if self.live else "simulator"))

    @classmethod
    def parse(
        cls, address: str, endpoints: dict[str, Settings], recordings: Mapping[str, Reply] | None = None
    ) -> Choice | None:
        """The choice at this address; None where it names nothing that is there."""
        match address.split("|"):
            case ["recording", api, id, _] if id in (recordings or {}):
                return cls(RECORDING, api, id, live=False)
            case [provider, api, model, ("live" | "simulator") as source] if (
                provider in endpoints and api in endpoints[provider].apis and model
            ):
                return cls(provider, api, model, source == "live")
        return None

    @classmethod
    def default(cls, settings: Settings) -> Choice:
        """The provider as it is configured: live where there is a key."""
        live = settings.credentials_found(os.environ)
        return cls(settings.name, settings.api, settings.model_for(settings.api), live)

    @classmethod
    def first(cls, endpoints: Mapping[str, Settings]) -> Choice:
        """The first provider as it is configured."""
        return cls.default(next(iter(endpoints.values())))

    def settings(self, endpoints: dict[str, Settings]) -> Settings:
        """Where to ask. Raises KeyError where the provider is gone from the configuration."""
        settings = endpoints[self.provider]
        return settings if self.live else settings.simulated_by(resources.simulator())


def title(choice: Choice, endpoints: dict[str, Settings], recordings: Mapping[str, Reply]) -> str:
    """The choice in a few words."""
    if choice.provider == RECORDING:
        return f"Recording · {recorded(recordings[choice.model])}"
    return f"{endpoints[choice.provider].label} · {choice.model}"


def recorded(reply: Reply) -> str:
    """A recording in a few words."""
    return f"{reply.asked.label} · {reply.asked.request.model} · {timezone.here(reply.asked_at):%d %b %H:%M}"


def current_choice(
    key: str, before: Choice, endpoints: dict[str, Settings], recordings: Mapping[str, Reply] | None = None
) -> Choice:
    """What `choice_widgets` will return, for a callback, which runs before the widgets are drawn. A widget that is not
    there yet, or whose value is gone, has its default."""

    key = _current(key)

    def at(name: str, options: Sequence[str], default: str) -> str:
        value: str | None = st.session_state.get(keys.widget(key, name))
        return default if value is None or value not in options else value

    provider = at("provider", [*endpoints, *([RECORDING] if recordings else [])], before.provider)
    if provider == RECORDING and recordings:
        first = before.model if before.model in recordings else next(iter(recordings))
        return Choice(RECORDING, "replay", at("recording", list(recordings), first), live=False)
    settings = endpoints[provider]
    if provider != before.provider:
        before = Choice.default(settings)
    turned, seen = st.session_state.get(keys.turned_live(key, provider), (0, 0))
    source = LIVE if before.live or turned > seen else SIMULATOR
    source = at(f"source-{provider}-{turned}", [LIVE, SIMULATOR], source)
    api = at(f"api-{provider}", list(settings.apis), before.api)
    model = before.model if api == before.api else settings.model_for(api)
    model = st.session_state.get(keys.widget(key, f"model-{provider}-{api}-{source}")) or model
    return Choice(provider, api, model, source == LIVE)


def choice_widgets(
    key: str,
    before: Choice,
    endpoints: dict[str, Settings],
    recordings: Mapping[str, Reply] | None = None,
    *,
    default: Callable[[Settings], Choice] = Choice.default,
) -> Choice:
    """Draw the widgets for one choice. `before` is what they show at first; `key` tells lanes apart.

    `recordings`: answers by their id, one of which can stand in the place of a provider. `default`: what is chosen of a
    provider that was just selected.
    """
    key, recordings = _current(key), recordings or {}
    providers = [*endpoints, *([RECORDING] if recordings else [])]
    provider = st.selectbox(
        "Provider",
        providers,
        index=providers.index(before.provider),
        format_func=lambda name: endpoints[name].label if name in endpoints else "A recording",
        key=f"{key}-provider",
    )
    if provider == RECORDING:
        ids = list(recordings)
        place = ids.index(before.model) if before.model in recordings else 0
        id = st.selectbox("Answer", ids, place, format_func=lambda id: recorded(recordings[id]), key=f"{key}-recording")
        return Choice(RECORDING, "replay", id, live=False)
    settings = endpoints[provider]
    if provider != before.provider:
        before = default(settings)
    # Typing a key makes another widget of it, with another default. A value that is set from here reaches the browser
    # in one run only, which another run may cut short.
    turned, seen = st.session_state.get(keys.turned_live(key, provider), (0, 0))
    st.session_state[keys.turned_live(key, provider)] = turned, turned
    source = st.segmented_control(
        "Answers from",
        [LIVE, SIMULATOR],
        default=LIVE if before.live or turned > seen else SIMULATOR,
        required=True,
        key=f"{key}-source-{provider}-{turned}",
        help="The simulator speaks the provider's own protocol on this machine. No model is behind it.",
    )
    live = source == LIVE
    api = before.api
    if len(settings.apis) > 1:
        api = st.segmented_control(
            "API",
            list(settings.apis),
            default=before.api,
            required=True,
            key=f"{key}-api-{provider}",
            help=" ".join(f"{name}: {what}" for name, what in settings.apis.items()),
        )
    if note := settings.api_notes.get(api):
        st.caption(f":material/event_busy: {note}")
    model_before = before.model if api == before.api else settings.model_for(api)
    listed = known_models(settings, api) if live else simulated_models(settings, api)
    options = list(dict.fromkeys([model_before, settings.model_for(api), *listed]))
    model = st.selectbox(
        "Model",
        options,
        key=f"{key}-model-{provider}-{api}-{source}",
        accept_new_options=True,
        help="Choose one, or type any model id." if live else SIMULATED_HELP,
    )
    return Choice(provider, api, model or model_before, live)


def reset_widgets(key: str, choice: Choice) -> Choice:
    """Have `choice_widgets` make its widgets anew, so that they show the choice that it is given next: this one."""
    st.session_state[keys.widgets_made(key)] = st.session_state.get(keys.widgets_made(key), 0) + 1
    return choice


def _current(key: str) -> str:
    made = st.session_state.get(keys.widgets_made(key), 0)
    return f"{key}.{made}" if made else key


def simulated_models(settings: Settings, api: str) -> list[str]:
    """The simulator's models, as this API asks for them."""
    return [settings.simulated_model(name, api) for name in SIMULATED_MODELS]


@st.cache_resource(ttl=600, max_entries=200, show_spinner=False)
def _listing(_settings: Settings, api: str, identity: int) -> list[str]:
    """The models of one account, asked for in the background and kept for the process."""
    names: list[str] = []

    def ask() -> None:
        with contextlib.suppress(ProviderError):  # a convenience; "Test connection" says what is wrong
            names.extend(connect(_settings, api).models())

    threading.Thread(target=ask, name="models", daemon=True).start()
    return names


def known_models(settings: Settings, api: str) -> list[str]:
    """The models of the account as far as they are known by now; asks for them where nobody has yet."""
    if not settings.credentials_found(os.environ):
        return []
    return list(_listing(settings, api, hash(settings)))


def key_status(key: str, choice: Choice, endpoints: dict[str, Settings]) -> None:
    """What is set, what is missing and where to put it; keys for this session; and a test of the whole.

    `key` is the one that `choice_widgets` was given.
    """
    settings = endpoints[choice.provider]
    found = settings.credentials_found(os.environ)
    if not choice.live:
        st.badge("Simulator, no model behind it", icon=":material/science:", color="orange")
    elif not found:
        st.badge("No key", icon=":material/key_off:", color="red")
    elif settings.missing:
        st.badge(f"Missing: {', '.join(settings.missing)}", icon=":material/key_off:", color="red")
    else:
        st.badge("Key found", icon=":material/key:", color="green")
    with st.container(horizontal=True):
        with st.popover("Keys", icon=":material/key:"):
            _keys(key, settings, found)
        tested = st.button("Test connection", icon=":material/network_check:", key=f"{key}-test")
    if tested:
        _test(choice, endpoints)


def _keys(key: str, settings: Settings, found: bool) -> None:
    # Addresses come from the configuration alone: who types one could look around in the host's own network.
    if settings.missing or not found:
        needed = ", ".join(f"`{field.variable}`" for field in settings.key_fields)
        st.markdown(f"**{literal(settings.label)}** needs {needed}.")
    st.caption(
        "Put them into `.env` (see `.env.example`), or type them here: then they last for this browser session and are "
        "kept in memory only."
    )
    typed: dict[str, str] = st.session_state.setdefault(keys.TYPED_KEYS, {})
    widgets = {field: f"{key}-typed-{field.variable}" for field in settings.key_fields}
    with st.form(f"{key}-keys-{settings.name}", border=False):
        for field, widget in widgets.items():
            st.text_input(
                field.variable,
                type="password" if field.secret else "default",
                placeholder="typed in this session" if field.variable in typed else "not typed",
                help=field.help or None,
                autocomplete="off",
                key=widget,
            )
        st.form_submit_button("Use for this session", on_click=_use, args=(key, settings.name, widgets))
    if any(field.variable in typed for field in settings.key_fields):
        st.button("Forget what was typed", key=f"{key}-forget", on_click=_forget, args=(settings.key_fields,))


def _use(key: str, provider: str, widgets: dict[KeyField, str]) -> None:
    """Take what was typed, and answer live from now on."""
    entered = {field: value for field, widget in widgets.items() if (value := st.session_state[widget].strip())}
    st.session_state.update(dict.fromkeys(widgets.values(), ""))  # the page has no further use for them
    if not entered:
        return
    for field, value in entered.items():
        st.session_state[keys.TYPED_KEYS] |= {field.variable: value, **dict.fromkeys(field.replaces, "")}
    key = _current(key)
    turned, seen = st.session_state.get(keys.turned_live(key, provider), (0, 0))
    st.session_state[keys.turned_live(key, provider)] = turned + 1, seen


def _forget(fields: Sequence[KeyField]) -> None:
    for field in fields:
        for name in (field.variable, *field.replaces):
            st.session_state[keys.TYPED_KEYS].pop(name, None)


def _test(choice: Choice, endpoints: dict[str, Settings]) -> None:
    """Ask for one short answer, as a conversation would."""
    request = Request(messages=(Message("user", "Say: ready."),), model=choice.model, max_tokens=TEST_TOKENS)
    with st.spinner("Asking for one short answer…"):
        reply = admission.question(choice.settings(endpoints), request, api=choice.api).start()
        reply.wait(TEST_PATIENCE)
        queue_position = reply.queue_position is not None
        if not reply.over:
            reply.stop()
    if reply.state == "done":
        who = "The simulator" if reply.asked.simulated else literal(reply.asked.label)
        st.success(f"{who} answers.", icon=":material/check_circle:")
    elif reply.error is not None:
        st.error(literal(reply.error.message), icon=":material/error:")
    elif queue_position:
        st.warning("All places are taken, so it was not asked. Test again later.", icon=":material/hourglass_empty:")
    else:
        st.error(f"No answer within {TEST_PATIENCE:g} s.", icon=":material/error:")
