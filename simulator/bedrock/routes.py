"""AWS Bedrock's routes, and the control plane's model lists."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from simulator.bedrock.aws import authorise, refusal
from simulator.bedrock.converse import converse
from simulator.bedrock.invoke import invoke
from simulator.pacing import IDS
from simulator.request_context import Refusal, RequestContext, dump
from simulator.routes import Route, Vendor

REGION = "us-east-1"


def _summary(name: str) -> dict[str, Any]:
    return {
        "modelArn": f"arn:aws:bedrock:{REGION}::foundation-model/anthropic.{name}",
        "modelId": f"anthropic.{name}",
        "modelName": f"Simulator {name}",
        "providerName": "Simulator",
        "inputModalities": ["TEXT"],
        "outputModalities": ["TEXT"],
        "responseStreamingSupported": True,
        "customizationsSupported": [],
        "inferenceTypesSupported": ["ON_DEMAND"],
        "modelLifecycle": {"status": "ACTIVE"},
    }


async def _foundation_models(context: RequestContext) -> None:
    """GET /foundation-models"""
    authorise(context)
    wanted = context.query.get("byOutputModality", "TEXT")
    models = [_summary(name) for name in IDS] if wanted == "TEXT" else []
    await _list(context, {"modelSummaries": models})


def _profile(name: str) -> dict[str, Any]:
    return {
        "inferenceProfileName": f"US Simulator {name}",
        "description": "A speed of the simulator.",
        "inferenceProfileArn": f"arn:aws:bedrock:{REGION}:000000000000:inference-profile/us.anthropic.{name}",
        "inferenceProfileId": f"us.anthropic.{name}",
        "models": [{"modelArn": f"arn:aws:bedrock:{REGION}::foundation-model/anthropic.{name}"}],
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
    }


async def _inference_profiles(context: RequestContext) -> None:
    """GET /inference-profiles"""
    authorise(context)
    await _list(context, {"inferenceProfileSummaries": [_profile(name) for name in IDS]})


async def _list(context: RequestContext, body: dict[str, Any]) -> None:
    headers = {"content-type": "application/json", "x-amzn-requestid": str(uuid4())}
    await context.respond(200, dump(body), headers)


def _unknown_operation(context: RequestContext) -> Refusal:
    return refusal(404, "UnknownOperationException", f"No operation at {context.method} {context.path}")


BEDROCK = Vendor(
    "bedrock",
    ("/model/", "/foundation-models", "/inference-profiles"),
    (
        Route("POST", r"/model/(?P<model>[^/]+)/(?P<operation>converse|converse-stream)", "converse", converse),
        Route(
            "POST",
            r"/model/(?P<model>[^/]+)/(?P<operation>invoke|invoke-with-response-stream)",
            "invoke",
            invoke,
        ),
        Route("GET", r"/foundation-models/?", "models", _foundation_models),
        Route("GET", r"/inference-profiles/?", "models", _inference_profiles),
    ),
    _unknown_operation,
    _unknown_operation,
)
