"""Provocation of every fault in a copy of the project, and a search of what was written there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from simulator import Simulator
from tests.leaks.marks import CONTROL, MARKS, PROMPT, environment, lab, plant
from tests.leaks.search import Findings, search
from tests.support.guard import guarded_environment

ROOT = Path(__file__).parents[2]
PARTS = ("app.py", "ask.py", "ui", "pages", "replies", "providers", "simulator", "tests", ".streamlit/config.toml")
KINDS = {  # by the folder that the child writes
    "errors": "errors and tracebacks",
    "log": "logs at debug level",
    "output": "output of the processes",
    "database": "database while it is used",
    "history": "database when it is closed",
    "recordings": "recordings",
    "exports": "exports",
    "pages": "pages and their addresses",
    "project": "everything else",
}


def provoke(folder: Path, *, quick: bool = False) -> dict[str, Findings]:
    """What there is in `folder` afterwards, by what it is. `quick`: one fault of each kind, by one column or two.

    Raises CalledProcessError where the child fails.
    """
    project, written, output = folder / "project", folder / "written", folder / "written" / "output"
    output.mkdir(parents=True)
    for part in PARTS:
        source, copy = ROOT / part, project / part
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy)
    plant(project)
    home = project / "home"
    home.mkdir()
    variables = guarded_environment(
        PYTHON_DOTENV_DISABLED="",
        **environment(),
        HOME=str(home),
        TMPDIR=str(home),
        OPENAI_LOG="debug",
        STREAMLIT_LOGGER_LEVEL="debug",
        STREAMSIDE_DATA=str(written / "history"),
    )
    run(["-m", "tests.leaks.child", str(written), *(["quick"] if quick else [])], project, variables, output / "child")
    with Simulator() as simulator:
        at_simulator = {"ENDPOINT_LAB_URL": lab(simulator.url)}
        for fault in ("401",) if quick else ("401", "cut"):
            command = ["ask.py", "lab", "--live", "--model", f"{CONTROL}.sim-fault-{fault}", PROMPT]
            run(command, project, variables | at_simulator, output / fault, fails=True)
    keys = [project / ".env", project / ".streamlit" / "secrets.toml"]
    return {what: search(place(folder, kind), MARKS, keys) for kind, what in KINDS.items()}


def place(folder: Path, kind: str) -> Path:
    return folder / kind if kind == "project" else folder / "written" / kind


def run(arguments: list[str], project: Path, variables: dict[str, str], output: Path, *, fails: bool = False) -> None:
    with output.with_suffix(".out").open("wb") as out, output.with_suffix(".err").open("wb") as err:
        command = [sys.executable, *arguments]
        ended = subprocess.run(command, cwd=project, env=variables, stdout=out, stderr=err, check=False)
    if bool(ended.returncode) != fails:
        raise subprocess.CalledProcessError(ended.returncode, arguments, stderr=output.with_suffix(".err").read_text())
