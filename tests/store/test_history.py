"""The history: newest first, found by its words, filtered, renamed and deleted, on both databases."""

from collections.abc import Callable

import pytest

from replies.conversation import Comparison, Conversation, Turn
from replies.reply import Asked
from replies.store import HistoryEntry, Store
from replies.store.search_terms import LONGEST
from tests.store.conftest import Open
from tests.store.said import DAY, answered, asked, lanes, talk


def titles(entries: list[HistoryEntry]) -> list[str]:
    return [entry.title for entry in entries]


def found(store: Store, typed: str) -> list[str]:
    return titles(store.history(words=typed))


def test_newest_first_and_what_an_entry_says(store: Store) -> None:
    first = talk(("First", "Yes."), minutes=1)
    who = (asked(model="a"), asked(provider="watsonx", model="b", simulated=True), asked(model="a"))
    comparison = Comparison.of("Who?", [answered("A", who=one) for one in who])
    store.keep(first, comparison, talk(("\n Tell  me\nof cricket ", "Yes."), minutes=2))
    store.keep(talk(("long " * 100, "Yes."), minutes=1.5))
    told, long, last, entry = store.history()
    assert (told.title, last.title) == ("Tell me of cricket", "First")
    assert len(long.title) <= 80
    assert long.title.endswith("long…")
    assert entry == HistoryEntry(
        comparison.id, "comparison", "Who?", DAY, ("openai", "watsonx"), ("a", "b"), ("live", "simulated")
    )
    assert found(store, "more") == []
    first.turns.append(Turn("More?", [answered("More.", minutes=3)]))
    store.keep(first)
    assert store.history()[0].title == "First"  # a new question brings it up
    assert found(store, "more") == ["First"]  # also by words that came later


