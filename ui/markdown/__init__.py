"""Markdown of a model, made to show as it was written: CommonMark, GFM and formulas, no rule of Streamlit's own."""

from ui.markdown.blocks import Blocks, as_written, literal

__all__ = ["Blocks", "as_written", "literal"]
