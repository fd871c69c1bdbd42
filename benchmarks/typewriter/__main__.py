"""`python -m benchmarks.typewriter`: start the systems, ask them in turns, and print what was found."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from benchmarks.typewriter import processes, report
from benchmarks.typewriter.browser import PAGE_SIDE, Run, Running, run
from benchmarks.typewriter.loads import Load
from benchmarks.typewriter.systems import SYSTEMS, System
from tests.browser.chromium import LAUNCH_ARGS, find
from tests.guard import forget_the_developer

LOADS = "500x50,2000x200,8000x800,2000xmax"
WARMING = Load.parse("200x100")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.typewriter", description=(__doc__ or "").strip())
    parser.add_argument("--systems", default=",".join(SYSTEMS), help="of: %(default)s")
    parser.add_argument("--loads", default=LOADS, help="pieces x pieces a second; default %(default)s")
    parser.add_argument("--lanes", default="1", help="answers at once, for systems that can; default %(default)s")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is asked; default %(default)s")
    parser.add_argument("--limit", type=float, default=30, help="seconds by which the last piece may be late")
    return parser.parse_args()


def main() -> int:
    wanted = arguments()
    systems = [SYSTEMS[name] for name in wanted.systems.split(",")]
    loads = [Load.parse(load, lanes) for lanes in map(int, wanted.lanes.split(",")) for load in wanted.loads.split(",")]
    chromium = find()
    if chromium is None:
        sys.exit("No Chromium here: python -m tests.browser.chromium --install")
    found: dict[tuple[Load, str], list[Run]] = defaultdict(list)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="streamside-bench-")))
        forget_the_developer(folder)
        upstream = stack.enter_context(processes.simulator())
        browser = stack.enter_context(sync_playwright()).chromium.launch(executable_path=chromium, args=LAUNCH_ARGS)
        stack.callback(browser.close)
        started = [stack.enter_context(start(system, folder, upstream, browser)) for system in systems]
        for each in started:
            run(each, WARMING._replace(lanes=each.system.lanes[0]), upstream, wanted.limit)
        for number in range(wanted.rounds):
            for load in loads:
                for each in started:
                    if load.lanes in each.system.lanes:
                        one = run(each, load, upstream, wanted.limit)
                        found[load, each.system.name].append(one)
                        print(report.line(number, load, each.system, one), flush=True)
    print(report.tables(found))
    return 0


@contextmanager
def start(system: System, folder: Path, upstream: dict[str, str], browser: Browser) -> Iterator[Running]:
    port = processes.free_port()
    own = folder / system.name
    own.mkdir()
    environment = {**upstream, **(system.environment or {}), "STREAMSIDE_DATA": str(own)}
    command = [str(system.python), *system.command(port)]
    url = f"http://127.0.0.1:{port}"
    with processes.serve(
        command, processes.ROOT if system.root else own, environment, url + system.health, own / "log"
    ) as pid:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_init_script(PAGE_SIDE)
        try:
            yield Running(system, url, pid, context)
        finally:
            context.close()


if __name__ == "__main__":
    sys.exit(main())
