"""Prices as a building manager changes them: assigned to many, corrected, shared by a flat, by registers."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.prepaid_parking.core.identity import MeterId
from custom_components.prepaid_parking.simulator.acrel import (
    FLAT,
    PEAK,
    SHARP,
    VALLEY,
    AcrelDdsy1352,
)
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .accounts import is_sound
from .conftest import Hub, bound_meter, meter_data
from .steps import look, meter_shows, post, shows

ZONE = ZoneInfo("Asia/Shanghai")
TIME_OF_USE: dict[str, Any] = {
    "quantity": "energy",
    "rates": {"sharp": "1.40", "peak": "1.10", "flat": "0.70", "valley": "0.30"},
    "bands": [
        {"rate": "sharp", "from": "19:00", "to": "21:00"},
        {"rate": "peak", "from": "08:00", "to": "22:00"},
        {"rate": "valley", "from": "23:00", "to": "07:00"},
    ],
    "otherwise": "flat",
}
PLAN = (
    (time(0), VALLEY),
    (time(7), FLAT),
    (time(8), PEAK),
    (time(19), SHARP),
    (time(21), PEAK),
    (time(22), FLAT),
    (time(23), VALLEY),
)
USED = {3: "1.5", 7: "0.5", 9: "2", 20: "3.75", 21: "0.1", 22: "1", 23: "4"}
"""What is used within some hours of the day, in kWh."""


class Day:
    """A day in a test's hands: the hub's clock and the meter's go together."""

    def __init__(self, hub: Hub, device: AcrelDdsy1352, start: datetime) -> None:
        """Begin at a local time, years from now, so that nothing lies in the site's past."""
        self._hub, self._device = hub, device
        self.now = start.astimezone(UTC)
        hub.data.site.clock = lambda: self.now
        device._now = lambda: self.now.astimezone(ZONE)

    async def read(self, at: datetime, kwh: str = "0") -> None:
        """Let something be used half an hour before a time, and have the meter read in full then."""
        self.now = at.astimezone(UTC) - timedelta(minutes=30)
        self._device.add(kwh=kwh)
        self.now = at.astimezone(UTC)
        site = self._hub.data.site
        site.look_again(site.meters[MeterId("m1")])
        moment = self.now.isoformat()
        await meter_shows(self._hub, lambda one: one["read_at"] == moment)


@pytest.mark.parametrize("registers", [False, True], ids=["our clock", "the meter's registers"])
async def test_both_sources_of_time_of_use_give_the_same_bill(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352, *, registers: bool
) -> None:
    """A shop's day over a real bus: split by the hub, or as the meter's own registers counted it."""
    await hub.hass.config.async_set_time_zone("Asia/Shanghai")
    await hub.restart()
    modbus_device.plan = PLAN
    start = datetime(2031, 6, 3, tzinfo=ZONE)
    day = Day(hub, modbus_device, start - timedelta(days=1))
    # Everything the meter says is read each time.
    await bound_meter(hub, modbus_line, modbus_device, interval=3600)
    await hub.call("unbind_meter", meter="m1")
    named = {"registers": ["sharp", "peak", "flat", "valley"]} if registers else {}
    await hub.call("publish_tariff", tariff="tou", **TIME_OF_USE, **named)
    await hub.call("top_up", wallet="w1", amount="1000", channel="cash")
    await day.read(start)
    await hub.call("bind_meter", meter="m1", wallet="w1", tariff="tou")
    await day.read(start + timedelta(minutes=31))
    for hour in range(1, 25):
        await day.read(start + timedelta(hours=hour), USED.get(hour - 1, "0"))
    await post(hub)
    # valley 5.50 x 0.30, flat 1.50 x 0.70, peak 2.10 x 1.10, sharp 3.75 x 1.40
    assert (await hub.wallet("w1"))["balance"] == "989.74"
    await is_sound(hub.data.books)


