"""Parameters: what each API is sent, what is left out where it is refused, and what it was served by."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from providers import Call, Request, connect
from providers.parameters import LARGEST_EXTRA, PARAMETER, extra_object
from simulator import Simulator
from tests.providers.asking import AWS, IBM, Api, Heard, at_simulator, collect, question, requests_for, settings_for
from tests.sent import EVERY, EXTRA

WAYS: tuple[Api, ...] = ("chat", "responses", *AWS, "watsonx", IBM[-1])
SET = EVERY.values | {"max_tokens": 4000}


class Way:
    """An API, answered by the simulator."""

    def __init__(self, simulator: Simulator, way: Api) -> None:
        self.simulator = simulator
        self.settings = at_simulator(simulator, way)
        self.api = self.settings.api
        self.takes = self.settings.takes(self.api)
        self.provider = connect(self.settings)

    def ask(self, request: Request) -> tuple[Heard, Call]:
        heard = Heard()
        call = Call(on_retry=heard.retries.append, sleep=lambda seconds: None)
        return collect(self.provider, request, call, heard), call


def having(name: str) -> list[Api]:
    return [way for way in WAYS if name in (settings := settings_for(way)).takes(settings.api)]


@pytest.fixture(scope="module", params=WAYS)
def way(request: pytest.FixtureRequest, simulator: Simulator) -> Way:
    return Way(simulator, request.param)


# OpenAI's limit of tokens has another name, by which it is asked then; two APIs are told a limit in any case.
LIMITED = ("responses", "converse", "watsonx")
REFUSABLE = [
    (way, name)
    for name in PARAMETER
    for way in having(name)
    if name not in ("system", "extra", "tier", "latency") and (name != "max_tokens" or way in LIMITED)
]


@pytest.mark.parametrize(("way", "name"), REFUSABLE, indirect=["way"])
def test_one_that_is_refused_by_name_is_left_out_once_and_said_each_time(way: Way, name: str) -> None:
    wire = way.takes[name].rpartition(".")[2]
    more: dict[str, Any] = {"temperature": 0.7} if way.api == "generate" else {}  # greedy decoding takes no top-p
    asked = question(f"sim-fault-400-parameter-{wire}", **more | {name: SET[name]})
    for requests, retries in ((2, 1), (3, 0)):
        heard, call = way.ask(asked)
        assert (heard.error, call.left_out, len(heard.retries)) == (None, (name,), retries)
        assert all((retry.kind, retry.after) == ("bad_request", 0.0) for retry in heard.retries)
        assert len(requests_for(way.simulator, asked)) == requests
    texts = [exchange.text for exchange in requests_for(way.simulator, asked)]
    assert [f'"{wire}"' in text for text in texts] == [True, False, False]
    other = question(**{name: SET[name]})
    assert way.ask(other)[1].left_out == ()  # remembered for that model alone


def test_what_an_api_does_not_take_is_not_sent_and_said(way: Way) -> None:
    heard, call = way.ask(question(**SET))
    assert heard.error is None
    assert sorted(call.left_out) == sorted(name for name in EVERY.given if name not in way.takes)


def test_nothing_is_sent_that_is_not_set(way: Way) -> None:
    asked = question()
    assert way.ask(asked)[1].left_out == ()
    (exchange,) = requests_for(way.simulator, asked)
    names = {place.rpartition(".")[2] for name, place in way.takes.items() if name not in ("system", "max_tokens")}
    assert not [name for name in names if name and f'"{name}"' in exchange.text]
    assert exchange.options == {}


@pytest.mark.parametrize("whole", [False, True])
def test_the_tier_and_the_latency_are_those_that_it_was_served_by(way: Way, whole: bool) -> None:
    asked = question(tier="priority", latency="optimized", stream=not whole)
    end = way.ask(asked)[0].end
    assert end is not None
    assert end.tier == ("priority" if "tier" in way.takes else None)
    assert end.latency == ("optimized" if "latency" in way.takes else None)


@pytest.mark.parametrize("way", having("tier"), indirect=True)
def test_another_tier_may_serve_it_than_was_asked_for(way: Way) -> None:
    end = way.ask(question(tier="reserved" if way.settings.name == "bedrock" else "auto"))[0].end
    assert end is not None
    assert end.tier == "default"


@pytest.mark.parametrize("way", having("effort"), indirect=True)
def test_more_effort_is_more_reasoning(way: Way) -> None:
    low, high = (way.ask(question(effort=effort))[0] for effort in ("low", "high"))
    assert 0 < len(low.reasoning) < len(high.reasoning)
    assert high.reasoning.startswith(low.reasoning.rstrip())


@pytest.mark.parametrize("way", having("stop"), indirect=True)
def test_an_answer_ends_at_a_stop_sequence(way: Way) -> None:
    heard, _ = way.ask(question(prompt="Tell me about cricket.", max_tokens=4000))
    stop = heard.text.split()[9]
    ended, _ = way.ask(question(prompt="Tell me about cricket.", max_tokens=4000, stop=(stop,)))
    assert ended.text == heard.text[: heard.text.index(stop)]
    assert ended.end is not None
    assert ended.end.finish_reason == "stop"


def test_extra_parameters_go_into_the_request_as_they_are(way: Way) -> None:
    name, value = re.findall(r'"(\w+)": (\w+)', EXTRA[way.api])[0]
    asked = question(extra=EXTRA[way.api])
    assert way.ask(asked)[0].error is None
    assert f'"{name}":{value}' in requests_for(way.simulator, asked)[0].text.replace(" ", "")


def test_an_unknown_one_is_refused_in_the_vendor_s_words(way: Way) -> None:
    asked = question(extra='{"mood": "calm"}')
    error = way.ask(asked)[0].error
    assert error is not None
    assert error.kind == "bad_request"
    assert "mood" in error.message
    assert len(requests_for(way.simulator, asked)) == 1


def test_a_value_that_is_refused_says_nothing_of_another(simulator: Simulator) -> None:
    way = Way(simulator, "chat")
    asked = question("sim-fault-400-parameter", temperature=0.3)  # "Unsupported value"
    assert [way.ask(asked)[1].left_out for _ in range(2)] == [("temperature",)] * 2
    assert len(requests_for(simulator, asked)) == 3
    _, call = way.ask(replace(asked, temperature=1.0))
    assert requests_for(simulator, asked)[3].body["temperature"] == 1.0
    assert call.left_out == ("temperature",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("top_k: 5", "are no JSON"),
        ('{"a": NaN}', "are no JSON"),
        ('{"a": 1e999}', "are no JSON"),
        ('{"a": "\\ud800"}', "are no JSON"),
        ("[1]", "must be a JSON object"),
        ("5", "must be a JSON object"),
        ('{"stream": false}', "can't replace 'stream'"),
        ('{"messages": []}', "can't replace 'messages'"),
        ('{"model": "m"}', "can't replace 'model'"),
        ('{"a": "' + "é" * (LARGEST_EXTRA // 2) + '"}', "more than 10 kB"),
    ],
)
def test_extra_parameters_that_can_not_be_sent_are_refused_in_words(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        extra_object(text)


@pytest.mark.parametrize("parameter", PARAMETER.values(), ids=lambda parameter: parameter.name)
def test_each_has_a_sentence_of_help_and_a_flag(parameter: Any) -> None:
    assert parameter.help.endswith(".")
    assert parameter.flag.startswith("--")
    assert parameter.kind != "word" or parameter.options
