"""Text files as other programs save them: UTF-8 or UTF-16, with a byte order mark or without; and the file .env."""

from __future__ import annotations

import codecs
import io
import re
from pathlib import Path

from dotenv import find_dotenv, load_dotenv
from dotenv.parser import Binding, parse_stream

ROOT = Path(__file__).parents[1]
LARGEST_ENV = 1_000_000  # bytes

# Word processors and chats make them of plain quotes; no value is meant to have them around it.
_CURLY = re.compile("^(\\s*(?:export\\s+)?[^\\s=#]+\\s*=\\s*)[“”„‘’](.*)[“”‘’]([^\\S\\n]*)$", re.MULTILINE)


def decoded(data: bytes) -> str:
    """The text of a file, without a mark. Raises UnicodeDecodeError where it is in another encoding, or is no text."""
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return data.decode("utf-32")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16")
    if len(data) % 2 == 0:
        # Without a mark, UTF-16 shows by its zeros: in most scripts every line end and blank has one.
        for zeros, encoding in ((data[1::2], "utf-16-le"), (data[::2], "utf-16-be")):
            if data.count(0) == zeros.count(0) > len(zeros) / 2:
                return data.decode(encoding)
    if (place := data.find(0)) >= 0:
        raise UnicodeDecodeError("utf-8", data, place, place + 1, "a zero byte is in no text")
    return data.decode("utf-8-sig")


def load_env(path: Path | None = None) -> str:
    """Read .env into the environment; what is set there already wins.

    Returns what is wrong with the file, and what to do, in one line for the person; empty where nothing is. `path`: the
    file; without it, the one beside app.py or in the folders above.
    """
    if path is None:
        found = find_dotenv()
        path = Path(found) if found else ROOT / ".env"
    try:
        if path.is_dir():
            there = "" if (path / "pyvenv.cfg").exists() else "is a folder, and no settings were read"
            return there and f".env {there}. Give the folder another name, and write the settings into a file .env."
        with path.open("rb") as file:
            data = file.read(LARGEST_ENV + 1)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return (
            f".env can't be read ({error.strerror}). Let the account that runs Streamside read it, and start it anew."
        )
    if len(data) > LARGEST_ENV:
        return ".env is larger than 1 MB, so it was not read. Keep only lines such as OPENAI_API_KEY=… in it."
    problem = ""
    try:
        text = decoded(data)
    except UnicodeDecodeError as error:
        # An editor of an older Windows: what matters in it, names and keys, is the same in each of its encodings.
        text = data.decode("cp1252", "replace")
        line = data.count(b"\n", 0, error.start) + 1
        problem = f".env is not UTF-8 (line {line}). It was read as Windows-1252; save it as UTF-8 to be sure."
    if "\0" in text:
        return ".env is no text, so it was not read. Write lines such as OPENAI_API_KEY=… into it, saved as UTF-8."
    calls = list(parse_stream(io.StringIO(_CURLY.sub(r"\1\2\3", text))))
    # One that stands empty further down, as in .env.example, does not take away what was set above.
    set_there = [call.original.string for call in calls if not call.error and (call.value or "").strip()]
    load_dotenv(stream=io.StringIO("".join(set_there)))
    unread = next((call for call in calls if _is_unread(call)), None)
    if unread and not problem:
        above, _, _ = unread.original.string.partition(unread.original.string.strip())
        line = unread.original.line + above.count("\n")
        problem = f".env line {line} can't be read. Write it as NAME=value, such as OPENAI_API_KEY=…"
    return problem


def _is_unread(call: Binding) -> bool:
    """Whether it is no setting, though it may look like one: `NAME: value`, a lone word, an unclosed quote."""
    if call.error:
        return True
    return bool(call.key) and (call.value is None or not re.fullmatch(r"[\w.-]+", call.key or ""))
