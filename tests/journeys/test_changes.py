"""The configuration changes while the site runs: only what was changed is touched, nothing is doubled."""

import asyncio
from types import MappingProxyType
from typing import Any

from homeassistant.components.modbus import async_get_unit
from homeassistant.config_entries import ConfigSubentry
from modbus_connection import ModbusSerialParams
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .accounts import PER_KWH, installations, is_exact, is_sound
from .conftest import Hub, line_data, meter_data
from .steps import meter_shows, paid_meter, post, reads, shows


def subentry(hub: Hub, kind: str) -> ConfigSubentry:
    """Return the first subentry of a kind."""
    return next(iter(hub.entry.get_subentries_of_type(kind)))


async def change(hub: Hub, one: ConfigSubentry, title: str | None = None, **data: Any) -> None:
    """Change a subentry's data, as reconfiguring does."""
    hub.hass.config_entries.async_update_subentry(
        hub.entry, one, data={**one.data, **data}, title=title or one.title
    )
    await hub.hass.async_block_till_done()


async def test_meters_added_in_one_go_are_each_entered_once(
    hub: Hub, modbus_line: ModbusLine
) -> None:
    """A meter that is in the books twice would be charged to two tenants."""
    devices = [AcrelDdsy1352(unit=unit, serial=f"{unit:012}", start="1") for unit in range(2, 14)]
    for device in devices:
        modbus_line.add(device)
    line_id = await hub.add("line", "Line", "line:a", line_data(modbus_line))
    for device in devices:
        added = ConfigSubentry(
            data=MappingProxyType(meter_data(line_id, device)),
            subentry_type="meter",
            title=f"Flat {device.unit}",
            unique_id=f"meter:acrel_ddsy1352:{device.serial}",
        )
        hub.hass.config_entries.async_add_subentry(hub.entry, added)

    async def all_read() -> bool:
        listed = (await hub.call("list_meters"))["meters"]
        return len(listed) >= len(devices) and all(one["register"] for one in listed)

    await hub.until(all_read, within=30)
    listed = (await hub.call("list_meters"))["meters"]
    assert sorted(one["serial"] for one in listed) == [device.serial for device in devices]
    kept = [one.data["meter"] for one in hub.entry.get_subentries_of_type("meter")]
    assert len(set(kept)) == len(devices)


async def test_a_line_that_moved_to_another_address_charges_on(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A gateway with a new address costs no kilowatt-hour."""
    await paid_meter(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=1)
    await shows(hub, "99.20")
    await modbus_line.stop()
    async with ModbusLine([modbus_device]) as moved:
        modbus_device.add(kwh=2)
        await change(hub, subentry(hub, "line"), port=moved.port)
        await shows(hub, "97.60")
        await post(hub)
        await is_exact(hub.data.books, "m1", 3 * PER_KWH)
        await hub.stop()


async def test_a_line_taken_out_leaves_its_meters_known(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """What hung on it is charged up to its last reading, and found again with the new line."""
    await paid_meter(hub, modbus_line, modbus_device, "10000")
    modbus_device.add(kwh=1)
    await shows(hub, "9999.20")
    for kind in ("line", "meter"):
        one = subentry(hub, kind)
        hub.hass.config_entries.async_remove_subentry(hub.entry, one.subentry_id)
        await hub.hass.async_block_till_done()
    assert (await hub.wallet("w1"))["balance"] == "9999.20"
    assert not (await hub.meter("m1"))["connected"]
    modbus_device.add(kwh=1)
    line_id = await hub.add("line", "Line", "line:b", line_data(modbus_line))
    data = meter_data(line_id, modbus_device)
    await hub.add("meter", "Flat 3-201", f"meter:acrel_ddsy1352:{modbus_device.serial}", data)
    await shows(hub, "9998.40")
    await post(hub)
    await is_exact(hub.data.books, "m1", 2 * PER_KWH)
    assert (await hub.call("list_meters"))["count"] == 1


async def test_a_renamed_meter_with_another_interval_charges_on(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Correcting a name must not touch anybody's money."""
    await paid_meter(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=1)
    await shows(hub, "99.20")
    await change(hub, subentry(hub, "meter"), title="Flat 3-202", interval=2, max_power="20")
    modbus_device.add(kwh=1)
    await shows(hub, "98.40")
    assert (await hub.meter("m1"))["name"] == "Flat 3-202"
    await hub.restart()
    assert (await hub.meter("m1"))["name"] == "Flat 3-202"
    await post(hub)
    await is_exact(hub.data.books, "m1", 2 * PER_KWH)
    assert len(await installations(hub.data.books, "m1")) == 1
    await is_sound(hub.data.books)


async def test_settings_changed_at_the_moment_of_a_rollover_lose_nothing(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Two who write the same meter's record must not undo each other."""
    modbus_device.counter.jump(998_999 * PER_KWH)
    await paid_meter(hub, modbus_line, modbus_device, "10000")
    for number in range(10):
        hub.hass.config_entries.async_update_subentry(
            hub.entry, subentry(hub, "meter"), title=f"Flat {number}"
        )
        if number == 5:
            modbus_device.add(kwh=2)
        await asyncio.sleep(0)
    await shows(hub, "9998.40")
    await hub.hass.async_block_till_done()
    modbus_device.add(kwh=1)
    await shows(hub, "9997.60")
    await hub.restart()
    await reads(hub, "2")
    assert len(await installations(hub.data.books, "m1")) == 2
    assert (await hub.meter("m1"))["installation"] == "m1.2"
    await post(hub)
    await is_exact(hub.data.books, "m1", 3 * PER_KWH)


async def test_a_gateway_that_another_integration_uses_otherwise_does_not_stop_the_site(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """One line that cannot be used must not leave all other tenants unread."""
    async with ModbusLine() as taken:
        stranger = MockConfigEntry(domain="stranger")
        params = ModbusSerialParams(device=f"socket://127.0.0.1:{taken.port}", baudrate=9600)
        async_get_unit(hub.hass, stranger, params, 1)
        other = AcrelDdsy1352(unit=3, serial="202611220003", start="1")
        data = line_data(taken, transport="rtu_over_tcp")
        line_id = await hub.add("line", "Taken", "line:taken", data)
        data = meter_data(line_id, other)
        await hub.add("meter", "Flat 9", f"meter:acrel_ddsy1352:{other.serial}", data)
        await paid_meter_beside(hub, modbus_line, modbus_device)
        await hub.restart()
        await meter_shows(hub, lambda one: one["connected"], meter="Flat 3-201")
        await hub.stop()
        await stranger._async_process_on_unload(hub.hass)


async def paid_meter_beside(hub: Hub, line: ModbusLine, device: AcrelDdsy1352) -> None:
    """Set up the usual meter as one of several."""
    line_id = await hub.add("line", "Line", "line:good", line_data(line))
    data = meter_data(line_id, device)
    await hub.add("meter", "Flat 3-201", f"meter:acrel_ddsy1352:{device.serial}", data)
    await reads(hub, "1000", meter="Flat 3-201")
