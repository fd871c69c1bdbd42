"""A show: its file, what counts as missed, and a recording that stands in for what is late, fails or stalls."""

import json
from dataclasses import replace

import pytest

from providers import End, ProviderError
from replies.conversation import Comparison, Conversation, Turn
from replies.export.formats import figures_csv, markdown
from replies.export.report import report
from replies.recording.lines import RecordingError
from replies.reply import Chunk, FellBack, Reply
from replies.show.performance import Performance, missed, stand_in
from replies.show.rehearsal import Rehearsal
from replies.show.show import Scene, Show, dump, load
from tests.replies.recorded import only, written
from tests.replies.vendor import PATIENCE, Clock, Hire, Item, Vendor, finished, reply_of
from tests.store.said import answered
from tests.support.waiting import eventually

STOP = End("stop", 3, 12, 0, "r-1")
LIMIT = 4.0


def backup() -> Reply:
    return answered([Chunk(0.9, "From "), Chunk(0.9, "the "), Chunk(0.9, "tape.")], end=STOP, total=0.9)


def scene(*backups: Reply | None, **more: object) -> Scene:
    kept = {lane: each for lane, each in enumerate(backups) if each}
    lanes = tuple(f"a|b|{lane}|live" for lane in range(len(backups)))
    made = Scene(title="One", page="compare", prompt="Why?", lanes=lanes, backups=kept)
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("says", "why"),
    [
        ((), "late"),
        (("Half an ",), "stalled"),
        (("Half an ", ProviderError("interrupted", "It broke off.")), "failed"),
        ((ProviderError("auth", "The key was refused."),), "failed"),
        ((STOP,), "failed"),
        (("All.", STOP), None),
        ((9.0, "Late, and there before anybody looked.", STOP), None),
    ],
)
def test_what_counts_as_missed(vendor: Vendor, clock: Clock, says: tuple[Item, ...], why: FellBack | None) -> None:
    reply = reply_of(vendor, clock=clock).start()
    vendor.says(*says)
    if why in ("late", "stalled"):
        assert vendor.asked.wait(PATIENCE)
        assert eventually(lambda: len(reply.chunks) == len(says))
        looks = iter([0.0] * (1 + len(says)))
        assert missed(reply, LIMIT, clock=lambda: next(looks, LIMIT), quiet=0.001) == why
        reply.stop()
    else:
        finished(reply)
        assert missed(reply, LIMIT, clock=clock, quiet=0.001) == why


def test_silence_below_the_limit_is_waited_for(vendor: Vendor) -> None:
    reply = reply_of(vendor).start()
    looks = iter([0.0, LIMIT - 0.1])

    def clock() -> float:
        if (now := next(looks, None)) is None:
            vendor.says("There.", STOP)
        return now or LIMIT - 0.1

    assert missed(reply, LIMIT, clock=clock, quiet=0.001) is None


def test_a_lane_that_fails_goes_over_to_its_recording_and_the_others_go_on(hire: Hire) -> None:
    failing, well = hire(), hire()
    replies = [reply_of(failing), reply_of(well)]
    item = Comparison.of("Why?", replies)
    changes: list[int] = []
    running = Performance(scene(backup(), backup()), item, lambda: changes.append(1)).start()
    failing.says("Half an ", ProviderError("interrupted", "It broke off."))
    well.says("Live.", STOP)
    assert eventually(lambda: running.over)
    live, recording = item.rounds[0].lanes[0]
    assert (live.text, live.state, live.asked.fell_back) == ("Half an ", "interrupted", None)
    assert (recording.text, recording.state, recording.asked.source) == ("From the tape.", "done", "recorded")
    assert recording.asked.fell_back == "failed"
    assert [reply.text for reply in item.rounds[0].lanes[1]] == ["Live."]
    assert changes == [1]


def test_the_live_call_is_cancelled_and_half_an_answer_stays_on_record(vendor: Vendor) -> None:
    item = Conversation([Turn("Why?", [reply_of(vendor)])])
    running = Performance(scene(backup(), seconds=0.1), item, lambda: None).start()
    vendor.says("Half an ")
    assert eventually(lambda: running.over)
    live, recording = item.turns[0].replies
    assert (live.text, live.state) == ("Half an ", "stopped")
    assert vendor.closed.wait(PATIENCE)
    assert recording.asked.fell_back == "stalled"


@pytest.mark.parametrize("by_hand", [True, False], ids=["gone over by hand", "the scene is left"])
def test_only_what_is_not_whole_and_has_a_recording_goes_over_by_hand(hire: Hire, by_hand: bool) -> None:
    failing, slow, well = hire(), hire(), hire()
    item = Comparison.of("Why?", [reply_of(failing), reply_of(slow), reply_of(well)])
    running = Performance(scene(None, backup(), backup(), seconds=600.0), item, lambda: None).start()
    failing.says(ProviderError("auth", "The key was refused."))
    well.says("Live.", STOP)
    assert eventually(lambda: all(item.rounds[0].lanes[lane][0].over for lane in (0, 2)))
    running.fall_back() if by_hand else running.stop()
    assert eventually(lambda: running.over)
    assert [reply.asked.fell_back for reply in running.newest.values()] == [None, "by hand" if by_hand else None, None]
    assert [len(attempts) for attempts in item.rounds[0].lanes.values()] == [1, 1 + by_hand, 1]


