"""Lane editor: the lanes of a comparison, who is asked in each, and the widgets that change them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

import streamlit as st

from providers import Message, Settings
from replies.admission.limits import estimated
from replies.admission.queue import Batch
from replies.conversation import Comparison
from replies.recording.replay import again
from replies.reply import Reply
from replies.start_barrier import StartBarrier
from ui.controls.buttons import action
from ui.controls.parameters import Parameters, addressed, current_parameters, parameter_widgets, parsed
from ui.controls.provider_picker import RECORDING, Choice, choice_widgets, current_choice, key_status, title
from ui.markdown import literal
from ui.session import admission, keys

FEWEST, MOST = 2, 6

# No rule of Markdown makes anything of it, so it needs no backslashes, which a menu's name has for screen readers.
_PLAIN = re.compile(r"(?!.*(www\.|--))[A-Za-z][\w .·/+=,-]*(:\d[\w .·/+=,-]*)?(?<!_)")

Endpoints: TypeAlias = dict[str, Settings]
Recordings: TypeAlias = Mapping[str, Reply]
Asker: TypeAlias = Callable[[tuple[Message, ...], StartBarrier | None, Batch], Reply]


class Lane(NamedTuple):
    choice: Choice
    parameters: Parameters = Parameters()

    @property
    def address(self) -> str:
        """The lane as it stands in the page's address."""
        return "|".join(filter(None, (self.choice.address, addressed(self.parameters))))

    @classmethod
    def parse(cls, address: str, endpoints: Endpoints, recordings: Recordings) -> Lane | None:
        """The lane at this address; None where it names nothing that is there."""
        parts = address.split("|", 4)
        found, set_to = Choice.parse("|".join(parts[:4]), endpoints, recordings), parsed("".join(parts[4:]))
        return None if found is None or set_to is None else cls(found, set_to)

    @classmethod
    def of(cls, reply: Reply, endpoints: Endpoints) -> Lane | None:
        """The lane that gave this answer; None where it can't be asked again: a recording, a provider that is gone."""
        asked = reply.asked
        if asked.recorded or asked.provider not in endpoints or asked.api not in endpoints[asked.provider].apis:
            return None
        return cls.as_asked(reply)

    @classmethod
    def as_asked(cls, reply: Reply) -> Lane:
        """The lane that gave this answer, also where it can't be asked again."""
        asked = reply.asked
        choice = Choice(asked.provider, asked.api, asked.request.model, live=not asked.simulated)
        return cls(choice, Parameters.of(asked.request))

    @property
    def replayed(self) -> bool:
        return self.choice.provider == RECORDING

    def price(self, prompt: str, endpoints: Endpoints) -> float | None:
        """What its answer to this prompt may cost at most, in US dollars; None where its price is unknown."""
        if self.replayed:
            return 0.0
        request = self.parameters.request((Message("user", prompt),), self.choice.model)
        return estimated(self.choice.settings(endpoints), request)

    def asker(self, endpoints: Endpoints, recordings: Recordings) -> Asker:
        """A factory of its replies, not started yet. To be got on the page; any thread may call it then."""
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


def newest(comparison: Comparison) -> dict[int, Reply]:
    """The last attempt of each lane, in whichever round."""
    return {lane: tries[-1] for round in comparison.rounds for lane, tries in sorted(round.lanes.items()) if tries}


def lane_names(comparison: Comparison) -> dict[int, str]:
    """The name of each lane in tables and charts: no two alike."""
    found = {lane: reply.asked for lane, reply in sorted(newest(comparison).items())}
    names = {lane: f"{asked.label} · {asked.request.model}" for lane, asked in found.items()}
    alike = Counter(names.values())
    for lane, asked in found.items():
        if alike[names[lane]] > 1:
            apis = {other.api for other in found.values() if other.label == asked.label}
            marks = ["recorded"] * bool(asked.recorded) + [asked.api] * (len(apis) > 1)
            names[lane] = " · ".join((names[lane], *Parameters.of(asked.request).words, *marks))
    alike, counted = Counter(names.values()), Counter[str]()
    for lane, name in names.items():
        counted[name] += 1
        if alike[name] > 1:
            names[lane] = f"{name} ({counted[name]})"
    return names


