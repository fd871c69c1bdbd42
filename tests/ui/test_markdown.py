"""A model's Markdown shows as written: what CommonMark and GFM know is rendered, what is Streamlit's own is not."""

import re
from collections.abc import Callable

import pytest

from ui import blocks, prose
from ui.blocks import MOST_LINES, Blocks
from ui.markdown import DEEPEST, KEEP_INDENT, LONGEST, LONGEST_WORD, as_written, literal
from ui.prose import MOST_MARKS

GAP = ":color{}"  # shows nothing


@pytest.mark.parametrize(
    "text",
    [
        "plain words, *emphasis*, **strong**, ~~gone~~, `code` and [a link](https://a.example/b?c=d#e 'title')",
        "# Title #\n\nUnder\n=====\n\n- one\n  - two\n\n1. one\n2. two\n\n> quote\n\n---",
        "| a | b |\n|:--|--:|\n| 1 | `x` |",
        "[text][label]\n\n[label]: https://a.example/b 'title'",
        "A note[^1].\n\n[^1]: The note.",
        "- [x] done\n- [ ] open",
        "half a **sentence with `code",
        "10:30:45, a: b, e.g. x - y, 3 < 4 > 2 = 2, wow! [1] <https://a.example> a@b.example",
        "https://a.example/Wiki:Page?x=$1&y=$2 and (www.a.example/b_c_d).",
    ],
)
def test_markdown_without_anything_of_streamlits_is_left_alone(text: str) -> None:
    assert as_written(text).replace("&#58;", ":") == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("$5 to $10", r"\$5 to \$10"),
        (r"\$5", r"\$5"),
        ("$$\nx^2\n$$", "\\$\\$\nx^2\n\\$\\$"),
        (":red[x]", "&#58;red[x]"),
        (r"\:red[x]", "&#58;red[x]"),
        ("a:small", "a&#58;small"),
        (":::note\nx\n:::", "::&#58;note\nx\n:::"),
        ("::leaf[x]", ":&#58;leaf[x]"),
        (":smile:", f"&#58;smile{GAP}:"),
        (":+1: :-1:", f":+1{GAP}: :-1{GAP}:"),
        (":streamlit:", f"&#58;streamlit{GAP}:"),
        (":material/home:", "&#58;material/home:"),
        (":100: 10:30:45", f"&#58;100{GAP}: 10&#58;30:45".replace("30:45", "30&#58;45")),
        ("a -> b", f"a -{GAP}> b"),
        ("a <-> b", f"a <{GAP}-{GAP}> b"),
        ("a <- b -- c >= d <= e ~= f", f"a <{GAP}- b -{GAP}- c >{GAP}= d <{GAP}= e ~{GAP}= f"),
        (r"\-> -&gt;", rf"\-{GAP}> -{GAP}&gt;"),
        ("--- --> ==>", "--- --> ==>"),
    ],
)
def test_what_streamlit_would_replace_stays_text(text: str, written: str) -> None:
    assert as_written(f"x {text}" if not text.startswith(("::", "$$")) else text).removeprefix("x ") == written


@pytest.mark.parametrize(
    "code",
    [
        "`$5 -> :red[x] ![a](b)`",
        "``a ` $b``",
        "```\n$5 -> $6 :smile:\n![a](b)\n```",
        "~~~py\n$x = ':red[y]'\n~~~",
        "    $x -> :red[y]\n\n    ![a](b)",
        "- item\n\n  ```\n  $x\n  ```\n\n      $y",
        "> ```\n> $x -> y\n> ```",
        "```\n$never closed -> $",
    ],
)
def test_code_is_untouched(code: str) -> None:
    assert as_written(f"x\n\n{code}").removeprefix("x\n\n") == code


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("![alt](http://a.example/i.png 'title')", r"\![alt](http://a.example/i.png 'title')"),
        ("![alt][label]", r"\![alt][label]"),
        ("![label]", r"\![label]"),
        ("[![alt](i.png)](http://a.example)", r"[\![alt](i.png)](http://a.example)"),
        ("| ![a](b) |\n|---|\n| ![c](d) |", "| \\![a](b) |\n|---|\n| \\![c](d) |"),
        ("> - # ![a](b)", r"> - # \![a](b)"),
        ("note[^1]\n\n[^1]: x\n\n    ![a](b)", "note[^1]\n\n[^1]: x\n\n    \\![a](b)"),
        (">" * 80 + " ![a](b)", ">" * 80 + r" \![a](b)"),
    ],
)
def test_an_image_shows_as_a_link_wherever_it_stands(text: str, written: str) -> None:
    assert as_written(text) == written


