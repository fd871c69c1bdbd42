"""PostgreSQL server by its address: a libpq address, as hosts of databases hand it out, for pg8000.

What libpq knows is honoured; what would change nothing here is ignored; anything else raises a ValueError that names
it, so that nobody relies on it. https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
"""

from __future__ import annotations

import getpass
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import unquote

PORT = 5432
SOCKET = "/.s.PGSQL."  # and the port: the file in the folder of a Unix socket
WRITABLE = ("read-write", "primary")

# What asyncpg, JDBC and Node call libpq's sslmode.
_SSLMODE = {"true": "require", "1": "require", "false": "disable", "0": "disable"}
_SSLMODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")

_PASSED_OVER = {
    # libpq's: how long it waits, Kerberos, and what pg8000 does by itself
    "channel_binding", "client_encoding", "connect_timeout", "fallback_application_name", "gsslib", "gssdelegation",
    "keepalives", "keepalives_count", "keepalives_idle", "keepalives_interval", "krbsrvname", "load_balance_hosts",
    "min_protocol_version", "max_protocol_version", "ssl_max_protocol_version", "ssl_min_protocol_version",
    "sslcompression", "sslsni", "tcp_user_timeout",
    # other programs': of their own pools and caches
    "connection_limit", "max_pool_size", "pgbouncer", "pool", "pool_mode", "pool_size", "pool_timeout", "pooler",
    "prepared_statement_cache_size", "prepared_statements", "socket_timeout", "statement_cache_size", "supa", "timeout",
    "uselibpqcompat", "workaround",
}  # fmt: skip
_HONOURED = {
    "application_name", "dbname", "host", "hostaddr", "options", "password", "port", "ssl", "sslcert", "sslkey",
    "sslmode", "sslpassword", "sslrootcert", "target_session_attrs", "unix_sock", "user",
}  # fmt: skip
# Nothing to do where they have this value.
_WITHOUT = {
    "gssencmode": ("disable", "prefer"),
    "sslnegotiation": ("postgres",),
    "schema": ("public",),
    "sslcrl": ("",),
}

# A password may hold anything, an @, a / or a ? too; the host is what can only be one.
NO_ADDRESS = "DATABASE_URL is no address. It looks like postgresql://user:password@host/database."
_REST = re.compile(
    r"(?P<hosts>(?:\[[^\]@/?]*\]|[^@/?\[\]])*)(?:/(?P<database>[^@/?]*))?/?(?:\?(?P<query>(?:[\w.-]+=[^&]*&?)*))?"
)


class Host(NamedTuple):
    name: str  # of a machine; of a folder, where it begins with a slash
    port: int

    def __str__(self) -> str:
        return f"{self.name}{SOCKET}{self.port}" if self.name.startswith("/") else f"{self.name}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class Server:
    """The first of the `hosts` that answers and, if `writable`, takes writes."""

    hosts: tuple[Host, ...]
    user: str
    password: str = field(default="", repr=False)
    database: str | None = None
    tls: ssl.SSLContext | bool | None = None  # as pg8000 takes it: None where it is used if the server has it
    application_name: str = "streamside"
    options: str = ""
    writable: bool = False

    @property
    def name(self) -> str:
        """For the person, without a password."""
        return ", ".join(map(str, self.hosts))

    def connect(self, timeout: float, *, patient: bool = False) -> Any:
        """A connection whose server may be silent for `timeout` seconds; if `patient`, for ever once it has answered.
        Raises what pg8000 does, and OSError."""
        from pg8000 import dbapi

        failure: Exception = dbapi.InterfaceError("no host is named")
        for host in self.hosts:
            try:
                connection = self._connect(host, timeout)
            except (dbapi.Error, OSError) as error:
                failure = error
                continue
            writable = not self.writable
            if self.writable:
                cursor = connection.cursor()
                cursor.execute("SHOW transaction_read_only")
                writable = cursor.fetchone()[0] == "off"
                connection.rollback()
            if writable and not patient:
                return connection
            connection.close()
            if writable:
                return self._connect(host, None)  # it answers, so that it may take its time
            failure = dbapi.InterfaceError("25006: read-only")
        raise failure

    def _connect(self, host: Host, timeout: float | None) -> Any:
        from pg8000 import dbapi

        local = host.name.startswith("/")
        where = {"unix_sock": str(host), "host": None} if local else {"host": host.name, "port": host.port}
        try:
            return dbapi.connect(
                self.user,
                password=self.password,
                database=self.database,
                ssl_context=False if local else self.tls,  # as libpq: what stays on the machine goes in the clear
                timeout=timeout,
                application_name=self.application_name,
                startup_params={"options": self.options} if self.options else None,
                **where,
            )
        except (dbapi.Error, OSError):
            raise
        except Exception as error:  # another service, whose answer pg8000 stumbles over
            raise dbapi.InterfaceError(f"it does not speak as PostgreSQL does ({type(error).__name__})") from error


