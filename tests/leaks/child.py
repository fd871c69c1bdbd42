"""The process in which every fault is brought about, with planted keys:
`python -m tests.leaks.child FOLDER [quick]`.

Everything it writes goes into the folder, a folder for each kind.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import threading
import traceback
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1 import local_script_runner as runner

from providers import Call, Message, Request, Settings
from replies.conversation import Conversation, Turn
from replies.export import formats
from replies.export.report import report
from replies.reader import ReplyReader
from replies.recording.format import dump
from replies.reply import Asked
from simulator import Simulator
from tests.faults.columns import Column, here
from tests.faults.matrix import Matrix, some
from tests.faults.rig import Rig
from tests.faults.table import CODES, SECTIONS, THE_WAY, Fault
from tests.leaks.marks import MARKS, PROMPT, TYPED, lab
from tests.providers.asking import Heard
from ui.session import persistence, resources

PATIENCE = 300.0  # seconds
CHAT = "app.py"  # by the front door, since the page has links to others


class Kept(Rig):
    """Asks as the pages do: by a reply, which is kept in the history."""

    def __init__(self, simulator: Simulator, env: Mapping[str, str], written: Path) -> None:
        super().__init__(simulator, env)
        self.conversations: list[Conversation] = []
        self._errors = folder(written, "errors").joinpath("all").open("w", encoding="utf-8")
        self._writing = threading.Lock()

    def ask(self, column: Column, settings: Settings, request: Request, call: Call, heard: Heard) -> bool:
        request = replace(request, messages=(Message("user", PROMPT),))
        asked = Asked(
            provider=settings.name,
            label=settings.label,
            api=settings.api,
            request=request,
            simulated=settings.simulated,
        )
        connected = threading.Event()

        def connect() -> Any:
            client = self.client(column, settings)
            connected.set()
            return client

        reader = ReplyReader(asked, connect)
        reader._call._sleep = lambda seconds: None  # nobody waits before a second try
        reply = reader.reply
        conversation = Conversation([Turn(PROMPT, [reply])])
        self.conversations.append(conversation)
        persistence.keep(conversation)
        assert reply.start().wait(PATIENCE)
        heard.pieces += [text for _, text in reply.chunks]
        heard.retries, heard.end, heard.error = reply.retries, reply.end, reply.error
        told = [f"{settings!r}\n{reply!r}\n{asked!r}\n{reply.state} {reply.end!r} {reply.error!r}\n"]
        if reply.error:
            told += [reply.error.message, *traceback.format_exception(reply.error)]
        with self._writing:
            self._errors.writelines(told)
        return connected.is_set()

    def __exit__(self, *exception: object) -> None:
        super().__exit__(*exception)
        self._errors.close()


@contextmanager
def logging_everything(file: Path) -> Any:
    """All loggers at debug level, those too whose SDK has turned them down."""
    logging.basicConfig(level=logging.DEBUG, filename=file, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    yield
    for logger in logging.Logger.manager.loggerDict.values():
        if isinstance(logger, logging.Logger):
            logger.setLevel(logging.DEBUG)


def check_planted(env: Mapping[str, str]) -> None:
    """The planted keys are really those that are used."""
    used = {secret for column in here() for secret in column.at("", env).secrets} | {env["PROXY_PASSWORD"]}
    planted = {mark for name, mark in MARKS.items() if not name.startswith("typed") or name == "typed-endpoint"}
    assert used >= planted, sorted(name for name, mark in MARKS.items() if mark in planted - used)


def rows(quick: bool) -> Iterator[Fault]:
    """Every row of the table; `quick`: those on the way to a provider, and one of each kind of error elsewhere."""
    seen = set()
    for section in SECTIONS + CODES:
        for fault in section.faults:
            if not (fault.heavy or (quick and section is not THE_WAY and fault.told.error in seen)):
                yield fault
                seen.add(fault.told.error)


def provoke_faults(simulator: Simulator, written: Path, quick: bool) -> None:
    """The rows of the table, each answer kept and exported."""
    env = ChainMap({"ENDPOINT_LAB_API_KEY": TYPED["ENDPOINT_LAB_API_KEY"]}, dict(os.environ))
    check_planted(env)
    rig = Kept(simulator, env, written)
    with rig:
        matrix = Matrix(rig, logging.FileHandler(written / "log" / "faults", encoding="utf-8"))
        for fault in rows(quick):
            matrix.row(fault, columns=some(fault) if quick else None)
        matrix.watch.close()
    exports, recordings = folder(written, "exports"), folder(written, "recordings")
    (recordings / "all.jsonl").write_text("".join(dump(rig.conversations)), encoding="utf-8")
    makers = {"html": report, "md": formats.markdown, "json": formats.as_json, "csv": formats.figures_csv}
    for suffix, made in makers.items():
        with (exports / f"all.{suffix}").open("w", encoding="utf-8") as file:
            file.writelines(f"{made(conversation)}\n" for conversation in rig.conversations)


class Browser:
    """Opens pages, and writes down all that the server sends for them, and their addresses."""

    def __init__(self, written: Path) -> None:
        self._folder = folder(written, "pages")
        self._count = 0
        parse = runner.parse_tree_from_messages  # type: ignore[attr-defined]

        def keep(messages: Iterable[Any]) -> Any:
            messages = list(messages)
            self._count += 1
            (self._folder / f"{self._count:03}").write_bytes(b"".join(one.SerializeToString() for one in messages))
            return parse(messages)

        runner.parse_tree_from_messages = keep  # type: ignore[attr-defined]

    def open(self, page: str, **query: str) -> AppTest:
        app = AppTest.from_file(Path(page).resolve(), default_timeout=PATIENCE)
        app.query_params.update(query)
        return self.seen(app.run())

    def seen(self, app: AppTest) -> AppTest:
        assert not app.exception, app.exception[0].message
        with (self._folder / "addresses").open("a", encoding="utf-8") as file:
            file.write(f"?{urlencode(app.query_params, doseq=True)}\n")
        return app


def visit_pages(simulator: Simulator, written: Path, quick: bool) -> None:
    """Somebody types keys and meets faults; somebody else looks around."""
    os.environ |= {
        "OPENAI_BASE_URL": f"{simulator.url}/v1",
        "ENDPOINT_LAB_URL": lab(simulator.url),
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": simulator.url,
        "AWS_ENDPOINT_URL_BEDROCK": simulator.url,
        "WATSONX_URL": simulator.tls_url,
        "SSL_CERT_FILE": simulator.ca_file,
    }
    browser = Browser(written)
    addresses = []
    providers = ["openai|chat", "lab|chat", "bedrock|converse", "watsonx|chat"]
    for provider in providers if quick else [*providers, "bedrock|invoke"]:
        for fault in ("401",) if quick else ("401", "cut"):
            app = browser.open(CHAT, **{"with": f"{provider}|anthropic.sim-fault-{fault}|live"})
            for field in app.text_input:
                if field.label in TYPED:
                    field.set_value(TYPED[field.label])
            next(button for button in app.button if button.label == "Use for this session").click()
            app = browser.seen(app.run())
            assert set(app.session_state["typed_keys"].values()) & set(TYPED.values())
            app = browser.seen(app.chat_input[0].set_value(PROMPT).run())
            assert app.error
            next(button for button in app.button if button.label == "Test connection").click()
            browser.seen(app.run())
            addresses.append(app.query_params["c"])
    for conversation in addresses:
        browser.open(CHAT, c=conversation[0] if isinstance(conversation, list) else conversation)
    browser.open(CHAT)
    for page in ("compare", "why_stream", "history", "leaderboard"):
        browser.open(f"pages/{page}.py")


def folder(written: Path, kind: str) -> Path:
    """A new folder for what is written of this kind."""
    made = written / kind
    made.mkdir()
    return made


def main(written: Path, quick: bool) -> None:
    with logging_everything(folder(written, "log") / "app"):
        resources.environment()
    with Simulator() as simulator, closing(persistence.autosaver()):
        provoke_faults(simulator, written, quick)
        visit_pages(simulator, written, quick)
        # As it stands while the app runs: with what is only in SQLite's log so far.
        shutil.copytree(os.environ["STREAMSIDE_DATA"], written / "database")


if __name__ == "__main__":
    main(Path(sys.argv[1]), quick="quick" in sys.argv[2:])
