"""What is compared: how each is started, asked, and where its answers stand."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.typewriter.environments import PEERS, python_of, version
from benchmarks.typewriter.loads import Load

STREAMLIT = ("-m", "streamlit", "run")
OWN_STREAMLIT = ("--server.headless", "true", "--server.address", "127.0.0.1", "--server.fileWatcherType", "none",
                 "--browser.gatherUsageStats", "false")  # fmt: skip


@dataclass(frozen=True)
class System:
    name: str  # on the command line
    title: str  # in the tables
    command: Callable[[int], Sequence[str]]  # by the port; run by `python`
    question: str  # where the question is typed: a selector
    answers: Callable[[Load], list[str]]  # where each lane's answer stands: selectors
    address: Callable[[Load], str] = lambda load: "/"  # what is opened to ask for such a load
    lanes: tuple[int, ...] = (1,)  # how many it can show
    peer: str = ""  # whose environment it runs in; empty: our own
    environment: Mapping[str, str] = field(default_factory=dict)
    health: str = "/"
    root: bool = False  # run in the project's folder, so that its own settings hold

    @property
    def python(self) -> Path:
        return python_of(self.peer) if self.peer else Path(sys.executable)


def _chat_address(load: Load) -> str:
    return "/?" + urlencode({"with": f"openai|chat|{load.model}|live"})


def _compare_address(load: Load) -> str:
    lanes = [("lane", f"openai|chat|{load.lane_model(lane)}|live") for lane in range(load.lanes)]
    return "/compare?" + urlencode(lanes)


def _keyed(load: Load) -> list[str]:
    return [f".st-key-lane-{lane}" for lane in range(load.lanes)]


# The app in a process whose typewriter has another shortest interval.
_WITH_FRAMES = "import ui.answer.typewriter as t; t.SHORTEST = 1 / {}; from streamlit.web.cli import main; main()"
STREAMLIT_QUESTION = "[data-testid=stChatInputTextArea]"
STREAMLIT_HEALTH = "/_stcore/health"

CHAT = System(
    name="chat",
    title="Streamside, Chat",
    command=lambda port: [*STREAMLIT, "app.py", "--server.port", str(port)],
    question=STREAMLIT_QUESTION,
    answers=lambda load: [".st-key-answer-0"],
    address=_chat_address,
    health=STREAMLIT_HEALTH,
    root=True,
)
COMPARE = System(
    name="compare",
    title="Streamside, Compare",
    command=CHAT.command,
    question=STREAMLIT_QUESTION,
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
    question=STREAMLIT_QUESTION,
    answers=_keyed,
    address=lambda load: f"/?lanes={load.lanes}",
    lanes=(1, 3, 6),
    health=STREAMLIT_HEALTH,
)
GRADIO = System(
    name="gradio",
    title=f"Gradio {version('gradio')}",
    command=lambda port: [str(PEERS / "gradio_chat.py"), str(port)],
    question="textarea[data-testid=textbox]",
    answers=lambda load: ["[data-testid=bot]"],
    peer="gradio",
    environment={"GRADIO_ANALYTICS_ENABLED": "False"},
)
CHAINLIT = System(
    name="chainlit",
    title=f"Chainlit {version('chainlit')}",
    command=lambda port: [
        "-m",
        "chainlit",
        "run",
        str(PEERS / "chainlit_chat.py"),
        "--headless",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ],
    question="#chat-input",
    answers=lambda load: [".ai-message .message-content"],
    peer="chainlit",
)
RAW = System(
    name="raw",
    title="raw websocket page",
    command=lambda port: [str(PEERS / "raw.py"), str(port)],
    question="#question",
    answers=lambda load: [f"#lane-{lane}" for lane in range(load.lanes)],
    address=lambda load: f"/?lanes={load.lanes}",
    lanes=(1, 3, 6),
)

SYSTEMS: dict[str, System] = {system.name: system for system in (CHAT, COMPARE, PLAIN, GRADIO, CHAINLIT, RAW)}


def chat_with_frames(rate: float) -> System:
    """Chat with so many frames a second, at most."""
    return replace(
        CHAT,
        name=f"{rate:g}-frames",
        title=f"Chat, {rate:g} frames/s",
        command=lambda port: ["-c", _WITH_FRAMES.format(rate), "run", "app.py", "--server.port", str(port)],
    )