def server(url: str) -> Server:
    """The server of an address. Raises ValueError, in words for the person, without a password."""
    login, hosts, database, query = _parts(url)
    # Not as a form has it, where a + is a blank.
    pairs = (part.partition("=") for part in query.split("&") if part)
    known = {unquote(name): unquote(value) for name, _, value in pairs}
    for name, value in known.items():
        if name not in _HONOURED | _PASSED_OVER and value not in _WITHOUT.get(name, ()):
            raise ValueError(
                f"DATABASE_URL has the parameter {name}, which Streamside does not know. Leave it out of the address."
            )
    user, _, password = login.partition(":")
    attributes = known.get("target_session_attrs", "any")
    if attributes not in ("any", "prefer-standby", *WRITABLE):
        raise ValueError(
            "DATABASE_URL has target_session_attrs for a server that takes no writes. Use any, read-write or primary."
        )
    return Server(
        hosts=_hosts(hosts, known),
        user=unquote(user) or known.get("user") or getpass.getuser(),
        password=unquote(password) or known.get("password", ""),
        database=unquote(database) or known.get("dbname") or None,
        tls=_tls(known),
        application_name=known.get("application_name") or "streamside",
        options=known.get("options", ""),
        writable=attributes in WRITABLE,
    )


def _parts(url: str) -> tuple[str, str, str, str]:
    """Login, hosts, database and query."""
    rest = url.partition("://")[2]
    ends = [-1, *(place for place, sign in enumerate(rest) if sign == "@")]
    for end in ends[1:] or ends:  # the first @ after which the rest makes sense
        if found := _REST.fullmatch(rest, end + 1):
            return rest[: max(end, 0)], found["hosts"], found["database"] or "", found["query"] or ""
    raise ValueError(NO_ADDRESS)


def _hosts(written: str, known: Mapping[str, str]) -> tuple[Host, ...]:
    if whole := known.get("unix_sock"):  # SQLAlchemy's way: the socket itself
        folder, _, port = whole.rpartition(SOCKET)
        return (Host(folder or whole, _port(port)),)
    named = known.get("hostaddr") or known.get("host")
    ports = known.get("port", "").split(",")
    found = []
    for place, one in enumerate(map(unquote, (named or written or "localhost").split(","))):
        host, port = one, ports[place] if place < len(ports) else ports[-1]
        if not one.startswith("/") and not (named and one.count(":") > 1):
            host, colon, own = one.partition("]:") if one.startswith("[") else one.partition(":")
            port = own if colon else port
        found.append(Host(host.strip("[]") or "localhost", _port(port)))
    return tuple(found)


def _port(written: str) -> int:
    if not written:
        return PORT
    if not (written.isdecimal() and 0 < int(written) < 65536):
        raise ValueError("DATABASE_URL names a port that there is none of. It is a number after the host: host:5432.")
    return int(written)


def _tls(known: Mapping[str, str]) -> ssl.SSLContext | bool | None:
    """As in libpq, `require` verifies no certificate unless an authority is named."""
    written = (known.get("sslmode") or known.get("ssl") or "prefer").lower().replace("_", "-")
    mode = _SSLMODE.get(written, written)
    if mode not in _SSLMODES:
        raise ValueError(f"DATABASE_URL has a sslmode that there is none of. It can be {', '.join(_SSLMODES)}.")
    root, certificate = known.get("sslrootcert", ""), known.get("sslcert", "")
    if mode == "disable":
        return False
    if root == "system":  # libpq then takes nothing less
        mode, root = "verify-full", ""
    elif root and mode == "require":
        mode = "verify-ca"
    proven = mode.startswith("verify")
    if not proven and not certificate:
        return True if mode == "require" else None
    try:
        context = ssl.create_default_context(cafile=root if proven and root else None)
    except (OSError, ValueError) as error:
        why = "no certificates" if isinstance(error, ssl.SSLError) else getattr(error, "strerror", "no path")
        raise ValueError(f"DATABASE_URL names a file in sslrootcert that can't be used ({why}): {root}") from error
    context.check_hostname = mode == "verify-full"
    context.verify_mode = ssl.CERT_REQUIRED if proven else ssl.CERT_NONE
    if certificate:
        try:
            context.load_cert_chain(certificate, known.get("sslkey") or None, lambda: known.get("sslpassword", ""))
        except OSError as error:
            why = error.strerror if not isinstance(error, ssl.SSLError) else error.reason or "no certificate and key"
            raise ValueError(
                f"DATABASE_URL names a client certificate that can't be used ({why}). Check sslcert, sslkey and "
                "sslpassword."
            ) from error
    return context
