"""What an answer cost: by a dated price and the provider's own count; or unknown, with its reason, and never 0."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers import End, ProviderError, load
from providers.bedrock.settings import BedrockSettings
from providers.openai.settings import OpenAISettings
from providers.watsonx.settings import WatsonxSettings
from replies.conversation import Comparison, Conversation
from replies.export.formats import as_json, figures_csv, markdown
from replies.export.report import report
from replies.metrics.figures import figures
from replies.metrics.table import METRIC
from replies.pricing import costs, lookup
from replies.pricing.costs import cost, dollars, estimate, explained, price, shown
from replies.pricing.file import PriceFileError, find, read
from replies.pricing.lookup import Used, priced
from replies.recording.format import dump
from replies.recording.format import load as load_file
from replies.recording.replay import replay
from replies.reply import Chunk, Reply, State
from tests.replies.vendor import finished
from tests.store.said import asked
from tests.support.guard import guarded_environment

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 22, tzinfo=UTC)
OPENAI = OpenAISettings(name="openai", label="OpenAI")
BEDROCK = BedrockSettings(name="bedrock", label="AWS Bedrock", region="us-east-1")
WATSONX = WatsonxSettings(name="watsonx", label="IBM watsonx.ai")
DEEPSEEK = OpenAISettings(name="deepseek", label="DeepSeek", base_url="https://api.deepseek.com/v1")
EVERY = (OPENAI, BEDROCK, WATSONX)
ENTRY = 'provider = "openai"\nmodel = "gpt-4o-mini"\ninput = 1\noutput = 2.5\nas_of = 2026-11-01\n'
TOLD = End("stop", 1200, 340, cached_tokens=0)
Own = Callable[[str], Path]


@pytest.fixture(autouse=True)
def nobodys_prices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "OWN", tmp_path / "none" / "prices.toml")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Own:
    """Writes the user's own file."""
    file = tmp_path / "mine.toml"
    monkeypatch.setenv("STREAMSIDE_PRICES", str(file))

    def write(text: str) -> Path:
        file.write_text(text, encoding="utf-8")
        return file

    return write


def answer(
    provider: str = "openai",
    model: str = "gpt-4o-mini",
    *,
    end: End | None = TOLD,
    state: State = "done",
    simulated: bool = False,
    recorded: datetime | None = None,
    **more: Any,
) -> Reply:
    who = asked(provider=provider, label=provider, model=model, simulated=simulated, recorded=recorded)
    given: dict[str, Any] = {"total": 1.5, "asked_at": NOW, "is_local": True} | more
    return Reply(who, state=state, chunks=[Chunk(0.5, "So.")], end=end, **given)


def reason(told: dict[str, Any] | None) -> str:
    """Why it is unknown; there is nothing else then."""
    assert told is not None
    assert list(told) == ["unknown"]
    return str(told["unknown"])


# Known


@pytest.mark.parametrize(
    ("whose", "model"),
    [
        (OPENAI, "gpt-4o-mini"),
        (OPENAI, "gpt-4.1-mini"),
        (OPENAI, "gpt-5"),
        (OPENAI, "gpt-5.1"),
        (OPENAI, "gpt-5.5"),
        (OPENAI, "gpt-5-mini-2025-08-07"),
        (BEDROCK, "amazon.nova-lite-v1:0"),
        (BEDROCK, "us.amazon.nova-2-lite-v1:0"),
        (BEDROCK, "meta.llama3-3-70b-instruct-v1:0"),
        (BEDROCK, "openai.gpt-oss-120b-1:0"),
        (BEDROCK, "global.anthropic.claude-haiku-4-5-20251001-v1:0"),
        (WATSONX, "ibm/granite-4-h-small"),
        (WATSONX, "openai/gpt-oss-120b"),
    ],
)
def test_the_cost_is_tokens_times_the_price_per_million(whose: Any, model: str) -> None:
    told = estimate(whose, model, 1200, 340, NOW)
    assert told["input_usd"] == pytest.approx(told["input_per_million"] * 1200 / 1e6)
    assert told["output_usd"] == pytest.approx(told["output_per_million"] * 340 / 1e6)
    assert told["usd"] == pytest.approx(told["input_usd"] + told["output_usd"])
    assert told["usd"] > 0
    assert date(2025, 1, 1) < date.fromisoformat(told["as_of"])
    assert told["model"]
    assert told["source"]
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_an_answer_is_priced_by_what_its_provider_counted() -> None:
    told = price(answer(end=End("stop", 1000, 500, reasoning_tokens=400)))
    assert told == estimate(OPENAI, "gpt-4o-mini", 1000, 500, NOW)  # output holds the reasoning already


