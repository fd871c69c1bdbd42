"""The vendors' own SDKs, streaming in four lines. These are the texts that the page shows and that the tests run."""

from __future__ import annotations

from typing import NamedTuple


class Snippet(NamedTuple):
    """`setting` is what the four `lines` need: imports, and the question. `reads` names the variables they look for."""

    label: str
    reads: str
    setting: str
    lines: str

    @property
    def code(self) -> str:
        """The whole, ready to run."""
        return f"{self.setting}\n{self.lines}"


SNIPPETS = (
    Snippet(
        "OpenAI",
        "`OPENAI_API_KEY`",
        """\
from openai import OpenAI

messages = [{"role": "user", "content": "Tell me about history of Cricket in 200 words."}]
""",
        """\
client = OpenAI()
stream = client.chat.completions.create(model="gpt-5.4-mini", messages=messages, stream=True)
for chunk in stream:
    print(chunk.choices[0].delta.content or "", end="", flush=True)
""",
    ),
    Snippet(
        "AWS Bedrock",
        "AWS's usual credentials and `AWS_DEFAULT_REGION`",
        """\
import boto3

messages = [{"role": "user", "content": [{"text": "Tell me about history of Cricket in 200 words."}]}]
""",
        """\
client = boto3.client("bedrock-runtime")
answer = client.converse_stream(modelId="us.amazon.nova-2-lite-v1:0", messages=messages)
for event in answer["stream"]:
    print(event.get("contentBlockDelta", {}).get("delta", {}).get("text", ""), end="", flush=True)
""",
    ),
    Snippet(
        "IBM watsonx.ai",
        "`WATSONX_URL`, `WATSONX_APIKEY` and `WATSONX_PROJECT_ID`",
        """\
from os import environ
from ibm_watsonx_ai import APIClient, Credentials
from ibm_watsonx_ai.foundation_models import ModelInference

messages = [{"role": "user", "content": "Tell me about history of Cricket in 200 words."}]
""",
        """\
account = Credentials(url=environ["WATSONX_URL"], api_key=environ["WATSONX_APIKEY"])
ibm = APIClient(account, project_id=environ["WATSONX_PROJECT_ID"])
for chunk in ModelInference(model_id="ibm/granite-4-h-small", api_client=ibm).chat_stream(messages):
    if chunk["choices"]: print(chunk["choices"][0]["delta"].get("content", ""), end="", flush=True)
""",
    ),
)
