"""Thresholds from which on a figure is given, and what each figure means, in a sentence."""

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
    # One answer, by the keys of the metric table
    "ttft": "Time to first token: from the question to the first piece of text or reasoning.",
    "ttfv": "Time to first visible word: from the question to the first piece of the answer itself.",
    "speed": "Output tokens per second while it streams: (output tokens − 1) ÷ (last piece − first piece), tokens as "
    f"the provider counted them, less the reasoning where none of it was streamed. Shown from {FEWEST_TOKENS} tokens, "
    f"{FEWEST_GAPS} gaps and {SHORTEST_WINDOW} s on, and not where the answer came with more than half of its text in "
    "the first burst, or with fewer bytes than tokens.",
    "overall": "Overall tokens per second: output tokens ÷ total time, the wait and all reasoning included.",
    "total": "From the question until the answer was over and its counts had come.",
    "gap_median": "The median pause between two pieces.",
    "gap_p95": "95 % of the pauses between two pieces are no longer than this.",
    "stall": "The longest pause between two pieces.",
    "tokens": "Input and output tokens as the provider counted them, reasoning included.",
    "input_tokens": "Input tokens as the provider counted them, cached ones included.",
    "output_tokens": "Output tokens as the provider counted them, reasoning included.",
    "reasoning_tokens": "How many of the output tokens were reasoning, as the provider counted them.",
    "cost": "Tokens as the provider counted them × the price per million, in US dollars, with the price list's own "
    "rates for what a cache had or took. “At most” where one of these, or a count, is missing; else unknown.",
    "cached_tokens": "How many of the input tokens the provider read from its cache, by its own count.",
    "cache_write_tokens": "How many of the input tokens the provider wrote to its cache, by its own count.",
    "pieces": "Pieces of text and reasoning that arrived; a piece may hold several tokens.",
    "characters": "Characters of the answer, without its reasoning.",
    "connecting": "Making the client ready (import, token, credentials, connection) before the question; not part of "
    "any other time.",
    "handshake": "Finding the host, TCP and TLS: the part of connecting that is the network's. Before the question, "
    "so not part of any other time; “–” where a connection was open already.",
    "provider_first": "What the provider says of its own time until it began to answer; a part of the first token's "
    "time. Providers differ in what they count, and some begin before the first token.",
    "rest": "First token − provider's own wait: the way there and back, and what the provider leaves out of its own "
    "time.",
    "provider_total": "What the provider says of its own time for the whole answer; a part of the total.",
    "retries": "How often the question was sent again after a failure.",
    "skew": "How long after the common start of its comparison this question left; not part of any other time.",
    # Many answers
    "failures": "Answers that failed or broke off ÷ all that were not stopped.",
    "n": "How many answers have this figure. Times, speeds and costs are of complete answers alone; the first token "
    "is of every answer that had one.",
    "low": "The smallest value.",
    "high": "The largest value.",
    "median": f"Half of the values are no larger than this. Given from n = {FEWEST_FOR_MEDIAN} on.",
    "p95": "95 % of the values are no larger than this, interpolated between neighbours. Given from n = "
    f"{FEWEST_FOR_P95} on; below n = {FIRM_P95} it is rough (≈), as it hangs on a few values.",
    "outcomes": "How the answers ended. Failed, stopped and broken-off ones are counted here and averaged nowhere.",
    # A text
    "reading_time": f"Words ÷ {READING_PACE:g} words a minute.",
    "reading_level": "Coleman–Liau index, a US school grade: 0.0588 × letters per 100 words − 0.296 × sentences per "
    f"100 words − 15.8, code left out. Made for English; given from {FEWEST_FOR_LEVEL} words in Latin script on.",
}