@pytest.mark.parametrize(
    ("tier", "served", "left_out", "factor"),
    [
        ("flex", "flex", (), 0.5),
        ("flex", None, (), 0.5),
        ("fast", "priority", (), 2.5),
        ("priority", "default", (), 1),
        ("flex", None, ("tier",), 1),
        (None, "flex", (), 0.5),
        ("auto", None, (), 1),
        (None, "on_demand", (), 1),  # as Groq says of every answer
    ],
)
def test_the_price_is_that_of_the_tier_that_served_it(
    tier: str | None, served: str | None, left_out: tuple[str, ...], factor: float
) -> None:
    given = answer(model="gpt-5.5", end=End("stop", 1000, 500, tier=served), left_out=left_out)
    given.asked = asked(model="gpt-5.5", tier=tier)
    told, standard = price(given), estimate(OPENAI, "gpt-5.5", 1000, 500, NOW)
    assert told is not None
    assert told["usd"] == pytest.approx(standard["usd"] * factor)
    assert ("price of tier" in explained(told)) == (factor != 1)


@pytest.mark.parametrize(
    ("provider", "model", "end", "why"),
    [
        ("openai", "gpt-4o-mini", End("stop", 10, 5, tier="scale"), "tier scale"),
        ("bedrock", "amazon.nova-lite-v1:0", End("stop", 10, 5, tier="priority"), "tier priority"),
        ("bedrock", "amazon.nova-lite-v1:0", End("stop", 10, 5, latency="optimized"), "latency optimized"),
    ],
)
def test_a_tier_without_a_price_has_an_unknown_cost(provider: str, model: str, end: End, why: str) -> None:
    assert f"no price of {model} by {why}" in reason(price(answer(provider, model, end=end)))


def test_a_price_of_one_s_own_is_that_of_the_standard_tier(own: Own) -> None:
    own(f"[[price]]\n{ENTRY}")
    assert price(answer()) != price(answer(end=TOLD._replace(tier="flex")))
    assert "tier flex" in reason(price(answer(end=TOLD._replace(tier="flex"))))


def test_a_price_in_steps_is_that_of_the_request_s_size() -> None:
    small, large = (estimate(OPENAI, "gpt-5.5", tokens, 100, NOW) for tokens in (1_000, 900_000))
    assert "above_input_tokens" not in small
    assert 1_000 < large["above_input_tokens"] < 900_000
    assert large["input_per_million"] > small["input_per_million"]
    assert large["input_usd"] == pytest.approx(large["input_per_million"] * 0.9)
    assert f"above {large['above_input_tokens']:,} input tokens" in explained(large)


# (whose, model, all input, what a cache had, what it took, output, dollars), each added up by hand.
WORKED = [
    # $0.75 in, $0.075 cached, $4.50 out: developers.openai.com/api/docs/pricing
    (OPENAI, "gpt-5.4-mini", 100_000, 80_000, 0, 10_000, 0.015 + 0.006 + 0.045),
    # $4 in, $0.40 cached, $5 written, $20 out, since 2026-08-21: developers.openai.com/api/docs/models/gpt-5.6-sol
    (OPENAI, "gpt-5.6-sol", 100_000, 50_000, 30_000, 10_000, 0.08 + 0.02 + 0.15 + 0.20),
    # From 272,000 tokens of input on, all of it at twice these, and output at 1.5 times.
    (OPENAI, "gpt-5.6-sol", 300_000, 200_000, 50_000, 10_000, 0.40 + 0.16 + 0.50 + 0.30),
    # $1 in, $0.10 cached, $1.25 written, $5 out: aws.amazon.com/bedrock/pricing; in a region, 10 % more
    (BEDROCK, "global.anthropic.claude-haiku-4-5-20251001-v1:0", 100_000, 60_000, 30_000, 10_000,
     0.01 + 0.006 + 0.0375 + 0.05),
    (BEDROCK, "us.anthropic.claude-haiku-4-5-20251001-v1:0", 100_000, 60_000, 30_000, 10_000,
     0.011 + 0.0066 + 0.04125 + 0.055),
    # $0.30 in, $0.075 cached, $2.50 out: aws.amazon.com/bedrock/pricing
    (BEDROCK, "global.amazon.nova-2-lite-v1:0", 100_000, 90_000, 0, 10_000, 0.003 + 0.00675 + 0.025),
    # $0.15 in, $0.003 cached, $0.60 out, off-peak: api-docs.deepseek.com/quick_start/pricing
    (DEEPSEEK, "deepseek-v4-flash", 100_000, 90_000, None, 10_000, 0.0015 + 0.00027 + 0.006),
    # $0.0636 in, $0.265 out; of a cache IBM says nothing: ibm.com/products/watsonx-ai/pricing
    (WATSONX, "ibm/granite-4-h-small", 100_000, None, None, 10_000, 0.00636 + 0.00265),
]  # fmt: skip


