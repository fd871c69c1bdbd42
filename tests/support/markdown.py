"""Text that escaped Markdown shows."""

import html
import re


def plain(markdown: str) -> str:
    """The letters that a reader sees, of text that `ui.markdown.literal` escaped."""
    return html.unescape(re.sub(r":\w+\{\}", "", markdown).replace("\\", ""))
