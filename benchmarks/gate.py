"""How long a car waits: from the camera's message to the pulse at the barrier's relay.

`python -m benchmarks.gate [--rounds 500] [--meters 500]`: a real broker, a real hub with 10,000
cards; in turns, so that all share the same moments of the machine: a bare echo over the broker, a
bare durable commit, a lane without and one with a fee, and a hub automation that does the same
without books. First idle, then while many meters are polled.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
import json
from pathlib import Path
from random import Random
import sqlite3
from statistics import quantiles
import sys
from time import monotonic
from typing import Any, Final, Self
from uuid import uuid4

import aiomqtt

from custom_components.prepaid_parking.simulator.broker import Broker
from custom_components.prepaid_parking.simulator.frigate import FrigateCamera, PlateRead
from custom_components.prepaid_parking.simulator.mqtt_device import Command
from custom_components.prepaid_parking.simulator.shelly import ShellyGen2
from script.demo.client import Hub

from . import ROOT
from .brokers import mosquitto
from .echo import ANSWERED, ASKED, NO_DELAY
from .hubs import (
    Data,
    add_settings,
    entry,
    new_hub,
    running_hub,
    subentry,
    throw_away,
)
from .poll import Building, set_up, site
from .prepared import Size, ledger_of, plate, write_ledger

CARDS: Final = 10_000
WALLETS: Final = 1_000
APART_S: Final = 0.05
"""Between two questions: cars do not come faster, and what one leaves to do is done by then."""
WARM_ROUNDS: Final = 20
PATIENCE_S: Final = 3.0
BUDGET: Final = 2.0
ECHO, COMMIT, FREE, FEE, AUTOMATION = (
    "bare echo",
    "bare commit",
    "lane",
    "lane with a fee",
    "automation",
)
PLATE_TOPIC: Final = "automation/plate"
PULSE_TOPIC: Final = "automation/rpc"

type Measure = Callable[[int], Awaitable[float]]
type Times = dict[str, list[float]]


class Commits:
    """Bare `sqlite3`, as durable as the ledger: two rows for each car."""

    def __init__(self, folder: Path) -> None:
        """Open a new file."""
        self._connection = sqlite3.connect(
            folder / "bare.db", isolation_level=None, check_same_thread=False
        )
        for statement in (
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=FULL",
            "CREATE TABLE said (id INTEGER PRIMARY KEY, text TEXT)",
        ):
            self._connection.execute(statement)

    async def take(self, number: int) -> float:
        """Commit once."""
        return self.commit(number)

    def commit(self, number: int) -> float:
        """Commit once, also in a thread."""
        began = monotonic()
        self._connection.execute("BEGIN IMMEDIATE")
        for text in ("a command of this length to a lane", "a passage of about this length"):
            self._connection.execute("INSERT INTO said (text) VALUES (?)", (f"{text} {number}",))
        self._connection.execute("COMMIT")
        return monotonic() - began

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


class Asker:
    """Publishes on one topic and waits for what comes back on another."""

    def __init__(self, client: aiomqtt.Client) -> None:
        """Take a connected client."""
        self._client = client
        self._back: asyncio.Future[float] | None = None

    @classmethod
    @asynccontextmanager
    async def at(cls, broker: Broker) -> AsyncIterator[Self]:
        """Connect."""
        async with (
            aiomqtt.Client(broker.host, broker.port, socket_options=NO_DELAY) as client,
            asyncio.TaskGroup() as group,
        ):
            asker = cls(client)
            for topic in (ANSWERED, PULSE_TOPIC):
                await client.subscribe(topic, qos=1)
            listening = group.create_task(asker._listen())
            yield asker
            listening.cancel()

    async def ask(self, topic: str, payload: str) -> float:
        """Return how long the answer took."""
        self._back = asyncio.get_running_loop().create_future()
        began = monotonic()
        await self._client.publish(topic, payload)
        async with asyncio.timeout(PATIENCE_S):
            return await self._back - began

    async def _listen(self) -> None:
        async for _ in self._client.messages:
            if self._back is not None and not self._back.done():
                self._back.set_result(monotonic())


class Lane:
    """A camera and a barrier on the broker."""

    def __init__(self, name: str, chance: Random) -> None:
        """Name both."""
        self.name = name
        self._chance = chance
        self._camera = FrigateCamera(name)
        self._barrier = ShellyGen2(f"shelly-{name}", on=False)

    @asynccontextmanager
    async def at(self, broker: Broker) -> AsyncIterator[None]:
        """Connect both."""
        devices = (self._camera, self._barrier)
        for device in devices:
            await device.start(broker)
            await device.connected.wait()
        try:
            yield
        finally:
            for device in devices:
                await device.stop()

    def message(self, number: int) -> str:
        """Return what a camera says of a car."""
        read = PlateRead(plate=plate(number % CARDS))
        return json.dumps(self._camera.lpr(read, object_id=self._camera.new_object()))

    async def take(self, number: int) -> float:
        """Let a car with a card come; returns how long its pulse took."""
        self._barrier.commands.clear()
        began = monotonic()
        await self._camera.publish("frigate/tracked_object_update", self.message(number))
        pulses = await self._barrier.commanded(_opens, timeout=PATIENCE_S)
        return pulses[0].at - began

    def subentry(self, fee: str) -> Data:
        """Return the lane's configuration."""
        return subentry("lane", self.name, self.name, {
            "line_id": "broker", "direction": "both", "fee": fee,
            "barrier": {"family": "shelly_gen2", "topic": f"shelly-{self.name}", "channel": 0,
                        "pulse": 0.02},
            "reader": {"family": "frigate", "line_id": "broker", "topic": "frigate",
                       "camera": self.name, "least_score": 850},
        })  # fmt: skip


