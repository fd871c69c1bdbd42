"""How much of an answer a kill costs: `python -m benchmarks.killed`, a minute.

Processes that ask the simulator, and keep what comes in SQLite, are killed by SIGKILL at random moments. Printed is how
long before its kill each had got the newest word that was kept; what came after it was lost.
"""

from __future__ import annotations

import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from replies.store import Store
from simulator import Simulator
from tests.guard import guarded_environment
from tests.store.test_killed import AT_ONCE, LONGEST, ROOT, ROUNDS, SPEED, asked, exchange, kept


def main() -> None:
    chance = random.Random(20)
    lost: list[float] = []
    with Simulator() as simulator, tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder, 'streamside.db')}"
        command = [sys.executable, "-m", "tests.store.asker", url, simulator.url]
        with subprocess.Popen(
            command, cwd=ROOT, env=guarded_environment(), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as asker:
            for number in range(ROUNDS):
                models = [f"killed-{number}-{place}.{SPEED}" for place in range(AT_ONCE)]
                pids = asked(asker, models)
                killed = {}
                for model in models:
                    time.sleep(chance.uniform(0, LONGEST / AT_ONCE))
                    killed[model] = time.monotonic()
                    os.kill(pids[model], signal.SIGKILL)
                with closing(Store(url)) as store:
                    for model in models:
                        sent = exchange(simulator, model)
                        assert sent is not None
                        left = len(kept(store, model).text)
                        for moment, text in sent.sends:
                            left -= len(text)
                            if left < 0:  # the first one that is missing
                                lost.append(max(killed[model] - moment, 0.0))
                                break
            asker.kill()
    print(
        f"{len(lost)} kills; words of the last {statistics.median(lost):.2f} s were lost (median), "
        f"{max(lost):.2f} s (most)"
    )


if __name__ == "__main__":
    main()
