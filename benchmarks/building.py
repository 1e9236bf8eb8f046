"""A building of many meters in a process of its own, told by lines on standard input.

`count` answers the requests seen so far, `drain N` lets N wallets' meters count a lot at once and
answers when their supplies were commanded off.
"""

import asyncio
from decimal import Decimal
import json
from random import Random
import sys
from time import monotonic
from typing import Any

from benchmarks import ROOT  # noqa: F401  makes the simulator importable without the hub
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.site import Site

TRIP = (0x0057, (1, 1))
DRAIN_KWH = 10
PATIENCE_S = 40.0


def serial(line: int, unit: int) -> str:
    """Return the meter number of a unit on a line."""
    return f"{line + 1:04d}{unit:08d}"


async def main(meters: int, lines: int) -> None:
    """Serve until standard input ends."""
    buses = [ModbusLine(name=f"line {number}") for number in range(lines)]
    for number in range(meters):
        line, unit = number % lines, number // lines + 1
        device = AcrelDdsy1352(unit=unit, serial=serial(line, unit), start=1000)
        device.set_load("1.2")
        buses[line].add(device)
    chance = Random(1)
    site = Site(buses, tick_s=1.0)
    async with site, asyncio.TaskGroup() as group:
        living = group.create_task(live(buses, chance))
        say({"ports": [bus.port for bus in buses]})
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while order := (await reader.readline()).decode().split():
            if order[0] == "count":
                say({"requests": sum(len(bus.log) for bus in buses)})
            elif order[0] == "drain":
                say(await drain(buses, int(order[1])))
        living.cancel()


async def live(buses: list[ModbusLine], chance: Random) -> None:
    """Let every flat use a little more or less, all the time, as people do."""
    while True:
        for bus in buses:
            for device in bus.devices.values():
                if isinstance(device, AcrelDdsy1352):
                    device.set_load(Decimal(chance.randint(200, 4000)) / 1000)
        await asyncio.sleep(5)


async def drain(buses: list[ModbusLine], count: int) -> dict[str, Any]:
    """Let meters count much at once, spread over a cycle, and time the trips."""
    started: dict[tuple[int, int], float] = {}
    for number in range(count):
        line = number % len(buses)
        unit = number // len(buses) + 1
        device = buses[line].devices[unit]
        assert isinstance(device, AcrelDdsy1352)
        device.add(kwh=DRAIN_KWH)
        started[line, unit] = monotonic()
        await asyncio.sleep(10 / count)
    crossed, answered = [], []
    deadline = monotonic() + PATIENCE_S
    for (line, unit), at in started.items():
        log = buses[line].log
        try:
            await log.seen(
                unit=unit, address=TRIP[0], values=TRIP[1], timeout=max(1, deadline - monotonic())
            )
        except TimeoutError:
            continue
        trip = log.find(unit=unit, address=TRIP[0], values=TRIP[1])[0]
        reads = [one.at for one in log.find(unit=unit) if at <= one.at < trip.at]
        crossed.append(trip.received_at - at)
        answered.append(trip.received_at - reads[0] if reads else 0.0)
    return {"crossed_to_trip": crossed, "read_to_trip": answered, "of": count}


def say(answer: dict[str, Any]) -> None:
    """Answer in one line."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
