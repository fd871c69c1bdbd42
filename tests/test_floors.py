"""Who may import whom: each floor of the house only what stands below it, and nothing in a circle."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.guard import guarded_environment

ROOT = Path(__file__).parent.parent

VENDORS = {"openai", "boto3", "botocore", "ibm_watsonx_ai", "ibm_watson_machine_learning", "ibm_boto3", "ibm_botocore"}
OURS = {"app", "ask", "pages", "ui", "replies", "providers", "simulator", "tests", "benchmarks", "deploy", "examples"}


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
    "examples": Floor({"replies", "providers", "simulator"}, VENDORS | {"sqlalchemy"}),
}
BENCHMARKS = Floor({"replies", "providers", "simulator", "tests.support"}, {"sqlalchemy"})


def files(root: Path, floor: str) -> list[Path]:
    """A floor is one file or a folder of them; a floor without any is a mistake, not an empty answer."""
    found = [root / f"{floor}.py"] if (root / f"{floor}.py").is_file() else sorted((root / floor).rglob("*.py"))
    if not any(path.read_text(encoding="utf-8").strip() for path in found):
        raise FileNotFoundError(f"the floor {floor} holds no Python")
    return found


def imports(path: Path, *, functions: bool = True) -> Iterator[tuple[int, str]]:
    """Line and name of each import, wherever it stands, or `functions` left out; with what is imported from it.
    Relative ones stay on their floor: left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    bodies = () if functions else (one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef))
    inside = {node for one in bodies for node in ast.walk(one)}
    for node in ast.walk(tree):
        if node in inside:
            continue
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
    may, not_even = FLOORS.get(floor, BENCHMARKS)
    allowed = tuple(f"{name}." for name in may | {floor})
    return [
        f"{path.relative_to(root).as_posix()}:{line} imports {name}"
        for path in files(root, floor)
        for line, module in imports(path)
        if (name := module.partition(".")[0]) in OURS | not_even and not f"{module}.".startswith(allowed)
    ]


