"""Runs of `python ask.py` against the simulator: a real process for each kind of run, and this process, which has
imported everything already, for all others."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from ask import main
from simulator import Simulator
from tests.support.guard import guarded_environment

ROOT = Path(__file__).parent.parent
PATIENCE = 60.0  # seconds after which a process that has not ended has failed
ENDED = [
    "event",
    "state",
    "finish_reason",
    "input_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "ttft",
    "total",
    "provider_first",
    "provider_total",
    "request_id",
    "tier",
    "latency",
    "left_out",
    "error",
]


class Runs:
    """Runs by name, each made once. Processes are started together, others when they are first asked for."""

    def __init__(self, simulator: Simulator) -> None:
        self.live = simulator.environment()
        self._pool = ThreadPoolExecutor(2)
        self._processes: dict[str, Future[subprocess.CompletedProcess[str]]] = {}
        self._here: dict[str, Callable[[], subprocess.CompletedProcess[str]]] = {}

    def process(self, name: str, *arguments: str, stdin: str | None = None, **env: str) -> None:
        self._processes[name] = self._pool.submit(run, *arguments, stdin=stdin, **env)

    def here(self, name: str, *arguments: str, stdin: str | None = None, **env: str) -> None:
        self._here[name] = cache(partial(run_here, *arguments, stdin=stdin, **env))

    def __getitem__(self, name: str) -> subprocess.CompletedProcess[str]:
        return self._here[name]() if name in self._here else self._processes[name].result(PATIENCE)


def command(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "ask.py"), *arguments]


def run(*arguments: str, stdin: str | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        input=stdin or "",
        env=guarded_environment(**env),
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )


def run_here(*arguments: str, stdin: str | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """As `run` does, in this process."""
    read = io.TextIOWrapper(io.BytesIO((stdin or "").encode()), encoding="utf-8")
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with (
        mock.patch.dict(os.environ, env),
        mock.patch.multiple(sys, argv=["ask.py", *arguments], stdin=read, stdout=out, stderr=err),
    ):
        try:
            status = main()
        except SystemExit as wrong:  # of argparse
            status = int(wrong.code or 0)
    said = []
    for stream in (out, err):
        stream.seek(0)
        said.append(stream.read())
    return subprocess.CompletedProcess(arguments, status, *said)


@pytest.fixture(scope="module")
def runs(simulator: Simulator) -> Runs:
    runs = Runs(simulator)
    live, instant = runs.live, ("--model", "anthropic.sim-instant")
    runs.process("simulated", "openai", "Hello!", *instant)
    runs.here("json", "openai", "Hello!", "--json", *instant, **live)
    runs.process("piped", "bedrock", "--json", "--model", "anthropic.sim-200xmax", stdin="Héllo 😀!\n", **live)
    runs.here("whole", "openai", "Hello!", "--no-stream", "--json", *instant, **live)
    options = ("--system", "Be brief.", "--max-tokens", "3", "--temperature", "0.5")
    runs.here("options", "bedrock", "--api", "invoke", "--model", "anthropic.sim-instant.opt", *options, "Hi", **live)
    every = (
        "--top-p", "0.5", "--effort", "low", "--tier", "priority", "--verbosity", "low", "--seed", "7",
        "--stop", "A", "--stop", "B", "--presence-penalty", "1", "--extra", '{"logprobs": true}', "--json",
    )  # fmt: skip
    runs.here("every", "openai", "Hi", "--model", "sim-fault-400-parameter-seed.sim-instant.every", *every, **live)
    unseeded = ("--model", "sim-fault-400-parameter-seed.sim-instant.words", "--seed", "7", "--tier", "fast")
    runs.here("unseeded", "openai", "Hi", *unseeded, **live)
    runs.here("reasoned", "openai", "Solve a puzzle: a bat and a ball", "--json", "--model", "sim-instant", **live)
    runs.here("words", "openai", "Solve a puzzle: a bat and a ball", "--model", "sim-instant", **live)
    runs.here("retried", "openai", "Hi", "--json", "--model", "sim-instant.sim-fault-once-503.ask", **live)
    runs.here("failed", "openai", "Hi", "--json", "--model", "sim-instant.sim-fault-401", **live)
    runs.process("broken", "openai", "Hi", "--json", "--model", "sim-instant.sim-fault-cut", **live)
    runs.here("models", "bedrock", "--list-models", **live)
    runs.here(
        "endpoint", "lab", "Hi", "--json", ENDPOINT_LAB_URL=f"{simulator.url}/v1", ENDPOINT_LAB_MODEL="sim-instant"
    )
    runs.here("no model", "lab", "Hi", ENDPOINT_LAB_URL=f"{simulator.url}/v1")
    runs.here("simulate", "openai", "Hi", "--simulate", "--json", *instant, **live)
    runs.process("huge", "openai", "--model", "sim-instant.unasked", stdin="word " * 1_048_576, **live)
    runs.here("binary", "openai", "--model", "sim-instant.unasked", stdin="\x7fELF\0\x01\x02", **live)
    runs.here("blank", "openai", "--model", "sim-instant.unasked", stdin=" \n\t ", **live)
    runs.here("nobody", "openai", "Hi", "--live", OPENAI_BASE_URL="http://127.0.0.1:9/v1", OPENAI_API_KEY="k")
    return runs


def events(run: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_without_a_key_the_simulator_answers_and_says_so(runs: Runs) -> None:
    run = runs["simulated"]
    assert run.returncode == 0, run.stderr
    assert len(run.stdout) > 100
    assert "simulator answers, not a model" in run.stderr
    assert "OpenAI simulator · anthropic.sim-instant · chat" in run.stderr
    assert "first token" in run.stderr
    assert "done (stop)" in run.stderr


def test_json_is_a_start_the_pieces_and_an_end(runs: Runs) -> None:
    run = runs["json"]
    first, *pieces, last = events(run)
    assert run.returncode == 0
    assert first == {
        "event": "start", "provider": "openai", "model": "anthropic.sim-instant", "api": "chat", "simulated": False,
    }  # fmt: skip
    assert [list(piece) for piece in pieces] == [["event", "t", "text"]] * len(pieces)
    assert {piece["event"] for piece in pieces} == {"text"}
    assert [piece["t"] for piece in pieces] == sorted(piece["t"] for piece in pieces)
    assert list(last) == ENDED
    assert (last["event"], last["state"], last["finish_reason"], last["error"]) == ("end", "done", "stop", None)
    assert (last["input_tokens"], last["output_tokens"], last["reasoning_tokens"]) == (2, len(pieces), 0)
    assert 0 < last["ttft"] <= last["total"]
    assert last["request_id"].startswith("req_")


def test_the_prompt_may_come_from_standard_input(runs: Runs, simulator: Simulator) -> None:
    run = runs["piped"]
    assert run.returncode == 0, run.stderr
    assert events(run)[0]["api"] == "converse"
    (asked,) = [exchange for exchange in simulator.log if exchange.model == "anthropic.sim-200xmax"]
    assert asked.body["messages"] == [{"role": "user", "content": [{"text": "Héllo 😀!\n"}]}]
    assert len(events(run)) == 202


def test_a_whole_answer_comes_as_one_piece(runs: Runs) -> None:
    start, piece, end = events(runs["whole"])
    assert (start["event"], piece["event"], end["state"]) == ("start", "text", "done")


def test_options_reach_the_vendor(runs: Runs, simulator: Simulator) -> None:
    run = runs["options"]
    assert run.returncode == 0, run.stderr
    (asked,) = [exchange for exchange in simulator.log if exchange.model == "anthropic.sim-instant.opt"]
    assert (asked.api, asked.streamed) == ("invoke", True)
    sent = {name: asked.body[name] for name in ("system", "max_tokens", "temperature")}
    assert sent == {"system": "Be brief.", "max_tokens": 3, "temperature": 0.5}
    assert "done (length)" in run.stderr


def test_a_parameter_that_is_refused_is_left_out_and_named(runs: Runs, simulator: Simulator) -> None:
    *_, end = events(runs["every"])
    assert (end["state"], end["left_out"], end["tier"], end["latency"]) == ("done", ["seed"], "priority", None)
    first, second = (exchange.body for exchange in simulator.log if exchange.model.endswith(".every"))
    assert {name: first[name] for name in set(first) - {"messages", "model", "stream", "stream_options"}} == {
        "top_p": 0.5, "reasoning_effort": "low", "service_tier": "priority", "verbosity": "low", "seed": 7,
        "stop": ["A", "B"], "presence_penalty": 1.0, "logprobs": True,
    }  # fmt: skip
    assert first == {**second, "seed": 7}
    said = runs["unseeded"].stderr
    assert "seed was not accepted and left out\nservice tier: asked fast, served priority\n" in said


def test_reasoning_is_marked(runs: Runs) -> None:
    told = [event["event"] for event in events(runs["reasoned"])][1:-1]
    assert told == sorted(told)  # reasoning, then text
    assert set(told) == {"reasoning", "text"}
    thought = "".join(event["text"] for event in events(runs["reasoned"]) if event["event"] == "reasoning")
    answer = "".join(event["text"] for event in events(runs["reasoned"]) if event["event"] == "text")
    assert runs["words"].stdout.strip() == answer.strip()
    assert thought in runs["words"].stderr


def test_a_retry_is_reported(runs: Runs) -> None:
    _, retry, *_, end = events(runs["retried"])
    assert retry == {"event": "retry", "kind": "overloaded", "after": 1.0}
    assert end["state"] == "done"


def test_a_failure_is_in_the_end_line_and_in_the_exit_status(runs: Runs) -> None:
    run = runs["failed"]
    _, end = events(run)
    assert run.returncode == 1
    assert (end["state"], end["error"]["kind"], end["finish_reason"]) == ("failed", "auth", None)
    assert "OPENAI_API_KEY" in end["error"]["message"]


def test_an_interruption_keeps_the_words_and_exits_with_1(runs: Runs) -> None:
    run = runs["broken"]
    *told, end = events(run)
    assert run.returncode == 1
    assert len(told) == 13
    assert (end["state"], end["error"]["kind"]) == ("interrupted", "interrupted")


def test_a_server_that_is_not_there_exits_with_1_and_says_so(runs: Runs) -> None:
    run = runs["nobody"]
    assert run.returncode == 1
    assert "network; trying once more in 1 s" in run.stderr
    assert "There is no connection to OpenAI" in run.stderr
    assert "Traceback" not in run.stderr


def test_the_models_are_listed(runs: Runs) -> None:
    run = runs["models"]
    assert run.returncode == 0, run.stderr
    assert "us.anthropic.sim-brisk" in run.stdout.splitlines()


def test_a_configured_endpoint_is_a_provider(runs: Runs) -> None:
    run = runs["endpoint"]
    assert run.returncode == 0, run.stderr
    assert events(run)[0]["provider"] == "lab"
    assert not events(run)[0]["simulated"]


def test_an_endpoint_without_a_model_asks_for_one(runs: Runs) -> None:
    run = runs["no model"]
    assert run.returncode == 2
    assert "--model" in run.stderr


def test_simulate_uses_the_simulator_in_any_case(runs: Runs) -> None:
    run = runs["simulate"]
    assert run.returncode == 0, run.stderr
    assert events(run)[0]["simulated"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "usage"),
        (["nobody", "Hi"], "ENDPOINT_NOBODY_URL"),
        (["openai", "Hi", "--api", "converse", "--live"], "Choose chat"),
        (["openai", "Hi", "--max-tokens", "0"], "a whole number from 1 to"),
        (["openai", "Hi", "--effort", "very high"], "it is one word"),
        (["openai", "Hi", "--extra", "top_k: 5"], "Extra parameters are no JSON"),
        (["openai", "Hi", "--extra", '{"model": "m"}'], "can't replace 'model'"),
        (["openai", "Hi", "--latency", "optimized", "--top-p", "0.5"], "OpenAI takes no --latency by its API chat"),
        (["openai", "Hi", "--live", "--simulate"], "not allowed with"),
        (["openai", "Hi", "--live"], "OPENAI_API_KEY"),
        (["watsonx", "Hi", "--live", "--list-models"], "WATSONX_APIKEY"),
        (["openai", "--live"], "no prompt"),
    ],
)
def test_bad_usage_and_missing_credentials_exit_with_2(arguments: list[str], words: str) -> None:
    ended = run_here(*arguments)
    assert ended.returncode == 2
    assert words in ended.stderr


def test_an_invalid_variable_exits_with_2() -> None:
    ended = run_here("openai", "Hi", STREAMSIDE_SILENCE_TIMEOUT="soon")
    assert ended.returncode == 2
    assert "STREAMSIDE_SILENCE_TIMEOUT" in ended.stderr


def test_missing_credentials_have_an_end_line_too() -> None:
    ended = run_here("openai", "Hi", "--live", "--json")
    start, end = events(ended)
    assert ended.returncode == 2
    assert not start["simulated"]
    assert end["error"]["kind"] == "missing_credentials"


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
@pytest.mark.parametrize("model", ["sim-fault-stall-middle.sim-instant", "sim-fault-stall-first"])
def test_ctrl_c_prints_the_end_line_and_cancels(simulator: Simulator, model: str) -> None:
    env = guarded_environment(**simulator.environment())
    arguments = command("openai", "Hi", "--json", "--model", f"{model}.ctrl-c")
    with subprocess.Popen(arguments, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as asking:
        assert asking.stdout is not None
        assert asking.stderr is not None
        lines = [json.loads(asking.stdout.readline())]
        if "stall-first" not in model:
            lines.append(json.loads(asking.stdout.readline()))
        asking.send_signal(signal.SIGINT)
        lines += [json.loads(line) for line in asking.stdout]
        complaint = asking.stderr.read()
        assert asking.wait(PATIENCE) == 130
    assert lines[-1]["event"] == "end"
    assert (lines[-1]["state"], lines[-1]["error"]) == ("stopped", None)
    assert b"Traceback" not in complaint


@pytest.mark.skipif(sys.platform == "win32", reason="a closed pipe is another error there")
def test_a_closed_output_pipe_is_no_error(simulator: Simulator) -> None:
    env = guarded_environment(**simulator.environment())
    arguments = command("openai", "Hi", "--model", "sim-2000x500.head")
    with subprocess.Popen(arguments, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as asking:
        assert asking.stdout is not None
        assert asking.stderr is not None
        assert os.read(asking.stdout.fileno(), 1)
        asking.stdout.close()
        complaint = asking.stderr.read()
        asking.wait(PATIENCE)
    assert b"Traceback" not in complaint
    assert b"BrokenPipe" not in complaint
    asked = [exchange for exchange in simulator.log if exchange.model == "sim-2000x500.head"]
    assert asked


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("huge", "up to 1,000,000 can be asked. Shorten it"),
        ("binary", "The prompt is no text"),
        ("blank", "There is no prompt. Give one:"),
    ],
)
def test_an_invalid_prompt_is_refused_at_once(runs: Runs, simulator: Simulator, name: str, said: str) -> None:
    run = runs[name]
    assert (run.returncode, run.stdout) == (2, "")
    assert said in run.stderr
    assert not [exchange for exchange in simulator.log if exchange.model == "sim-instant.unasked"]
