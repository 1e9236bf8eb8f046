"""A running hub, a site, and real servers at the other end of the wire."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from uuid import uuid4

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import Context, HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.prepaid_parking.const import DOMAIN
from custom_components.prepaid_parking.coordinator import PrepaidData
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine
from tests.brokers import Mosquitto, mosquitto

type Data = dict[str, Any]


@dataclass
class Hub:
    """The hub as a building manager uses it: by actions, states and what lies on the wire."""

    hass: HomeAssistant
    entry: MockConfigEntry
    facts: list[Any] = field(default_factory=list)

    @property
    def data(self) -> PrepaidData:
        """The running site's parts, to wait on; what is asserted is seen from outside."""
        data: PrepaidData = self.entry.runtime_data
        return data

    async def call(self, action: str, /, **fields: Any) -> Data:
        """Call an action and return its answer."""
        answer = await self.hass.services.async_call(
            DOMAIN, action, fields, blocking=True, return_response=True
        )
        assert isinstance(answer, dict)
        return answer

    async def call_as(self, user: MockUser, action: str, /, **fields: Any) -> Data:
        """Call an action as a person and return its answer."""
        answer = await self.hass.services.async_call(
            DOMAIN,
            action,
            fields,
            blocking=True,
            return_response=True,
            context=Context(user_id=user.id),
        )
        assert isinstance(answer, dict)
        return answer

    async def start(self) -> None:
        """Set the site up and listen to its facts."""
        assert await self.hass.config_entries.async_setup(self.entry.entry_id)
        await self.hass.async_block_till_done()
        self.data.coordinator.listen(self.facts.append)

    async def stop(self) -> None:
        """Take the site down, as at a reload."""
        assert await self.hass.config_entries.async_unload(self.entry.entry_id)
        await self.hass.async_block_till_done()

    async def restart(self) -> None:
        """Stop and start again from what is on disk."""
        await self.stop()
        await self.start()

    async def add(self, kind: str, title: str, unique_id: str, data: Data) -> str:
        """Add a subentry while the site runs, as its flow does."""
        subentry = ConfigSubentry(
            data=MappingProxyType(data), subentry_type=kind, title=title, unique_id=unique_id
        )
        self.hass.config_entries.async_add_subentry(self.entry, subentry)
        await self.hass.async_block_till_done()
        return subentry.subentry_id

    async def meter(self, meter: str) -> Data:
        """Return what the hub says of a meter."""
        return await self.call("get_meter", meter=meter)

    async def wallet(self, wallet: str) -> Data:
        """Return what the hub says of a wallet."""
        return await self.call("get_wallet", wallet=wallet)

    async def until(
        self, said: Callable[[], Awaitable[bool]], within: float = 10.0, every: float = 0.05
    ) -> None:
        """Wait until something is so, or fail."""
        async with asyncio.timeout(within):
            while not await said():
                await asyncio.sleep(every)


def line_data(line: ModbusLine, **more: Any) -> Data:
    """Return the configuration of a simulated line."""
    return {
        "link": "modbus",
        "transport": "tcp",
        "host": "127.0.0.1",
        "port": line.port,
        "timeout": 1.0,
        "spacing": 0.0,
        **more,
    }


def meter_data(line_id: str, device: AcrelDdsy1352, **more: Any) -> Data:
    """Return the configuration of a simulated prepaid meter."""
    return {
        "source": "modbus",
        "line_id": line_id,
        "profile": "acrel_ddsy1352",
        "unit_id": device.unit,
        "serial": device.serial,
        "commodity": "electricity",
        "quantity": "energy",
        "interval": 1,
        "max_power": "13.8",
        "restore": "auto",
        "latency": 2,
        "consent": False,
        "relay": {"kind": "profile"},
        **more,
    }


async def bound_meter(hub: Hub, line: ModbusLine, device: AcrelDdsy1352, **more: object) -> None:
    """Set up a line with one meter, a wallet and a flat price of 0.80, and bind them."""
    line_id = await hub.add("line", "Line", f"line:tcp:127.0.0.1:{line.port}", line_data(line))
    data = meter_data(line_id, device, **more)
    await hub.add("meter", "Flat 3-201", f"meter:acrel_ddsy1352:{device.serial}", data)

    async def read() -> bool:
        return (await hub.meter("m1"))["register"] is not None

    await hub.until(read)
    await hub.call("publish_tariff", tariff="home", quantity="energy", price="0.80")
    await hub.call("open_wallet", unit="Flat 3-201", purpose="utility")
    await hub.call("bind_meter", meter="m1", wallet="w1", tariff="home")


NOON: Final = 12


@pytest.fixture
def modbus_device() -> AcrelDdsy1352:
    """A prepaid meter that has counted 1,000 kWh so far, and does not count by itself."""
    return AcrelDdsy1352(unit=1, serial="202611220001", start="1000")


@pytest.fixture
async def modbus_line(
    modbus_device: AcrelDdsy1352, socket_enabled: None
) -> AsyncIterator[ModbusLine]:
    """A line with that meter on it."""
    line = ModbusLine()
    line.add(modbus_device)
    async with line:
        yield line


@pytest.fixture
def hass_config_dir(tmp_path: Path) -> str:
    """A folder of its own for each hub: ledgers and backups of one test are not another's."""
    return str(tmp_path)


@pytest.fixture
async def noon(hass: HomeAssistant) -> date:
    """Put the hub where it is noon now; return the day, which is the same there and in UTC.

    For stories by the real clock that are told of a day: no night begins or ends in the middle.
    """
    now = datetime.now(UTC)
    await hass.config.async_set_time_zone(f"Etc/GMT{now.hour - NOON:+d}")
    return now.date()


@pytest.fixture
async def hub(hass: HomeAssistant) -> AsyncIterator[Hub]:
    """A hub with an empty site."""
    site = uuid4().hex
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Demo house",
        unique_id=site,
        data={"site": site, "currency": "CNY"},
        options={"checkpoint_s": 60, "publish_s": 1.0},
    )
    entry.add_to_hass(hass)
    hub = Hub(hass, entry)
    await hub.start()
    yield hub
    there = hass.config_entries.async_get_entry(entry.entry_id)
    if there and entry.state.recoverable and hass.is_running:
        await hub.stop()


def broker_data(broker: Mosquitto, **more: Any) -> Data:
    """Return the configuration of a line to a broker."""
    return {
        "link": "mqtt",
        "host": broker.host,
        "port": broker.port,
        "username": broker.username or "",
        "password": broker.password or "",
        "tls": False,
        "protocol": "3.1.1",
        **more,
    }


async def connected_line(hub: Hub, broker: Mosquitto) -> str:
    """Add a line to a broker and wait until it serves us and its queue is empty."""
    line_id = await hub.add(
        "line", "Broker", f"line:mqtt:{broker.host}:{broker.port}", broker_data(broker)
    )

    async def connected() -> bool:
        return hub.data.lines[line_id].connected()

    await hub.until(connected)
    return line_id


async def subscribed(hub: Hub, line_id: str) -> None:
    """Wait until the broker serves all that was set up, and what it had kept has come."""

    async def served() -> bool:
        return bool(hub.data.lines[line_id].report()["subscribed"])

    await hub.until(served)


@pytest.fixture
def broker(socket_enabled: None) -> Iterator[Mosquitto]:
    """A real broker."""
    with mosquitto() as running:
        yield running
