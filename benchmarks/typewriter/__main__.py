"""Typewriter: what the eye sees between question and last word, measured in Chromium against the alternatives.

    make bench                                                        # all of it, about twenty minutes
    python -m benchmarks.typewriter --systems chat,plain --loads 500x50,2000x200

Every system is asked in turns. Where nothing was chosen, the results go into docs/benchmarks.md, which also says what
each figure means.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Error, sync_playwright

from benchmarks import upstream
from benchmarks.typewriter import loads, report
from benchmarks.typewriter.browser import PAGE_SIDE, Run, Running, run
from benchmarks.typewriter.loads import Load
from benchmarks.typewriter.systems import SYSTEMS, System, install, started
from tests.support.chromium import LAUNCH_ARGS, require
from tests.support.guard import forget_the_developer, live_calls

WARMING = Load.parse("200x100")  # asked once before all else, and not counted
LATE = 15.0  # seconds


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.typewriter", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--systems", help=f"of {','.join(SYSTEMS)}; default: all")
    parser.add_argument(
        "--loads",
        help="pieces x pieces a second, such as 500x50,2000xmax, or 500x50after1 where the first comes after a second; "
        "default: all with a target",
    )
    parser.add_argument("--lanes", default="1", help="with --loads: answers at once, such as 1,3; default %(default)s")
    parser.add_argument("--quick", action="store_true", help="three loads, once each")
    parser.add_argument("--rounds", type=int, default=loads.ROUNDS, help="how often each is asked; default %(default)s")
    wanted = parser.parse_args()
    try:
        turns = loads.chosen(wanted.loads, wanted.lanes, wanted.rounds) if wanted.loads else loads.full(wanted.rounds)
        systems = [SYSTEMS[name] for name in (wanted.systems or ",".join(SYSTEMS)).split(",")]
    except (ValueError, KeyError) as error:
        sys.exit(f"python -m benchmarks.typewriter: {error}")
    for peer in sorted({system.peer for system in systems} - {""}):
        install(peer)
    found = measured(systems, loads.QUICK if wanted.quick else turns)
    print("\n" + found)
    if not (wanted.systems or wanted.loads or wanted.quick):
        report.write(found)


def measured(systems: Sequence[System], turns: Mapping[Load, int]) -> str:
    """The findings of so many runs under each load."""
    found: dict[tuple[Load, str], list[Run]] = {
        (load, system.name): []
        for load in sorted(turns, key=lambda load: load.lanes)
        for system in systems
        if load.lanes in system.lanes
    }
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="streamside-bench-")))
        forget_the_developer(folder)
        _, variables = stack.enter_context(upstream.simulator())
        browser = stack.enter_context(sync_playwright()).chromium.launch(executable_path=require(), args=LAUNCH_ARGS)
        stack.callback(browser.close)
        all_started = [stack.enter_context(start(system, folder, variables, browser)) for system in systems]
        for each in all_started:
            run(each, WARMING._replace(lanes=each.system.lanes[0]), variables)
        for number in range(max(turns.values())):
            for load in (load for load, rounds in turns.items() if number < rounds):
                for each in all_started if number % 2 == 0 else reversed(all_started):
                    so_far = found.get((load, each.system.name))
                    if so_far is not None and (not so_far or patient(so_far[-1])):
                        said = f"{number + 1} · {load.title} · {each.system.title}"
                        try:
                            so_far.append(run(each, load, variables))
                        except Error as error:  # a page that does not come, or crashes, is one run less
                            print(f"{said} · failed: {error.message}", flush=True)
                        else:
                            print(f"{said} · {report.line(so_far[-1])}", flush=True)
        if refused := live_calls.refused():
            print("Something tried to reach beyond this machine:", *refused, sep="\n", file=sys.stderr)
        return report.findings(found, {system.name: system.title for system in systems}, browser.version)


def patient(before: Run) -> bool:
    """Whether it is worth asking once more: not where the last word was this late."""
    return before.figures.finished and (before.figures.last or 0.0) < LATE


@contextmanager
def start(system: System, folder: Path, variables: Mapping[str, str], browser: Browser) -> Iterator[Running]:
    """The system, with a browser's context for its pages."""
    own = folder / system.name
    own.mkdir()
    with started(system, own, variables) as (url, pid):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_init_script(PAGE_SIDE)
        with context:
            yield Running(system, url, pid, context)


if __name__ == "__main__":
    main()
