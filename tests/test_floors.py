"""Who may import whom: each floor of the house only what stands below it, and nothing in a circle."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.guard import guarded_environment

ROOT = Path(__file__).parent.parent

VENDORS = {
    "openai",
    "boto3",
    "botocore",
    "ibm_watsonx_ai",
    "ibm_watson_machine_learning",
    "ibm_boto3",
    "ibm_botocore",
}
OURS = {"app", "ask", "pages", "ui", "replies", "providers", "simulator", "tests", "benchmarks", "deploy"}


class Floor(NamedTuple):
    """What of ours a floor may import besides itself, and what of others it must not know."""

    may: set[str]
    not_even: set[str]


FLOORS = {
    "app": Floor({"ui", "replies", "providers"}, VENDORS),
    "pages": Floor({"ui", "replies", "providers"}, VENDORS),
    "ask": Floor({"replies", "providers", "simulator"}, VENDORS | {"streamlit"}),
    "ui": Floor({"replies", "providers", "simulator"}, VENDORS),
    "replies": Floor({"providers"}, VENDORS | {"streamlit"}),
    "providers": Floor(set(), {"streamlit", "sqlalchemy"}),
    "simulator": Floor(set(), {"streamlit", "sqlalchemy"}),
}


def files(root: Path, floor: str) -> list[Path]:
    """A floor is one file or a folder of them; a floor without any is a mistake, not an empty answer."""
    found = [root / f"{floor}.py"] if (root / f"{floor}.py").is_file() else sorted((root / floor).rglob("*.py"))
    if not any(path.read_text(encoding="utf-8").strip() for path in found):
        raise FileNotFoundError(f"the floor {floor} holds no Python")
    return found


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and name of each import, wherever it stands; with what is imported from it. Relative ones stay on their
    floor: left out."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, name.name) for name in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield from ((node.lineno, f"{module}.{name.name}") for name in names)
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(module)), *_],
            ) if not module.startswith("."):
                yield node.lineno, module


def trespasses(root: Path, floor: str) -> list[str]:
    may, not_even = FLOORS[floor]
    forbidden = (OURS - may - {floor}) | not_even
    return [
        f"{path.relative_to(root).as_posix()}:{line} imports {name}"
        for path in files(root, floor)
        for line, module in imports(path)
        if (name := module.partition(".")[0]) in forbidden
    ]


def module_of(path: Path, root: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def circle(root: Path, floors: Sequence[str], without: Sequence[tuple[str, str]] = ()) -> list[str]:
    """Modules that import each other in a circle, the first one again at the end; empty where none do. The imports
    `without`, each from whom and of what, are left out."""
    modules = {module_of(path, root): path for floor in floors for path in files(root, floor)}
    graph: dict[str, set[str]] = {}
    for module, path in modules.items():
        named = (name if name in modules else name.rpartition(".")[0] for _, name in imports(path))
        graph[module] = {name for name in named if name in modules and (module, name) not in without}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.mark.parametrize("floor", FLOORS)
def test_a_floor_imports_only_what_stands_below_it(floor: str) -> None:
    assert trespasses(ROOT, floor) == []


def test_nothing_is_imported_in_a_circle() -> None:
    known = [("providers.base", "providers.transport.call"), ("replies.admission.ticket", "replies.reply")]
    assert circle(ROOT, ["ui", "replies", "providers", "simulator"], without=known) == []


@pytest.mark.parametrize("floor", ["providers", "replies", "simulator"])
def test_importing_a_floor_loads_no_vendor_sdk_and_no_page(floor: str) -> None:
    """An SDK takes up to a second to import: it is loaded on first use, never while an answer is timed."""
    modules = [module_of(path, ROOT) for path in files(ROOT, floor) if path.stem != "__main__"]
    program = (
        f"import importlib, json, sys\nfor name in {modules!r}: importlib.import_module(name)\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    child = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT, env=guarded_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr
    loaded = set(json.loads(child.stdout))
    assert floor in loaded
    assert loaded & (VENDORS | {"streamlit"}) == set()


# The checker itself, on made-up trees: a check that can't fail is none.


@pytest.mark.parametrize(
    ("path", "source", "finding"),
    [
        ("app.py", "from simulator import Simulator", "simulator"),
        ("pages/chat.py", "import simulator", "simulator"),
        ("pages/chat.py", "from openai import OpenAI", "openai"),
        ("ask.py", "from ui.lane import lane", "ui"),
        ("ask.py", "import streamlit as st", "streamlit"),
        ("ui/lane.py", "import pages.chat", "pages"),
        ("replies/reply.py", "def read():\n    import ui.sidebar", "ui"),
        ("replies/deep/down.py", "from botocore.exceptions import ClientError", "botocore"),
        ("replies/store.py", "if TYPE_CHECKING:\n    from streamlit import session_state", "streamlit"),
        ("providers/base.py", "from replies.reply import Reply", "replies"),
        ("providers/base.py", "import sqlalchemy.orm", "sqlalchemy"),
        ("providers/base.py", "import json, streamlit", "streamlit"),
        ("simulator/server.py", "from providers.base import End", "providers"),
        (
            "simulator/server.py",
            "import importlib\nx = importlib.import_module('providers.base')",
            "providers",
        ),
        ("simulator/server.py", "x = __import__('tests')", "tests"),
    ],
)
def test_the_checker_sees_a_trespass(tmp_path: Path, path: str, source: str, finding: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source)
    floor = Path(path).parts[0].removesuffix(".py")
    assert trespasses(tmp_path, floor) == [f"{path}:{source.count(chr(10)) + 1} imports {finding}"]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("app.py", "import providers, streamlit\nfrom ui import sidebar\nfrom replies import registry"),
        ("ask.py", "import providers.openai, simulator\nfrom replies.reply import Reply"),
        ("ui/lane.py", "import streamlit, simulator\nfrom ui.answer.typewriter import typewriter"),
        ("providers/openai.py", "from .base import End\ndef connect():\n    import openai, providers.base"),
        ("replies/store.py", "import sqlalchemy\nfrom providers.base import End\nfrom . import reply"),
    ],
)  # fmt: skip
def test_the_checker_lets_pass_what_is_allowed(tmp_path: Path, path: str, source: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source)
    assert trespasses(tmp_path, Path(path).parts[0].removesuffix(".py")) == []


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        (["import ui.b", "x = 1"], False),
        (["from ui import b", "from ui.c import d", "import ui"], False),
        (["from ui import b", "if TYPE_CHECKING:\n    from ui.a import A"], True),
        (["import ui.b", "def f():\n    from ui import c", "from ui.a import d"], True),
    ],
)
def test_the_checker_sees_a_circle(tmp_path: Path, sources: list[str], found: bool) -> None:
    (tmp_path / "ui").mkdir()
    for name, source in zip("abc", sources, strict=False):
        (tmp_path / "ui" / f"{name}.py").write_text(source)
    assert bool(circle(tmp_path, ["ui"])) is found
    assert not circle(tmp_path, ["ui"], without=[("ui.a", "ui.b")])


@pytest.mark.parametrize("content", [None, "", "\n\n"])
def test_a_floor_without_code_is_an_error(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "replies").mkdir()
        (tmp_path / "replies" / "__init__.py").write_text(content)
    with pytest.raises(FileNotFoundError, match="replies"):
        trespasses(tmp_path, "replies")
