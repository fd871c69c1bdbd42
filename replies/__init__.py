"""One answer, from its first word to its place among the others. Knows no Streamlit, no vendor."""
