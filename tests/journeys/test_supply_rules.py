"""Who is cut, when and in which order, seen on the wire: schedules, loads, windows, vetoes, quotas."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.prepaid_parking.const import DOMAIN
from custom_components.prepaid_parking.operations.facts import WalletFact
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .clock import Clock
from .conftest import Hub, bound_meter, meter_data
from .steps import attend, look, meter_shows, nothing_is_sent, shows

BERLIN = ZoneInfo("Europe/Berlin")
FORCE = 0x0057
TRIP = (1, 1)
CLOSE = (1, 0)


def local(text: str) -> datetime:
    """A moment in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


async def in_berlin(hub: Hub, at: str) -> Clock:
    """Let the site be in Berlin, at a time."""
    await hub.hass.config.async_set_time_zone("Europe/Berlin")
    await hub.restart()
    return Clock(hub, local(at))


async def ready(
    hub: Hub, line: ModbusLine, device: AcrelDdsy1352, amount: str = "8", **policy: Any
) -> None:
    """A bound meter that is seen on, a wallet with some money, no grace unless the policy says so."""
    await bound_meter(hub, line, device)
    settings: dict[str, Any] = {"grace_hours": 0, "alert": "5", "alert2": "1"}
    await hub.call("set_policy", policy="standard", **(settings | policy))
    await hub.call("top_up", wallet="w1", amount=amount, channel="cash")
    await meter_shows(hub, lambda one: one["supply"] == "on")
    line.log.clear()


async def frame(line: ModbusLine, values: tuple[int, int], unit: int = 1) -> None:
    """Wait for a command on the wire."""
    await line.log.seen(unit=unit, address=FORCE, values=values, timeout=20)


def events(hub: Hub) -> list[str]:
    """What was said of wallets so far."""
    return [str(fact.event) for fact in hub.facts if isinstance(fact, WalletFact)]