@pytest.mark.parametrize(("whose", "model", "read", "cached", "written", "made", "dollars"), WORKED)
def test_what_a_cache_had_and_took_is_paid_by_the_list_s_own_rates(
    whose: Any, model: str, read: int, cached: int | None, written: int | None, made: int, dollars: float
) -> None:
    told = priced(whose.name, whose, model, Used(read, made, cached, written), NOW)
    assert told["usd"] == pytest.approx(dollars, abs=1e-9)
    assert "at_most" not in told
    assert told["usd"] == pytest.approx(told["input_usd"] + told["output_usd"])
    assert "At most" not in explained(told)


@pytest.mark.parametrize(("whose", "model", "read", "cached", "written", "made", "dollars"), WORKED[:-1])
def test_genai_prices_adds_it_up_to_the_same(
    whose: Any, model: str, read: int, cached: int, written: int | None, made: int, dollars: float
) -> None:
    import genai_prices

    used = genai_prices.Usage(
        input_tokens=read, output_tokens=made, cache_read_tokens=cached, cache_write_tokens=written or 0
    )
    provider = whose.price_key(model).provider
    theirs = genai_prices.calc_price(used, model, provider_id=provider, genai_request_timestamp=NOW)
    assert float(theirs.total_price) == pytest.approx(dollars, abs=1e-9)


@pytest.mark.parametrize(
    ("whose", "model", "cached", "written", "dollars", "why"),
    [
        # There is a discount, and nobody said how much of the input had it.
        (OPENAI, "gpt-5.4-mini", None, None, 0.075 + 0.045, "did not say how much"),
        # What was read is known; the rest may all have been written, which costs more.
        (OPENAI, "gpt-5.6-sol", 50_000, None, 0.02 + 0.25 + 0.2, "counts as written"),
        (OPENAI, "gpt-5.6-sol", None, None, 0.5 + 0.2, "counts as written"),
        # There is no rate for what was read.
        (
            BEDROCK,
            "us.meta.llama3-3-70b-instruct-v1:0",
            80_000,
            None,
            0.072 + 0.0072,
            "no price for input from a cache",
        ),
        (WATSONX, "ibm/granite-4-h-small", 80_000, None, 0.00636 + 0.00265, "no price for input from a cache"),
    ],
)
def test_where_a_count_or_a_rate_is_missing_the_cost_is_at_most(
    whose: Any, model: str, cached: int | None, written: int | None, dollars: float, why: str
) -> None:
    told = priced(whose.name, whose, model, Used(100_000, 10_000, cached, written), NOW)
    assert (told["usd"], told["at_most"]) == (pytest.approx(dollars, abs=1e-9), True)
    assert shown(told).startswith("at most $")
    assert why in explained(told)
    assert costs.exact(told) is None


def test_what_was_written_without_a_rate_for_it_has_no_bound() -> None:
    model = "us.amazon.nova-2-lite-v1:0"
    told = priced("bedrock", BEDROCK, model, Used(100_000, 10_000, 0, 80_000), NOW)
    assert "no price of regional.amazon.nova-2-lite-v1:0 for input that is written" in reason(told)


def test_where_a_vendor_caches_only_what_is_marked_nothing_else_is_in_doubt() -> None:
    model = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
    plain, marked = (priced("bedrock", BEDROCK, model, Used(1000, 10, marked=marked), NOW) for marked in (False, True))
    assert ("at_most" in plain, "at_most" in marked) == (False, True)


