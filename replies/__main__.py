"""Command line of the history: list, export, import.

python -m replies list cricket
python -m replies export tZ3… --to race.html      (.md .json .csv .html .jsonl)
python -m replies import race.jsonl
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from providers.env_file import load_env
from replies.export import formats
from replies.export.outline import headline
from replies.export.report import report
from replies.recording.format import LARGEST_FILE, SUFFIX, Item, RecordingError, dump, load
from replies.store import Store, StoreError
from replies.terminal import harmless, use_utf8, write_no_more

DONE, FAILED, USAGE = 0, 1, 2

FORMATS: dict[str, Callable[[Item], str]] = {
    ".md": formats.markdown,
    ".json": formats.as_json,
    ".csv": formats.figures_csv,
    ".html": report,
}


def main(arguments: list[str] | None = None) -> int:
    problem = load_env()
    use_utf8(sys.stdout, sys.stderr)
    options = parser().parse_args(arguments)
    if problem:
        print(problem, file=sys.stderr)
    folder = os.environ.get("STREAMSIDE_DATA", "").strip()
    try:
        with closing(Store(os.environ.get("DATABASE_URL", "").strip(), Path(folder) if folder else None)) as store:
            status: int = options.do(store, options)
            return status
    except BrokenPipeError:  # the reader has closed the pipe
        write_no_more()
        return FAILED
    except (StoreError, OSError, ValueError) as error:
        return complain(FAILED, str(error))


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m replies", description="The history: list it, export it, import.")
    does = made.add_subparsers(required=True, metavar="list | export | import")
    listing = does.add_parser("list", help="conversations and comparisons, the newest first")
    listing.add_argument("words", nargs="*", help="only those with all of these words")
    listing.add_argument("--limit", type=int, default=50, metavar="N", help="at most so many (default %(default)s)")
    listing.set_defaults(do=show)
    going = does.add_parser("export", help="write a file; its ending says what kind")
    going.add_argument("ids", nargs="+", metavar="ID", help="as `list` shows them; several only for .jsonl")
    going.add_argument("--to", type=Path, required=True, metavar="FILE", help="FILE.md .json .csv .html or .jsonl")
    going.set_defaults(do=export)
    coming = does.add_parser("import", help="bring recordings in: all of a file, or nothing")
    coming.add_argument("files", nargs="+", type=Path, metavar="FILE.jsonl")
    coming.set_defaults(do=import_files)
    return made


def complain(status: int, problem: str) -> int:
    print(problem, file=sys.stderr)
    return status


def show(store: Store, options: argparse.Namespace) -> int:
    for entry in store.history(words=" ".join(options.words), limit=max(0, min(options.limit, 10**9))):
        sources = ", ".join(entry.sources)
        print(f"{entry.id}  {entry.at:%Y-%m-%d %H:%M}  {entry.kind:<12}  {sources:<10}  {_in_a_line(entry.title)}")
    return DONE


def export(store: Store, options: argparse.Namespace) -> int:
    path: Path = options.to
    suffix = path.suffix.lower()
    if suffix != SUFFIX and suffix not in FORMATS:
        return complain(USAGE, f"The file must end in {', '.join(FORMATS)} or {SUFFIX}, and {path.name!r} does not.")
    if suffix != SUFFIX and len(options.ids) > 1:
        return complain(USAGE, f"Only {SUFFIX} holds several at once; export one ID at a time as {suffix}.")
    found: list[Item] = []
    for id in options.ids:
        item = store.conversation(id) or store.comparison(id)
        if item is None:
            return complain(FAILED, f"There is nothing with the ID {id}. `python -m replies list` shows what there is.")
        found.append(item)
    text = "".join(dump(found)) if suffix == SUFFIX else FORMATS[suffix](found[0])
    try:
        write(path.resolve(), text)
    except OSError as error:
        return complain(FAILED, f"{path} can't be written ({error.strerror}), and is as it was. Choose another place.")
    return complain(DONE, f"{path}: {path.stat().st_size:,} bytes")


def write(path: Path, text: str) -> None:
    """All of it or nothing: a disk that is full leaves what was there."""
    if path.exists() and not path.is_file():  # a pipe
        path.write_text(text, encoding="utf-8", newline="")
        return
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def import_files(store: Store, options: argparse.Namespace) -> int:
    for path in options.files:
        with path.open("rb") as file:
            read = file.read(LARGEST_FILE + 1)
        try:
            items = load(read)
        except RecordingError as error:
            return complain(FAILED, f"{path}: {error}")
        store.keep(*items)
        for item in items:
            print(f"{item.id}  {_in_a_line(headline(item))}")
    return DONE


def _in_a_line(title: str) -> str:
    return harmless(" ".join(title.split()))


if __name__ == "__main__":
    sys.exit(main())
