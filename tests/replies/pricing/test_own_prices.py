"""The user's own prices; a cost in words, in exports and recordings, where it stays whatever the prices do."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import End
from replies.conversation import Comparison
from replies.export.formats import as_json, figures_csv, markdown
from replies.export.report import report
from replies.metrics.figures import figures
from replies.metrics.table import METRIC
from replies.pricing import lookup
from replies.pricing.costs import cost, dollars, estimate, explained, price, shown
from replies.pricing.file import PriceFileError, find, read
from replies.pricing.lookup import Used, priced
from replies.recording.replay import replay
from replies.reply import Reply
from tests.replies.conftest import OwnPrices
from tests.replies.pricing.test_pricing import NOW, OPENAI, TOLD, WATSONX, answer, reason
from tests.replies.recorded import only, written
from tests.replies.vendor import finished
from tests.support.known import known

ENTRY = 'provider = "openai"\nmodel = "gpt-4o-mini"\ninput = 1\noutput = 2.5\nas_of = 2026-11-01\n'


def row(item: Comparison) -> dict[str, str]:
    [found] = csv.DictReader(io.StringIO(figures_csv(item), newline=""))
    return found


def test_the_user_s_own_price_comes_before_all_others(own_prices: OwnPrices) -> None:
    assert "can't be read (No such file" in reason(price(answer()))  # it is named, and not there
    own_prices(f"{ENTRY}source = 'our contract'")
    told = price(answer(end=End("stop", 1_000_000, 2_000_000)))
    assert told == {
        "usd": 6.0,
        "input_usd": 1.0,
        "output_usd": 5.0,
        "input_per_million": 1.0,
        "output_per_million": 2.5,
        "model": "gpt-4o-mini",
        "as_of": "2026-11-01",
        "source": "our contract",
    }
    assert "tier flex" in reason(price(answer(end=TOLD._replace(tier="flex"))))  # it is that of the standard tier
    own_prices(ENTRY + "cached = 0.1\ncache_write = 1.25\n")  # a file that changes is read again
    mine = priced("openai", OPENAI, "gpt-4o-mini", Used(1_000_000, 0, 600_000, 200_000), NOW)
    assert mine["usd"] == pytest.approx(0.2 + 0.06 + 0.25)
    assert "$1.00 in, $0.10 from cache, $1.25 to cache and $2.50 out per million tokens" in explained(mine)
    own_prices(ENTRY.replace("= 1\n", "= 0\n").replace("2.5", "0"))
    assert shown(price(answer())) == "$0"  # free of charge by the user's own word
    assert "nothing was billed" in reason(price(answer(simulated=True)))  # a simulated one has no price at all


@pytest.mark.parametrize("provider", ["azure", "gone", "ollama"])
def test_it_prices_what_no_list_does(own_prices: OwnPrices, monkeypatch: pytest.MonkeyPatch, provider: str) -> None:
    monkeypatch.setenv("ENDPOINT_AZURE_URL", "https://me.openai.azure.com/openai/v1")
    own_prices(ENTRY.replace("openai", provider).replace("gpt-4o-mini", "*"))
    told = known(price(answer(provider, "whatever")))
    assert (told["usd"], told["source"]) == (pytest.approx(1200e-6 + 340 * 2.5e-6), "mine.toml")


@pytest.mark.parametrize(
    ("model", "fitting"),
    [("gpt-4o-mini", "gpt-4o-mini"), ("gpt-4o-mini-1", "gpt-4o*"), ("GPT-4", "gpt-*"), ("o3", "*"), ("gpt-4", "gpt-*")],
)
def test_the_longest_that_fits_is_taken(own_prices: OwnPrices, model: str, fitting: str) -> None:
    models = ("gpt-*", "gpt-4o*", "gpt-4o-mini", "*")
    entries = read(own_prices(*(ENTRY.replace("gpt-4o-mini", one) for one in models)))
    assert known(find(entries, "OpenAI", model)).model == fitting
    assert find(entries, "bedrock", model) is None


def test_what_editors_put_around_a_price_does_no_harm(own_prices: OwnPrices) -> None:
    written = ENTRY.replace('"openai"', '" openai "').replace('"gpt-4o-mini"', '" gpt-4o-mini "') + "source = ' '\n"
    path = own_prices(whole="")
    path.write_bytes(f"[[price]]\n{written}".encode("utf-16"))
    (entry,) = read(path)
    assert (entry.provider, entry.model, entry.source) == ("openai", "gpt-4o-mini", "mine.toml")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[price", "is no TOML"),
        ("price = 1", r"a line \[\[price\]\]"),
        ("[prices]\n", r"a line \[\[price\]\]"),
        (
            "[[price]]\n" + ENTRY.replace("input = 1\n", ""),
            r"price 1 \(openai / gpt-4o-mini\): 'input': Field required",
        ),
        ("[[price]]\n" + ENTRY.replace("2.5", "-2"), "'output': Input should be greater than or equal to 0"),
        ("[[price]]\n" + ENTRY.replace("2.5", "1e400"), "'output': Input should be less than or equal to 1000000"),
        ("[[price]]\n" + ENTRY + f"source = '{'x' * 301}'\n", "'source': String should have at most 300 characters"),
        ("[[price]]\n" + ENTRY.replace("2.5", "nan"), "'output': Input should be a finite number"),
        ("[[price]]\n" + ENTRY.replace("2.5", "true"), "'output': Decimal input should be"),
        ("[[price]]\n" + ENTRY.replace("2026-11-01", "'yesterday'"), "'as_of': Input should be a valid date"),
        ("[[price]]\n" + ENTRY.replace('"openai"', "3"), "'provider': Input should be a valid string"),
        ("[[price]]\n" + ENTRY.replace("4o", "*"), "'model': String should match pattern"),
        ("[[price]]\n" + ENTRY + "ouput = 3\n", "'ouput': Extra inputs are not permitted"),
        (f"[[price]]\n{ENTRY}[[price]]\n{ENTRY}", "price 2 .*is there twice"),
    ],
)
def test_a_bad_file_names_the_entry_and_stops_no_answer(own_prices: OwnPrices, text: str, problem: str) -> None:
    with pytest.raises(PriceFileError, match=f"^mine.toml.* {problem}") as raised:
        read(own_prices(whole=text))
    assert reason(price(answer())) == str(raised.value)


def test_the_file_that_ships_and_the_example_in_the_documents_can_be_read(own_prices: OwnPrices) -> None:
    entries = read(lookup.SHIPPED)
    assert {entry.provider for entry in entries} == {"watsonx"}
    assert all("https://www.ibm.com/" in entry.source and entry.input > 0 and entry.output > 0 for entry in entries)
    page = Path(__file__).parents[3] / "docs" / "figures.md"
    example = page.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]
    assert len(read(own_prices(whole=example))) == 1


@given(st.floats(1e-9, 1e5))
def test_no_amount_looks_like_0_or_is_off_by_more_than_its_last_digit(usd: float) -> None:
    assert float(dollars(usd)[1:].replace(",", "")) == pytest.approx(usd, rel=0.051)
    amounts = (0, 0.00000002, 0.000999, 0.012, 0.996, 1234.567)
    assert [dollars(each) for each in amounts] == ["$0", "$0.000000020", "$0.0010", "$0.012", "$1.00", "$1,234.57"]


def test_the_explanation_has_the_price_with_all_its_digits_its_day_and_its_source(own_prices: OwnPrices) -> None:
    own_prices(ENTRY)
    assert "$0.0636 in and $0.265 out" in explained(estimate(WATSONX, "ibm/granite-4-h-small", 1, 1, NOW))
    told = explained(price(answer()))
    assert told == "$1.00 in and $2.50 out per million tokens, as of 2026-11-01. Source: gpt-4o-mini in mine.toml."


def test_what_it_cost_stays_in_the_reply_its_recording_and_a_replay(own_prices: OwnPrices) -> None:
    reply = answer()
    told = known(cost(reply))
    file = written(reply)
    own_prices(ENTRY)
    assert cost(reply) == price(reply) == told == reply.price
    assert price(only(file)) == told
    again = finished(replay(reply))
    assert again.asked.recorded
    assert cost(again) == told


@pytest.mark.parametrize(
    "reply",
    [answer(), answer(end=End("stop", 1200, 340)), answer(model="nobody-knows-it")],
    ids=["known", "at most", "unknown"],
)
def test_every_export_tells_the_cost_its_price_and_its_reason(reply: Reply) -> None:
    item, told = Comparison.of("Why?", [reply]), known(price(reply))
    cells = row(item)
    assert json.loads(as_json(item))["turns"][0]["replies"][0]["price"] == told
    cost = {"cost_usd": "", "cost_at_most_usd": ""}
    if "usd" in told:
        cost["cost_at_most_usd" if "at_most" in told else "cost_usd"] = f"{told['usd']:.6f}"
    assert {name: cells[name] and f"{float(cells[name]):.6f}" for name in cost} == cost
    for name in ("as_of", "source", "unknown"):
        assert cells[f"price_{name}"] == told.get(name, "")
    assert (METRIC["cost"].value(figures(reply), reply) is None) == (cells["cost_usd"] == "")  # a bound is no number
    page = report(item)
    assert f"<td>{shown(told)}</td>" in page
    assert "Cost of openai" in page
    text = markdown(item)
    assert f"| {shown(told).replace('$', chr(92) + '$')} |" in text  # a dollar sign begins no formula
    assert f"- Cost of openai · {reply.asked.request.model}: " in text


def test_no_amount_becomes_0_in_a_spreadsheet(own_prices: OwnPrices) -> None:
    own_prices(ENTRY.replace("= 1\n", "= 0.01\n").replace("2.5", "0.01"))
    assert row(Comparison.of("Why?", [answer(end=End("stop", 1, 1))]))["cost_usd"] == "0.00000002"
