"""Systems that are compared: how each is started and asked, and where its answers stand."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.typewriter.loads import Load
from tests.support.app import HEALTH, ROOT

PEERS = ROOT / "benchmarks" / "peers"

STREAMLIT = ("-m", "streamlit", "run")
_CHAINLIT = ("-m", "chainlit", "run", str(PEERS / "chainlit_chat.py"), "--headless", "--host", "127.0.0.1")
OWN_STREAMLIT = ("--server.headless", "true", "--server.address", "127.0.0.1", "--server.fileWatcherType", "none",
                 "--browser.gatherUsageStats", "false")  # fmt: skip


def python_of(peer: str) -> Path:
    """The Python of the peer's own environment, `.venv-bench-{peer}`, there or not."""
    binaries = "Scripts" if sys.platform == "win32" else "bin"
    return _folder(peer) / binaries / "python"


def install(peer: str) -> None:
    """Make the environment, and put into it what `requirements-{peer}.txt` pins, unless it is there already.

    Raises subprocess.CalledProcessError where pip can't.
    """
    requirements = PEERS / f"requirements-{peer}.txt"
    installed = _folder(peer) / "installed.txt"  # the requirements that it was made from
    wanted = requirements.read_text(encoding="utf-8")
    if installed.exists() and installed.read_text(encoding="utf-8") == wanted:
        return
    print(f"Installing {peer} into {_folder(peer).name}: a minute, the first time.", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(_folder(peer))], check=True)
    pip = [str(python_of(peer)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    subprocess.run([*pip, "-r", str(requirements)], check=True)
    installed.write_text(wanted, encoding="utf-8")


def version(peer: str) -> str:
    """The peer's pinned version."""
    lines = (PEERS / f"requirements-{peer}.txt").read_text(encoding="utf-8").splitlines()
    return next(line.partition("==")[2] for line in lines if line.startswith(f"{peer}=="))


def _folder(peer: str) -> Path:
    return ROOT / f".venv-bench-{peer}"


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


def _compare_address(load: Load) -> str:
    lanes = [("lane", f"openai|chat|{load.lane_model(lane)}|live") for lane in range(load.lanes)]
    return "/compare?" + urlencode(lanes)


def _keyed(load: Load) -> list[str]:
    return [f".st-key-lane-{lane}" for lane in range(load.lanes)]


STREAMLIT_QUESTION = "[data-testid=stChatInputTextArea]"

CHAT = System(
    name="chat",
    title="Streamside, Chat",
    command=lambda port: [*STREAMLIT, "app.py", "--server.port", str(port)],
    question=STREAMLIT_QUESTION,
    answers=lambda load: [".st-key-answer-0"],
    address=lambda load: "/?" + urlencode({"with": f"openai|chat|{load.model}|live"}),
    health=HEALTH,
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
    health=HEALTH,
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
    health=HEALTH,
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
    command=lambda port: [*_CHAINLIT, "--port", str(port)],
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
