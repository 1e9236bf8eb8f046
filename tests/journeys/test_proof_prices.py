"""Prices at their edges, over a real bus: a year begins, a price changes at midnight, the clock is set."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import pytest

from custom_components.prepaid_parking.core.local_day import day_start
from custom_components.prepaid_parking.simulator.acrel import FLAT, VALLEY, AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .accounts import is_sound
from .conftest import Hub, bound_meter, meter_data
from .steps import look, meter_shows, post, shows
from .test_calendar import BERLIN, Calendar, begin, charged, local

MIDNIGHT: Final = local(2031, 7, 2, 0)


async def test_a_years_tiers_begin_anew_with_the_year(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Who used the cheap ones up by December has them back at the first midnight of January."""
    tariff: dict[str, object] = {
        "quantity": "energy",
        "period": "year",
        "tiers": [{"up_to": "5", "price": "0.50"}, {"price": "1.00"}],
    }
    calendar = await begin(hub, modbus_line, modbus_device, tariff, local(2031, 12, 30, 20))
    await calendar.reading(local(2031, 12, 31, 12), after_kwh="8")
    await calendar.reading(local(2032, 1, 1, 0), after_kwh="0")
    await calendar.reading(local(2032, 1, 1, 6), after_kwh="4")
    # 5 x 0.50 + 3 x 1.00 in the old year, 4 x 0.50 in the new one
    await charged(hub, 12, 750)


@pytest.mark.parametrize("how", ["assigned", "published", "withdrawn", "taken back"])
async def test_a_stretch_over_midnight_is_split_where_the_price_changes(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352, how: str
) -> None:
    """Row 24: four hours on either side of it are paid by their own price, unless it was taken back."""
    calendar = await begin(
        hub,
        modbus_line,
        modbus_device,
        {"quantity": "energy", "price": "0.50"},
        MIDNIGHT - timedelta(hours=4),
    )
    if how in ("assigned", "withdrawn"):
        await hub.call("publish_tariff", tariff="dear", quantity="energy", price="1.00")
        told = await hub.call(
            "assign_tariff", tariff="dear", meters=["m1"], at=MIDNIGHT.isoformat()
        )
        assert (told["planned"], told["failed"]) == (1, 0)
        if how == "withdrawn":
            await hub.call("withdraw_tariff", assignment=told["assignment"], reason="too early")
    else:
        told = await hub.call(
            "publish_tariff",
            tariff="calendar",
            quantity="energy",
            price="1.00",
            valid_from=MIDNIGHT.isoformat(),
        )
        if how == "taken back":
            await hub.call("withdraw_tariff", tariff="calendar", version=told["version"])
    await calendar.reading(MIDNIGHT + timedelta(hours=4), after_kwh="8")
    await charged(hub, 8, 400 if how in ("withdrawn", "taken back") else 600)


class Both:
    """The hub's clock and the meter's, which is set with it."""

    def __init__(self, hub: Hub, device: AcrelDdsy1352, start: datetime) -> None:
        """Begin a day before, years from now."""
        self._device = device
        self.calendar = Calendar(hub, device, start)
        device._now = lambda: self.calendar.now.astimezone(BERLIN)

    async def hour(self, begun: datetime, kwh: str) -> None:
        """Let something be used in the middle of an hour, and have the meter read at its end."""
        self.calendar.now = begun + timedelta(minutes=30)
        self._device.add(kwh=kwh)
        await self.calendar.reading(begun + timedelta(hours=1), after_kwh="0")


