"""The end of a run, a crowd of readings, and two sites under one roof."""

import asyncio
from collections.abc import AsyncIterator
import threading
from time import monotonic
from uuid import uuid4

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.prepaid_parking.const import DOMAIN
from custom_components.prepaid_parking.core.ledger import BooksState
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.relay_board import WaveshareRelay
from custom_components.prepaid_parking.store.books import Books

from .accounts import PER_KWH, is_exact, is_sound
from .conftest import Hub, bound_meter, line_data
from .steps import paid_meter, post, reads, requests, shows


def our_tasks() -> list[str]:
    """Return what of ours still runs."""
    return [task.get_name() for task in asyncio.all_tasks() if DOMAIN in task.get_name()]


def our_threads() -> list[str]:
    """Return the ledger threads that are alive."""
    return [thread.name for thread in threading.enumerate() if DOMAIN in thread.name]


async def test_a_hub_that_stops_posts_everything_and_leaves_the_bus_alone(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """What was used is in the books when the lights go out, and nothing is written to a relay after."""
    await paid_meter(hub, modbus_line, modbus_device, "10000")
    await hub.call("set_policy", policy="standard", grace_hours=0)
    modbus_device.faults.delay_s = 0.3  # So that a request is on the wire when the hub stops.
    modbus_device.faults.refuse_writes(60)  # So that a command wants to be sent again and again.
    modbus_device.add(kwh="1.5")
    await shows(hub, "9998.80")
    await hub.call("cut_supply", meter="m1", reason="painting")
    await requests(modbus_line, 3)
    assert (await hub.wallet("w1"))["balance"] == "10000.00"
    stopped: list[float] = []

    async def stopping(_: Event) -> None:
        stopped.append(monotonic())

    hub.hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, stopping)
    path, site = hub.data.books.path, hub.data.books.site
    await hub.hass.async_stop(force=True)
    assert our_threads() == []
    assert our_tasks() == []
    await asyncio.sleep(2.5)
    late = [frame for frame in modbus_line.log if frame.received_at > stopped[0]]
    assert late == []

    books = await Books.open(path, site=site, currency="CNY")
    assert books.state is BooksState.OK
    await is_exact(books, "m1", 1_500_000)
    await is_sound(books)
    await books.close()


