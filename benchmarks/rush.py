"""The morning at a large car park: 200 plate messages a second, two of five of them repeated.

`python -m benchmarks.rush [--seconds 60]`: a real broker, a real hub with 10,000 cards and permits,
5,000 spaces and 5,000 cars inside. Half of the cars come in, half go out, over thirty lanes. Counted
exactly: each car has one passage in the books and one pulse at its barrier. Timed: from the camera's
message to the pulse, beside a bare echo and a bare durable commit in the same seconds.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
import json
from pathlib import Path
from random import Random
import sqlite3
from statistics import quantiles
from time import monotonic, time
from typing import Final
from uuid import uuid4

import aiomqtt

from custom_components.prepaid_parking.simulator.broker import Broker
from custom_components.prepaid_parking.simulator.mqtt_device import Command
from custom_components.prepaid_parking.simulator.shelly import ShellyGen2

from .brokers import mosquitto
from .echo import ASKED, NO_DELAY
from .gate import BUDGET, CARDS, COMMIT, ECHO, WALLETS, Asker, Commits, echo
from .hubs import Data, new_hub, running_hub, spent, subentry, throw_away
from .poll import site
from .prepared import Size, ledger_of, plate, write_ledger

SPACES: Final = 5_000
INSIDE: Final = 5_000
LANES: Final = 30
PER_SECOND: Final = 200
REPEATED: Final = (False, True, False, True, False)
"""Which of five messages say again what an earlier one said."""
LATELY: Final = 40
"""A repeated message is about one of so many cars before it."""
BESIDE_S: Final = 0.1
PATIENCE_S: Final = 30.0
RUSH: Final = "plate to pulse"
TOPIC: Final = "frigate/tracked_object_update"


@dataclass(frozen=True, slots=True, kw_only=True)
class Car:
    """A car at a lane, and what its camera calls it."""

    plate: str
    lane: int
    object_id: str
    at: float

    def message(self, score: float) -> str:
        """Return what the camera says of it."""
        return json.dumps({
            "type": "lpr", "id": self.object_id, "name": None, "plate": self.plate, "score": score,
            "camera": f"lane{self.lane}", "timestamp": time(), "plate_box": [917, 487, 1029, 529],
        })  # fmt: skip


@dataclass(slots=True)
class Rush:
    """What came, what opened, and what the machine did meanwhile."""

    barriers: list[ShellyGen2]
    cars: list[Car] = field(default_factory=list)
    messages: int = 0
    echoes: list[float] = field(default_factory=list)
    commits: list[float] = field(default_factory=list)
    hub_cpu: float = 0.0
    written: dict[str, int] = field(default_factory=dict)

    @property
    def pulses(self) -> int:
        """How often barriers were asked to open."""
        return sum(_opens(command) for one in self.barriers for command in one.commands)

    def waits(self) -> list[float]:
        """Return how long each car waited: the pulses of a lane are in the order of its cars."""
        found = []
        for lane, barrier in enumerate(self.barriers):
            asked = [car.at for car in self.cars if car.lane == lane]
            opened = [command.at for command in barrier.commands if _opens(command)]
            found += [after - before for before, after in zip(asked, opened, strict=False)]
        return found


def _opens(command: Command) -> bool:
    if not command.topic.endswith("/rpc"):
        return False
    parameters = command.json.get("params")
    return isinstance(parameters, dict) and parameters.get("on") is True


def next_car(number: int) -> Car:
    """Return the car of a number: those inside leave by the odd lanes, the others come by the even."""
    pair, leaves = divmod(number, 2)
    return Car(
        plate=plate(pair if leaves else INSIDE + pair),
        lane=number % LANES,
        object_id=f"{time():.6f}-{number:06d}",
        at=monotonic(),
    )


async def drive(client: aiomqtt.Client, rush: Rush, seconds: float, chance: Random) -> None:
    """Publish at the pace that is asked for, whatever the hub makes of it."""
    began = monotonic()
    for number in range(int(seconds * PER_SECOND)):
        await asyncio.sleep(began + number / PER_SECOND - monotonic())
        if REPEATED[number % len(REPEATED)]:
            car = chance.choice(rush.cars[-LATELY:])
        else:
            car = next_car(len(rush.cars))
            rush.cars.append(car)
        await client.publish(TOPIC, car.message(chance.uniform(0.9, 0.99)), qos=1)
        rush.messages += 1


async def beside(asker: Asker, commits: Commits, rush: Rush) -> None:
    """Do the least that could be done, again and again, in the same seconds."""
    number = 0
    while True:
        await asyncio.sleep(BESIDE_S)
        message = next_car(number).message(0.95)
        rush.echoes.append(await asker.ask(ASKED, message))
        rush.commits.append(await asyncio.to_thread(commits.commit, number))
        number += 1


async def measured(seconds: float) -> Rush:
    """Run a hub and let the morning come."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(throw_away())
        broker = await stack.enter_async_context(mosquitto(folder))
        barriers = [ShellyGen2(f"rush-{lane}", on=False, inputs=0) for lane in range(LANES)]
        rush = Rush(barriers=barriers)
        uuid = uuid4().hex
        port = new_hub(folder, site([], 0, _line(broker), *map(_lane, range(LANES)), uuid=uuid))
        ledger = ledger_of(folder / "config", uuid)
        size = Size(wallets=WALLETS, cards=CARDS, spaces=SPACES, stays=INSIDE)
        await write_ledger(ledger, uuid, size)
        for barrier in barriers:
            await barrier.start(broker)
            stack.push_async_callback(barrier.stop)
            await barrier.connected.wait()
        async with running_hub(folder, port) as (pid, _):
            await asyncio.sleep(5)
            await stack.enter_async_context(echo(broker))
            asker = await stack.enter_async_context(Asker.at(broker))
            commits = Commits(folder)
            stack.callback(commits.close)
            client = await stack.enter_async_context(
                aiomqtt.Client(broker.host, broker.port, socket_options=NO_DELAY)
            )
            await _rush(client, asker, commits, rush, pid, seconds)
        rush.written = passages(ledger)
        return rush


