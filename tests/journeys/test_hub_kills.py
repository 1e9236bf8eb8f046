"""Journey 5, with the whole hub: killed while it reads, charges and sells over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
import random
from types import MappingProxyType
from uuid import uuid4

from aiohttp import ClientError
from homeassistant.config_entries import ConfigSubentry, ConfigSubentryData
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.prepaid_parking.const import DOMAIN
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.ledger import BooksState
from custom_components.prepaid_parking.core.metering import Quantity
from custom_components.prepaid_parking.core.money import quantity_text
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.store.books import Books
from script.demo.client import Hub as Client
from script.demo.trouble import DemoError

from .accounts import PRICE_MICRO, accounts_of, all_entries, is_sound
from .conftest import line_data, meter_data
from .hub_process import HubProcess

METERS = 4
START_KWH = 100
A_KWH = 1_000_000
DENOMINATOR = 10**10
LOST = (DemoError, ClientError, TypeError, OSError)
"""How a call ends whose hub has just been killed; a websocket that closes yields no JSON."""


@pytest.fixture
def devices(socket_enabled: None) -> list[AcrelDdsy1352]:
    """Meters that count whether or not there is a hub."""
    return [
        AcrelDdsy1352(unit=unit, serial=f"{unit:012}", start=START_KWH)
        for unit in range(1, METERS + 1)
    ]


@pytest.fixture
async def line(devices: list[AcrelDdsy1352]) -> AsyncIterator[ModbusLine]:
    """The line they are on."""
    async with ModbusLine(devices) as line:
        yield line


@pytest.fixture
async def process(
    tmp_path: Path, line: ModbusLine, devices: list[AcrelDdsy1352]
) -> AsyncIterator[HubProcess]:
    """A hub that is set up to read them every second."""
    line_id = uuid4().hex
    site = uuid4().hex
    meters = [
        ConfigSubentryData(
            data=meter_data(line_id, device, max_power="1000"),
            subentry_type="meter",
            title=f"Flat {device.unit}",
            unique_id=f"meter:acrel_ddsy1352:{device.serial}",
        )
        for device in devices
    ]
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Demo house",
        unique_id=site,
        data={"site": site, "currency": "CNY"},
        options={"checkpoint_s": 1},
        subentries_data=meters,
    )
    wire = ConfigSubentry(
        data=MappingProxyType(line_data(line)),
        subentry_id=line_id,
        subentry_type="line",
        title="Line",
        unique_id=f"line:tcp:127.0.0.1:{line.port}",
    )
    object.__setattr__(entry, "subentries", MappingProxyType({line_id: wire, **entry.subentries}))
    process = HubProcess(tmp_path, entry)
    yield process
    await process.kill()


class Town:
    """What goes on around the hub: flats use energy, tenants pay."""

    def __init__(self, devices: list[AcrelDdsy1352], seed: int) -> None:
        """Begin with nothing used and nothing paid."""
        self.devices = devices
        self.rng = random.Random(seed)
        self.asked = 0
        self.sold: set[str] = set()

    async def use(self) -> None:
        """Use energy until cancelled."""
        while True:
            self.rng.choice(self.devices).counter.add(self.rng.randrange(1, 40) * 10_000)
            await asyncio.sleep(0.02)

    async def pay(self, client: Client) -> None:
        """Pay, and ask for statements, until the hub is gone."""
        with suppress(*LOST):
            while True:
                wallet, reference = f"w{self.rng.randrange(METERS) + 1}", f"t{self.asked}"
                self.asked += 1
                await client.act(
                    "top_up", wallet=wallet, amount="1", channel="cash", reference=reference
                )
                self.sold.add(reference)
                if self.rng.random() < 0.3:
                    await client.act("get_statement", wallet=wallet)
                await asyncio.sleep(self.rng.random() * 0.05)


async def kill_the_hub(process: HubProcess, devices: list[AcrelDdsy1352], times: int) -> None:
    """Set up, kill so often at random moments, and check after each and at the end."""
    town = Town(devices, seed := random.randrange(10**6))
    await process.start()
    async with process.client() as client:
        await found(client)
        await process.remembers_its_user()
    using = asyncio.create_task(town.use())
    try:
        for turn in range(times):
            if turn:
                await process.start()
            async with process.client() as client:
                paying = asyncio.create_task(town.pay(client))
                await asyncio.sleep(0.5 + town.rng.random() * 2)
                await process.kill()
                await paying
            await books_are_right(process, town, f"seed {seed}, kill {turn}")
    finally:
        using.cancel()
    for device in devices:
        device.counter.add(A_KWH)  # What comes to less than a cent stays open, and has no entry.
    await process.start()
    async with process.client() as client:
        async with asyncio.timeout(30):
            while not await all_read(client, devices):
                await asyncio.sleep(0.1)
        for number in range(METERS):
            await client.act("get_statement", wallet=f"w{number + 1}")
    await process.stop()
    await books_are_right(process, town, f"seed {seed}, at the end", to_the_end=True)


async def found(client: Client) -> None:
    """Bind every meter to a wallet at 0.80."""
    async with asyncio.timeout(30):
        while any(one["register"] is None for one in await meters(client)):
            await asyncio.sleep(0.1)
    await client.act("publish_tariff", tariff="home", quantity="energy", price="0.80")
    for one in await meters(client):
        wallet = await client.act("open_wallet", unit=one["name"], purpose="utility")
        await client.act("bind_meter", meter=one["meter"], wallet=wallet["wallet"], tariff="home")


async def meters(client: Client) -> list[dict[str, object]]:
    """Return what the hub says of all meters."""
    listed: list[dict[str, object]] = (await client.act("list_meters"))["meters"]
    assert len(listed) == METERS
    return listed


async def all_read(client: Client, devices: list[AcrelDdsy1352]) -> bool:
    """Tell whether the hub has read every meter where it stands."""
    shown = {str(one["serial"]): one["register"] for one in await meters(client)}
    stand = {one.serial: quantity_text(one.register * 10_000, Quantity.ENERGY) for one in devices}
    return shown == stand


async def books_are_right(
    process: HubProcess, town: Town, told: str, *, to_the_end: bool = False
) -> None:
    """Open the ledger of a hub that is gone: every kilowatt-hour once, every payment once."""
    path = next(process.ledger.glob("*.db"))
    books = await Books.open(path, site=path.stem, currency="CNY")
    try:
        assert books.state is BooksState.OK, (told, books.problem, books.detail)
        await is_sound(books)
        accounts = await accounts_of(books)
        assert len(accounts) == METERS, told
        serials = {one.serial: one for one in town.devices}
        for meter, account in accounts.items():
            device = serials[f"{int(meter[1:]):012}"]
            used = account.register - START_KWH * A_KWH
            assert account.charged == used, (told, meter)
            exact = account.posted_minor * DENOMINATOR + account.carry
            assert exact == PRICE_MICRO * used, (told, meter)
            shown = device.register * 10_000
            assert account.register == shown if to_the_end else account.register <= shown, told
        paid = [one.event for one in await all_entries(books) if one.kind is EntryKind.TOP_UP]
        assert len(paid) == len(set(paid)), told
        assert {f"topup/cash/{reference}" for reference in town.sold} <= set(paid), told
        assert town.sold, told
    finally:
        await books.close()


async def test_the_whole_hub_killed_while_charging_loses_and_doubles_nothing(
    process: HubProcess, devices: list[AcrelDdsy1352]
) -> None:
    """The plug is pulled with readings on the wire and payments on their way."""
    await kill_the_hub(process, devices, times=2)


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_the_whole_hub_killed_twenty_times(
    process: HubProcess, devices: list[AcrelDdsy1352]
) -> None:
    """The same again and again on one ledger."""
    await kill_the_hub(process, devices, times=20)
