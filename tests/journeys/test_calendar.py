"""Journey 10: days of 23 and 25 hours, the end of a month, a leap day, a clock that is set back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.prepaid_parking.core.identity import MeterId
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .accounts import PER_KWH, accounts_of, is_sound
from .conftest import Hub, bound_meter
from .steps import meter_shows, post, shows

BERLIN = ZoneInfo("Europe/Berlin")
DAY_AND_NIGHT: dict[str, object] = {
    "quantity": "energy",
    "rates": {"day": "0.80", "night": "0.40"},
    "bands": [{"rate": "night", "from": "22:00", "to": "06:00"}],
    "otherwise": "day",
}
TIERS: dict[str, object] = {
    "quantity": "energy",
    "tiers": [{"up_to": "5", "price": "0.50"}, {"price": "1.00"}],
}


class Calendar:
    """The site's clock in a test's hands, and a meter that is read when the test says so."""

    def __init__(self, hub: Hub, device: AcrelDdsy1352, now: datetime) -> None:
        """Begin at a local time, years from now, so that nothing lies in the site's past."""
        self._hub = hub
        self._device = device
        self.now = now.astimezone(UTC)
        hub.data.site.clock = lambda: self.now

    async def reading(self, at: datetime, *, after_kwh: str) -> None:
        """Let it be that time and so much be used since the last reading, then read the meter.

        The meter is polled once an hour of real time, so nothing is read in between.
        """
        self.now = at.astimezone(UTC)
        self._device.add(kwh=after_kwh)
        site = self._hub.data.site
        site.look_again(site.meters[MeterId("m1")])
        moment = self.now.isoformat()
        await meter_shows(self._hub, lambda one: one["read_at"] == moment)


async def begin(
    hub: Hub,
    line: ModbusLine,
    device: AcrelDdsy1352,
    tariff: dict[str, object],
    at: datetime,
    amount: str = "1000",
) -> Calendar:
    """Set up a meter in Berlin that is bound at a time under a tariff."""
    await hub.hass.config.async_set_time_zone("Europe/Berlin")
    await hub.restart()
    calendar = Calendar(hub, device, at - timedelta(days=40))
    await bound_meter(hub, line, device, interval=3600)
    await hub.call("unbind_meter", meter="m1")
    await hub.call("publish_tariff", tariff="calendar", **tariff)
    await hub.call("top_up", wallet="w1", amount=amount, channel="cash")
    await calendar.reading(at, after_kwh="1")
    await hub.call("bind_meter", meter="m1", wallet="w1", tariff="calendar")
    return calendar


def local(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    """Return a local time in Berlin."""
    return datetime(year, month, day, hour, minute, tzinfo=BERLIN)


async def charged(hub: Hub, kwh: int, cents: int) -> None:
    """Everything that was used was charged once, for exactly so much."""
    await post(hub)
    account = (await accounts_of(hub.data.books))["m1"]
    assert (account.charged, account.posted_minor) == (kwh * PER_KWH, cents)
    await is_sound(hub.data.books)


@pytest.mark.parametrize(
    ("start", "end", "cents"),
    [
        # 12 real hours from 21:00 to 10:00: the night from 22:00 to 06:00 has seven.
        (local(2031, 3, 29, 21), local(2031, 3, 30, 10), 5 * 80 + 7 * 40),
        # 12 real hours from 21:00 to 08:00: the night has nine.
        (local(2031, 10, 25, 21), local(2031, 10, 26, 8), 3 * 80 + 9 * 40),
        # An ordinary night has eight.
        (local(2031, 5, 10, 21), local(2031, 5, 11, 9), 4 * 80 + 8 * 40),
    ],
    ids=["23 hours", "25 hours", "24 hours"],
)
async def test_a_night_is_as_long_as_the_clocks_of_that_day_make_it(
    hub: Hub,
    modbus_line: ModbusLine,
    modbus_device: AcrelDdsy1352,
    start: datetime,
    end: datetime,
    cents: int,
) -> None:
    """Nobody pays an hour of night at the day's price because the clocks were changed in it."""
    assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=12)
    calendar = await begin(hub, modbus_line, modbus_device, DAY_AND_NIGHT, start)
    await calendar.reading(end, after_kwh="12")
    await charged(hub, 12, cents)


async def test_readings_in_the_hour_that_comes_twice_are_each_charged_once(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """02:30 is there twice; what was used between the two is charged like any other hour."""
    start = local(2031, 10, 26, 2, 30)
    calendar = await begin(hub, modbus_line, modbus_device, DAY_AND_NIGHT, start)
    await calendar.reading(start.replace(fold=1), after_kwh="1")
    await calendar.reading(local(2031, 10, 26, 3, 30), after_kwh="1")
    assert calendar.now - start.astimezone(UTC) == timedelta(hours=2)
    await charged(hub, 2, 80)


async def test_a_months_tiers_end_with_the_leap_day_where_there_is_one(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """The cheap first kilowatt-hours are back on the first of March at midnight, not a day off."""
    calendar = await begin(hub, modbus_line, modbus_device, TIERS, local(2032, 2, 28, 12))
    await calendar.reading(local(2032, 2, 29, 23), after_kwh="5")
    await shows(hub, "997.50")
    await calendar.reading(local(2032, 3, 1, 1), after_kwh="2")
    await shows(hub, "996.00")
    await calendar.reading(local(2032, 3, 1, 5), after_kwh="4")
    await shows(hub, "994.00")
    await calendar.reading(local(2032, 3, 1, 6), after_kwh="1")
    await charged(hub, 12, 250 + 100 + 50 + 200 + 100)


async def test_a_clock_that_is_set_back_an_hour_loses_no_energy_and_cuts_nobody(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A hub that lost its time charges what the register says; it cuts only by a clock it believes."""
    start = local(2031, 5, 10, 12)
    await hub.call("set_policy", policy="standard", grace_hours=0, alert="0", alert2="0")
    calendar = await begin(hub, modbus_line, modbus_device, DAY_AND_NIGHT, start, amount="4")
    await meter_shows(hub, lambda one: one["supply"] == "on")
    await calendar.reading(start + timedelta(minutes=10), after_kwh="1")
    await shows(hub, "3.20")
    await hub.data.keeper.tick()  # The site has seen the clock before it is set back.
    set_back = start - timedelta(minutes=50)
    calendar.now = set_back.astimezone(UTC)
    await hub.data.keeper.tick()
    await calendar.reading(set_back, after_kwh="2")
    await shows(hub, "1.60")
    await calendar.reading(set_back + timedelta(minutes=5), after_kwh="3")
    await shows(hub, "-0.80")
    await meter_shows(hub, lambda one: one["why"] == "clock")
    assert not modbus_line.log.writes(1)

    calendar.now = (start + timedelta(minutes=11)).astimezone(UTC)
    await hub.data.keeper.tick()
    await calendar.reading(start + timedelta(minutes=12), after_kwh="1")
    await modbus_line.log.seen(unit=1, address=0x0057, values=(1, 1), timeout=20)
    await charged(hub, 7, 560)
