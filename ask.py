"""Ask a provider from the terminal, and watch the answer arrive.

    python ask.py openai "Tell me about history of Cricket in 200 words."

Without a key the built-in simulator answers, and says so.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from itertools import chain
from typing import Any, TextIO

from providers import VENDORS, Message, ProviderError, Reasoning, Request, Settings, SimulatorAddress, connect, load
from providers.env_file import load_env
from providers.parameters import PARAMETER, PARAMETERS, Kind, Parameter
from providers.vendors import LOCAL_SERVERS, find_local
from replies.metrics.figures import figures
from replies.metrics.labels import notes
from replies.metrics.table import in_a_line
from replies.prompts import LONGEST_TYPED, EmptyPromptError, PromptsError, typed
from replies.reader import ask
from replies.reply import Reply
from replies.terminal import harmless, use_utf8, write_no_more

DONE, FAILED, USAGE, STOPPED = 0, 1, 2, 130
FIGURES = (
    *("input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens", "cache_write_tokens"),
    *("ttft", "total", "provider_first", "provider_total"),
)


def main() -> int:
    try:
        return run()
    except KeyboardInterrupt:
        return STOPPED
    except BrokenPipeError:  # whoever was reading has had enough
        write_no_more()
        return STOPPED
    except OSError as error:  # a full disk
        write_no_more()
        with suppress(OSError):
            told = f"It broke off: {error.strerror or error}. Where its output goes to a file, see that there is room."
            print(told, file=sys.stderr)
        return FAILED


def run() -> int:
    problem = load_env()
    use_utf8(sys.stdin, sys.stdout, sys.stderr)
    options = parser().parse_intermixed_args()
    if problem:
        print(problem, file=sys.stderr)
    try:
        endpoints = load(os.environ)
        same = {_letters(name): settings for name, settings in endpoints.items()}
        named = endpoints.get(options.provider) or same.get(_letters(options.provider))
        settings = named or find_local(options.provider.lower())
        if settings is None:
            return complain(unknown_provider(options.provider, list(endpoints)))
        live = options.live or (not options.simulate and settings.credentials_found())
    except (ValueError, ProviderError) as error:
        return complain(str(error))
    api = options.api or settings.api
    if api not in settings.apis:
        return complain(f"{settings.label} has no API {api!r}. Choose {' or '.join(settings.apis)}.")
    given = {name: value for name in PARAMETER if (value := getattr(options, name)) is not None}
    if untaken := [PARAMETER[name].flag for name in given if name not in settings.takes(api)]:
        return complain(f"{settings.label} takes no {' and no '.join(untaken)} by its API {api}. Leave it out.")

    try:
        if options.prompt is None and not options.list_models and sys.stdin and not sys.stdin.isatty():
            options.prompt = sys.stdin.read(LONGEST_TYPED + 1)  # one character more tells that it is too long
        prompt = "" if options.list_models else typed(options.prompt or "")
    except EmptyPromptError:
        return complain(f'There is no prompt. Give one: python ask.py {options.provider} "Why is the sky blue?"')
    except PromptsError as error:
        return complain(str(error))
    model = (options.model or "").strip() or settings.model_for(api)
    if not model and not options.list_models:
        return complain(f"{settings.label} has no default model. Name one by --model; --list-models lists them.")

    with ExitStack() as stack:
        if not live:
            from simulator import Simulator

            simulator = stack.enter_context(Simulator())
            settings = settings.simulated_by(SimulatorAddress(simulator.url, simulator.tls_url, simulator.ca_file))
            print("The built-in simulator answers, not a model.", file=sys.stderr)
        if options.list_models:
            return list_models(settings, api)
        request = Request(
            messages=(Message("user", prompt),),
            model=model,
            stream=not options.no_stream,
            cache=options.cache,
            **given | {"stop": tuple(options.stop or ())},
        )
        reply = ask(settings, request, api=api)
        return tell(reply, json_line if options.json else in_words(reply))


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="ask.py", description="Ask a provider, and watch the answer arrive.")
    names = ", ".join(vendor.name for vendor in VENDORS)
    apis = "; ".join(f"{vendor.name}: {' or '.join(vendor.apis)}" for vendor in VENDORS if len(vendor.apis) > 1)
    made.add_argument("provider", help=f"{names}, or an endpoint of your own")
    made.add_argument("prompt", nargs="?", help="the question; from standard input where it is left out")
    made.add_argument("--model", metavar="M", help="instead of the provider's default model")
    notes = [f"{api}: {note}" for vendor in VENDORS for api, note in vendor.api_notes.items()]
    made.add_argument("--api", metavar="NAME", help=" ".join([f"{apis}.", *notes]))
    for parameter in PARAMETERS:
        several = parameter.kind == "texts"
        made.add_argument(
            parameter.flag,
            type=value_of(parameter),
            action="append" if several else "store",
            metavar=METAVARS[parameter.kind],
            help=parameter.help + " Can be given several times." * several,
        )
    made.add_argument("--no-stream", action="store_true", help="wait for the whole answer: the blocking call")
    told = ", ".join(vendor.name for vendor in VENDORS if vendor.cache_points)
    made.add_argument("--cache", action="store_true", help=f"set cache points, for caches that want to be told: {told}")
    made.add_argument("--json", action="store_true", help="one JSON object a line")
    where = made.add_mutually_exclusive_group()
    where.add_argument("--live", action="store_true", help="ask the real service, or nobody")
    where.add_argument("--simulate", action="store_true", help="ask the built-in simulator")
    made.add_argument("--list-models", action="store_true", help="list the models that the account can use")
    return made


METAVARS: dict[Kind, str] = {
    "text": "TEXT", "whole": "N", "number": "X", "word": "WORD", "texts": "TEXT", "json": "JSON",
}  # fmt: skip


def value_of(parameter: Parameter) -> Callable[[str], Any]:
    """What argparse makes of the text behind a flag."""

    def parse(text: str) -> Any:
        try:
            return parameter.parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parse


def complain(problem: str) -> int:
    print(problem, file=sys.stderr)
    return USAGE


def _letters(name: str) -> str:
    """The name of a provider as everybody writes it: in any case, with any signs between its parts."""
    return re.sub(r"[\W_]", "", name.casefold())


def unknown_provider(name: str, known: list[str]) -> str:
    if name.lower() in LOCAL_SERVERS:
        return f"No {name} with a model answers on {LOCAL_SERVERS[name.lower()]}. Start it, and load a model."
    variable = re.sub(r"\W", "_", name.upper(), flags=re.ASCII).strip("_") or "NAME"
    return (
        f"There is no provider {name!r}. Choose {', '.join(known)}, or set ENDPOINT_{variable}_URL in .env to the "
        "address of a server that speaks chat completions or the Responses API."
    )


def list_models(settings: Settings, api: str) -> int:
    try:
        print("\n".join(connect(settings, api).models()))
    except ProviderError as error:
        print(error.message, file=sys.stderr)
        return USAGE if error.kind == "missing_credentials" else FAILED
    return DONE


def tell(reply: Reply, show: Callable[..., None]) -> int:
    """Show the reply as it arrives, and how it ended, as events: `show(event, **values)`. Returns the exit status."""
    asked = reply.asked
    who = {"provider": asked.provider, "model": asked.request.model, "api": asked.api}
    try:
        show("start", **who, simulated=asked.simulated)
        told = 0
        for chunks in chain(reply.new_chunks(), [[]]):  # once more at the end, for a second try that failed at once
            for retry in reply.retries[told:]:
                show("retry", kind=retry.kind, after=retry.after)
                told += 1
            for seconds, text in chunks:
                show("reasoning" if isinstance(text, Reasoning) else "text", t=round(seconds, 6), text=text)
        show("end", **ending(reply))
    except KeyboardInterrupt:
        reply.stop()
        show("end", **ending(reply))
        return STOPPED
    except OSError:  # whoever was reading has had enough; or a full disk
        reply.stop()
        raise
    if reply.state == "done":
        return DONE
    return USAGE if reply.error and reply.error.kind == "missing_credentials" else FAILED


def ending(reply: Reply) -> dict[str, Any]:
    end, error, numbers = reply.end, reply.error, figures(reply)
    return {
        "state": reply.state,
        "finish_reason": end.finish_reason if end else None,
        **{name: getattr(numbers, name) for name in FIGURES},
        **{name: getattr(end, name) if end else None for name in ("request_id", "tier", "latency")},
        "left_out": list(reply.left_out or ()),
        "error": {"kind": error.kind, "message": error.message} if error else None,
    }


def json_line(event: str, **values: Any) -> None:
    print(json.dumps({"event": event, **values}), flush=True)


def in_words(reply: Reply) -> Callable[..., None]:
    """The answer on standard output, everything about it on standard error."""
    asked = reply.asked

    def show(event: str, **values: Any) -> None:
        match event:
            case "retry":
                print(f"{asked.label}: {values['kind']}; trying once more in {values['after']:g} s", file=sys.stderr)
            case "text" | "reasoning":
                stream = sys.stdout if event == "text" else sys.stderr
                print(_shown(values["text"], stream), end="", flush=True, file=stream)
            case "end":
                print(flush=True)
                ended = f"{reply.state} ({reply.end.word or reply.end.finish_reason})" if reply.end else reply.state
                who = f"{asked.label}{' simulator' if asked.simulated else ''} · {asked.request.model} · {asked.api}"
                about = [who, " · ".join([*in_a_line(reply, "line"), ended]), *notes(reply)]
                about += [reply.error.message] if reply.error else []
                print(*(_shown(line, sys.stderr) for line in about), sep="\n", file=sys.stderr)

    return show


def _shown(text: str, stream: TextIO) -> str:
    """As it came, but harmless on a terminal."""
    return harmless(text) if stream and stream.isatty() else text


if __name__ == "__main__":
    sys.exit(main())
