"""Account requests, which IBM's SDKs make before the first prompt: token, project, instance, list of models."""

from __future__ import annotations

import base64
import time
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

from simulator.faults import FAULT_IDS
from simulator.pacing import IDS
from simulator.request_context import Refusal, RequestContext, dump
from simulator.routes import Route
from simulator.watsonx.requests import authorise, refusal, transaction

GRANT = "urn:ibm:params:oauth:grant-type:apikey"
LIFETIME = 3600
INSTANCE = "00000000-0000-4000-8000-000000000001"
FAMILIAR = ("ibm/granite-4-h-small", "ibm/granite-3-3-8b-instruct", "meta-llama/llama-3-3-70b-instruct")
"""Ids of real models that examples are written with; IBM's SDKs refuse an id that is not in the list."""


def token(user: str = "simulator") -> str:
    """An access token: a JWT in shape, worth nothing anywhere."""
    issued = int(time.time())
    claims = {
        "iam_id": f"IBMid-{user}",
        "sub": user,
        "iat": issued,
        "exp": issued + LIFETIME,
        "iss": "https://iam.cloud.ibm.com/identity",
        "account": {"bss": "simulator"},
    }
    parts = (dump({"alg": "none", "typ": "JWT"}), dump(claims), b"simulator")
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def _iam_refusal(code: str, message: str) -> Refusal:
    context = {"requestId": uuid4().hex, "requestType": "incoming.Identity_Token"}
    body = {"errorCode": code, "errorMessage": message, "context": context}
    return Refusal(400, body, transaction())


async def _iam(context: RequestContext) -> None:
    """POST /identity/token and /oidc/token: an API key becomes a bearer token."""
    form = parse_qs(context.content.decode("latin-1"))
    key = form.get("apikey", [""])[0].strip()
    if form.get("grant_type", [""])[0] != GRANT:
        raise _iam_refusal("BXNIM0108E", "Property value not supported: 'grant_type'")
    if not key:
        raise _iam_refusal("BXNIM0109E", "Property missing or empty: 'apikey'")
    if "wrong" in key:
        raise _iam_refusal("BXNIM0415E", "Provided API key could not be found.")
    issued = int(time.time())
    await _send(
        context,
        {
            "access_token": token(),
            "refresh_token": "not_supported",
            "token_type": "Bearer",
            "expires_in": LIFETIME,
            "expiration": issued + LIFETIME,
            "scope": "ibm openid",
        },
    )


async def _cluster_token(context: RequestContext) -> None:
    """POST /icp4d-api/v1/authorize: the same on a cluster that runs IBM's software."""
    try:
        body = context.json_object()
    except ValueError:
        raise refusal(400, "invalid_request_entity", "The request entity is not a JSON object") from None
    context.exchange.text = ""
    keys = [key for name in ("api_key", "password") if (key := body.get(name)) is not None]
    named = isinstance(body.get("username"), str) and body["username"]
    if not named or len(keys) != 1 or not isinstance(keys[0], str) or not keys[0] or "wrong" in keys[0]:
        raise Refusal(401, {"_messageCode_": "401", "message": "Invalid credentials"}, transaction())
    await _send(context, {"_messageCode_": "200", "message": "Success", "token": token(str(body["username"]))})


def _scope(name: str, kind: str) -> dict[str, Any]:
    compute = {
        "type": "machine_learning",
        "guid": INSTANCE,
        "name": "Simulator",
        "crn": f"crn:v1:simulator:::pm-20:us-south:a/simulator:{INSTANCE}::",
    }
    return {
        "metadata": {"guid": name, "id": name, "url": f"/v2/{kind}/{name}"},
        "entity": {
            "name": "Simulator",
            "description": "Any project or space id is accepted.",
            "storage": {"type": "bmcos_object_storage", "guid": INSTANCE},
            "compute": [compute],
            "status": {"state": "active"},
        },
    }


