"""Metrics: every figure of an answer, what it means, and how many answers spread."""
