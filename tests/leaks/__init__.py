"""Search for leaked keys. Marked keys are planted wherever a key can come from (`marks`), every fault of the table is
provoked with debug logs on (`provocation`, in a process and a copy of the project of its own), and everything that was
written meanwhile is searched (`search`). `python -m tests.leaks` prints the counts.
"""
