"""Any text, cut anywhere, comes out the same from every API; and no event, whatever is in it, is more than an error."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers import ProviderError, Reasoning
from simulator import Simulator
from tests.faults.causes import hasty
from tests.faults.columns import Column, here
from tests.faults.rig import Rig
from tests.providers.asking import Heard, question

EVERY_CHARACTER = st.characters(exclude_categories=())  # halves of characters too, which JSON can carry
AWKWARD = st.sampled_from(
    ["data: ", "\n\n", "\r", "[DONE]", "event: error", '"errors"', "\0", "\u2028", "\ud83d", "\ude00"]
)
TEXTS = st.lists(st.text(EVERY_CHARACTER, max_size=8) | AWKWARD, max_size=8)
THOUGHTS = st.lists(st.text(max_size=8), max_size=3)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)

every_column = pytest.mark.parametrize("column", here(), ids=str)
few = settings(max_examples=15, derandomize=True, database=None)


@pytest.fixture(scope="module")
def rig(simulator: Simulator) -> Iterator[Rig]:
    with Rig(simulator) as rig:
        yield rig


def heard(rig: Rig, column: Column, body: bytes, cuts: list[int]) -> Heard:
    """What comes of an answer that is cut there into chunks, each a TCP segment of its own."""
    heard = Heard()
    rig.script(column).plays(body, content_type=column.wire.content_type, cuts=sorted(cuts))
    rig.ask(column, rig.scripted(column), question(), hasty(heard), heard)
    return heard


def whole(texts: list[str]) -> str:
    return "".join(texts).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@every_column
@few
@given(thoughts=THOUGHTS, texts=TEXTS, escaped=st.booleans(), data=st.data())
def test_any_text_cut_anywhere_comes_out_the_same(
    rig: Rig, column: Column, thoughts: list[str], texts: list[str], escaped: bool, data: st.DataObject
) -> None:
    wire = column.wire
    events = [*filter(None, map(wire.thought, thoughts)), *map(wire.said, texts), *wire.finishing()]
    body = b"".join(wire.framed(event, escaped=escaped) for event in events)
    got = heard(rig, column, body, data.draw(st.lists(st.integers(0, len(body)), max_size=16)))
    assert got.error is None
    assert got.end is not None
    assert got.text == whole(texts)
    assert got.reasoning == ("".join(thoughts) if wire.thought("") is not None else "")
    assert all(piece and piece.encode() for piece in got.pieces)
    assert all(type(piece) in (str, Reasoning) for piece in got.pieces)


@every_column
@few
@given(junk=JUNK, data=st.data())
def test_an_event_with_anything_in_it_is_an_error_at_most(
    rig: Rig, column: Column, junk: Any, data: st.DataObject
) -> None:
    """One value somewhere in an answer is another; the words before it are kept."""
    wire, said = column.wire, ["One", " two", " three"]
    events = [*map(wire.said, said), *wire.finishing()]
    at = data.draw(st.integers(0, len(events) - 1))
    events[at] = replaced(events[at], data.draw(st.sampled_from(paths(events[at]))), junk)
    got = heard(rig, column, b"".join(map(wire.framed, events)), [])
    assert got.error is None or isinstance(got.error, ProviderError)
    assert (got.error is None) != (got.end is None)
    assert got.pieces[:at] == said[:at]
    assert all(type(piece) is str for piece in got.pieces if not isinstance(piece, Reasoning))


Path = tuple[Any, ...]


def paths(value: Any) -> list[Path]:
    """The places in an event, its own among them. Of a pair, a name and a payload, only those in the payload."""
    match value:
        case (_, payload) if isinstance(value, tuple):
            return [(1, *path) for path in paths(payload)]
        case dict():
            return [(), *((key, *path) for key, inner in value.items() for path in paths(inner))]
        case list():
            return [(), *((place, *path) for place, inner in enumerate(value) for path in paths(inner))]
    return [()]


def replaced(value: Any, path: Path, junk: Any) -> Any:
    if not path:
        return junk
    first, *rest = path
    if isinstance(value, tuple):
        return (value[0], replaced(value[1], tuple(rest), junk))
    value = copy.copy(value)
    value[first] = replaced(value[first], tuple(rest), junk)
    return value
