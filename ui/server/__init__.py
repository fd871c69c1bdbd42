"""The server below the pages: access, middleware, prefetching, and every touch of Streamlit's private parts."""
