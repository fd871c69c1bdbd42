"""The way to an address, as the environment's variables have it: the proxy that leads there, and who vouches for it.

Each vendor's SDK reads HTTPS_PROXY, ALL_PROXY, NO_PROXY and SSL_CERT_FILE by rules of its own, and some fall over a
value that they would not even use. So it is read here, once for all of them, and told to their HTTP clients.
"""

from __future__ import annotations

import os
import re
import ssl
import urllib.request
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple
from urllib.parse import SplitResult, quote, unquote, urlsplit

from providers.settings import Settings, on_this_machine

SYSTEM = "The system's proxy setting"  # of Windows and macOS, where no variable is set
PORTS = {"http": 80, "https": 443}


class RouteError(ValueError):
    """A variable names a proxy or certificates that can't be used. Holds its name, and nothing of its value."""


class Proxy(NamedTuple):
    variable: str  # that names it
    url: str  # may hold a password


def proxy_for(url: str) -> Proxy | None:
    """The proxy that leads to a web address; None where none does, as to this machine.

    Raises RouteError where that is no proxy that can be used.
    """
    address = urlsplit(url)
    if on_this_machine(url):
        return None
    found = urllib.request.getproxies()
    for scheme in (address.scheme, "all"):
        if (written := found.get(scheme, "").strip().strip("'\"")) and not _excepted(address, found.get("no", "")):
            variable = _variable(scheme)
            return Proxy(variable, _usable(written, variable))
    return None


def trusted(settings: Settings) -> ssl.SSLContext | bool:
    """Who may vouch for a server: the named file or folder; True for whom the HTTP client itself trusts.

    Raises RouteError where the file holds no certificates.
    """
    if not settings.ca_file:
        return True
    place: dict[str, Any] = {"capath" if os.path.isdir(settings.ca_file) else "cafile": settings.ca_file}
    try:
        return ssl.create_default_context(**place)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise RouteError(
            f"no certificates can be read from {settings.ca_file}, which {settings.ca_variable} names: {why}"
        ) from error


def _variable(scheme: str) -> str:
    name = f"{scheme}_proxy"
    return next((set_ for set_ in (name, *os.environ) if set_.lower() == name and os.environ.get(set_)), SYSTEM)


def _usable(written: str, variable: str) -> str:
    """The address with all of its user's name and password encoded. Raises RouteError."""
    try:
        address = urlsplit(written if "://" in written else f"http://{written}")
        scheme, host, port = address.scheme, address.hostname or "", address.port
        host.encode("idna" if ":" not in host else "ascii")
    except ValueError:  # so are UnicodeErrors
        scheme, host, port, address = "", "", None, urlsplit("")
    if scheme.startswith("socks"):
        raise RouteError(
            f"{variable} names a SOCKS proxy, which Streamside does not speak. Name an HTTP proxy there or in "
            "HTTPS_PROXY; programs that offer the one mostly offer the other. Or except the address by NO_PROXY"
        )
    more = address.path not in ("", "/") or address.query or address.fragment
    if scheme not in ("http", "https") or not re.fullmatch(r"[\w.:-]+", host) or port == 0 or more:
        raise RouteError(
            f"{variable} is no address of a proxy. It looks like http://host:port, or http://user:password@host:port "
            "with %40, %23 and %2F for @, # and / in the password"
        )
    if not unquote(f"{address.username or ''}{address.password or ''}").isascii():
        raise RouteError(f"{variable} has a character outside ASCII in its user or password, which few proxies read")
    parts = [part for part in (address.username, address.password) if part is not None]
    login = ":".join(quote(unquote(part), safe="") for part in parts)
    named = "@".join(filter(None, [login, f"[{host}]" if ":" in host else host]))
    return f"{scheme}://{named}" if port is None else f"{scheme}://{named}:{port}"


def _excepted(address: SplitResult, exceptions: str) -> bool:
    """Whether NO_PROXY, or the system's own list, excepts the host. What says nothing in it is passed over."""
    host = (address.hostname or "").rstrip(".").lower()
    port = address.port or PORTS.get(address.scheme)
    return any(_fits(entry, host, port) for entry in re.split(r"[,\s]+", exceptions.lower()) if entry) or bool(
        urllib.request.proxy_bypass(host)
    )


def _fits(entry: str, host: str, port: int | None) -> bool:
    """`example.com`, `.example.com` and `*.example.com` are that host and all below it; an address, or a network as
    `10.0.0.0/8`, stands for itself; each may have a scheme before it and a port behind it."""
    entry = entry.rpartition("://")[2]
    if entry == "*":
        return True
    if entry.count(":") > 1 and not entry.startswith("["):  # an IPv6 address without its brackets
        entry = re.sub(r"[^/]+", r"[\g<0>]", entry, count=1)
    found = re.fullmatch(r"\[?([^\]]*?)\]?(?::(\d+))?(/\d+)?", entry)
    if not found or (found[2] and int(found[2]) != port):
        return False
    name = found[1] + (found[3] or "")
    try:
        return ip_address(host) in ip_network(name, strict=False)
    except ValueError:
        domain = name.removeprefix("*").strip(".")
        return bool(domain) and (host == domain or host.endswith(f".{domain}"))
