"""What is taken along: Markdown, JSON, CSV and the report."""

import csv
import html
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from providers import End, ProviderError, Reasoning
from replies.conversation import Comparison, Conversation, Round, Series, Turn
from replies.export.formats import as_json, figures_csv, markdown
from replies.export.outline import headline, scenes
from replies.export.report import report
from replies.metrics.labels import marks
from replies.prompts import uploaded
from replies.recording.format import Item, samples
from replies.reply import Chunk, Reply
from replies.verdict import Verdict
from tests.store.said import answered, asked

EARLIER = datetime(2025, 1, 2, 3, 4, tzinfo=UTC)
LATER = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TOLD = End("stop", 10, 30, 0, "r-1")
EVERY: list[Callable[[Item], str]] = [markdown, as_json, figures_csv, report]


def a_reply(
    *texts: str,
    label: str = "OpenAI",
    model: str = "gpt-5.4-mini",
    simulated: bool = False,
    recorded: datetime | None = None,
    request: dict[str, Any] | None = None,
    **more: Any,
) -> Reply:
    who = asked("Hi", label=label, model=model, simulated=simulated, recorded=recorded, **request or {})
    chunks = [Chunk(0.5 + at / 4, text) for at, text in enumerate(texts)]
    given: dict[str, Any] = {"end": TOLD, "total": 2.0} | more
    return answered(chunks, who=who, **given)


def race(*replies: Reply, prompt: str = "Hi") -> Comparison:
    return Comparison.of(prompt, list(replies))


def rows(item: Item) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(figures_csv(item).removeprefix("\ufeff"), newline="")))


def streams(page: str) -> Any:
    """What the report plays, scene after scene."""
    return json.loads(page.partition('id="streams">')[2].partition("</script>")[0])["scenes"]


def test_every_export_says_what_was_set_left_out_and_served() -> None:
    request: dict[str, Any] = {"effort": "low", "tier": "flex", "seed": 7, "stop": ("A", "B")}
    reply = a_reply("So.", request=request, left_out=("seed",), end=TOLD._replace(tier="default"))
    race_of_it = race(reply, a_reply("So."))
    for export in (markdown, report):
        told = export(race_of_it).replace("\\", "")
        assert "effort low" in told
        assert "seed was not accepted and left out" in told
        assert "service tier: asked flex, served default" in told
    first, second = rows(race_of_it)
    wanted = request | {"seed": "7", "stop": "A\nB", "left_out": "seed", "tier_served": "default"}
    assert {name: first[name] for name in wanted} == wanted
    assert {second[name] for name in wanted} == {""}
    exported = json.loads(as_json(race_of_it))["turns"][0]["replies"]
    assert [each["left_out"] for each in exported] == [["seed"], None]
    assert (exported[0]["request"]["effort"], exported[0]["end"]["tier"]) == ("low", "default")


@pytest.mark.parametrize(
    ("simulated", "recorded", "told"),
    [
        (False, None, ["live"]),
        (True, None, ["simulated"]),
        (False, EARLIER, ["recorded"]),
        (True, EARLIER, ["recorded", "simulated"]),
    ],
)
def test_every_export_says_where_answers_come_from(simulated: bool, recorded: datetime | None, told: list[str]) -> None:
    reply = a_reply("Fine.", simulated=simulated, recorded=recorded)
    item = race(reply)
    assert marks(reply.asked) == told
    assert f"**{', '.join(told).capitalize()}**" in markdown(item)
    [known] = json.loads(as_json(item))["turns"][0]["replies"]
    assert (known["source"], known["simulated"]) == (told[0], simulated)
    [row] = rows(item)
    assert (row["source"], row["simulated"]) == (told[0], "yes" if simulated else "no")
    page = report(item)
    for mark in ("live", "simulated", "recorded"):
        assert (f'class="mark {mark}"' in page) == (mark in told)
    if recorded:
        assert row["recorded_at_utc"] == "2025-01-02 03:04:00"
        for file in (page, markdown(item)):
            assert "2 January 2025, 03:04 UTC" in file


