"""What is compared: how each is started, asked, and where its answers stand."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.typewriter.loads import Load
from benchmarks.typewriter.processes import ROOT

PEERS = ROOT / "benchmarks" / "peers"
STREAMLIT = ("-m", "streamlit", "run")
OWN_STREAMLIT = ("--server.headless", "true", "--server.address", "127.0.0.1", "--server.fileWatcherType", "none",
                 "--browser.gatherUsageStats", "false")  # fmt: skip


@dataclass(frozen=True)
class System:
    name: str  # on the command line
    title: str  # in the tables
    command: Callable[[int], Sequence[str]]  # by the port; run by `python`
    field: str  # where the question is typed: a selector
    answers: Callable[[Load], list[str]]  # where each lane's answer stands: selectors
    address: Callable[[Load], str] = lambda load: "/"  # what is opened to ask for such a load
    lanes: tuple[int, ...] = (1,)  # how many it can show
    python: Path = Path(sys.executable)
    environment: Mapping[str, str] | None = None
    health: str = "/"
    root: bool = False  # run in the project's folder, so that its own settings hold


def _chat_address(load: Load) -> str:
    return "/?" + urlencode({"with": f"openai|chat|{load.model}|live"})


def _compare_address(load: Load) -> str:
    lanes = [("lane", f"openai|chat|{load.lane_model(lane)}|live") for lane in range(load.lanes)]
    return "/compare?" + urlencode(lanes)


def _keyed(load: Load) -> list[str]:
    return [f".st-key-lane-{lane}" for lane in range(load.lanes)]


STREAMLIT_FIELD = "[data-testid=stChatInputTextArea]"
STREAMLIT_HEALTH = "/_stcore/health"

CHAT = System(
    name="chat",
    title="Streamside, Chat",
    command=lambda port: [*STREAMLIT, "app.py", "--server.port", str(port)],
    field=STREAMLIT_FIELD,
    answers=lambda load: [".st-key-answer-0"],
    address=_chat_address,
    health=STREAMLIT_HEALTH,
    root=True,
)
COMPARE = System(
    name="compare",
    title="Streamside, Compare",
    command=CHAT.command,
    field=STREAMLIT_FIELD,
    answers=_keyed,
    address=_compare_address,
    lanes=(3, 6),
    health=STREAMLIT_HEALTH,
    root=True,
)
PLAIN = System(
    name="plain",
    title="plain st.write_stream",
    command=lambda port: [*STREAMLIT, str(PEERS / "plain.py"), "--server.port", str(port), *OWN_STREAMLIT],
    field=STREAMLIT_FIELD,
    answers=_keyed,
    address=lambda load: f"/?lanes={load.lanes}",
    lanes=(1, 3, 6),
    health=STREAMLIT_HEALTH,
)
RAW = System(
    name="raw",
    title="raw websocket page",
    command=lambda port: [str(PEERS / "raw.py"), str(port)],
    field="#question",
    answers=lambda load: [f"#lane-{lane}" for lane in range(load.lanes)],
    address=lambda load: f"/?lanes={load.lanes}",
    lanes=(1, 3, 6),
)

SYSTEMS: dict[str, System] = {system.name: system for system in (CHAT, COMPARE, PLAIN, RAW)}