def test_the_user_s_own_file_may_have_rates_for_caches(own: Own) -> None:
    own("[[price]]\n" + ENTRY + "cached = 0.1\ncache_write = 1.25\n")
    mine = priced("openai", OPENAI, "gpt-4o-mini", Used(1_000_000, 0, 600_000, 200_000), NOW)
    assert mine["usd"] == pytest.approx(0.2 + 0.06 + 0.25)
    assert "$1.00 in, $0.10 from cache, $1.25 to cache and $2.50 out per million tokens" in explained(mine)


def test_a_bound_is_no_number_in_tables_and_charts() -> None:
    item = Comparison.of("Why?", [answer(end=End("stop", 1200, 340))])
    told = cost(item.replies[0])
    assert told is not None
    [row] = csv.DictReader(io.StringIO(figures_csv(item), newline=""))
    assert row["cost_usd"] == ""
    assert float(row["cost_at_most_usd"]) == pytest.approx(told["usd"])
    assert f"<td>{shown(told)}</td>" in report(item)
    assert METRIC["cost"].value(figures(item.replies[0]), item.replies[0]) is None
    loaded = load_file("".join(dump(item.replies)).encode())
    assert isinstance(loaded[0], Conversation)
    assert price(loaded[0].turns[0].reply) == item.replies[0].price


def test_an_old_answer_has_the_price_of_its_day() -> None:
    from genai_prices.data import providers
    from genai_prices.types import StartDateConstraint

    changed = {
        model.id: rule.constraint.start_date
        for provider in providers
        if provider.id == "aws"
        for model in provider.models
        if isinstance(model.prices, list)
        for rule in model.prices
        if isinstance(rule.constraint, StartDateConstraint) and model.id.startswith("global.")
    }
    model, day = next(iter(changed.items()))
    before = estimate(BEDROCK, model, 1000, 1000, datetime(day.year - 1, 1, 1, tzinfo=UTC))
    after = estimate(BEDROCK, model, 1000, 1000, datetime(day.year + 1, 1, 1, tzinfo=UTC))
    assert before["usd"] != after["usd"]


# Bedrock


def test_an_inference_profile_has_its_own_price() -> None:
    model = "anthropic.claude-haiku-4-5-20251001-v1:0"
    everywhere, here = (estimate(BEDROCK, f"{where}.{model}", 1000, 1000, NOW) for where in ("global", "us"))
    assert here["usd"] > everywhere["usd"]
    assert "note" not in here


def test_an_arn_is_priced_where_it_names_the_model() -> None:
    model = "us.amazon.nova-2-lite-v1:0"
    arn = f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/{model}"
    assert estimate(BEDROCK, arn, 1000, 1000, NOW) == estimate(BEDROCK, model, 1000, 1000, NOW)


@pytest.mark.parametrize(
    "model",
    [
        "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/amazon.nova-lite-v1:0",  # billed by the hour
        "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc",
        "us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0",
    ],
)
def test_what_bedrock_bills_otherwise_is_unknown(model: str) -> None:
    assert "no price list" in reason(estimate(BEDROCK, model, 1000, 1000, NOW))


def test_another_region_s_price_says_whose_it_is() -> None:
    abroad = BedrockSettings(name="bedrock", label="AWS Bedrock", region="sa-east-1")
    assert "differ by region" in explained(estimate(abroad, "amazon.nova-lite-v1:0", 1000, 1000, NOW))


# Unknown, and why

COUNTLESS = End("stop")


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (answer(simulated=True), "nothing was billed"),
        (answer(simulated=True, recorded=NOW), "nothing was billed"),
        (answer(recorded=NOW), "without its price"),
        (answer(end=COUNTLESS), "did not say how many"),
        (answer(end=End("stop", 10, None)), "did not say how many"),
        (answer(end=End("stop", 0, 0)), "did not say how many"),
        (answer(end=None, state="stopped"), "stopped before"),
        (answer(end=None, state="interrupted"), "broke off before"),
        (answer(end=None, state="failed", error=ProviderError("auth", "No.")), "failed before"),
        (answer(end=None, state="failed", total=None), "never sent"),
        (answer(model="nobody-knows-it"), "nobody-knows-it is not in the price list"),
        (answer(model="text-embedding-3-small"), "no price of it per token"),
        (answer(provider="gone"), "not configured here"),
        (answer(provider="ollama", model="llama3.2"), "your own machine"),
        (answer(provider="lmstudio", model="llama3.2", end=COUNTLESS), "your own machine"),
        (answer(provider="watsonx", model="meta-llama/llama-3-3-70b-instruct"), "knows no price of"),
    ],
)
def test_what_is_not_known_is_unknown_with_its_reason(reply: Reply, why: str) -> None:
    assert why in reason(price(reply))
    assert shown(price(reply)) == "–"
    assert explained(price(reply)) == reason(price(reply))