@pytest.mark.parametrize("export", EVERY)
def test_odd_characters_and_nothing_said_are_exported_too(export: Callable[[Item], str]) -> None:
    for text in ("\0", "\ud83d", "\u2028", "a\r\nb", "\x1b[31m", "🏏"):
        assert export(race(a_reply(text, Reasoning(text), label=text), prompt=text)).encode()
    nobody = a_reply(state="failed", end=None, total=None, error=ProviderError("auth", "Refused."))
    for item in (race(nobody), race(), Conversation(), Conversation([Turn("Hi")]), *samples()):
        assert export(item)


def test_the_headline_names_each_provider_once() -> None:
    assert headline(race(a_reply(), a_reply(label="AWS Bedrock"), a_reply())) == "Comparison of OpenAI and AWS Bedrock"
    talk = Conversation([Turn("A", [a_reply()]), Turn("B", [a_reply(label="B"), a_reply(label="C")])])
    assert headline(talk) == "Conversation with OpenAI, B and C"
    assert headline(rounds(Series)) == "Series of 2 runs of OpenAI and B"
    assert headline(Series.of("Hi", [a_reply()])) == "Series of 1 run of OpenAI"


def rounds(kind: type[Comparison] = Comparison) -> Comparison:
    """Two lanes, numbers 0 and 4; in the second round only the last one is asked, twice."""
    return kind(
        [
            Round("One?", {0: [a_reply("a")], 4: [a_reply("b", label="B")]}),
            Round("Two?", {4: [a_reply("broken", label="B", state="stopped", end=None), a_reply("c", label="B")]}),
        ]
    )


@pytest.mark.parametrize(("kind", "title"), [(Comparison, "Round"), (Series, "Run")])
def test_each_round_is_a_scene_with_its_title_and_each_lane_keeps_its_number(
    kind: type[Comparison], title: str
) -> None:
    told = scenes(rounds(kind))
    assert [(scene.title, scene.prompt, scene.lanes) for scene in told] == [
        (f"{title} 1", "One?", [1, 2]),
        (f"{title} 2", "Two?", [2, 2]),
    ]
    assert f"## {title} 2\n\n```text\nTwo?" in markdown(rounds(kind))
    assert f'<h2 id="scene-1">{title} 2</h2>' in report(rounds(kind))
    alone = "Prompt" if kind is Comparison else "Run 1"
    assert [scene.title for scene in scenes(kind.of("Hi", [a_reply("x")]))] == [alone]


def test_an_answer_that_was_asked_for_again_is_marked_everywhere() -> None:
    item = rounds()
    assert [scene.earlier for scene in scenes(item)] == [frozenset(), {0}]
    assert markdown(item).count("**Live, earlier attempt**") == markdown(item).count("(live, earlier attempt)") == 1
    page = report(item)
    assert page.count('<article class="lane hue-1 earlier">') == page.count('<article class="lane hue-0">') == 1
    assert page.count('<article class="lane hue-1">') == 2
    assert '<span class="mark earlier">Earlier attempt</span>' in page
    played = [[lane["pieces"][0][1] for lane in scene] for scene in streams(page)]
    assert played == [["a", "b"], ["broken", "c"]]
    told = json.loads(as_json(item))["turns"]
    attempts = [[(reply["lane"], reply["earlier_attempt"]) for reply in turn["replies"]] for turn in told]
    assert attempts == [[(1, False), (2, False)], [(2, True), (2, False)]]
    cells = [f"{row['turn']} {row['lane']} {row['earlier_attempt']}" for row in rows(item)]
    assert cells == ["1 1 no", "1 2 no", "2 2 yes", "2 2 no"]


PIECES = st.lists(
    st.tuples(
        st.floats(0, 1e6),
        st.text(st.characters(exclude_categories=()), min_size=1) | st.sampled_from(["</script>", "<!--", "&lt;"]),
        st.booleans(),
    ),
    max_size=8,
)


@settings(max_examples=25)
@given(pieces=PIECES)
def test_any_arrivals_survive_the_report(pieces: list[tuple[float, str, bool]]) -> None:
    reply = a_reply(total=1e6)
    for seconds, text, thought in sorted(pieces, key=lambda piece: piece[0]):
        joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")  # JSON joins halves, too
        reply.chunks.append(Chunk(seconds, Reasoning(joined) if thought else joined))
    told = [[seconds, text, int(isinstance(text, Reasoning))] for seconds, text in reply.chunks]
    page = report(race(reply))
    assert streams(page)[0][0]["pieces"] == told
    assert page.encode().decode() == page


