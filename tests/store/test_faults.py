"""Where nothing can be saved, the answer still comes, the page is told why, and it is saved later. Real faults."""

import gc
import os
import re
import sqlite3
import subprocess
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import TypeAlias

import pytest

from providers import End
from replies.conversation import Conversation, Turn
from replies.store import Store, StoreError
from tests.replies.vendor import Clock, Vendor, finished, heard
from tests.store.conftest import Hold, Open, a_server, asked_of
from tests.store.said import answered, facts, talk
from tests.support.known import known
from tests.support.postgresql import Server
from tests.support.waiting import eventually

Mount: TypeAlias = Callable[[Path, str], None]
FILE = "streamside.db"


@pytest.fixture
def mount() -> Iterator[Mount]:
    """File systems in memory: a small one is a full disk, a read-only one binds even root."""
    with ExitStack() as mounted:

        def mount_one(folder: Path, options: str) -> None:
            folder.mkdir(exist_ok=True)
            if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=False).returncode:
                pytest.skip("no file system of one's own can be mounted here")
            mounted.callback(lambda: subprocess.run(["umount", "-l", folder], check=False))

        yield mount_one


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("replies.store.database.PATIENCE", 0.1)


@pytest.fixture(autouse=True)
def sockets_that_pg8000_forgets() -> Iterator[None]:
    """It leaves its socket to the garbage collector where the server goes while a connection is being made."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@contextmanager
def a_file_where_the_folder_should_be(folder: Path, mount: Mount) -> Iterator[str]:
    folder.write_text("in the way")
    yield "folder .* can't be used"
    folder.unlink()


@contextmanager
def a_folder_where_the_file_should_be(folder: Path, mount: Mount) -> Iterator[str]:
    (folder / FILE).mkdir(parents=True)
    yield "can't be opened|can't be read or written"
    (folder / FILE).rmdir()


@contextmanager
def a_locked_file(folder: Path, mount: Mount) -> Iterator[str]:
    with closing(Store(folder=folder)) as store:
        store.count()
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield "locked by another program"
        other.execute("ROLLBACK")


@contextmanager
def a_read_only_folder(folder: Path, mount: Mount) -> Iterator[str]:
    if os.geteuid() == 0:
        mount(folder, "ro")
    else:
        folder.mkdir(mode=0o500)
    yield "can't be opened|can't be written to"
    if os.geteuid() == 0:
        subprocess.run(["umount", folder], check=True)
    else:
        folder.chmod(0o700)


@contextmanager
def a_full_disk(folder: Path, mount: Mount) -> Iterator[str]:
    if not folder.exists():
        mount(folder, "size=1m")
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"." * 4096)
    yield "is full|reports an error|can't be opened"
    filler.unlink()


FAULTS = [
    a_file_where_the_folder_should_be,
    a_folder_where_the_file_should_be,
    a_locked_file,
    a_read_only_folder,
    a_full_disk,
]


@pytest.mark.parametrize("fault", FAULTS)
def test_the_answer_comes_all_the_same_and_is_saved_later(
    fault: Callable[[Path, Mount], AbstractContextManager[str]],
    mount: Mount,
    tmp_path: Path,
    vendor: Vendor,
    clock: Clock,
    hold: Hold,
    opened: Open,
) -> None:
    folder = tmp_path / "data"
    conversation, reply = asked_of(vendor, clock)
    with fault(folder, mount) as reason:
        with pytest.raises(StoreError, match=reason):
            opened(folder=folder).keep(talk(("Who?", "Me.")))
        autosaver = hold(opened(folder=folder))
        autosaver.watch(conversation, wait=0)
        vendor.says("Because")
        heard(reply, 1)
        assert eventually(lambda: autosaver.problem)
        assert re.search(reason, autosaver.problem or "")
        assert autosaver.unsaved == 1
        vendor.says(" of it", End("stop"))
        assert finished(reply).state == "done"
    assert eventually(lambda: autosaver.problem is None and not autosaver.unsaved)
    assert facts(known(opened(folder=folder).reply(reply.id))) == facts(reply)


def test_a_new_file_that_another_program_opens_just_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("replies.store.database.PATIENCE", 60.0)
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # whoever turns the file to another mode now is refused, and not kept waiting
        monkeypatch.setattr("replies.store.database.sleep", lambda _seconds: other.rollback())
        with closing(Store(folder=tmp_path)) as store:
            assert store.count() == 0


def test_a_disk_that_fills_up(
    mount: Mount, tmp_path: Path, vendor: Vendor, clock: Clock, hold: Hold, opened: Open
) -> None:
    folder = tmp_path / "data"
    mount(folder, "size=1m")
    autosaver = hold(opened(folder=folder))
    conversation, reply = asked_of(vendor, clock)
    autosaver.watch(conversation, wait=30)
    vendor.says("Because")
    heard(reply, 1)
    assert eventually(lambda: not autosaver.unsaved)
    with a_full_disk(folder, mount):
        vendor.says(*["more " * 2000] * 20)
        heard(reply, 21)
        assert eventually(lambda: autosaver.problem)
        assert "full" in (autosaver.problem or "")
        vendor.says(End("stop"))
        finished(reply)
    assert eventually(lambda: autosaver.problem is None and not autosaver.unsaved)
    assert facts(known(opened(folder=folder).reply(reply.id))) == facts(reply)


@pytest.fixture
def own_server() -> Iterator[Server]:
    """One that may be stopped without a word to the other tests, and is left as it is by a test that fails."""
    yield from a_server()


def test_a_server_that_is_stopped_in_mid_stream(
    own_server: Server, vendor: Vendor, clock: Clock, hold: Hold, opened: Open
) -> None:
    url = own_server.new()
    autosaver = hold(opened(url))
    conversation, reply = asked_of(vendor, clock)
    autosaver.watch(conversation, wait=30)
    vendor.says("Because")
    heard(reply, 1)
    assert eventually(lambda: not autosaver.unsaved)
    for number in range(2):
        own_server.stop()
        vendor.says(f" and {number}")
        heard(reply, 2 + number)
        # a server that is just going says so; who tries again soon finds nobody there
        assert eventually(lambda: "can't be reached" in (autosaver.problem or ""))
        own_server.start()
        assert eventually(lambda: autosaver.problem is None and not autosaver.unsaved)
    vendor.says(End("stop"))
    finished(reply)
    assert eventually(lambda: not autosaver.unsaved)
    kept = known(opened(url).reply(reply.id))
    assert facts(kept) == facts(reply)
    assert kept.text == "Because and 0 and 1"


def test_the_trouble_stands_until_something_was_written(
    own_server: Server, hold: Hold, opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    """A page finds first that the server is gone; nothing is to be written then."""
    url = own_server.new()
    store = opened(url)
    autosaver = hold(store)
    assert store.count() == 0
    for _ in range(2):
        with pytest.raises(StoreError):
            dies_amid_a_transaction(own_server, store)
        autosaver.report(gone(store))
        assert not eventually(lambda: autosaver.problem is None, patience=0.5)  # it was tried some ten times
        conversation = Conversation([Turn("Why?", [answered("Because.")])])
        autosaver.watch(conversation)
        assert "can't be reached" in (autosaver.problem or "")
        assert autosaver.unsaved == 1
        own_server.start()
        assert eventually(lambda: autosaver.problem is None and not autosaver.unsaved)
        assert opened(url).conversation(conversation.id) is not None
    told = [record for record in caplog.records if record.exc_info or "Traceback" in record.getMessage()]
    assert told == []
    assert not [record for record in caplog.records if record.name.startswith("sqlalchemy")]


def gone(store: Store) -> str:
    """What the store says once nobody is there any more: a server that is just going says so first."""
    said: list[str] = []

    def is_gone() -> bool:
        with pytest.raises(StoreError) as error:
            store.count()
        said.append(str(error.value))
        return "can't be reached" in said[-1]

    assert eventually(is_gone), said
    return said[-1]


def dies_amid_a_transaction(server: Server, store: Store) -> None:
    with store._opened.reading() as connection:
        server.stop()
        connection.exec_driver_sql("SELECT 1")


def test_why_a_server_is_of_no_use(server: Server, opened: Open) -> None:
    url = server.new()
    for useless, says in (
        (server.url("nowhere"), "no such database"),
        (url.replace("streamside@", "nobody:hidden@"), "refuses this user"),
        (f"{url}?sslmode=require", "speaks no TLS"),
        ("postgresql://me:hidden@127.0.0.1:1/d", r"can't be reached\. Start it"),
    ):
        with pytest.raises(StoreError, match=says) as refused:
            opened(useless).count()
        assert "hidden" not in str(refused.value)