async def _project(context: RequestContext) -> None:
    """GET /v2/projects/{id} and /v2/spaces/{id}: every id is known."""
    authorise(context)
    await _send(context, _scope(context.parts["id"], context.parts["kind"]))


async def _projects(context: RequestContext) -> None:
    """GET /v2/projects and /v2/spaces"""
    authorise(context)
    await _send(context, {"total_results": 0, "resources": []})


async def _instance(context: RequestContext) -> None:
    """GET /ml/v4/instances/{id}"""
    authorise(context)
    entity = {"source": "simulator", "region": "us-south", "plan": {"name": "v2-standard", "version": 2}}
    await _send(context, {"metadata": {"id": context.parts["id"]}, "entity": entity})


def _spec(name: str, *, withdrawn: bool = False) -> dict[str, Any]:
    lifecycle = [{"id": "available", "start_date": "2025-01-01"}]
    if withdrawn:
        lifecycle.append({"id": "withdrawn", "start_date": "2025-01-02"})
    return {
        "model_id": name,
        "label": name.rpartition("/")[2],
        "provider": "Simulator",
        "source": "Simulator",
        "functions": [{"id": "text_chat"}, {"id": "text_generation"}],
        "short_description": "No model: written answers, sent at a set speed.",
        "long_description": "No model is behind this id. The answers were written beforehand.",
        "input_tier": "class_1",
        "output_tier": "class_1",
        "number_params": "0",
        "min_shot_size": 0,
        "task_ids": ["generation", "question_answering", "summarization"],
        "tasks": [{"id": "generation", "ratings": {"quality": 1}}],
        "model_limits": {"max_sequence_length": 1_000_000, "max_output_tokens": 1_000_000},
        "limits": {"lite": {"call_time": "5m0s", "max_output_tokens": 1_000_000}},
        "lifecycle": lifecycle,
    }


async def _specs(context: RequestContext) -> None:
    """GET /ml/v1/foundation_model_specs, open to all.

    The faults are listed as withdrawn: lists for people leave those out, while SDKs that refuse any id that
    is not listed find them.
    """
    specs = [_spec(f"simulator/{name}") for name in IDS] + [_spec(name) for name in FAMILIAR]
    specs += [_spec(name, withdrawn=True) for name in FAULT_IDS]
    if "!lifecycle_withdrawn" in context.query.get("filters", ""):
        specs = [spec for spec in specs if len(spec["lifecycle"]) == 1]
    limit = context.query.get("limit", "100")
    if not limit.isdecimal() or not 1 <= int(limit) <= 200:
        raise refusal(400, "invalid_parameter", "limit should be between 1 and 200")
    body = {
        "total_count": len(specs),
        "limit": int(limit),
        "first": {"href": f"/ml/v1/foundation_model_specs?version={context.query.get('version', '')}"},
        "resources": specs[: int(limit)],
    }
    await _send(context, body)


async def _version(context: RequestContext) -> None:
    """GET /ml/wml_services/version: asked of clusters only."""
    await _send(context, {"version": "5.0.0"})


async def _send(context: RequestContext, body: dict[str, Any]) -> None:
    await context.respond(200, dump(body), {**transaction(), "content-type": "application/json"})


ACCOUNT_ROUTES = (
    Route("POST", r"/(?:identity|oidc)/token", "iam", _iam),
    Route("POST", r"/icp4d-api/v1/authorize", "iam", _cluster_token),
    Route("GET", r"/v2/(?P<kind>projects|spaces)/(?P<id>[^/]+)", "project", _project),
    Route("GET", r"/v2/(?P<kind>projects|spaces)", "project", _projects),
    Route("GET", r"/ml/v4/instances/(?P<id>[^/]+)", "instance", _instance),
    Route("GET", r"/ml/wml_services(?:/v2)?/version", "version", _version),
    Route("GET", r"/ml/v1/foundation_model_specs", "models", _specs),
)
