"""What a site shows: states that people look at, and no more of them than a hub can carry."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

from homeassistant.core import Event, EventStateChangedData, State, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
import pytest

from custom_components.prepaid_parking import things
from custom_components.prepaid_parking.core.identity import MeterId
from custom_components.prepaid_parking.core.ledger import BooksState
from custom_components.prepaid_parking.core.metering import Commodity, Quantity
from custom_components.prepaid_parking.core.wallet import Meter
from custom_components.prepaid_parking.measures import TOTALS, shown_total, total_of
from custom_components.prepaid_parking.room import Room
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine
from tests.journeys.conftest import Hub, bound_meter, line_data, meter_data


async def state(hub: Hub, platform: str, thing: str, key: str) -> State | None:
    """The state of an entity, found by what it belongs to."""
    unique_id = f"{hub.entry.unique_id}_{thing}_{key}"
    entity_id = er.async_get(hub.hass).async_get_entity_id(platform, "prepaid_parking", unique_id)
    return hub.hass.states.get(entity_id) if entity_id is not None else None


async def shows(hub: Hub, platform: str, thing: str, key: str, value: str) -> None:
    """Wait until an entity shows a value."""

    async def said() -> bool:
        now = await state(hub, platform, thing, key)
        return now is not None and now.state == value

    await hub.until(said)


async def test_what_a_meter_used_is_seen_with_its_cost_and_what_is_left(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """The tenant looks at the wall panel, not into a statement."""
    await bound_meter(hub, modbus_line, modbus_device)
    await hub.call("top_up", wallet="w1", amount="100", reference="r1")
    modbus_device.add(kwh=10)
    await shows(hub, "sensor", "m1", "energy", "1010")
    await shows(hub, "sensor", "m1", "cost_today", "8.00")
    await shows(hub, "sensor", "m1", "cost_month", "8.00")
    await shows(hub, "sensor", "m1", "supply_state", "on")
    await shows(hub, "switch", "m1", "supply", "on")
    await shows(hub, "binary_sensor", "m1", "link", "on")
    await shows(hub, "binary_sensor", "m1", "doubt", "off")
    await shows(hub, "sensor", "w1", "available", "92.00")
    await shows(hub, "sensor", "w1", "balance", "100.00")
    await shows(hub, "sensor", "w1", "state", "ok")
    await shows(hub, "binary_sensor", "w1", "low_balance", "off")
    await shows(hub, "sensor", "site", "float_total", "92.00")
    await shows(hub, "sensor", "site", "revenue_today", "8.00")
    await shows(hub, "sensor", "site", "reading_rate", "100.0")
    available = await state(hub, "sensor", "w1", "available")
    assert available is not None
    assert available.attributes["unit_of_measurement"] == "CNY"
    assert available.attributes["device_class"] == "monetary"


async def test_a_posted_charge_never_makes_the_cost_of_today_fall(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A cost that drops for a minute each time an entry is made would be summed up wrongly for ever."""
    await bound_meter(hub, modbus_line, modbus_device)
    await hub.call("top_up", wallet="w1", amount="100", reference="r1")
    modbus_device.add(kwh=5)
    await shows(hub, "sensor", "m1", "cost_today", "4.00")
    seen: list[str] = []
    entity_id = er.async_get(hub.hass).async_get_entity_id(
        "sensor", "prepaid_parking", f"{hub.entry.unique_id}_m1_cost_today"
    )
    assert entity_id is not None

    @callback
    def heard(event: Event[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        if new is not None:
            seen.append(new.state)

    async_track_state_change_event(hub.hass, entity_id, heard)
    assert (await hub.call("get_statement", wallet="w1"))["spent"] == "4.00"
    await hub.data.tally.follow(hub.data.books, hub.data.site.clock())
    modbus_device.add(kwh=1)
    await shows(hub, "sensor", "m1", "cost_today", "4.80")
    assert [Decimal(one) for one in seen] == sorted(Decimal(one) for one in seen)
    await hub.restart()
    await shows(hub, "sensor", "m1", "cost_today", "4.80")


async def test_a_wallet_below_its_threshold_says_so_everywhere(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Whoever looks at the wallet, at the site or only at its events must see the same warning."""
    await bound_meter(hub, modbus_line, modbus_device)
    await hub.call("top_up", wallet="w1", amount="60", reference="r1")
    await shows(hub, "sensor", "w1", "state", "ok")
    modbus_device.add(kwh=13)
    await shows(hub, "sensor", "w1", "state", "low")
    await shows(hub, "binary_sensor", "w1", "low_balance", "on")
    await shows(hub, "sensor", "site", "wallets_low", "1")
    activity = await state(hub, "event", "w1", "activity")
    assert activity is not None
    assert activity.attributes["event_type"] == "low"
    assert activity.attributes["available"] == "49.60"
    assert activity.attributes["unit"] == "Flat 3-201"


async def test_a_meter_that_falls_silent_is_unavailable_and_its_money_is_not(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A register from before the silence must not look like one of now; the cost stays what it is."""
    await bound_meter(hub, modbus_line, modbus_device)
    await shows(hub, "sensor", "m1", "energy", "1000")
    modbus_device.faults.silent = 10_000
    await shows(hub, "binary_sensor", "m1", "link", "off")
    await shows(hub, "sensor", "m1", "energy", "unavailable")
    await shows(hub, "switch", "m1", "supply", "unavailable")
    await shows(hub, "sensor", "m1", "cost_today", "0.00")


async def test_a_doubted_leap_is_shown_as_a_doubt_and_not_as_energy(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """An energy dashboard that swallowed 5,000 kWh cannot be made to forget them."""
    await bound_meter(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=5_000)
    await shows(hub, "binary_sensor", "m1", "doubt", "on")
    await shows(hub, "sensor", "m1", "energy", "1000")
    doubt = await state(hub, "binary_sensor", "m1", "doubt")
    assert doubt is not None
    assert doubt.attributes["kind"] == "leap"
    assert (doubt.attributes["register"], doubt.attributes["charged_to"]) == ("6000", "1000")


async def test_books_in_trouble_and_forgotten_doubts_show_on_the_site(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A doubt that nobody settles is money nobody earns; after a week it is a trouble of the books."""
    await bound_meter(hub, modbus_line, modbus_device)
    await shows(hub, "binary_sensor", "site", "ledger", "off")
    hub.data.books.state = BooksState.READ_ONLY
    await shows(hub, "binary_sensor", "site", "ledger", "on")
    ledger = await state(hub, "binary_sensor", "site", "ledger")
    assert ledger is not None
    assert ledger.attributes["problems"] in (["not_writable"], ["read_only"])
    hub.data.books.state = BooksState.OK
    modbus_device.add(kwh=1)
    await hub.call("get_statement", wallet="w1")
    await shows(hub, "binary_sensor", "site", "ledger", "off")
    modbus_device.add(kwh=5_000)
    await shows(hub, "binary_sensor", "m1", "doubt", "on")
    (doubt,) = hub.data.site.doubts.values()
    hub.data.site.doubts[doubt.id] = replace(doubt, at=doubt.at - timedelta(days=8))
    await shows(hub, "binary_sensor", "site", "ledger", "on")


async def test_a_valve_is_a_valve_and_its_reason_is_told(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Heat is not cut while nobody knows how cold it is; who asked for it reads why nothing happens."""
    line_id = await hub.add("line", "Line", "line:1", line_data(modbus_line))
    data = meter_data(line_id, modbus_device, commodity="heat")
    await hub.add("meter", "Boiler", "meter:1", data)
    await shows(hub, "valve", "m1", "supply", "open")
    valve = {"entity_id": "valve.boiler_supply"}
    await hub.hass.services.async_call("valve", "close_valve", valve, blocking=True)

    async def explained() -> bool:
        now = await state(hub, "sensor", "m1", "supply_state")
        return now is not None and now.attributes.get("reason") == "too_cold"

    await hub.until(explained)
    await shows(hub, "valve", "m1", "supply", "open")
    await hub.hass.services.async_call("valve", "open_valve", valve, blocking=True)

    async def free() -> bool:
        return (await hub.meter("m1"))["held_by"] is None

    await hub.until(free)


async def test_a_wallet_that_is_not_exposed_has_no_device_but_its_events_are_told(
    hub: Hub,
) -> None:
    """Twenty thousand wallets must not be twenty thousand devices, and none may go unheard."""
    await hub.call("open_wallet", unit="Flat 1-101", exposed=False)
    await hub.call("top_up", wallet="w1", amount="100", reference="r1")
    await hub.hass.async_block_till_done()
    assert await state(hub, "sensor", "w1", "balance") is None
    told = await state(hub, "event", "site", "site_activity")
    assert told is not None
    assert (told.attributes["event_type"], told.attributes["wallet"]) == ("topped_up", "w1")


async def test_a_wallet_opened_while_the_site_runs_gets_its_device_at_once(hub: Hub) -> None:
    """A manager who opens a wallet looks for it in the next moment."""
    await hub.call("open_wallet", unit="Flat 1-101")
    await shows(hub, "sensor", "w1", "balance", "0.00")
    device = dr.async_get(hub.hass).async_get_device_by_identifier(
        ("prepaid_parking", f"{hub.entry.unique_id}_w1"), hub.entry.entry_id
    )
    assert device is not None
    assert device.name == "Flat 1-101 wallet"


async def test_a_large_site_shows_the_supply_of_a_meter_and_nothing_else_of_it(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Five thousand meters with twenty entities each would be refused by the hub."""
    with patch.object(things, "FULL_METERS", 0):
        await bound_meter(hub, modbus_line, modbus_device)
        await shows(hub, "switch", "m1", "supply", "on")
    assert await state(hub, "sensor", "m1", "energy") is None
    assert await state(hub, "sensor", "m1", "power") is None
    assert await state(hub, "binary_sensor", "m1", "link") is None


async def test_no_more_entities_are_registered_than_there_is_room_for(hub: Hub) -> None:
    """The hub drops what is too much in no order at all; we leave out the newest and say how many."""
    hub.data.room.left = 4
    await hub.call("open_wallet", unit="Flat 1-101")
    await hub.hass.async_block_till_done()
    uid = f"{hub.entry.unique_id}_w1_"
    enabled = [
        one
        for one in er.async_entries_for_config_entry(er.async_get(hub.hass), hub.entry.entry_id)
        if one.unique_id.startswith(uid) and one.disabled_by is None
    ]
    assert len(enabled) == 4
    assert hub.data.room.left == 0
    assert hub.data.room.refused > 0


def test_a_site_has_room_for_eight_thousand() -> None:
    """Below the hub's 10,000, so that what users switch on themselves still fits."""
    assert Room().left == 8_000


async def test_a_renamed_entity_goes_on_under_its_new_name(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A rename must not cost the readings that follow it."""
    await bound_meter(hub, modbus_line, modbus_device)
    await shows(hub, "sensor", "m1", "energy", "1000")
    before = await state(hub, "sensor", "m1", "energy")
    assert before is not None
    er.async_get(hub.hass).async_update_entity(before.entity_id, new_entity_id="sensor.mine")
    await hub.hass.async_block_till_done()
    modbus_device.add(kwh=1)
    await shows(hub, "sensor", "m1", "energy", "1001")
    renamed = hub.hass.states.get("sensor.mine")
    assert renamed is not None
    assert renamed.state == "1001"


@pytest.mark.parametrize(
    ("commodity", "quantity", "key", "device_class", "unit"),
    [
        (Commodity.ELECTRICITY, Quantity.ENERGY, "energy", "energy", "kWh"),
        (Commodity.HEAT, Quantity.ENERGY, "heat", "energy", "kWh"),
        (Commodity.WATER, Quantity.VOLUME, "volume", "water", "m³"),
        (Commodity.GAS, Quantity.VOLUME, "volume", "gas", "m³"),
        (Commodity.STEAM, Quantity.MASS, "mass", "weight", "kg"),
        (Commodity.RUNTIME, Quantity.DURATION, "runtime", "duration", "h"),
    ],
)
def test_each_commodity_is_counted_in_a_unit_the_hub_knows(
    commodity: Commodity, quantity: Quantity, key: str, device_class: str, unit: str
) -> None:
    """A water meter that shows kilowatt-hours cannot be chosen on the energy dashboard."""
    meter = Meter(
        id=MeterId("m1"),
        no=1,
        profile="p",
        serial="s",
        name="n",
        commodity=commodity,
        quantity=quantity,
    )
    total = total_of(meter)
    assert (total.key, total.device_class, total.native_unit_of_measurement) == (
        key,
        device_class,
        unit,
    )


def test_a_total_is_shown_to_the_last_base_unit() -> None:
    """Whoever compares the screen with the meter must not find a rounding."""
    assert set(TOTALS) == set(Quantity)
    assert shown_total(1_234_567_890_123, Quantity.ENERGY) == Decimal("1234567.890123")
    assert shown_total(2_500_000, Quantity.MASS) == Decimal(2500)
