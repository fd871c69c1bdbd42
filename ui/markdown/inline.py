"""The text of one paragraph, heading or table row, written so that Streamlit reads it as CommonMark, GFM and formulas.

What a character means is decided here, and what means nothing is written as an entity: `&#36;` begins no formula,
`&#58;` no directive. Emphasis and brackets alone are left for the browser to pair. Shortcodes, icons and arrows are
looked for in the finished text, after every entity has gone: only a gap in that text stops them.
"""

import html
import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from markdown_it.common.html_re import close_tag, open_tag

# Directives without a label are empty spans.
GAP: Final = ":color{}"
RTL: Final = ":shimmer{}"  # ui.markdown.STYLE gives the block that holds one the direction of Arabic and Hebrew
BREAK: Final = ":small[&#10;]"  # and shows the line end in this one

WINDOW: Final = 2_000  # characters that code, a formula, a link's address or a tag may take; what is longer is text
# A browser takes the square of a word's length, to find addresses in it and to set its accents, and the square of how
# deep emphasis nests: longer words are parted, and marks beyond these show as text.
LONGEST_WORD: Final = 1_000  # characters
MOST_MARKS: Final = 2_000  # asterisks, underscores and tildes of one paragraph
SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})  # other links (javascript:, data:, file:) show as text

_TOKEN = re.compile(
    r"(?P<formula>\$\$?|\\[(\[])|(?P<escape>\\[!-/:-@\[-`{-~])|(?P<entity>&(?:#\w{1,7}|[A-Za-z]\w{1,31});)"
    r"|(?P<code>`+)|(?P<angle><(?=[A-Za-z/!?]))|(?P<sign>(?:(?<!~)~(?!~)|[-<>=])+)|(?P<strike>~+)|(?P<mark>\*+|_+)"
    r"|(?P<note>\[\^)|(?P<open>!?\[)|(?P<close>\])|(?P<colon>:)"
    r"|(?P<address>(?<![A-Za-z0-9])(?:https?://|www\.)(?=[^\W_])[^\s<`]*)",
    re.IGNORECASE,
)
# The end of a text that may be the beginning of a token that is read otherwise.
_UNCERTAIN = re.compile(
    r"(?:[-<>=~]+|`+|\*+|_+|\$+|[!\\\]]|\[|&#?\w*|(?<![A-Za-z0-9])(?:h|ht|htt|https?(?::/{0,2})?|w{1,3}|www\.))\Z",
    re.IGNORECASE,
)
_SIGNS = frozenset({"<->", "->", "<-", "--", ">=", "<=", "~="})  # Streamlit makes arrows and the like of them
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_LETTER = re.compile(r"[^\W\d_]")
_IS_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_IS_CJK = re.compile("[\u2e80-\U0003ffff]")
_LONG_WORD = re.compile(rf"\S{{{LONGEST_WORD}}}")

# What closes a formula, by what opens it. Single dollars are read by pandoc's rule.
_FORMULAS = {
    "$$": re.compile(r"\$\$((?:\\.|[^\\$]|\$(?!\$))+)\$\$", re.DOTALL),
    "$": re.compile(r"\$(?!\s)((?:\\.|[^\\$`])+)(?<!\s)\$(?!\d)", re.DOTALL),
    r"\(": re.compile(r"\\\(((?:\\[^)]|[^\\])+?)\\\)", re.DOTALL),
    r"\[": re.compile(r"\\\[((?:\\[^\]]|[^\\])+?)\\\]", re.DOTALL),
}
_CLOSING = str.maketrans("([", ")]")
# Three words, or CJK text: what stands behind a dollar sign is a price.
_PROSE = re.compile(r"[^\\{]*?(?:(?:[^\W\d_]{2,}[ ,.;]+){2}[^\W\d_]{2}|[\u3040-\u9fff\uac00-\ud7ff])")

_TAG = re.compile(
    f"(?:{open_tag}|{close_tag})|<!--.*?-->|<\\?.*?\\?>|<!\\[CDATA\\[.*?\\]\\]>|<![A-Za-z].*?>", re.DOTALL
)
_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_AUTOLINK = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^\x00-\x20<>]*|[\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9.-]+)>")
_ANGLE_BEGUN = re.compile(r"<(?:[!?].*|[A-Za-z/](?:\"[^\"]*\"|'[^']*'|[^<>\"'])*+(?:\"[^\"]*|'[^']*)?)\Z", re.DOTALL)
_NOTE = re.compile(r"\[\^([^\]\s]{1,100})\]")
_NOTE_BEGUN = re.compile(r"\[\^[^\]\s]{0,100}\Z")

