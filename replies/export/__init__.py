"""Exports of a conversation or a comparison: Markdown, JSON, CSV, and a report in HTML."""
