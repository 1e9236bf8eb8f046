"""A car park as cars meet it: a camera and a barrier at each end, both of them behind a broker."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from custom_components.prepaid_parking.operations.lane_facts import Passed
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.plate_reader import JsonPlateReader
from custom_components.prepaid_parking.simulator.relay_board import WaveshareRelay
from tests.brokers import Mosquitto

from .conftest import Data, Hub, connected_line, line_data, subscribed
from .gateways import (
    LOOPS,
    Gateway,
    ShellyGateway,
    WatchedGateway,
    all_alive,
    board_data,
    camera_data,
    lane_data,
)

PLATE: Final = "沪A12345"
OTHER: Final = "沪A67890"
THIRD: Final = "沪A54321"
STRANGER: Final = "粤B98765"
VISITORS: Final = {
    "tariff": "visitors",
    "kind": "duration",
    "duration": {"price": "5.00", "per": 60, "step": 60, "leave": 15},
}
"""Each hour that has begun costs 5.00, also the first second."""
UNIT: Final = 9
OPENS_WITHIN_S: Final = 2.0


@dataclass(frozen=True)
class CarPark[Out: Gateway = ShellyGateway]:
    """A car park with a way in (l1) and a way out (l2).

    Where there are no loops, who is let through has passed.
    """

    hub: Hub
    line_id: str
    way_in: ShellyGateway
    way_out: Out

    def answers(self, lane: str = "") -> list[Passed]:
        """What the lanes answered so far."""
        told = [one for one in self.hub.facts if isinstance(one, Passed)]
        return [one for one in told if lane in ("", one.lane)]

    async def answered(self, gateway: Gateway, count: int, within: float = 10.0) -> Passed:
        """Wait until a lane has answered so often; return the last of these answers."""

        async def enough() -> bool:
            return len(self.answers(gateway.lane)) >= count

        await self.hub.until(enough, within, every=0.01)
        return self.answers(gateway.lane)[count - 1]

    async def read(self, gateway: Gateway, plate: str, **look: Any) -> Passed:
        """Let a car be read at a lane; return what it was told."""
        before = len(self.answers(gateway.lane))
        await gateway.camera.see(plate, **look)
        return await self.answered(gateway, before + 1)

    async def come(self, plate: str = PLATE) -> str:
        """Let a car drive in; return why, or why not."""
        return (await self.read(self.way_in, plate)).reason

    async def go(self, plate: str = PLATE) -> str:
        """Let a car drive out; return why, or why not."""
        return (await self.read(self.way_out, plate)).reason

    async def customer(
        self, money: str = "0", plates: Sequence[str] = (PLATE,), **card: Any
    ) -> tuple[str, str]:
        """Open a parking wallet with a card; return the ids of both."""
        opened = await self.hub.call("open_wallet", unit=f"Flat {plates[0]}", purpose="parking")
        wallet = str(opened["wallet"])
        if money != "0":
            await self.hub.call("top_up", wallet=wallet, amount=money, channel="cash")
        issued = await self.hub.call("issue_card", wallet=wallet, plates=list(plates), **card)
        return wallet, str(issued["card"])

    async def temporaries(self, **rules: Any) -> None:
        """Let in whoever comes, at 5.00 for each hour that has begun."""
        await self.hub.call("publish_tariff", **VISITORS)
        await self.rules(**{"temporaries": True, "tariffs": [{"tariff": "visitors"}]} | rules)

    async def rules(self, **changes: Any) -> None:
        """Change the rules; cars of a test are at both ends within seconds."""
        await self.hub.call("set_parking_rules", travel_seconds=0, **changes)

    async def balance(self, wallet: str = "w1") -> str:
        """Return what a wallet holds."""
        return str((await self.hub.wallet(wallet))["balance"])

    async def stays(self, **which: Any) -> list[Data]:
        """List stays, the first arrival first."""
        listed: list[Data] = (await self.hub.call("list_stays", **which))["stays"]
        return listed[::-1]

    async def states(self) -> list[str]:
        """How far each stay has come."""
        return [str(one["state"]) for one in await self.stays()]

    async def become(self, *states: str) -> None:
        """Wait until the stays have come so far: what loops tell is written down after it is felt."""

        async def so() -> bool:
            return await self.states() == list(states)

        await self.hub.until(so)

    async def reviews(self) -> list[str]:
        """What waits for a person."""
        await self.hub.data.keeper.work()
        listed = (await self.hub.call("list_reviews"))["reviews"]
        return [str(one["why"]) for one in listed]

    async def suspected(self, *whys: str) -> None:
        """Wait until just this waits for a person: it is asked after the barrier."""

        async def so() -> bool:
            return await self.reviews() == list(whys)

        await self.hub.until(so)

    async def restart(self) -> None:
        """Stop and start the hub: what the lanes only remembered is gone."""
        await self.hub.restart()
        await subscribed(self.hub, self.line_id)

    async def nothing_more(self, for_s: float = 1.0) -> None:
        """Give what must not happen its chance: it would come over the broker by itself."""
        await asyncio.sleep(for_s)


@asynccontextmanager
async def car_park_of(hub: Hub, broker: Mosquitto, *, fire: str = "") -> AsyncIterator[CarPark]:
    """Put up a car park; its devices live as long as this lasts. `fire` has the alarm's contact."""
    way_in, way_out = ShellyGateway.of("l1", "in"), ShellyGateway.of("l2", "out")
    async with all_alive(broker, *way_in.devices, *way_out.devices):
        line_id = await connected_line(hub, broker)
        contact = {"family": "shelly_gen2", "topic": fire, "channel": 1, "inverted": False}
        wired = {"inputs": {"fire_alarm": {"line_id": line_id, **contact}}} if fire else {}
        await hub.add("lane", "In", "lane:in", lane_data(line_id, "in", "entry"))
        await hub.add("lane", "Out", "lane:out", lane_data(line_id, "out", "exit", **wired))
        await subscribed(hub, line_id)
        yield CarPark(hub, line_id, way_in, way_out)


@asynccontextmanager
async def watched_park_of(
    hub: Hub, broker: Mosquitto, line: ModbusLine
) -> AsyncIterator[CarPark[WatchedGateway]]:
    """Put up a car park whose way out has a barrier and loops on Modbus, and a camera on the broker."""
    board = WaveshareRelay(unit=UNIT)
    line.add(board)
    way_in, camera = ShellyGateway.of("l1", "in"), JsonPlateReader("cam/out")
    async with all_alive(broker, *way_in.devices, camera):
        bus_id = await hub.add("line", "Bus", f"line:tcp:127.0.0.1:{line.port}", line_data(line))
        line_id = await connected_line(hub, broker)
        out = board_data(bus_id, UNIT, **LOOPS) | {"reader": camera_data(line_id, "cam/out")}
        await hub.add("lane", "In", "lane:in", lane_data(line_id, "in", "entry"))
        await hub.add("lane", "Out", "lane:out", {**out, "direction": "exit", "fee": "0"})
        await subscribed(hub, line_id)
        way_out = WatchedGateway(lane="l2", camera=camera, hub=hub, board=board, line=line)
        await way_out.feel(entry_loop=False, safety_loop=False)
        yield CarPark(hub, line_id, way_in, way_out)
