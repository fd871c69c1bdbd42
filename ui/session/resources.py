"""Resources of the process, one of each for all pages: the environment, the simulator, the endpoints."""

import os
from collections import ChainMap

import streamlit as st

from providers import Settings, SimulatorAddress, load
from providers.env_file import load_env
from providers.vendors import LOCAL_SERVERS, find_local
from ui.markdown import literal
from ui.session import keys

LOGGED = 20  # exchanges that the built-in simulator remembers: no page asks for them
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
    """Prompts to suggest: the simulator has an answer of its own to each."""
    from simulator import PROMPTS  # here, as above: the server starts sooner

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
    """Whether secrets.toml is there and was read. Streamlit itself does not catch errors of the system or a decoder."""
    try:
        return st.secrets.load_if_toml_exists()
    except (OSError, UnicodeDecodeError):
        return False


@st.cache_resource(ttl=30, show_spinner=False)
def local_servers() -> dict[str, Settings]:
    """Ollama and LM Studio, where they answer; looked for every half minute."""
    return {name: server for name in LOCAL_SERVERS if (server := find_local(name)) is not None}


def endpoints() -> dict[str, Settings]:
    """Every provider that can be asked. Keys typed in this browser session win over the environment's.

    Raises ValueError where a variable is invalid.
    """
    environment()
    typed: dict[str, str] = st.session_state.get(keys.TYPED_KEYS, {})
    configured = load(ChainMap(typed, os.environ))
    return configured | {name: found for name, found in local_servers().items() if name not in configured}


def endpoints_or_stop() -> dict[str, Settings]:
    """The same for a page, which ends here with an error where the configuration is invalid."""
    try:
        return endpoints()
    except ValueError as error:
        st.error(literal(str(error)), title="The configuration has an error", icon=":material/settings_alert:")
        st.stop()
