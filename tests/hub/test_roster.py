"""What comes and goes while a site runs is shown and taken away at once, and nothing else is touched."""

from unittest.mock import patch

from homeassistant.helpers import device_registry as dr, entity_registry as er

from custom_components.prepaid_parking import async_remove_config_entry_device, things
from custom_components.prepaid_parking.const import DOMAIN
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine
from tests.journeys.conftest import Hub, bound_meter


def device(hub: Hub, thing: str = "") -> dr.DeviceEntry | None:
    """A thing's device; the site's own without a thing."""
    name = "_".join(part for part in (str(hub.entry.unique_id), thing) if part)
    return dr.async_get(hub.hass).async_get_device_by_identifier((DOMAIN, name), hub.entry.entry_id)


def keys(hub: Hub, thing: str) -> set[str]:
    """What is registered of a thing."""
    start = f"{hub.entry.unique_id}_{thing}_"
    return {
        one.unique_id.removeprefix(start)
        for one in er.async_entries_for_config_entry(er.async_get(hub.hass), hub.entry.entry_id)
        if one.unique_id.startswith(start)
    }


async def test_everything_hangs_on_the_site(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A manager finds the flat from the house and the house from the flat."""
    await bound_meter(hub, modbus_line, modbus_device)
    await hub.hass.async_block_till_done()
    site, meter, wallet = device(hub), device(hub, "m1"), device(hub, "w1")
    assert site is not None
    assert meter is not None
    assert wallet is not None
    assert (meter.via_device_id, wallet.via_device_id) == (site.id, site.id)
    assert (meter.name, meter.serial_number) == ("Flat 3-201", "202611220001")
    assert meter.config_subentry_id is not None
    assert wallet.entry_type is dr.DeviceEntryType.SERVICE


async def test_a_renamed_meter_is_renamed_where_it_is_seen(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Flats are renumbered; a panel with the old number sends the plumber to the wrong door."""
    await bound_meter(hub, modbus_line, modbus_device)
    (subentry,) = hub.entry.get_subentries_of_type("meter")
    hub.hass.config_entries.async_update_subentry(hub.entry, subentry, title="Flat 3-202")

    async def renamed() -> bool:
        seen = device(hub, "m1")
        return seen is not None and seen.name == "Flat 3-202"

    await hub.until(renamed)
    assert (await hub.meter("m1"))["name"] == "Flat 3-202"


async def test_a_removed_meter_takes_its_entities_with_it_and_leaves_its_books(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """The device is gone, the money it charged is not."""
    await bound_meter(hub, modbus_line, modbus_device)
    (subentry,) = hub.entry.get_subentries_of_type("meter")
    hub.hass.config_entries.async_remove_subentry(hub.entry, subentry.subentry_id)
    await hub.hass.async_block_till_done()
    assert device(hub, "m1") is None
    assert keys(hub, "m1") == set()
    assert (await hub.meter("m1"))["wallet"] == "w1"
    assert device(hub, "w1") is not None


async def test_a_closed_wallet_says_so_until_the_next_start_and_is_then_gone(hub: Hub) -> None:
    """The cashier who closed it sees that it is closed; ten years of tenants fill no page."""
    await hub.call("open_wallet", unit="Flat 3-201")
    await hub.hass.async_block_till_done()
    await hub.call("close_wallet", wallet="w1")

    async def closed() -> bool:
        state = hub.hass.states.get("sensor.flat_3_201_wallet_state")
        return state is not None and state.state == "closed"

    await hub.until(closed)
    await hub.restart()
    assert device(hub, "w1") is None
    assert keys(hub, "w1") == set()


async def test_a_site_that_grew_large_lets_go_of_what_it_showed_while_it_was_small(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """The hub counts forgotten entities too, and refuses the new ones."""
    await bound_meter(hub, modbus_line, modbus_device)
    await hub.hass.async_block_till_done()
    assert {"supply", "energy", "cost_today", "link"} <= keys(hub, "m1")
    with patch.object(things, "FULL_METERS", 0):
        await hub.restart()
        assert keys(hub, "m1") == {"supply"}
        assert "balance" in keys(hub, "w1")


async def test_only_what_stands_for_nothing_can_be_deleted(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A wallet that is deleted by a click on its page would still be charged."""
    await bound_meter(hub, modbus_line, modbus_device)
    await hub.hass.async_block_till_done()
    for thing in ("", "m1", "w1"):
        shown = device(hub, thing)
        assert shown is not None
        assert not await async_remove_config_entry_device(hub.hass, hub.entry, shown)
    stray = dr.async_get(hub.hass).async_get_or_create(
        config_entry_id=hub.entry.entry_id, identifiers={(DOMAIN, f"{hub.entry.unique_id}_w77")}
    )
    assert await async_remove_config_entry_device(hub.hass, hub.entry, stray)
