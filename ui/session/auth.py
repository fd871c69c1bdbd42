"""Sign-in: required where secrets.toml has a section [auth]; else all users are the same one."""

import codecs
import os
import tomllib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import streamlit as st

from ui.controls.buttons import action
from ui.markdown import literal
from ui.server.streamlit_internals import session_id
from ui.session import resources

USERS = "STREAMSIDE_USERS"
SHARED = ("redirect_uri", "cookie_secret")
OF_A_PROVIDER = ("client_id", "client_secret", "server_metadata_url")
SHORTEST_SECRET = 32  # characters; it signs the cookies that identify a user


@cache
def signs_in() -> bool:
    """Whether users must sign in. Found once: a secrets.toml that is changed while the app runs opens nothing."""
    return bool(_section())


def config_error() -> str:
    """What is wrong with the secrets, in words; empty where nothing is, or no sign-in is configured."""
    if not resources.secrets():
        there = [Path(file) for file in st.get_option("secrets.files") if Path(file).exists()]
        return " and ".join(f"{file} can't be read as TOML ({_reason(file)})" for file in there)
    if "auth" not in st.secrets:
        return ""
    if find_spec("authlib") is None:
        return "[auth] needs the package Authlib, which is not installed (pip install -r requirements.txt)"
    return section_error(_section())


def _reason(file: Path) -> str:
    """Why the file can't be read."""
    try:
        data = file.read_bytes()
        if data.startswith(codecs.BOM_UTF8):
            return "it begins with a byte order mark: save it as UTF-8 without one"
        tomllib.loads(data.decode())
    except UnicodeDecodeError:
        return "it is not UTF-8: save it as that"
    except (OSError, tomllib.TOMLDecodeError) as error:
        return getattr(error, "strerror", None) or str(error)
    return "for no known reason"


def section_error(section: Mapping[str, Any]) -> str:
    """What is wrong with the section [auth], which is `section`."""
    missing = [key for key in SHARED if not section.get(key)]
    for name in providers(section):
        settings = section[name] if name else section
        missing += [f"{name}.{key}" if name else key for key in OF_A_PROVIDER if not settings.get(key)]
    if missing:
        return f"[auth] lacks {', '.join(missing)}"
    if len(section["cookie_secret"]) < SHORTEST_SECRET:
        return f"[auth] has a cookie_secret of under {SHORTEST_SECRET} characters, and whoever guesses it can be anyone"
    if not section["redirect_uri"].endswith("/oauth2callback"):
        return "[auth] has a redirect_uri that does not end in /oauth2callback"
    return ""


def providers(section: Mapping[str, Any]) -> list[str]:
    """The names of several providers, each with a section of its own; "" for the one of the section itself."""
    return [name for name, value in section.items() if isinstance(value, Mapping) and name != "client_kwargs"] or [""]


def _section() -> Mapping[str, Any]:
    found = st.secrets.get("auth") if resources.secrets() else None
    return found if isinstance(found, Mapping) else {}


def is_authorized() -> bool:
    """Whether this user may see more than the sign-in page."""
    return not signs_in() or (bool(st.user.is_logged_in) and invited(st.user.to_dict(), os.environ.get(USERS, "")))


def invited(claims: Mapping[str, Any], users: str) -> bool:
    """Whether a user who signed in may use the app. Everybody may, unless `users` lists e-mail addresses, or patterns
    such as *@example.com. An address that the provider has not verified does not count."""
    email = str(claims.get("email") or "").lower()
    vouched_for = claims.get("email_verified", True) in (True, "true")
    patterns = users.lower().split()
    return not patterns or (vouched_for and any(fnmatchcase(email, pattern) for pattern in patterns))


def owner() -> str:
    """The owner of what this user asks: the identity provider's name for itself and for the person, which never change.
    Empty where nobody has to sign in. A user who has to, and has not, gets no further."""
    if not signs_in():
        return ""
    if not is_authorized():
        st.stop()
    return f"{st.user['iss']} {st.user['sub']}"


def key() -> str:
    """What tells users apart: the owner, or where nobody signs in, the browser session."""
    return owner() or session_id()


def sign_in() -> None:
    """The page for a user who has not signed in, or is not invited."""
    with st.container(horizontal_alignment="center"):
        st.title("Streamside", anchor=False, text_alignment="center")
        if st.user.is_logged_in:
            told = "is not invited. Ask the operator of this Streamside, or sign in as somebody else."
            st.warning(f"{literal(_name())} {told}", title="Not invited", icon=":material/person_off:")
            action("Sign out", "logout", st.logout, key="sign-out", type="secondary")
            return
        st.markdown("Sign in to ask, and to find what you asked before. Nobody else sees it.", text_alignment="center")
        for name in providers(_section()):
            label = f"Sign in with {literal(name.title())}" if name else "Sign in"
            action(label, "login", st.login, *filter(None, [name]), key=f"sign-in-{name}", type="primary")


def account_menu() -> None:
    """Who is signed in, and the button to sign out."""
    if not signs_in():
        return
    with (
        st.container(horizontal=True, horizontal_alignment="right"),
        st.popover(literal(_name()), icon=":material/account_circle:", type="tertiary"),
    ):
        if email := st.user.get("email"):
            st.text(str(email))
        action("Sign out", "logout", st.logout, key="sign-out", type="secondary")


def _name() -> str:
    """What the provider calls the person."""
    named = (st.user.get(claim) for claim in ("name", "email", "preferred_username", "sub"))
    return str(next(filter(None, named), "Somebody"))
