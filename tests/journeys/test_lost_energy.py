"""Journey 6: situations in which other recipes lose energy or charge it twice; here it is charged once.

Each was reported by users of the hub's utility meter (home-assistant/core) or of a cost sensor
(dynamic_energy_cost); the numbers name the reports.
"""

from typing import Any

from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.faults import FOREVER
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .accounts import PER_KWH, is_exact, is_sound
from .conftest import Hub
from .steps import (
    attend,
    doubts,
    doubts_nothing,
    meter_shows,
    no_repairs,
    paid_meter,
    post,
    reads,
    requests,
    shows,
)

SENSOR = "sensor.cellar_energy"


async def charged_exactly(hub: Hub, kwh: int) -> None:
    """What was used is in the books once, exactly, and the chain is whole."""
    await post(hub)
    await is_exact(hub.data.books, "m1", kwh * PER_KWH)
    await is_sound(hub.data.books)


async def sensor_meter(hub: Hub, kwh: str = "1000") -> None:
    """Set up an energy sensor of the hub as the meter of a wallet with 100."""
    sensor_says(hub, kwh)
    data = {
        "source": "entity",
        "profile": "hub_entity",
        "entity_id": SENSOR,
        "unit": "kWh",
        "serial": SENSOR,
        "commodity": "electricity",
        "quantity": "energy",
        "interval": 10,
        "max_power": "13.8",
        "restore": "auto",
        "relay": {"kind": "none"},
    }
    await hub.add("meter", "Cellar", f"meter:hub_entity:{SENSOR}", data)
    sensor_says(hub, kwh, reported=1)
    await meter_shows(hub, lambda one: one["register"] == kwh)
    await hub.call("publish_tariff", tariff="home", quantity="energy", price="0.80")
    await hub.call("open_wallet", unit="Cellar", purpose="utility")
    await hub.call("bind_meter", meter="m1", wallet="w1", tariff="home")
    await hub.call("top_up", wallet="w1", amount="100", channel="cash")


def sensor_says(hub: Hub, state: str, **more: Any) -> None:
    """Let the sensor report."""
    attributes = {
        "device_class": "energy",
        "state_class": "total_increasing",
        "unit_of_measurement": "kWh",
        **more,
    }
    hub.hass.states.async_set(SENSOR, state, attributes)


async def test_core_53962_energy_used_while_the_meter_was_unavailable(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """The gateway is off for a while: what the flat used meanwhile is charged when it is back."""
    await paid_meter(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=1)
    await shows(hub, "99.20")
    await modbus_line.stop()
    await meter_shows(hub, lambda one: not one["connected"])
    modbus_device.add(kwh=3)
    assert (await hub.wallet("w1"))["available"] == "99.20"
    await modbus_line.start()
    await shows(hub, "96.80")
    await charged_exactly(hub, 4)


async def test_core_89423_energy_used_while_a_sensor_was_unavailable_or_unknown(hub: Hub) -> None:
    """A sensor that says "unavailable", then "unknown", then more: the difference is charged once."""
    await sensor_meter(hub)
    for state, available in (
        ("1001", "99.20"),
        ("unavailable", "99.20"),
        ("unknown", "99.20"),
        ("1004", "96.80"),
        ("unavailable", "96.80"),
        ("1004", "96.80"),
        ("1005", "96.00"),
    ):
        sensor_says(hub, state)
        await hub.hass.async_block_till_done()
        await shows(hub, available)
    await charged_exactly(hub, 5)


async def test_core_102260_energy_used_while_the_hub_restarted(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """An update of the hub takes minutes; the tenant's oven does not wait for it."""
    await paid_meter(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=1)
    await shows(hub, "99.20")
    await hub.stop()
    modbus_device.add(kwh=3)
    await hub.start()
    await shows(hub, "96.80")
    await hub.restart()
    await attend(hub)
    await shows(hub, "96.80")
    await charged_exactly(hub, 4)


async def test_core_20931_a_meter_that_answers_only_some_time_after_a_restart(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """The hub is up before the meter: nothing is taken for zero, nothing is forgotten."""
    await paid_meter(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=1)
    await shows(hub, "99.20")
    await hub.stop()
    modbus_device.add(kwh=3)
    modbus_device.faults.silent = FOREVER
    await hub.start()
    await requests(modbus_line, 1)
    assert (await hub.wallet("w1"))["available"] == "99.20"
    modbus_device.add(kwh=1)
    modbus_device.faults.clear()
    await shows(hub, "96.00")
    await charged_exactly(hub, 5)


async def test_core_99565_a_register_that_shows_zero_and_then_its_full_count(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A meter that wakes up with a zero must not make anybody pay its whole life's count."""
    await paid_meter(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=1)
    await shows(hub, "99.20")
    await hub.stop()
    modbus_device.counter.dip(2_000 * PER_KWH, reads=2)
    await hub.start()
    await doubts(hub, "backwards")
    modbus_device.add(kwh=1)
    await doubts_nothing(hub)
    await shows(hub, "98.40")
    await no_repairs(hub)
    await charged_exactly(hub, 2)


async def test_core_99565_a_sensor_that_shows_zero_and_then_its_full_count(hub: Hub) -> None:
    """The same from a sensor: zero, then everything again, is no consumption."""
    await sensor_meter(hub)
    sensor_says(hub, "1001")
    await shows(hub, "99.20")
    sensor_says(hub, "0")
    await doubts(hub, "backwards")
    sensor_says(hub, "1002")
    await shows(hub, "98.40")
    await doubts_nothing(hub)
    await charged_exactly(hub, 2)


async def test_dynamic_energy_cost_182_a_reset_gives_no_negative_cost(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A counter that starts at zero for good neither refunds its old count nor charges it again."""
    await paid_meter(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=1)
    await shows(hub, "99.20")
    modbus_device.counter.reset()
    doubt = await doubts(hub, "backwards")
    await hub.restart()
    modbus_device.add(kwh=1)
    await reads(hub, "1")
    assert (await hub.wallet("w1"))["available"] == "99.20"
    await hub.call("settle_doubt", doubts=[doubt], how="new_start", reason="reset")
    modbus_device.add(kwh=1)
    await shows(hub, "98.40")
    await charged_exactly(hub, 2)


async def test_dynamic_energy_cost_227_reloading_again_and_again_changes_nothing(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Somebody who presses "reload" ten times pays what they used, not ten times that."""
    await paid_meter(hub, modbus_line, modbus_device)
    for _ in range(10):
        modbus_device.add(kwh=1)
        assert await hub.hass.config_entries.async_reload(hub.entry.entry_id)
    await shows(hub, "92.00")
    await charged_exactly(hub, 10)
