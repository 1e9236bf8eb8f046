"""What polling and charging many meters costs a hub, against the hub's own way of doing it.

`python -m benchmarks.poll [--meters 500]`: the integration; the hub's `modbus` YAML with a utility
meter, a cost template and a cut-off automation for each meter (recorder on in both); and a bare
client loop over the same register blocks. Prints CPU per 10 s cycle, requests, memory, and how long
after a balance crossed the supply was commanded off.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
from pathlib import Path
from statistics import median
import sys
from time import perf_counter, process_time
from typing import Any, Final
from uuid import uuid4

from modbus_connection import ModbusTcpParams
from modbus_connection.tmodbus import ModbusConnection

from script.demo.client import Hub

from . import ROOT
from .building import serial
from .hubs import (
    Data,
    add_settings,
    entry,
    modbus_line,
    new_hub,
    running_hub,
    spent,
    subentry,
    throw_away,
)

CYCLE_S: Final = 10
LINES: Final = 5
BLOCK: Final = 3
"""Cycles measured together: counters are published every third; the median block is printed, so
that the recorder's statistics, which come every five minutes, are in none or in one of them."""
WARM_S: Final = 25
DRAINED: Final = 10


@dataclass
class Cost:
    """What one way of doing it cost."""

    name: str
    cpu_s: float
    requests: float
    megabytes: float | None = None
    crossed: list[float] | None = None
    answered: list[float] | None = None


class Building:
    """The simulated building's process."""

    def __init__(self, process: asyncio.subprocess.Process, ports: list[int]) -> None:
        """Take a running one."""
        self._process = process
        self.ports = ports

    @classmethod
    @asynccontextmanager
    async def of(cls, meters: int) -> AsyncIterator[Building]:
        """Run a building of so many meters."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "benchmarks.building", str(meters), str(LINES),
            cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        try:
            said = json.loads(await process.stdout.readline())
            yield cls(process, said["ports"])
        finally:
            process.terminate()
            await process.wait()

    async def ask(self, order: str) -> dict[str, Any]:
        """Give an order and wait for its answer."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(f"{order}\n".encode())
        await stdin.drain()
        answer: dict[str, Any] = json.loads(await stdout.readline())
        return answer