BEST = Verdict(outcome="best", lane=4, reasons=("correct", "speed"), note="Short\n<b>and</b> *right*", at=LATER)


@pytest.mark.parametrize("export", [markdown, report])
def test_a_file_of_a_series_says_whether_its_lanes_differ(export: Callable[[Item], str]) -> None:
    def firsts(reply: Reply, first: float) -> Reply:
        reply.chunks = [Chunk(first + step / 10, "two words ") for step in range(11)]
        return reply

    def row(at: int) -> Round:
        one, other = (a_reply("Hi", label="A <b>*GPU*</b>"), a_reply("Hi", label="A <b>*GPU*</b>", model="small"))
        return Round("Hi", {0: [firsts(one, 0.5 + at / 100)], 3: [firsts(other, 0.3 + at / 100)]})

    written = export(Series([row(at % 4) for at in range(10)]))
    shown = html.unescape(written).replace("\\", "")
    assert "Do the lanes differ?" in shown
    assert "A <b>*GPU*</b> (lane 2)’s first token came 200 ms sooner than A <b>*GPU*</b> (lane 1)’s (95 %: " in shown
    assert "<b>*GPU" not in written
    assert "Holm" in shown
    assert "Do the lanes differ?" not in export(race(a_reply("Hi"), a_reply("Hi")))


def test_the_verdict_is_told_at_the_end_with_its_reasons_and_its_note() -> None:
    item = rounds()
    item.verdict = BEST
    told = markdown(item)
    assert "## Verdict\n\n**Lane 2 was best: B · gpt-5.4-mini.**\n\nReasons: correct, speed.\n\n" in told
    assert r"Note: Short \<b\>and\</b\> \*right\*" in told
    assert "Given on 23 November 2026, 09:00 UTC, knowing who answered." in told
    assert told.index("## Round 2") < told.index("## Verdict") < told.index("## What the numbers mean")
    page = report(item)
    assert '<p class="outcome" dir="auto">Lane 2 was best: B · gpt-5.4-mini.</p>' in page
    assert "&lt;b&gt;and&lt;/b&gt; *right*" in page
    verdict = json.loads(as_json(item))["verdict"]
    assert (verdict["lane"], verdict["outcome"], verdict["note"]) == (2, "best", BEST.note)  # as the replies' lanes
    assert [row["verdict"] for row in rows(item)] == ["not best", "best", "best", "best"]


@pytest.mark.parametrize(
    ("verdict", "told", "cell"),
    [
        (Verdict(outcome="tie", blind=True), "A tie.", "tie"),
        (Verdict(outcome="all bad"), "All are bad.", "all bad"),
        (None, "", ""),
    ],
)
def test_a_verdict_without_a_best_one(verdict: Verdict | None, told: str, cell: str) -> None:
    item = rounds()
    item.verdict = verdict
    assert (f"**{told}**" in markdown(item)) == ("## Verdict" in markdown(item)) == bool(told)
    assert ("without knowing who answered" in markdown(item)) == (cell == "tie")
    assert ('class="verdict"' in report(item)) == bool(told)
    assert {row["verdict"] for row in rows(item)} == {cell}


@pytest.mark.parametrize("export", EVERY)
def test_what_is_in_progress_or_blind_without_a_vote_is_not_exported(export: Callable[[Item], str]) -> None:
    with pytest.raises(ValueError, match="in progress"):
        export(race(Reply(a_reply().asked)))
    item = rounds()
    item.blind = True
    with pytest.raises(ValueError, match="Vote first"):
        export(item)
    assert headline(item) == "Blind comparison"
    item.verdict = BEST
    assert "OpenAI" in export(item)


def test_markdown_holds_prompt_answer_reasoning_and_figures() -> None:
    told = markdown(race(a_reply(Reasoning("Hm."), "**Fine**", "."), prompt="How are you?"), LATER)
    assert "```text\nHow are you?\n```" in told
    assert "```text\nHm.\n```" in told
    assert "\n\n**Fine**.\n\n" in told
    assert "Exported from Streamside on 23 November 2026, 09:00 UTC." in told
    assert "| OpenAI · gpt-5.4-mini (live) | 0.50 s | 0.75 s |" in told
    # No prompt gets out of its block, and no name is Markdown
    odd_reply = a_reply("x", label="<b>|[x](http://e)", model="m\n# h", request={"api": "a_b"})
    odd = markdown(race(odd_reply, prompt="````\n# Heading"))
    assert r" · a\_b · " in odd
    assert "`````text\n````\n# Heading\n`````" in odd
    assert r"\<b\>\|\[x\](http://e) · m \# h" in odd
    assert "<b>" not in odd.replace(r"\<b\>", "")


