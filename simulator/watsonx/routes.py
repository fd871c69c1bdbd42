"""IBM watsonx.ai: which path is which operation."""

from __future__ import annotations

from simulator.request_context import Call, Refusal
from simulator.routes import Route, Vendor
from simulator.watsonx.account import ACCOUNT_ROUTES
from simulator.watsonx.chat import chat
from simulator.watsonx.generate import generate
from simulator.watsonx.requests import refusal


def _no_such_path(call: Call) -> Refusal:
    return refusal(404, "not_found", f"No operation at {call.method} {call.path}")


def _no_such_method(call: Call) -> Refusal:
    return refusal(405, "method_not_allowed", f"{call.method} is not allowed at {call.path}")


WATSONX = Vendor(
    "watsonx",
    ("/ml/", "/v2/", "/oidc/", "/identity/", "/icp4d-api/", "/usermgmt/"),
    (
        Route("POST", r"/ml/v1/text/(?P<operation>chat|chat_stream)", "chat", chat),
        Route("POST", r"/ml/v1/text/(?P<operation>generation|generation_stream)", "generate", generate),
        *ACCOUNT_ROUTES,
    ),
    _no_such_path,
    _no_such_method,
)
