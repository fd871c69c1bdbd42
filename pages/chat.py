"""Chat: one conversation, with one provider at a time."""

import streamlit as st

from providers import Message
from replies.conversation import Conversation, Question, Turn
from replies.reply import Reply
from ui import present
from ui.answer import playback
from ui.answer.code import code_button
from ui.answer.metrics import summary
from ui.answer.view import announce, byline, details, pace, places, render_reply
from ui.controls.buttons import action
from ui.controls.export_menu import export_menu
from ui.controls.parameters import Parameters, current_parameters, parameter_widgets
from ui.controls.provider_picker import Choice, choice_widgets, current_choice, key_status, reset_widgets
from ui.session import address, admission, auth, keys, persistence, prompt_input, resources
from ui.show.scenes import add_to_show

PAGE = "chat"
RECENT = 8  # entries of the history in the sidebar

st.set_page_config(layout="centered")
endpoints = resources.endpoints_or_stop()
persistence.open_or_stop()


def submit(key: str) -> None:
    """The callback of a widget that a question is typed into, or chosen from."""
    if prompt := prompt_input.validated(st.session_state.get(key) or "", forgets=key):
        ask(conversation, prompt)


def ask(conversation: Conversation, prompt: str) -> None:
    """Ask, or queue the question where an answer is in progress."""
    make = reply_maker()
    close_replays()
    st.session_state[keys.CONVERSATION] = conversation.id
    submit_turn(conversation, Question(prompt, make))


def submit_turn(conversation: Conversation, question: Question | None = None) -> None:
    """Make the next question a turn, kept before its first word comes. Nothing here lets Streamlit end the run."""
    if turn := conversation.next_turn(question):
        persistence.keep(conversation)
        turn.reply.start()
        announce(turn.reply)


def reply_maker():
    """A factory of replies with the provider and the parameters as they are set now."""
    choice = current_choice(PAGE, st.session_state[keys.CHOICE], endpoints)
    settings = choice.settings(endpoints)
    wanted = current_parameters(st.session_state[keys.PARAMETERS], PAGE, settings.takes(choice.api))
    batch = admission.batches()

    def make(messages: tuple[Message, ...]) -> Reply:
        request = wanted.request(messages, choice.model)
        return admission.question(settings, request, api=choice.api, batch=batch())

    return make


def regenerate(number: int, answered: str) -> None:
    """One more answer to a turn, unless there has been one since the answer with the id `answered`."""
    turn = conversation.turns[number]
    if not conversation.over or turn.reply.id != answered:
        return
    make = reply_maker()
    close_replays()
    turn.replies.append(reply := make(conversation.messages(turn.prompt, before=number)))
    persistence.keep(conversation)
    reply.start()
    announce(reply)


def edit(number: int) -> None:
    """Ask the changed prompt in a conversation of its own, so that the answers to the old one stay."""
    shown = st.session_state.get(keys.CONVERSATION) == conversation.id  # else this click was the second of two
    if shown and (prompt := prompt_input.validated(st.session_state[keys.edited(number)])):
        ask(conversation.fork(number), prompt)


def take_back(question: Question) -> None:
    """Remove a question from the queue, unless it is being asked already."""
    if question in conversation.queue:
        conversation.queue.remove(question)


def new_conversation() -> None:
    st.session_state[keys.CONVERSATION] = ""


def close_replays() -> None:
    """A paused one would block what is drawn after it."""
    for turn in conversation.turns:
        for reply in turn.replies:
            playback.close(reply.id)


# What is shown: by the address where a link, a reload or Back led here, else as before.
if address.navigated(PAGE):
    st.session_state[keys.CONVERSATION] = st.query_params.get("c", "")
    choice = Choice.parse(st.query_params.get("with", ""), endpoints) or Choice.first(endpoints)
    if choice != st.session_state.get(keys.CHOICE, choice):
        reset_widgets(PAGE, choice)
    st.session_state[keys.CHOICE] = choice
wanted_id = st.session_state.setdefault(keys.CONVERSATION, "")
conversation = persistence.conversation(wanted_id)
if wanted_id and conversation is None:
    st.warning(persistence.GONE, title="Not found", icon=":material/search_off:")
    st.session_state[keys.CONVERSATION] = ""
conversation = conversation or Conversation(owner=auth.owner())
submit_turn(conversation)
before = st.session_state.get(keys.CHOICE)  # its provider may be gone by now: a local server that was ended
before = (before and Choice.parse(before.address, endpoints)) or Choice.first(endpoints)
choice = current_choice(PAGE, before, endpoints)
is_default = choice == Choice.first(endpoints)
shown_id = conversation.id if conversation.turns else ""
# Before anything is drawn: a run that comes with an older address would be taken for Back.
address.write(PAGE, {"c": shown_id, "with": "" if is_default and not shown_id else choice.address})

storage = st.empty()
with storage.container():
    persistence.storage_warning()
prompt_input.show_rejection()


