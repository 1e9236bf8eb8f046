"""Nobody is cut at night, on Sunday or on a holiday, warned twice for a hair, nor after paying in time."""

from typing import Any, Final

import pytest

from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .conftest import Hub
from .steps import look, meter_shows, nothing_is_sent, requests, shows
from .test_supply_rules import CLOSE, TRIP, events, frame, in_berlin, local, ready

FRIENDLY: Final[dict[str, Any]] = {
    "no_cut_hours": ["17:00-09:00"],
    "no_cut_weekdays": ["sun"],
    "no_cut_calendar": "DE-BY",
    "no_cut_dates": ["2031-05-13"],
    "alert": "0",
    "alert2": "0",
}


@pytest.mark.parametrize(
    ("at", "is_cut"),
    [
        ("2031-05-12 08:59", False),
        ("2031-05-12 09:00", True),
        ("2031-05-12 16:59", True),
        ("2031-05-12 17:00", False),
        ("2031-05-12 23:30", False),
        ("2031-05-13 12:00", False),  # a date of the policy's own: a heat wave
        ("2031-05-18 12:00", False),  # a Sunday
        ("2031-05-22 12:00", False),  # Ascension Day in Bavaria
        ("2031-05-23 12:00", True),
    ],
)
async def test_friendly_hours_are_kept_on_the_wire(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352, at: str, *, is_cut: bool
) -> None:
    """Row P1: an empty wallet at each of these hours; a frame leaves only in office hours."""
    await in_berlin(hub, at)
    await ready(hub, modbus_line, modbus_device, **FRIENDLY)
    modbus_device.add(kwh=12)
    await shows(hub, "-1.60")
    if is_cut:
        await frame(modbus_line, TRIP)
        await meter_shows(hub, lambda one: one["supply"] == "off")
    else:
        await meter_shows(hub, lambda one: one["why"] == "no_cut_hours")
        await nothing_is_sent(hub, modbus_line)


async def test_a_balance_that_hovers_is_warned_of_once(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Row 32: 50 is crossed downwards once; ten cents up and down say nothing; well above arms again."""
    await ready(hub, modbus_line, modbus_device, "58", alert="50", alert2="10")
    modbus_device.add(kwh="10.13")
    await shows(hub, "49.90")

    async def warned() -> bool:
        return events(hub).count("low") == 1

    await hub.until(warned)
    for _ in range(5):
        await hub.call("top_up", wallet="w1", amount="0.20")
        await hub.call("deduct", wallet="w1", amount="0.20", reason="key")
        look(hub)
        await requests(modbus_line, 1)
    assert events(hub).count("low") == 1
    await hub.restart()
    look(hub)
    await requests(modbus_line, 2)
    assert events(hub).count("low") == 1
    await hub.call("top_up", wallet="w1", amount="20")
    await hub.call("deduct", wallet="w1", amount="20", reason="key")

    async def again() -> bool:
        return events(hub).count("low") == 2

    await hub.until(again)


async def test_a_payment_in_time_cancels_the_announced_cut(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Row 34: announced for Monday at nine, paid on Sunday; on Monday the light stays on."""
    time = await in_berlin(hub, "2031-05-16 19:59")  # a Friday
    await ready(
        hub,
        modbus_line,
        modbus_device,
        grace_hours=24,
        cut_hours=["09:00-16:00"],
        alert="0",
        alert2="0",
    )
    modbus_device.add(kwh=12)
    await time.is_now(local("2031-05-16 20:00"))

    async def announced() -> bool:
        return (await hub.wallet("w1"))["cutoff_at"] is not None

    await hub.until(announced)
    await time.is_now(local("2031-05-18 12:00"))
    await hub.call("top_up", wallet="w1", amount="50", channel="cash")
    assert (await hub.wallet("w1"))["cutoff_at"] is None
    await time.is_now(local("2031-05-19 09:01"))
    await nothing_is_sent(hub, modbus_line)
    told = await hub.wallet("w1")
    assert (told["state"], (await hub.meter("m1"))["supply"]) == ("ok", "on")


async def test_a_load_trips_three_times_and_then_waits_for_a_person(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Row 57: three times it comes on again by itself, each after its minutes; the fourth is the last."""
    time = await in_berlin(hub, "2031-05-12 12:00")
    await ready(hub, modbus_line, modbus_device, "100")
    await hub.call("set_load_limit", meter="m1", limit=800, delay=0, retries=3, wait_minutes=5)
    modbus_device.counter.rate = 900_000
    for trip in range(1, 5):
        await time.is_now(local(f"2031-05-12 12:{10 * trip:02}"))
        await frame(modbus_line, TRIP)
        await meter_shows(hub, lambda one: one["supply"] in ("off", "held"))
        assert (await hub.meter("m1"))["rules"]["load_trips"] == trip
        modbus_line.log.clear()
        await time.is_now(local(f"2031-05-12 12:{10 * trip + 4:02}"))
        await nothing_is_sent(hub, modbus_line)
        modbus_device.counter.rate = 0
        await time.is_now(local(f"2031-05-12 12:{10 * trip + 6:02}"))
        if trip < 4:
            await frame(modbus_line, CLOSE)
            await meter_shows(hub, lambda one: one["supply"] == "on")
            modbus_line.log.clear()
            modbus_device.counter.rate = 900_000
    await meter_shows(hub, lambda one: one["why"] == "overload_locked")
    await time.is_now(local("2031-05-12 20:00"))
    await nothing_is_sent(hub, modbus_line)