def with_fallbacks(lanes: Lanes, endpoints: Endpoints, recordings: Recordings) -> Lanes:
    """The same lanes; one whose local server has ended, or whose recording is deleted, is the first provider's."""
    first = Lane(Choice.first(endpoints))
    return {n: lane if Lane.parse(lane.address, endpoints, recordings) else first for n, lane in lanes.items()}


def current_lanes(lanes: Lanes, endpoints: Endpoints, recordings: Recordings) -> Lanes:
    """The lanes as `draw` will change them in this run, before it is drawn."""
    found = {}
    for number, before in lanes.items():
        key = _key(number)
        found[number] = lane = Lane(current_choice(key, before.choice, endpoints, recordings))
        if not lane.replayed:
            takes = endpoints[lane.choice.provider].takes(lane.choice.api)
            found[number] = lane._replace(parameters=current_parameters(before.parameters, key, takes))
    return found


def draw(lanes: Lanes, endpoints: Endpoints, recordings: Recordings) -> None:
    """Draw the lanes as they are set, each with the widgets that change it. `lanes` is changed in place; the page is
    then drawn anew."""
    as_drawn = dict(lanes)
    with st.container(horizontal=True, vertical_alignment="center"):
        for number, before in list(lanes.items()):
            icon = ":material/tune:" if before.choice.live else ":material/science:"
            called = " · ".join((title(before.choice, endpoints, recordings), *before.parameters.words))
            with st.popover(called if _PLAIN.fullmatch(called) else literal(called), icon=icon):
                _edit_one(number, before, lanes, endpoints, recordings)
        action("Add lane", "add", _move, lanes, list(lanes)[-1], len(lanes), True, disabled=len(lanes) >= MOST)
    if lanes != as_drawn:
        st.rerun()


def _edit_one(number: int, before: Lane, lanes: Lanes, endpoints: Endpoints, recordings: Recordings) -> None:
    key = _key(number)
    place = list(lanes).index(number)
    with st.container(horizontal=True):
        for name, icon, to in (("Move left", "chevron_left", place - 1), ("Move right", "chevron_right", place + 1)):
            is_end = not 0 <= to < len(lanes)
            action(name, icon, _move, lanes, number, to, key=f"{name}-{number}", icon_only=True, disabled=is_end)
        is_full, is_least, copy = len(lanes) >= MOST, len(lanes) <= FEWEST, f"copy-{number}"
        action("Duplicate", "content_copy", _move, lanes, number, place + 1, True, key=copy, disabled=is_full)
        action("Remove lane", "close", lanes.pop, number, None, key=f"remove-{number}", disabled=is_least)
    choice = choice_widgets(key, before.choice, endpoints, recordings)
    if choice.provider == RECORDING:
        lanes[number] = Lane(choice)
        return
    key_status(key, choice, endpoints)
    with st.expander("Parameters", icon=":material/sliders:"):
        lanes[number] = Lane(choice, parameter_widgets(before.parameters, key, endpoints[choice.provider], choice.api))
        action("Use these in all lanes", "", _use_in_all, lanes, number, key=f"all-{number}")


def _key(number: int) -> str:
    return f"lane-{number}"


def _fresh(lanes: Lanes) -> int:
    """A number that no lane of this session has had, so that no widget of a removed lane is taken for its own."""
    used: int = max(st.session_state.get(keys.LANE_NUMBERS, 0), *lanes)
    st.session_state[keys.LANE_NUMBERS] = used + 1
    return used + 1


def replace_lanes(lanes: Lanes, wanted: list[Lane]) -> None:
    """Put these lanes in the place of those that are there."""
    fresh = {_fresh(lanes): lane for lane in wanted}
    lanes.clear()
    lanes.update(fresh)


def _move(lanes: Lanes, number: int, place: int, copy: bool = False) -> None:
    order = [item for item in lanes.items() if copy or item[0] != number]
    order.insert(place, (_fresh(lanes) if copy else number, lanes[number]))
    lanes.clear()
    lanes.update(order)


def _use_in_all(lanes: Lanes, number: int) -> None:
    """Fresh numbers, so that the other lanes' widgets show what they are set to now."""
    wanted = lanes[number].parameters
    replace_lanes(lanes, [lane if lane.replayed else lane._replace(parameters=wanted) for lane in lanes.values()])
