"""Where prompts come from: taken whole, or refused with the place and the next step."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replies.prompts import (
    LARGEST_FILE,
    LONGEST_PROMPT,
    LONGEST_TYPED,
    MOST_PROMPTS,
    SETS,
    EmptyPromptError,
    PromptsError,
    is_text,
    listed,
    trimmed,
    typed,
    uploaded,
)

MANY = [f"Prompt {number}?" for number in range(MOST_PROMPTS + 1)]
LONG = "x" * (LONGEST_PROMPT + 1)

characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
prompts = st.lists(
    st.text(characters, min_size=1).map(str.strip).filter(bool).filter(is_text), min_size=1, max_size=MOST_PROMPTS
)
# The beginnings of files that are no text, as a browser's paste or a decoder's replacement makes text of them.
PROGRAM = b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 4
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(255, 0, -1)) * 4


def table(
    rows: list[list[str]], delimiter: str = ",", quoting: int = csv.QUOTE_MINIMAL, encoding: str = "utf-8"
) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return written.getvalue().encode(encoding)


@pytest.mark.parametrize("name", SETS)
def test_a_built_in_set_would_pass_as_somebodys_own(name: str) -> None:
    assert 4 <= len(SETS[name]) <= 6
    assert listed("\n".join(SETS[name])) == SETS[name]
    assert len(set(SETS[name])) == len(SETS[name])
    assert "Tell me about history of Cricket in 200 words." in SETS["Explain"]  # the article's


def test_a_list_has_one_prompt_a_line_without_blank_ones() -> None:
    assert listed("\n  One?\r\n\n\t\nTwo, and three? \n") == ("One?", "Two, and three?")
    for text, says in (
        (" \n\t\n", "no prompt"),
        ("\n".join(MANY), f"{len(MANY)} prompts.*Up to {MOST_PROMPTS}.*remove"),
        (f"One?\n\n{LONG}", "^Line 3 .*8,001.*8,000.*shorten"),
    ):
        with pytest.raises(PromptsError, match=says):
            listed(text)


@pytest.mark.parametrize(
    ("data", "taken"),
    [
        (b"prompt\nOne?\nTwo?\n", ("One?", "Two?")),
        (b"\xef\xbb\xbfprompt\nOne?\n", ("One?",)),
        (b"id, Prompt ,note\n1,One?,\n2,Two?,x\n", ("One?", "Two?")),
        (b"id;PROMPT\n1;One, or two?\n2;Three?\n", ("One, or two?", "Three?")),
        (b'id,prompt\n1,"First line\nsecond ""line"""\n', ('First line\nsecond "line"',)),
        (b"id,prompt\n1,One?,,\n,,,\n2,Two?\n", ("One?", "Two?")),  # as spreadsheets pad rows
        (b"One?\nTwo?\n", ("One?", "Two?")),
        (b'Say "hi" to me\n', ('Say "hi" to me',)),
        ("prompt\nПочему небо синее?\n日本\n".encode(), ("Почему небо синее?", "日本")),
        # As Excel's “Unicode text” and PowerShell's > write it.
        *(
            ("\ufeffid\tprompt\r\n1\tCafé?\r\n2\t日本?\r\n".encode(encoding), ("Café?", "日本?"))
            for encoding in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-8")
        ),
        (b'prompt\n"\n    if x:\n        y\n"\n', ("    if x:\n        y",)),  # code stays indented
    ],
)
def test_a_file_that_is_taken(data: bytes, taken: tuple[str, ...]) -> None:
    assert uploaded(data) == taken


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty.*Put one prompt"),
        (b"\xef\xbb\xbf", "empty"),
        (b"prompt\n\n", "no prompt.*Add"),
        (b"id,question\n1,Why?\n", "^Row 1 has a comma and no column is called “prompt”.*Write “prompt” above"),
        (b"One?\nTwo, or three?\n", "^Row 2 has a comma.*double quotes"),
        (b"prompt,Prompt\na,b\n", "Two columns.*Rename"),
        (b"id,prompt\n1,One?\n2\n3,Three?\n", "^Row 3 has no prompt.*Write one"),
        (b"id,prompt\n1,One?\n2,Two, or three?\n", "^Row 3 has 3 cells, and the header 2.*comma into double quotes"),
        (b'prompt\nOne?\n"Two?\nThree?\n', "^Row 3 has double quotes that don't fit"),
        (b'prompt\n"One?" asked\n', "^Row 2 has double quotes that don't fit"),
        (table([["prompt"], ["One?"], [LONG]]), "^Row 3 has 8,001 characters.*shorten"),
        (table([["prompt"], ["x" * 200_000]]), "^Row 2 is too long.*shorten"),
        (table([["prompt"], *([one] for one in MANY)]), f"{len(MANY)} prompts.*Up to {MOST_PROMPTS}"),
        (b"prompt\n" + b"x" * LARGEST_FILE, "larger than 1 MB"),
        ("prompt\nOne?\nCafé?\n".encode("cp1252"), "^Line 3 .*not UTF-8.*CSV UTF-8"),
        (b"prompt\nOne\0two?\n", "not text"),
        (b"PK\x03\x04\x14\0\6\0", "workbook.*CSV UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "workbook"),
    ],
)
def test_a_file_that_is_refused_says_where_and_what_to_do(data: bytes, says: str) -> None:
    with pytest.raises(PromptsError, match=says):
        uploaded(data)


