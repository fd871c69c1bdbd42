"""The lanes of a comparison: who is asked in each of them, and how a person puts them together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

import streamlit as st

from providers import AnySettings, Message
from replies.admission.queue import Batch
from replies.conversation import Comparison
from replies.recording.format import again
from replies.reply import Reply
from replies.start_barrier import StartBarrier
from ui.controls.parameters import Parameters, parameters, set_to
from ui.controls.provider_picker import RECORDING, Choice, choose, chosen, key_state, title
from ui.markdown import literal
from ui.session import admission

FEWEST, MOST = 2, 6

# No rule of Markdown makes anything of it, so it needs no backslashes, which a menu's name has for screen readers.
_PLAIN = re.compile(r"(?!.*(www\.|--))[A-Za-z][\w .·/+=,-]*(:\d[\w .·/+=,-]*)?(?<!_)")

Endpoints: TypeAlias = dict[str, AnySettings]
Recordings: TypeAlias = Mapping[str, Reply]
Asker: TypeAlias = Callable[[tuple[Message, ...], StartBarrier | None, Batch], Reply]


class Lane(NamedTuple):
    choice: Choice
    parameters: Parameters = Parameters()

    @property
    def address(self) -> str:
        """The lane as it stands in the page's address."""
        more = self.parameters.address
        return f"{self.choice.address}|{more}" if more else self.choice.address

    @classmethod
    def parse(cls, address: str, endpoints: Endpoints, recordings: Recordings) -> Lane | None:
        """The lane at this address; None where it names nothing that is there."""
        choice, parameters = "|".join(address.split("|")[:4]), "|".join(address.split("|")[4:])
        found, set_to = Choice.parse(choice, endpoints, recordings), Parameters.parse(parameters)
        return None if found is None or set_to is None else cls(found, set_to)

    @classmethod
    def of(cls, reply: Reply, endpoints: Endpoints) -> Lane | None:
        """The lane that gave this answer; None where it can't be asked again: a recording, a provider that is gone."""
        asked = reply.asked
        if asked.recorded or asked.provider not in endpoints or asked.api not in endpoints[asked.provider].apis:
            return None
        choice = Choice(asked.provider, asked.api, asked.request.model, live=not asked.simulated)
        return cls(choice, Parameters.of(asked.request))

    @property
    def replayed(self) -> bool:
        return self.choice.provider == RECORDING

    def asker(self, endpoints: Endpoints, recordings: Recordings) -> Asker:
        """What makes its replies, not started yet. To be got on the page; any thread may call it then."""
        if self.replayed:
            recording = recordings[self.choice.model]
            return lambda _, barrier, batch: again(recording, barrier=barrier, admission=batch.companion())
        settings = self.choice.settings(endpoints)

        def ask(messages: tuple[Message, ...], barrier: StartBarrier | None, batch: Batch) -> Reply:
            request = self.parameters.request(messages, self.choice.model)
            return admission.question(settings, request, api=self.choice.api, barrier=barrier, batch=batch)

        return ask


Lanes: TypeAlias = dict[int, Lane]
"""By a number that lasts as long as the lane, whatever its place: its widgets are known by it."""


def names(comparison: Comparison) -> dict[int, str]:
    """What each lane is called in tables and charts: no two alike."""
    newest: dict[int, Reply] = {}
    for round in comparison.rounds:
        newest |= {lane: attempts[-1] for lane, attempts in round.lanes.items() if attempts}
    short = {lane: f"{reply.asked.label} · {reply.asked.request.model}" for lane, reply in newest.items()}
    alike = Counter(short.values())
    for lane, reply in newest.items():
        if alike[short[lane]] > 1:
            asked = reply.asked
            more = [
                *Parameters.of(asked.request).words,
                *(["recorded"] if asked.recorded else []),
                *(
                    [asked.api]
                    if len({r.asked.api for r in newest.values() if r.asked.label == asked.label}) > 1
                    else []
                ),
            ]
            short[lane] = " · ".join((short[lane], *more))
    alike, counted = Counter(short.values()), Counter[str]()
    for lane, name in short.items():
        counted[name] += 1
        if alike[name] > 1:
            short[lane] = f"{name} ({counted[name]})"
    return dict(sorted(short.items()))


def checked(lanes: Lanes, endpoints: Endpoints, recordings: Recordings) -> Lanes:
    """The same lanes; one whose local server has ended, or whose recording is deleted, is the first provider's."""
    fallback = Lane(Choice.first(endpoints))
    return {
        number: lane if Lane.parse(lane.address, endpoints, recordings) else fallback for number, lane in lanes.items()
    }


