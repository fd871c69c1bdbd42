"""DATABASE_URL as hosts of PostgreSQL hand it out: honoured, passed over, or named; with real servers and pgbouncer."""

import os
import pwd
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from replies.store import Store, StoreError
from replies.store.database import Database
from replies.store.postgresql import server
from tests.providers import servers
from tests.store.conftest import Open
from tests.store.said import talk
from tests.support.debian import fetch
from tests.support.known import known
from tests.support.postgresql import Server
from tests.support.waiting import eventually


class Authority:
    """A certificate authority, what it vouches for, and other files, by their names in a test's address."""

    def __init__(self, folder: Path) -> None:
        ca = trustme.CA()
        self.server = ca.issue_cert("localhost")
        self.files = {name: str(folder / f"{name}.pem") for name in ("ca", "other", "client", "broken", "locked")}
        ca.cert_pem.write_to_path(self.files["ca"])
        trustme.CA().cert_pem.write_to_path(self.files["other"])
        ca.issue_cert("ann@example.com").private_key_and_cert_chain_pem.write_to_path(self.files["client"])
        Path(self.files["broken"]).write_text("no certificate")
        from cryptography.hazmat.primitives import serialization as form

        private = ca.issue_cert("x.example")
        key = form.load_pem_private_key(private.private_key_pem.bytes(), None)
        locked = key.private_bytes(
            form.Encoding.PEM, form.PrivateFormat.TraditionalOpenSSL, form.BestAvailableEncryption(b"s3cret")
        )
        Path(self.files["locked"]).write_bytes(locked + private.cert_chain_pems[0].bytes())


DB = "u:s3cret@db.example/d"


