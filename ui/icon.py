"""The app's icon, in the browser's tab."""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.PageConfig_pb2 import PageConfig
from streamlit.runtime.scriptrunner import get_script_run_ctx

FILE = Path(__file__).parent / "icon.svg"


def show() -> None:
    """Do what `st.set_page_config(page_icon=FILE)` does, without NumPy and Pillow, which that imports first: a fresh
    process would show nothing meanwhile, for a tenth of a second."""
    if (context := get_script_run_ctx()) is not None:
        message = ForwardMsg()
        message.page_config_changed.favicon = _url()
        # All else is left to others. Unless that is said, the page would become a narrow one.
        message.page_config_changed.layout = PageConfig.LAYOUT_UNSET
        message.page_config_changed.initial_sidebar_state = PageConfig.SIDEBAR_UNSET
        context.enqueue(message)


@cache
def _url() -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(FILE.read_bytes()).decode()}"
