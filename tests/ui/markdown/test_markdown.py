"""A model's Markdown shows as written: what CommonMark and GFM know is rendered, what is Streamlit's own is not."""

import re

import pytest

from ui.markdown import Blocks, as_written, literal
from ui.markdown.blocks import DEEPEST, KEEP_INDENT
from ui.markdown.inline import BREAK, GAP, LONGEST_WORD, MOST_MARKS, RTL
from ui.page_head import STYLE


def plain(text: str) -> str:
    """What is written as text comes out by entities, backslashes and gaps; this takes them away."""
    text = text.replace(GAP, "").replace("&lt;", "<")
    return re.sub(r"\\(?=[!-/:-@\[-`{-~])", "", re.sub(r"&#(\d+);", lambda found: chr(int(found[1])), text))


@pytest.mark.parametrize(
    "text",
    [
        "plain words, *emphasis*, **strong**, ~~gone~~, `code` and [a link](https://a.example/b?c=d#e)",
        "# Title #\n\nUnder\n=====\n\n- one\n  - two\n\n1. one\n2. two\n\n> quote\n\n---",
        "| a | b |\n|:--|--:|\n| 1 | `x` |",
        "[text][label]\n\n[label]: <https://a.example/b>",
        "half a **sentence with `code",
        "10:30:45, a: b, e.g. x - y, 3 < 4 > 2 = 2, wow! [1] a@b.example",
    ],
)
def test_markdown_without_anything_of_streamlits_is_left_alone(text: str) -> None:
    assert plain(as_written(text)) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("$x^2$ and $5$.", "$$x^2$$ and $$5$$."),
        ("$5 to $10, $5-$10, $ 5$", r"\$5 to \$10, \$5-\$10, \$ 5\$"),
        ("$5 to be paid or 10$", r"\$5 to be paid or 10\$"),
        (r"costs \$5$", r"costs \$5\$"),
        (r"\(a_1\) and \[b:c\] here", r"$$a_1$$ and $$\displaystyle b:c$$ here"),
        ("$$\na\n= b\n- c\n$$", "$$\na\n= b\n- c\n$$"),
        (r"\[" + "\na\n" + r"\]", "$$\na\n$$"),
        ("> - $$x$$", "> - $$\n>   x\n>   $$"),
        ("$$\nnever closed", "\\$\\$\nnever closed"),
        (r"\(\text{$y$}\)", r"$$\text{$y$}$$"),
    ],
)
def test_formulas_are_written_so_that_no_price_is_one(text: str, written: str) -> None:
    assert as_written(text) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (":red[x]", "&#58;red[x]"),
        (r"\:red[x]", f"{GAP}&#58;red[x]"),
        (":::note\nx\n:::", "&#58;&#58;&#58;note\nx\n&#58;&#58;&#58;"),
        (":material/home:", f"&#58;material/home{GAP}&#58;"),
        ("a -> b", f"a {GAP}-{GAP}>{GAP} b"),
        ("--- --> ==>", "--- --> ==>"),
        ("20~25 ~x~ ~~y~~", "20&#126;25 &#126;x&#126; ~~y~~"),
        ("字**“x”**字", f"字{GAP}**“x”**{GAP}字"),
        ("**注意：**请看**这里**。", f"**注意：**{GAP}请看**这里{GAP}**。"),
        ("看https://a.example/b，看", r"看[https&#58;\/\/a\.example\/b](https&#58;//a.example/b)，看"),
        ("(www.a.example/b_(c)).", r"([www\.a\.example\/b\_\(c\)](http&#58;//www.a.example/b&#95;&#40;c&#41;))."),
        ("| a |\n|---|\n| b<br/>c |", f"| a |\n|---|\n| b{BREAK}c |"),
        ("12 שלום, a", f"12 {RTL}שלום, a"),
        ("<b title='*'>x", r"\<b title\=\'\*\'\>x"),
        ("[a](http://b/c:d$e 'x -> :y')", '[a](http&#58;//b/c&#58;d&#36;e "x -&#62; &#58;y")'),
    ],
)
def test_what_streamlit_would_read_in_another_way_is_written_for_it(text: str, written: str) -> None:
    assert as_written(text) == written


@pytest.mark.parametrize(
    "code",
    [
        "`$5 -> :red[x] ![a](b)`",
        "``a ` $b``",
        "```\n$5 -> $6 :smile:\n![a](b)\n```",
        "~~~py\n$x = ':red[y]'\n~~~",
        "    $x -> :red[y]\n\n    ![a](b)",
        "- item\n\n  ```\n  $x\n  ```\n\n      $y",
        "```\n$never closed -> $",
        "`a ![b](c)\nd`",
    ],
)
def test_code_is_untouched(code: str) -> None:
    assert as_written(f"x\n\n{code}").removeprefix("x\n\n").removeprefix(KEEP_INDENT) == code


@pytest.mark.parametrize(
    "text",
    [
        "![alt](i.png)", "![alt][label]", "![label]", "[![alt](i.png)](http://a.example)", "> - # ![a](b)",
        "| ![a](b) |\n|---|\n| ![c](d) |", "note[^1]\n\n[^1]: x\n\n    ![a](b)", ">" * 80 + " ![a](b)",
    ],
)  # fmt: skip
def test_an_image_shows_as_a_link_wherever_it_stands(text: str) -> None:
    assert "![" not in as_written(text)
    assert "&#33;[" in as_written(text)


