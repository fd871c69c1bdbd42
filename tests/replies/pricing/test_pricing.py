"""What an answer cost: by a dated price and the provider's own count; or unknown, with its reason, and never 0."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers import End, ProviderError
from providers.bedrock.settings import BedrockSettings
from providers.openai.settings import OpenAISettings
from providers.watsonx.settings import WatsonxSettings
from replies.pricing import costs
from replies.pricing.costs import cost, estimate, explained, price, shown
from replies.pricing.lookup import Used, priced
from replies.reply import Reply
from tests.store.said import answered, asked
from tests.support.guard import guarded_environment
from tests.support.known import known

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 22, tzinfo=UTC)
OPENAI = OpenAISettings(name="openai", label="OpenAI")
BEDROCK = BedrockSettings(name="bedrock", label="AWS Bedrock", region="us-east-1")
WATSONX = WatsonxSettings(name="watsonx", label="IBM watsonx.ai")
DEEPSEEK = OpenAISettings(name="deepseek", label="DeepSeek", base_url="https://api.deepseek.com/v1")
EVERY = (OPENAI, BEDROCK, WATSONX)
HAIKU = "global.anthropic.claude-haiku-4-5-20251001-v1:0"
TOLD = End("stop", 1200, 340, cached_tokens=0)


def answer(provider: str = "openai", model: str = "gpt-4o-mini", **more: Any) -> Reply:
    origin = {name: more.pop(name, False) for name in ("simulated", "recorded")}
    who = asked(provider=provider, label=provider, model=model, **origin)
    given: dict[str, Any] = {"end": TOLD, "is_local": True} | more
    reply = answered(who=who, **given)
    reply.asked_at = NOW
    return reply


def reason(told: dict[str, Any] | None) -> str:
    """Why it is unknown; there is nothing else then."""
    assert list(known(told)) == ["unknown"]
    return str(known(told)["unknown"])


MODELS = [
    *((OPENAI, model) for model in ("gpt-4o-mini", "gpt-5-mini-2025-08-07")),
    *((BEDROCK, model) for model in ("us.amazon.nova-2-lite-v1:0", "openai.gpt-oss-120b-1:0", HAIKU)),
    (WATSONX, "openai/gpt-oss-120b"),
]


@pytest.mark.parametrize(("whose", "model"), MODELS)
def test_the_cost_is_tokens_times_the_price_per_million(whose: Any, model: str) -> None:
    told = estimate(whose, model, 1200, 340, NOW)
    reasoned = price(answer(whose.name, model, end=TOLD._replace(reasoning_tokens=300)))
    assert known(reasoned)["usd"] == told["usd"]  # output holds the reasoning already
    assert told["input_usd"] == pytest.approx(told["input_per_million"] * 1200 / 1e6)
    assert told["output_usd"] == pytest.approx(told["output_per_million"] * 340 / 1e6)
    assert told["usd"] == pytest.approx(told["input_usd"] + told["output_usd"])
    assert told["usd"] > 0
    assert date(2025, 1, 1) < date.fromisoformat(told["as_of"])
    assert told["model"]
    assert told["source"]
    assert json.loads(json.dumps(told, allow_nan=False)) == told


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
def test_the_price_is_that_of_the_tier(
    tier: str | None, served: str | None, left_out: tuple[str, ...], factor: float
) -> None:
    given = answer(model="gpt-5.5", end=End("stop", 1000, 500, tier=served), left_out=left_out)
    given.asked = asked(model="gpt-5.5", tier=tier)
    told, standard = known(price(given)), estimate(OPENAI, "gpt-5.5", 1000, 500, NOW)
    assert told["usd"] == pytest.approx(standard["usd"] * factor)
    assert ("price of tier" in explained(told)) == (factor != 1)


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
    (BEDROCK, HAIKU, 100_000, 60_000, 30_000, 10_000,
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
    import genai_prices

    told = priced(whose.name, whose, model, Used(read, made, cached, written), NOW)
    assert told["usd"] == pytest.approx(dollars, abs=1e-9)
    assert "at_most" not in told
    assert told["usd"] == pytest.approx(told["input_usd"] + told["output_usd"])
    assert "At most" not in explained(told)
    if whose is not WATSONX:  # whose prices are none of theirs
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


def test_where_a_vendor_caches_only_what_is_marked_nothing_else_is_in_doubt() -> None:
    model = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
    plain, marked = (priced("bedrock", BEDROCK, model, Used(1000, 10, marked=marked), NOW) for marked in (False, True))
    assert ("at_most" in plain, "at_most" in marked) == (False, True)


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


def test_an_inference_profile_has_its_own_price_also_where_an_arn_names_it() -> None:
    here = HAIKU.replace("global", "us")
    dear, cheap = (estimate(BEDROCK, model, 1000, 1000, NOW) for model in (here, HAIKU))
    assert dear["usd"] > cheap["usd"]
    assert "note" not in dear
    arn = f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/{here}"
    assert estimate(BEDROCK, arn, 1000, 1000, NOW) == dear
    abroad = BedrockSettings(name="bedrock", label="AWS Bedrock", region="sa-east-1")
    assert "differ by region" in explained(estimate(abroad, "amazon.nova-lite-v1:0", 1000, 1000, NOW))


COUNTLESS = End("stop")
NOVA = "us.amazon.nova-2-lite-v1:0"
ARN = "arn:aws:bedrock:us-east-1:123456789012"
SIMULATED = OpenAISettings(name="openai", label="", simulated=True)
CLUSTER = WatsonxSettings(name="watsonx", label="", url="https://cpd.example.com", version="5.0")
INDIA = WatsonxSettings(name="watsonx", label="", url="https://ap-south-1.aws.wxai.ibm.com")


@pytest.mark.parametrize(
    ("whose", "model", "why"),
    [
        (BEDROCK, f"{ARN}:provisioned-model/amazon.nova-lite-v1:0", "no price list"),  # billed by the hour
        (BEDROCK, f"{ARN}:application-inference-profile/abc", "no price list"),
        (BEDROCK, "us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0", "no price list"),
        (CLUSTER, "ibm/granite-4-h-small", "cluster of one's own"),
        (INDIA, "ibm/granite-4-h-small", "knows no price"),
        (SIMULATED, "gpt-5", "Simulated: nothing was billed."),
    ],
)
def test_what_is_billed_by_no_list_is_unknown(whose: Any, model: str, why: str) -> None:
    assert why in reason(estimate(whose, model, 10, 10, NOW))


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (answer(simulated=True), "nothing was billed"),
        (answer(recorded=True), "without its price"),
        (answer(is_local=False), "kept without"),
        (answer(end=COUNTLESS), "did not say how many"),
        (answer(end=End("stop", 10, None)), "did not say how many"),
        (answer(end=End("stop", 10, 5, tier="scale")), "no price of gpt-4o-mini by tier scale"),
        (answer("bedrock", NOVA, end=End("stop", 10, 5, latency="optimized")), "by latency optimized"),
        (
            answer("bedrock", NOVA, end=End("stop", 10, 5, None, cached_tokens=0, cache_write_tokens=8)),
            "no price of regional.amazon.nova-2-lite-v1:0 for input that is written",
        ),
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


def test_an_answer_in_progress_has_no_cost_yet() -> None:
    reply = Reply(answer().asked)
    assert price(reply) is cost(reply) is reply.price is None
    assert (shown(None), explained(None)) == ("–", "Known when the answer is over.")


@pytest.mark.parametrize(
    ("url", "model", "has_price"),
    [
        ("https://api.groq.com/openai/v1", "llama-3.3-70b-versatile", True),
        ("https://openrouter.ai/api/v1", "openai/gpt-4o-mini", True),
        ("https://openrouter.ai/api/v1", "meta-llama/llama-3.3-70b-instruct:free", False),
        ("https://api.groq.com.example.com/v1", "llama-3.3-70b-versatile", False),
        ("https://eu.api.openai.com/v1", "gpt-4o-mini", False),
        ("https://me.openai.azure.com/openai/v1", "gpt-4o-mini", False),
        ("http://127.0.0.1:8000/v1", "gpt-4o-mini", False),
    ],
)
def test_the_price_list_is_that_of_the_host(
    monkeypatch: pytest.MonkeyPatch, url: str, model: str, has_price: bool
) -> None:
    for variable, provider in (("OPENAI_BASE_URL", "openai"), ("ENDPOINT_GROQ_URL", "groq")):
        monkeypatch.setenv(variable, url)
        assert ("usd" in known(price(answer(provider, model)))) == has_price


def test_a_price_list_or_a_configuration_that_fails_takes_no_answer_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setitem(sys.modules, "genai_prices", None)
        assert "genai-prices failed" in reason(price(answer()))
    monkeypatch.setenv("OPENAI_BASE_URL", "nonsense")
    assert "not configured" in reason(price(answer()))


@settings(max_examples=60)
@given(
    whose=st.sampled_from(EVERY),
    model=st.text(max_size=40) | st.sampled_from(["gpt-*", *(model for _, model in MODELS)]),
    read=st.integers(1, 10**7),
    written=st.integers(0, 10**6),
)
def test_a_cost_is_never_0_because_it_is_unknown(whose: Any, model: str, read: int, written: int) -> None:
    told = estimate(whose, model, read, written, NOW)
    assert ("unknown" in told) != ("usd" in told)
    assert told.get("usd", 1) > 0
    assert told.get("unknown", "why") != ""
    assert shown(told) == "–" if "unknown" in told else set(shown(told)) & set("123456789")


def test_the_price_data_is_loaded_only_where_it_is_needed() -> None:
    program = (
        "import sys\n"
        "from tests.replies.pricing.test_pricing import answer\n"
        "from replies.pricing.costs import price\n"
        "from replies.pricing.lookup import prepare\n"
        "price(answer(simulated=True)), price(answer(end=None, state='stopped'))\n"
        "assert 'genai_prices' not in sys.modules\n"
        "prepare()\n"
        "assert 'genai_prices' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=guarded_environment(), check=True)
