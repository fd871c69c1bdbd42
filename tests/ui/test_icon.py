"""The icon in the browser's tab and the mark in the corner are those that Streamlit would have sent."""

from unittest import mock

import streamlit as st
from streamlit.commands import logo, page_config
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from ui import icon


def test_they_are_what_streamlit_sends() -> None:
    with (
        mock.patch.object(icon, "get_script_run_ctx") as ours,
        mock.patch.object(page_config, "get_script_run_ctx") as theirs,
        mock.patch.object(logo, "get_script_run_ctx", theirs),
    ):
        icon.show()
        st.set_page_config(page_icon=str(icon.FILE))
        st.logo(str(icon.LOGO), size="large")
    sent, expected = ([call.args[0] for call in made.return_value.enqueue.call_args_list] for made in (ours, theirs))
    assert all(isinstance(message, ForwardMsg) for message in sent)
    assert sent == expected
    assert sent[0].page_config_changed.favicon.startswith("data:image/svg+xml;base64,")
    assert sent[1].logo.image.startswith("data:image/svg+xml;base64,")