@pytest.mark.parametrize(
    ("text", "ended"),
    [
        ("- ```py\n  x\n  ```", ""),
        ("- a\n  - ```\n    x\n    ```", ""),
        ("> ```\n> x\n> ```", ""),
        ("> ~~~\n> x", ""),
        ("Look:\n~~~~py\nx = 1\n~~~", "\n~~~~"),
        ("    ```\n    x", ""),  # indented: code of another kind
        ("# A heading\n\n```\nx\n```\n## Another", ""),
        ("- ```\n  x\n\nAnd:\n```py\ny", "\n```"),
        ("````\n```\nx\n```", "\n````"),
        ("   ```\nx\n    ```", "\n```"),  # what would close it is indented too far
        ("```\nx\n``` py", "\n```"),
        ("<!-- x", "\n-->"),
        ("<pre>\n\nx", "\n</pre>"),
        ("<details>\nx", ""),
    ],
)
def test_what_follows_an_answer_is_no_part_of_it(text: str, ended: str) -> None:
    told = markdown(race(a_reply(text)))
    begun = told.index("complete\n\n") + len("complete\n\n")
    assert told[begun:].startswith(f"{text}{ended}\n\n| Answer |")
    headings = [token.map for token in MarkdownIt().parse(told) if token.type == "heading_open" and token.level == 0]
    after = told[: told.index("## What the numbers mean")].count("\n")
    assert [after, after + 1] in headings


def test_json_holds_every_piece_with_its_time() -> None:
    told = as_json(race(a_reply(Reasoning("Hm."), "Fine"), prompt="How are you?"), LATER)
    assert told.isascii()
    known = json.loads(told)
    assert (known["streamside"], known["version"], known["kind"]) == ("export", 1, "comparison")
    assert known["exported_at"] == LATER.isoformat()
    [reply] = known["turns"][0]["replies"]
    assert reply["arrivals"] == [{"t": 0.5, "reasoning": "Hm."}, {"t": 0.75, "text": "Fine"}]
    assert (reply["text"], reply["reasoning"], reply["state"], reply["total"]) == ("Fine", "Hm.", "done", 2.0)
    assert reply["end"]["output_tokens"] == 30
    assert reply["figures"]["ttft"] == 0.5
    assert reply["figures"]["speed"] is None  # unknown, and not 0


def test_the_figures_are_a_row_for_each_answer() -> None:
    pieces = ["five words in all here "] * 5
    talk = Conversation(
        [Turn("A", [a_reply(*pieces), a_reply("b", end=None, state="stopped")]), Turn("B", [a_reply()])]
    )
    first, second, third = rows(talk)
    assert [(row["turn"], row["lane"]) for row in (first, second, third)] == [("1", "1"), ("1", "2"), ("2", "1")]
    assert (first["first_token_s"], first["total_s"], first["output_tokens_per_s"]) == ("0.5", "2", "29")
    assert (first["output_tokens"], first["pieces"], first["characters"]) == ("30", "5", "115")
    assert (second["output_tokens"], second["output_tokens_per_s"], second["finish_reason"]) == ("", "", "")
    assert third["first_token_s"] == ""


def test_a_text_is_no_formula() -> None:
    for text in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", '=HYPERLINK("http://e")'):
        [row] = rows(race(a_reply("x", label=text, model=text), prompt=text))
        assert [row[name] for name in ("prompt", "label", "model")] == [f"'{text}"] * 3


def test_the_figures_open_in_excel_and_come_back_as_prompts() -> None:
    prompt = '日本はé？ One, "two"\nthree'
    table = figures_csv(race(a_reply("x", model="modèle"), prompt=prompt))
    assert table.encode().startswith(b"\xef\xbb\xbfkind,")  # by this mark Excel on Windows knows UTF-8
    assert uploaded(table.encode()) == (prompt,)
