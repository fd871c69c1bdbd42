"""Prefetching: a thread that loads what the first page and the first answer need, so that neither waits for it."""

import contextlib
import gc
import importlib
import os
import sys
import threading
import time

from providers import ProviderError, connect, load
from ui.session import resources

AFTER = 1.0  # seconds; a browser that opens the page at once needs the processor for its scripts
LOOK = 0.1  # seconds between two looks at whether an answer is in progress
SWITCH = 0.0005  # seconds until the GIL is passed on: the thread that reads an answer notes each chunk sooner


def start() -> None:
    """To be called once, when the server starts. A page that is drawn before it is done loads what it needs itself."""
    sys.setswitchinterval(SWITCH)
    threading.Thread(target=_prefetch, name="prefetch", daemon=True).start()


def _prefetch() -> None:
    """For the page: the modules, the store with the samples, the simulator, and local servers. For the answer: the
    SDKs, each with its client; the prices; and what Streamlit imports at its first table, chart or streamed word."""
    time.sleep(AFTER)
    for name in ("answer.metrics", "answer.playback", "answer.view", "controls.export_menu", "show.scenes"):
        importlib.import_module(f"ui.{name}")  # and all that these import
    from ui.session import persistence

    persistence.seed_samples()
    resources.simulator()
    resources.local_servers()
    try:
        found = load(os.environ) | resources.local_servers()
    except ValueError:  # the page shows it
        found = {}
    for settings in found.values():
        _wait_until_idle()
        with contextlib.suppress(ProviderError):  # who asks is told
            live = settings.credentials_found(os.environ)
            connect(settings if live else settings.simulated_by(resources.simulator()))
    from replies.pricing import lookup

    _wait_until_idle()
    lookup.prepare()
    for name in ("pandas", "pyarrow", "altair"):
        _wait_until_idle()
        importlib.import_module(name)
    # The SDKs stay loaded. Looking through all that they brought for garbage would stop all threads for more than a
    # tenth of a second.
    gc.freeze()


def _wait_until_idle() -> None:
    """Wait until no answer is in progress: an import holds the GIL, and would be counted as a provider's wait."""
    while any(thread.name.startswith("reply-") for thread in threading.enumerate()):
        time.sleep(LOOK)