def draw_turn(number: int, turn: Turn):
    """The question, who answers, and the answer, if it is over. Returns what of its answers is shown, the places of
    its words, and the place below them.

    Where something is missing there is an empty element. Otherwise Streamlit leaves there what the run before had
    drawn, until this run ends, which is when the answer ends.
    """
    with st.chat_message("user", avatar=":material/person:"):
        st.text(turn.prompt)
    with st.chat_message("assistant", avatar=":material/water:"):
        shown = turn.reply
        if len(turn.replies) > 1:
            versions = range(1, len(turn.replies) + 1)
            version = st.segmented_control(
                "Answer", versions, default=versions[-1], key=f"version-{shown.id}", required=True, width="content"
            )
            shown = turn.replies[(version or versions[-1]) - 1]
        else:
            st.empty()
        showing = playback.current(shown.id)
        drawn = showing.replies[0] if showing else shown
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            byline(drawn)
            details(drawn)
        if showing:
            playback.controls(shown)
        else:
            st.empty()
        at = places(f"{number}")
        if drawn.over:
            render_reply(drawn, at=at)
        elif showing is not None:
            showing.mark_drawn()
        return shown, drawn, at, st.container() if drawn.over else st.empty()


def draw_below(number: int, turn: Turn, shown: Reply, drawn: Reply) -> None:
    """The figures of an answer that is over, and what can be done with it."""
    summary(drawn)
    is_last = number == len(turns) - 1
    with present.aside(f"{number}"), st.container(horizontal=True):
        if is_last:
            action("Regenerate", "refresh", regenerate, number, turn.reply.id)
        else:
            st.empty()
        with st.popover("Edit", icon=":material/edit:", type="tertiary"):
            st.text_area("Prompt", turn.prompt, key=keys.edited(number))
            st.button("Ask again", key=f"ask-{number}", on_click=edit, args=(number,), type="primary")
        with st.popover("Source", icon=":material/content_copy:", type="tertiary"):
            st.code(shown.text, language=None, wrap_lines=True)
        code_button(shown, f"code-{number}")
        playback.replay_button(shown)
        if is_last:
            export_menu(conversation)
        else:
            st.empty()
        if number == 0:  # what is asked after it makes no sense alone
            add_to_show("chat", conversation)
        else:
            st.empty()


# What was said, and what is being answered.
turns = list(conversation.turns)
welcome = st.empty()  # drawn in every run, so that it is gone as soon as the first question is asked
if not turns:
    with welcome.container():
        st.title("See an answer arrive", anchor=False)
        st.markdown(
            "Streamside shows what streaming does for a model's answer, and puts providers side by side on speed, "
            "quality and cost. Ask something below, or watch one of the two shows."
        )
        with present.aside("links"), st.container(horizontal=True):
            st.page_link("pages/compare.py", label="Three providers at once", icon=":material/view_column:")
            st.page_link("pages/why_stream.py", label="Why streaming, in 30 seconds", icon=":material/timer:")
        prompt_input.suggestions(submit)
queue = list(conversation.queue)
messages = 2 * len(turns) + len(queue)
st.session_state[keys.MESSAGES] = most = max(messages, st.session_state.get(keys.MESSAGES, 0))
in_progress = []
for number, turn in enumerate(turns):
    shown, drawn, at, below = draw_turn(number, turn)
    if drawn.over:
        with below:
            draw_below(number, turn, shown, drawn)
    else:
        in_progress.append((number, turn, shown, drawn, at, below))
for number, question in enumerate(queue):
    waiting = st.chat_message("user", avatar=":material/schedule:")
    with waiting.container(horizontal=True, vertical_alignment="center"):
        st.text(question.prompt)
        st.badge("Queued", icon=":material/schedule:")
        action("Take back", "undo", take_back, question, key=f"take-back-{number}")
for _ in range(most - messages):  # where the run before had more, which would stay until this one ends
    st.empty()
st.session_state[keys.MESSAGES] = messages

with st.bottom:
    stop = st.empty()
if asked := [reply for turn in turns for reply in turn.replies if not reply.over]:
    stop.button(
        "Stop", icon=":material/stop_circle:", on_click=persistence.stop, args=asked, width="stretch", key="stop"
    )
with st.sidebar:
    st.button("New conversation", icon=":material/add_comment:", width="stretch", on_click=new_conversation)
    st.session_state[keys.CHOICE] = choice = choice_widgets(PAGE, before, endpoints)
    key_status(PAGE, choice, endpoints)
    with st.expander("Parameters", icon=":material/tune:"):
        set_before, settings = st.session_state.get(keys.PARAMETERS, Parameters()), endpoints[choice.provider]
        st.session_state[keys.PARAMETERS] = parameter_widgets(set_before, PAGE, settings, choice.api)
    with st.expander("Display", icon=":material/motion_mode:"):
        pace(PAGE)
    if entries := persistence.recent(RECENT):
        st.caption("Recent")
        for entry in entries:
            persistence.history_link(entry, "recent", longest=28)

st.chat_input(f"Ask {endpoints[choice.provider].label}", key="prompt", on_submit=submit, args=("prompt",))

for number, turn, shown, drawn, at, below in in_progress:
    render_reply(drawn, at=at)
    with below.container():
        draw_below(number, turn, shown, drawn)
stop.empty()
with storage.container():  # a save may have failed meanwhile
    persistence.storage_warning()
if len(conversation.turns) > len(turns) or (conversation.queue and conversation.over):
    st.rerun()  # to ask what waits, or to show what another page asked meanwhile
