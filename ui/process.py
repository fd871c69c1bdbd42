"""What the process has once, whatever the number of pages: keys, a simulator, and the answers under way."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import sys
import threading
from collections import ChainMap

import streamlit as st
from dotenv import load_dotenv

from providers import AnySettings, ProviderError, SimulatorAddress, connect, load
from providers.discovery import LOCAL_SERVERS, credentials_found, find_local
from replies import pricing
from simulator import PROMPTS, Simulator
from ui.markdown import literal

__all__ = ["PROMPTS", "endpoints", "simulator", "warm_up"]

WARM_AFTER = 1.0  # seconds; the first page comes first
SWITCH = 0.0005  # seconds that a thread may compute while another waits: whoever reads an answer waits less to stamp it
SIMULATED_LANES = (
    ":material/science: marks what the built-in simulator answers: the providers' real protocols on this machine, with "
    "no model behind them. A key in `.env` makes it live."
)


@st.cache_resource(show_spinner=False)
def simulator() -> SimulatorAddress:
    """The address of this process's simulator, which runs until the process ends."""
    running = Simulator()
    running.start()
    return SimulatorAddress(running.url, running.tls_url, running.ca_file)


@st.cache_resource(show_spinner=False)
def environment() -> None:
    """Read .env and secrets.toml into the environment, once; what is set there already wins."""
    load_dotenv()
    st.secrets.load_if_toml_exists()


@st.cache_resource(ttl=30, show_spinner=False)
def local_servers() -> dict[str, AnySettings]:
    """Ollama and LM Studio, where they answer; looked for anew every half minute."""
    return {name: server for name in LOCAL_SERVERS if (server := find_local(name)) is not None}


def endpoints() -> dict[str, AnySettings]:
    """Every provider that can be asked, with the keys that were typed in this browser session before all others.

    Raises ValueError where a variable can't be meant.
    """
    environment()
    typed: dict[str, str] = st.session_state.get("typed_keys", {})
    configured = load(ChainMap(typed, os.environ))
    return configured | {name: found for name, found in local_servers().items() if name not in configured}


@st.cache_resource(show_spinner=False)
def warm_up() -> None:
    """Import the SDKs and make the clients in the background, so that neither a page nor an answer waits for them."""
    sys.setswitchinterval(SWITCH)
    found = list(endpoints().values())
    waiting = threading.Timer(WARM_AFTER, _warm, args=(found, simulator()))
    waiting.daemon = True
    waiting.start()


def _warm(found: list[AnySettings], address: SimulatorAddress) -> None:
    for name in ("pandas", "pyarrow"):  # Streamlit imports them at the first streamed word
        importlib.import_module(name)
    pricing.prepare()
    for settings in found:
        with contextlib.suppress(ProviderError):  # whoever asks is told
            connect(settings if credentials_found(settings, os.environ) else settings.simulated_by(address))
    # The SDKs are here to stay. To look through all they brought for garbage takes more than a tenth of a second, in
    # which no word comes to anybody.
    gc.freeze()


def endpoints_or_stop() -> dict[str, AnySettings]:
    """The same for a page, which ends here with a clear word where the configuration is wrong."""
    try:
        return endpoints()
    except ValueError as error:
        st.error(literal(str(error)), title="The configuration has a slip", icon=":material/settings_alert:")
        st.stop()
