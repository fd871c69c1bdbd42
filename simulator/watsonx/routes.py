"""IBM watsonx.ai's routes."""

from __future__ import annotations

from simulator.request_context import Refusal, RequestContext
from simulator.routes import Route, Vendor
from simulator.watsonx.account import ACCOUNT_ROUTES
from simulator.watsonx.chat import chat
from simulator.watsonx.generate import generate
from simulator.watsonx.requests import refusal

TEXT = r"/ml/v1/(?:deployments/(?P<deployment>[^/]+)/)?text/"


def _no_such_path(context: RequestContext) -> Refusal:
    return refusal(404, "not_found", f"No operation at {context.method} {context.path}")


def _no_such_method(context: RequestContext) -> Refusal:
    return refusal(405, "method_not_allowed", f"{context.method} is not allowed at {context.path}")


WATSONX = Vendor(
    "watsonx",
    ("/ml/", "/v2/", "/oidc/", "/identity/", "/icp4d-api/", "/usermgmt/"),
    (
        Route("POST", rf"{TEXT}(?P<operation>chat|chat_stream)", "chat", chat),
        Route("POST", rf"{TEXT}(?P<operation>generation|generation_stream)", "generate", generate),
        *ACCOUNT_ROUTES,
    ),
    _no_such_path,
    _no_such_method,
)
