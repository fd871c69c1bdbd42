"""List of processes for nginx: `python -m deploy.processes app1:8501 app2:8501 > deploy/processes.conf`.

A process's name is its host's; where several run on one host, give it: one=127.0.0.1:8501.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

WATCH = "max_fails=1 fail_timeout=5s"  # a process that does not answer gets no requests for so long


def processes(addresses: Mapping[str, str]) -> str:
    """The file that `nginx.conf` relies on. `addresses`: by the name that STREAMSIDE_PROCESS has in each process."""
    named = "\n".join(f"    {name} {name};" for name in addresses)
    everyone = "\n".join(f"    server {address} {WATCH};" for address in addresses.values())
    alone = "\n".join(_with_the_others_behind(name, addresses) for name in addresses)
    return f"""\
# Written by python -m deploy.processes

# The process of a browser's session, by the cookie that the process set. Any other value leads to any process.
map $cookie_streamside_process $streamside_process {{
    default any;
{named}
}}

upstream any {{
    least_conn;
{everyone}
}}
{alone}"""


def _with_the_others_behind(name: str, addresses: Mapping[str, str]) -> str:
    others = "".join(f"    server {address} {WATCH} backup;\n" for other, address in addresses.items() if other != name)
    return f"\nupstream {name} {{\n    server {addresses[name]} {WATCH};\n{others}}}\n"


def main(arguments: list[str]) -> None:
    pairs = (argument.rpartition("=") for argument in arguments)
    print(processes({name or address.partition(":")[0]: address for name, _, address in pairs}), end="")


if __name__ == "__main__":
    main(sys.argv[1:])
