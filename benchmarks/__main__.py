"""All benchmarks, one after the other: `python -m benchmarks [--quick | --long] [name ...]`.

Each runs in a process of its own, so that none inherits another's memory. They need the demo's
environment: `script/setup --demo`, then `.venv-demo/bin/python -m benchmarks`.
"""

import argparse
from dataclasses import dataclass
import subprocess
import sys
from typing import Final

from . import ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """What one is asked for: as a rule, in a hurry, and when there is time."""

    usual: tuple[str, ...] = ()
    quick: tuple[str, ...] = ()
    long: tuple[str, ...] = ()


BENCHMARKS: Final = {
    "charge": Benchmark(),
    "lab": Benchmark(quick=("--meters", "100")),
    "ledger": Benchmark(long=("--long",)),
    "gate": Benchmark(quick=("--rounds", "100", "--meters", "100"), long=("--rounds", "1000")),
    "rush": Benchmark(quick=("--seconds", "10")),
    "notices": Benchmark(
        quick=("--seconds", "5", "--meters", "0"), long=("--notices", "100000", "--meters", "0")
    ),
    "settlement": Benchmark(quick=("--rows", "10000")),
    "poll": Benchmark(
        quick=("--meters", "100", "--cycles", "3"), long=("--meters", "1000", "--cycles", "18")
    ),
    "scale": Benchmark(quick=("--quick",), long=("--long",)),
}


def main() -> int:
    """Run what was asked for; tell whether all of it ran."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(BENCHMARKS))
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--quick", action="store_true", help="a look, in minutes")
    how.add_argument("--long", action="store_true", help="all sizes, in an hour")
    asked = parser.parse_args()
    if unknown := set(asked.names) - BENCHMARKS.keys():
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    failed = []
    for name in asked.names or BENCHMARKS:
        one = BENCHMARKS[name]
        options = one.quick if asked.quick else one.long if asked.long else one.usual
        print(f"\n## {name}\n", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", *options]
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            failed.append(name)
    if failed:
        print(f"\nDid not run: {', '.join(failed)}", file=sys.stderr)
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
