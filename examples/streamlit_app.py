"""A chat card: the provider is chosen at the side, and its answer is written as it comes.

python -m streamlit run examples/streamlit_app.py
"""

import os

import streamlit as st

from providers import ProviderError, Request, SimulatorAddress, connect, load
from providers.env_file import load_env
from simulator import Simulator

simulator = st.cache_resource(lambda: Simulator().start())
load_env()
endpoints = load(os.environ)
with st.sidebar:
    settings = st.selectbox("Provider", endpoints.values(), format_func=lambda each: each.label)
    if not settings.credentials_found(os.environ):
        settings = settings.simulated_by(SimulatorAddress(simulator().url, simulator().tls_url, simulator().ca_file))
        st.badge("Simulator, no model behind it", icon=":material/science:", color="orange")
    model = st.text_input("Model", settings.model, key=settings.name)
if prompt := st.chat_input("Ask"):
    st.chat_message("user").text(prompt)
    with st.chat_message("assistant"):
        try:
            st.write_stream(connect(settings).stream(Request.of(prompt, model)))
        except ProviderError as error:
            st.error(error.message)
