"""Command line: `python -m simulator` serves until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from simulator import PROMPTS, Simulator, quirks
from simulator.faults import listing
from simulator.pacing import PROFILES, VENDORS, Profile


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description="A loopback server that speaks the protocols of OpenAI, AWS Bedrock and IBM watsonx.ai. "
        "No model is behind it.",
    )
    parser.add_argument("--port", type=int, default=8808, help="plain HTTP, default %(default)s; 0: any free one")
    parser.add_argument("--tls-port", type=int, default=8809, help="HTTPS, default %(default)s; 0: any free one")
    parser.add_argument("--list", action="store_true", help="print speeds, faults and prompts, and stop")
    arguments = parser.parse_args()
    if arguments.list:
        _print_list()
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        with Simulator(port=arguments.port, tls_port=arguments.tls_port) as simulator:
            _print_addresses(simulator)
            threading.Event().wait()
    except KeyboardInterrupt:
        print()
    except OSError as error:
        parser.exit(1, f"{parser.prog}: {error}\n")


def _print_addresses(simulator: Simulator) -> None:
    print("# A simulator: no model is behind it. Its answers were written beforehand.")
    print(f"# {simulator.url}   {simulator.tls_url}   (Ctrl-C stops it)")
    for name, value in simulator.environment().items():
        print(f"export {name}={value}")
    print("# Speeds and faults by the model's name: python -m simulator --list", flush=True)


def _print_list() -> None:
    print("Speeds, anywhere in a model id:")
    for profile in PROFILES.values():
        print(f"  {profile.name:<16} {_pace(profile)}")
    print("  sim-{N}x{RATE}   N numbered pieces at RATE a second (or `max`): sim-500x50, sim-2000xmax")
    print("\nOther models, by vendor, chosen and not measured; each vendor has words of its own:")
    for profile in VENDORS.values():
        print(f"  {profile.name:<16} {_pace(profile)}")
    print("\nFaults, anywhere in a model id:")
    print(listing())
    print("\nQuirks of servers that are compatible with OpenAI's, anywhere in a model id:")
    print(quirks.listing())
    print("\nPrompts with an answer of their own:")
    for prompt in PROMPTS:
        print(f"  {prompt}")


def _pace(profile: Profile) -> str:
    return f"first piece after {profile.first} s, {profile.rate:g} a second" if profile.natural else "no pauses"


if __name__ == "__main__":
    main()