async def test_two_meters_of_a_flat_share_its_tier(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Light and kitchen: ten cheap kilowatt-hours for the flat, not ten for each meter."""
    await bound_meter(hub, modbus_line, modbus_device)
    kitchen = AcrelDdsy1352(unit=2, serial="202611220002", start="50")
    modbus_line.add(kitchen)
    line_id = next(iter(hub.data.lines))
    data = meter_data(line_id, kitchen)
    await hub.add("meter", "Kitchen", f"meter:acrel_ddsy1352:{kitchen.serial}", data)
    await meter_shows(hub, lambda one: one["register"] == "50", meter="m2")
    tiers = [{"up_to": "10", "price": "2.00"}, {"price": "3.00"}]
    await hub.call("publish_tariff", tariff="tiers", tiers=tiers)
    await hub.call("unbind_meter", meter="m1")
    await hub.call("set_unit", name="Flat 3-201", persons=2, meters=["m1", "m2"])
    await hub.call("top_up", wallet="w1", amount="100", channel="cash")
    for meter in ("m1", "m2"):
        await hub.call("bind_meter", meter=meter, wallet="w1", tariff="tiers")
    modbus_device.add(kwh="6")
    kitchen.add(kwh="6")
    await shows(hub, "74.00")
    await hub.restart()
    assert (await hub.wallet("w1"))["balance"] == "74.00"
    statement = await hub.call("get_statement", wallet="w1")
    tiers_used = sorted(
        (part["tier"], part["quantity"])
        for line in statement["lines"]
        for part in line.get("trace", [])
    )
    assert sum(float(quantity) for tier, quantity in tiers_used if tier == 0) == 10
    assert sum(float(quantity) for tier, quantity in tiers_used if tier == 1) == 2


async def test_two_hundred_flats_go_over_at_once(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Row 24: one call, a result for each; what is charged from then on goes by the other price."""
    await bound_meter(hub, modbus_line, modbus_device)
    await hub.call("top_up", wallet="w1", amount="100", channel="cash")
    await hub.call("publish_tariff", tariff="dear", price="1.80")
    for number in range(2, 201):
        await hub.call("open_wallet", unit=f"Flat {number}", exposed=False)
    wallets = [f"w{number}" for number in range(1, 203)]
    tried = await hub.call("assign_tariff", tariff="dear", wallets=wallets, dry_run=True)
    assert (tried["planned"], tried["failed"]) == (1, 201)
    assert (await hub.meter("m1"))["tariff"] == "home"
    told = await hub.call("assign_tariff", tariff="dear", wallets=wallets)
    assert (told["planned"], told["failed"], len(told["targets"])) == (1, 201, 202)
    reasons = {one["asked"]: one["problem"] for one in told["targets"]}
    assert reasons["w1"] is None
    assert "w2" in reasons["w2"]
    assert "w202" in reasons["w202"]
    look(hub)
    await meter_shows(hub, lambda one: one["tariff"] == "dear")
    modbus_device.add(kwh="10")
    await shows(hub, "82.00")
    with pytest.raises(ServiceValidationError):
        await hub.call("withdraw_tariff", assignment=told["assignment"])


async def test_a_price_that_was_wrong_is_put_right(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """The tenants get the difference back, the statement says why, and once is enough."""
    since = datetime.now(UTC) - timedelta(hours=1)
    await bound_meter(hub, modbus_line, modbus_device)
    await hub.call("top_up", wallet="w1", amount="100", channel="cash")
    modbus_device.add(kwh="10")
    await shows(hub, "92.00")
    await post(hub)
    told = {"tariff": "home", "since": since.isoformat(), "draft": {"price": "0.75"}}
    tried = await hub.call("rerate", dry_run=True, **told)
    assert (tried["difference"], tried["wallets"][0]["charged"]) == ("-0.50", "8.00")
    done = await hub.call("rerate", reason="typing error", **told)
    assert done["difference"] == "-0.50"
    assert (await hub.wallet("w1"))["available"] == "92.50"
    again = await hub.call("rerate", tariff="home", since=since.isoformat())
    assert (again["difference"], again["entries"]) == ("0.00", 0)
    await hub.restart()
    modbus_device.add(kwh="10")
    await shows(hub, "85.00")
    statement = await hub.call("get_statement", wallet="w1")
    assert any(line["kind"] == "rerating" for line in statement["lines"])
    await is_sound(hub.data.books)


async def test_fee_and_tax_reach_the_statement(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """What the tenant pays above the price of power is named, and the sum is what is gone."""
    await bound_meter(hub, modbus_line, modbus_device)
    await hub.call("top_up", wallet="w1", amount="100", channel="cash")
    levies = [
        {"name": "Service", "kind": "fee", "percent": "5"},
        {"name": "VAT", "kind": "tax", "percent": "13"},
    ]
    await hub.call("publish_tariff", tariff="levied", price="0.80", levies=levies)
    await hub.call("assign_tariff", tariff="levied", meters=["m1"])
    look(hub)
    await meter_shows(hub, lambda one: one["tariff"] == "levied")
    modbus_device.add(kwh="10")
    await shows(hub, "90.51")
    assert await post(hub) == "90.51"


async def test_holidays_come_from_a_calendar_that_is_kept(hub: Hub) -> None:
    """National Day, the Saturday worked for it, Bavaria's own days; a misspelt name is refused."""
    with pytest.raises(ServiceValidationError, match="calendar"):
        await hub.call("publish_tariff", tariff="a", price="1.00", calendar="ZZ")
    for calendar in ("CN", "DE-BY"):
        await hub.call("publish_tariff", tariff="a", price="1.00", calendar=calendar)
    holidays = hub.data.site.holidays
    day = datetime(2026, 1, 1, tzinfo=UTC).date()
    found = {
        calendar: [
            (day + timedelta(days=number)).isoformat()
            for number in range(365)
            if holidays(calendar, day + timedelta(days=number)) == kind
        ]
        for calendar, kind in (("CN", "workday"), ("DE-BY", "holiday"), ("FR", "holiday"))
    }
    assert found["CN"] == [
        "2026-01-04",
        "2026-02-14",
        "2026-02-28",
        "2026-05-09",
        "2026-09-20",
        "2026-10-10",
    ]
    assert {"2026-01-06", "2026-10-03", "2026-11-01"} <= set(found["DE-BY"])
    assert found["FR"] == []
    await hub.restart()
    assert hub.data.site.holidays("CN", datetime(2026, 10, 1, tzinfo=UTC).date()) == "holiday"


async def test_above_the_legal_ceiling_only_with_a_reason(hub: Hub) -> None:
    """The price office set 0.90: a higher one needs the manager's reason, and the books keep it."""
    await hub.call("publish_tariff", tariff="a", price="0.80", ceiling="0.90")
    with pytest.raises(ServiceValidationError, match="ceiling"):
        await hub.call("publish_tariff", tariff="a", price="0.95")
    told = await hub.call(
        "publish_tariff", tariff="a", price="0.95", override=True, reason="Decree 7/2026"
    )
    assert told["version"] == 2


async def test_a_trial_of_a_price_moves_nothing(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Before it is published the manager sees who would pay what."""
    await bound_meter(hub, modbus_line, modbus_device)
    tried = await hub.call("publish_tariff", tariff="home", price="0.85", dry_run=True)
    assert [one["wallet"] for one in tried["preview"]] in ([], ["w1"])
    assert [len(one["versions"]) for one in (await hub.call("list_tariffs"))["tariffs"]] == [1]
