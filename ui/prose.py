"""The text of one paragraph, heading or table row, escaped while it is still being written.

Streamlit reads more in a text than Markdown has: formulas, `:red[directives]`, `:emoji:` shortcodes, icons, arrows for
`->`. Here each of them is written so that it shows as the characters it is made of, and everything CommonMark and GFM
know stays. What was read out of the page's JavaScript for it, and seen in Chromium with Streamlit 1.67:

- A backslash is enough for `$` and for the `!` of an image, which becomes a link behind an exclamation mark.
- A directive is looked for in the source, where `&#58;` is no colon; any letter, digit or emoji starts a name.
- Shortcodes, icons and arrows are replaced in the finished text, after every escape has gone. Only a gap in that text
  stops them: `GAP` makes one, and shows nothing. It is a colour without a colour.
- Nothing of it happens in code, in HTML tags (shown as written) and in the address of a link.
"""

import html
import re
from bisect import bisect_left
from typing import Final, Protocol

from markdown_it.common.html_re import close_tag, open_tag

GAP: Final = ":color{}"
WINDOW: Final = 4_000  # characters that a tag or an address may be long; one longer is text
# Asterisks, underscores and tildes that one paragraph may have. A browser takes the square of how deep they nest, and
# beyond some thousands never ends.
MOST_MARKS: Final = 2_000

# What st.markdown may follow as a link. Others (javascript:, data:, file:) show as text.
SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})

_TOKEN = re.compile(
    r"(?P<sign>(?:\\?[->=]|\\<|<(?![A-Za-z/!?])|\\?~(?=\\?=)|&[lg]t;)+)"
    r"|(?P<escape>\\[!-/:-@\[-`{-~])"
    r"|(?P<ticks>`+)|(?P<angle><)|(?P<open>\[)|(?P<close>\])|(?P<image>!(?=\[))|(?P<dollar>\$)|(?P<colon>:)"
    r"|(?P<emphasis>[*_~]+)"
    r"|(?P<address>(?<![A-Za-z])(?:https?://|www\.)(?=[^\W_]))",
    re.IGNORECASE,
)
# What Streamlit replaces where it stands alone. Any markup and any link beside it makes it stand alone.
_SIGNS = frozenset({"<->", "->", "<-", "--", ">=", "<=", "~="})
# The end of a text that may be the beginning of any of them.
_UNCERTAIN = re.compile(
    r"(?:[-<>=~!\\:\]`]|&(?:[lg](?:t;?)?)?|(?<![A-Za-z])(?:h|ht|htt|https?(?::/{0,2})?|w{1,3}|www\.))+\Z", re.IGNORECASE
)
# Where a text that may turn out to be code may no longer be shown as it is.
_DIFFERS = re.compile(r"[-<>=~!\\:\]$&]|(?<![A-Za-z])(?:http|www)", re.IGNORECASE)

_UNIT = re.compile(r"\\?[-<>=~]|&[lg]t;", re.IGNORECASE)
_TICKS = re.compile(r"`+")
_SHORTCODE = re.compile(r":[\w+\\-]+:|:material/")
_NOT_A_NAME = re.compile(r"(?!\t)[\s!-/:-@\[-`{-~]|\Z")  # strange, but a tab begins one
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")

_TAG = re.compile(f"{open_tag}|{close_tag}")
_TAG_BEGUN = re.compile(
    r"</?[A-Za-z][A-Za-z0-9-]*(?:\s+[a-zA-Z_:][a-zA-Z0-9:._-]*"
    r"(?:\s*=\s*(?:[^\"'=<>`\s]+|'[^']*'|\"[^\"]*\"))?)*+(?:\s*=\s*(?:'[^']*|\"[^\"]*)?|\s*/?)"
)
_AUTOLINK = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^\x00-\x20<>]*)>")
_EMAIL = re.compile(r"<[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+>")
_AUTOLINK_BEGUN = re.compile(r"<[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]*(?:[:@][^\s<>]*)?")
_ENDS = (
    (re.compile("<!--"), "-->"),
    (re.compile(r"<!\[CDATA\["), "]]>"),
    (re.compile(r"<\?"), "?>"),
    (re.compile("<![A-Za-z]"), ">"),
)
_ENDS_ADDRESS = re.compile(r"[\s<]|\](?=[(\[])")
_MARK = re.compile(r"[*_~]")

