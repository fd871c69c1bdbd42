"""Guard against live calls: nothing leaves this machine, and nobody's own keys are used.

`live_calls` refuses every connection and every name that is not this machine's own. `tests/conftest.py` sets it up in
the test process, and `sitecustomize` in each Python that a test starts with `guarded_environment()`. Refusals are also
logged, so that a test fails even where the code under test swallowed the refusal.
"""

import os
import re
import sys
from pathlib import Path

_HERE = Path(__file__).parent

# Keys, endpoints, proxies, certificates and switches that a developer may have set for Streamside itself.
_OURS = re.compile(
    r"(OPENAI|AWS|BEDROCK|WATSONX|ENDPOINT|STREAMSIDE|STREAMLIT|WML|WX)_.+"
    r"|API_KEY|PROJECT_ID|SPACE_ID|IBM_CLOUD_URL|USER_ACCESS_TOKEN|RUNTIME_ENV_\w+|DATABASE_URL"
    r"|(HTTPS?|ALL|NO)_PROXY|SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE",
    re.IGNORECASE,
)


def forget_the_developer(home: Path) -> None:
    """Take this process's keys and settings away, and give it an empty home folder."""
    # Playwright keeps its browsers under the real home: say where, before it is gone.
    cache = {"darwin": "Library/Caches", "win32": "AppData/Local"}.get(sys.platform, ".cache")
    os.environ.setdefault("PLAYWRIGHT_BROWSERS_PATH", str(Path.home() / cache / "ms-playwright"))
    for name in list(os.environ):
        if _OURS.fullmatch(name):
            del os.environ[name]
    os.environ |= {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "AWS_CONFIG_FILE": str(home / "aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(home / "aws-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHON_DOTENV_DISABLED": "1",  # load_dotenv() then reads no .env
        "STREAMSIDE_REFUSED_CALLS": str(home / "refused-calls"),
        "STREAMSIDE_DATA": str(home / "data"),
    }


def guarded_environment(**more: str) -> dict[str, str]:
    """The environment for a Python that a test starts: this one's, the guard, and what the test adds."""
    path = os.pathsep.join(filter(None, [str(_HERE), more.pop("PYTHONPATH", os.environ.get("PYTHONPATH"))]))
    return {**os.environ, **more, "PYTHONPATH": path}
