"""Smoke test of a fresh install: the app answers on a free port, and one simulated answer is complete.

    python tests/smoke.py

`make smoke` runs it in an environment of its own, on another Python than the tests'. Standard library only.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parent.parent
START = 60  # seconds
ANSWER = 120


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="streamside-smoke-") as home:
        environment = {**os.environ, "HOME": home, "USERPROFILE": home}  # a newcomer's machine: nothing is set up
        app_starts(environment)
        answer_ends(environment)
    print(f"A fresh install starts and answers on Python {sys.version.partition(' ')[0]}.")


def app_starts(environment: dict[str, str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        app = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            deadline = time.monotonic() + START
            while not healthy(port):
                if app.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    sys.exit(f"The app was not up after {START} s. It said:\n{log.read()}")
                time.sleep(0.2)
        finally:
            app.terminate()
            app.wait(timeout=20)


def healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def answer_ends(environment: dict[str, str]) -> None:
    command = [sys.executable, "ask.py", "openai", "--simulate", "--json", "Tell me about history of Cricket."]
    asked = subprocess.run(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=ANSWER, check=False,
    )  # fmt: skip
    try:
        end = json.loads(asked.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        end = {}
    if asked.returncode or end.get("event") != "end" or end.get("state") != "done":
        sys.exit(f"ask.py exited with {asked.returncode} and its last line was {end}.\n{asked.stderr}")


if __name__ == "__main__":
    main()
