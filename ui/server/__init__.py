"""The server below the pages: who can reach it, its headers, and every touch of Streamlit's private parts."""