async def test_an_unloaded_site_leaves_no_task_and_no_thread_and_frees_its_ledger(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A reload that leaves something running would charge twice one day."""
    await paid_meter(hub, modbus_line, modbus_device, "10000")
    modbus_device.faults.delay_s = 0.3
    modbus_device.add(kwh=1)
    await shows(hub, "9999.20")
    path, site = hub.data.books.path, hub.data.books.site
    await hub.stop()
    seen = len(modbus_line.log)
    assert our_threads() == []
    assert our_tasks() == []
    books = await Books.open(path, site=site, currency="CNY")
    await is_exact(books, "m1", PER_KWH)
    await books.close()
    await asyncio.sleep(1.5)
    assert len(modbus_line.log) <= seen + 1  # At most the answer that was under way is noted.
    assert modbus_line.connections == 0


async def test_a_barrier_pulse_under_way_at_a_reload_is_ended_and_not_repeated(
    hub: Hub, modbus_line: ModbusLine
) -> None:
    """A contact that stays closed holds the barrier up until somebody drives by."""
    board = WaveshareRelay(unit=9)
    modbus_line.add(board)
    line_id = await hub.add("line", "Line", "line:gate", line_data(modbus_line))
    lane = {
        "line_id": line_id,
        "barrier": {"family": "waveshare_relay", "unit_id": 9, "coil": 0, "pulse": 1.0},
        "reader": {"family": "none"},
        "direction": "both",
        "fee": "0.00",
    }
    await hub.add("lane", "Gate", "lane:gate", lane)
    await hub.call("release_barrier", lane="Gate", reason="delivery")
    assert board.relays[0].closed
    await hub.stop()
    assert not board.relays[0].closed
    await hub.start()
    assert len(board.pulses(0)) == 1


async def test_a_thousand_readings_at_once_are_each_taken_and_hold_nobody_up(hub: Hub) -> None:
    """A gateway that was away delivers everything in one go; the hub stays awake meanwhile."""
    names = [f"sensor.flat_{number}" for number in range(10)]
    says = {"device_class": "energy", "unit_of_measurement": "kWh"}
    await hub.call("publish_tariff", tariff="home", quantity="energy", price="0.80")
    for number, name in enumerate(names, 1):
        hub.hass.states.async_set(name, "100", says)
        await hub.add("meter", f"Flat {number}", f"meter:hub_entity:{name}", sensor_data(name))
        hub.hass.states.async_set(name, "100", says, force_update=True)
        await reads(hub, "100", meter=f"m{number}")
        await hub.call("open_wallet", unit=f"Flat {number}", purpose="utility")
        await hub.call("top_up", wallet=f"w{number}", amount="100", channel="cash")
        await hub.call("bind_meter", meter=f"m{number}", wallet=f"w{number}", tariff="home")
    for reading in range(1, 101):
        for name in names:
            hub.hass.states.async_set(name, f"{100 + reading / 100:.2f}", says)
    began = monotonic()
    longest = 0.0
    while (await hub.wallet(f"w{len(names)}"))["available"] != "99.20":
        before = monotonic()
        await asyncio.sleep(0)
        longest = max(longest, monotonic() - before)
        assert before - began < 20
    assert longest < 1
    for number in range(1, len(names) + 1):
        await shows(hub, "99.20", wallet=f"w{number}")
        await post(hub, f"w{number}")
        await is_exact(hub.data.books, f"m{number}", PER_KWH)
    await is_sound(hub.data.books)


def sensor_data(entity_id: str) -> dict[str, object]:
    """Return the configuration of a sensor as a meter."""
    return {
        "source": "entity",
        "profile": "hub_entity",
        "entity_id": entity_id,
        "unit": "kWh",
        "serial": entity_id,
        "commodity": "electricity",
        "quantity": "energy",
        "interval": 10,
        "max_power": "13.8",
        "restore": "auto",
        "relay": {"kind": "none"},
    }


@pytest.fixture
async def second(hub: Hub) -> AsyncIterator[Hub]:
    """Another site on the same hub."""
    site = uuid4().hex
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Other house",
        unique_id=site,
        data={"site": site, "currency": "CNY"},
        options={"checkpoint_s": 60, "publish_s": 1.0},
    )
    entry.add_to_hass(hub.hass)
    other = NamedHub(hub.hass, entry)
    await other.start()
    yield other
    await other.stop()


class NamedHub(Hub):
    """A hub whose every action says which site is meant."""

    async def call(self, action: str, /, **fields: object) -> dict[str, object]:
        """Call an action on this site."""
        return await super().call(action, **{"config_entry_id": self.entry.entry_id, **fields})


async def test_two_sites_on_one_gateway_know_nothing_of_each_other(
    hub: Hub, second: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Two landlords with one hub and one gateway: neither's tenant pays into the other's till."""
    modbus_line.max_connections = 1
    neighbour = AcrelDdsy1352(unit=2, serial="202611220002", start="500")
    modbus_line.add(neighbour)
    first = NamedHub(hub.hass, hub.entry)
    await bound_meter(first, modbus_line, modbus_device)
    await bound_meter(second, modbus_line, neighbour)
    with pytest.raises(HomeAssistantError):
        await hub.call("top_up", wallet="w1", amount="100", channel="cash")
    await first.call("top_up", wallet="w1", amount="100", channel="cash", reference="same")
    await second.call("top_up", wallet="w1", amount="50", channel="cash", reference="same")
    modbus_device.add(kwh=10)
    await shows(first, "92.00")
    assert (await second.wallet("w1"))["available"] == "50.00"
    neighbour.add(kwh=5)
    await shows(second, "46.00")
    assert (await first.wallet("w1"))["available"] == "92.00"
    await post(first)
    await post(second)
    await is_exact(first.data.books, "m1", 10 * PER_KWH)
    await is_exact(second.data.books, "m1", 5 * PER_KWH)
    await first.stop()
    neighbour.add(kwh=1)
    await shows(second, "45.20")
    await first.start()
    assert (await first.wallet("w1"))["available"] == "92.00"
