"""IBM watsonx.ai: which path is which operation."""

from __future__ import annotations

from .call import Call, Refusal
from .ibm import refusal
from .ibm_account import ACCOUNT_ROUTES
from .ibm_chat import chat
from .ibm_generate import generate
from .routes import Route, Vendor


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