_PARENTHESES = r"\((?:\\.|[^\s()\\]|\((?:\\.|[^\s()\\]|\((?:\\.|[^\s()\\])*\))*\))*\)"
_ADDRESS = rf"(?:<((?:\\.|[^<>\\\n])*)>|((?:\\.|[^\s()\\<]|(?<=.)<|{_PARENTHESES})*))"
_TITLE = r"(\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|\((?:\\.|[^()\\])*\))"
_RESOURCE = re.compile(rf"\(\s*{_ADDRESS}(?:\s+{_TITLE})?\s*\)", re.DOTALL)
_RESOURCE_BEGUN = re.compile(r"\(\s*(?:<[^\n]*|[^\s<]\S*)?(?:\s+(?:[\"'(].*)?)?\Z", re.DOTALL)
_ENDS_ADDRESS = re.compile("[\u2018-\u201f\u2026\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65|]")
# Within code or a formula that goes on in the next line, that line may not begin a formula or a directive.
_BEGINS_BLOCK = re.compile(r"(?<=\n)(?=\$\$|::)")


class Inline:
    """One text; `write` gives it escaped, with `final=False` only as far as nothing that follows can change it.

    `header` says that the last line may become the head of a table, where no construct reaches over a `|` or a line's
    end. `notes` are the names to write for the labels of footnotes that are defined.
    """

    def __init__(self, source: str, notes: Mapping[str, str], *, final: bool, header: bool = False) -> None:
        doubt = None if final else _UNCERTAIN.search(source, max(len(source) - WINDOW, 0))
        self._source = source
        self._end = doubt.start() if doubt else len(source)
        self._final, self._header, self._notes = final, header, notes
        self._brackets: list[bool] = []  # the open ones, and whether a link may begin there
        self._opened: set[str] = set()  # the runs of asterisks that emphasis is open of
        self._marks = 0
        self._has_direction = False

    def write(self) -> str:
        source, at, word, out = self._source, 0, 0, []
        while at < self._end:
            token = _TOKEN.search(source, at)
            start = min(token.start(), self._end) if token else self._end
            out.append(self._plain(source[at:start]))
            if token is None or token.end() > self._end:
                break
            # A long word that is made of many tokens.
            word = start if source[start - 1 : start].isspace() or not start else word
            if start - word > LONGEST_WORD and token.lastgroup != "code":
                out.append(GAP)
                word = start
            written, at = getattr(self, f"_{token.lastgroup}")(token)
            if written is None or at > self._end or (self._header and self._may_be_a_row(start, at)):
                break
            out.append(written)
        return "".join(out)

    def _plain(self, text: str) -> str:
        if len(text) > LONGEST_WORD:
            text = _LONG_WORD.sub(rf"\g<0>{GAP}", text)
        if not self._has_direction and (letter := _LETTER.search(text)):
            self._has_direction = True
            if _IS_RTL.match(letter[0]):
                return text[: letter.start()] + RTL + text[letter.start() :]
        return text

    def _may_be_a_row(self, start: int, end: int) -> bool:
        source = self._source
        return (
            not self._final
            and end - start > 1
            and source.find("\n", end) < 0
            and any(source.find(s, start, end) >= 0 for s in "|\n")
        )

    def _may_grow(self, begun: re.Pattern[str], at: int) -> bool:
        """Whether what begins there may be complete when more has come."""
        return not self._final and len(self._source) - at < WINDOW and begun.match(self._source, at) is not None

    # One method for each kind of token. They return what to write for it and where to go on; None while it is open.

    def _formula(self, token: re.Match[str]) -> tuple[str | None, int]:
        source, at, opening = self._source, token.start(), token[0]
        closing = opening.translate(_CLOSING)
        if source.find(closing, token.end(), at + WINDOW) >= 0:
            found = _FORMULAS[opening].match(source, at, at + WINDOW)
            if found and not (opening == "$" and _PROSE.match(found[1])):
                return formula(found[1], display=opening in {"$$", r"\["}), found.end()
        begun = source[token.end() :]
        may_close = not self._final and len(source) - at < WINDOW and closing not in begun.replace(r"\$", "")
        if may_close and not (opening == "$" and (begun[:1].isspace() or "`" in begun or _PROSE.match(begun))):
            return None, at
        return literal_line(opening.lstrip("\\")), token.end()

    def _escape(self, token: re.Match[str]) -> tuple[str | None, int]:
        return (token[0] if token[0] == r"\|" else self._character(token[0][1])), token.end()

    def _entity(self, token: re.Match[str]) -> tuple[str | None, int]:
        shown = html.unescape(token[0])
        return (self._character(shown) if _PUNCTUATION.fullmatch(shown) else token[0]), token.end()

    def _character(self, sign: str) -> str:
        """A sign that is text, whatever stands beside it."""
        return (GAP if sign in "-<>=:" else "") + f"&#{ord(sign)};"

    def _code(self, token: re.Match[str]) -> tuple[str | None, int]:
        source, size, start = self._source, len(token[0]), token.end()
        if closing := re.compile(rf"(?<!`)`{{{size}}}(?!`)").search(source, start, start + WINDOW):
            return _BEGINS_BLOCK.sub("    ", source[token.start() : closing.end()]), closing.end()
        if not self._final and len(source) - start < WINDOW:
            return None, start
        return "&#96;" * size, start

    def _angle(self, token: re.Match[str]) -> tuple[str | None, int]:
        source, at = self._source, token.start()
        if link := _AUTOLINK.match(source, at, at + WINDOW):
            return self._link(link[1], link[0]), link.end()
        if tag := _TAG.match(source, at, at + WINDOW):
            return (BREAK if _LINE_BREAK.fullmatch(tag[0]) else literal_line(tag[0])), tag.end()
        return (None if self._may_grow(_ANGLE_BEGUN, at) else "&lt;"), at + 1

    def _sign(self, token: re.Match[str]) -> tuple[str | None, int]:
        units = ["&lt;" if sign == "<" else "&#126;" if sign == "~" else sign for sign in token[0]]
        return (GAP.join(["", *units, ""]) if token[0] in _SIGNS else "".join(units)), token.end()

    def _strike(self, token: re.Match[str]) -> tuple[str | None, int]:
        self._marks += 2
        return (token[0] if len(token[0]) == 2 and self._marks <= MOST_MARKS else "&#126;" * len(token[0])), token.end()

    def _mark(self, token: re.Match[str]) -> tuple[str | None, int]:
        """Asterisks or underscores. Beside CJK characters, which know no spaces, a gap stands in for one."""
        run = token[0]
        self._marks += len(run)
        if self._marks > MOST_MARKS:
            return f"&#{ord(run[0])};" * len(run), token.end()
        before, after = self._source[token.start() - 1 : token.start()], self._source[token.end() : token.end() + 1]
        closes, opens = run in self._opened and not _is_space(before), not _is_space(after)
        if closes:
            self._opened.discard(run)
        elif opens:
            self._opened.add(run)
        if run[0] == "*" and _IS_CJK.search(before + after):
            if closes and _is_punctuation(before) and opens and not _is_punctuation(after):
                return run + GAP, token.end()
            if not closes and opens and _is_punctuation(after) and not _is_space(before):
                return GAP + run, token.end()
        return run, token.end()

    def _note(self, token: re.Match[str]) -> tuple[str | None, int]:
        source, at = self._source, token.start()
        note = _NOTE.match(source, at, at + WINDOW)
        if note is None:
            return (None if self._may_grow(_NOTE_BEGUN, at) else "&#91;^"), token.end()
        if (name := self._notes.get(note[1].casefold())) is None:
            return f"&#91;^{literal_line(note[1])}&#93;", note.end()
        begins_line = not source[source.rfind("\n", 0, at) + 1 : at].strip() and source.startswith(":", note.end())
        return f"[^{name}]" + ":" * begins_line, note.end() + begins_line

    def _open(self, token: re.Match[str]) -> tuple[str | None, int]:
        self._brackets.append(True)
        return ("&#33;[" if token[0] == "![" else "["), token.end()

    def _close(self, token: re.Match[str]) -> tuple[str | None, int]:
        source, at = self._source, token.end()
        is_active = self._brackets.pop() if self._brackets else False
        if is_active and source.startswith("(", at):
            found = _RESOURCE.match(source, at, at + WINDOW)
            if found and is_safe(address := found[1] or found[2] or ""):
                self._brackets = [False] * len(self._brackets)  # a link holds no other link
                return "]" + resource(address, found[3]), found.end()
            if found is None and self._may_grow(_RESOURCE_BEGUN, at):
                return None, at
        return ("]&#40;", at + 1) if source.startswith("(", at) else ("]", at)

    def _colon(self, token: re.Match[str]) -> tuple[str | None, int]:
        return colon(self._source, token.start()), token.end()

    def _address(self, token: re.Match[str]) -> tuple[str | None, int]:
        address = token[0]
        if ends := _ENDS_ADDRESS.search(address):
            address = address[: ends.start()]
        elif token.end() >= self._end and not self._final:
            return (None, token.start()) if len(address) < WINDOW else (literal_line(address), token.end())
        address = address.rstrip("?!.,:;*_~'\"")
        while address.endswith((")", "]")) and address.count(address[-1]) > address.count(
            {")": "(", "]": "["}[address[-1]]
        ):
            address = address[:-1].rstrip("?!.,:;*_~'\"")
        shown = literal_line(address) if self._brackets or len(address) >= WINDOW else self._link(address, address)
        return shown, token.start() + len(address)

    def _link(self, address: str, shown: str) -> str:
        if not is_safe(address):
            return literal_line(shown)
        target = address if ":" in address else f"http://{address}" if "@" not in address else f"mailto:{address}"
        return f"[{literal_line(address)}]{resource(target)}"


