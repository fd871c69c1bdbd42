"""The icon in the browser's tab is the one that Streamlit would have sent."""

from unittest import mock

from streamlit.commands.page_config import _get_favicon_string
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from ui import icon


def test_it_is_what_set_page_config_sends() -> None:
    with mock.patch.object(icon, "get_script_run_ctx") as context:
        icon.show()
    (message,) = context.return_value.enqueue.call_args.args
    assert isinstance(message, ForwardMsg)
    assert message.page_config_changed.favicon == _get_favicon_string(str(icon.FILE))
    assert message.page_config_changed.favicon.startswith("data:image/svg+xml;base64,")
