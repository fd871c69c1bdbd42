"""Systems that are compared: how each is started and asked, and where its answers stand."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.typewriter.loads import Load
from tests.support.app import HEALTH, ROOT, free_port, running

PEERS = ROOT / "benchmarks" / "peers"

STREAMLIT = (sys.executable, "-m", "streamlit", "run")
_CHAINLIT = ("-m", "chainlit", "run", str(PEERS / "chainlit_chat.py"), "--headless", "--host", "127.0.0.1")
OWN_STREAMLIT = ("--server.headless", "true", "--server.address", "127.0.0.1", "--server.fileWatcherType", "none",
                 "--browser.gatherUsageStats", "false")  # fmt: skip


def python_of(peer: str) -> str:
    """The Python of the peer's own environment, there or not."""
    return str(ROOT / f".venv-bench-{peer}" / "bin" / "python")


def install(peer: str) -> None:
    """Make the environment, and put into it what `requirements-{peer}.txt` pins, unless it is there already. Ends the
    program where pip can't."""
    folder, requirements = ROOT / f".venv-bench-{peer}", PEERS / f"requirements-{peer}.txt"
    installed = folder / "installed.txt"  # the requirements that it was made from
    if installed.exists() and installed.read_bytes() == requirements.read_bytes():
        return
    print(f"Installing {peer} into {folder.name}: a minute, the first time.", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    pip = [python_of(peer), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    if subprocess.run([*pip, "-r", str(requirements)], check=False).returncode:
        others = ",".join(name for name, system in SYSTEMS.items() if system.peer != peer)
        sys.exit(f"{peer} can't be installed; without it: --systems {others}")
    shutil.copy(requirements, installed)


def version(peer: str) -> str:
    """The peer's pinned version."""
    pinned = (PEERS / f"requirements-{peer}.txt").read_text(encoding="utf-8")
    return pinned.partition(f"\n{peer}==")[2].partition("\n")[0]


def _keyed(load: Load) -> list[str]:
    return [f".st-key-lane-{lane}" for lane in range(load.lanes)]


@dataclass(frozen=True)
class System:
    name: str  # on the command line
    title: str  # in the tables
    command: Callable[[int], Sequence[str]]  # by the port
    question: str = "[data-testid=stChatInputTextArea]"  # where the question is typed: a selector
    answers: Callable[[Load], list[str]] = _keyed  # where each lane's answer stands: selectors
    address: Callable[[Load], str] = lambda load: "/"  # what is opened to ask for such a load
    lanes: tuple[int, ...] = (1,)  # how many it can show
    peer: str = ""  # whose environment it runs in; empty: our own
    environment: Mapping[str, str] = field(default_factory=dict)
    health: str = "/"
    root: bool = False  # run in the project's folder, so that its own settings hold


@contextmanager
def started(system: System, folder: Path, more: Mapping[str, str], name: str = "app") -> Iterator[tuple[str, int]]:
    """The system in a process of its own, its data and its log in the folder: its address and its process id."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    variables = {"STREAMSIDE_DATA": str(folder), **system.environment, **more}
    cwd = ROOT if system.root else folder
    with running(system.command(port), url + system.health, folder / f"{name}.log", variables, cwd) as server:
        yield url, server.pid


def _compare_address(load: Load) -> str:
    lanes = [("lane", f"openai|chat|{load.lane_model(lane)}|live") for lane in range(load.lanes)]
    return "/compare?" + urlencode(lanes)


CHAT = System(
    name="chat",
    title="Streamside, Chat",
    command=lambda port: [*STREAMLIT, "app.py", "--server.port", str(port)],
    answers=lambda load: [".st-key-answer-0"],
    address=lambda load: "/?" + urlencode({"with": f"openai|chat|{load.model}|live"}),
    health=HEALTH,
    root=True,
)
COMPARE = replace(
    CHAT, name="compare", title="Streamside, Compare", answers=_keyed, address=_compare_address, lanes=(3, 6)
)
PLAIN = System(
    name="plain",
    title="plain st.write_stream",
    command=lambda port: [*STREAMLIT, str(PEERS / "plain.py"), "--server.port", str(port), *OWN_STREAMLIT],
    address=lambda load: f"/?lanes={load.lanes}",
    lanes=(1, 3, 6),
    health=HEALTH,
)
GRADIO = System(
    name="gradio",
    title=f"Gradio {version('gradio')}",
    command=lambda port: [python_of("gradio"), str(PEERS / "gradio_chat.py"), str(port)],
    question="textarea[data-testid=textbox]",
    answers=lambda load: ["[data-testid=bot]"],
    peer="gradio",
    environment={"GRADIO_ANALYTICS_ENABLED": "False"},
)
CHAINLIT = System(
    name="chainlit",
    title=f"Chainlit {version('chainlit')}",
    command=lambda port: [python_of("chainlit"), *_CHAINLIT, "--port", str(port)],
    question="#chat-input",
    answers=lambda load: [".ai-message .message-content"],
    peer="chainlit",
)
RAW = System(
    name="raw",
    title="raw websocket page",
    command=lambda port: [sys.executable, str(PEERS / "raw.py"), str(port)],
    question="#question",
    answers=lambda load: [f"#lane-{lane}" for lane in range(load.lanes)],
    address=lambda load: f"/?lanes={load.lanes}",
    lanes=(1, 3, 6),
)
SYSTEMS: dict[str, System] = {system.name: system for system in (CHAT, COMPARE, PLAIN, GRADIO, CHAINLIT, RAW)}