@pytest.mark.parametrize("scheme", ["javascript", "JavaScript", "data", "vbscript", "file", "blob", "java&#9;script"])
def test_only_links_to_the_web_and_to_addresses_can_be_clicked(scheme: str) -> None:
    assert as_written(f"[x]({scheme}:y)").startswith("[x]\\(")
    assert as_written(f"[x](<{scheme}:y> 'z')").startswith("[x]\\(")
    assert as_written(f"[x]: {scheme}:y").startswith("\\[x]&#58;")
    assert as_written(f"> [x]:\n> {scheme}:y").startswith("> \\[x]&#58;")
    for safe in ("https://a.example", "mailto:a@b.example", "/page", "#part", "tel:123"):
        assert as_written(f"[x]({safe})").startswith("[x](")


def test_a_diagram_shows_as_its_code() -> None:
    for info in ("mermaid", "Mermaid x", "-language-mermaid", "&#109;ermaid"):
        assert as_written(f"```{info}\nA-->B\n```") == "```text\nA-->B\n```"
    assert as_written("```mermaids\nA\n```") == "```mermaids\nA\n```"


def test_html_is_left_for_streamlit_to_show_as_text() -> None:
    text = '<img src="http://a.example/i.png"> <b title="$1 :red[x]">\n\n<div>\n$5 to $6 -> ![a](b)\n</div>'
    assert as_written(text) == text


def test_the_first_lines_indentation_is_kept() -> None:
    assert as_written("\n\n  - a\n  - b").endswith("\n\n  - a\n  - b")
    assert as_written("\n    code").startswith("[\u2060]: #")
    assert as_written("\ntext") == "text"


def test_an_address_in_a_link_keeps_its_characters() -> None:
    assert as_written("[a](b:c$d:smile: 'x -> y')") == "[a]\\(b&#58;c\\$d&#58;smile" + f"{GAP}: 'x -{GAP}> y')"
    assert as_written("[a](http://b/c:d$e 'x -> :y')") == "[a](http://b/c&#58;d\\$e 'x -> &#58;y')"
    assert as_written("[x: a -> b][]\n\n[x: a -> b]: /c:d") == f"[x: a -{GAP}> b][]\n\n[x: a -{GAP}> b]: /c&#58;d"


def test_line_ends_and_half_characters_are_made_whole() -> None:
    assert as_written("a\r\nb\rc") == "a\nb\nc"
    assert as_written("\ud83d\ude00 \ud83d x") == "\U0001f600 \ufffd x"


@pytest.mark.parametrize(
    "text",
    [
        "[" * 10_000 + "]" * 10_000,
        "[a](" * 5_000,
        '[a](b "' * 5_000,
        ">" * 10_000,
        "- " * 10_000,
        "`" * 5_000 + " " + "` `` ``` " * 2_000,
        "<a b='" * 5_000,
        "<!--" * 5_000,
        "*_" * 10_000,
        "word $5 " * 30_000,
        "-" * 100_000,
        "```\n" + "x = $1\n" * 10_000,
        "www." * 50_000,
        "a." * 500_000,
        "word " * 200_000,
        "|a|\n|-|\n" + "|b|\n" * 5_000,
        "".join(f"{'  ' * level}- a\n" for level in range(300)),
    ],
)
def test_strange_texts_come_out_with_nothing_lost(text: str) -> None:
    shown = as_written(text).replace(KEEP_INDENT, "")
    assert re.sub(r"\s+|\\(?=[$(*_>~-])", "", shown) == re.sub(r"\s+", "", text)


# What a browser would choke on: its parser's calls within calls, and work that grows with the square of the length.


@pytest.mark.parametrize("marker", [">", "> ", "- ", "+ ", "* ", "1. ", "23) ", "> - "])
def test_a_line_leads_no_deeper_than_a_browser_can_follow(marker: str) -> None:
    shown = as_written(marker * 5_000 + "x")
    depth = len(re.findall(r"[>+*-]|\d+[.)]", shown[: shown.index("\\")]))
    assert DEEPEST / 4 <= depth <= DEEPEST
    assert re.sub(r"\s+|\\", "", shown) == re.sub(r"\s+", "", marker * 5_000 + "x")


def test_indentation_that_goes_on_where_a_line_ended_leads_no_deeper() -> None:
    text = "".join("\t" * (25 * line) + "- " * 40 + "x\n" for line in range(12))
    for line in as_written(text).splitlines():
        before = line.partition("\\")[0].partition("x")[0]
        assert before.count("\t") + before.count("-") <= DEEPEST or "-" not in before


