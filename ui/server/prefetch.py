"""What the first page and the first answer need is got ready in the background, so that neither waits for it."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import sys
import threading
import time

from providers import ProviderError, connect, load
from ui.session import resources

AFTER = 1.0  # seconds; a browser that comes at once is busy with its scripts, and needs the processor for them
LOOK = 0.1  # seconds between two looks at whether an answer is under way
SWITCH = 0.0005  # seconds that a thread may compute while another waits: whoever reads an answer waits less to stamp it


def begin() -> None:
    """To be called once, when the server starts. Who comes before it is ready gets ready what they need themselves."""
    sys.setswitchinterval(SWITCH)
    threading.Thread(target=_get_ready, name="warming", daemon=True).start()


def _get_ready() -> None:
    time.sleep(AFTER)
    _page()
    _answer()


def _page() -> None:
    """The modules, the store with what it holds on the first day, the simulator, and what else is on this machine."""
    for name in (
        "answer.metrics",
        "answer.playback",
        "answer.view",
        "controls.export_menu",
        "controls.parameters",
        "controls.provider_picker",
        "session.admission",
        "session.persistence",
    ):
        importlib.import_module(f"ui.{name}")
    from ui.session import persistence

    persistence.seed_samples()
    resources.simulator()
    resources.local_servers()


def _answer() -> None:
    """The SDKs, each with its client; the prices; and what Streamlit imports at its first table, chart or streamed
    word."""
    try:
        found = load(os.environ) | resources.local_servers()
    except ValueError:  # the page tells
        found = {}
    for settings in found.values():
        _wait_for_a_lull()
        with contextlib.suppress(ProviderError):  # whoever asks is told
            live = settings.credentials_found(os.environ)
            connect(settings if live else settings.simulated_by(resources.simulator()))
    from replies.pricing import lookup

    _wait_for_a_lull()
    lookup.prepare()
    for name in ("pandas", "pyarrow", "altair"):
        _wait_for_a_lull()
        importlib.import_module(name)
    # The SDKs are here to stay. To look through all they brought for garbage takes more than a tenth of a second, in
    # which no word comes to anybody.
    gc.freeze()


def _wait_for_a_lull() -> None:
    """Wait until no answer is in progress: an import holds the GIL, and would be counted as a provider's wait."""
    while any(thread.name.startswith("reply-") for thread in threading.enumerate()):
        time.sleep(LOOK)
