"""The least that a Streamlit app can be: what its server and its browser take is what any app's take."""

import streamlit as st

st.title("Hello")