async def test_lights_out_at_eleven_and_on_at_six_unless_in_arrears(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Row 58: a dormitory goes dark and wakes by the clock; who owes stays dark until it is paid."""
    time = await in_berlin(hub, "2031-05-12 22:58")
    await ready(hub, modbus_line, modbus_device)
    set_to = await hub.call(
        "set_schedule",
        schedule="lights_out",
        hours=[{"days": ["workday", "weekend"], "from": "23:00", "to": "06:00"}],
        reason="house rules",
    )
    assert (set_to["version"], set_to["off_now"]) == (1, False)
    rules = await hub.call("set_supply_rules", meter="m1", schedule="lights_out")
    assert rules["schedule"] == "lights_out"
    await nothing_is_sent(hub, modbus_line)

    await time.is_now(local("2031-05-12 23:00"))
    await frame(modbus_line, TRIP)
    await meter_shows(hub, lambda one: (one["supply"], one["why"]) == ("off", "schedule"))
    assert (await hub.wallet("w1"))["state"] == "ok"
    modbus_line.log.clear()
    await time.is_now(local("2031-05-13 05:59"))
    await nothing_is_sent(hub, modbus_line)
    await time.is_now(local("2031-05-13 06:00"))
    await frame(modbus_line, CLOSE)
    await meter_shows(hub, lambda one: one["supply"] == "on")
    assert [one for one in events(hub) if one.startswith("scheduled")] == [
        "scheduled_off",
        "scheduled_on",
    ]

    await time.is_now(local("2031-05-13 23:00"))
    await meter_shows(hub, lambda one: one["supply"] == "off")
    modbus_line.log.clear()
    await hub.call("deduct", wallet="w1", amount="8", reason="key")
    modbus_device.add(kwh=1)
    await time.is_now(local("2031-05-14 05:00"))
    await meter_shows(hub, lambda one: one["why"] == "balance")
    await time.is_now(local("2031-05-14 06:00"))
    await nothing_is_sent(hub, modbus_line)
    await hub.call("top_up", wallet="w1", amount="50", channel="cash")
    await frame(modbus_line, CLOSE)


async def test_too_much_power_trips_comes_back_and_in_the_end_waits_for_a_person(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Row 57: above the limit for a while, off; on after the wait, so many times; then by hand only."""
    time = await in_berlin(hub, "2031-05-12 12:00")
    await ready(hub, modbus_line, modbus_device, "100")
    limit = await hub.call(
        "set_load_limit", meter="m1", limit=800, delay=2, retries=1, wait_minutes=10
    )
    assert limit["scope"] == "meter/m1"
    modbus_device.counter.rate = 900_000

    async def overloaded() -> None:
        for _ in range(40):
            await time.pass_(timedelta(seconds=1))
            if modbus_line.log.find(unit=1, address=FORCE, values=TRIP):
                return
        raise AssertionError("it never tripped")

    await overloaded()
    await meter_shows(hub, lambda one: (one["supply"], one["why"]) == ("off", "overload"))
    told = (await hub.meter("m1"))["rules"]
    assert (told["load"], told["load_trips"], told["load_power"]) == ("waiting", 1, 900)
    assert "overloaded" in events(hub)
    modbus_line.log.clear()
    await time.pass_(timedelta(minutes=9))
    await nothing_is_sent(hub, modbus_line)
    await time.pass_(timedelta(minutes=1))
    await frame(modbus_line, CLOSE)
    await meter_shows(hub, lambda one: one["supply"] == "on")
    modbus_line.log.clear()
    await overloaded()
    await meter_shows(hub, lambda one: one["why"] == "overload_locked")
    modbus_line.log.clear()
    await time.pass_(timedelta(hours=5))
    await hub.call("top_up", wallet="w1", amount="50", channel="cash")
    await nothing_is_sent(hub, modbus_line)
    modbus_device.counter.rate = 0
    await hub.call("restore_supply", meter="m1", reason="heater taken away")
    await frame(modbus_line, CLOSE)


async def test_empty_on_friday_evening_is_cut_on_monday_at_nine_and_not_before(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Row 34: a day's grace ends on Saturday; nobody is cut before the office opens."""
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

    async def warned() -> bool:
        wallet = await hub.wallet("w1")
        cutoff = wallet["cutoff_at"]
        monday = local("2031-05-19 09:00")
        return cutoff is not None and datetime.fromisoformat(cutoff) == monday

    await hub.until(warned)
    # A day in which the hub is up, in one step: grace counts what it has seen, minutes at a time.
    run = hub.data.site.wallet("w1")
    run.watch = replace(run.watch, grace_spent_s=24 * 3600)
    for at in ("2031-05-17 20:01", "2031-05-18 12:00", "2031-05-19 08:59"):
        await time.is_now(local(at))
        await nothing_is_sent(hub, modbus_line)
        assert (await hub.meter("m1"))["why"] == "no_cut_hours"
    listed = await hub.call("list_cuts", until=local("2031-05-19 12:00").isoformat())
    assert [(one["wallet"], one["missing"]) for one in listed["wallets"]] == [("w1", "1.60")]
    await time.is_now(local("2031-05-19 09:00"))
    await frame(modbus_line, TRIP)


async def test_a_veto_a_promise_and_a_hold_keep_the_frame_from_the_wire(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """P35: each says why and until when; when the last is gone the cut leaves."""
    await ready(hub, modbus_line, modbus_device)
    await hub.call("veto_cut", wallet="w1", reason="in hospital")
    later = (hub.data.site.clock() + timedelta(days=2)).isoformat()
    await hub.call("promise_to_pay", wallet="w1", until=later, reason="wages on Friday")
    with pytest.raises(ServiceValidationError):
        await hub.call("promise_to_pay", wallet="w1", until=later, reason="once more")
    await hub.call("hold_site", reason="heat wave")
    modbus_device.add(kwh=12)
    await meter_shows(hub, lambda one: one["why"] == "site_held")
    await hub.call("release_site", reason="it rained")
    await meter_shows(hub, lambda one: one["why"] == "vetoed")
    (line,) = (await hub.call("list_cuts"))["wallets"]
    assert (line["cuts"], [one["kind"] for one in line["spared"]]) == ([], ["veto", "promise"])
    await hub.call("lift_veto", wallet="w1", reason="back home")
    await meter_shows(hub, lambda one: one["why"] == "promised")
    await nothing_is_sent(hub, modbus_line)
    until = datetime.fromisoformat(later)
    listed = (await hub.call("list_cuts", until=(until + timedelta(days=1)).isoformat()))["wallets"]
    assert datetime.fromisoformat(listed[0]["cuts"][0]["at"]) == until
    time = Clock(hub, until)
    await time.is_now(until + timedelta(seconds=1))
    await frame(modbus_line, TRIP)


async def test_a_special_wallet_is_not_cut_before_its_quota_is_used(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Row 27: balance 0, quota 50; alarmed at its beginning and its end; the next money repays it."""
    await ready(
        hub,
        modbus_line,
        modbus_device,
        exempt_quota="50",
        exempt_period="month",
        alert="0",
        alert2="0",
    )
    await hub.call("update_wallet", wallet="w1", kind="special")
    modbus_device.add(kwh=10)

    await shows(hub, "0.00")
    await attend(hub)  # A balance is shown a moment before the site has drawn what follows from it.
    assert (await hub.wallet("w1"))["state"] == "ok"
    modbus_device.add(kwh=13)
    await shows(hub, "-10.40")
    await attend(hub)
    wallet = await hub.wallet("w1")
    assert (wallet["state"], wallet["quota"]["used"]) == ("exempt", "10.40")
    assert events(hub).count("quota_begun") == 1
    await hub.call("top_up", wallet="w1", amount="10.40", channel="cash")
    await attend(hub)
    assert (await hub.wallet("w1"))["mark"] == "-39.60"
    await nothing_is_sent(hub, modbus_line)
    for kwh in (13, 13, 13, 12):
        modbus_device.add(kwh=kwh)
        await attend(hub)
    await frame(modbus_line, TRIP)
    assert events(hub).count("quota_used_up") == 1


async def test_restores_of_a_batch_leave_one_after_another(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A company pays for its rooms: the main must not trip for it."""
    others = [AcrelDdsy1352(unit=unit, serial=f"{unit:012}", start="1000") for unit in (2, 3)]
    for other in others:
        modbus_line.add(other)
    await ready(hub, modbus_line, modbus_device)
    (line_id,) = hub.data.lines
    for number, other in enumerate(others, 2):
        data = meter_data(line_id, other)
        unique_id = f"meter:acrel_ddsy1352:{other.serial}"
        await hub.add("meter", f"Room {number}", unique_id, data)
        await meter_shows(hub, lambda one: one["register"] is not None, meter=f"m{number}")
        await hub.call("open_wallet", unit=f"Room {number}", purpose="utility")
        await hub.call("top_up", wallet=f"w{number}", amount="8")
        await hub.call("bind_meter", meter=f"m{number}", wallet=f"w{number}", tariff="home")
    for device in (modbus_device, *others):
        device.add(kwh=12)
    for number in (1, 2, 3):
        await meter_shows(hub, lambda one: one["supply"] == "off", meter=f"m{number}")
    modbus_line.log.clear()
    begun = hub.data.site.clock()
    for number in (1, 2, 3):
        await hub.call("top_up", wallet=f"w{number}", amount="50")
    for unit in (1, 2, 3):
        await frame(modbus_line, CLOSE, unit)
    # By the clock they were decided by: a busy machine may send one late and the next in time.
    given = sorted(one.at for one in await hub.data.books.commands(begun) if one.action == "on")
    assert len(given) == 3
    assert all(later - earlier >= timedelta(seconds=2) for earlier, later in pairwise(given))


async def test_a_policy_may_want_a_hand_before_a_payment_restores(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """P4: the payment arms it, the button on the meter's page brings the frame."""
    await ready(hub, modbus_line, modbus_device, reconnect="armed")
    modbus_device.add(kwh=12)
    await meter_shows(hub, lambda one: one["supply"] == "off")
    modbus_line.log.clear()
    await hub.call("top_up", wallet="w1", amount="50", channel="cash")
    await meter_shows(hub, lambda one: one["supply"] == "armed")
    await nothing_is_sent(hub, modbus_line)
    unique_id = f"{hub.entry.unique_id}_m1_confirm_restore"
    button = er.async_get(hub.hass).async_get_entity_id("button", DOMAIN, unique_id)
    assert button is not None
    await hub.hass.services.async_call("button", "press", {ATTR_ENTITY_ID: button}, blocking=True)
    await frame(modbus_line, CLOSE)


async def test_supplies_of_a_wallet_leave_the_wire_in_their_order(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """The charger at once, the power when it is still unpaid after the delay, a third never."""
    others = [AcrelDdsy1352(unit=unit, serial=f"{unit:012}", start="1000") for unit in (2, 3)]
    for other in others:
        modbus_line.add(other)
    await ready(hub, modbus_line, modbus_device)
    (line_id,) = hub.data.lines
    for number, other in enumerate(others, 2):
        unique_id = f"meter:acrel_ddsy1352:{other.serial}"
        await hub.add("meter", f"Room {number}", unique_id, meter_data(line_id, other))
        await meter_shows(hub, lambda one: one["register"] is not None, meter=f"m{number}")
        await hub.call("bind_meter", meter=f"m{number}", wallet="w1", tariff="home")
        await meter_shows(hub, lambda one: one["supply"] == "on", meter=f"m{number}")
    await hub.call("set_supply_rules", meter="m1", cut_order=2, cut_delay_minutes=30)
    await hub.call("set_supply_rules", meter="m2", cut_order=1)
    await hub.call("set_supply_rules", meter="m3", cut="never")
    time = Clock(hub, hub.data.site.clock())
    modbus_device.add(kwh=12)
    await frame(modbus_line, TRIP, 2)
    await meter_shows(hub, lambda one: one["why"] == "in_turn", meter="m1")
    await meter_shows(hub, lambda one: one["why"] == "never_cut", meter="m3")
    await nothing_is_sent(hub, modbus_line, 1)
    await time.pass_(timedelta(minutes=31))
    await frame(modbus_line, TRIP, 1)
    await nothing_is_sent(hub, modbus_line, 3)


async def test_a_special_wallet_shows_that_it_lives_on_its_quota(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Who looks after a hospital looks at one dot on the dashboard, with what is used beside it."""
    await bound_meter(hub, modbus_line, modbus_device)
    await hub.call("unbind_meter", meter="m1")
    await hub.call("set_policy", policy="ward", exempt_quota="50", exempt_period="month")
    await hub.call("open_wallet", unit="Ward 1", kind="special", policy="ward")
    await hub.call("top_up", wallet="w2", amount="4")
    await hub.call("bind_meter", meter="m1", wallet="w2", tariff="home")

    async def is_shown(value: str) -> bool:
        unique_id = f"{hub.entry.unique_id}_w2_on_exemption"
        entity = er.async_get(hub.hass).async_get_entity_id("binary_sensor", DOMAIN, unique_id)
        shown = hub.hass.states.get(entity) if entity is not None else None
        if shown is None or shown.state != value:
            return False
        return bool(shown.attributes["used"] == ("0.00" if value == "off" else "4.00"))

    await hub.until(lambda: is_shown("off"))
    modbus_device.add(kwh=10)
    look(hub)
    await hub.until(lambda: is_shown("on"))
    await hub.call("top_up", wallet="w2", amount="20")
    await attend(hub)
    assert (await hub.wallet("w2"))["quota"] == {
        "period": "month",
        "quota": "50.00",
        "used": "4.00",
        "owed": "0.00",
        "covered": "46.00",
    }
