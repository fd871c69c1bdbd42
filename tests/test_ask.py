"""Runs of `python ask.py` against the simulator: a real process for each kind of run, and this process, which has
imported everything already, for all others."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import IO, Any
from unittest import mock

import pytest

from ask import main
from replies.terminal import harmless
from simulator import Simulator
from tests.support.guard import guarded_environment

ROOT = Path(__file__).parent.parent
PATIENCE = 60.0  # seconds after which a process that has not ended has failed
UNSEEDED = "sim-fault-400-parameter-seed.sim-instant"
ENDED = (
    "event state finish_reason input_tokens output_tokens reasoning_tokens cached_tokens cache_write_tokens ttft total "
    "provider_first provider_total request_id tier latency left_out error"
)


Runs = Callable[[str], subprocess.CompletedProcess[str]]


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
    """Runs by name, each made when it is first asked for."""
    live = simulator.environment()
    lab = {"ENDPOINT_LAB_URL": f"{simulator.url}/v1"}
    instant = ("--model", "anthropic.sim-instant")
    puzzle = ("openai", "Solve a puzzle: a bat and a ball", "--model", "sim-instant")
    unasked = ("openai", "--model", "sim-instant.unasked")
    options = ("--system", "Be brief.", "--max-tokens", "3", "--temperature", "0.5")
    every = (
        "--top-p", "0.5", "--effort", "low", "--tier", "priority", "--verbosity", "low", "--seed", "7",
        "--stop", "A", "--stop", "B", "--presence-penalty", "1", "--extra", '{"logprobs": true}', "--json",
    )  # fmt: skip
    made = {
        "simulated": partial(run, "openai", "Hello!", *instant),
        "piped": partial(run, "bedrock", "--json", "--model", "anthropic.sim-200xmax", stdin="Héllo 😀!\n", **live),
        "json": partial(run_here, "openai", "Hello!", "--json", *instant, **live),
        "whole": partial(run_here, "openai", "Hello!", "--no-stream", "--json", *instant, **live),
        "options": partial(
            run_here, "bedrock", "--api", "invoke", "--model", "anthropic.sim-instant.opt", *options, "Hi", **live
        ),
        "every": partial(run_here, "openai", "Hi", "--model", f"{UNSEEDED}.every", *every, **live),
        "unseeded": partial(run_here, "openai", "Hi", "--model", UNSEEDED, "--seed", "7", "--tier", "fast", **live),
        "reasoned": partial(run_here, *puzzle, "--json", **live),
        "words": partial(run_here, *puzzle, **live),
        "retried": partial(run_here, "openai", "Hi", "--json", "--model", "sim-instant.sim-fault-once-503.ask", **live),
        "failed": partial(run_here, "openai", "Hi", "--json", "--model", "sim-instant.sim-fault-401", **live),
        "broken": partial(run_here, "openai", "Hi", "--json", "--model", "sim-instant.sim-fault-cut", **live),
        "models": partial(run_here, "bedrock", "--list-models", **live),
        "endpoint": partial(run_here, "lab", "Hi", "--json", ENDPOINT_LAB_MODEL="sim-instant", **lab),
        "as one writes it": partial(
            run_here, "My-Lab", "Hi", "--json", "--model", "sim-instant", ENDPOINT_MY_LAB_URL=f"{simulator.url}/v1"
        ),
        "no model": partial(run_here, "lab", "Hi", **lab),
        "simulate": partial(run_here, "openai", "Hi", "--simulate", "--json", *instant, **live),
        "huge": partial(run_here, *unasked, stdin="word " * 1_048_576, **live),
        "binary": partial(run_here, *unasked, stdin="\x7fELF\0\x01\x02", **live),
        "blank": partial(run_here, *unasked, stdin=" \n\t ", **live),
        "nobody": partial(
            run_here, "openai", "Hi", "--live", OPENAI_BASE_URL="http://127.0.0.1:9/v1", OPENAI_API_KEY="k"
        ),
    }
    return cache(lambda name: made[name]())


def events(run: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_without_a_key_the_simulator_answers_and_says_so(runs: Runs) -> None:
    run = runs("simulated")
    assert run.returncode == 0, run.stderr
    assert len(run.stdout) > 100
    assert "simulator answers, not a model" in run.stderr
    assert "OpenAI simulator · anthropic.sim-instant · chat" in run.stderr
    assert "first token" in run.stderr
    assert "done (stop)" in run.stderr


def test_json_is_a_start_the_pieces_and_an_end(runs: Runs) -> None:
    run = runs("json")
    first, *pieces, last = events(run)
    assert run.returncode == 0
    assert first == {
        "event": "start", "provider": "openai", "model": "anthropic.sim-instant", "api": "chat", "simulated": False,
    }  # fmt: skip
    assert [list(piece) for piece in pieces] == [["event", "t", "text"]] * len(pieces)
    assert {piece["event"] for piece in pieces} == {"text"}
    assert [piece["t"] for piece in pieces] == sorted(piece["t"] for piece in pieces)
    assert " ".join(last) == ENDED
    assert (last["event"], last["state"], last["finish_reason"], last["error"]) == ("end", "done", "stop", None)
    assert (last["input_tokens"], last["output_tokens"], last["reasoning_tokens"]) == (2, len(pieces), 0)
    assert 0 < last["ttft"] <= last["total"]
    assert last["request_id"].startswith("req_")


def test_the_prompt_may_come_from_standard_input(runs: Runs, simulator: Simulator) -> None:
    run = runs("piped")
    assert run.returncode == 0, run.stderr
    assert events(run)[0]["api"] == "converse"
    (asked,) = [exchange for exchange in simulator.log if exchange.model == "anthropic.sim-200xmax"]
    assert asked.body["messages"] == [{"role": "user", "content": [{"text": "Héllo 😀!\n"}]}]
    assert len(events(run)) == 202


def test_options_reach_the_vendor(runs: Runs, simulator: Simulator) -> None:
    run = runs("options")
    assert run.returncode == 0, run.stderr
    (asked,) = [exchange for exchange in simulator.log if exchange.model == "anthropic.sim-instant.opt"]
    assert (asked.api, asked.streamed) == ("invoke", True)
    sent = {name: asked.body[name] for name in ("system", "max_tokens", "temperature")}
    assert sent == {"system": "Be brief.", "max_tokens": 3, "temperature": 0.5}
    assert "done (length)" in run.stderr


def test_a_parameter_that_is_refused_is_left_out_and_named(runs: Runs, simulator: Simulator) -> None:
    *_, end = events(runs("every"))
    assert (end["state"], end["left_out"], end["tier"], end["latency"]) == ("done", ["seed"], "priority", None)
    first, second = (exchange.body for exchange in simulator.log if exchange.model.endswith(".every"))
    assert {name: first[name] for name in set(first) - {"messages", "model", "stream", "stream_options"}} == {
        "top_p": 0.5, "reasoning_effort": "low", "service_tier": "priority", "verbosity": "low", "seed": 7,
        "stop": ["A", "B"], "presence_penalty": 1.0, "logprobs": True,
    }  # fmt: skip
    assert first == {**second, "seed": 7}
    said = runs("unseeded").stderr
    assert "seed was not accepted and left out\nservice tier: asked fast, served priority\n" in said


def test_reasoning_is_marked(runs: Runs) -> None:
    told = [event["event"] for event in events(runs("reasoned"))][1:-1]
    assert told == sorted(told)  # reasoning, then text
    assert set(told) == {"reasoning", "text"}
    thought = "".join(event["text"] for event in events(runs("reasoned")) if event["event"] == "reasoning")
    answer = "".join(event["text"] for event in events(runs("reasoned")) if event["event"] == "text")
    assert runs("words").stdout.strip() == answer.strip()
    assert thought in runs("words").stderr


def test_a_retry_is_reported(runs: Runs) -> None:
    _, retry, *_, end = events(runs("retried"))
    assert retry == {"event": "retry", "kind": "overloaded", "after": 1.0}
    assert end["state"] == "done"


def test_whom_it_asks_is_said_in_its_first_line(runs: Runs) -> None:
    start, piece, end = events(runs("whole"))  # which comes as one piece
    assert (start["event"], piece["event"], end["state"]) == ("start", "text", "done")
    assert (events(runs("endpoint"))[0]["provider"], events(runs("endpoint"))[0]["simulated"]) == ("lab", False)
    assert events(runs("as one writes it"))[0]["provider"] == "my_lab"
    assert events(runs("simulate"))[0]["simulated"]
    assert (runs("no model").returncode, "--model" in runs("no model").stderr) == (2, True)
    assert (runs("models").returncode, runs("models").stderr) == (0, "")
    assert "us.anthropic.sim-brisk" in runs("models").stdout.splitlines()


def test_a_failure_is_in_the_end_line_and_in_the_exit_status(runs: Runs) -> None:
    run = runs("failed")
    _, end = events(run)
    assert run.returncode == 1
    assert (end["state"], end["error"]["kind"], end["finish_reason"]) == ("failed", "auth", None)
    assert "OPENAI_API_KEY" in end["error"]["message"]


def test_an_interruption_keeps_the_words_and_exits_with_1(runs: Runs) -> None:
    run = runs("broken")
    *told, end = events(run)
    assert run.returncode == 1
    assert len(told) == 13
    assert (end["state"], end["error"]["kind"]) == ("interrupted", "interrupted")


def test_a_server_that_is_not_there_exits_with_1_and_says_so(runs: Runs) -> None:
    run = runs("nobody")
    assert run.returncode == 1
    assert "network; trying once more in 1 s" in run.stderr
    assert "There is no connection to OpenAI" in run.stderr
    assert "Traceback" not in run.stderr


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
        (["openai", "Hi"], "STREAMSIDE_SILENCE_TIMEOUT"),
    ],
)
def test_bad_usage_and_missing_credentials_exit_with_2(arguments: list[str], words: str) -> None:
    variables = {} if "SILENCE" not in words else {"STREAMSIDE_SILENCE_TIMEOUT": "soon"}
    ended = run_here(*arguments, **variables)
    assert ended.returncode == 2
    assert words in ended.stderr


def test_missing_credentials_have_an_end_line_too() -> None:
    ended = run_here("openai", "Hi", "--live", "--json")
    start, end = events(ended)
    assert ended.returncode == 2
    assert not start["simulated"]
    assert end["error"]["kind"] == "missing_credentials"


@contextmanager
def asking(simulator: Simulator, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes], IO[bytes]]]:
    """A process that asks the simulator, its output and its complaints."""
    env = guarded_environment(**simulator.environment())
    pipe = subprocess.PIPE
    with subprocess.Popen(command("openai", "Hi", *arguments), env=env, stdout=pipe, stderr=pipe) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        yield process, process.stdout, process.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
@pytest.mark.parametrize("model", ["sim-fault-stall-middle.sim-instant", "sim-fault-stall-first"])
def test_ctrl_c_prints_the_end_line_and_cancels(simulator: Simulator, model: str) -> None:
    with asking(simulator, "--json", "--model", f"{model}.ctrl-c") as (process, out, complaints):
        lines = [json.loads(out.readline()) for _ in range(1 if "stall-first" in model else 2)]
        process.send_signal(signal.SIGINT)
        lines += [json.loads(line) for line in out]
        complaint = complaints.read()
        assert process.wait(PATIENCE) == 130
    assert lines[-1]["event"] == "end"
    assert (lines[-1]["state"], lines[-1]["error"]) == ("stopped", None)
    assert b"Traceback" not in complaint


class Interrupted(io.StringIO):
    """Standard input of somebody who presses Ctrl-C rather than write."""

    def reconfigure(self, **_: object) -> None:
        pass

    def read(self, size: int | None = -1) -> str:
        raise KeyboardInterrupt


def test_ctrl_c_before_the_question_is_no_error() -> None:
    with mock.patch.multiple(sys, argv=["ask.py", "openai"], stdin=Interrupted()):
        assert main() == 130


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is full")
@pytest.mark.parametrize("option", ["--json", "--no-stream", "--list-models"])
def test_a_full_disk_is_named(simulator: Simulator, option: str) -> None:
    asked = command("openai", "Hi", "--model", "sim-instant", option)
    env = guarded_environment(**simulator.environment())
    with Path("/dev/full").open("w") as full:
        told = subprocess.run(asked, env=env, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert told.returncode == 1
    assert "No space left on device" in told.stderr
    assert "Traceback" not in told.stderr


def test_an_answer_does_not_steer_the_terminal() -> None:
    answer = "\x1b]52;c;AA==\x07\x1b[2JÄ 😀\t👩\u200d🚀\r\n\x9b1m"
    assert harmless(answer) == "�]52;c;AA==��[2JÄ 😀\t👩\u200d🚀\r\n�1m"


@pytest.mark.skipif(sys.platform == "win32", reason="a closed pipe is another error there")
def test_a_closed_output_pipe_is_no_error(simulator: Simulator) -> None:
    with asking(simulator, "--model", "sim-2000x500.head") as (process, out, complaints):
        assert os.read(out.fileno(), 1)
        out.close()
        complaint = complaints.read()
        process.wait(PATIENCE)
    assert b"Traceback" not in complaint
    assert b"BrokenPipe" not in complaint
    assert [exchange for exchange in simulator.log if exchange.model == "sim-2000x500.head"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("huge", "up to 1,000,000 can be asked. Shorten it"),
        ("binary", "The prompt is no text"),
        ("blank", "There is no prompt. Give one:"),
    ],
)
def test_an_invalid_prompt_is_refused_at_once(runs: Runs, simulator: Simulator, name: str, said: str) -> None:
    run = runs(name)
    assert (run.returncode, run.stdout) == (2, "")
    assert said in run.stderr
    assert not [exchange for exchange in simulator.log if exchange.model == "sim-instant.unasked"]
