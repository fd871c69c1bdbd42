"""One conversation, with one provider at a time."""

from collections.abc import Callable
from functools import cache, partial

import streamlit as st

from ui import noting
from ui.welcome import Welcome

st.set_page_config(layout="centered")
address = st.query_params.get("c") or st.session_state.get("conversation", "")  # the latter on the way back from a page
welcome = Welcome(certain=not (address or noting.waiting("chat")))

# Here, since they take a fresh process a third of a second: whoever comes first sees something sooner.
from replies.conversation import Conversation, Turn
from ui import asking, exporting, keeping, process, prompting, replaying, speaking, visitor
from ui.answer import answer, byline, details
from ui.choice import Choice, choose, chosen, key_state
from ui.figures import summary
from ui.parameters import Parameters, parameters, set_to

RECENT = 8  # entries of the history in the sidebar

endpoints = process.endpoints_or_stop()
keeping.open_or_stop()

conversation = keeping.conversation(address)
if address and conversation is None:
    st.warning(keeping.GONE, title="Not found", icon=":material/search_off:")
    st.session_state.pop("conversation", None)
conversation = conversation or Conversation(owner=visitor.owner())


def nothing() -> None:
    """Done where nothing else is to be."""


def show(conversation: Conversation) -> None:
    """Make it what this address, and this session, leads to."""
    st.query_params["c"] = st.session_state["conversation"] = conversation.id


def close_replays() -> None:
    """A page is drawn from top to bottom, so a new answer would wait for them; for one that is paused, forever."""
    for turn in conversation.turns:
        for reply in turn.replies:
            replaying.close(reply.id)


def asked(conversation: Conversation, prompt: str, choice: Choice) -> Turn:
    """The turn that a question makes, before it is put."""
    request = wanted.request(conversation.messages(prompt), choice.model)
    return Turn(prompt, [asking.question(choice.settings(endpoints), request, api=choice.api)])


def put(conversation: Conversation, turn: Turn, mine: Callable[[], bool] = lambda: True) -> None:
    """Ask, unless it is not `mine` to ask at the last moment; the turn is kept before its first word comes."""
    close_replays()
    if not mine():
        st.rerun()
    conversation.turns.append(turn)
    keeping.keep(conversation)
    turn.reply.start()
    show(conversation)


def regenerate(number: int) -> None:
    turn = conversation.turns[number]
    request = wanted.request(conversation.messages(turn.prompt, before=number), choice.model)
    reply = asking.question(choice.settings(endpoints), request, api=choice.api)
    close_replays()
    turn.replies.append(reply)
    keeping.keep(conversation)
    reply.start()


def edit(number: int) -> None:
    """Ask the changed prompt in a conversation of its own, so that the answers to the old one stay."""
    if prompt := prompting.take(st.session_state[f"edited-{number}"]):
        fork = conversation.fork(number)
        put(fork, asked(fork, prompt, choice))


def leave() -> None:
    st.query_params.pop("c", None)
    st.session_state.pop("conversation", None)


def controls() -> None:
    """What stands beside the conversation."""
    with st.sidebar:
        st.button("New conversation", icon=":material/add_comment:", width="stretch", on_click=leave)
        key_state("chat", choose("chat", before, endpoints), endpoints)
        with st.expander("Parameters", icon=":material/tune:"):
            parameters(set_before, "chat")
        with st.expander("Display", icon=":material/motion_mode:"):
            speaking.pace("chat")
        if entries := keeping.recent(RECENT):
            st.caption("Recent")
            for entry in entries:
                keeping.opener(entry, "recent", longest=28)


if conversation.turns:
    show(conversation)

asked_before = st.session_state.get("choice")  # its provider may be gone by now: a local server that was ended
before = Choice.parse(asked_before.address if asked_before else st.query_params.get("with", ""), endpoints)
before = before or Choice.default(endpoints["openai"])
st.session_state["choice"] = choice = chosen("chat", before, endpoints)
st.query_params["with"] = choice.address
set_before = st.session_state.get("parameters", Parameters())
st.session_state["parameters"] = wanted = set_to(set_before, "chat")  # widgets forget on another page

prompt = noting.waiting("chat")
coming = bool(prompt) or not conversation.over  # words, whose place is to be there before all else

if not coming:
    controls()
keeping.trouble()
prompting.refused()
with st.bottom:
    stop = st.empty()
st.chat_input(
    f"Ask {endpoints[choice.provider].label}",
    key="prompt",
    submit_mode="disable",
    disabled=not conversation.over,
    on_submit=prompting.submit,
    args=("chat", "prompt"),
)

turns = list(conversation.turns)
asks: Callable[[], object] = nothing
if prompt and conversation.over:  # else it waits until the answer is over
    welcome.leave()
    turns.append(asked(conversation, prompt, choice))
    # Another page of the same conversation may have asked meanwhile: then it waits all the same.
    asks = partial(put, conversation, turns[-1], lambda: conversation.over and noting.settle("chat"))
elif not turns:
    welcome.offer(process.prompts(), prompting.submit)

# A bubble each for the question and the answer; what is in them may be drawn in another order.
bubbles = [
    (st.chat_message("user", avatar=":material/person:"), st.chat_message("assistant", avatar=":material/water:"))
    for _ in turns
]


@cache
def offer_stop() -> None:
    """Once in this run, for all that is under way: two pages that ask at the same moment make it more than one."""
    under_way = [reply for turn in turns for reply in turn.replies if not reply.over]
    stop.button(
        "Stop", icon=":material/stop_circle:", on_click=keeping.stop, args=under_way, width="stretch", key="stop"
    )


def draw(number: int) -> None:
    """The turn with this number; of the last one, the question is asked once its answer has a place."""
    turn, (question, response), last = turns[number], bubbles[number], number == len(turns) - 1
    question.text(turn.prompt)
    with response:
        shown = turn.reply
        if len(turn.replies) > 1:
            versions = range(1, len(turn.replies) + 1)
            version = st.segmented_control(
                "Answer", versions, default=versions[-1], key=f"version-{shown.id}", required=True, width="content"
            )
            shown = turn.replies[(version or versions[-1]) - 1]
        showing = replaying.playing(shown.id)
        drawn = showing.replies[0] if showing else shown
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            byline(drawn)
            details(drawn)
        replaying.controls(shown)
        if not shown.over:
            offer_stop()
        with st.container(key=f"answer-{number}"):
            answer(
                drawn,
                replaces=bool(showing) or len(turn.replies) > 1,
                drawn=showing.drawn if showing else asks if last else nothing,
                beside=rest if last else nothing,
            )
        summary(drawn)
        with st.container(horizontal=True):
            if last:
                st.button("Regenerate", icon=":material/refresh:", type="tertiary", on_click=regenerate, args=(number,))
            with st.popover("Edit", icon=":material/edit:", type="tertiary"):
                st.text_area("Prompt", turn.prompt, key=f"edited-{number}")
                st.button("Ask again", key=f"ask-{number}", on_click=edit, args=(number,), type="primary")
            with st.popover("Source", icon=":material/content_copy:", type="tertiary"):
                st.code(shown.text, language=None, wrap_lines=True)
            replaying.offer(shown)
            if last:
                exporting.take_along(conversation)


@cache
def rest() -> None:
    """All but the last turn, once in this run."""
    if coming:
        controls()
    for number in range(len(turns) - 1):
        draw(number)


if not coming:
    rest()
if turns:
    draw(len(turns) - 1)
rest()
stop.empty()
if not conversation.over or noting.waiting("chat"):
    st.rerun()
