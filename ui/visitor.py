"""Who is here: a person who signed in, where the section [auth] of secrets.toml has people do so; else nobody known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from ui.markdown import literal

SHARED = ("redirect_uri", "cookie_secret")
OF_A_PROVIDER = ("client_id", "client_secret", "server_metadata_url")
SHORTEST_SECRET = 32  # characters of what signs the cookies that say who somebody is


def signs_in() -> bool:
    """Whether nobody is let in without signing in."""
    return bool(_section())


def slip() -> str:
    """What is wrong with the secrets, in words; empty where nothing is, or nobody is to sign in."""
    if not st.secrets.load_if_toml_exists():
        there = [file for file in st.get_option("secrets.files") if Path(file).is_file()]
        return f"{' and '.join(there)} can't be read as TOML" if there else ""
    return slip_in(_section()) if "auth" in st.secrets else ""


def slip_in(section: Mapping[str, Any]) -> str:
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
    return [name for name, value in section.items() if isinstance(value, Mapping)] or [""]


def _section() -> Mapping[str, Any]:
    if not st.secrets.load_if_toml_exists():
        return {}
    found = st.secrets.get("auth", {})
    return found if isinstance(found, Mapping) else {}


def welcome() -> bool:
    """Whether whoever is here may see more than the sign-in page."""
    return not signs_in() or bool(st.user.is_logged_in)


def owner() -> str:
    """Whom that which is asked here belongs to: the provider's name for itself and for the person, which never changes.
    Empty where nobody has to sign in. Whoever has to, and has not, gets no further."""
    if not signs_in():
        return ""
    if not st.user.is_logged_in:
        st.stop()
    return f"{st.user['iss']} {st.user['sub']}"


def sign_in() -> None:
    """The page of whoever has not signed in yet."""
    with st.container(horizontal_alignment="center"):
        st.title("Streamside", anchor=False, text_alignment="center")
        st.markdown("Sign in to ask, and to find what you asked before. Nobody else sees it.", text_alignment="center")
        for name in providers(_section()):
            st.button(
                f"Sign in with {literal(name.title())}" if name else "Sign in",
                icon=":material/login:",
                type="primary",
                on_click=st.login,
                args=(name,) if name else (),
                key=f"sign-in-{name}",
            )


def card() -> None:
    """Who is signed in, and the way out."""
    if not signs_in():
        return
    known = next((name for key in ("name", "email", "preferred_username") if (name := st.user.get(key))), "Signed in")
    with (
        st.container(horizontal=True, horizontal_alignment="right"),
        st.popover(literal(str(known)), icon=":material/account_circle:", type="tertiary"),
    ):
        if email := st.user.get("email"):
            st.caption(literal(str(email)))
        st.button("Sign out", icon=":material/logout:", on_click=st.logout, key="sign-out")
