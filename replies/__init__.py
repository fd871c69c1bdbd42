"""Replies: one answer, from its first word to its place in the store. Knows no Streamlit, no vendor."""
