"""Inline Markdown: the text of one block, written so that Streamlit reads it as CommonMark, GFM and formulas.

What a character means is decided here, and what means nothing is written behind a backslash or as an entity. Emphasis
and brackets alone are left for the browser to pair. Shortcodes, icons and arrows are looked for in the finished text,
after every entity has gone: only a gap in that text stops them.
"""

import html
import re
from collections.abc import Mapping
from typing import Final

# Directives without a label are empty spans.
GAP: Final = ":color{}"
RTL: Final = ":shimmer{}"  # ui/style.css gives the block that holds one the direction of Arabic and Hebrew
BREAK: Final = ":small[&#10;]"  # and shows the line end in this one

WINDOW: Final = 2_000  # characters that code, a formula, a link's address or a tag may take; what is longer is text
# A browser takes the square of a word's length, to find addresses in it and to set its accents, and the square of how
# deep emphasis nests: longer words are parted, and marks beyond these show as text.
LONGEST_WORD: Final = 1_000  # characters
MOST_MARKS: Final = 2_000  # asterisks, underscores and tildes of one text
SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})  # other links (javascript:, data:, file:) show as text

# Three words, or CJK text: what stands behind such a dollar sign is a price.
_PROSE = r"[^\\{$]{0,200}?(?:(?:[^\W\d_]{2,40}[ ,.;]+){2}[^\W\d_]{2}|[\u3040-\u9fff\uac00-\ud7ff])"
_NO_ADDRESS = r"\s<`|()\[\]\u2018-\u201f\u2026\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
# How each construct begins, what it is made of, and how it ends. Single dollars are read by pandoc's rule.
_CONSTRUCTS = {
    "display": (r"\$\$", r"\\.|[^\\$]|\$(?!\$)", r"\$\$"),
    "displayed": (r"\\\[", r"\\[^\]]|[^\\]", r"\\\]"),
    "formula": (r"\\\(", r"\\[^)]|[^\\]", r"\\\)"),
    "dollars": (rf"\$(?![\s$])(?!{_PROSE})", r"\\.|[^\\$`]", r"(?<!\s)\$(?!\d)"),
    "code": ("(?P<run>`++)", "(?!(?<!`)(?P=run)(?!`)).", "(?P=run)(?!`)"),
    "angle": ("<(?=[A-Za-z/!?])", "[^<>]", ">"),
    "entity": ("&(?=[#A-Za-z])", r"[#\w]", ";"),
    "note": (r"\[\^", r"[^\]\s]", r"\]:?"),
    "address": (
        r"(?<![A-Za-z0-9])(?:https?://|www\.)(?=[^\W_])",
        rf"[^{_NO_ADDRESS}]|\([^{_NO_ADDRESS}]*+\)?+",
        r"(?<![?!.,:;*_~'\"(])",
    ),
}
# Of a link, what follows its text: whole, and as far as it may have come.
_TARGET = r"<[^<>\n]*>|(?:\\.|[^\s()\\<]|\((?:\\.|[^\s()\\<])*\))*"
_LINK = rf"\]\(\s*(?P<target>{_TARGET})(?:\s+(?P<title>\"(?:\\.|[^\"\\])*\"|'[^'\"()<]*'|\([^\"()<]*\)))?\s*\)"
_LINK_BEGUN = r"\]\((?:\\.|\((?:\\.|[^()\\])*\)?|\"(?:\\.|[^\"\\])*\"?|<[^<>\n]*>?|[^()\"\\<])*+"
_SIGN_BEGUN = r"!|(?<![A-Za-z0-9])(?:ht{0,2}|https?:?/{0,2}|w{1,3}|www\.)"
# What any of these characters is that begins none, and what is no such character.
_SIGN = re.compile(
    r"(?P<escape>\\[!-/:-@\[-`{-~])|(?P<strike>(?<!~)~~(?!~))|(?P<mark>\*+|_+)|(?P<signs>[-<>=~]+)|(?P<ticks>`+)"
    r"|(?P<open>\[(?!\^))|(?P<close>\]\(?)|(?P<colon>:)|(?P<other>[&\\\[]|!(?=\[)|\$+)"
    r"|(?P<words>.(?:[^\\$`<&~*_=>:\[\]!hw-]|(?<=[A-Za-z0-9])[hw])*)",
    re.DOTALL | re.IGNORECASE,
)
_WHOLE = [f"(?P<{name}>{opening}(?:{inner})+{closing})" for name, (opening, inner, closing) in _CONSTRUCTS.items()]
_TOKEN = re.compile("|".join([*_WHOLE, f"(?P<link>{_LINK})", _SIGN.pattern]), re.DOTALL | re.IGNORECASE)
_BEGINNINGS = [*(f"{opening}(?:{inner})*+" for opening, inner, _ in _CONSTRUCTS.values()), _LINK_BEGUN, _SIGN_BEGUN]
_BEGUN = re.compile(rf"(?:{'|'.join(_BEGINNINGS)})\\?\Z", re.DOTALL | re.IGNORECASE)
_CROSSES = re.compile(r"(?<!\\)\||\n")
_ARROWS = frozenset({"<->", "->", "<-", "--", ">=", "<=", "~="})  # Streamlit makes arrows and the like of them
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_LETTER = re.compile(r"[^\W\d_]")
_IS_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_HAS_CJK = re.compile("[\u2e80-\U0003ffff]")
_LONG_WORD = re.compile(rf"\S{{{LONGEST_WORD}}}")
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
            if (crosses and row) or (token.lastgroup == "link" and not is_safe(target(token))):
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
        match kind:
            case "words":
                text = _LONG_WORD.sub(rf"\g<0>{GAP}", text)
                if self._has_direction or not (letter := _LETTER.search(text)):
                    return text
                self._has_direction = True
                return text[: letter.start()] + RTL * bool(_IS_RTL.match(letter[0])) + text[letter.start() :]
            case "display" | "displayed" | "formula" | "dollars":
                edge = 1 if kind == "dollars" else 2
                return formula(text[edge:-edge], display=kind.startswith("display"))
            case "code":
                return _BEGINS_BLOCK.sub("    ", text)
            case "angle" if re.fullmatch(r"<br\s*/?>", text, re.IGNORECASE):
                return BREAK
            case "angle" if _AUTOLINK.fullmatch(text):
                return link(text[1:-1], text)
            case "address" if not self._depth:
                return link(text, text)
            case "entity" | "escape":
                sign = text[1:] if kind == "escape" else html.unescape(text)
                gap = GAP if sign in "-<>=~:" else ""
                return gap + colon(sign, 0) if sign == ":" else gap + literal_line(sign) if len(sign) == 1 else text
            case "note" if name := self._notes.get(text[2:].partition("]")[0].casefold()):
                is_definition = source[token.start() - 1 : token.start()] in {"", "\n"}
                return f"[^{name}]" + text.partition("]")[2].replace(":", ":" if is_definition else "&#58;")
            case "link" | "close":
                self._depth = max(self._depth - 1, 0)
                return "]" + (resource(target(token), token["title"]) if kind == "link" else "&#40;" * (text == "]("))
            case "open":
                self._depth += 1
                return text
            case "strike" | "mark":
                return self._mark(token)
            case "signs":
                units = [{"<": "&lt;", "~": "&#126;"}.get(sign, sign) for sign in text]
                return (GAP if text in _ARROWS else "").join(["", *units, ""])
            case "colon":
                return colon(source, token.start())
            case "ticks" | "other" if text[0] in "`!":
                return f"&#{ord(text[0])};" * len(text)
        return text if text == "\\" else literal_line(text)

    def _mark(self, token: re.Match[str]) -> str:
        """Asterisks, underscores or tildes. Beside CJK characters, which know no spaces, a gap stands in for one."""
        text = token[0]
        self._marks += len(text)
        if self._marks > MOST_MARKS:
            return f"&#{ord(text[0])};" * len(text)
        context = token.string[max(token.start() - 1, 0) : token.end() + 1]
        if text[0] == "*" and _HAS_CJK.search(context):
            closes, opens = re.fullmatch(r"[^\w\s*]\*+\w", context), re.fullmatch(r"\w\*+[^\w\s*]", context)
            return GAP * bool(opens) + text + GAP * bool(closes)
        return text