_SPACE = re.compile(r"[ \t]*\n?[ \t]*")
_IN_ANGLES = re.compile(r"<(?:\\.|[^<>\\\n])*")
_BARE = re.compile(r"(?:\\[!-/:-@\[-`{-~]|[^()\x00-\x20\x7f])+")
_TITLES = {
    '"': re.compile(r'"(?:\\.|[^"\\])*', re.DOTALL),
    "'": re.compile(r"'(?:\\.|[^'\\])*", re.DOTALL),
    "(": re.compile(r"\((?:\\.|[^()\\])*", re.DOTALL),
}
_IN_ADDRESS = re.compile(rf"(\\.)|(\$)|:(?!{_NOT_A_NAME.pattern})", re.DOTALL)
# Within code that goes on in the next line, a line may still begin a formula or a directive, unless it is indented.
_BEGINS_BLOCK = re.compile(r"(?<=\n)(?=\$\$|::)")


class Writer(Protocol):
    """Takes a text piece by piece, and gives what is to be shown of it: what is given is never taken back."""

    def write(self, more: str, *, final: bool = False) -> str: ...


class Verbatim:
    """Code, and all else that Streamlit leaves alone."""

    def write(self, more: str, *, final: bool = False) -> str:
        return more


class Waiting:
    """Nothing can be shown before the line has its end."""

    def write(self, more: str, *, final: bool = False) -> str:
        return ""


