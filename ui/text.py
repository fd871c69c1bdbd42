"""Text for labels and sentences: counted nouns, shortened titles."""


def many(count: int, noun: str) -> str:
    """The count with its noun, as in "1 run" and "2,000 runs"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def shortened(text: str, longest: int) -> str:
    """The text in one line of at most `longest` characters."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"
