"""Command line: ask every system in turns, and print the results; where nothing was chosen, write them down too."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Error, sync_playwright

from benchmarks import upstream
from benchmarks.typewriter import loads, report
from benchmarks.typewriter.browser import PAGE_SIDE, Run, Running, run
from benchmarks.typewriter.loads import Load, Turn
from benchmarks.typewriter.report import Results, machine
from benchmarks.typewriter.systems import SYSTEMS, System, install
from tests.support.app import ROOT, free_port, running
from tests.support.chromium import LAUNCH_ARGS, find
from tests.support.guard import forget_the_developer, live_calls

WARMING = Load.parse("200x100")  # asked once before all else, and not counted
LATE = 15.0  # seconds


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.typewriter", description=(__doc__ or "").strip())
    parser.add_argument("--systems", help=f"of {','.join(SYSTEMS)}; default: all")
    parser.add_argument(
        "--loads",
        help="pieces x pieces a second, such as 500x50,2000xmax, or 500x50after1 where the first comes after a second; "
        "default: all with a target",
    )
    parser.add_argument("--lanes", default="1", help="with --loads: answers at once, such as 1,3; default %(default)s")
    parser.add_argument("--quick", action="store_true", help="three loads, once each")
    parser.add_argument("--rounds", type=int, default=loads.ROUNDS, help="how often each is asked; default %(default)s")
    parser.add_argument(
        "--limit", type=float, default=30, help="seconds by which the last word may be late; default %(default)s"
    )
    parser.add_argument(
        "--write", action="store_true", help="write what was found into docs/benchmarks.md, whatever was chosen"
    )
    return parser.parse_args()


def main() -> int:
    wanted = arguments()
    try:
        turns = loads.chosen(wanted.loads, wanted.lanes, wanted.rounds) if wanted.loads else loads.full(wanted.rounds)
        systems = [SYSTEMS[name] for name in (wanted.systems or ",".join(SYSTEMS)).split(",")]
    except (ValueError, KeyError) as error:
        sys.exit(f"python -m benchmarks.typewriter: {error}")
    if wanted.quick:
        turns = loads.quick()
    if not installed({system.peer for system in systems} - {""}):
        return 1
    found = report.findings(measured(systems, turns, wanted.limit), {system.name: system.title for system in systems})
    print("\n" + found)
    if wanted.write or not (wanted.systems or wanted.loads or wanted.quick):
        report.write(found)
    return 0


def installed(peers: set[str]) -> bool:
    """Whether each peer's environment is there by now."""
    for peer in sorted(peers):
        try:
            install(peer)
        except subprocess.CalledProcessError:
            others = ",".join(name for name, system in SYSTEMS.items() if system.peer != peer)
            print(f"{peer} can't be installed; without it: --systems {others}", file=sys.stderr)
            return False
    return True


def measured(systems: Sequence[System], turns: Sequence[Turn], limit: float) -> Results:
    chromium = find()
    if chromium is None:
        sys.exit("No Chromium here: python -m tests.support.chromium --install")
    found: dict[tuple[Load, str], list[Run]] = defaultdict(list)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="streamside-bench-")))
        forget_the_developer(folder)
        _, variables = stack.enter_context(upstream.simulator())
        browser = stack.enter_context(sync_playwright()).chromium.launch(executable_path=chromium, args=LAUNCH_ARGS)
        stack.callback(browser.close)
        started = [stack.enter_context(start(system, folder, variables, browser)) for system in systems]
        for each in started:
            run(each, WARMING._replace(lanes=each.system.lanes[0]), variables, limit)
        for number in range(max(turn.rounds for turn in turns)):
            for load in (turn.load for turn in turns if number < turn.rounds):
                for each in started if number % 2 == 0 else reversed(started):
                    so_far = found[load, each.system.name]
                    if load.lanes in each.system.lanes and (not so_far or patient(so_far[-1])):
                        said = f"{number + 1} · {load.title} · {each.system.title}"
                        try:
                            so_far.append(run(each, load, variables, limit))
                        except Error as error:  # a page that does not come, or crashes, is one run less
                            print(f"{said} · failed: {error.message}", flush=True)
                        else:
                            print(f"{said} · {report.line(so_far[-1])}", flush=True)
        if refused := live_calls.refused():
            print("Something tried to reach beyond this machine:", *refused, sep="\n", file=sys.stderr)
        measured = {key: runs for key, runs in found.items() if runs}
        return Results(machine(browser.version), f"{datetime.now(UTC):%Y-%m-%d}", measured)


def patient(before: Run) -> bool:
    """Whether it is worth asking once more: not where the last word was this late."""
    return before.figures.finished and (before.figures.last or 0.0) < LATE


@contextmanager
def start(system: System, folder: Path, variables: dict[str, str], browser: Browser) -> Iterator[Running]:
    """The system in a process of its own, with a browser's context for its pages."""
    port = free_port()
    own = folder / system.name
    own.mkdir()
    environment = {**variables, **system.environment, "STREAMSIDE_DATA": str(own)}
    command = [str(system.python), *system.command(port)]
    url = f"http://127.0.0.1:{port}"
    where = ROOT if system.root else own
    with running(command, url + system.health, own / "log", environment, where) as server:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_init_script(PAGE_SIDE)
        try:
            yield Running(system, url, server.pid, context)
        finally:
            context.close()


if __name__ == "__main__":
    sys.exit(main())
