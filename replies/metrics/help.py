"""Thresholds from which on a figure is given, and the help of what is no figure of one answer (see `table`)."""

from __future__ import annotations

FEWEST_GAPS = 2
FEWEST_TOKENS = 10
SHORTEST_WINDOW = 0.2  # seconds
BURST = 0.02  # seconds; what comes closer together than this was sent, or let through, at once
CHARACTERS_PER_TOKEN = 4
READING_PACE = 240.0  # words a minute
FEWEST_FOR_MEDIAN = 3
FEWEST_FOR_DIFFERENCE = 5
FEWEST_FOR_QUARTILES = 8
FEWEST_FOR_P95 = 20
FIRM_P95 = 100  # below this, a 95th percentile hangs on one value or two
FEWEST_FOR_LEVEL = 30  # words

HELP = {
    # Many answers
    "n": "How many answers have this figure. Times, speeds and costs are of complete answers alone; the first token is "
    "of every answer that had one.",
    "low": "The smallest value.",
    "high": "The largest value.",
    "median": f"Half of the values are no larger than this. Given from n = {FEWEST_FOR_MEDIAN} on.",
    "p95": "95 % of the values are no larger than this, interpolated between neighbours. "
    f"Given from n = {FEWEST_FOR_P95} on; below n = {FIRM_P95} it is rough (≈), as it hangs on a few values.",
    "outcomes": "How the answers ended. Failed, stopped and broken-off ones are counted here and averaged nowhere.",
    # A text
    "reading_time": f"Words ÷ {READING_PACE:g} words a minute.",
    "reading_level": "Coleman–Liau index, a US school grade: 0.0588 × letters per 100 words − 0.296 × sentences per "
    f"100 words − 15.8, code left out. Made for English; given from {FEWEST_FOR_LEVEL} words in Latin script on.",
}
