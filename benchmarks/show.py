"""Shows on the simulator, with a fault at random in each lane: `python -m benchmarks.show`, some minutes.

Each of ten scenes asks the three vendors, of which each is late, refuses, stalls, is cut off, or can't be reached.
Every lane must come to the end of its recording, marked in every export, and soon after the scene's limit. Then the
whole show offline, where the simulator may hear nothing.
"""

from __future__ import annotations

import argparse
import csv
import io
import random
import statistics
import time
from collections.abc import Sequence
from typing import NamedTuple

from providers import Request, SimulatorAddress, load
from replies.conversation import Comparison
from replies.export.formats import figures_csv, markdown
from replies.export.report import report
from replies.reader import question
from replies.reply import Reply
from replies.show.performance import Performance, stand_in
from replies.show.show import Scene
from simulator import Simulator
from tests.support.app import free_port
from tests.support.since import Since
from tests.support.waiting import eventually

SCENES = 10
LIMIT = 0.5  # seconds until help comes
WITHIN = 1.0  # seconds after that by which a recording must be there
PATIENCE = 60.0  # seconds until a scene is given up
VENDORS = (("openai", "chat"), ("bedrock", "converse"), ("watsonx", "chat"))
FAULTS = ("slow-first-30", "stall-first", "401", "503", "stall-middle", "cut", "reset", "no network")
SPEED = "sim-40x200"


class Played(NamedTuple):
    """A scene that was played. `problems`: what is not as it must be. `after`: of each lane whose recording stood in,
    the seconds between its limit, or its failure, and the recording."""

    item: Comparison
    problems: list[str]
    after: list[float]


def ask(simulator: Simulator, vendor: tuple[str, str], fault: str = "") -> Reply:
    """A question to a vendor that has this fault, not asked yet."""
    name, api = vendor
    address = SimulatorAddress(simulator.url, simulator.tls_url, simulator.ca_file)
    if fault == "no network":
        nowhere = f"127.0.0.1:{free_port()}"
        address = SimulatorAddress(f"http://{nowhere}", f"https://{nowhere}", simulator.ca_file)
    settings = load({})[name].simulated_by(address)
    model = f"sim-fault-{fault}.{SPEED}" if fault and fault != "no network" else SPEED
    return question(settings, Request.of("Why?", settings.simulated_model(model, api)), api=api)


def rehearsed(simulator: Simulator) -> Scene:
    """A scene with a recording of each vendor."""
    replies = [ask(simulator, vendor).start() for vendor in VENDORS]
    backups = {lane: reply for lane, reply in enumerate(replies) if reply.wait(PATIENCE) and reply.state == "done"}
    lanes = tuple("|".join((*vendor, SPEED, "simulator")) for vendor in VENDORS)
    return Scene(title="One", page="compare", prompt="Why?", lanes=lanes, seconds=LIMIT, backups=backups)


def play(scene: Scene, replies: Sequence[Reply], faults: Sequence[str]) -> Played:
    """The scene with these answers, of which some have faults, to its end."""
    item = Comparison.of(scene.prompt, replies)
    begun = time.time()
    running = Performance(scene, item, lambda: None).start()
    eventually(lambda: running.over, PATIENCE)
    problems: list[str] = []
    after: list[float] = []
    marked = [row for row in csv.DictReader(io.StringIO(figures_csv(item))) if row["fell_back"]]
    needed = sum(map(bool, faults))
    if len(marked) != needed:
        problems.append(f"{len(marked)} of {needed} are marked in CSV")
    if min(file.lower().count("backup: ") for file in (markdown(item), report(item))) < needed:
        problems.append("not all are marked in a file to read")
    for lane, fault in enumerate(faults):
        attempts, backup = item.rounds[0].lanes[lane], scene.backups[lane]
        newest = attempts[-1]
        if newest.state != "done" or newest.text != backup.text or bool(newest.asked.fell_back) != bool(fault):
            problems.append(f"lane {lane + 1} with {fault or 'no fault'} ended as {newest.state}")
        elif len(attempts) > 1:
            after.append(newest.asked_at.timestamp() - limit_of(attempts[0], begun, newest.asked.fell_back))
    return Played(item, problems, after)


def limit_of(live: Reply, begun: float, why: str | None) -> float:
    """When its recording was due, in seconds since 1970: at once where it failed, LIMIT after it was heard last."""
    asked = live.asked_at.timestamp()
    if why == "failed":
        return asked + (live.total or 0.0)
    return max(begun, asked + live.chunks[-1].seconds if live.chunks else 0.0) + LIMIT


def offline(simulator: Simulator, scene: Scene) -> tuple[Played, int]:
    """The scene where nothing is asked, and how many requests the simulator had."""
    since = Since(simulator)
    played = play(scene, [stand_in(each, "offline") for each in scene.backups.values()], ["offline"] * len(VENDORS))
    return played, len(since.exchanges())


def runs(simulator: Simulator, times: int) -> tuple[list[str], list[float]]:
    """So many shows; returns the problems of each, in a line, and all times until a recording stood in."""
    scene = rehearsed(simulator)
    told, after = [], []
    for run in range(times):
        draw = random.Random(run)
        for _ in range(SCENES):
            faults = [draw.choice(FAULTS) for _ in VENDORS]
            pairs = zip(VENDORS, faults, strict=True)
            played = play(scene, [ask(simulator, vendor, fault) for vendor, fault in pairs], faults)
            told += [f"run {run + 1}, {', '.join(faults)}: {problem}" for problem in played.problems]
            after += played.after
    return told, after


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    times = parser.parse_args().runs
    with Simulator() as simulator:
        problems, after = runs(simulator, times)
        scene = rehearsed(simulator)
        heard = sum(offline(simulator, scene)[1] for _ in range(SCENES))
    print(*problems, sep="\n")
    late = sum(each > WITHIN for each in after)
    print(f"{times} runs of {SCENES} scenes, {len(problems)} problems; {len(after)} recordings stood in, {late} late:")
    print(f"{statistics.median(after):.2f} s after the limit at the median, {max(after):.2f} s at most")
    print(f"Offline, {SCENES} scenes: {heard} requests")


if __name__ == "__main__":
    main()