class Prose:
    """One paragraph or heading, or one cell of a table.

    `write` gives what was added to the escaped text. What later text may still change is kept back: a delimiter that
    is not complete, an unfinished link, and what stands behind an unclosed backtick from the first character on that
    is written differently in code. `header` says that the last line may become the head of a table, so that no code
    and no link reaches over a `|` or a line's end before the line below is known.
    """

    def __init__(self, *, header: bool = False) -> None:
        self._header = header
        self._source = ""
        self._at = 0  # how much of it is decided
        self._ahead = 0  # characters given beyond that: the same, whatever it turns out to be
        self._brackets: list[tuple[int, bool]] = []  # the open ones: where, and whether a link may begin there
        self._runs: dict[int, list[int]] = {}  # backticks: where there are how many in a row
        self._indexed = 0
        self._signed = -1  # where the last run of the signs' characters ends
        self._marks = 0  # asterisks, underscores and tildes so far
        self._clear = 0  # up to here nothing ends an address that began before; and whether something does so there
        self._is_ended = False
        self._final = False

    def write(self, more: str, *, final: bool = False) -> str:
        self._source += more
        self._final = final
        source, ahead = self._source, self._ahead
        end = len(source)
        if not final and (doubt := _UNCERTAIN.search(source[-16:])):
            end -= len(doubt[0])
        out: list[str] = []
        self._ahead = 0
        while self._at < end:
            token = _TOKEN.search(source, self._at)
            if token is None or token.start() >= end:
                out.append(source[self._at : end])
                self._at = end
                break
            out.append(source[self._at : token.start()])
            self._at = token.start()
            kind = str(token.lastgroup)
            if (written := getattr(self, f"_{kind}")(token)) is None:
                if kind == "ticks":
                    guess = self._same_in_code(end)
                    out.append(guess)
                    self._ahead = len(guess)
                break
            out.append(written)
        return "".join(out)[ahead:]

    # One method for each kind of token: what to write for it, or None while that is not certain. Each sets `_at`.

    def _sign(self, token: re.Match[str]) -> str | None:
        units = _UNIT.findall(token[0])
        plain = html.unescape("".join(units)).replace("\\", "")
        continued, short = token.start() == self._signed, len(plain) <= 3
        if token.end() == len(self._source) and not self._final and short and not continued:
            return None
        self._at = self._signed = token.end()
        return GAP.join(units) if plain in _SIGNS and not continued else token[0]

    def _escape(self, token: re.Match[str]) -> str:
        return self._colon(token) if token[0] == "\\:" else self._as_it_is(token)

    def _as_it_is(self, token: re.Match[str]) -> str:
        self._at = token.end()
        return token[0]

    def _image(self, token: re.Match[str]) -> str:
        self._at = token.end()
        return "\\!"

    def _dollar(self, token: re.Match[str]) -> str:
        self._at = token.end()
        return "\\$"

    def _colon(self, token: re.Match[str]) -> str:
        self._at = token.end()
        return _colon(self._source, token.start(), token.end())

    def _emphasis(self, token: re.Match[str]) -> str:
        self._at = token.end()
        plain = max(MOST_MARKS - self._marks, 0)
        self._marks += len(token[0])
        return token[0][:plain] + "".join(f"\\{mark}" for mark in token[0][plain:])

    def _ticks(self, token: re.Match[str]) -> str | None:
        if token.end() == len(self._source) and not self._final:
            return None
        if (close := self._closing(len(token[0]), token.end())) is not None:
            end = close + len(token[0])
            if self._may_be_a_row(token.start(), end):
                return None
        elif self._final:
            end = token.end()
        else:
            return None
        self._at = end
        return _BEGINS_BLOCK.sub("    ", self._source[token.start() : end])

    def _angle(self, token: re.Match[str]) -> str | None:
        source, at = self._source, token.start()
        if link := _AUTOLINK.match(source, at, at + WINDOW):
            if self._may_be_a_row(at, link.end()):
                return None
            self._at = link.end()
            if not _is_safe(link[1]):
                return as_text(link[0])
            if not _SHORTCODE.search(link[1]):
                return link[0]
            # The gaps are to the asterisks around it what the brackets were.
            return (GAP if source[at - 1 : at] != ":" else "") + as_text(link[1]) + GAP
        end = at
        if tag := (_TAG.match(source, at, at + WINDOW) or _EMAIL.match(source, at, at + WINDOW)):
            end = tag.end()
        for opening, closing in _ENDS:
            if opening.match(source, at):
                found = source.find(closing, at + 2, at + WINDOW)
                end = found + len(closing) if found >= 0 else at
                break
        if end > at + 1:
            if self._may_be_a_row(at, end):
                return None
            self._at = end
            return _BEGINS_BLOCK.sub("    ", source[at:end])
        if not self._final and _may_become_a_tag(source, at):
            return None
        self._at += 1
        return "<"

    def _open(self, token: re.Match[str]) -> str:
        self._at = token.end()
        self._brackets.append((token.start(), True))
        return "["

    def _close(self, token: re.Match[str]) -> str | None:
        source, at = self._source, token.start()
        self._at = token.end()
        if not self._brackets:
            return "]"
        opened, active = self._brackets[-1]
        if active and source.startswith("(", at + 1):
            end, address = _resource(source, at + 1)
            if not self._final and (end == _UNFINISHED or (end > 0 and self._may_be_a_row(opened, end))):
                self._at = at
                return None
            if end > 0 and _is_safe(address):
                # A link holds no other link: what was open around it is text.
                self._brackets = [(place, False) for place, _ in self._brackets[:-1]]
                self._at = end
                return "]" + _in_address(source[at + 1 : end])
            if end != _NO_LINK:
                self._brackets.pop()
                self._at += 1
                return "]\\("
        self._brackets.pop()
        return "]"

    def _address(self, token: re.Match[str]) -> str | None:
        source, at = self._source, token.start()
        if self._brackets and self._may_be_a_row(self._brackets[0][0], token.end()):
            return None
        self._at = token.end() - len(token[0].lstrip("htpswHTPSW"))
        if self._brackets:  # there, GFM looks for addresses only in the finished text
            return source[at : self._at]
        end = self._address_end(at)
        if end - at >= WINDOW:
            return source[at : self._at]
        if (end >= len(source) - source.endswith("]") and not self._final) or self._may_be_a_row(at, end):
            self._at = at
            return None
        self._at = end
        address = source[at:end]
        # What follows without a space must not become a part of it when it is written in another way.
        return as_text(address) if _SHORTCODE.search(address) or source.startswith("<", end) else address

    def _same_in_code(self, end: int) -> str:
        """What stands before `end` and shows the same whether it turns out to be code or not."""
        stop = _DIFFERS.search(self._source, self._at, end)
        end = stop.start() if stop else end
        marks = [found.start() for found in _MARK.finditer(self._source, self._at, end)]
        left = max(MOST_MARKS - self._marks, 0)
        return self._source[self._at : marks[left] if len(marks) > left else end]

    def _address_end(self, at: int) -> int:
        """Where an address that begins at `at` ends. Many may begin in one long word: its end is looked for once."""
        if at > self._clear or not self._is_ended:
            found = _ENDS_ADDRESS.search(self._source, max(at, self._clear))
            self._is_ended = found is not None
            self._clear = found.start() if found else len(self._source) - self._source.endswith("]")
        return self._clear if self._is_ended else len(self._source)

    def _may_be_a_row(self, start: int, end: int) -> bool:
        if self._final or not self._header or 0 <= self._source.find("\n", end) < len(self._source) - 1:
            return False
        return any(self._source.find(seam, start, end) >= 0 for seam in "|\n")

    def _closing(self, count: int, after: int) -> int | None:
        for run in _TICKS.finditer(self._source, self._indexed):
            if run.end() == len(self._source) and not self._final:
                break
            self._runs.setdefault(len(run[0]), []).append(run.start())
            self._indexed = run.end()
        places = self._runs.get(count, [])
        index = bisect_left(places, after)
        return places[index] if index < len(places) else None


class Row:
    """One row of a table: its cells are prose each for itself."""

    def __init__(self) -> None:
        self._cell = Prose()
        self._last = ""

    def write(self, more: str, *, final: bool = False) -> str:
        out, start = [], 0
        for pipe in re.finditer(r"\|", more):
            before = more[pipe.start() - 1] if pipe.start() else self._last
            if before != "\\":
                out += [self._cell.write(more[start : pipe.start()], final=True), "|"]
                start = pipe.end()
                self._cell = Prose()
        self._last = more[-1:] or self._last
        return "".join(out) + self._cell.write(more[start:], final=final)