def _opens(command: Command) -> bool:
    if not command.topic.endswith("/rpc"):
        return False
    parameters = command.json.get("params")
    return isinstance(parameters, dict) and parameters.get("on") is True


async def measured(meters: int, rounds: int) -> Times:
    """Run a hub and let cars come; returns the times of each way."""
    chance = Random(2)
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(throw_away())
        broker = await stack.enter_async_context(mosquitto(folder))
        building = await stack.enter_async_context(Building.of(meters)) if meters else None
        lanes = {FREE: Lane("front", chance), FEE: Lane("back", chance)}
        port = await _files(folder, broker, building, meters, lanes)
        for lane in lanes.values():
            await stack.enter_async_context(lane.at(broker))
        _, hub = await stack.enter_async_context(running_hub(folder, port))
        if meters:
            await set_up(hub, meters)
        await _open_for_cars(hub)
        await stack.enter_async_context(echo(broker))
        asker = await stack.enter_async_context(Asker.at(broker))
        commits = Commits(folder)
        stack.callback(commits.close)
        ways: dict[str, Measure] = {
            ECHO: lambda number: asker.ask(ASKED, lanes[FREE].message(number)),
            COMMIT: commits.take,
            FREE: lanes[FREE].take,
            FEE: lanes[FEE].take,
            AUTOMATION: lambda number: asker.ask(PLATE_TOPIC, lanes[FREE].message(number)),
        }
        return await _rounds(ways, rounds, chance)


async def _rounds(ways: dict[str, Measure], rounds: int, chance: Random) -> Times:
    times: Times = {name: [] for name in ways}
    for number in range(rounds + WARM_ROUNDS):
        for name in chance.sample(list(ways), len(ways)):
            await asyncio.sleep(APART_S * chance.uniform(0.5, 1.5))
            took = await ways[name](number)
            if number >= WARM_ROUNDS:
                times[name].append(took)
    return times


async def _files(
    folder: Path, broker: Broker, building: Building | None, meters: int, lanes: dict[str, Lane]
) -> int:
    """Write the hub's files: the site with its cards, the broker for its own parts, the automation."""
    line = subentry("line", "broker", "Broker", {
        "link": "mqtt", "host": broker.host, "port": broker.port, "username": "", "password": "",
        "tls": False, "protocol": "3.1.1",
    })  # fmt: skip
    uuid = uuid4().hex
    ours = site(
        building.ports if building else [], meters, line,
        lanes[FREE].subentry("0"), lanes[FEE].subentry("1.00"), uuid=uuid,
    )  # fmt: skip
    theirs = entry("mqtt", "mqtt", {"broker": broker.host, "port": broker.port}, version=2)
    port = new_hub(folder, ours, theirs)
    automation = {
        "alias": "gate",
        "triggers": [{"trigger": "mqtt", "topic": PLATE_TOPIC}],
        "conditions": ["{{ trigger.payload_json.type == 'lpr' }}"],
        "actions": [{"action": "mqtt.publish", "data": {"topic": PULSE_TOPIC, "payload": json.dumps(
            {"id": 1, "src": "automation", "method": "Switch.Set",
             "params": {"id": 0, "on": True, "toggle_after": 1}})}}],
    }  # fmt: skip
    add_settings(folder, f"automation gate: {json.dumps([automation])}")
    size = Size(wallets=WALLETS, cards=CARDS)
    await write_ledger(ledger_of(folder / "config", uuid), uuid, size)
    return port


async def _open_for_cars(hub: Hub) -> None:
    """Wait until the lanes hear their cameras and the automation its topic."""
    await asyncio.sleep(5)
    states: list[dict[str, Any]] = await hub.ask("get_states")
    shown = {state["entity_id"]: state["state"] for state in states}
    assert shown.get("automation.gate") == "on", shown


@asynccontextmanager
async def echo(broker: Broker) -> AsyncIterator[None]:
    """Run the bare echo."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.echo", str(broker.port),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    await process.stdout.readline()
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


def show(situation: str, times: Times) -> None:
    """Print what was measured, and what each budget says to it."""
    cuts = {name: quantiles(some, n=100) for name, some in times.items()}
    base = cuts[ECHO][98] + cuts[COMMIT][98]
    print(f"\n{situation}\n")
    print("| way | p50 ms | p99 ms | p99 of echo + commit | below the automation |")
    print("|---|---|---|---|---|")
    for name, cut in cuts.items():
        ratio = under = ""
        if name in (FREE, FEE):
            ratio = f"{cut[98] / base:.2f} ({_verdict(cut[98] <= BUDGET * base)})"
            under = _verdict(cut[98] <= cuts[AUTOMATION][98])
        print(f"| {name} | {cut[49] * 1e3:.2f} | {cut[98] * 1e3:.2f} | {ratio} | {under} |")


def _verdict(met: bool) -> str:
    return "met" if met else "missed"


async def main() -> None:
    """Measure idle, then busy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--meters", type=int, default=500)
    asked = parser.parse_args()
    print(f"Plate to pulse, {CARDS:,} cards, {asked.rounds} cars; budget: p99 at most {BUDGET:g}x")
    show("idle", await measured(0, asked.rounds))
    show(
        f"while {asked.meters} meters are polled every 10 s",
        await measured(asked.meters, asked.rounds),
    )


if __name__ == "__main__":
    asyncio.run(main())