@pytest.mark.parametrize("scheme", ["javascript", "JavaScript", "data", "vbscript", "file", "blob", "java&#9;script"])
def test_only_links_to_the_web_and_to_addresses_can_be_clicked(scheme: str) -> None:
    assert as_written(f"[x]({scheme}:y)").startswith("[x]&#40;")
    assert as_written(f"[x](<{scheme}:y> 'z')").startswith("[x]&#40;")
    assert as_written(f"[x]: {scheme}:y").startswith("\\[x\\]&#58;")
    assert as_written(f"> [x]:\n> {scheme}:y").startswith("> \\[x\\]&#58;")
    for safe in ("https://a.example", "mailto:a@b.example", "/page", "#part", "tel:123"):
        assert as_written(f"[x]({safe})").startswith("[x](")


def test_footnotes_have_the_name_of_their_answer_and_undefined_ones_are_text() -> None:
    text = "A[^1], b[^x], c[^2].\n\n[^1]: The note.\n[^x]: word"
    assert as_written(text, "one") == "A[^one-1], b[^one-2], c\\[\\^2\\].\n\n[^one-1]: The note.\n[^one-2]: word"
    assert as_written(text) != as_written(f"{text} more")


def test_the_first_lines_indentation_is_kept_and_line_ends_and_half_characters_are_made_whole() -> None:
    assert as_written("\n\n  - a\n  - b") == f"{KEEP_INDENT}  - a\n  - b"
    assert as_written("\ntext") == "text"
    assert as_written("a\r\nb\rc") == "a\nb\nc"
    assert as_written("\ud83d\ude00 \ud83d x") == "\U0001f600 \ufffd x"
    for info in ("mermaid", "Mermaid x", "-language-mermaid", "&#109;ermaid"):  # a diagram shows as its code
        assert as_written(f"```{info}\nA-->B\n```") == "```text\nA-->B\n```"
    assert STYLE.count("<") == 2  # one element


STRANGE = [
    "[" * 10_000 + "]" * 10_000, "[a](" * 5_000, '[a](b "' * 5_000, ">" * 10_000, "- " * 10_000, "- `" * 5_000,
    "<a b='" * 5_000, "<!--" * 5_000, "*_" * 10_000, "word $5 " * 10_000, "$x " * 10_000, r"\( " * 10_000,
    "-" * 100_000, "```\n" + "x = $1\n" * 10_000, "www." * 50_000, "a." * 100_000, "word " * 100_000, "[^" * 10_000,
    "|a|\n|-|\n" + "|b|\n" * 5_000, "".join(f"{'  ' * level}- a\n" for level in range(300)), "http://a" + ")" * 10_000,
]  # fmt: skip


@pytest.mark.parametrize("text", STRANGE)
def test_strange_texts_come_out_with_nothing_lost(text: str) -> None:
    shown = as_written(text).replace(KEEP_INDENT, "")
    shown = re.sub(r"\[(\S*?)\]\(http&#58;//\S*?\)", r"\1", shown) if text.startswith(("www", "http")) else shown
    assert re.sub(r"\s+|\\", "", plain(shown)) == re.sub(r"\s+|\\", "", text)


@pytest.mark.parametrize("marker", [">", "> ", "- ", "+ ", "* ", "1. ", "23) ", "> - "])
def test_a_line_leads_no_deeper_than_a_browser_can_follow(marker: str) -> None:
    shown = as_written(marker * 5_000 + "x")
    text = re.search(r"\\", shown)
    assert text
    assert DEEPEST / 4 <= len(re.findall(r"[>+*-]|\d+[.)]", shown[: text.start()])) <= DEEPEST


def test_marks_and_words_are_no_more_than_a_browser_can_take() -> None:
    for text in ("*a " * 3_000 + "a* " * 3_000, "*" * 2_400 + "a" + "*" * 2_400, "~~_a " * 3_000):
        assert len(re.findall(r"[*_~]", as_written(text))) <= MOST_MARKS
    for endless in ("a." * 20_000, "a" + "\u0301" * 40_000, f"> - {'x' * 40_000}", "a:" * 20_000):
        assert max(map(len, re.split(rf"\s|{GAP}", as_written(endless)))) <= 7 * LONGEST_WORD
    assert f"{'x' * 40_000}" in as_written(f"```\n{'x' * 40_000}\n```")


def test_a_long_answer_is_written_block_by_block() -> None:
    short = "\n\n".join(["A paragraph for $5 -> you.", "```\n$x\n```", "- a\n- b"])
    assert as_written("\n\n".join([short] * 2_000)) == "\n\n".join([as_written(short)] * 2_000)


def test_while_it_is_streamed_a_word_is_shown_as_soon_as_it_is_certain() -> None:
    blocks = Blocks()
    pieces = ("One ", "**two", "** th", "ree $x", "$ and `c", "`.\n\n", "Next", " $5 for", " all of")
    shown = ["".join(part or "|" for part in blocks.feed(piece)) for piece in pieces]
    assert shown == ["One ", "**two", "** th", "ree ", "$$x$$ and ", "`c`.", "|Next", " ", "\\$5 for all of"]
    assert blocks.live == len("Next \\$5 for all of")


def test_literal_shows_a_text_letter_by_letter() -> None:
    assert literal("*a* `b` $5 :red[x]") == r"\*a\* \`b\` \$5 &#58;red\[x\]"
    assert literal("a -> b :smile:") == rf"a \-{GAP}\> b &#58;smile{GAP}&#58;"
    assert literal("1. one\n  # two") == "1\\. one  \n\\# two"