def test_an_answer_kept_without_its_price_stays_without() -> None:
    assert "kept without" in reason(price(answer(is_local=False)))


def test_an_answer_in_progress_has_no_cost_yet() -> None:
    reply = Reply(answer().asked)
    assert price(reply) is None
    assert cost(reply) is None
    assert reply.price is None
    assert (shown(None), explained(None)) == ("–", "Known when the answer is over.")


@pytest.mark.parametrize(
    ("url", "model", "known"),
    [
        ("https://api.groq.com/openai/v1", "llama-3.3-70b-versatile", True),
        ("https://openrouter.ai/api/v1", "openai/gpt-4o-mini", True),
        ("https://openrouter.ai/api/v1", "meta-llama/llama-3.3-70b-instruct:free", False),
        ("https://api.groq.com.example.com/v1", "llama-3.3-70b-versatile", False),
        ("https://llm.example.com/v1", "gpt-4o-mini", False),
        ("https://eu.api.openai.com/v1", "gpt-4o-mini", False),
        ("https://me.openai.azure.com/openai/v1", "gpt-4o-mini", False),
        ("http://127.0.0.1:8000/v1", "gpt-4o-mini", False),
    ],
)
@pytest.mark.parametrize("variable", ["OPENAI_BASE_URL", "ENDPOINT_GROQ_URL"])
def test_the_price_list_is_that_of_the_host_that_was_asked(
    monkeypatch: pytest.MonkeyPatch, variable: str, url: str, model: str, known: bool
) -> None:
    monkeypatch.setenv(variable, url)
    told = price(answer("openai" if variable.startswith("OPENAI") else "groq", model))
    assert told is not None
    assert ("usd" in told) == known


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"url": "https://cpd.example.com", "version": "5.0"}, "cluster of one's own"),
        ({"url": "https://ap-south-1.aws.wxai.ibm.com"}, "knows no price"),
    ],
)
def test_watsonx_elsewhere_than_in_ibm_s_cloud_has_another_list(more: dict[str, str], why: str) -> None:
    there = WatsonxSettings(name="watsonx", label="IBM watsonx.ai", **more)  # type: ignore[arg-type]
    assert why in reason(estimate(there, "ibm/granite-4-h-small", 10, 10, NOW))


def test_a_price_list_that_fails_takes_no_answer_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    assert "genai-prices failed" in reason(price(answer()))


def test_a_configuration_with_a_slip_takes_no_answer_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "nonsense")
    assert "not configured" in reason(price(answer()))


MODELS = st.text(max_size=40) | st.sampled_from(
    ["gpt-4o-mini", "openai/gpt-oss-120b", "amazon.nova-lite-v1:0", "gpt-*"]
)


@settings(max_examples=60, deadline=None)
@given(whose=st.sampled_from(EVERY), model=MODELS, read=st.integers(1, 10**7), written=st.integers(0, 10**6))
def test_a_cost_is_never_0_because_it_is_unknown(whose: Any, model: str, read: int, written: int) -> None:
    told = estimate(whose, model, read, written, NOW)
    assert ("unknown" in told) != ("usd" in told)
    assert told.get("usd", 1) > 0
    assert told.get("unknown", "why") != ""
    assert shown(told) == "–" if "unknown" in told else set(shown(told)) & set("123456789")


# The user's own prices


def test_the_user_s_own_price_comes_before_all_others(own: Own) -> None:
    own(f"[[price]]\n{ENTRY}source = 'our contract'\n")
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


@pytest.mark.parametrize("provider", ["azure", "vllm", "gone", "ollama"])
def test_it_prices_what_no_list_does(own: Own, monkeypatch: pytest.MonkeyPatch, provider: str) -> None:
    monkeypatch.setenv("ENDPOINT_AZURE_URL", "https://me.openai.azure.com/openai/v1")
    monkeypatch.setenv("ENDPOINT_VLLM_URL", "http://localhost:8000/v1")
    own("[[price]]\n" + ENTRY.replace("openai", provider).replace("gpt-4o-mini", "*"))
    told = price(answer(provider, "whatever"))
    assert told is not None
    assert (told["usd"], told["source"]) == (pytest.approx(1200e-6 + 340 * 2.5e-6), "mine.toml")


