"""A vendor is a file and a row: the made-up one of `parrot.py` is everywhere once its row is there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import ask
from providers import VENDORS
from replies.conversation import Conversation
from replies.recording.format import dump, load
from replies.versions import versions
from tests.providers import parrot
from tests.support.page import asked, opened, said
from ui.session import persistence

PARROT = "parrot|repeat|grey|simulator"
LOUD = "parrot|shout|grey|simulator"


@pytest.fixture(autouse=True)
def row() -> Iterator[None]:
    VENDORS.append(parrot.ParrotSettings)
    yield
    VENDORS.remove(parrot.ParrotSettings)


def test_its_file_is_short() -> None:
    assert len(Path(parrot.__file__).read_text(encoding="utf-8").splitlines()) <= 60


def fields(app: AppTest) -> dict[str, str]:
    return {field.label: field.help for field in app.text_input}


def test_it_is_in_the_sidebar_with_its_apis_and_keys() -> None:
    app = opened(**{"with": PARROT})
    provider = app.selectbox[0]
    assert provider.value == "parrot"
    assert "Polly's Parrots" in provider.options
    assert fields(app)["PARROT_KEY"] == "A cracker."
    assert "needs `PARROT_KEY`" in said(app)
    assert "shout: says it louder." in [group.proto.help.split(". ", 1)[-1] for group in app.get("button_group")]


def test_a_typed_key_makes_it_live() -> None:
    app = opened(**{"with": PARROT})
    next(field for field in app.text_input if field.label == "PARROT_KEY").set_value("a cracker")
    next(button for button in app.button if button.label == "Use for this session").click()
    app.run()
    assert app.query_params["with"] == "parrot|repeat|grey|live"


def test_it_streams_and_is_recorded() -> None:
    app = asked(opened(**{"with": PARROT}), "Who's a pretty boy?")
    assert not app.exception
    assert "4 → 4 tokens" in said(app)
    conversation = persistence.conversation(str(app.query_params["c"]))
    assert conversation is not None
    [item] = load("".join(dump([conversation])).encode())
    assert isinstance(item, Conversation)
    [reply] = item.turns[0].replies
    assert (reply.asked.provider, reply.asked.label, reply.asked.api) == ("parrot", "Polly's Parrots", "repeat")
    assert [chunk.text for chunk in reply.chunks] == ["Who's ", "a ", "pretty ", "boy? "]


def test_two_of_it_are_compared() -> None:
    app = asked(opened("pages/compare.py", lane=[PARROT, LOUD]), "Hello there")
    assert not app.exception
    comparison = persistence.comparison(str(app.query_params["c"]))
    assert comparison is not None
    assert [reply.text for reply in comparison.replies] == ["Hello there ", "HELLO THERE "]


def test_a_comparison_of_all_vendors_has_it() -> None:
    app = opened("pages/compare.py", lane=[PARROT, LOUD])
    next(button for button in app.button if button.label == "All vendors").click().run()
    assert [address.partition("|")[0] for address in app.query_params["lane"]] == [each.name for each in VENDORS]


def test_the_terminal_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "watsonx, parrot, or an endpoint" in " ".join(ask.parser().format_help().split())
    assert "parrot: repeat or shout" in " ".join(ask.parser().format_help().split())
    monkeypatch.setattr("sys.argv", ["ask.py", "parrot", "Hello there", "--simulate", "--api", "shout"])
    monkeypatch.setattr("ask.load_env", lambda: "")
    for stream in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(f"sys.{stream}", TextIOWrapper(BytesIO()))
    assert ask.main() == 0
    assert printed("stdout") == "HELLO THERE \n"
    assert "Polly's Parrots simulator · grey · shout" in printed("stderr")


def printed(stream: str) -> str:
    written: TextIOWrapper = getattr(sys, stream)
    written.seek(0)
    return written.read()


def test_the_sdks_of_all_vendors_are_in_the_versions() -> None:
    assert {sdk for vendor in VENDORS for sdk in vendor.sdks} >= {*versions()} - {"streamside", "python"}
