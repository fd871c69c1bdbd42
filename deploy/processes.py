"""Which processes nginx knows: `python -m deploy.processes app1:8501 app2:8501 > deploy/processes.conf`.

A process's name is its host's; where several run on one host, say it: one=127.0.0.1:8501.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

WATCH = "max_fails=1 fail_timeout=5s"  # one that does not answer is left alone for so long


def processes(addresses: Mapping[str, str]) -> str:
    """The file that `nginx.conf` relies on, for processes by their names: what STREAMSIDE_PROCESS says in each."""
    named = "\n".join(f"    {name} {name};" for name in addresses)
    everyone = "\n".join(f"    server {address} {WATCH};" for address in addresses.values())
    alone = "\n".join(_with_the_others_behind(name, addresses) for name in addresses)
    return f"""\
# Written by python -m deploy.processes

# Where a browser's session lives, which its process told it by the cookie. Any other value leads nowhere in particular.
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
