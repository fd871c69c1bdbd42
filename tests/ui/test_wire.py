"""The wire from a session to its page, over real sockets."""

import gc
import json
import threading
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from starlette.applications import Starlette
from uvicorn import Config, Server
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import ClientConnection, connect

from ui.sentences import Sentences
from ui.wire import LOST, NO_SUCH_WIRE, SCRIPT, Wire, routes

BASE = "some/where"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where a server has the wires, below `BASE`."""
    server = Server(Config(Starlette(routes=routes(BASE)), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


def opened(port: int, token: str) -> ClientConnection:
    return connect(f"ws://127.0.0.1:{port}/{BASE}/live/wire/{token}", proxy=None)


def heard(page: ClientConnection, until: str) -> dict[int, str]:
    """What is said by number, until one says this to its end."""
    said: dict[int, str] = {}
    while until not in said.values():
        for number, text in json.loads(page.recv(timeout=20)):
            said[number] = "" if text is None else said.get(number, "") + text
    return said


def wait_until(true: Callable[[], bool]) -> None:
    while not true():
        threading.Event().wait(0.01)


def test_words_come_in_their_order_each_in_its_place(port: int) -> None:
    wire = Wire()
    one, two = wire.number("one"), wire.number("two")
    with opened(port, wire.token) as page, wire.speech(one) as first, wire.speech(two) as second:
        for word in ("the", "quick", "brown", "fox"):
            first.say(f"{word} ")
            second.say("–")
        second.say("over")
        assert heard(page, "––––over")[one] == "the quick brown fox "
    assert wire.number("one") == one


def test_who_comes_late_or_again_is_told_everything(port: int) -> None:
    wire = Wire()
    with wire.speech(1) as speech:
        speech.say("said before ")
        with opened(port, wire.token) as page:
            assert heard(page, "said before ") == {1: "said before "}
            assert wire.connected
        speech.say("and after")
        with opened(port, wire.token) as page:
            assert heard(page, "said before and after")


def test_what_is_over_is_not_said_again(port: int) -> None:
    wire = Wire()
    with wire.speech(1) as speech:
        speech.say("over")
    with wire.speech(2) as speech, opened(port, wire.token) as page:
        speech.say("now")
        assert heard(page, "now") == {2: "now"}


def test_of_two_script_runs_the_newer_is_heard(port: int) -> None:
    wire = Wire()
    with opened(port, wire.token) as page, wire.speech(1) as old:
        old.say("old ")
        with wire.speech(1) as new:
            old.say("words ")
            new.say("old words ")
            old.say("that nobody hears")
            new.say("and new")
            assert heard(page, "old words and new")


def test_a_second_page_takes_over(port: int) -> None:
    wire = Wire()
    with wire.speech(1) as speech, opened(port, wire.token) as before:
        speech.say("one ")
        assert heard(before, "one ")
        with opened(port, wire.token) as after:
            assert heard(after, "one ")
            speech.say("two")
            assert heard(after, "two")
            with pytest.raises(Exception, match="OK"):
                before.recv(timeout=20)


def test_nobody_else_gets_in(port: int) -> None:
    with opened(port, "guessed") as page:
        with pytest.raises(ConnectionClosedError):
            page.recv(timeout=20)
        assert page.close_code == NO_SUCH_WIRE


def test_a_session_that_has_gone_leaves_no_wire(port: int) -> None:
    token = Wire().token
    gc.collect()
    with opened(port, token) as page, pytest.raises(ConnectionClosedError):
        page.recv(timeout=20)


def test_the_page_says_that_its_reader_wants_less_motion(port: int) -> None:
    wire = Wire()
    with opened(port, wire.token) as page, wire.speech(1) as speech:
        page.send("calm")
        page.send(b"\x00 whatever")
        page.send("calm")
        page.close()
        speech.say("x")
        wait_until(lambda: not wire.connected)
    assert wire.calm


def test_a_page_that_has_gone_is_waited_for_for_a_moment(port: int) -> None:
    now = [1000.0]
    wire = Wire(clock=lambda: now[0])
    with opened(port, wire.token):
        wait_until(lambda: wire.connected)
        now[0] += 1000
        assert not wire.lost
    wait_until(lambda: not wire.connected)
    for away, lost in ((LOST / 2, False), (LOST, True)):
        now[0] += away
        assert wire.lost is lost


def test_whole_sentences_are_sent_where_they_are_wanted(port: int) -> None:
    wire = Wire()
    with opened(port, wire.token) as page, wire.speech(1, Sentences().feed) as speech:
        for piece in ("One", " sentence", ". Two", "! And", " the"):
            speech.say(piece)
        assert heard(page, "One sentence. Two!")
        assert "".join(speech.said) == "One sentence. Two! And the"


@pytest.mark.parametrize("file", [SCRIPT, "live/drawing.js", "live/vendor/remend.mjs"])
def test_the_page_gets_its_scripts_from_here(port: int, file: str) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{BASE}/{file}", timeout=20) as answer:
        assert answer.headers["Content-Type"].startswith("text/javascript")