@pytest.mark.parametrize("registers", [False, True], ids=["our clock", "the meter's registers"])
@pytest.mark.parametrize(
    ("day", "hours", "valley"),
    [(date(2031, 3, 30), 23, 6), (date(2031, 10, 26), 25, 8), (date(2031, 6, 3), 24, 7)],
    ids=["23 hours", "25 hours", "24 hours"],
)
async def test_both_sources_give_the_same_bill_on_a_day_the_clock_is_set(
    hub: Hub,
    modbus_line: ModbusLine,
    modbus_device: AcrelDdsy1352,
    day: date,
    hours: int,
    valley: int,
    *,
    registers: bool,
) -> None:
    """Row 44: the cheap hours of that night are as many as there were, whoever counts them."""
    await hub.hass.config.async_set_time_zone("Europe/Berlin")
    await hub.restart()
    modbus_device.plan = ((time(0), VALLEY), (time(7), FLAT))
    start, end = day_start(day, BERLIN), day_start(day + timedelta(days=1), BERLIN)
    assert (end - start) == timedelta(hours=hours)
    clocks = Both(hub, modbus_device, start - timedelta(days=1))
    await bound_meter(hub, modbus_line, modbus_device, interval=3600)
    await hub.call("unbind_meter", meter="m1")
    named = {"registers": ["flat", "valley"]} if registers else {}
    await hub.call(
        "publish_tariff",
        tariff="tou",
        quantity="energy",
        rates={"flat": "1.00", "valley": "0.30"},
        bands=[{"rate": "valley", "from": "00:00", "to": "07:00"}],
        otherwise="flat",
        **named,
    )
    await hub.call("top_up", wallet="w1", amount="1000", channel="cash")
    await clocks.calendar.reading(start, after_kwh="0")
    await hub.call("bind_meter", meter="m1", wallet="w1", tariff="tou")
    for number in range(hours):
        await clocks.hour((start + timedelta(hours=number)).astimezone(UTC), "1")
    await post(hub)
    cost = 30 * valley + 100 * (hours - valley)
    assert (await hub.wallet("w1"))["balance"] == f"{1000 - cost / 100:.2f}"
    await is_sound(hub.data.books)


async def test_the_same_use_under_three_policies(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Row 25: a tenant, a company on credit and a ward each use 9.60 of 8.00: one of them is cut."""
    others = [AcrelDdsy1352(unit=unit, serial=f"{unit:012}", start="1000") for unit in (2, 3)]
    for other in others:
        modbus_line.add(other)
    await bound_meter(hub, modbus_line, modbus_device)
    usual: dict[str, Any] = {"grace_hours": 0, "alert": "0", "alert2": "0"}
    await hub.call("set_policy", policy="standard", **usual)
    await hub.call("set_policy", policy="company", credit_limit="20", **usual)
    await hub.call("set_policy", policy="ward", exempt_quota="20", exempt_period="month", **usual)
    (line_id,) = hub.data.lines
    for number, kind, policy in ((2, "enterprise", "company"), (3, "special", "ward")):
        device = others[number - 2]
        unique_id = f"meter:acrel_ddsy1352:{device.serial}"
        await hub.add("meter", f"Room {number}", unique_id, meter_data(line_id, device))
        await meter_shows(hub, lambda one: one["register"] is not None, meter=f"m{number}")
        await hub.call("open_wallet", unit=f"Room {number}", kind=kind, policy=policy)
        await hub.call("bind_meter", meter=f"m{number}", wallet=f"w{number}", tariff="home")
    for number in (1, 2, 3):
        await hub.call("top_up", wallet=f"w{number}", amount="8")
        await meter_shows(hub, lambda one: one["supply"] == "on", meter=f"m{number}")
    modbus_line.log.clear()
    for device in (modbus_device, *others):
        device.add(kwh="12")
    look(hub)
    for number in (1, 2, 3):
        await shows(hub, "-1.60", wallet=f"w{number}")
    await modbus_line.log.seen(unit=1, address=0x0057, values=(1, 1), timeout=20)
    states = [(await hub.wallet(f"w{number}"))["state"] for number in (1, 2, 3)]
    assert states == ["cut_off", "low", "exempt"]
    assert not modbus_line.log.writes(2)
    assert not modbus_line.log.writes(3)