def module_of(path: Path, root: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def circle(root: Path, floors: Sequence[str]) -> list[str]:
    """Modules that import each other in a circle, the first one again at the end; empty where none do. An import inside
    a function does not count: it is made when both modules are there."""
    modules = {module_of(path, root): path for floor in floors for path in files(root, floor)}
    graph: dict[str, set[str]] = {}
    for module, path in modules.items():
        named = (name if name in modules else name.rpartition(".")[0] for _, name in imports(path, functions=False))
        graph[module] = {name for name in named if name in modules}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.mark.parametrize("floor", [*FLOORS, "benchmarks"])
def test_a_floor_imports_only_what_stands_below_it(floor: str) -> None:
    assert trespasses(ROOT, floor) == []


def test_nothing_is_imported_in_a_circle() -> None:
    assert circle(ROOT, ["ui", "replies", "providers", "simulator", "examples", "benchmarks"]) == []


@pytest.mark.parametrize("floor", [floor for floor in FLOORS if (ROOT / floor).is_dir()])
def test_the_architecture_page_has_a_line_for_each_room(floor: str) -> None:
    tree = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition(f"\n{floor}/")[2]
    described = re.findall(r"^    (\w+)/ ", re.split(r"\n(?=\S)", tree)[0], re.MULTILINE)
    assert {path.parent.name for path in (ROOT / floor).glob("*/__init__.py")} <= set(described)


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


# A vendor is a file of its own and one row: nobody else knows its name.

VENDOR_NAME = re.compile(r"openai|bedrock|watsonx|anthropic|boto|\baws|aws_|\bibm", re.IGNORECASE)
VENDORS_OWN = ("providers/openai/", "providers/bedrock/", "providers/watsonx/", "providers/vendors.py")
NAMED = {  # what names one all the same, and why
    "providers/env_file.py": "its sentence shows a line of .env as an example",
    "providers/transport/sockets.py": "botocore is an HTTP library there",
    "providers/settings.py": "reads a variable for certificates that others set as well",
}


def code_words(path: Path) -> Iterator[tuple[int, str]]:
    """Identifiers and strings of a file, with their lines; docstrings are none."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = None
    for node in ast.walk(tree):
        for name in ("id", "attr", "arg", "name", "asname", "module", "value"):
            if isinstance(word := getattr(node, name, None), str):
                yield getattr(node, "lineno", 0), word


def namings(root: Path, floor: str) -> list[str]:
    return [
        f"{path}:{line} {word}"
        for path in (file.relative_to(root).as_posix() for file in files(root, floor))
        if not path.startswith(VENDORS_OWN) and path not in NAMED
        for line, word in code_words(root / path)
        if VENDOR_NAME.search(word)
    ]


@pytest.mark.parametrize("floor", ["pages", "ask", "ui", "replies", "providers"])
def test_only_a_vendor_s_own_file_knows_its_name(floor: str) -> None:
    assert namings(ROOT, floor) == []


def test_nobody_asks_what_type_settings_are() -> None:
    asked = re.compile(r"isinstance\(\w*settings\w*,|case \w+Settings\(", re.IGNORECASE)
    for floor in ("pages", "ask", "ui", "replies", "providers"):
        assert [path for path in files(ROOT, floor) if asked.search(path.read_text(encoding="utf-8"))] == []


# The checker itself, on made-up trees: a check that can't fail is none.


def tree(folder: Path, **sources: str) -> Path:
    """A project with these files; `__` stands for a slash."""
    for name, source in sources.items():
        file = folder / f"{name.replace('__', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)
    return folder


@pytest.mark.parametrize(
    ("path", "source", "finding"),
    [
        ("app", "from simulator import Simulator", "simulator"),
        ("pages__chat", "import simulator", "simulator"),
        ("pages__chat", "from openai import OpenAI", "openai"),
        ("ask", "from ui.lane import lane", "ui"),
        ("ask", "import streamlit as st", "streamlit"),
        ("ui__lane", "import pages.chat", "pages"),
        ("replies__reply", "def read():\n    import ui.sidebar", "ui"),
        ("replies__deep__down", "from botocore.exceptions import ClientError", "botocore"),
        ("replies__store", "if TYPE_CHECKING:\n    from streamlit import session_state", "streamlit"),
        ("providers__base", "from replies.reply import Reply", "replies"),
        ("providers__base", "import sqlalchemy.orm", "sqlalchemy"),
        ("providers__base", "import json, streamlit", "streamlit"),
        ("simulator__server", "from providers.base import End", "providers"),
        ("simulator__server", "import importlib\nx = importlib.import_module('providers.base')", "providers"),
        ("simulator__server", "x = __import__('tests')", "tests"),
        ("benchmarks__soak", "from tests.browser.conftest import serve", "tests"),
        ("benchmarks__soak", "from ui.session import keys", "ui"),
        ("app", "import providers, streamlit\nfrom ui import sidebar\nfrom replies import registry", None),
        ("ask", "import providers.replay, simulator\nfrom replies.reply import Reply", None),
        ("ui__lane", "import streamlit, simulator\nfrom ui.answer.typewriter import typewriter", None),
        ("providers__openai", "from .base import End\ndef connect():\n    import openai, providers.base", None),
        ("replies__store", "import sqlalchemy\nfrom providers.base import End\nfrom . import reply", None),
        ("benchmarks__soak", "from tests.support import app\nfrom tests.support.viewer import Viewer", None),
    ],
)
def test_the_checker_sees_a_trespass_and_nothing_else(
    tmp_path: Path, path: str, source: str, finding: str | None
) -> None:
    line = source.count("\n") + 1
    file = f"{path.replace('__', '/')}.py"
    assert trespasses(tree(tmp_path, **{path: source}), path.partition("__")[0]) == (
        [f"{file}:{line} imports {finding}"] if finding else []
    )


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        (["import ui.b", "x = 1"], False),
        (["from ui import b", "from ui.c import d", "import ui"], False),
        (["from ui import b", "def wait():\n    from ui.a import it"], False),
        (["from ui import b", "if TYPE_CHECKING:\n    from ui.a import A"], True),
        (["import ui.b", "from ui import c", "from ui.a import d"], True),
    ],
)
def test_the_checker_sees_a_circle(tmp_path: Path, sources: list[str], found: bool) -> None:
    tree(tmp_path, **{f"ui__{name}": source for name, source in zip("abc", sources, strict=False)})
    assert bool(circle(tmp_path, ["ui"])) is found


@pytest.mark.parametrize("content", [{}, {"replies____init__": "\n\n"}])
def test_a_floor_without_code_is_an_error(tmp_path: Path, content: dict[str, str]) -> None:
    with pytest.raises(FileNotFoundError, match="replies"):
        trespasses(tree(tmp_path, **content), "replies")


@pytest.mark.parametrize(
    ("path", "source", "count"),
    [
        ("ui__picker", "if provider == 'bedrock':\n    pass", 1),
        ("ask", "import providers.openai", 1),
        ("replies__price", "from providers.watsonx.settings import *", 1),
        ("replies__price", "def price(ibm_model): ...", 1),
        ("providers__errors", "OPENAI = 1", 1),
        ("providers__openai__adapter", "import openai", 0),
        ("providers__base", '"""As OpenAI."""', 0),
    ],
)
def test_the_checker_sees_a_vendor_s_name(tmp_path: Path, path: str, source: str, count: int) -> None:
    assert len(namings(tree(tmp_path, **{path: source}), path.partition("__")[0])) == count
