"""A model's Markdown shows as written: what CommonMark and GFM know is rendered, what is Streamlit's own is not."""

import pytest

from ui.markdown import LONGEST, as_written, literal

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
    ],
)
def test_strange_texts_come_out_with_nothing_lost(text: str) -> None:
    assert as_written(text).replace("\\$", "$").replace("]\\(", "](").split() == text.split()


def test_a_text_longer_than_the_parser_is_given_at_once_comes_out_whole() -> None:
    text = "\n\n".join(["A paragraph for $5 -> you.", "```\n$x\n```", "- a\n- b"] * (LONGEST // 20))
    short = as_written("\n\n".join(["A paragraph for $5 -> you.", "```\n$x\n```", "- a\n- b"]))
    assert len(text) > LONGEST
    assert "".join(as_written(text).split()) == "".join(short.split()) * (LONGEST // 20)


def test_literal_shows_a_text_letter_by_letter() -> None:
    assert literal("*a* `b` $5 :red[x]") == r"\*a\* \`b\` \$5 &#58;red\[x\]"
    assert literal("a -> b :smile:") == rf"a \-{GAP}\> b &#58;smile{GAP}:"
    assert literal("1. one\n  # two") == "1\\. one  \n\\# two"