def formula(tex: str, *, display: bool = False) -> str:
    """A formula within a text. Two dollar signs or more are nothing else to Streamlit."""
    fence = "$" * max([2, *(len(run) + 1 for run in re.findall(r"\$+", tex))])
    tex = _BEGINS_BLOCK.sub("    ", tex.strip())
    pad = " " * (tex[:1] == "$" or tex[-1:] == "$")
    return fence + pad + r"\displaystyle " * display + tex + pad + fence


def row(source: str, notes: Mapping[str, str], *, final: bool) -> str:
    """One row of a table: each cell is a text for itself."""
    *cells, last = re.split(r"(?<!\\)\|", source)
    return "|".join([*(Inline(c, notes, final=True).write() for c in cells), Inline(last, notes, final=final).write()])


def literal_line(text: str) -> str:
    """One line of text that is no Markdown at all."""

    def written(found: re.Match[str]) -> str:
        at, sign = found.start(), found[0]
        if sign == ":":
            return colon(text, at)
        return (GAP if sign in "-<>=~" and text[at - 1 : at] in tuple("-<>=~") else "") + f"\\{sign}"

    return _PUNCTUATION.sub(written, text)


def colon(text: str, at: int) -> str:
    """The colon at `at`, with a gap before it where it could close a `:shortcode:`."""
    name = re.split(r"[\s:;]", text[max(at - 80, 0) : at])
    return (GAP if len(name) > 1 and name[-1] else "") + "&#58;"


def resource(address: str, title: str | None = None) -> str:
    """What follows a link's text; the same characters show if it turns out to be text."""
    shown = f' "{entities(title[1:-1])}"' if title else ""
    return f"({entities(address)}{shown})"


def entities(text: str) -> str:
    return re.sub(r"[^\w\s./#?=%,;+-]|_", lambda found: f"&#{ord(found[0])};", html.unescape(unescaped(text)))


def unescaped(text: str) -> str:
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)


def is_safe(address: str) -> bool:
    """Whether an address may be clicked: it has one of `SCHEMES`, or none."""
    plain = re.sub(r"[\x00-\x20\x7f-\x9f]", "", html.unescape(unescaped(address)))
    scheme = re.match(r"([^/?#:]*):", plain)
    return scheme is None or scheme[1].lower() in SCHEMES


def _is_space(sign: str) -> bool:
    return not sign or sign.isspace()


def _is_punctuation(sign: str) -> bool:
    return bool(sign) and unicodedata.category(sign)[0] in "PS"
