"""What the eye sees between question and last word, measured in Chromium against the alternatives.

    make bench                                                        # all of it, about half an hour
    python -m benchmarks.typewriter --systems chat,plain,raw --loads 500x50,2000x200

What each figure means, and what was found last: benchmarks/README.md.
"""