def test_page_by_page(store: Store) -> None:
    for number in range(7):  # some at the very same moment
        store.keep(talk((f"Number {number}", "Yes."), minutes=number // 3))
    pages, before = [], None
    while page := store.history(before=before, limit=3):
        pages.append(titles(page))
        before = page[-1].cursor
    assert [len(page) for page in pages] == [3, 3, 1]
    assert sorted(title for page in pages for title in page) == [f"Number {number}" for number in range(7)]


@pytest.fixture(scope="module")
def about_cricket(standing: Callable[[], Store]) -> Store:
    store = standing()
    store.keep(talk(("Tell me of Cricket.", "The bat; a Café at example.com. foo_bar, 3.14, 東京です"), minutes=1))
    return store


def test_words_are_found_and_others_are_not(about_cricket: Store) -> None:
    right = "cricket CRICKET cric bat bat* cafe CAFÉ foo_bar example com 3.14 東京 京"
    for typed in (*right.split(), '"cricket"', "", "   ", "bat cricket"):  # one in the prompt, one in the answer
        assert about_cricket.history(words=typed), typed
    for typed in ("ricket", "cricket tennis", "京東", "crick' OR 1=1", "NOT", "?!"):
        assert about_cricket.history(words=typed) == [], typed


# What is said, by which words it is found, and by which it is not: each language has its own letters and spaces.
SAYINGS = {
    "ฉันอยากรู้เรื่องประวัติศาสตร์คริกเก็ตในอังกฤษ": (
        "คริกเก็ต ประวัติศาสตร์ ฉัน อังกฤษ รู้ ก",
        "ฟุตบอล ตคริก",
    ),  # in the midst of a sentence, which has no spaces
    "ຂ້ອຍຢາກຮູ້ກ່ຽວກັບປະຫວັດສາດຂອງກິລາ": ("ປະຫວັດສາດ ກິລາ", "ສາດປະ"),
    "ខ្ញុំចង់ដឹងអំពីប្រវត្តិសាស្ត្រកីឡា។": ("ប្រវត្តិសាស្ត្រ កីឡា", "ឡាកី"),
    "ခရစ်ကတ်သမိုင်းအကြောင်း": ("သမိုင်း", ""),
    "हम नदी के पास रहते हैं।": ("नदी हैं नद", "हिन्दी द"),  # a word's beginning is found
    "আমি বাংলা ভাষা ভালোবাসি": ("বাংলা", "বল"),
    "தமிழ் மொழி": ("தமிழ் தம", ""),
    "كَتَبَ الوَلَدُ رسالةً إلى صديقه": ("كتب كَتَبَ الولد رســالة الى", "بتك"),  # written with its marks and without
    "שָׁלוֹם עולם": ("שלום שָׁלוֹם", ""),
    "我想了解板球的历史": ("板球 板球的历史 历", "球板 了解历史"),
    "日本の四季について、がんばってガラスを見る": (
        "四季 ガラス ｶﾞﾗｽ",
        "カラス 本日",
    ),  # of half width; but no crow for a glass
    "크리켓의 역사를 알려줘": ("역사 크리켓", ""),
    "Nice 🏏 match 👩\u200d💻 in 🇩🇪, 👍🏽": ("🏏 👩\u200d💻 💻 🇩🇪 👍 👍🏿", "🇪🇩 ⚽"),
    "Die Straße nach Gießen, schöne Größe": ("STRASSE strasse straße GIESSEN schone", ""),
    "İstanbul ve ısparta, Iğdır": ("istanbul ISTANBUL İSTANBUL ISPARTA iğdır", ""),
    "Café, naïveté, Ελλάδα, ёлка, Việt Nam, Å": ("CAFÉ cafe\u0301 naivete ελλαδα елка viet \u212b", ""),
}


def test_letters_are_found_as_they_stand(store: Store) -> None:
    kept = {saying: talk(("Well?", saying)) for saying in SAYINGS}
    store.keep(*kept.values())
    for saying, (right, wrong) in SAYINGS.items():
        for typed in (right + " " + wrong).split():
            ids = [entry.id for entry in store.history(words=typed)]
            assert (kept[saying].id in ids) == (typed in right.split()), typed


def test_titles_are_found_and_old_ones_are_not(store: Store) -> None:
    conversation = talk(("Why?", "Because."))
    store.keep(conversation)
    store.rename(conversation.id, "  On\nreasons ")
    assert found(store, "reasons") == ["On reasons"]
    assert found(store, "why") == ["On reasons"]  # the prompt is still there
    store.rename(conversation.id, "Grounds")
    assert found(store, "reasons") == []
    store.rename(conversation.id, " ")
    store.keep(conversation)
    assert found(store, "because") == ["Grounds"]


FILTERED: list[tuple[dict[str, str], str]] = [
    ({}, "live simulated recorded both"),
    ({"provider": "openai"}, "live recorded both"),
    ({"provider": "watsonx"}, "simulated both"),
    ({"model": "m2"}, "simulated both"),
    ({"source": "live"}, "live both"),
    ({"source": "simulated"}, "simulated recorded both"),  # a simulator's answer stays one when it is replayed
    ({"source": "recorded"}, "recorded"),
    ({"provider": "watsonx", "source": "live"}, ""),  # of one and the same answer
    ({"provider": "nobody"}, ""),
    ({"words": "bo", "provider": "openai"}, "both"),
]


@pytest.fixture(scope="module")
def of_all_kinds(standing: Callable[[], Store]) -> Store:
    ways: dict[str, list[Asked]] = {
        "both": [asked(), asked(provider="watsonx", model="m2", simulated=True)],
        "recorded": [asked(recorded=True, simulated=True)],
        "simulated": [asked(provider="watsonx", model="m2", simulated=True)],
        "live": [asked()],
    }
    store = standing()
    for minutes, (prompt, who) in enumerate(ways.items()):
        store.keep(Conversation([Turn(prompt, [answered("Yes.", minutes=minutes, who=one) for one in who])]))
    return store


@pytest.mark.parametrize(("wanted", "left"), FILTERED, ids=str)
def test_filters(of_all_kinds: Store, wanted: dict[str, str], left: str) -> None:
    assert titles(of_all_kinds.history(**wanted)) == left.split()  # type: ignore[arg-type]
    assert (of_all_kinds.known("provider"), of_all_kinds.known("model")) == (["openai", "watsonx"], ["m", "m2"])


def test_delete_and_undo(store: Store) -> None:
    conversation = talk(("Why?", "Because."))
    reply = conversation.turns[0].reply
    store.keep(conversation)
    store.delete(conversation.id)
    assert (store.count(), store.history(), found(store, "because"), store.known("model")) == (0, [], [], [])
    assert (store.conversation(conversation.id), store.reply(reply.id)) == (None, None)
    store.keep(conversation)  # as an autosaver may, that still writes the end of an answer
    assert store.count() == 0
    store.undelete(conversation.id)
    assert titles(store.history()) == ["Why?"]
    assert store.conversation(conversation.id) is not None
    assert store.reply(reply.id) is not None
    store.delete(conversation.id)
    conversation.turns.append(Turn("And?", [answered("So.")]))
    store.keep(conversation)
    assert titles(store.history()) == ["Why?"]  # a question in it brings it back


def test_what_was_deleted_is_gone_after_the_next_start(open_store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("replies.store.history.UNDO", 0.0)
    store = open_store()
    conversation, other = talk(("Why?", "Because.")), talk(("Who?", "Me."))
    for item in (conversation, other):
        store.keep(item)
    store.delete(conversation.id)
    store.close()
    store = open_store()
    store.undelete(conversation.id)
    assert titles(store.history()) == ["Who?"]
    assert found(store, "because") == []


def test_delete_everything(store: Store, open_store: Open) -> None:
    store.keep(talk(("Why?", "Because.")))
    store.keep(lanes("Who?", "Me.", "You."))
    assert store.delete_all() == 2
    assert (store.count(), open_store().count(), store.history(), found(store, "me")) == (0, 0, [], [])
    store.keep(talk(("Why?", "Because.")))
    assert found(store, "because") == ["Why?"]


def test_a_word_is_cut_and_a_long_text_is_found_by_what_fits(store: Store) -> None:
    """PostgreSQL takes neither a very long word nor more than a megabyte of words."""
    endless = "x" * 5000
    many = " ".join(f"{number:x}\u4e00" for number in range(200_000))
    store.keep(talk(("Why?", f"{endless} {many}")))
    assert found(store, endless) == ["Why?"]
    assert found(store, "x" * (LONGEST + 1)) == ["Why?"]
    assert found(store, "1f") == ["Why?"]