def test_what_is_free_of_charge_by_the_user_s_own_word_is_0(own: Own) -> None:
    own("[[price]]\n" + ENTRY.replace("= 1\n", "= 0\n").replace("2.5", "0"))
    assert shown(price(answer())) == "$0"


def test_a_simulated_answer_costs_nothing_by_the_user_s_own_price_either(own: Own) -> None:
    own(f"[[price]]\n{ENTRY}")
    assert "nothing was billed" in reason(price(answer(simulated=True)))


@pytest.mark.parametrize(
    ("model", "fitting"),
    [("gpt-4o-mini", "gpt-4o-mini"), ("gpt-4o-mini-1", "gpt-4o*"), ("GPT-4", "gpt-*"), ("o3", "*"), ("gpt-4", "gpt-*")],
)
def test_the_longest_that_fits_is_taken(own: Own, model: str, fitting: str) -> None:
    models = ("gpt-*", "gpt-4o*", "gpt-4o-mini", "*")
    entries = read(own("".join("[[price]]\n" + ENTRY.replace("gpt-4o-mini", one) for one in models)))
    entry = find(entries, "OpenAI", model)
    assert entry is not None
    assert entry.model == fitting
    assert find(entries, "bedrock", model) is None


def test_a_file_that_changes_is_read_again(own: Own) -> None:
    own(f"[[price]]\n{ENTRY}")
    first = price(answer())
    own(f"[[price]]\n{ENTRY.replace('2.5', '25.75')}")
    assert first is not None
    assert first["output_per_million"] == 2.5
    assert (price(answer()) or {})["output_per_million"] == 25.75


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[price", "is no TOML"),
        ("price = 1", r"a line \[\[price\]\]"),
        ("[prices]\n", r"a line \[\[price\]\]"),
        ("[[price]]\n" + ENTRY.replace("input = 1\n", ""), r"price 1 \(openai / gpt-4o-mini\): 'input' is missing"),
        ("[[price]]\n" + ENTRY.replace("= 1\n", '= "1"\n'), "'input' is 1; it must be a number"),
        ("[[price]]\n" + ENTRY.replace("2.5", "-2"), "'output' is -2; it must be"),
        ("[[price]]\n" + ENTRY.replace("2.5", "nan"), "'output' is NaN; it must be"),
        ("[[price]]\n" + ENTRY.replace("2.5", "true"), "'output' is True; it must be"),
        ("[[price]]\n" + ENTRY.replace("2026-11-01", "'yesterday'"), "'as_of' is yesterday; it must be a day"),
        ("[[price]]\n" + ENTRY.replace('"openai"', "3"), "'provider' must be a text"),
        ("[[price]]\n" + ENTRY.replace("4o", "*"), r"a \* at its end only"),
        ("[[price]]\n" + ENTRY + "ouput = 3\n", "there is no 'ouput'"),
        (f"[[price]]\n{ENTRY}[[price]]\n{ENTRY}", "price 2 .*is there twice"),
    ],
)
def test_a_bad_file_names_the_entry_and_stops_no_answer(own: Own, text: str, problem: str) -> None:
    file = own(text)
    with pytest.raises(PriceFileError, match=problem) as raised:
        read(file)
    assert reason(price(answer())) == str(raised.value)
    assert str(raised.value).startswith("mine.toml")


def test_a_file_that_is_named_and_not_there_is_told(own: Own, tmp_path: Path) -> None:
    assert "can't be read (No such file" in reason(price(answer()))


def test_the_file_that_ships_can_be_read_and_says_where_it_has_it_from() -> None:
    entries = read(lookup.SHIPPED)
    assert {entry.provider for entry in entries} == {"watsonx"}
    assert all("https://www.ibm.com/" in entry.source and entry.input > 0 and entry.output > 0 for entry in entries)


def test_the_example_in_the_documents_can_be_read(own: Own) -> None:
    example = (ROOT / "docs" / "figures.md").read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]
    assert len(read(own(example))) == 1


# In words