def formula(tex: str, *, display: bool = False) -> str:
    """A formula within a text. Two dollar signs or more are nothing else to Streamlit."""
    fence = "$" * max([2, *(len(run) + 1 for run in re.findall(r"\$+", tex))])
    tex = _BEGINS_BLOCK.sub("    ", tex.strip())
    pad = " " * (tex[:1] == "$" or tex[-1:] == "$")
    return fence + pad + r"\displaystyle " * display + tex + pad + fence


def literal_line(text: str) -> str:
    """One line of text that is no Markdown at all."""
    shown = _PUNCTUATION.sub(lambda sign: colon(text, sign.start()) if sign[0] == ":" else f"\\{sign[0]}", text)
    return re.sub(r"(?<=\\[-<>=~])(?=\\[-<>=~])", GAP, shown)


def colon(text: str, at: int) -> str:
    """The colon at `at`, with a gap before it where it could close a `:shortcode:`."""
    name = re.split(r"[ \t:;]", text[max(at - 80, 0) : at].rpartition("\n")[2])
    return (GAP if len(name) > 1 and name[-1] else "") + "&#58;"


def link(address: str, shown: str) -> str:
    """A link that shows its address; `shown` as text where it may not be clicked."""
    if not is_safe(address):
        return literal_line(shown)
    scheme = "" if ":" in address else "mailto:" if "@" in address else "http://"
    return f"[{literal_line(address)}]{resource(scheme + address)}"


def target(link: re.Match[str]) -> str:
    """The address of a link, without the angle brackets that it may stand in."""
    return link["target"][1:-1] if link["target"][:1] == "<" else link["target"]


def resource(address: str, title: str | None = None) -> str:
    """What follows a link's text; the same characters show if it turns out to be text."""
    return f"({entities(address)}" + (f' "{entities(title[1:-1])}")' if title else ")")


def entities(text: str) -> str:
    return re.sub(r"[^\w\s./#?=%,;+-]|_", lambda found: f"&#{ord(found[0])};", plain(text))


def plain(text: str) -> str:
    """An address or a title without its backslashes and entities."""
    return html.unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text))


def is_safe(address: str) -> bool:
    """Whether an address may be clicked: it has one of `SCHEMES`, or none."""
    scheme = re.match(r"([^/?#:]*):", re.sub(r"[\x00-\x20\x7f-\x9f]", "", plain(address)))
    return scheme is None or scheme[1].lower() in SCHEMES
