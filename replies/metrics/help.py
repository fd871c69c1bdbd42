"""What each figure says, in a sentence: the help that stands beside it. And from when on it is given at all."""

from __future__ import annotations

FEWEST_GAPS = 2
FEWEST_TOKENS = 10
SHORTEST_WINDOW = 0.2  # seconds
BURST = 0.02  # seconds; what comes closer together than this was sent, or let through, at once
APART = 0.1  # seconds between the last piece and the end from which on both are told
CHARACTERS_PER_TOKEN = 4
READING_PACE = 240.0  # words a minute
FEWEST_FOR_MEDIAN = 3
FEWEST_FOR_TAILS = 5
FEWEST_FOR_LEVEL = 30  # words

FORMULAS = {
    # One answer
    "ttft": "Time to first token: from the question to the first piece of text or reasoning.",
    "ttfv": "Time to first visible word: from the question to the first piece of the answer itself.",
    "speed": "Output tokens per second while it streams: (output tokens − 1) ÷ (last piece − first piece), tokens as "
    "the provider counted them, less the reasoning where none of it was streamed. "
    f"Shown from {FEWEST_TOKENS} tokens, {FEWEST_GAPS} gaps and {SHORTEST_WINDOW} s on, and not where the answer came "
    "with more than half of its text in the first burst, or with fewer bytes than tokens.",
    "overall": "Overall tokens per second: output tokens ÷ total time, the wait and all reasoning included.",
    "tpot": "Time per output token: 1 ÷ (output tokens per second).",
    "total": "From the question until the answer was over and its counts had come.",
    "last": f"From the question to the last piece of text; told where the end came more than {APART:g} s later.",
    "gaps": "Pauses between one piece and the next. A piece may hold several tokens, so they are no times per token.",
    "gap_median": "The median pause between two pieces.",
    "gap_p95": "95 % of the pauses between two pieces are no longer than this.",
    "stall": "The longest pause between two pieces.",
    "pieces": "Pieces of text and reasoning that arrived; a piece may hold several tokens.",
    "tokens": "Output tokens as the provider counted them, reasoning included.",
    "input_tokens": "Input tokens as the provider counted them.",
    "output_tokens": "Output tokens as the provider counted them, reasoning included.",
    "reasoning_tokens": "How many of the output tokens were reasoning, as the provider counted them.",
    "token_source": "Where the token count comes from: the provider's usage, an estimate from the text, or nowhere.",
    "estimated_tokens": f"≈ characters ÷ {CHARACTERS_PER_TOKEN}, the usual rule for English text, where the provider "
    "gave no count. An estimate is in no cost, no speed and no leaderboard.",
    "connect": "Making the client ready (import, token, credentials, connection) before the question; not part of any "
    "other time.",
    "skew": "How long after the common start of its comparison this question left; not part of any other time.",
    "cost": "Tokens as the provider counted them × the price, with the price's date and source; else unknown.",
    # While it is under way
    "elapsed": "From the question until now.",
    "characters": "Characters of text and reasoning that have arrived.",
    "estimated_speed": "≈ (estimated tokens − 1) ÷ (newest piece − first piece); the provider counts at the end.",
    "track": "Output tokens that had arrived by then: the provider's count, spread over the text by its characters; "
    f"≈ characters ÷ {CHARACTERS_PER_TOKEN} where there is no count.",
    "words_read": f"Words that a reader had read by then who began at the first visible word, at {READING_PACE:g} "
    "words a minute, and waited wherever the next word had not arrived.",
    # Many answers
    "n": "How many answers have this figure. Times, speeds and costs are of complete answers alone; the first token is "
    "of every answer that had one.",
    "low": "The smallest value.",
    "high": "The largest value.",
    "median": f"Half of the values are no larger than this. Given from n = {FEWEST_FOR_MEDIAN} on.",
    "q1": "A quarter of the values are no larger than this, interpolated between neighbours. "
    f"Given from n = {FEWEST_FOR_TAILS} on.",
    "q3": "Three quarters of the values are no larger than this, interpolated between neighbours. "
    f"Given from n = {FEWEST_FOR_TAILS} on.",
    "p95": "95 % of the values are no larger than this, interpolated between neighbours. "
    f"Given from n = {FEWEST_FOR_TAILS} on; with fewer, the largest value says more.",
    "outcomes": "How the answers ended. Failed, stopped and broken-off ones are counted here and averaged nowhere.",
    # A text
    "words": "Words as a reader counts them: Markdown's signs and the targets of links are none, and every Chinese or "
    "Japanese character is one.",
    "text_characters": "Characters of the text as it is read, with one blank between two words and without Markdown's "
    "signs.",
    "sentences": "Sentences outside code; a heading or a list item without a full stop counts as one.",
    "reading_time": f"Words ÷ {READING_PACE:g} words a minute.",
    "reading_level": "Coleman–Liau index, a US school grade: 0.0588 × letters per 100 words − 0.296 × sentences per "
    f"100 words − 15.8, code left out. Made for English; given from {FEWEST_FOR_LEVEL} words in Latin script on.",
}
