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
import os
from pathlib import Path
import shutil
import socket
from statistics import median
import sys
import tempfile
from time import perf_counter, process_time
from typing import Any, Final
from uuid import uuid4

from modbus_connection import ModbusTcpParams
from modbus_connection.tmodbus import ModbusConnection

from script.demo.client import Hub
from script.demo.hub import wait_until_running, write_config
from script.demo.places import Places

from . import ROOT
from .building import serial

CYCLE_S: Final = 10
LINES: Final = 5
BLOCK: Final = 3
"""Cycles measured together: counters are published every third; the median block is printed, so
that the recorder's statistics, which come every five minutes, are in none or in one of them."""
WARM_S: Final = 25
DRAINED: Final = 10
TICKS: Final = os.sysconf("SC_CLK_TCK")


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


def spent(pid: int) -> tuple[float, float]:
    """Return a process's CPU seconds and megabytes so far."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return (int(stat[11]) + int(stat[12])) / TICKS, pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def places_of(folder: Path) -> Places:
    """Return the places of a throw-away hub."""
    return Places(folder=folder)


@asynccontextmanager
async def running_hub(folder: Path, port: int) -> AsyncIterator[tuple[int, Hub]]:
    """Run a hub on its folder; yields its process id and a connection to it."""
    log = (folder / "hub.log").open("wb")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "homeassistant", "--skip-pip", "--config", str(folder / "config"),
        stdout=log, stderr=log,
        env={key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"},
    )  # fmt: skip
    try:
        hub_at = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.2)
            else:
                writer.close()
                break
        async with Hub.logged_in(hub_at) as hub:
            await wait_until_running(hub)
            yield process.pid, hub
    finally:
        process.terminate()
        await process.wait()
        log.close()


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
        port = free_port()
        write_config(places_of(folder), port)
        write_entry(folder / "config" / ".storage", building.ports, meters)
        async with running_hub(folder, port) as (pid, hub):
            await set_up(hub, meters)
            return await measured("prepaid_parking", pid, building, cycles)


def write_entry(storage: Path, ports: list[int], meters: int) -> None:
    """Write the hub's own list of entries, as its dialogues would after hours of clicking."""
    lines = [
        _subentry("line", f"line{number}", f"Line {number}", {
            "link": "modbus", "transport": "tcp", "host": "127.0.0.1", "port": port,
            "timeout": 1.0, "spacing": 0.0,
        })
        for number, port in enumerate(ports)
    ]  # fmt: skip
    units = [_meter(number) for number in range(meters)]
    site = uuid4().hex
    entry = {
        "created_at": "2026-11-22T00:00:00+00:00", "modified_at": "2026-11-22T00:00:00+00:00",
        "data": {"site": site, "currency": "CNY"}, "disabled_by": None, "discovery_keys": {},
        "domain": "prepaid_parking", "entry_id": uuid4().hex, "minor_version": 1, "options": {},
        "pref_disable_new_entities": False, "pref_disable_polling": False, "source": "user",
        "subentries": [*lines, *units], "title": "Benchmark", "unique_id": site, "version": 1,
    }  # fmt: skip
    store = {"version": 1, "minor_version": 5, "key": "core.config_entries", "data": {"entries": [entry]}}
    (storage / "core.config_entries").write_text(json.dumps(store))


def _subentry(kind: str, key: str, title: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "data": data, "subentry_id": key, "subentry_type": kind, "title": title,
        "unique_id": f"{kind}:{key}",
    }  # fmt: skip


def _meter(number: int) -> dict[str, Any]:
    line, unit = number % LINES, number // LINES + 1
    return _subentry("meter", f"meter{number}", f"Flat {number + 1}", {
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
    while len(listed["meters"]) < meters or any(one["register"] is None for one in listed["meters"]):
        await asyncio.sleep(1)
        listed = await hub.act("list_meters", limit=1000)
    for meter in listed["meters"]:
        opened = await hub.act("open_wallet", unit=meter["name"], purpose="utility")
        await hub.act("top_up", wallet=opened["wallet"], amount="5", channel="cash")
        await hub.act("bind_meter", meter=meter["meter"], wallet=opened["wallet"], tariff="home")


async def the_yaml_way(meters: int, cycles: int, folder: Path) -> Cost:
    """What a user would build from the hub's own parts."""
    async with Building.of(meters) as building:
        port = free_port()
        write_config(places_of(folder), port)
        config = folder / "config"
        settings = config / "configuration.yaml"
        settings.write_text(f"{settings.read_text()}\n{yaml_way(building.ports, meters)}")
        async with running_hub(folder, port) as (pid, hub):
            cost = await measured("modbus YAML", pid, building, cycles, drain=False)
            del hub
        return cost


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
        links = [ModbusConnection(ModbusTcpParams(host="127.0.0.1", port=port)) for port in building.ports]
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
    print("| way | CPU s | ratio | requests | MB | crossed -> cut s (p50, max) | reading -> cut s (p50, max) |")
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
        folder = Path(tempfile.mkdtemp(prefix="prepaid-benchmark-"))
        try:
            costs.append(await way(asked.meters, asked.cycles, folder))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    costs.append(await bare_loop(asked.meters, asked.cycles))
    show(costs, asked.meters)


if __name__ == "__main__":
    asyncio.run(main())