async def measured(
    name: str, pid: int, building: Building, cycles: int, *, drain: bool = True
) -> Cost:
    """Measure a warm hub over some cycles, then how soon supplies are cut."""
    await asyncio.sleep(WARM_S)
    requests = (await building.ask("count"))["requests"]
    blocks = []
    for _ in range(cycles // BLOCK):
        before = spent(pid)[0]
        await asyncio.sleep(BLOCK * CYCLE_S)
        blocks.append((spent(pid)[0] - before) / BLOCK)
    megabytes = spent(pid)[1]
    seen = (await building.ask("count"))["requests"] - requests
    cuts = await building.ask(f"drain {DRAINED}") if drain else {}
    return Cost(
        name=name,
        cpu_s=median(blocks),
        requests=seen / (len(blocks) * BLOCK),
        megabytes=megabytes,
        crossed=cuts.get("crossed_to_trip"),
        answered=cuts.get("read_to_trip"),
    )


async def ours(meters: int, cycles: int, folder: Path) -> Cost:
    """The integration: entities, recorder, charging, supplies."""
    async with Building.of(meters) as building:
        port = new_hub(folder, site(building.ports, meters))
        async with running_hub(folder, port) as (pid, hub):
            await set_up(hub, meters)
            return await measured("prepaid_parking", pid, building, cycles)


def site(ports: list[int], meters: int, *more: Data, uuid: str = "") -> Data:
    """Return a site's entry, as the hub's dialogues would write it after hours of clicking."""
    lines = [modbus_line(number, port) for number, port in enumerate(ports)]
    uuid = uuid or uuid4().hex
    units = [_meter(number) for number in range(meters)]
    return entry("prepaid_parking", uuid, {"site": uuid, "currency": "CNY"}, *lines, *units, *more)


def _meter(number: int) -> Data:
    line, unit = number % LINES, number // LINES + 1
    return subentry("meter", f"meter{number}", f"Flat {number + 1}", {
        "source": "modbus", "line_id": f"line{line}", "profile": "acrel_ddsy1352", "unit_id": unit,
        "serial": serial(line, unit), "commodity": "electricity", "quantity": "energy",
        "interval": CYCLE_S, "max_power": "13.8", "restore": "auto", "latency": 5,
        "consent": False, "relay": {"kind": "profile"},
    })  # fmt: skip


async def set_up(hub: Hub, meters: int) -> None:
    """A tariff, and for each meter a wallet that lasts for two hours more."""
    await hub.act("set_policy", policy="standard", grace_hours=0, alert="2", alert2="1")
    await hub.act("publish_tariff", tariff="home", quantity="energy", price="0.80")
    listed: dict[str, Any] = {"meters": []}
    while len(listed["meters"]) < meters or any(
        one["register"] is None for one in listed["meters"]
    ):
        await asyncio.sleep(1)
        listed = await hub.act("list_meters", limit=1000)
    for meter in listed["meters"]:
        opened = await hub.act("open_wallet", unit=meter["name"], purpose="utility")
        await hub.act("top_up", wallet=opened["wallet"], amount="5", channel="cash")
        await hub.act("bind_meter", meter=meter["meter"], wallet=opened["wallet"], tariff="home")


async def the_yaml_way(meters: int, cycles: int, folder: Path) -> Cost:
    """What a user would build from the hub's own parts."""
    async with Building.of(meters) as building:
        port = new_hub(folder)
        add_settings(folder, yaml_way(building.ports, meters))
        async with running_hub(folder, port) as (pid, _):
            return await measured("modbus YAML", pid, building, cycles, drain=False)


def yaml_way(ports: list[int], meters: int) -> str:
    """Return five sensors, a utility meter, a cost and a cut-off for each meter, in YAML (JSON)."""
    by_line: dict[int, list[dict[str, Any]]] = {}
    utility: dict[str, Any] = {}
    templates: list[dict[str, Any]] = []
    cuts: list[dict[str, Any]] = []
    for number in range(meters):
        line, unit = number % LINES, number // LINES + 1
        name = f"m{number}"
        sensors = by_line.setdefault(line, [])
        for key, address, kind, scale, extra in (
            ("energy", 0x0000, "uint32", 0.01, {"device_class": "energy",
             "state_class": "total_increasing", "unit_of_measurement": "kWh", "precision": 2}),
            ("voltage", 0x000B, "uint16", 0.1, {"unit_of_measurement": "V"}),
            ("current", 0x000C, "uint16", 0.01, {"unit_of_measurement": "A"}),
            ("power", 0x000D, "int16", 0.001, {"unit_of_measurement": "kW"}),
            ("status", 0x0224, "uint16", 1, {}),
        ):  # fmt: skip
            sensors.append({
                "name": f"{name} {key}", "unique_id": f"{name}_{key}", "slave": unit,
                "address": address, "input_type": "holding", "data_type": kind, "scale": scale,
                "scan_interval": CYCLE_S, **extra,
            })  # fmt: skip
        utility[f"{name}_month"] = {"source": f"sensor.{name}_energy", "cycle": "monthly"}
        templates.append({"name": f"{name} cost", "unique_id": f"{name}_cost",
            "unit_of_measurement": "CNY",
            "state": f"{{{{ states('sensor.{name}_month') | float(0) * 0.8 }}}}"})  # fmt: skip
        cuts.append({
            "alias": f"cut {name}",
            "triggers": [{"trigger": "numeric_state", "entity_id": f"sensor.{name}_cost", "above": 5}],
            "actions": [{"action": "modbus.write_register", "data": {
                "hub": f"line{line}", "slave": unit, "address": 0x0057, "value": [1, 1]}}],
        })  # fmt: skip
    hubs = [
        {"name": f"line{line}", "type": "tcp", "host": "127.0.0.1", "port": ports[line], "sensors": sensors}
        for line, sensors in by_line.items()
    ]  # fmt: skip
    parts = {"modbus": hubs, "utility_meter": utility, "template": [{"sensor": templates}]}
    text = "\n".join(f"{key}: {json.dumps(value)}" for key, value in parts.items())
    return f"{text}\nautomation cuts: {json.dumps(cuts)}\n"


async def bare_loop(meters: int, cycles: int) -> Cost:
    """A client that reads the two blocks a charge needs and throws them away."""
    async with Building.of(meters) as building:
        links = [
            ModbusConnection(ModbusTcpParams(host="127.0.0.1", port=port))
            for port in building.ports
        ]
        blocks = ((0x0000, 2), (0x0224, 1))
        cpu, count = process_time(), 0
        for _ in range(cycles):
            began = perf_counter()
            for number in range(meters):
                unit = links[number % LINES].for_unit(number // LINES + 1)
                for address, words in blocks:
                    await unit.read_holding_registers(address, words)
                    count += 1
            await asyncio.sleep(max(0.0, 1 - (perf_counter() - began)))
        cost = Cost("bare modbus-connection", (process_time() - cpu) / cycles, count / cycles)
        for link in links:
            await link.close()
        return cost


def show(costs: list[Cost], meters: int) -> None:
    """Print the table, the first way being what the others are compared with."""
    base = costs[0]
    print(f"{meters} meters, every {CYCLE_S} s, {LINES} lines; per cycle:\n")
    print(
        "| way | CPU s | ratio | requests | MB | crossed -> cut s (p50, max) | reading -> cut s (p50, max) |"
    )
    print("|---|---|---|---|---|---|---|")
    for cost in costs:
        size = f"{cost.megabytes:.0f}" if cost.megabytes else "-"
        print(
            f"| {cost.name} | {cost.cpu_s:.3f} | {cost.cpu_s / base.cpu_s:.2f} | {cost.requests:.0f} "
            f"| {size} | {_both(cost.crossed)} | {_both(cost.answered)} |"
        )


def _both(times: list[float] | None) -> str:
    return f"{median(times):.2f}, {max(times):.2f}" if times else "-"


async def main() -> None:
    """Measure all three, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--meters", type=int, default=500)
    parser.add_argument("--cycles", type=int, default=9)
    asked = parser.parse_args()
    costs = []
    for way in (ours, the_yaml_way):
        with throw_away() as folder:
            costs.append(await way(asked.meters, asked.cycles, folder))
    costs.append(await bare_loop(asked.meters, asked.cycles))
    show(costs, asked.meters)


if __name__ == "__main__":
    asyncio.run(main())