_DEFINITION = re.compile(r"(\s*\[(?:\\.|[^\[\]\\])+\]):(.*)", re.DOTALL)


def definition(text: str) -> str:
    """The definition of a reference, `[label]: address "title"`, in one or more lines."""
    found = _DEFINITION.fullmatch(text)
    # Its address may stand in the next line of a quotation, behind a `>`.
    if found is None or not _is_safe(found[2].lstrip(" \t\n>").partition(" ")[0].partition("\n")[0]):
        return text.replace("[", "\\[", 1).replace(":", "&#58;")
    # The label is written as it is in the text that refers to it: they are compared by their source.
    return Prose().write(found[1], final=True) + ":" + _in_address(found[2])


_NO_LINK, _UNFINISHED, _TOO_LONG = -1, -2, -3


def _resource(source: str, at: int) -> tuple[int, str]:
    """Where the `(address "title")` that opens at `at` ends, and its address; or why there is none."""
    size = min(len(source), at + WINDOW)
    unfinished = _TOO_LONG if size < len(source) else _UNFINISHED, ""
    start = _spaces(source, at + 1)
    if source.startswith("<", start):
        angles = _IN_ANGLES.match(source, start, size)
        end = angles.end() if angles else size
        if end >= size or source[end] == "\\":
            return unfinished
        if source[end] != ">":
            return _NO_LINK, ""
        address, end = source[start + 1 : end], end + 1
    else:
        end, depth = start, 0
        while end < size:
            if bare := _BARE.match(source, end):
                end = bare.end()
                continue
            if source[end] not in "()" or (source[end] == ")" and not depth):
                break
            depth += 1 if source[end] == "(" else -1
            end += 1
            if depth > 32:  # as in CommonMark's own parsers
                return _NO_LINK, ""
        if end >= size:
            return unfinished
        if depth:
            return _NO_LINK, ""
        address = source[start:end]
    gap = _spaces(source, end)
    if gap < size and gap > end and source[gap] in _TITLES:
        title = _TITLES[source[gap]].match(source, gap, size)
        end = title.end() if title else size
        if end >= size or source[end] == "\\":
            return unfinished
        if source[end] != {"(": ")"}.get(source[gap], source[gap]):
            return _NO_LINK, ""
        gap = _spaces(source, end + 1)
    if gap >= size:
        return unfinished
    return (gap + 1, address) if source[gap] == ")" else (_NO_LINK, "")


def _spaces(source: str, at: int) -> int:
    found = _SPACE.match(source, at)
    return found.end() if found else at


def _is_safe(address: str) -> bool:
    """Whether an address may be clicked: it has one of `SCHEMES`, or none."""
    plain = html.unescape(_ESCAPED.sub(r"\1", address.removeprefix("<")))
    plain = re.sub(r"[\x00-\x20\x7f-\x9f]", "", plain)
    scheme = re.match(r"([^/?#:]*):", plain)
    return scheme is None or scheme[1].lower() in SCHEMES


def _in_address(text: str) -> str:
    """An address and its title: read by the same rules whether they turn out to be a link's or text."""
    return _IN_ADDRESS.sub(lambda found: found[1] or ("\\$" if found[2] else "&#58;"), text)


def as_text(text: str) -> str:
    """One line of text that is no Markdown at all."""

    def written(found: re.Match[str]) -> str:
        if found[0] == ":":
            return _colon(text, found.start(), found.end())
        in_sign = found[0] in "-<>=~" and text[found.start() - 1 : found.start()] in tuple("-<>=~")
        return (GAP if in_sign else "") + "\\" + found[0]

    return _PUNCTUATION.sub(written, text)


def _colon(source: str, start: int, end: int) -> str:
    """The colon at source[start:end], with a gap before it where it would close a `:shortcode:`."""
    back = start
    while back > max(0, start - 80) and (source[back - 1].isalnum() or source[back - 1] in "_+-\\"):
        back -= 1
    name = source[back:start]
    # 10:30:45 is a time, but two numbers are emoji.
    closes = name and back and source[back - 1] == ":" and (not name.isdigit() or name in {"100", "1234"})
    return (GAP if closes else "") + (source[start:end] if _NOT_A_NAME.match(source, end) else "&#58;")


def _may_become_a_tag(source: str, at: int) -> bool:
    rest = source[at : at + WINDOW + 1]
    if len(rest) > WINDOW:
        return False
    return (
        rest.startswith(("<!", "<?"))
        or _TAG_BEGUN.fullmatch(rest) is not None
        or _AUTOLINK_BEGUN.fullmatch(rest) is not None
    )
