"""What the eye sees between question and last word, measured in Chromium against the alternatives.

    make bench                                                        # all of it, about twenty minutes
    python -m benchmarks.typewriter --systems chat,plain,raw --loads 500x50,2000x200
    python -m benchmarks.typewriter --frames 20,30,50                 # what more updates a second cost and gain

What each figure means, and what was found last: benchmarks/README.md.
"""
