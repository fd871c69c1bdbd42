"""The keys to look for: one for each place that a key can come from, told apart by their names."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

# As long and as odd as real keys, with signs that addresses and JSON write in another way.
MARKS = {
    name: f"MARK/{name}+{number:02}=Zq7xW2mLk0Zp9TnYb4"
    for number, name in enumerate(
        (
            "environment-openai",
            "environment-proxy",
            "environment-address",
            "dotenv-aws-id",
            "dotenv-aws-secret",
            "dotenv-aws-session",
            "secrets-toml-ibm",
            "typed-endpoint",
            "typed-openai",
            "typed-aws-id",
            "typed-aws-secret",
            "typed-ibm",
        )
    )
}

# No key: it stands in every question, so that the search can be seen to find what is there.
CONTROL = "MARK/control+99=Zq7xW2mLk0Zp9TnYb4"
PROMPT = f"Who goes there? {CONTROL}"

TYPED = {  # by what the page calls the fields
    "OPENAI_API_KEY": MARKS["typed-openai"],
    "AWS_ACCESS_KEY_ID": MARKS["typed-aws-id"],
    "AWS_SECRET_ACCESS_KEY": MARKS["typed-aws-secret"],
    "WATSONX_APIKEY": MARKS["typed-ibm"],
    "ENDPOINT_LAB_API_KEY": MARKS["typed-endpoint"],
}


def lab(server: str) -> str:
    """The address of an endpoint there, with a key in it."""
    return f"{server}/v1?api-version=1&api_key={quote(MARKS['environment-address'], safe='')}"


def environment() -> dict[str, str]:
    """Variables with keys in them."""
    return {
        "OPENAI_API_KEY": MARKS["environment-openai"],
        "PROXY_PASSWORD": MARKS["environment-proxy"],
        "ENDPOINT_LAB_URL": lab("https://lab.example"),
        "WATSONX_PROJECT_ID": "my-project",
        "AWS_REGION": "us-east-1",
    }


def plant(project: Path) -> None:
    """Put keys into the two files that the app reads."""
    dotenv = {
        "AWS_ACCESS_KEY_ID": MARKS["dotenv-aws-id"],
        "AWS_SECRET_ACCESS_KEY": MARKS["dotenv-aws-secret"],
        "AWS_SESSION_TOKEN": MARKS["dotenv-aws-session"],
    }
    files = {".env": dotenv, ".streamlit/secrets.toml": {"WATSONX_APIKEY": MARKS["secrets-toml-ibm"]}}
    for name, values in files.items():
        lines = [f"{variable} = {json.dumps(value)}\n" for variable, value in values.items()]
        (project / name).write_text("".join(lines), encoding="utf-8")
