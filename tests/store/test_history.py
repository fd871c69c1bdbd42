"""The history: newest first, found by its words, filtered, renamed and deleted, on both databases."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from replies.conversation import Comparison, Conversation, Turn
from replies.reply import Asked
from replies.store import HistoryEntry, Store
from replies.store.search_terms import LONGEST, MOST, joined, words
from tests.store.conftest import Open
from tests.store.said import DAY, answered, asked, lanes, talk


def titles(entries: list[HistoryEntry]) -> list[str]:
    return [entry.title for entry in entries]


def found(store: Store, typed: str) -> list[str]:
    return titles(store.history(words=typed))


def test_newest_first(store: Store) -> None:
    for minutes in (2, 3, 1):
        store.keep(talk((f"At {minutes}", "Yes."), minutes=minutes))
    store.keep(lanes("At 2.5", "Yes.", minutes=2.5))
    assert titles(store.history()) == ["At 3", "At 2.5", "At 2", "At 1"]
    assert [entry.kind for entry in store.history()] == ["conversation", "comparison", "conversation", "conversation"]


def test_a_new_question_brings_a_conversation_up(store: Store) -> None:
    first = talk(("First", "Yes."), minutes=1)
    store.keep(first)
    store.keep(talk(("Second", "Yes."), minutes=2))
    first.turns.append(Turn("More?", [answered("More.", minutes=3)]))
    store.keep(first)
    assert titles(store.history()) == ["First", "Second"]


def test_what_an_entry_says(store: Store) -> None:
    replies = [
        answered("A", who=asked(provider="openai", model="a")),
        answered("B", who=asked(provider="watsonx", model="b", simulated=True)),
        answered("C", who=asked(provider="openai", model="a")),
    ]
    comparison = Comparison.of("Who?", replies)
    store.keep(comparison)
    (entry,) = store.history()
    assert entry == HistoryEntry(
        comparison.id, "comparison", "Who?", DAY, ("openai", "watsonx"), ("a", "b"), ("live", "simulated")
    )


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


@pytest.mark.parametrize(
    ("typed", "is_found"),
    [
        ("cricket", True),
        ("CRICKET", True),
        ("cric", True),
        ("ricket", False),
        ("bat", True),
        ("cricket bat", True),  # one in the prompt, one in the answer
        ("bat cricket", True),
        ("cricket tennis", False),
        ("cafe", True),
        ("CAFÉ", True),
        ("foo_bar", True),
        ("example", True),
        ("com", True),
        ("3.14", True),
        ("東京", True),
        ("京東", False),
        ("京", True),
        ('"cricket"', True),
        ("bat*", True),
        ("crick' OR 1=1", False),
        ("NOT", False),
        ("", True),
        ("   ", True),
        ("?!", False),
    ],
)
def test_words_are_found(about_cricket: Store, typed: str, is_found: bool) -> None:
    assert bool(about_cricket.history(words=typed)) is is_found


SAYINGS = {
    "Thai": "ฉันอยากรู้เรื่องประวัติศาสตร์คริกเก็ตในอังกฤษ",
    "Lao": "ຂ້ອຍຢາກຮູ້ກ່ຽວກັບປະຫວັດສາດຂອງກິລາ",
    "Khmer": "ខ្ញុំចង់ដឹងអំពីប្រវត្តិសាស្ត្រកីឡា។",
    "Myanmar": "ခရစ်ကတ်သမိုင်းအကြောင်း",
    "Hindi": "हम नदी के पास रहते हैं।",
    "Bengali": "আমি বাংলা ভাষা ভালোবাসি",
    "Tamil": "தமிழ் மொழி",
    "Arabic": "كَتَبَ الوَلَدُ رسالةً إلى صديقه",
    "Hebrew": "שָׁלוֹם עולם",
    "Chinese": "我想了解板球的历史",
    "Japanese": "日本の四季について、がんばってガラスを見る",
    "Korean": "크리켓의 역사를 알려줘",
    "Emoji": "Nice 🏏 match 👩\u200d💻 in 🇩🇪, 👍🏽",
    "German": "Die Straße nach Gießen, schöne Größe",
    "Turkish": "İstanbul ve ısparta, Iğdır",
    "Accents": "Café, naïveté, Ελλάδα, ёлка, Việt Nam, Å",
}


TYPED = [
    ("Thai", "คริกเก็ต", True),  # in the midst of a sentence, which has no spaces
    ("Thai", "ประวัติศาสตร์", True),
    ("Thai", "ฉัน", True),
    ("Thai", "อังกฤษ", True),
    ("Thai", "รู้", True),
    ("Thai", "ก", True),
    ("Thai", "ฟุตบอล", False),
    ("Thai", "ตคริก", False),
    ("Lao", "ປະຫວັດສາດ", True),
    ("Lao", "ກິລາ", True),
    ("Lao", "ສາດປະ", False),
    ("Khmer", "ប្រវត្តិសាស្ត្រ", True),
    ("Khmer", "កីឡា", True),
    ("Khmer", "ឡាកី", False),
    ("Myanmar", "သမိုင်း", True),
    ("Hindi", "नदी", True),
    ("Hindi", "हिन्दी", False),
    ("Hindi", "हैं", True),
    ("Hindi", "नद", True),  # its beginning
    ("Hindi", "द", False),
    ("Bengali", "বাংলা", True),
    ("Bengali", "বল", False),
    ("Tamil", "தமிழ்", True),
    ("Tamil", "தம", True),
    ("Arabic", "كتب", True),  # written without its marks
    ("Arabic", "كَتَبَ", True),
    ("Arabic", "الولد", True),
    ("Arabic", "رســالة", True),
    ("Arabic", "الى", True),
    ("Arabic", "بتك", False),
    ("Hebrew", "שלום", True),
    ("Hebrew", "שָׁלוֹם", True),
    ("Chinese", "板球", True),
    ("Chinese", "板球的历史", True),
    ("Chinese", "历", True),
    ("Chinese", "球板", False),
    ("Chinese", "了解历史", False),
    ("Japanese", "四季", True),
    ("Japanese", "ガラス", True),
    ("Japanese", "ｶﾞﾗｽ", True),  # of half width
    ("Japanese", "カラス", False),  # a crow, and no glass
    ("Japanese", "本日", False),
    ("Korean", "역사", True),
    ("Korean", "크리켓", True),
    ("Emoji", "🏏", True),
    ("Emoji", "👩\u200d💻", True),
    ("Emoji", "💻", True),
    ("Emoji", "🇩🇪", True),
    ("Emoji", "🇪🇩", False),
    ("Emoji", "👍", True),
    ("Emoji", "👍🏿", True),
    ("Emoji", "⚽", False),
    ("German", "STRASSE", True),
    ("German", "strasse", True),
    ("German", "straße", True),
    ("German", "GIESSEN", True),
    ("German", "schone", True),
    ("Turkish", "istanbul", True),
    ("Turkish", "ISTANBUL", True),
    ("Turkish", "İSTANBUL", True),
    ("Turkish", "ISPARTA", True),
    ("Turkish", "iğdır", True),
    ("Accents", "CAFÉ", True),
    ("Accents", "cafe\u0301", True),
    ("Accents", "naivete", True),
    ("Accents", "ελλαδα", True),
    ("Accents", "елка", True),
    ("Accents", "viet", True),
    ("Accents", "\u212b", True),  # the sign of a unit
]


def test_letters_are_found_as_they_stand(store: Store) -> None:
    for language, saying in SAYINGS.items():
        store.keep(talk((f"{language}.", saying)))
    wrong = [case for case in TYPED if (f"{case[0]}." in found(store, case[1])) is not case[2]]
    assert wrong == []


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


def test_answers_that_come_later_are_found(store: Store) -> None:
    conversation = talk(("Why?", "Because."))
    store.keep(conversation)
    assert found(store, "so") == []
    conversation.turns[0].replies.append(answered("So it is."))
    store.keep(conversation)
    assert found(store, "so") == found(store, "because") == ["Why?"]


def test_titles_come_from_the_first_prompt(store: Store) -> None:
    store.keep(talk(("\n Tell  me\nof cricket ", "Yes."), ("And?", "So."), minutes=2))
    store.keep(talk(("long " * 100, "Yes."), minutes=1))
    short, long = titles(store.history())
    assert short == "Tell me of cricket"
    assert len(long) <= 80
    assert long.endswith("long…")


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
    assert store.conversation(conversation.id) is None
    assert store.reply(reply.id) is None
    store.keep(conversation)  # as an autosaver may, that still writes the end of an answer
    assert store.count() == 0
    store.undelete(conversation.id)
    assert titles(store.history()) == ["Why?"]
    assert store.conversation(conversation.id) is not None
    assert store.reply(reply.id) is not None


def test_a_question_in_a_deleted_conversation_brings_it_back(store: Store) -> None:
    conversation = talk(("Why?", "Because."))
    store.keep(conversation)
    store.delete(conversation.id)
    conversation.turns.append(Turn("And?", [answered("So.")]))
    store.keep(conversation)
    assert titles(store.history()) == ["Why?"]


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


def test_words_are_split_and_folded() -> None:
    assert words("Straße, STRASSE; 'foo_bar' (e-mail) ﬁn 3.14 naïve") == [
        "strasse", "foo_bar", "e", "mail", "fin", "3", "14", "naive"
    ]  # fmt: skip
    assert words("\0\ud800 ?!") == []
    assert joined("a b", ["B c", "a d"]) == "a b c d"
    assert len(joined("", ["\u4e00" + chr(0x4E01 + number) for number in range(20_000)] * 9).encode()) <= MOST
