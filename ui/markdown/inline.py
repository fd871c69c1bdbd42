"""Inline Markdown: the text of one block, written so that Streamlit reads it as CommonMark, GFM and formulas.

What a character means is decided here, and what means nothing is written behind a backslash or as an entity. Emphasis
and brackets alone are left for the browser to pair. Shortcodes, icons and arrows are looked for in the finished text,
after every entity has gone: only a gap in that text stops them.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from markdown_it.common.utils import unescapeAll

# Directives without a label are empty spans.
GAP: Final = ":color{}"
RTL: Final = ":shimmer{}"  # ui/style.css gives the block that holds one the direction of Arabic and Hebrew
BREAK: Final = ":small[&#10;]"  # and shows the line end in this one

WINDOW: Final = 2_000  # characters that code, a formula, a link's address or a tag may take; what is longer is text
# A browser takes the square of a word's length, to find addresses in it and to set its accents, and the square of how
# deep emphasis nests: longer words are parted, and marks beyond these show as text.
LONGEST_WORD: Final = 1_000  # characters
MOST_MARKS: Final = 2_000  # asterisks, underscores and tildes of one text

# Three words, or CJK text: what stands behind such a dollar sign is a price.
_PROSE = r"[^\\{$]{0,200}?(?:(?:[^\W\d_]{2,40}[ ,.;]+){2}[^\W\d_]{2}|[\u3040-\u9fff\uac00-\ud7ff])"
_NO_ADDRESS = r"\s<`|()\[\]\u2018-\u201f\u2026\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
# How each construct begins, what it is made of, and how it ends. Single dollars are read by pandoc's rule.
_CONSTRUCTS = {
    "display": (r"\$\$", r"[^\\$]|\\[^$]|\\?\$(?!\$)", r"\$\$"),
    "displayed": (r"\\\[", r"[^\\$]|\\[^]$]|\\?\$(?!\$)", r"\\\]"),
    "formula": (r"\\\(", r"[^\\$]|\\[^)$]|\\?\$(?!\$)", r"\\\)"),
    "dollars": (rf"\$(?![\s$])(?!{_PROSE})", r"\\.|[^\\$`]", r"(?<!\s)\$(?!\d)"),
    "code": ("(?P<run>`++)", "(?!(?<!`)(?P=run)(?!`)).", "(?P=run)(?!`)"),
    "angle": ("<(?=[A-Za-z/!?])", "[^<>]", ">"),
    "entity": ("&(?=[#A-Za-z])", r"[#\w]", ";"),
    "note": (r"(?<![^\n])\[\^", r"[^\]\s]", r"\]:"),
    "reference": (r"\[\^", r"[^\]\s]", r"\]"),
    "address": (
        r"(?<![a-z0-9])(?:https?://|www\.)(?=[^\W_])",
        rf"[^{_NO_ADDRESS}]|\([^{_NO_ADDRESS}]*+\)?+",
        r"(?<![?!.,:;*_~'\"(])",
    ),
}
# Of a link, what follows its text: whole, and as far as it may have come.
_TARGET = r"(?<=<)[^<>\n]*(?=>)|(?<!<)(?:\\.|[^\s()\\<]|\((?:\\.|[^\s()\\<])*\))*"
_LINK = rf"\]\(\s*<?(?P<target>{_TARGET})>?(?:\s+(?P<title>\"(?:\\.|[^\"\\])*\"|'[^'\"()<]*'|\([^\"()<]*\)))?\s*\)"
_LINK_BEGUN = r"\]\((?:\\.|\((?:\\.|[^()\\])*\)?|\"(?:\\.|[^\"\\])*\"?|<[^<>\n]*>?|[^()\"\\<])*+"
_SIGN_BEGUN = r"!|(?<![A-Za-z0-9])(?:ht{0,2}|https?:?/{0,2}|w{1,3}|www\.)"
# What any of these characters is that begins none, and what is no such character.
_SIGN = re.compile(
    r"(?P<escape>\\[!-/:-@\[-`{-~])|(?P<mark>\*+|_+|(?<!~)~~(?!~))|(?P<signs>[-<>=~]+)|(?P<shown>`+|!(?=\[))"
    r"|(?P<open>\[(?!\^))|(?P<close>\]\(?)|(?P<colon>:)|(?P<other>[&\\\[]|\$+)"
    r"|(?P<words>.(?:[^\\$`<&~*_=>:\[\]!hw-]|(?<=[A-Za-z0-9])[hw])*)",
    re.DOTALL | re.IGNORECASE,
)
_WHOLE = [f"(?P<{name}>{opening}(?:{inner})+{closing})" for name, (opening, inner, closing) in _CONSTRUCTS.items()]
_TOKEN = re.compile("|".join([*_WHOLE, f"(?P<link>{_LINK})", _SIGN.pattern]), re.DOTALL | re.IGNORECASE)
_BEGINNINGS = [*(f"{opening}(?:{inner})*+" for opening, inner, _ in _CONSTRUCTS.values()), _LINK_BEGUN, _SIGN_BEGUN]
_BEGUN = re.compile(rf"(?:{'|'.join(_BEGINNINGS)})\\?\Z", re.DOTALL | re.IGNORECASE)
_CROSSES = re.compile(r"(?<!\\)\||\n")
_AUTOLINK = re.compile(r"<(?:[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\x00-\x20]*|[\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9.-]+)>")
# Within code or a formula that goes on in the next line, that line may not begin a formula, a directive or a table.
_BEGINS_BLOCK = re.compile(r"(?<=\n)(?=\$\$|[:|-])")


class Inline:
    """Writes one text. A row of a table that follows a paragraph was a part of it, and goes on with its state."""

    def __init__(self, notes: Mapping[str, str]) -> None:
        self._notes = notes  # the names to write for the labels of footnotes that are defined
        self._depth = 0  # of open brackets
        self._marks = 0
        self._has_direction = False

    def write(self, source: str, *, final: bool = True, row: bool = False) -> str:
        """`source` escaped, with `final=False` only as far as nothing that follows can change it.

        In a `row` of a table no construct reaches over a `|`; the last line of a text that is not final may become one.
        """
        at, gap, out = 0, 0, []
        while at < len(source) and (token := _TOKEN.match(source, at, at + WINDOW)):
            crosses = token.lastgroup != "words" and _CROSSES.search(token[0])
            if (crosses and row) or (token.lastgroup == "link" and not is_safe(token["target"])):
                token = _SIGN.match(source, at) or token
            if not final:
                begun = len(source) - at < WINDOW and _BEGUN.match(source, at)
                is_last = token.end() == len(source) and token.lastgroup != "words"
                may_cross = crosses and not row and "\n" not in source[token.end() : -1]
                if is_last or may_cross or (begun and not (row and _CROSSES.search(begun[0]))):
                    break
            if at - gap > LONGEST_WORD and not re.search(r"\s", source[at - LONGEST_WORD : at]):
                out.append(GAP)
                gap = at
            out.append(self._written(token))
            at = token.end()
        return "".join(out)

    def _written(self, token: re.Match[str]) -> str:
        text, kind, source = token[0], token.lastgroup, token.string
        self._depth = max(self._depth + {"open": 1, "close": -1, "link": -1}.get(kind or "", 0), 0)
        match kind:
            case "words":
                letter = "" if self._has_direction else next(filter(str.isalpha, text), "")
                self._has_direction |= bool(letter)
                is_rtl = letter and unicodedata.bidirectional(letter) in {"R", "AL"}
                return text.replace(letter, RTL + letter, 1) if is_rtl else text
            case "display" | "displayed" | "formula" | "dollars":
                tex = _BEGINS_BLOCK.sub("    ", (text[1:-1] if kind == "dollars" else text[2:-2]).strip())
                tex = r"\displaystyle " * kind.startswith("display") + tex
                # Two dollar signs are nothing else to Streamlit.
                return f"$$ {tex} $$" if "$" in (tex[:1], tex[-1:]) else f"$${tex}$$"
            case "code":
                return _BEGINS_BLOCK.sub("    ", text)
            case "angle" if re.fullmatch(r"<br\s*/?>", text, re.IGNORECASE):
                return BREAK
            case "angle" if _AUTOLINK.fullmatch(text) and is_safe(text[1:-1]):
                return link(text[1:-1])
            case "address" if not self._depth:
                return link(text)
            case "entity" | "escape":
                sign = unescapeAll(text)
                return (GAP if sign in "-<>=~:" else "") + literal_line(sign) if len(sign) == 1 else text
            case "note" | "reference" if name := self._notes.get(text[2:].partition("]")[0].casefold()):
                return f"[^{name}]" + ":" * (kind == "note")
            case "link":
                title = f' "{entities(token["title"][1:-1])}"' if token["title"] else ""
                return f"]({entities(token['target'])}{title})"
            case "open" | "close":
                return text.replace("(", "&#40;")
            case "mark" if self._marks + len(text) <= MOST_MARKS:
                self._marks += len(text)
                around = source[max(token.start() - 1, 0) : token.end() + 1]
                closes, opens = re.fullmatch(r"[^\w\s*]\*+\w", around), re.fullmatch(r"\w\*+[^\w\s*]", around)
                gap = GAP * bool(re.search("[\u2e80-\U0003ffff]", around))  # CJK text knows no spaces
                return gap * bool(opens) + text + gap * bool(closes)
            case "mark" | "shown":
                return f"&#{ord(text[0])};" * len(text)
            case "signs":
                units = [{"<": "&lt;", "~": "&#126;"}.get(sign, sign) for sign in text]
                is_arrow = text in {"<->", "->", "<-", "--", ">=", "<=", "~="}  # to Streamlit, or the like of one
                return (GAP if is_arrow else "").join(["", *units, ""])
            case "colon":
                return colon(source, token.start())
        return text if text == "\\" else literal_line(text)


def literal_line(text: str) -> str:
    """One line of text that is no Markdown at all."""
    shown = re.sub(r"[!-/:-@\[-`{-~]", r"\\\g<0>", text)
    shown = re.sub(r"\\:", lambda sign: colon(shown, sign.start()), shown)
    return re.sub(r"(?<=\\[-<>=~])(?=\\[-<>=~])", GAP, shown)


def colon(text: str, at: int) -> str:
    """The colon at `at`, with a gap before it where it could close a `:shortcode:`."""
    name = re.split(r"[ \t:;]", text[max(at - 80, 0) : at].rpartition("\n")[2])
    return (GAP if len(name) > 1 and name[-1] else "") + "&#58;"


def link(address: str) -> str:
    """A link that shows its address."""
    scheme = "http://" if address[:4].lower() == "www." else "" if ":" in address else "mailto:"
    return f"[{literal_line(address)}]({entities(scheme + address)})"


def entities(text: str) -> str:
    """An address or a title; the same characters show if the link turns out to be text."""
    return re.sub(r"[^\w\s./#?=%,;+-]|_", lambda found: f"&#{ord(found[0])};", unescapeAll(text))


def is_safe(address: str) -> bool:
    """Whether an address may be clicked: it has no scheme, or one of these. Others are javascript:, data:, file:."""
    scheme = re.match(r"([^/?#:]*):", re.sub(r"[\x00-\x20\x7f-\x9f]", "", unescapeAll(address)))
    return scheme is None or scheme[1].lower() in {"http", "https", "mailto", "tel"}