@pytest.mark.parametrize(
    ("url", "hosts", "login", "database"),
    [
        ("postgres://postgres.abcd:s3cret@aws-0-eu.pooler.supabase.com:6543/postgres?pgbouncer=true",
         "aws-0-eu.pooler.supabase.com:6543", "postgres.abcd s3cret", "postgres"),
        ("postgresql://me:s3cret@ep-a-1.aws.neon.tech/neondb?sslmode=require&channel_binding=require",
         "ep-a-1.aws.neon.tech:5432", "me s3cret", "neondb"),
        ("postgresql://me@ep-a-1.neon.tech/neondb?options=endpoint%3Dep-a-1&sslmode=require",
         "ep-a-1.neon.tech:5432", "me ", "neondb"),
        ("psql 'postgresql://me:s3cret@ep-a-1.neon.tech/neondb'", "ep-a-1.neon.tech:5432", "me s3cret", "neondb"),
        ("postgres://u1:pff@ec2-1-2-3-4.compute-1.amazonaws.com:5432/d1?ssl=true",
         "ec2-1-2-3-4.compute-1.amazonaws.com:5432", "u1 pff", "d1"),
        ("postgresql://me@srv:s3cret@srv.postgres.database.azure.com:5432/postgres?sslmode=require",
         "srv.postgres.database.azure.com:5432", "me@srv s3cret", "postgres"),
        ("postgresql://me:s3cret@/d?host=/cloudsql/p:eu:i", "/cloudsql/p:eu:i/.s.PGSQL.5432", "me s3cret", "d"),
        ("postgresql+pg8000://me:s3cret@/d?unix_sock=/cloudsql/p:eu:i/.s.PGSQL.5433",
         "/cloudsql/p:eu:i/.s.PGSQL.5433", "me s3cret", "d"),
        ("postgresql:///d?host=/var/run/postgresql&user=me&port=5433", "/var/run/postgresql/.s.PGSQL.5433", "me ", "d"),
        ("postgresql://me@%2Fvar%2Frun%2Fpostgresql/d", "/var/run/postgresql/.s.PGSQL.5432", "me ", "d"),
        ("postgresql://me@h1:1,h2,[::1]:3/d?target_session_attrs=read-write", "h1:1, h2:5432, ::1:3", "me ", "d"),
        ("postgresql://me@/d?host=h1,h2&port=1,2", "h1:1, h2:2", "me ", "d"),
        ("postgresql://me@h", "h:5432", "me ", None),
        ("postgresql://me:p@ss/w?o#r:d%@h:1/d?application_name=a@b", "h:1", "me p@ss/w?o#r:d%", "d"),
        ("postgresql://me:p%40%2F%25+@h/d", "h:5432", "me p@/%+", "d"),
        ("postgresql://me@h/d?connect_timeout=10&keepalives=1&gssencmode=disable&connection_limit=1&schema=public",
         "h:5432", "me ", "d"),
    ],
)  # fmt: skip
def test_an_address_is_understood(url: str, hosts: str, login: str, database: str | None) -> None:
    opened = Database(url)
    assert (opened.is_sqlite, opened.name) == (False, hosts)
    found = known(opened._server)
    assert (f"{found.user} {found.password}", found.database) == (login, database)
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    ("more", "tls"),
    [
        ("", None),
        ("ssl=false", False),
        ("sslmode=require", True),
        ("ssl=true", True),
        ("sslmode=verify-ca", (ssl.CERT_REQUIRED, False)),
        ("sslmode=verify_full", (ssl.CERT_REQUIRED, True)),
        ("sslrootcert=system", (ssl.CERT_REQUIRED, True)),
        ("sslmode=require&sslrootcert={ca}", (ssl.CERT_REQUIRED, False)),
        ("sslmode=prefer&sslrootcert=/nowhere", None),
        ("sslmode=require&sslcert={client}&sslkey={client}", (ssl.CERT_NONE, False)),
    ],
)
def test_how_much_proof_is_asked_for(more: str, tls: object, authority: Authority) -> None:
    found = server(f"postgresql://{DB}?{more.format(**authority.files)}").tls
    if isinstance(found, ssl.SSLContext):
        assert (found.verify_mode, found.check_hostname) == tls
    else:
        assert found is tls


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (f"postgresql://{DB}?sslmode=always", "sslmode"),
        (f"postgresql://{DB}?sslmode=verify-full&sslrootcert=/nowhere/ca.pem", r"sslrootcert.*No such file.*/nowhere"),
        (f"postgresql://{DB}?sslmode=verify-full&sslrootcert={{broken}}", "sslrootcert.*no certificates"),
        (f"postgresql://{DB}?sslcert={{ca}}", "client certificate.*sslcert, sslkey"),
        (f"postgresql://{DB}?sslcert={{locked}}", "client certificate.*sslpassword"),
        (f"postgresql://{DB}?gssencmode=require", "parameter gssencmode"),
        (f"postgresql://{DB}?target_session_attrs=standby", "target_session_attrs"),
        ("postgresql://u:s3cret@h:port/d", "port"),
        ("postgresql://u:s3cret@h/d?host=/x&port=s3cret", "port"),
        ("postgresql:u:s3cret@h/d", "no address|names no database"),
        ("host=h user=u password=s3cret", "no address"),
        ("jdbc:postgresql://h/d?user=u&password=s3cret", "no address"),
        ("mysql://u:s3cret@h/d", "names no database"),
        ("sqlite://", "names no database"),
        ("postgresql://u:s3cret@h]/d", "no address"),
    ],
)
def test_what_is_invalid_is_named_in_one_line(url: str, says: str, authority: Authority) -> None:
    with pytest.raises(StoreError, match=says) as refused:
        Store(url.format(**authority.files))
    assert "\n" not in str(refused.value)
    assert "s3cret" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def with_tls(server: Server, authority: Authority) -> Iterator[Server]:
    """The server with a certificate for the name localhost; other modules' tests find it as it was."""
    data = server._data
    owner = data.stat()
    authority.server.private_key_pem.write_to_path(str(data / "server.key"))
    authority.server.cert_chain_pems[0].write_to_path(str(data / "server.crt"))
    for file in (data / "server.key", data / "server.crt"):
        os.chown(file, owner.st_uid, owner.st_gid)
        file.chmod(0o600)
    _turn_tls(server, "on")
    yield server
    _turn_tls(server, "off")


def _turn_tls(server: Server, state: str) -> None:
    server.execute(f"ALTER SYSTEM SET ssl = {state}")
    server.execute("SELECT pg_reload_conf()")
    assert eventually(lambda: server.execute("SHOW ssl") == [[state]])


def encrypted(store: Store) -> bool:
    """Whether the store itself talks to the server by TLS."""
    with store._opened.reading() as connection:
        asked = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        return bool(connection.exec_driver_sql(asked).scalar())


@pytest.mark.parametrize(
    ("more", "tls"),
    [
        ("", True),
        ("sslmode=disable", False),
        ("sslmode=require", True),
        ("sslmode=verify-ca&sslrootcert={ca}&sslcert={client}&channel_binding=require", True),
        ("options=-c%20search_path%3Dpublic&application_name=ours&target_session_attrs=primary", True),
    ],
)
def test_it_is_honoured_by_a_server(with_tls: Server, opened: Open, authority: Authority, more: str, tls: bool) -> None:
    url = with_tls.new().replace("127.0.0.1", "localhost")
    store = opened(f"{url}?{more.format(**authority.files)}")
    assert store.count() == 0
    assert encrypted(store) is tls


