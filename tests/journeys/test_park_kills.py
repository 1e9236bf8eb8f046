"""Journey: the whole hub is killed after it wrote a passage down and before the barrier heard of it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import MappingProxyType
from uuid import uuid4

from homeassistant.config_entries import ConfigSubentry
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.prepaid_parking.const import DOMAIN
from custom_components.prepaid_parking.core.passage import Passage
from custom_components.prepaid_parking.core.stay import Stay
from custom_components.prepaid_parking.core.supply import CommandLog
from custom_components.prepaid_parking.simulator.faults import FOREVER
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.plate_reader import JsonPlateReader
from custom_components.prepaid_parking.simulator.relay_board import WaveshareRelay
from custom_components.prepaid_parking.store.books import Books
from script.demo.client import Hub as Client
from tests.brokers import Mosquitto, alive

from .accounts import is_sound
from .conftest import broker_data, line_data
from .gateways import board_data, camera_data
from .hub_process import HubProcess
from .parking import PLATE

LOOP = 0


@pytest.fixture
async def board(socket_enabled: None) -> WaveshareRelay:
    """What opens the barrier, and hears the loop before it."""
    return WaveshareRelay(unit=9)


@pytest.fixture
async def line(board: WaveshareRelay) -> AsyncIterator[ModbusLine]:
    """The line it is on."""
    async with ModbusLine([board]) as line:
        yield line


@pytest.fixture
async def process(tmp_path: Path, line: ModbusLine, broker: Mosquitto) -> AsyncIterator[HubProcess]:
    """A hub with a way in, and a way out that only has to be there."""
    site, bus, wire = uuid4().hex, uuid4().hex, uuid4().hex
    way_in = {
        **board_data(bus, 9, entry_loop=LOOP),
        "reader": camera_data(wire, "cam/in"), "direction": "entry", "fee": "0",
    }  # fmt: skip
    way_out = {
        **board_data(bus, 9), "reader": camera_data(wire, "cam/out"), "direction": "exit",
        "fee": "0",
    }  # fmt: skip
    way_out["barrier"] = {**way_out["barrier"], "coil": 1}
    parts = {
        bus: ("line", "Bus", line_data(line)),
        wire: ("line", "Broker", broker_data(broker)),
        uuid4().hex: ("lane", "In", way_in),
        uuid4().hex: ("lane", "Out", way_out),
    }
    entry = MockConfigEntry(
        domain=DOMAIN, title="Demo house", unique_id=site, data={"site": site, "currency": "CNY"}
    )
    subentries = {
        key: ConfigSubentry(
            data=MappingProxyType(data),
            subentry_id=key,
            subentry_type=kind,
            title=title,
            unique_id=f"{kind}:{title}",
        )
        for key, (kind, title, data) in parts.items()
    }
    object.__setattr__(entry, "subentries", MappingProxyType(subentries))
    process = HubProcess(tmp_path, entry)
    yield process
    await process.kill()


def opened(line: ModbusLine) -> int:
    """Count how often the contact of the way in was closed, answered or not."""
    return sum(tuple(one.values) == (1,) for one in line.log.writes(9) if one.address == 0)


async def looks(line: ModbusLine, times: int = 1) -> None:
    """Wait until the board was asked for its inputs so often more."""
    asked = len(line.log.find(unit=9))
    await line.log.until(lambda: len(line.log.find(unit=9)) >= asked + times, timeout=30)


async def states(client: Client) -> list[str]:
    """How far each stay has come, the latest first."""
    return [str(one["state"]) for one in (await client.act("list_stays"))["stays"]]


async def test_a_hub_killed_before_the_pulse_does_not_open_when_it_is_back(
    process: HubProcess, line: ModbusLine, board: WaveshareRelay, broker: Mosquitto
) -> None:
    """The power failed at the barrier: minutes later the arm must not go up for whoever is there now.

    The driver who still waits is read again, and comes in once.
    """
    camera = JsonPlateReader("cam/in")
    async with alive(broker, camera):
        board.set_input(LOOP, on=True)
        await process.start()
        async with process.client() as client:
            await client.act("open_wallet", unit="Flat 3-201", purpose="parking")
            await client.act("issue_card", wallet="w1", plates=[PLATE])
            await process.remembers_its_user()
            board.faults.silent = FOREVER
            await looks(line)  # Nobody answers: the line is taken, and a pulse has to wait.
            await camera.see(PLATE)
            async with asyncio.timeout(10):
                while not await states(client):
                    await asyncio.sleep(0)
            await process.kill()
        assert opened(line) == 0
        await as_written(process, outcome="decided")
        board.faults.clear()
        await process.start()
        async with process.client() as client:
            await looks(line, 5)
            assert (opened(line), await states(client)) == (0, ["arriving"])
            await camera.see(PLATE)
            await line.log.until(lambda: opened(line) > 0, timeout=10)
            await looks(line, 5)
            assert (opened(line), await states(client)) == (1, ["inside", "backed_out"])
            assert not (await client.act("list_reviews"))["reviews"]
        await process.stop()
        await as_written(process, outcome="not_confirmed")


async def as_written(process: HubProcess, *, outcome: str) -> None:
    """Open the ledger of a hub that is gone: the passage is there, and what became of its pulse."""
    path = next(process.ledger.glob("*.db"))
    books = await Books.open(path, site=path.stem, currency="CNY")
    try:
        await is_sound(books)
        commands = sorted(await books.load(CommandLog), key=lambda one: one.id)
        passages = sorted(await books.load(Passage), key=lambda one: one.id)
        stays = sorted(await books.load(Stay), key=lambda one: one.no)
        assert commands[0].outcome == outcome
        assert (passages[0].command, passages[0].stay) == (commands[0].id, stays[0].id)
    finally:
        await books.close()