async def _rush(
    client: aiomqtt.Client,
    asker: Asker,
    commits: Commits,
    rush: Rush,
    pid: int,
    seconds: float,
) -> None:
    before = spent(pid)[0]
    async with _while(beside(asker, commits, rush)):
        await drive(client, rush, seconds, Random(3))
    rush.hub_cpu = (spent(pid)[0] - before) / seconds
    deadline = monotonic() + PATIENCE_S
    while rush.pulses < len(rush.cars) and monotonic() < deadline:  # noqa: ASYNC110  many devices
        await asyncio.sleep(0.2)
    await asyncio.sleep(2)  # A pulse too many would come now.


@asynccontextmanager
async def _while(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Do something for as long as something else lasts."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def passages(ledger: Path) -> dict[str, int]:
    """Count what the books say happened at the lanes, by kind and reason."""
    connection = sqlite3.connect(ledger)
    rows = connection.execute("SELECT kind, reason, count(*) FROM passage GROUP BY kind, reason")
    found = {f"{kind} ({reason})": int(count) for kind, reason, count in rows}
    connection.close()
    return found


def _line(broker: Broker) -> Data:
    return subentry("line", "broker", "Broker", {
        "link": "mqtt", "host": broker.host, "port": broker.port, "username": "", "password": "",
        "tls": False, "protocol": "3.1.1",
    })  # fmt: skip


def _lane(number: int) -> Data:
    return subentry("lane", f"lane{number}", f"Lane {number}", {
        "line_id": "broker", "direction": "exit" if number % 2 else "entry", "fee": "0",
        "barrier": {"family": "shelly_gen2", "topic": f"rush-{number}", "channel": 0,
                    "pulse": 0.02},
        "reader": {"family": "frigate", "line_id": "broker", "topic": "frigate",
                   "camera": f"lane{number}", "least_score": 850},
    })  # fmt: skip


def show(rush: Rush, seconds: float) -> None:
    """Print what was counted and what was measured."""
    cars = len(rush.cars)
    print(f"{rush.messages:,} messages in {seconds:g} s, {cars:,} cars, hub {rush.hub_cpu:.0%} CPU")
    print(f"pulses: {rush.pulses:,}, too few or too many: {rush.pulses - cars}")
    for kind, count in rush.written.items():
        print(f"passages {kind}: {count:,}")
    ways = {ECHO: rush.echoes, COMMIT: rush.commits, RUSH: rush.waits()}
    cuts = {name: quantiles(some, n=100) for name, some in ways.items()}
    base = cuts[ECHO][98] + cuts[COMMIT][98]
    print("\n| way | p50 ms | p99 ms | slowest ms | p99 of echo + commit |")
    print("|---|---|---|---|---|")
    for name, cut in cuts.items():
        ratio = f"{cut[98] / base:.2f}" if name == RUSH else ""
        times = (cut[49], cut[98], max(ways[name]))
        print(f"| {name} | {' | '.join(f'{one * 1e3:.2f}' for one in times)} | {ratio} |")
    print(f"\nBudget: p99 at most {BUDGET:g} times echo and commit.")


async def main() -> None:
    """Measure, and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    asked = parser.parse_args()
    show(await measured(asked.seconds), asked.seconds)


if __name__ == "__main__":
    asyncio.run(main())
