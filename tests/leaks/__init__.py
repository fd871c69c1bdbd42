"""Where do keys end up? Marked ones are planted wherever a key can come from (`marks`), every fault of the table is
brought about with debug logs on (`provoking`, in a process and a copy of the project of its own), and all that was
written meanwhile is searched (`searching`). `python -m tests.leaks` tells the counts.
"""