@pytest.mark.parametrize("torn", [stand_in(backup(), "late"), backup()], ids=["a recording", "a live answer"])
def test_what_broke_off_with_its_process_is_taken_over_by_the_recording(torn: Reply) -> None:
    torn.state, torn.error = "interrupted", ProviderError("interrupted", "The process ended.")
    item = Conversation([Turn("Why?", [torn])])
    running = Performance(scene(backup()), item, lambda: None).start()
    assert eventually(lambda: running.over)
    newest = item.turns[0].reply
    assert (newest.text, newest.state) == ("From the tape.", "done")
    assert newest.asked.fell_back == (torn.asked.fell_back or "failed")


def test_a_recording_stands_in_at_its_first_word_or_as_far_as_the_live_answer_was() -> None:
    long = replace(backup(), chunks=[Chunk(60.0, "One "), Chunk(120.0, "two "), Chunk(180.0, "three")], total=180.0)
    reply = stand_in(long, "stalled", shown=9).start()
    assert eventually(lambda: reply.text == "One two ")  # at once, though they took two minutes then
    reply.stop()
    assert [chunk.seconds for chunk in reply.chunks] == [60.0, 120.0]


def test_every_export_says_that_a_recording_stood_in(vendor: Vendor) -> None:
    item = Conversation([Turn("Why?", [finished(stand_in(backup(), "late").start())])])
    for file in (markdown(item), report(item)):
        assert "backup: no word in time" in file.lower()
    assert ",late," in figures_csv(item)
    assert only(written(item)).asked.fell_back == "late"


def show() -> Show:
    return Show(title="Ünï", scenes=(scene(backup(), None, backup(), notes="Smile.\nWait."), scene(None, page="chat")))


def test_a_show_comes_back_from_its_file_with_its_recordings() -> None:
    again = load(dump(show()).encode())
    assert (again.title, again.scenes) == ("Ünï", show().scenes)
    texts = {lane: reply.text for lane, reply in again.scenes[0].backups.items()}
    assert texts == dict.fromkeys((0, 2), "From the tape.")
    assert load(dump(again), again.id) == again


@pytest.mark.parametrize(
    ("line", "change", "says"),
    [
        (0, {"streamside": "recording"}, "Line 1: This is no show"),
        (0, {"version": 2}, "Line 1: It is in version 2"),
        (0, {"title": None}, 'Line 1: "title": Input should be a valid string'),
        (1, {"prompt": " "}, 'Line 2: "prompt": String should not be blank'),
        (1, {"lanes": []}, 'Line 2: "lanes": List should have at least 1 item'),
        (1, {"page": "history"}, "Line 2: \"page\": Input should be 'chat', 'compare' or 'why'"),
        (1, {"seconds": -1}, 'Line 2: "seconds": Input should be greater than or equal to 0.1'),
        (1, {"recorded": [0]}, 'Line 2: "recorded" must name the lanes'),
        (1, {"recorded": [0, 7]}, 'Line 2: "recorded" must name the lanes'),
        (3, {"t": -1}, 'Line 4: "t": Input should be greater than or equal to 0'),
    ],
)
def test_an_error_in_a_file_names_its_line_and_field(line: int, change: dict[str, object], says: str) -> None:
    lines = dump(show()).splitlines()
    lines[line] = json.dumps(json.loads(lines[line]) | change)
    with pytest.raises(RecordingError, match=f"^{says}"):
        load("\n".join(lines).encode() + b"\n")


def test_what_is_no_show_or_was_cut_off_says_so() -> None:
    for file in (b"", b"\x00\xff", b"[]", b'{"a":1}\n'):
        with pytest.raises(RecordingError, match="This is no show"):
            load(file)
    with pytest.raises(RecordingError, match="cut off"):
        load(dump(show())[:-40].encode())


def test_a_rehearsal_keeps_what_came_whole_and_says_what_did_not(hire: Hire) -> None:
    well, failing = hire(), hire()
    well.says("Live.", STOP)
    failing.says(ProviderError("auth", "The key was refused."))
    kept: dict[int, dict[int, str]] = {}
    run = Rehearsal(
        Show(title="A", scenes=(scene(None, None),)),
        lambda _: {0: reply_of(well).start(), 1: reply_of(failing).start()},
        lambda number, came: kept.update({number: {lane: reply.text for lane, reply in came.items()}}),
    ).start()
    assert eventually(lambda: run.over)
    assert kept == {0: {0: "Live."}}
    assert run.problems == ["One, lane 2: The key was refused."]