@pytest.mark.parametrize(
    ("usd", "told"),
    [
        (0, "$0"), (0.00000002, "$0.000000020"), (0.00042, "$0.00042"), (0.000999, "$0.0010"), (0.012, "$0.012"),
        (0.996, "$1.00"), (0.25, "$0.25"), (1, "$1.00"), (1234.567, "$1,234.57"),
    ],
)  # fmt: skip
def test_small_amounts_have_two_significant_digits(usd: float, told: str) -> None:
    assert dollars(usd) == told


@given(st.floats(1e-9, 1e5))
def test_no_amount_looks_like_0_or_is_off_by_more_than_its_last_digit(usd: float) -> None:
    assert float(dollars(usd)[1:].replace(",", "")) == pytest.approx(usd, rel=0.051)


def test_the_explanation_has_the_price_its_day_and_its_source(own: Own) -> None:
    own(f"[[price]]\n{ENTRY}")
    told = explained(price(answer()))
    assert told == "$1.00 in and $2.50 out per million tokens, as of 2026-11-01. Source: gpt-4o-mini in mine.toml."


def test_a_price_that_has_many_digits_shows_them_all() -> None:
    assert "$0.0636 in and $0.265 out" in explained(estimate(WATSONX, "ibm/granite-4-h-small", 1, 1, NOW))


# Kept


def test_what_it_cost_stays_whatever_the_prices_do(own: Own) -> None:
    reply = answer()
    first = cost(reply)
    own("[[price]]\n" + ENTRY)
    assert cost(reply) == price(reply) == first == reply.price


def test_a_recording_carries_the_price_and_a_replay_keeps_it(own: Own) -> None:
    original = answer()
    told = cost(original)
    assert json.loads("".join(dump([original])).splitlines()[0])["price"] == told
    own("[[price]]\n" + ENTRY)
    again = finished(replay(original))
    assert again.asked.recorded
    assert cost(again) == told


@pytest.mark.parametrize("name", ["gpt-4o-mini", "nobody-knows-it"])
def test_every_export_tells_the_cost_its_price_and_its_reason(name: str) -> None:
    item = Comparison.of("Why?", [answer(model=name)])
    told = price(answer(model=name))
    assert told is not None
    [row] = csv.DictReader(io.StringIO(figures_csv(item), newline=""))
    assert json.loads(as_json(item))["turns"][0]["replies"][0]["price"] == told
    if "unknown" in told:
        assert (row["cost_usd"], row["price_input_per_million"]) == ("", "")
        assert row["price_unknown"] == told["unknown"]
    else:
        assert float(row["cost_usd"]) == pytest.approx(told["usd"])
        assert (row["price_as_of"], row["price_source"]) == (told["as_of"], told["source"])
        assert row["price_unknown"] == ""
    page = report(item)
    assert f"<td>{shown(told)}</td>" in page
    assert "Cost of openai" in page
    text = markdown(item)
    assert f"| {shown(told).replace('$', chr(92) + '$')} |" in text  # a dollar sign begins no formula
    assert f"- Cost of openai · {name}: " in text


def test_no_amount_becomes_0_in_a_spreadsheet(own: Own) -> None:
    own("[[price]]\n" + ENTRY.replace("= 1\n", "= 0.01\n").replace("2.5", "0.01"))
    item = Comparison.of("Why?", [answer(end=End("stop", 1, 1))])
    [row] = csv.DictReader(io.StringIO(figures_csv(item), newline=""))
    assert row["cost_usd"] == "0.00000002"


# Not on the clock of an answer


def test_the_price_data_is_loaded_only_where_it_is_needed() -> None:
    program = (
        "import sys\n"
        "from tests.replies.test_pricing import answer\n"
        "from replies.pricing.costs import price\n"
        "from replies.pricing.lookup import prepare\n"
        "price(answer(simulated=True)), price(answer(end=None, state='stopped'))\n"
        "assert 'genai_prices' not in sys.modules\n"
        "prepare()\n"
        "assert 'genai_prices' in sys.modules\n"
    )
    child = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=guarded_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr


def test_every_provider_that_is_configured_can_be_asked_for_its_price() -> None:
    for whose in load({"ENDPOINT_X_URL": "https://x.example.com/v1"}).values():
        assert estimate(whose, whose.model, 1000, 1000, NOW)


def test_the_simulator_s_price_is_not_that_of_whom_it_plays() -> None:
    assert "nothing was billed" in reason(
        estimate(OpenAISettings(name="openai", label="", simulated=True), "gpt-5", 1, 1)
    )
    assert costs.SIMULATED == "Simulated: nothing was billed."
