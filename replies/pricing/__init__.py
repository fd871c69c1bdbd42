"""Pricing: what an answer cost, and by which price."""
