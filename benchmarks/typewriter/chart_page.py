"""What the chart's picture is taken of: `chart.draw` opens it."""

import streamlit as st

from benchmarks.typewriter import chart, results

st.set_page_config(layout="wide")
st.altair_chart(chart.drawing(results.read()), theme=None, width="content")