@pytest.mark.parametrize("text", ["*a " * 3_000 + "a* " * 3_000, "*" * 2_400 + "a" + "*" * 2_400, "~~_a " * 3_000])
def test_emphasis_nests_no_deeper_than_a_browser_can_follow(text: str) -> None:
    shown = as_written(text)
    assert max(len(re.findall(r"(?<!\\)[*_~]", part)) for part in shown.split("\n\n")) <= MOST_MARKS
    few = "*a* **b** ~~c~~ _d_ " * 100
    assert as_written(few) == few


def test_no_word_outside_code_is_longer_than_a_browser_can_take() -> None:
    def longest(text: str) -> int:
        return max(map(len, text.split()))

    for endless in ("a." * 20_000, "a" + "\u0301" * 40_000, f"> - {'x' * 40_000}", f"|a|\n|-|\n|{'a|' * 20_000}"):
        assert longest(as_written(endless)) <= LONGEST_WORD + 10
    for code in (f"```\n{'x' * 40_000}\n```", f"    {'x' * 40_000}"):
        assert longest(as_written(f"a\n\n{code}")) == 40_000


@pytest.mark.parametrize("line", ["a", "word ", "$5 ", "[a](b) ", "` ", "<a ", "| a ", "- "])
def test_the_parser_sees_each_line_once_however_long_it_grows(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    """Counted is what the parser is given while a line grows to far more than a block may have."""
    size = 3 * LONGEST
    seen = _given(monkeypatch, blocks, "parse")
    text = (line * (size // len(line) + 1))[:size]
    growing = Blocks()
    for start in range(0, size, size // 200):
        list(growing.feed(text[start : start + size // 200]))
    list(growing.finish())
    assert sum(seen) < 4 * size


@pytest.mark.parametrize("row", ["a\n", "| a |\n", "> a\n", "[a]: b\n", "<b>\n"])
def test_a_block_of_many_lines_is_parsed_in_portions(monkeypatch: pytest.MonkeyPatch, row: str) -> None:
    """One line at a time is the slowest that a block can grow; each of them has the parser read all the block again."""
    seen = _given(monkeypatch, blocks, "parse", lambda text: text.count("\n"))
    growing = Blocks()
    list(growing.feed("| a |\n|---|\n" + row * (MOST_LINES - 20)))
    for _ in range(60):
        list(growing.feed(row))
    assert max(seen) <= MOST_LINES
    assert sum(seen) < 45 * MOST_LINES  # not 60: the last forty lines are of a new block


@pytest.mark.parametrize("begun", ["www.", "http://", "https://a]"])
def test_the_end_of_an_address_is_looked_for_once_however_many_begin_before_it(
    monkeypatch: pytest.MonkeyPatch, begun: str
) -> None:
    searched = 0

    class Counting:
        @staticmethod
        def search(source: str, at: int) -> re.Match[str] | None:
            nonlocal searched
            found = ends.search(source, at)
            searched += (found.start() if found else len(source)) - at
            return found

    ends = prose._ENDS_ADDRESS
    monkeypatch.setattr(prose, "_ENDS_ADDRESS", Counting)
    text = begun * 5_000
    as_written(text)
    assert searched <= 2 * len(text)


def _given(monkeypatch: pytest.MonkeyPatch, module: object, name: str, size: Callable[[str], int] = len) -> list[int]:
    """The sizes of the texts that a function of one module is given from now on."""
    real, seen = getattr(module, name), []

    def counting(text: str) -> object:
        seen.append(size(text))
        return real(text)

    monkeypatch.setattr(module, name, counting)
    return seen


def test_a_text_longer_than_the_parser_is_given_at_once_comes_out_whole() -> None:
    text = "\n\n".join(["A paragraph for $5 -> you.", "```\n$x\n```", "- a\n- b"] * (LONGEST // 20))
    short = as_written("\n\n".join(["A paragraph for $5 -> you.", "```\n$x\n```", "- a\n- b"]))
    assert len(text) > LONGEST
    assert "".join(as_written(text).split()) == "".join(short.split()) * (LONGEST // 20)


def test_literal_shows_a_text_letter_by_letter() -> None:
    assert literal("*a* `b` $5 :red[x]") == r"\*a\* \`b\` \$5 &#58;red\[x\]"
    assert literal("a -> b :smile:") == rf"a \-{GAP}\> b &#58;smile{GAP}:"
    assert literal("1. one\n  # two") == "1\\. one  \n\\# two"