@pytest.mark.parametrize(
    ("host", "more", "says"),
    [
        ("127.0.0.1", "sslmode=verify-full&sslrootcert={ca}", "certificate.*IP address mismatch.*sslrootcert"),
        ("localhost", "sslmode=verify-ca&sslrootcert={other}", "certificate.*sslrootcert"),
        ("localhost", "sslmode=verify-full", "certificate.*sslrootcert"),
        ("localhost", "options=--nonsense%3D1", "failed"),
    ],
)
def test_a_server_that_can_not_be_trusted(
    with_tls: Server, opened: Open, authority: Authority, host: str, more: str, says: str
) -> None:
    url = with_tls.new().replace("127.0.0.1", host)
    with pytest.raises(StoreError, match=says) as refused:
        opened(f"{url}?{more.format(**authority.files)}").count()
    assert "\n" not in str(refused.value)


def test_the_first_host_that_takes_writes_is_taken(server: Server, opened: Open) -> None:
    url = server.new()
    several = url.replace("@", f"@127.0.0.1:1,localhost:{server.port},")
    assert opened(several).count() == 0
    database = url.rpartition("/")[2]
    server.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    with pytest.raises(StoreError, match="takes no writes"):
        opened(f"{several}?target_session_attrs=read-write").count()


class Web(servers.Server):
    def serve(self, connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")


def test_a_missing_password_or_another_service_is_said(server: Server, opened: Open) -> None:
    def refusal(url: str) -> str:
        try:
            opened(url).count()
        except StoreError as error:
            return str(error)
        return ""

    with Web() as web:
        assert "can't be reached" in refusal(f"postgresql://u:s3cret@127.0.0.1:{web.port}/d?sslmode=disable")
    database = server.new().rpartition("/")[2]
    server.execute("CREATE ROLE guarded LOGIN PASSWORD 's3cret/@'")
    server.execute("GRANT ALL ON SCHEMA public TO guarded", database)
    rules = server._data / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text(f"host all guarded 127.0.0.1/32 scram-sha-256\n{before}")
    server.execute("SELECT pg_reload_conf()")
    address = f"127.0.0.1:{server.port}/{database}"
    try:
        assert eventually(lambda: "refuses the password" in refusal(f"postgresql://guarded@{address}"))
        assert refusal(f"postgresql://guarded:s3cret/@@{address}") == ""
        assert "refuses the password" in refusal(f"postgresql://guarded:wrong@{address}")
    finally:
        rules.write_text(before)
        server.execute("SELECT pg_reload_conf()")


@pytest.fixture(scope="module")
def bouncer(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """A port and a folder of a Unix socket at which pgbouncer hands out connections for a transaction each."""
    if not _pgbouncer():
        fetch("pgbouncer")
    if not (program := _pgbouncer()):
        pytest.skip("no pgbouncer here")
    folder = Path("/tmp") / f"streamside-pgb-{os.getpid()}"  # a Unix socket's path is short
    folder.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "ini").write_text(
        f"[databases]\n* = user=streamside host=127.0.0.1 port={server.port}\n"
        "[pgbouncer]\nlisten_addr = 127.0.0.1\nauth_type = any\n"
        f"listen_port = {port}\nunix_socket_dir = {folder}\npool_mode = transaction\ndefault_pool_size = 2\n"
        "ignore_startup_parameters = extra_float_digits\n"
    )
    account: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    running = subprocess.Popen(
        [program, str(folder / "ini")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **account
    )
    assert eventually((folder / f".s.PGSQL.{port}").exists)
    yield port, folder
    running.terminate()
    running.wait()
    shutil.rmtree(folder, ignore_errors=True)


def _pgbouncer() -> str | None:
    return shutil.which("pgbouncer", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))


@pytest.mark.parametrize("unix", [False, True])
def test_all_is_kept_through_pgbouncer(server: Server, bouncer: tuple[int, Path], opened: Open, unix: bool) -> None:
    port, folder = bouncer
    database = server.new().rpartition("/")[2]
    url = f"postgresql://streamside@127.0.0.1:{port}/{database}?pgbouncer=true&sslmode=prefer"
    if unix:
        url = f"postgresql:///{database}?user=streamside&host={folder}&port={port}&sslmode=require"
    stores = [opened(url) for _ in range(4)]  # more than it has connections
    for store in stores:
        store.keep(conversation := talk(("Why?", "Because.")))
        for other in stores:
            assert other.conversation(conversation.id) is not None
    assert stores[0].count() == 4
    assert len(stores[1].history(words="why")) == 4
