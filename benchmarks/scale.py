"""What a large site costs the hub to set up and to hold, from a stairwell to a campus.

`python -m benchmarks.scale [--long] [--keep FOLDER]`: ledgers of up to 10^5 (`--long`: 10^6) entries
with a month of usage, meters on lines that nobody answers, a real hub. The hub without the site is
the baseline. A first start registers every device and entity, each later start finds them.
"""

import argparse
import asyncio
from dataclasses import dataclass
import json
import os
from pathlib import Path
import shutil
import signal
from typing import Any, Final

from . import ROOT
from .building import serial
from .hubs import (
    Data,
    entry,
    free_port,
    modbus_line,
    new_hub,
    running_hub,
    spent,
    subentry,
    throw_away,
)
from .prepared import PER_LINE, Size, ledger_of, write_ledger

SITE: Final = "5ca1e" * 6 + "00"
SIZES: Final = (
    Size(meters=10, wallets=40, entries=1_000),
    Size(meters=100, wallets=400, entries=10_000),
    Size(meters=1_000, wallets=4_000, entries=100_000),
)
LARGEST: Final = Size(meters=5_000, wallets=20_000, entries=1_000_000)
SETTLE_S: Final = 30.0
"""After the start: first publishing, first tries of the lines, the recorder's first commits."""
MOST_SETUP_S: Final = 10.0
MOST_MB: Final = 250.0
MOST_ENTITIES: Final = 8_000
MOST_SLICE_S: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What one start of the hub was like."""

    megabytes: float
    entities: int = 0
    seen: dict[str, Any]


async def started(folder: Path, port: int) -> Start:
    """Start the hub on its folder and look at it when it has calmed down."""
    report = folder / "watched.json"
    program = (str(ROOT / "benchmarks" / "watched.py"), str(report))
    async with running_hub(folder, port, program=program) as (pid, hub):
        await asyncio.sleep(SETTLE_S)
        megabytes = spent(pid)[1]
        os.kill(pid, signal.SIGUSR1)
        listed: list[Data] = await hub.ask("config/entity_registry/list")
        entities = sum(
            one["platform"] == "prepaid_parking" and one["disabled_by"] is None for one in listed
        )
    # It was written long before the hub had ended.
    return Start(megabytes=megabytes, entities=entities, seen=json.loads(report.read_text()))


async def baseline() -> float:
    """Return the megabytes of the hub without the site."""
    with throw_away() as folder:
        return (await started(folder, new_hub(folder))).megabytes


async def both_starts(size: Size, keep: Path | None) -> list[Start]:
    """Start a hub with a site of this size for the first time, and again."""
    with throw_away() as folder:
        port = new_hub(folder, _entry(size))
        await _bring_ledger(folder, size, keep)
        return [await started(folder, port) for _ in range(2)]


async def _bring_ledger(folder: Path, size: Size, keep: Path | None) -> None:
    target = ledger_of(folder / "config", SITE)
    if keep is None:
        await write_ledger(target, SITE, size)
        return
    kept = keep / f"{size.entries}" / target.name
    if not kept.exists():
        await write_ledger(kept, SITE, size)
    shutil.copytree(kept.parent, target.parent, dirs_exist_ok=True)


def _entry(size: Size) -> Data:
    """Return the site's entry: its lines lead to ports that nobody listens on."""
    lines = [modbus_line(number, free_port()) for number in range(size.lines)]
    meters = [_meter(number) for number in range(size.meters)]
    return entry("prepaid_parking", SITE, {"site": SITE, "currency": "CNY"}, *lines, *meters)


def _meter(number: int) -> Data:
    line, unit = number // PER_LINE, number % PER_LINE + 1
    return subentry("meter", f"meter{number}", f"Flat {number + 1}", {
        "source": "modbus", "line_id": f"line{line}", "profile": "acrel_ddsy1352", "unit_id": unit,
        "serial": serial(line, unit), "commodity": "electricity", "quantity": "energy",
        "interval": 60, "max_power": "13.8", "restore": "auto", "latency": 5, "consent": False,
        "relay": {"kind": "profile"}, "meter": f"m{number + 1}",
    })  # fmt: skip


def show(size: Size, starts: list[Start], without: float) -> None:
    """Print a size's two starts."""
    for name, start in zip(("first", "again"), starts, strict=True):
        seen = start.seen
        print(
            f"| {size.meters:,} | {size.wallets:,} | {size.entries:,} | {name} "
            f"| {seen['setup_s']:.1f} ({seen['all_cpu_s']:.1f}, {seen['cpu_s']:.1f}) "
            f"| {start.megabytes - without:.0f} | {start.entities:,} "
            f"| {held(seen['setting_up'])} | {held(seen['since'])} |",
            flush=True,
        )


def held(spell: dict[str, float]) -> str:
    """Return in milliseconds what held the loop longest: on the clock, by its own work, the collector's."""
    own, collecting = spell["longest_cpu_s"], spell["collecting_cpu_s"]
    return f"{spell['longest_s'] * 1e3:.0f} ({own * 1e3:.0f}, {collecting * 1e3:.0f})"


async def main() -> None:
    """Measure all sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave the thousand meters out")
    parser.add_argument("--long", action="store_true", help="up to 5,000 meters, 10^6 entries")
    parser.add_argument("--keep", type=Path, help="where ledgers are kept for the next run")
    asked = parser.parse_args()
    sizes = (*SIZES[: 2 if asked.quick else None], *((LARGEST,) if asked.long else ()))
    without = await baseline()
    print(
        f"The hub without a site: {without:.0f} MB. Budget: {MOST_SETUP_S:.0f} s, {MOST_MB:.0f} MB "
        f"above it, {MOST_ENTITIES:,} entities, no slice over {MOST_SLICE_S * 1e3:.0f} ms.\n"
    )
    print(
        "| meters | wallets | entries | start | set-up s (CPU, the loop's) | MB above | entities "
        "| longest slice ms (CPU, collector's CPU) | the same after it |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for size in sizes:
        show(size, await both_starts(size, asked.keep), without)


if __name__ == "__main__":
    asyncio.run(main())
