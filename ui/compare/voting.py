"""Voting on a comparison; and, where it is blind, its answers without anything that tells who gave them."""

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial

import streamlit as st

from replies.conversation import Comparison, Round
from replies.lockstep import Lockstep
from replies.verdict import REASONS, Outcome, Reason, Verdict
from ui.answer.view import TITLES, Notice, queue_position, show_last_words, write
from ui.controls.buttons import action
from ui.markdown import as_written, literal
from ui.session import keys, persistence

LONGEST_NOTE = 300  # characters
UNSEEN: frozenset[Reason] = frozenset({"speed", "cost"})  # a blind reader can't know these

OUTCOMES: dict[Outcome, str] = {"tie": "A tie", "all bad": "All bad"}


def letter(number: int) -> str:
    """What a lane is called while its name is hidden, by its place from left to right: A, B, C …"""
    return chr(ord("A") + number)


def shown_names(comparison: Comparison, real: Mapping[int, str]) -> dict[int, str]:
    """The name of each lane on the page, by its number: as in `real`, or a letter while names are hidden."""
    letters = {lane: letter(number) for number, lane in enumerate(comparison.lanes)}
    return letters if comparison.hidden else letters | {lane: real[lane] for lane in comparison.lanes if lane in real}


def origin_badges(comparison: Comparison) -> None:
    """Show what must be known of blind answers too, for all lanes together: that they are simulated, or recorded."""
    given = [reply.asked for round in comparison.rounds for reply in round.replies]
    badges = []
    for source, badge, true in (
        ("the simulator", ":orange-badge[:material/science:", [asked.simulated for asked in given]),
        ("a recording", ":blue-badge[:material/history:", [asked.recorded is not None for asked in given]),
    ):
        if any(true):
            badges.append(f"{badge} {'All' if all(true) else 'Some'} of these answers come from {source}]")
    if badges:
        st.markdown("  ".join(badges))
    # An error for which no lane was asked, where it is the same for all, tells nothing of one of them.
    live = [reply for reply in comparison.rounds[-1].replies if not reply.asked.recorded]
    alike = len({reply.error.message if reply.error else "" for reply in live}) == 1
    if alike and (error := live[0].error) and all(reply.total is None for reply in live):
        st.error(literal(error.message), title=TITLES[error.kind], icon=":material/error:")


# The answers of a blind comparison


def _ids(round: Round) -> list[str]:
    return [reply.id for reply in round.replies]


@st.cache_resource(max_entries=200, show_spinner=False, hash_funcs={Round: _ids})
def lockstep(round: Round) -> Lockstep:
    """The lockstep by which all pages of this process show the round. To be called when it is asked, so that it exists
    from the start; a round that was over before is shown whole."""
    return Lockstep({lane: attempts[-1] for lane, attempts in round.lanes.items() if attempts})


def is_playing(comparison: Comparison) -> bool:
    """Whether words of a blind comparison are still to be shown, though all may have arrived."""
    return comparison.hidden and not all(lockstep(round).over for round in comparison.rounds)


def show_all(comparison: Comparison) -> None:
    """Show the rest at once, where all has arrived."""
    for round in comparison.rounds:
        lockstep(round).skip()


def blind_answer(lockstep: Lockstep, lane: int, *, begins: Callable[[], object] = lambda: None) -> None:
    """Draw the answer of a lane as `view.render_reply` does, without its reasoning, its errors and how it ended."""
    words = st.container(key=f"answer-lane-{lane}").empty()

    def awaited() -> str:
        return queue_position(place) if (place := lockstep.queue_position) else "Waiting for the first words…"

    if not lockstep.over:
        notice = Notice(words, awaited)
        if not lockstep.text(lane):
            notice.draw()
        begins()
        if pieces := notice.until_first(lockstep.lane(lane)):
            write(pieces, words, lanes=len(lockstep.lanes))
            show_last_words(len(lockstep.lanes))
    if text := lockstep.text(lane):
        words.markdown(as_written(text, f"lane-{lane}"))
    else:
        words.info("No answer.", icon=":material/info:")


# The verdict


def vote(comparison: Comparison, real: Mapping[int, str]) -> None:
    """Ask which answer is best, once all are over and shown; or show the verdict, which can be changed and deleted.

    `real`: the name of each lane, by its number; it shows nowhere while names are hidden.
    """
    if not comparison.over or is_playing(comparison):
        return
    labels = _labels(comparison, real)
    verdict = comparison.verdict
    with st.container(key="verdict"):
        if verdict is None or st.session_state.get(_key(comparison, "changing")):
            _form(comparison, labels)
        else:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(_sentence(verdict, labels), width="content")
                opened = {_key(comparison, "changing"): True}
                action("Change", "edit", st.session_state.update, opened, key=_key(comparison, "change"))
                action("Take back", "undo", _reveal, comparison, key=_key(comparison, "take-back"))
        if st.session_state.get(_key(comparison, "unsaved")):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption(":material/save: This is not saved yet, and is lost when Streamside ends.")
                action("Save", "", _save, comparison, key=_key(comparison, "save"))


