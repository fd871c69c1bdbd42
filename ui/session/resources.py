"""What the process has once, whatever the number of pages: keys, a simulator, and the answers under way."""

from __future__ import annotations

import os
from collections import ChainMap

import streamlit as st

from providers import AnySettings, SimulatorAddress, load
from providers.env_file import load_env
from providers.vendors import LOCAL_SERVERS, find_local
from ui.markdown import literal

LOGGED = 20  # exchanges that the built-in simulator remembers: nobody here asks it what it said
SIMULATED_LANES = (
    ":material/science: marks what the built-in simulator answers: the providers' real protocols on this machine, with "
    "no model behind them. Words and speeds were made up, and say nothing about a provider. A key in `.env` makes it "
    "live."
)


@st.cache_resource(show_spinner=False)
def simulator() -> SimulatorAddress:
    """The address of this process's simulator, which runs until the process ends."""
    from simulator import Simulator

    running = Simulator(kept=LOGGED)
    running.start()
    return SimulatorAddress(running.url, running.tls_url, running.ca_file)


def prompts() -> tuple[str, ...]:
    """Those that the simulator has an answer of its own to."""
    from simulator import PROMPTS  # here, as above: the server is up the sooner for it

    return PROMPTS


@st.cache_resource(show_spinner=False)
def environment() -> str:
    """Read .env and secrets.toml into the environment, once; what is set there already wins.

    Returns what is wrong with .env, in one line; empty where nothing is.
    """
    problem = load_env()
    secrets()
    return problem


def secrets() -> bool:
    """Whether secrets.toml is there and was read. Streamlit itself lets out what the system or a decoder raises."""
    try:
        return st.secrets.load_if_toml_exists()
    except (OSError, UnicodeDecodeError):
        return False


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


def endpoints_or_stop() -> dict[str, AnySettings]:
    """The same for a page, which ends here with a clear word where the configuration is wrong."""
    try:
        return endpoints()
    except ValueError as error:
        st.error(literal(str(error)), title="The configuration has a slip", icon=":material/settings_alert:")
        st.stop()
