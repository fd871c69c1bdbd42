"""Lanes as they stand in an address, what they are called, and their grid."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import End, Message, Settings, load
from providers.parameters import PARAMETERS, Parameter
from replies.conversation import Comparison, Round
from replies.reply import Reply
from tests.store.said import answered, asked
from tests.support.page import drawn
from ui.compare import lane_grid
from ui.compare.lane_editor import Lane, lane_names, with_fallbacks
from ui.compare.lane_presets import EXPERIMENTS, PRESETS
from ui.controls.parameters import Parameters
from ui.controls.provider_picker import RECORDING, Choice

ENDPOINTS: dict[str, Settings] = load({})
SIMULATED = Lane(Choice("openai", "chat", "sim-fast", live=False))


def values(parameter: Parameter) -> st.SearchStrategy[object]:
    least, most = int(parameter.least), int(parameter.most)
    return {
        "text": st.text(max_size=50),
        "whole": st.none() | st.integers(least, most),
        "number": st.none() | st.integers(100 * least, 100 * most).map(lambda hundredths: hundredths / 100),
        "word": st.sampled_from((None, "gpt-5.x_1", *parameter.options)),
        "texts": st.lists(st.text(min_size=1, max_size=9), max_size=3).map(tuple),
        "json": st.sampled_from(("", '{"a&b": "c|d=é", "e": [1]}')),
    }[parameter.kind]


parameters = st.builds(
    Parameters,
    stream=st.booleans(),
    cache=st.booleans(),
    unique=st.booleans(),
    **{parameter.name: values(parameter) for parameter in PARAMETERS},
)


@given(parameters)
def test_a_lane_is_found_again_by_its_address(parameters: Parameters) -> None:
    lane = SIMULATED._replace(parameters=parameters)
    assert Lane.parse(lane.address, ENDPOINTS, {}) == lane


@pytest.mark.parametrize(
    "parameter",
    [
        "temperature=hot", "temperature=3", "temperature=nan", "max_tokens=0", "max_tokens=1.5", "effort=very+high",
        "seed=1.5", "extra=[1]", "extra=%7B%22stream%22:false%7D", "stream=maybe", "cache=maybe", "mood=calm",
    ],
)  # fmt: skip
def test_an_invalid_address_is_no_lane(parameter: str) -> None:
    assert Lane.parse("openai|chat|m|live", ENDPOINTS, {})
    for address in (f"openai|chat|m|live|{parameter}", "nobody|chat|m|live", "openai|chat", ""):
        assert Lane.parse(address, ENDPOINTS, {}) is None


def test_a_recording_in_a_lane_is_found_by_its_id_and_what_is_gone_is_openai_as_configured() -> None:
    kept = answered("Because.")
    lane = Lane(Choice(RECORDING, "replay", kept.id, live=False))
    assert Lane.parse(lane.address, ENDPOINTS, {kept.id: kept}) == lane
    assert Lane.parse(lane.address, ENDPOINTS, {}) is None
    gone = Lane(Choice("ollama", "chat", "llama", live=True))
    lanes = with_fallbacks({3: gone, 5: SIMULATED}, ENDPOINTS, {})
    assert lanes == {3: Lane(Choice.default(ENDPOINTS["openai"])), 5: SIMULATED}


def test_the_lane_of_an_answer_asks_as_it_was_asked() -> None:
    assert SIMULATED.address == "openai|chat|sim-fast|simulator"
    who = asked("Why?", model="sim-fast", simulated=True)
    assert Lane.of(answered(who=who), ENDPOINTS) == SIMULATED
    for gone in (asked(recorded=True), asked(provider="ollama")):
        assert Lane.of(answered(who=gone), ENDPOINTS) is None


def test_no_two_lanes_are_called_alike_also_where_some_are_asked_a_follow_up() -> None:
    warm = asked(label="OpenAI", temperature=1.0)
    lanes = [answered(who=who) for who in (asked(), asked(), warm, asked(provider="bedrock"), asked(recorded=True))]
    comparison = Comparison.of("Why?", lanes)
    comparison.rounds.append(Round("And?", {1: [answered()]}))
    assert list(lane_names(comparison).values()) == [
        "Openai · m (1)",
        "Openai · m (2)",
        "OpenAI · m",
        "Bedrock · m",
        "Openai · m · recorded",
    ]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_makes_lanes_that_differ(name: str) -> None:
    lanes = PRESETS[name](SIMULATED, ENDPOINTS)
    assert 2 <= len(lanes) <= 6
    assert len(set(lanes)) == len(lanes)
    assert all(Lane.parse(lane.address, ENDPOINTS, {}) == lane for lane in lanes)
    if name == "Each API of one vendor":  # with the same model where it may be
        assert [lane.choice.api for lane in lanes] == list(ENDPOINTS["openai"].apis)
        assert {lane.choice.model for lane in lanes} == {SIMULATED.choice.model}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Streamed against awaited", [[], ["awaited"]]),
        ("Two temperatures", [["temperature 0"], ["temperature 1"]]),
        ("Two reasoning efforts", [["effort low"], ["effort high"]]),
        ("Two service tiers", [["tier default"], ["tier priority"]]),
        ("Cold against warm cache", [["unique prefix"], []]),
    ],
)
def test_an_experiment_changes_one_thing_of_the_first_lane(name: str, words: list[list[str]]) -> None:
    lanes = EXPERIMENTS[name](SIMULATED, ENDPOINTS)
    assert [lane.parameters.words for lane in lanes] == words
    assert {lane.choice for lane in lanes} == {SIMULATED.choice}


def test_a_unique_prefix_is_asked_with_and_found_again() -> None:
    parameters = Parameters(unique=True)
    first, second = (parameters.request((Message("user", "Why?"),), "m") for _ in range(2))
    assert first.messages != second.messages
    assert first.messages[-1].content.endswith("\n\nWhy?")
    assert Parameters.of(first) == parameters
    assert parameters.request(first.messages, "m") == first  # one prefix is enough


class Ending(Reply):
    """An answer that ends while somebody looks: it is in progress for so many looks."""

    def __init__(self, looks: int) -> None:
        super().__init__(asked(), state="done", end=End("stop"), total=1.0)
        self._looks = looks

    @property
    def over(self) -> bool:
        self._looks -= 1
        return self._looks < 0


def page(comparison):  # type: ignore[no-untyped-def]  # only its text goes to the page
    from ui.compare.lane_grid import LaneGrid

    LaneGrid(comparison, {0: "one", 1: "two"}, None, lambda lane, answered: None).draw()


@pytest.mark.parametrize("looks", range(7, 17))
def test_one_answer_may_end_at_any_look_while_another_goes_on(looks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane_grid, "LOOK", 0)
    comparison = Comparison.of("Hi", [Ending(looks), Ending(40)])
    drawn(page, comparison)
