"""Lanes as they stand in an address, and what they are called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import Message, Request, Settings, load
from providers.parameters import PARAMETERS, Parameter
from replies.conversation import Comparison
from replies.reply import Asked
from tests.store.said import answered, asked
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


def test_a_lane_without_parameters_has_the_address_of_its_choice() -> None:
    assert SIMULATED.address == "openai|chat|sim-fast|simulator"


@pytest.mark.parametrize(
    "address",
    [
        "openai|chat|m|live|temperature=hot",
        "openai|chat|m|live|temperature=3",
        "openai|chat|m|live|temperature=nan",
        "openai|chat|m|live|max_tokens=0",
        "openai|chat|m|live|max_tokens=1.5",
        "openai|chat|m|live|top_p=-1",
        "openai|chat|m|live|effort=very+high",
        "openai|chat|m|live|seed=1.5",
        "openai|chat|m|live|frequency_penalty=3",
        "openai|chat|m|live|extra=[1]",
        "openai|chat|m|live|extra=%7B%22stream%22:false%7D",
        "openai|chat|m|live|stream=maybe",
        "openai|chat|m|live|cache=maybe",
        "openai|chat|m|live|mood=calm",
        "nobody|chat|m|live",
        "openai|chat",
        "",
    ],
)
def test_an_invalid_address_is_no_lane(address: str) -> None:
    assert Lane.parse(address, ENDPOINTS, {}) is None


def test_a_recording_in_a_lane_is_found_by_its_id() -> None:
    kept = answered("Because.")
    lane = Lane(Choice(RECORDING, "replay", kept.id, live=False))
    assert Lane.parse(lane.address, ENDPOINTS, {kept.id: kept}) == lane
    assert Lane.parse(lane.address, ENDPOINTS, {}) is None


def test_what_is_gone_is_openai_as_configured() -> None:
    gone = Lane(Choice("ollama", "chat", "llama", live=True))
    lanes = with_fallbacks({3: gone, 5: SIMULATED}, ENDPOINTS, {})
    assert lanes == {3: Lane(Choice.default(ENDPOINTS["openai"])), 5: SIMULATED}


def test_the_lane_of_an_answer_asks_as_it_was_asked() -> None:
    who = asked("Why?", model="sim-fast", simulated=True)
    assert Lane.of(answered(who=who), ENDPOINTS) == SIMULATED


@pytest.mark.parametrize("who", [asked(recorded=True), asked(provider="ollama")])
def test_a_recording_and_a_provider_that_is_gone_can_not_be_asked_again(who: Asked) -> None:
    assert Lane.of(answered(who=who), ENDPOINTS) is None


def test_no_two_lanes_are_called_alike() -> None:
    preconnect = Asked(
        provider="openai",
        label="OpenAI",
        api="chat",
        request=Request(messages=(), model="m", temperature=1.0),
        simulated=False,
    )
    lanes = [
        answered(who=who) for who in (asked(), asked(), preconnect, asked(provider="bedrock"), asked(recorded=True))
    ]
    assert list(lane_names(Comparison.of("Why?", lanes)).values()) == [
        "Openai · m (1)",
        "Openai · m (2)",
        "OpenAI · m",
        "Bedrock · m",
        "Openai · m · recorded",
    ]


def test_lanes_keep_their_names_in_a_follow_up_to_some() -> None:
    comparison = Comparison.of("Why?", [answered(who=asked(model=model)) for model in "abc"])
    comparison.rounds.append(Comparison.of("And?", []).rounds[0])
    comparison.rounds[1].lanes = {1: [answered(who=asked(model="b"))]}
    assert lane_names(comparison) == {0: "Openai · a", 1: "Openai · b", 2: "Openai · c"}


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_makes_lanes_that_differ(name: str) -> None:
    lanes = PRESETS[name](SIMULATED, ENDPOINTS)
    assert 2 <= len(lanes) <= 6
    assert len(set(lanes)) == len(lanes)
    assert all(Lane.parse(lane.address, ENDPOINTS, {}) == lane for lane in lanes)


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


def test_each_api_of_a_vendor_is_a_lane_with_the_same_model_where_it_may_be() -> None:
    lanes = EXPERIMENTS["Each API of one vendor"](SIMULATED, ENDPOINTS)
    assert [lane.choice.api for lane in lanes] == list(ENDPOINTS["openai"].apis)
    assert {lane.choice.model for lane in lanes} == {SIMULATED.choice.model}
    assert all(Lane.parse(lane.address, ENDPOINTS, {}) == lane for lane in lanes)


def test_a_unique_prefix_is_asked_with_and_found_again() -> None:
    parameters = Parameters(unique=True)
    first, second = (parameters.request((Message("user", "Why?"),), "m") for _ in range(2))
    assert first.messages != second.messages
    assert first.messages[-1].content.endswith("\n\nWhy?")
    assert Parameters.of(first) == parameters
    assert parameters.request(first.messages, "m") == first  # one prefix is enough
