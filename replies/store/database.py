"""Database by its address: SQLite in a folder, or a PostgreSQL server. Its errors become StoreErrors."""

from __future__ import annotations

import logging
import re
import sqlite3
import ssl
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from time import monotonic, sleep

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from replies.store.postgresql import NO_ADDRESS, Server, server
from replies.store.schema import MIGRATIONS, Migration, NewerError, prepare, version_of

FILE = "streamside.db"
DATA = Path(__file__).parents[2] / "data"
PATIENCE = 2.0  # seconds that SQLite waits for a lock
ANSWERS_WITHIN = 10.0  # seconds; a PostgreSQL server that says nothing for so long is taken for unreachable


# It logs each lost connection with the driver's traceback. Here that is a StoreError, reported once.
logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)


class StoreError(Exception):
    """The database can't be used right now: `str(error)` is for the person, and names the next step."""


class Database:
    """Opened at its first use, and again whenever that failed."""

    def __init__(self, url: str = "", folder: Path | None = None, migrations: Sequence[Migration] = MIGRATIONS) -> None:
        self._migrations = migrations
        self._server, self._path = _address(url, folder or DATA)
        self._engine: Engine | None = None
        self.made = False  # whether opening it made the tables
        self.is_sqlite = self._server is None
        self.name = self._path if self._server is None else self._server.name  # never with a password

    def open(self) -> None:
        """Make or migrate the tables, the first time. Raises StoreError."""
        if self._engine is not None:
            return
        with self._translated_errors():
            if self.is_sqlite:
                path = Path(self._path)
                path.parent.mkdir(parents=True, exist_ok=True)
                self._look(path)
                _write_ahead(path)
            with self._connect(patient=True).connect() as connection, _transaction(connection, "BEGIN IMMEDIATE"):
                self.made = prepare(connection, self._migrations)
            self._engine = self._connect()

    def close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def reading(self) -> AbstractContextManager[Connection]:
        """A transaction that only reads. Raises StoreError."""
        return self._begun("BEGIN")

    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction that is kept whole or not at all. Raises StoreError."""
        return self._begun("BEGIN IMMEDIATE")

    @contextmanager
    def _begun(self, begin: str) -> Iterator[Connection]:
        self.open()
        assert self._engine is not None
        with self._translated_errors(), self._engine.connect() as connection, _transaction(connection, begin):
            yield connection

    def _look(self, path: Path) -> None:
        """Refuse a file of a newer version before anything of it changes, even its journal mode."""
        if not path.exists() or not path.stat().st_size:
            return
        url = URL.create("sqlite", database=path.absolute().as_uri(), query={"mode": "ro", "uri": "true"})
        with create_engine(url, poolclass=NullPool).connect() as connection:
            version_of(connection, 1 + len(self._migrations))

    def _connect(self, *, patient: bool = False) -> Engine:
        """`patient`: for migrations, once and without a limit of time."""
        if self._server is None:
            url = URL.create("sqlite", database=self._path)
            engine = create_engine(
                url, hide_parameters=True, connect_args={"timeout": PATIENCE}, poolclass=NullPool if patient else None
            )
            event.listen(engine, "connect", _prepare_sqlite)
            return engine
        return create_engine(
            "postgresql+pg8000://",
            creator=partial(self._server.connect, ANSWERS_WITHIN, patient=patient),
            hide_parameters=True,
            pool_pre_ping=True,
            poolclass=NullPool if patient else None,
        )

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except NewerError as error:
            raise StoreError(
                f"The history in {self.name} was written by a newer Streamside (its version {error.found}, this app "
                f"knows {error.known}). It was left untouched. Update Streamside, or choose another database."
            ) from error
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise StoreError(self._reason(error)) from error

    def _reason(self, error: Exception) -> str:
        said = str(error.orig if isinstance(error, DBAPIError) else error)
        for sign, words in _SQLITE if self.is_sqlite else _POSTGRESQL:
            if sign in said:
                return words.format(self.name)
        if isinstance(error, ssl.SSLCertVerificationError):
            return _DISTRUSTED.format(self.name, error.verify_message)
        lost = isinstance(error, DBAPIError) and error.connection_invalidated
        if not self.is_sqlite and (lost or isinstance(error, InterfaceError | OSError)):
            return _UNREACHABLE.format(self.name)
        if isinstance(error, OSError):
            return f"The folder of {self.name} can't be used ({error.strerror}). Make it writable, or choose another."
        return f"The database {self.name} failed ({type(error).__name__}). Its own log may say more."


_SQLITE = (
    ("locked", "{} is locked by another program. Close that program; nothing else needs to be done."),
    ("busy", "{} is locked by another program. Close that program; nothing else needs to be done."),
    ("disk is full", "The disk that {} is on is full. Free some space; nothing else needs to be done."),
    ("readonly", "{} can't be written to. Make the file and its folder writable."),
    ("unable to open", "{} can't be opened. Make sure that it is a file in a folder that can be written to."),
    ("malformed", "{} is damaged. Move it away and restore a copy, or go on with an empty history."),
    ("not a database", "{} is no database. Move it away, or choose another folder."),
    ("disk I/O error", "{} can't be read or written: the disk reports an error. Check the disk and its free space."),
    ("already exists", "{} holds tables of another program. Give Streamside a file of its own."),
)
_POSTGRESQL = (
    ("28P01", "PostgreSQL at {} refuses the password. Check DATABASE_URL."),
    ("28000", "PostgreSQL at {} refuses this user. Check DATABASE_URL, and the server's pg_hba.conf."),
    ("3D000", "PostgreSQL at {} has no such database. Create it, or check DATABASE_URL."),
    ("42501", "PostgreSQL at {} does not allow this user to write. Grant it the rights on its database."),
    ("53100", "The disk of PostgreSQL at {} is full. Free some space there; nothing else needs to be done."),
    ("25006", "PostgreSQL at {} takes no writes at the moment (read-only). Name the primary server in DATABASE_URL."),
    ("53300", "PostgreSQL at {} has no connection left. Raise its max_connections, or close other programs."),
    ("57P03", "PostgreSQL at {} is starting up or shutting down. Nothing needs to be done if it comes back."),
    ("55P03", "PostgreSQL at {} holds a lock for too long. Look for a program that keeps a transaction open."),
    ("42P07", "PostgreSQL at {} holds tables of another program. Give Streamside a database of its own."),
    ("Server refuses SSL", "PostgreSQL at {} speaks no TLS. Remove sslmode from DATABASE_URL, or turn TLS on there."),
    ("57P01", "PostgreSQL at {} was shut down. Nothing needs to be done if it comes back."),
)
_DISTRUSTED = (
    "The certificate of PostgreSQL at {} is not one to trust here ({}). Name the file of its authority in "
    "DATABASE_URL: sslrootcert=/path/ca.pem."
)
_UNREACHABLE = "PostgreSQL at {} can't be reached. Start it, or check DATABASE_URL and the network."


def _address(url: str, folder: Path) -> tuple[Server | None, str]:
    """A PostgreSQL server, or a file. Raises StoreError for an invalid address."""
    url = re.sub(r"^psql\s+", "", url.strip()).strip("'\"")  # as some hosts have it copied
    if not url:
        return None, str(folder / FILE)
    kind = url.partition(":")[0].partition("+")[0].lower()
    if kind in ("postgres", "postgresql") and "://" in url:
        try:
            return server(url), ""
        except ValueError as error:
            raise StoreError(str(error)) from None
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError(NO_ADDRESS) from None
    if address.get_backend_name() == "sqlite" and address.database not in (None, "", ":memory:"):
        return None, str(address.database)
    raise StoreError("DATABASE_URL names no database that Streamside can use: postgresql:// or sqlite:///path.")


def _write_ahead(path: Path) -> None:
    """Switch the file to a write-ahead log. SQLite waits for no lock where two programs do this to a new file at once:
    one is refused, and has to ask again."""
    with closing(sqlite3.connect(path, timeout=PATIENCE)) as connection:
        until = monotonic() + PATIENCE
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError:
                if monotonic() >= until:
                    raise
            sleep(0.01)


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin explicitly
    for pragma in ("synchronous=NORMAL", "foreign_keys=ON", "journal_size_limit=16777216"):
        connection.execute(f"PRAGMA {pragma}").close()


@contextmanager
def _transaction(connection: Connection, begin: str) -> Iterator[None]:
    with connection.begin():
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(begin)
        yield
