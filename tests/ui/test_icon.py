"""The icon in the browser's tab is the one that Streamlit would have sent."""

from unittest import mock

import streamlit as st
from streamlit.commands import page_config
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from ui import icon


def test_it_is_what_set_page_config_sends() -> None:
    with (
        mock.patch.object(icon, "get_script_run_ctx") as ours,
        mock.patch.object(page_config, "get_script_run_ctx") as theirs,
    ):
        icon.show()
        st.set_page_config(page_icon=str(icon.FILE))
    ((sent,), _), ((expected,), _) = ours.return_value.enqueue.call_args, theirs.return_value.enqueue.call_args
    assert isinstance(sent, ForwardMsg)
    assert sent == expected
    assert sent.page_config_changed.favicon.startswith("data:image/svg+xml;base64,")
