"""Crowd: many people at once, each of whom reads an answer of their own. `python -m benchmarks.crowd` measures them.

    python -m benchmarks.crowd                          50 viewers, one process
    python -m benchmarks.crowd --viewers 20,50,100      one after the other, each with a fresh app
    python -m benchmarks.crowd --processes 4            four processes behind nginx, with one PostgreSQL
    python -m benchmarks.crowd --processes 2 --viewers 40 --within 5 --kill 12    one of them is killed meanwhile

Each viewer is a page without a browser (`tests.support.viewer`), opened before the clock runs, and asks once, all of
them within a few seconds. The simulator answers each with numbered pieces at 50 a second, and logs when it wrote which.
App, simulator and viewers are processes of their own, and share the machine's cores.

delivered   pieces a second that reached a viewer: all of them, from when the first was written until the last was there
lag         from the moment when the simulator wrote a piece until the viewer had taken it in, by the machine's clock
lost        pieces that are missing on the page in the end, or stand there twice
cores       processor time of each process while answers came; one near 1.0 holds the others up
memory      of the app, from one viewer that has read an answer to the highest with all of them, for each further one
"""
