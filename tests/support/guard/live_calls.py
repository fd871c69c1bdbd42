"""Refuse every way out of this machine. Standard library only: it also stands in the tests' processes."""

import ipaddress
import os
import socket
import sys
from pathlib import Path


class LiveCallError(RuntimeError):
    """A test, or a process that it started, reached for an address outside this machine."""


def forbid() -> None:
    """From now on, in this process: only loopback addresses, Unix sockets and the name localhost.

    An audit hook sees what the interpreter itself does: no Python library has a way around it, and nothing
    undoes it.
    """
    sys.addaudithook(_watch)


def refused() -> list[str]:
    """What was refused so far, here and in the processes that the tests started: one line each."""
    log = Path(os.environ["STREAMSIDE_REFUSED_CALLS"])
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def _watch(event: str, args: tuple[object, ...]) -> None:
    if not event.startswith("socket."):
        return
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        sock, address = args[0], args[1]
        internet = getattr(sock, "family", None) in (socket.AF_INET, socket.AF_INET6)
        if internet and isinstance(address, tuple) and not _is_here(address[0]):
            _refuse(f"connect to {address[0]}:{address[1]}")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr") and not _is_here(args[0]):
        host = _text(args[0])
        if host.rstrip(".").endswith(".invalid"):
            # Reserved to name nothing, ever (RFC 2606): the answer is known without asking for it.
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        if not _is_address(host):  # an address is not looked up; connecting to it is refused
            _refuse(f"look up {host}")


def _is_here(host: object) -> bool:
    name = _text(host).lower()
    if name in ("", "localhost"):
        return True
    if not _is_address(name):
        return False
    address = ipaddress.ip_address(name.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback or address.is_unspecified


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _text(host: object) -> str:
    if host is None:
        return ""
    return host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host)


def _refuse(what: str) -> None:
    test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0] or "outside any test"
    line = f"{test}: tried to {what}"
    if log := os.environ.get("STREAMSIDE_REFUSED_CALLS"):
        with open(log, "a", encoding="utf-8") as file:
            file.write(line + "\n")
    raise LiveCallError(f"{line}. Tests talk to this machine alone: use the simulator.")