def as_set(lanes: Lanes, endpoints: Endpoints, recordings: Recordings) -> Lanes:
    """What `edit` will make of them in this run, before it draws."""
    found = {}
    for number, before in lanes.items():
        key = _key(number)
        choice = chosen(key, before.choice, endpoints, recordings)
        found[number] = Lane(choice) if choice.provider == RECORDING else Lane(choice, set_to(before.parameters, key))
    return found


def edit(lanes: Lanes, endpoints: Endpoints, recordings: Recordings) -> None:
    """Draw the lanes as they are set, each with what changes it. `lanes` is changed in place; what was drawn by how it
    was before is then drawn anew."""
    as_drawn = dict(lanes)
    with st.container(horizontal=True, vertical_alignment="center"):
        for number, before in list(lanes.items()):
            icon = ":material/tune:" if before.choice.live else ":material/science:"
            called = " · ".join((title(before.choice, endpoints, recordings), *before.parameters.words))
            with st.popover(called if _PLAIN.fullmatch(called) else literal(called), icon=icon):
                _edit_one(number, before, lanes, endpoints, recordings)
        st.button(
            "Add lane",
            icon=":material/add:",
            type="tertiary",
            on_click=_copy,
            args=(lanes, list(lanes)[-1], len(lanes)),
            disabled=len(lanes) >= MOST,
        )
    if lanes != as_drawn:
        st.rerun()


def _edit_one(number: int, before: Lane, lanes: Lanes, endpoints: Endpoints, recordings: Recordings) -> None:
    key = _key(number)
    place = list(lanes).index(number)
    with st.container(horizontal=True):
        for name, icon, to in (
            ("Move left", ":material/chevron_left:", place - 1),
            ("Move right", ":material/chevron_right:", place + 1),
        ):
            st.button(
                name,
                icon=icon,
                help=name,
                key=f"icon-{name}-{number}",
                type="tertiary",
                on_click=_move,
                args=(lanes, number, to),
                disabled=not 0 <= to < len(lanes),
            )
        st.button(
            "Duplicate",
            icon=":material/content_copy:",
            key=f"copy-{number}",
            type="tertiary",
            on_click=_copy,
            args=(lanes, number, place + 1),
            disabled=len(lanes) >= MOST,
        )
        st.button(
            "Remove lane",
            icon=":material/close:",
            key=f"remove-{number}",
            type="tertiary",
            on_click=_remove,
            args=(lanes, number),
            disabled=len(lanes) <= FEWEST,
        )
    choice = choose(key, before.choice, endpoints, recordings)
    if choice.provider == RECORDING:
        lanes[number] = Lane(choice)
        return
    key_state(key, choice, endpoints)
    with st.expander("Parameters", icon=":material/sliders:"):
        lanes[number] = Lane(choice, parameters(before.parameters, key))
        st.button(
            "Use these in all lanes", key=f"all-{number}", type="tertiary", on_click=_use_in_all, args=(lanes, number)
        )


def _key(number: int) -> str:
    return f"lane-{number}"


def _fresh(lanes: Lanes) -> int:
    """A number that no lane of this session has had: widgets of one that is gone must not be taken for its."""
    used: int = max(st.session_state.get("lane_numbers", 0), *lanes)
    st.session_state["lane_numbers"] = used + 1
    return used + 1


def put(lanes: Lanes, wanted: list[Lane]) -> None:
    """These lanes in the place of those that are there."""
    fresh = {_fresh(lanes): lane for lane in wanted}
    lanes.clear()
    lanes.update(fresh)


def _copy(lanes: Lanes, number: int, place: int) -> None:
    order = list(lanes.items())
    order.insert(place, (_fresh(lanes), lanes[number]))
    lanes.clear()
    lanes.update(order)


def _remove(lanes: Lanes, number: int) -> None:
    lanes.pop(number, None)


def _move(lanes: Lanes, number: int, place: int) -> None:
    order = [item for item in lanes.items() if item[0] != number]
    order.insert(place, (number, lanes[number]))
    lanes.clear()
    lanes.update(order)


def _use_in_all(lanes: Lanes, number: int) -> None:
    """Fresh numbers, so that the other lanes' widgets show what they are set to now."""
    wanted = lanes[number].parameters
    put(lanes, [lane if lane.replayed else lane._replace(parameters=wanted) for lane in lanes.values()])