def _labels(comparison: Comparison, real: Mapping[int, str]) -> dict[int | Outcome, str]:
    """The options and their labels: each lane by a name of its own, since of two options with the same label Streamlit
    would take the last. An answer that was read under a letter keeps it."""
    called = shown_names(comparison, real)
    often = Counter([*called.values(), *OUTCOMES.values()])
    labels: dict[int | Outcome, str] = {}
    for number, (lane, name) in enumerate(sorted(called.items())):
        is_plain = comparison.hidden or (often[name] == 1 and not comparison.blind)
        labels[lane] = literal(name if is_plain else f"{letter(number)} · {name}")
    return labels | OUTCOMES


def _form(comparison: Comparison, labels: Mapping[int | Outcome, str]) -> None:
    before, hidden = comparison.verdict, comparison.hidden
    with (
        st.form(_key(comparison, "form"), border=False),
        st.container(horizontal=True, vertical_alignment="center", gap="small"),
    ):
        st.markdown("**Best?**", width="content")
        st.pills(  # wraps well where names are long
            "Which answer is best?",
            list(labels),
            format_func=labels.__getitem__,
            default=before and _choice(before),
            key=_key(comparison, "best"),
            label_visibility="collapsed",
            width="content",
        )
        reasons = [reason for reason in REASONS if not (hidden and reason in UNSEEN)]
        with st.popover("Why", icon=":material/notes:", type="tertiary"):
            st.pills(
                "Why?",
                reasons,
                selection_mode="multi",
                format_func=str.capitalize,
                default=before.reasons if before else None,
                key=_key(comparison, "reasons"),
                help="Speed and cost can't be told from blind answers." if hidden else None,
            )
            st.text_input(
                "Note",
                before.note if before else "",
                max_chars=LONGEST_NOTE,
                key=_key(comparison, "note"),
                placeholder="Optional",
            )
        press = partial(action, draw=st.form_submit_button)
        press("Vote", "how_to_vote", _cast, comparison, key=_key(comparison, "vote"), type="primary")
        if before:
            closed = {_key(comparison, "changing"): False}
            press("Cancel", "", st.session_state.update, closed, key=_key(comparison, "cancel"))
        elif hidden:
            press("Reveal without a vote", "visibility", _reveal, comparison, key=_key(comparison, "reveal"))


def _sentence(verdict: Verdict, labels: Mapping[int | Outcome, str]) -> str:
    said = f"**{labels.get(_choice(verdict), 'a lane that is gone')}**"
    parts = [
        said if verdict.lane is None else f"Best: {said}",
        ", ".join(verdict.reasons),
        f"“{literal(verdict.note)}”" if verdict.note else "",
        "voted blind" if verdict.blind else "",
    ]
    return ":material/how_to_vote: " + " · ".join(filter(None, parts))


def _choice(verdict: Verdict) -> int | Outcome:
    return verdict.outcome if verdict.lane is None else verdict.lane


def _key(comparison: Comparison, name: str) -> str:
    return keys.verdict(comparison.id, name)


# What the buttons do


def _cast(comparison: Comparison) -> None:
    chosen: int | Outcome | None = st.session_state[_key(comparison, "best")]
    if chosen is None:
        st.toast("Choose an answer, a tie, or all bad; then vote.")
        return
    reasons: list[Reason] = st.session_state[_key(comparison, "reasons")]
    before = comparison.verdict
    # Once the names were seen, only a vote that stays what it was is still a blind one.
    stays = before is not None and before.blind and _choice(before) == chosen and not UNSEEN & set(reasons)
    comparison.verdict = Verdict(
        outcome="best" if isinstance(chosen, int) else chosen,
        lane=chosen if isinstance(chosen, int) else None,
        reasons=tuple(reason for reason in REASONS if reason in reasons),
        note=st.session_state[_key(comparison, "note")].strip()[:LONGEST_NOTE],
        blind=comparison.hidden or stays,
    )
    _save(comparison)
    st.session_state[_key(comparison, "changing")] = False


def _reveal(comparison: Comparison) -> None:
    """Show the names without a verdict: the next vote can't be a blind one."""
    comparison.verdict, comparison.blind = None, False
    _save(comparison)


def _save(comparison: Comparison) -> None:
    st.session_state[_key(comparison, "unsaved")] = not persistence.save_verdict(comparison)