@given(prompts, st.sampled_from(",;\t"), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_any_prompts_come_back_from_a_file(asked: list[str], delimiter: str, quoting: int) -> None:
    rows = [["id", "prompt"], *([str(number), prompt] for number, prompt in enumerate(asked))]
    for encoding in ("utf-8", "utf-8-sig"):
        assert uploaded(table(rows, delimiter, quoting, encoding)) == tuple(asked)
    for column in ([["prompt"], *([prompt] for prompt in asked)], [[prompt] for prompt in asked]):
        if asked[0].casefold() != "prompt" or column[0] != [asked[0]]:  # then it is the header
            assert uploaded(table(column, quoting=csv.QUOTE_ALL)) == tuple(asked)


@given(st.binary(max_size=300) | st.text(alphabet='prompt,;\t\n\r" ab\ufeff').map(str.encode))
def test_any_bytes_are_taken_or_refused(data: bytes) -> None:
    try:
        taken = uploaded(data)
    except PromptsError:
        return
    assert 0 < len(taken) <= MOST_PROMPTS
    assert all(prompt.strip() for prompt in taken)


def test_what_somebody_typed_is_taken_as_it_is() -> None:
    coloured, signs = "\x1b[31mred\x1b[0m " * 100, "👩‍👩‍👧 مرحبا 你好 e\u0301"
    for text in ("Why?", "x" * LONGEST_TYPED, "  indented\n\tcode\r\n", coloured, "What does \ufffd mean?", signs):
        assert typed(text) == text
        assert typed(f"{text[:-1]}\udce9") == f"{text[:-1]}\ufffd"  # half a character, from a command line


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("    if x:\n        y\n", "    if x:\n        y"),
        ("\n  \n\tcode\n\tmore  \n\n", "\tcode\n\tmore"),
        ("\u3000本", "\u3000本"),
        (" \n ", ""),
    ],
)
def test_only_blank_lines_are_taken_off_a_prompt_s_beginning(text: str, kept: str) -> None:
    assert trimmed(text) == kept


def test_a_prompt_that_is_empty_or_too_long_is_refused_with_the_next_step() -> None:
    for nothing in ("", " ", "\n\t \r\n", "\u00a0\u2003\u3000", "\u200b\ufeff\u200e"):
        with pytest.raises(EmptyPromptError, match="empty"):
            typed(nothing)
    says = r"^The prompt has 5,242,880 characters, and up to 1,000,000 can be asked\. Shorten"
    with pytest.raises(PromptsError, match=says):
        typed("word " * 1_048_576)  # 5 MB


@pytest.mark.parametrize(
    "text",
    [
        "a\0b",
        PROGRAM.decode("latin-1"),
        PROGRAM.decode("utf-8", "replace"),
        PICTURE.decode("utf-8", "replace").replace("\0", ""),  # a browser takes NUL out
        PICTURE.decode("utf-8", "surrogateescape").replace("\0", ""),  # from a command line
    ],
)
def test_a_pasted_binary_is_refused(text: str) -> None:
    with pytest.raises(PromptsError, match=r"is no text.*Paste text"):
        typed(text)
    if "\n" not in text:
        with pytest.raises(PromptsError, match="Line 1 is no text"):
            listed(text)
