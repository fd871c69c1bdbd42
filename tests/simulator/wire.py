"""A client that sees the bare wire: no SDK between the test and the bytes."""

from __future__ import annotations

import base64
import http.client
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlsplit

from botocore.eventstream import EventStreamBuffer

from simulator import Simulator

APIS = ("openai", "converse", "invoke", "chat", "generate")
SIGNATURE = (
    "AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/bedrock/aws4_request, "
    f"SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
)
CRICKET = "Tell me about history of Cricket in 200 words."


@dataclass
class Wire:
    """What came over the wire, and how it ended: `end` is "", "cut", "reset" or "silence"."""

    api: str
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    end: str = ""

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @cached_property
    def events(self) -> list[Any]:
        """The events of a stream, decoded: JSON, or (headers, payload) of Bedrock's other frames."""
        if self.api in ("converse", "invoke"):
            return [_frame(message) for message in frames(self.body)]
        datas = [line[6:] for line in self.body.split(b"\n") if line.startswith(b"data: ")]
        return [json.loads(data) for data in datas if data != b"[DONE]"]

    @property
    def text(self) -> str:
        return "".join(_words(self.api, event)[0] for event in self.events)

    @property
    def reasoning(self) -> str:
        return "".join(_words(self.api, event)[1] for event in self.events)

    @property
    def finish(self) -> Any:
        """The vendor's own word for how it ended; None without one."""
        found = [reason for event in self.events if (reason := _finish(self.api, event)) is not None]
        return found[-1] if found else None


def frames(body: bytes) -> list[Any]:
    """Bedrock's frames by botocore's own parser, checksums and all."""
    buffer = EventStreamBuffer()
    buffer.add_data(body)
    return list(buffer)


def _frame(message: Any) -> Any:
    headers = message.headers
    if headers[":message-type"] != "event":
        return headers, message.payload
    payload = json.loads(message.payload)
    if headers[":event-type"] == "chunk":
        return json.loads(base64.b64decode(payload["bytes"]))
    if isinstance(payload, dict):
        payload.pop("p", None)
    return {headers[":event-type"]: payload}


def _words(api: str, event: Any) -> tuple[str, str]:
    match api:
        case "converse":
            delta = event["contentBlockDelta"]["delta"] if "contentBlockDelta" in event else {}
            return delta.get("text", ""), delta.get("reasoningContent", {}).get("text", "")
        case "invoke":
            delta = event.get("delta", {})
            return delta.get("text", ""), delta.get("thinking", "")
        case "generate":
            return event["results"][0]["generated_text"], ""
    delta = event["choices"][0]["delta"] if event["choices"] else {}
    return delta.get("content") or "", delta.get("reasoning_content") or ""


def _finish(api: str, event: Any) -> Any:
    match api:
        case "converse":
            return event.get("messageStop", {}).get("stopReason")
        case "invoke":
            return event.get("delta", {}).get("stop_reason")
        case "generate":
            reason = event["results"][0]["stop_reason"]
            return None if reason == "not_finished" else reason
    return event["choices"][0]["finish_reason"] if event["choices"] else None


@dataclass
class Client:
    """Asks the simulator by hand."""

    sim: Simulator

    def request(
        self,
        api: str,
        model: str,
        *,
        prompt: str = CRICKET,
        stream: bool = True,
        limit: int | None = None,
        temperature: float | None = None,
        key: str = "key",
        body: Any = None,
    ) -> tuple[str, dict[str, str], bytes]:
        """Path, headers and body of a valid request; `body` replaces the body."""
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        messages: Any = [{"role": "user", "content": prompt}]
        options = {} if temperature is None else {"temperature": temperature}
        own: dict[str, Any]
        match api:
            case "openai":
                path = "/v1/chat/completions"
                own = {"model": model, "messages": messages, "stream": stream, **options}
                if stream:
                    own["stream_options"] = {"include_usage": True}
                if limit:
                    own["max_tokens"] = limit
            case "responses":
                path = "/v1/responses"
                own = {"model": model, "input": prompt, "stream": stream, **options}
                if limit:
                    own["max_output_tokens"] = limit
            case "converse":
                path = f"/model/{quote(model, safe='')}/converse{'-stream' if stream else ''}"
                config = {**options, **({"maxTokens": limit} if limit else {})}
                own = {
                    "messages": [{"role": "user", "content": [{"text": prompt}]}],
                    "inferenceConfig": config,
                }
            case "invoke":
                path = f"/model/{quote(model, safe='')}/invoke{'-with-response-stream' if stream else ''}"
                own = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": limit or 100_000, **options}
                own["messages"] = messages
            case "chat":
                path = f"/ml/v1/text/chat{'_stream' if stream else ''}?version=2026-01-01"
                own = {"model_id": model, "project_id": "p", "messages": messages, **options}
                if limit:
                    own["max_tokens"] = limit
            case _:
                path = f"/ml/v1/text/generation{'_stream' if stream else ''}?version=2026-01-01"
                parameters = {"max_new_tokens": limit or 100_000, **options}
                own = {"model_id": model, "project_id": "p", "input": prompt, "parameters": parameters}
        if api in ("converse", "invoke"):
            headers |= {"Authorization": SIGNATURE.format(key=key), "X-Amz-Date": "20260101T000000Z"}
        if api in ("chat", "generate"):
            headers["Authorization"] = f"Bearer head.{key}.tail"
        return path, headers, body if isinstance(body, bytes) else json.dumps(body or own).encode()

    def ask(self, api: str, model: str, *, timeout: float = 5, **options: Any) -> Wire:
        """Ask and read to the end, whatever the end is."""
        path, headers, body = self.request(api, model, **options)
        return self.send("POST", path, headers, body, api=api, timeout=timeout)

    def send(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        *,
        api: str = "",
        timeout: float = 5,
    ) -> Wire:
        address = urlsplit(self.sim.url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=timeout)
        wire, received = Wire(api), list[bytes]()
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            wire.status = response.status
            wire.headers = {name.lower(): value for name, value in response.getheaders()}
            while data := response.read1(65536):
                received.append(data)
            if response.length:
                wire.end = "cut"
        except TimeoutError:
            wire.end = "silence"
        except ConnectionResetError:
            wire.end = "reset"
        except http.client.IncompleteRead as incomplete:
            received.append(incomplete.partial)
            wire.end = "cut"
        finally:
            connection.close()
        wire.body = b"".join(received)
        return wire
