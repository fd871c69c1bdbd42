"""Who may import whom: each floor of the house only what stands below it."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
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
    """Line and first name of each import, wherever it stands. Relative ones stay on their floor: left out."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        match node:
            case ast.Import(names=names):
                for name in names:
                    yield node.lineno, name.name.partition(".")[0]
            case ast.ImportFrom(module=str(module), level=0):
                yield node.lineno, module.partition(".")[0]
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(module)), *_],
            ) if not module.startswith("."):
                yield node.lineno, module.partition(".")[0]


def trespasses(root: Path, floor: str) -> list[str]:
    may, not_even = FLOORS[floor]
    forbidden = (OURS - may - {floor}) | not_even
    return [
        f"{path.relative_to(root).as_posix()}:{line} imports {name}"
        for path in files(root, floor)
        for line, name in imports(path)
        if name in forbidden
    ]


@pytest.mark.parametrize("floor", FLOORS)
def test_a_floor_imports_only_what_stands_below_it(floor: str) -> None:
    assert trespasses(ROOT, floor) == []


@pytest.mark.parametrize("floor", ["providers", "replies", "simulator"])
def test_importing_a_floor_loads_no_vendor_sdk_and_no_page(floor: str) -> None:
    """An SDK takes up to a second to import: it is loaded on first use, never while an answer is timed."""
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in files(ROOT, floor)
        if path.stem != "__main__"
    ]
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


# No circles: a module that another needs does not need that one, not even for its types.


def circle(root: Path, floor: str) -> list[str]:
    """Modules of a floor that import each other in a ring, in order; empty where none do. Imports inside functions
    don't count: they are made when both are there."""
    needs: dict[str, set[str]] = {}
    for path in files(root, floor):
        name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        later = {id(node) for each in ast.walk(tree) if isinstance(each, ast.FunctionDef) for node in ast.walk(each)}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module and id(node) not in later:
                needs.setdefault(name, set()).update(
                    {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
                )

    def walk(trail: list[str]) -> list[str]:
        for needed in sorted(needs.get(trail[-1], set()) & needs.keys()):
            if needed in trail:
                return [*trail[trail.index(needed) :], needed]
            if needed not in done and (found := walk([*trail, needed])):
                return found
        done.add(trail[-1])
        return []

    done: set[str] = set()
    return next((found for name in needs if (found := walk([name]))), [])


@pytest.mark.parametrize("floor", ["providers"])
def test_no_modules_import_each_other_in_a_ring(floor: str) -> None:
    assert circle(ROOT, floor) == []


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
        ("ask.py", "import providers.replay, simulator\nfrom replies.reply import Reply"),
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


@pytest.mark.parametrize("content", [None, "", "\n\n"])
def test_a_floor_without_code_is_an_error(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "replies").mkdir()
        (tmp_path / "replies" / "__init__.py").write_text(content)
    with pytest.raises(FileNotFoundError, match="replies"):
        trespasses(tmp_path, "replies")


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("ui/picker.py", "if provider == 'bedrock':\n    pass"),
        ("ask.py", "import providers.openai"),
        ("replies/price.py", "from providers.watsonx.settings import *"),
        ("replies/price.py", "def price(ibm_model): ..."),
        ("providers/errors.py", "OPENAI = 1"),
    ],
)
def test_the_checker_sees_a_vendor_s_name(tmp_path: Path, path: str, source: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source)
    assert len(namings(tmp_path, Path(path).parts[0].removesuffix(".py"))) == 1


def test_the_checker_lets_a_vendor_s_file_and_words_in_docstrings_pass(tmp_path: Path) -> None:
    for path, source in (("providers/openai/adapter.py", "import openai"), ("providers/base.py", '"""As OpenAI."""')):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(source)
    assert namings(tmp_path, "providers") == []


@pytest.mark.parametrize("when", ["", "if TYPE_CHECKING:\n    "])
def test_the_checker_sees_a_ring(tmp_path: Path, when: str) -> None:
    (tmp_path / "replies").mkdir()
    for name, other in (("reply", "reader"), ("reader", "gate"), ("gate", "reply")):
        (tmp_path / "replies" / f"{name}.py").write_text(f"{when}from replies.{other} import it")
    assert sorted(circle(tmp_path, "replies")[1:]) == ["replies.gate", "replies.reader", "replies.reply"]


def test_an_import_inside_a_function_makes_no_ring(tmp_path: Path) -> None:
    (tmp_path / "replies").mkdir()
    (tmp_path / "replies" / "reply.py").write_text("from replies import gate")
    (tmp_path / "replies" / "gate.py").write_text("def wait():\n    from replies.reply import it")
    assert circle(tmp_path, "replies") == []
