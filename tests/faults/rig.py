"""What the faults are played with: servers and clients that all of them share."""

from __future__ import annotations

import os
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Self
from unittest import mock

import trustme

from providers import Call, Provider, ProviderError, Request, Settings
from simulator import Simulator
from tests.faults.columns import KEYS, Column
from tests.providers.asking import Heard, collect, connected
from tests.providers.servers import Mute, Script, Server, _head

CHAIN = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


class Refusing(Server):
    """A proxy that lets nobody through. `asked`: the requests' first lines."""

    def __init__(self, status: str) -> None:
        super().__init__()
        self._status = status
        self.asked: list[str] = []

    def serve(self, connection: socket.socket) -> None:
        self.asked.append(_head(connection).split(b"\r\n", 1)[0].decode())
        connection.sendall(f"HTTP/1.1 {self._status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())


class Rig:
    """A context manager. Clients wait for ten minutes unless told otherwise: what ends sooner has ended by itself."""

    patience = 600.0  # seconds
    many = 2_000  # pieces; a hundred times as many when docs/faults.md is written

    def __init__(self, simulator: Simulator, env: Mapping[str, str] = KEYS) -> None:
        """`env`: where the keys are."""
        self.simulator = simulator
        self.env = env
        self._stack = ExitStack()
        self._lock = threading.Lock()
        self._clients: dict[tuple[Column, Settings, str], Provider] = {}
        self._proxies: dict[str, Refusing] = {}
        self._scripts: dict[Column, Script] = {}

    def __enter__(self) -> Self:
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="rig-")))
        authority = trustme.CA()
        self.ca_file = str(folder / "ca.pem")
        authority.cert_pem.write_to_path(self.ca_file)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(self._tls)
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def client(self, column: Column, settings: Settings) -> Provider:
        """The client for these settings and this proxy, made once. Raises ProviderError."""
        what = (column, settings, os.environ.get(PROXIES[0], ""))
        if what not in self._clients:
            self._clients[what] = self._stack.enter_context(connected(settings))
        return self._clients[what]

    def ask(self, column: Column, settings: Settings, request: Request, call: Call, heard: Heard) -> bool:
        """Ask, and listen to the end, whatever the end is; False where it came to no question."""
        try:
            client = self.client(column, settings)
        except ProviderError as error:
            heard.error = error
            return False
        collect(client, request, call, heard)
        return True

    def at(self, column: Column, url: str = "", **more: Any) -> Settings:
        """The settings of a person with keys whose vendor lives at `url`, or where it really does."""
        return column.at(url, self.env, **more)

    def simulated(self, column: Column, silence: float = patience, **more: Any) -> Settings:
        """The settings that lead to the simulator, as if it were the vendor."""
        url = self.simulator.tls_url if column.secure else self.simulator.url
        return self.at(
            column, url, ca_file=self.simulator.ca_file, silence_timeout=silence, awaited_timeout=silence, **more
        )

    def script(self, column: Column) -> Script:
        """The server that says what it is told, a column its own."""
        with self._lock:
            if column not in self._scripts:
                server = Script(self._tls if column.secure else None)
                self._scripts[column] = self._stack.enter_context(server)
            return self._scripts[column]

    def scripted(self, column: Column, **more: Any) -> Settings:
        """The settings that lead to it. IBM's key is a token already: nobody there would exchange one."""
        if column.secure:
            more |= {"api_key": "", "token": f"{self.env['WATSONX_APIKEY']}.of.ibm"}
        url = self.script(column).url
        return self.at(column, url, ca_file=self.ca_file, silence_timeout=self.patience, **more)

    def astray(self, column: Column, url: str = "", **more: Any) -> Settings:
        """The settings that lead to some address, or to the vendor itself; the simulator is not vouched for."""
        return self.at(column, url, ca_file=self.ca_file, silence_timeout=self.patience, **more)

    @cached_property
    def nobody(self) -> str:
        """An address at which nobody listens."""
        taken = self._stack.enter_context(socket.socket())
        taken.bind(("127.0.0.1", 0))
        return f"https://127.0.0.1:{taken.getsockname()[1]}"

    @cached_property
    def mute(self) -> str:
        """An address at which nobody says a word, not even for TLS."""
        return self._stack.enter_context(Mute()).url.replace("http:", "https:")

    @contextmanager
    def without_keys(self) -> Iterator[None]:
        """No key is in the environment, where AWS's SDK looks for itself."""
        with mock.patch.dict(os.environ):
            for name in [name for name in os.environ if name in CHAIN]:
                del os.environ[name]
            yield

    @contextmanager
    def proxy(self, status: str = "") -> Iterator[Refusing | None]:
        """The environment's proxy is one that answers so; without a status, one that is not there."""
        if status and status not in self._proxies:
            self._proxies[status] = self._stack.enter_context(Refusing(status))
        server = self._proxies.get(status)
        address = (server.url if server else self.nobody).partition("//")[2]
        url = f"http://somebody:{self.env['PROXY_PASSWORD']}@{address}"
        with mock.patch.dict(os.environ, dict.fromkeys(PROXIES, url)):
            yield server
