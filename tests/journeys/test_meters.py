"""Journey 7: meters are swapped, roll over, dip, leap, start again; nobody pays for what was not used."""

from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .accounts import PER_KWH, installations, is_exact, is_sound
from .conftest import Hub, meter_data
from .steps import (
    attend,
    doubts,
    doubts_nothing,
    look,
    no_repairs,
    paid_meter,
    post,
    reads,
    repair_shown,
    repairs,
    shows,
)


async def unplugged(hub: Hub, line: ModbusLine, device: AcrelDdsy1352) -> None:
    """Let a device be silent for a request, as while somebody works on it."""
    device.faults.silent = 1
    look(hub)
    await line.log.until(lambda: not device.faults.silent, timeout=20)


async def test_a_swapped_meter_is_charged_by_nobody_until_a_person_names_both_registers(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """The tenant must not pay the difference between two meters, nor get a kilowatt-hour free."""
    await paid_meter(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=2)
    await shows(hub, "98.40")

    modbus_device.swap(serial="202611220002", start="5")
    await unplugged(hub, modbus_line, modbus_device)
    await doubts(hub, "other_serial")
    await repair_shown(hub, "doubt_other_serial")
    modbus_device.add(kwh=1)
    await reads(hub, "6")
    assert (await hub.wallet("w1"))["available"] == "98.40"

    await hub.call(
        "replace_meter",
        meter="m1",
        final_register="1002.5",
        start_register="5",
        serial="202611220002",
        reason="worn out",
    )
    await shows(hub, "97.20")
    await no_repairs(hub)
    modbus_device.add(kwh=1)
    await shows(hub, "96.40")
    await hub.restart()
    assert await post(hub) == "96.40"
    await is_exact(hub.data.books, "m1", 4_500_000)
    await is_sound(hub.data.books)
    old, new = await installations(hub.data.books, "m1")
    assert (old.to_register, new.from_register) == (1002_500_000, 5_000_000)
    assert (old.serial, new.serial) == ("202611220001", "202611220002")


async def test_a_replacement_behind_what_was_charged_is_refused_in_words(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A typing error at the desk must not give back what was already paid."""
    await paid_meter(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=2)
    await shows(hub, "98.40")
    with pytest.raises(HomeAssistantError, match="register"):
        await hub.call(
            "replace_meter", meter="m1", final_register="1001", start_register="0", reason="typo"
        )
    assert len(await installations(hub.data.books, "m1")) == 1


async def test_a_swap_can_also_be_settled_where_the_last_register_is_lost(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Where nobody wrote down the old meter's end, the tenant is not charged a guess."""
    await paid_meter(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=2)
    await shows(hub, "98.40")
    modbus_device.swap(serial="202611220002", start="7000")
    await unplugged(hub, modbus_line, modbus_device)
    doubt = await doubts(hub, "other_serial")
    with pytest.raises(HomeAssistantError):
        await hub.call("settle_doubt", doubts=[doubt], how="accept")
    await hub.call("settle_doubt", doubts=[doubt], how="new_start", reason="no old reading")
    await no_repairs(hub)
    modbus_device.add(kwh=1)
    await shows(hub, "97.60")
    await post(hub)
    await is_exact(hub.data.books, "m1", 3 * PER_KWH)


async def test_a_register_that_rolls_over_is_charged_across(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """After 999,999.99 kWh the display starts at zero; the tenant uses on as before."""
    modbus_device.counter.jump(998_998 * PER_KWH)
    await paid_meter(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=1)
    await shows(hub, "99.20")
    modbus_device.add(kwh=3)
    await shows(hub, "96.80")
    assert (await hub.meter("m1"))["register"] == "2"
    assert not repairs(hub)
    await hub.restart()
    modbus_device.add(kwh=1)
    await shows(hub, "96.00")
    await post(hub)
    await is_exact(hub.data.books, "m1", 5 * PER_KWH)
    await is_sound(hub.data.books)
    assert [one.reason for one in await installations(hub.data.books, "m1")][1:] == ["rolled_over"]


async def test_a_dip_of_some_readings_charges_nothing_twice(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A brown-out that shows an older count must not make the tenant pay the way back up."""
    await paid_meter(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=2)
    await shows(hub, "98.40")
    modbus_device.counter.dip(500 * PER_KWH, reads=2)
    await doubts(hub, "backwards")
    await doubts_nothing(hub)
    await no_repairs(hub)
    assert (await hub.wallet("w1"))["available"] == "98.40"
    modbus_device.add(kwh=1)
    await shows(hub, "97.60")
    await post(hub)
    await is_exact(hub.data.books, "m1", 3 * PER_KWH)
    assert len(await installations(hub.data.books, "m1")) == 1


async def test_a_leap_is_charged_only_when_a_person_believes_it(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """500 kWh within a second is no consumption of a flat until somebody has looked."""
    await paid_meter(hub, modbus_line, modbus_device, "500")
    modbus_device.counter.jump(500 * PER_KWH)
    doubt = await doubts(hub, "leap")
    await repair_shown(hub, "doubt_leap")
    await attend(hub)
    assert (await hub.wallet("w1"))["available"] == "500.00"
    await hub.restart()
    assert await doubts(hub, "leap") == doubt
    assert "doubt_leap" in repairs(hub)
    await reads(hub, "1500")
    await hub.call("settle_doubt", doubts=[doubt], how="accept", reason="a welder")
    assert (await hub.wallet("w1"))["balance"] == "100.00"
    await no_repairs(hub)
    modbus_device.add(kwh=1)
    await shows(hub, "99.20")
    await post(hub)
    await is_exact(hub.data.books, "m1", 501 * PER_KWH)


async def test_a_leap_can_be_dropped_by_starting_anew(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A meter that jumped by itself takes no money for it."""
    await paid_meter(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=1)
    await shows(hub, "99.20")
    modbus_device.counter.jump(500 * PER_KWH)
    doubt = await doubts(hub, "leap")
    await hub.call("settle_doubt", doubts=[doubt], how="new_start", reason="faulty register")
    await doubts_nothing(hub)
    modbus_device.add(kwh=1)
    await shows(hub, "98.40")
    await post(hub)
    await is_exact(hub.data.books, "m1", 2 * PER_KWH)


async def test_a_meter_that_starts_at_zero_again_waits_for_a_person(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A new board that counts from zero: no refund of the old count, no charge of the new one."""
    await paid_meter(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=1)
    await shows(hub, "99.20")
    modbus_device.counter.reset()
    doubt = await doubts(hub, "backwards")
    modbus_device.add(kwh=2)
    await reads(hub, "2")
    assert (await hub.wallet("w1"))["available"] == "99.20"
    with pytest.raises(HomeAssistantError):
        await hub.call("settle_doubt", doubts=[doubt], how="accept")
    await hub.call("settle_doubt", doubts=[doubt], how="new_start", reason="new board")
    modbus_device.add(kwh=2)
    await shows(hub, "97.60")
    await post(hub)
    await is_exact(hub.data.books, "m1", 3 * PER_KWH)


async def test_a_changed_transformer_ratio_begins_an_installation_once_it_is_accepted(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """The same register means forty times as much from one moment to the next."""
    await paid_meter(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=1)
    await shows(hub, "99.20")
    modbus_device.change_ratio(ct=40)
    doubt = await doubts(hub, "other_ratio")
    await attend(hub)
    assert (await hub.wallet("w1"))["available"] == "99.20"
    await hub.call("settle_doubt", doubts=[doubt], how="new_start", reason="new transformers")
    modbus_device.add(kwh=4)
    await shows(hub, "96.00")
    await hub.restart()
    modbus_device.add(kwh=4)
    await shows(hub, "92.80")
    await post(hub)
    await is_exact(hub.data.books, "m1", 9 * PER_KWH)
    assert [one.ratio for one in await installations(hub.data.books, "m1")] == ["1x1", "1x40"]


async def test_a_register_behind_transformers_rolls_over_at_its_own_end(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Behind transformers of 40 the register ends at 40 million kWh; the way across is charged."""
    modbus_device.change_ratio(ct=40)
    modbus_device.counter.jump(998_999_900_000)
    await paid_meter(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=4)
    await shows(hub, "96.80")
    assert (await hub.meter("m1"))["register"] == "0"
    modbus_device.add(kwh=4)
    await shows(hub, "93.60")
    await post(hub)
    await is_exact(hub.data.books, "m1", 8 * PER_KWH)


async def test_a_meter_taken_out_and_put_back_resumes_and_charges_the_gap(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Deleting a meter from the configuration by mistake gives away no energy and charges none twice."""
    await paid_meter(hub, modbus_line, modbus_device, "10000")
    modbus_device.add(kwh=2)
    await shows(hub, "9998.40")
    assert (await hub.wallet("w1"))["balance"] == "10000.00"
    subentry = next(iter(hub.entry.get_subentries_of_type("meter")))
    assert hub.hass.config_entries.async_remove_subentry(hub.entry, subentry.subentry_id)
    await hub.hass.async_block_till_done()
    assert (await hub.wallet("w1"))["balance"] == "9998.40"
    seen = len(modbus_line.log)
    modbus_device.add(kwh=3)
    assert (await hub.wallet("w1"))["available"] == "9998.40"

    line_id = str(subentry.data["line_id"])
    again = meter_data(line_id, modbus_device)
    await hub.add("meter", "Flat 3-201", f"meter:acrel_ddsy1352:{modbus_device.serial}", again)
    await shows(hub, "9996.00")
    assert len(modbus_line.log) > seen
    assert (await hub.call("list_meters"))["count"] == 1
    await post(hub)
    await is_exact(hub.data.books, "m1", 5 * PER_KWH)
    assert len(await installations(hub.data.books, "m1")) == 1
