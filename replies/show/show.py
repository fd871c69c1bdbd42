"""Show: scenes in their order, each a question to lanes with a recording of each answer; its file: docs/shows.md."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from replies.conversation import Conversation, unguessable
from replies.recording import format, lines
from replies.recording.lines import RecordingError
from replies.reply import Reply

Page: TypeAlias = Literal["chat", "compare", "why"]

VERSION = 1
HELP_AFTER = 4.0  # seconds
MOST_SCENES = 100
FOREIGN = "This is no show of Streamside. Choose a .jsonl file that was exported on its page Show."


@dataclass(frozen=True, kw_only=True)
class Scene:
    """`lanes`: whom to ask, each by its address. A lane that says nothing for `seconds` goes over to its recording in
    `backups`, by the number of the lane. `notes` are for the presenter."""

    title: str
    page: Page
    prompt: str
    lanes: tuple[str, ...]
    notes: str = ""
    seconds: float = HELP_AFTER
    backups: Mapping[int, Reply] = field(default_factory=dict, hash=False, compare=False)

    @property
    def rehearsed(self) -> bool:
        return len(self.backups) == len(self.lanes)


@dataclass(frozen=True, kw_only=True)
class Show:
    title: str
    scenes: tuple[Scene, ...] = ()
    id: str = field(default_factory=unguessable)

    def with_scene(self, place: int, *scene: Scene) -> Show:
        """The show with another scene at this place, counted from 0, or without the one there."""
        return replace(self, scenes=(*self.scenes[:place], *scene, *self.scenes[place + 1 :]))

    def swapped(self, place: int, other: int) -> Show:
        scenes = list(self.scenes)
        scenes[place], scenes[other] = scenes[other], scenes[place]
        return replace(self, scenes=tuple(scenes))


class Stage(NamedTuple):
    """Where the presentation of a show is: its scene, -1 before the first; the id of what was begun for it; when the
    show began, in seconds since 1970; whether nothing is to be asked."""

    scene: int = -1
    item: str = ""
    began: float = 0.0
    offline: bool = False


def dump(show: Show) -> str:
    """The show as a file, in plain ASCII. Raises ValueError where a recording is not over."""
    written = [json.dumps({"streamside": "show", "version": VERSION, "title": show.title})]
    for scene in show.scenes:
        known = {name: getattr(scene, name) for name in ("page", "prompt", "lanes", "notes", "seconds")}
        written.append(json.dumps({"scene": scene.title} | known | {"recorded": sorted(scene.backups)}))
        written += [line.rstrip() for line in format.dump(scene.backups[lane] for lane in sorted(scene.backups))]
    return "\n".join(written) + "\n"


@lru_cache(maxsize=20)  # a presenter's view looks every second, and a show is never changed but made anew
def load(file: str | bytes, id: str = "") -> Show:
    """The show of a file, with this id or a new one. Raises RecordingError."""
    data = file.encode("utf-8", "surrogatepass") if isinstance(file, str) else file
    title: str | None = None
    begun: list[tuple[int, lines.SceneLine, list[lines.Row]]] = []
    for number, line, whole in lines.rows(data, "Export a show of fewer scenes."):
        if title is None:
            title = _title(number, line, whole=whole)
        elif b'"scene"' in line and "scene" in (values := lines.parse(number, line, whole=whole, first=False)):
            if len(begun) == MOST_SCENES:
                raise RecordingError(number, f"There are more than {MOST_SCENES} scenes.")
            begun.append((number, lines.read(lines.SceneLine, number, values), []))
        elif not begun:
            raise RecordingError(number, '"scene" is missing.')
        else:
            begun[-1][2].append((number, line, whole))
    if title is None:
        raise RecordingError(1, FOREIGN)
    return Show(title=title, scenes=tuple(_scene(*one) for one in begun), id=id or unguessable())


def _title(number: int, line: bytes, *, whole: bool) -> str:
    """What the first line says."""
    try:
        values = lines.parse(number, line, whole=whole, first=True)
    except RecordingError:
        values = {}
    if values.get("streamside") != "show":
        raise RecordingError(number, FOREIGN)
    head = lines.read(lines.ShowLine, number, values)
    if head.version != VERSION:
        problem = f"It is in version {head.version} of the format, and this Streamside reads {VERSION}."
        raise RecordingError(number, f"{problem} Update Streamside, or export the show again.")
    return head.title


def _scene(number: int, said: lines.SceneLine, recorded: list[lines.Row]) -> Scene:
    items = format.read(recorded) if said.recorded or recorded else []
    replies = [item.turns[0].reply for item in items if isinstance(item, Conversation)]
    if len(replies) != len(said.recorded) or not set(said.recorded) <= set(range(len(said.lanes))):
        raise RecordingError(number, '"recorded" must name the lanes whose recordings follow, in their order.')
    known = said.model_dump(exclude={"scene", "lanes", "recorded"})
    backups = dict(zip(said.recorded, replies, strict=True))
    return Scene(title=said.scene, lanes=tuple(said.lanes), backups=backups, **known)
