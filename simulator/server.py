"""Server: two ports, one event loop, one daemon thread."""

from __future__ import annotations

import asyncio
import atexit
import os
import socket
import ssl
import tempfile
import threading
from typing import Any, Self

from uvicorn.config import Config
from uvicorn.server import ServerState

from simulator.app import Application
from simulator.connection import Connection
from simulator.listener import Listener
from simulator.log import KEPT, Exchange, Log

PROJECT_ID = "00000000-0000-4000-8000-000000000000"
_BACKLOG = 256


class Simulator:
    """The three vendors' protocols on loopback, in this process. Port 0: any free one.

    A context manager; `start` and `stop` do the same by hand. A stopped simulator can be started again. `kept`: how
    many exchanges its log holds.
    """

    def __init__(
        self, *, port: int = 0, tls_port: int = 0, host: str = "127.0.0.1", seed: int = 1, kept: int = KEPT
    ) -> None:
        self._host = host
        self._ports = (port, tls_port)
        self._seed = seed
        self._log = Log(kept)
        self._thread: threading.Thread | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.url = ""
        """`http://…`, all protocols."""
        self.tls_url = ""
        """`https://…`, all protocols, with a certificate that `ca_file` vouches for."""
        self.ca_file = ""
        """PEM file of a certificate authority made at start; gone after stop."""

    def start(self) -> Self:
        """Return once both ports accept. Raises OSError when a port is taken."""
        if self._thread is not None:
            return self
        sockets: list[socket.socket] = []
        try:
            for port in self._ports:
                # One by one: when the second port is taken, the first must be given back.
                sockets.append(socket.create_server((self._host, port), backlog=_BACKLOG))  # noqa: PERF401
            self._folder = tempfile.TemporaryDirectory(prefix="simulator-")
            tls, self.ca_file = _certificate(self._folder.name, self._host)
        except BaseException:
            for sock in sockets:
                sock.close()
            raise
        plain_port, tls_port = (sock.getsockname()[1] for sock in sockets)
        self.url, self.tls_url = f"http://{self._host}:{plain_port}", f"https://{self._host}:{tls_port}"
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(sockets, tls, ready), name="simulator", daemon=True)
        self._thread.start()
        ready.wait()
        atexit.register(self.stop)
        return self

    def stop(self) -> None:
        """Drop all connections, close both ports, remove the certificate."""
        if self._thread is None:
            return
        atexit.unregister(self.stop)
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._thread = None
        if self._folder:
            self._folder.cleanup()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()

    @property
    def log(self) -> list[Exchange]:
        """The newest exchanges, by default 1,000, oldest first. Safe from any thread."""
        return self._log.exchanges()

    def environment(self) -> dict[str, str]:
        """Variables that point the vendors' SDKs here. The keys in them are no secret: any would do.

        The CA variables make a process trust nobody else: set them only where it calls nothing but the simulator.
        """
        return {
            "OPENAI_BASE_URL": f"{self.url}/v1",
            "OPENAI_API_KEY": "sk-simulator",
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": self.url,
            "AWS_ENDPOINT_URL_BEDROCK": self.url,
            "AWS_ACCESS_KEY_ID": "AKIASIMULATOR",
            "AWS_SECRET_ACCESS_KEY": "simulator",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "WATSONX_URL": self.tls_url,
            "WATSONX_APIKEY": "simulator",
            "WATSONX_PROJECT_ID": PROJECT_ID,
            "NO_PROXY": "127.0.0.1,localhost",
            "AWS_CA_BUNDLE": self.ca_file,
            "REQUESTS_CA_BUNDLE": self.ca_file,
            "SSL_CERT_FILE": self.ca_file,
            "WML_CLIENT_VERIFY_REQUESTS": self.ca_file,
            "WX_CLIENT_VERIFY_REQUESTS": self.ca_file,
        }

    def _run(self, *arguments: Any) -> None:
        # The kind of loop that can watch a listening socket, on every system.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(self._serve(*arguments))

    async def _serve(self, sockets: list[socket.socket], tls: ssl.SSLContext, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        app: Any = Application(self._log, self._seed)
        # uvicorn's protocol without its Server, which would set signal handlers and logging for the whole process.
        config = Config(
            app,
            interface="asgi3",
            http=Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            proxy_headers=False,
            timeout_keep_alive=75,
        )
        config.load()
        state = ServerState()
        listeners = [
            Listener(sock, lambda: Connection(config, state), context)
            for sock, context in zip(sockets, (None, tls), strict=True)
        ]
        ready.set()
        await self._stopping.wait()
        for listener in listeners:
            await listener.close()
        await _drop(state)


async def _drop(state: ServerState) -> None:
    """End all connections and wait until their answers have noticed."""
    for _ in range(200):
        for connection in list(state.connections):
            connection.transport.abort()
        if not state.connections and not state.tasks:
            break
        await asyncio.sleep(0.01)
    # TLS connections take a few more turns of the loop to let go of their sockets.
    for _ in range(3):
        await asyncio.sleep(0)


def _certificate(folder: str, host: str) -> tuple[ssl.SSLContext, str]:
    """A fresh authority and a server certificate from it. The private keys stay in memory."""
    import trustme

    authority = trustme.CA(organization_name="Streamside simulator")
    path = os.path.join(folder, "ca.pem")
    authority.cert_pem.write_to_path(path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*dict.fromkeys(("127.0.0.1", "localhost", host))).configure_cert(context)
    return context, path
