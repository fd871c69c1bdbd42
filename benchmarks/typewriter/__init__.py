"""Typewriter: what the eye sees between question and last word, measured in Chromium against the alternatives.

    make bench                                                        # all of it, about twenty minutes
    python -m benchmarks.typewriter --systems chat,plain --loads 500x50,2000x200

What each figure means, and what was found last: docs/benchmarks.md.
"""
