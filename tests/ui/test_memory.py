"""Whether long texts go back to the system, in a process of their own."""

import subprocess
import sys

import pytest

HOLDS_SMALL_ONES_BETWEEN = """
import sys
from ui import memory
if not memory.settle():
    sys.exit(77)
import resource
small = []
def resident():
    with open("/proc/self/statm") as figures:
        return int(figures.read().split()[1]) * resource.getpagesize()
def lots():
    long = []
    for number in range(60):
        long.append(bytes(1) * 1_000_000)
        small.append([object() for _ in range(200)])
    return long
lots()  # the first long one to be freed is what glibc learns from
before = resident()
for _ in range(5):
    lots()
print(resident() - before)
"""


def test_long_texts_leave_nothing_behind() -> None:
    ran = subprocess.run([sys.executable, "-c", HOLDS_SMALL_ONES_BETWEEN], capture_output=True, text=True, check=False)
    if ran.returncode == 77:
        pytest.skip("another C library than glibc")
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) < 20_000_000
