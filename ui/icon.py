"""The app's icon in the browser's tab, and its mark and name in the page's corner."""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.Logo_pb2 import Logo
from streamlit.proto.PageConfig_pb2 import PageConfig
from streamlit.runtime.scriptrunner import get_script_run_ctx

FILE = Path(__file__).parent / "icon.svg"
LOGO = Path(__file__).parent / "logo.svg"


def show() -> None:
    """Do as `st.set_page_config(page_icon=FILE)` and `st.logo(LOGO, size="large")`, but without NumPy and Pillow, which
    they import first: a fresh process would show nothing meanwhile, for a tenth of a second."""
    if (context := get_script_run_ctx()) is not None:
        message = ForwardMsg()
        message.page_config_changed.favicon = _url(FILE)
        # All else is left to others. Unless that is said, the page would become a narrow one.
        message.page_config_changed.layout = PageConfig.LAYOUT_UNSET
        message.page_config_changed.initial_sidebar_state = PageConfig.SIDEBAR_UNSET
        context.enqueue(message)
        message = ForwardMsg()
        message.logo.image, message.logo.image_type, message.logo.size = _url(LOGO), Logo.ImageType.IMAGE, "large"
        context.enqueue(message)


@cache
def _url(file: Path) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(file.read_bytes()).decode()}"
