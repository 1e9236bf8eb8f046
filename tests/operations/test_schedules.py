"""Lights out over real books: off at eleven, on at six, and nobody gets around arrears or a padlock."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError, DeviceFault
from custom_components.prepaid_parking.core.supply import CutBy, RestoreMode, SupplyState
from custom_components.prepaid_parking.core.supply_rules import Why
from custom_components.prepaid_parking.core.written_schedule import read_hours
from custom_components.prepaid_parking.operations.facts import WalletEvent
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.schedules import set_schedule
from custom_components.prepaid_parking.operations.supply import (
    cut_supply,
    restore_supply,
    set_lockout,
    set_protection,
    set_supply_rules,
)
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.conftest import MakeWorld
from tests.operations.world import DAY, HOUR, KWH, MANAGER, MINUTE, SECOND, RelayDevice, World

NIGHT = read_hours([{"from": "23:00", "to": "06:00"}])


async def dorm(world: World, money: str = "100", **fields: object) -> tuple[WalletRun, MeterRun]:
    """A room in a house that sleeps from eleven to six."""
    if "dorm" not in world.site.supplying.schedules:
        await set_schedule(world.site, schedule="dorm", off=NIGHT, actor=MANAGER)
        await world.policy(grace_hours=0, schedule="dorm")
    wallet = await world.wallet(money)
    return wallet, await world.meter(wallet, relay=True, **fields)  # type: ignore[arg-type]


async def until(world: World, hour: int, minute: int = 0, *, every: object = 5 * MINUTE) -> None:
    """Let time pass until a local hour of the day."""
    local = world.clock.now.astimezone(world.zone)
    at = local.replace(hour=hour, minute=minute, second=0)
    at = at if at > local else (at + DAY)
    await world.wait(at - world.clock.now, every)  # type: ignore[arg-type]


def relay_of(world: World, run: MeterRun) -> RelayDevice:
    """A room's relay."""
    return world.relays[run.meter.id]


def written(world: World, run: MeterRun) -> list[tuple[str, bool]]:
    """What a relay was told, with the local time."""
    return [(f"{at.astimezone(world.zone):%H:%M}", on) for at, on in relay_of(world, run).written]


async def test_it_goes_dark_at_eleven_and_comes_on_at_six(world: World) -> None:
    """Every night, without anybody; each switch once, told and written down."""
    wallet, run = await dorm(world)
    await until(world, 22, 59)
    assert relay_of(world, run).on
    await world.wait(MINUTE + 5 * SECOND, SECOND)
    assert (run.state, run.supply.cut_by) == (SupplyState.OFF, CutBy.SCHEDULE)
    await until(world, 12)
    assert run.state is SupplyState.ON
    await until(world, 12)
    assert written(world, run) == [("23:00", False), ("06:00", True)] * 2
    events = world.events(wallet)[2:]
    assert events == [WalletEvent.SCHEDULED_OFF, WalletEvent.SCHEDULED_ON] * 2
    assert WalletEvent.CUT_OFF not in events


async def test_the_switch_does_not_wait_for_a_reading(world: World) -> None:
    """A meter that pushes once in ten minutes goes dark at eleven, not at nine past."""
    _, run = await dorm(world)
    run.interval_s = 600
    await until(world, 22, 55)
    await world.wait(6 * MINUTE, SECOND, reading=False)
    assert written(world, run)[0] == ("23:00", False)


async def test_in_arrears_it_stays_dark_in_the_morning(world: World) -> None:
    """Row 58: on at six unless arrears; a payment at ten brings the light."""
    wallet, run = await dorm(world, "1")
    await until(world, 23, 1, every=MINUTE)
    assert run.supply.cut_by is CutBy.SCHEDULE
    world.registers[run.meter.id] += 5 * KWH  # the fridge in the corridor hangs on it
    await until(world, 10)
    assert written(world, run) == [("23:00", False)]
    assert (run.state, run.supply.cut_by) == (SupplyState.OFF, CutBy.BALANCE)
    assert WalletEvent.CUT_OFF in world.events(wallet)
    await world.pay(wallet, "20")
    await world.wait(10 * SECOND, SECOND)
    assert relay_of(world, run).on


async def test_in_grace_the_morning_brings_light(world: World) -> None:
    """Lights-out must not eat the day a tenant has to pay."""
    wallet, run = await dorm(world, "1")
    await world.policy(grace_hours=24)
    await until(world, 23, 1, every=MINUTE)
    world.registers[run.meter.id] += 5 * KWH
    await until(world, 7, every=4 * MINUTE)
    assert relay_of(world, run).on
    assert wallet.watch.crossed_at is not None
    await until(world, 5, every=4 * MINUTE)
    await until(world, 12, every=4 * MINUTE)
    assert not relay_of(world, run).on


async def test_a_payment_at_midnight_brings_no_light_before_six(world: World) -> None:
    """The house sleeps for everybody."""
    wallet, run = await dorm(world, "1")
    await world.read(run.meter.id, 5 * KWH, HOUR)
    await world.wait(10 * SECOND, SECOND)
    assert run.supply.cut_by is CutBy.BALANCE
    await until(world, 0, 30)
    await world.pay(wallet, "50")
    await world.wait(MINUTE, 5 * SECOND)
    assert run.decision is not None
    assert run.decision.why is Why.SCHEDULE
    await until(world, 6, 5, every=MINUTE)
    assert relay_of(world, run).on


async def test_a_restart_inside_the_night_changes_nothing(world: World) -> None:
    """Killed at two: still dark, on at six, and each relay is told once."""
    _, run = await dorm(world)
    await until(world, 2, every=MINUTE)
    await world.restart()
    await until(world, 3, every=MINUTE)
    again = world.run(run.meter.id)
    assert (again.state, again.supply.cut_by) == (SupplyState.OFF, CutBy.SCHEDULE)
    await until(world, 7, every=MINUTE)
    assert written(world, run) == [("23:00", False), ("06:00", True)]


async def test_what_others_switched_off_stays_off_in_the_morning(world: World) -> None:
    """Only what the schedule switched off is switched on by it."""
    _, first = await dorm(world)
    _, second = await dorm(world)
    relay_of(world, first).on = False  # an electrician, in the afternoon
    await world.wait(MINUTE, 10 * SECOND)
    await until(world, 7, every=MINUTE)
    assert not relay_of(world, first).on
    assert first.state is SupplyState.HELD
    assert relay_of(world, second).on


async def test_a_padlock_outranks_the_morning(world: World) -> None:
    """Somebody works in the riser at six."""
    _, run = await dorm(world)
    await until(world, 1, every=MINUTE)
    await set_lockout(world.site, meter=run.meter.id, reason="riser", actor=MANAGER)
    await until(world, 8, every=MINUTE)
    assert (relay_of(world, run).on, run.state) == (False, SupplyState.HELD)


async def test_protected_and_exempt_rooms_keep_their_light(world: World) -> None:
    """The warden's flat, and the one with the machine by the bed."""
    wardens, warden = await dorm(world)
    _, ill = await dorm(world)
    _, other = await dorm(world)
    await set_protection(
        world.site, meter=ill.meter.id, protected=True, reason="oxygen", actor=MANAGER
    )
    await set_schedule(
        world.site, schedule="dorm", off=NIGHT, exempt=[wardens.wallet.id], actor=MANAGER
    )
    await until(world, 1, every=MINUTE)
    assert [relay_of(world, run).on for run in (warden, ill, other)] == [True, True, False]
    assert ill.decision is not None
    assert ill.decision.why is Why.PROTECTED


async def test_a_named_person_may_switch_on_in_the_night(world: World) -> None:
    """Somebody is ill; in the morning nothing is left of it."""
    _, run = await dorm(world)
    await until(world, 1, every=MINUTE)
    until_five = world.clock.now + 4 * HOUR
    await restore_supply(
        world.site, meter=run.meter.id, reason="ill", actor=MANAGER, until=until_five
    )
    await until(world, 4, every=MINUTE)
    assert relay_of(world, run).on
    await until(world, 5, 30, every=MINUTE)
    assert not relay_of(world, run).on
    await until(world, 7, every=MINUTE)
    assert relay_of(world, run).on


async def test_a_meters_own_schedule_outranks_its_policys(world: World) -> None:
    """The bakery in the same house starts at three."""
    _, run = await dorm(world)
    early = read_hours([{"from": "20:00", "to": "03:00"}])
    await set_schedule(world.site, schedule="bakery", off=early, actor=MANAGER)
    await set_supply_rules(world.site, meter=run.meter.id, schedule="bakery", actor=MANAGER)
    await until(world, 12)
    assert written(world, run) == [("20:00", False), ("03:00", True)]


async def test_what_waits_for_a_confirmation_is_not_put_out(world: World) -> None:
    """It would not come on by itself: it says so instead of surprising a house at six."""
    _, run = await dorm(world, restore=RestoreMode.ARMED)
    await until(world, 1, every=MINUTE)
    assert relay_of(world, run).on
    assert run.decision is not None
    assert run.decision.why is Why.NO_WAY_BACK


async def test_a_new_version_and_its_beginning_are_kept_to(world: World) -> None:
    """Exams from next week: until then eleven, then midnight; and hours can be taken away."""
    _, run = await dorm(world)
    later = read_hours([{"from": "00:00", "to": "06:00"}])
    begins = world.clock.now + DAY
    await set_schedule(world.site, schedule="dorm", off=later, valid_from=begins, actor=MANAGER)
    await world.restart()
    await until(world, 12)
    await until(world, 12)
    assert written(world, run) == [
        ("23:00", False),
        ("06:00", True),
        ("00:00", False),
        ("06:00", True),
    ]
    await until(world, 1)
    await set_schedule(world.site, schedule="dorm", off=(), actor=MANAGER)
    await world.wait(5 * SECOND, SECOND)
    assert relay_of(world, run).on


async def test_nights_in_which_the_clock_is_set(make_world: MakeWorld) -> None:
    """Off and on once each, by the clock on the wall."""
    berlin = ZoneInfo("Europe/Berlin")
    for day in (datetime(2026, 10, 24, 18), datetime(2027, 3, 27, 18)):  # noqa: DTZ001
        world = await make_world(at=day.replace(tzinfo=berlin), zone=berlin)
        _, run = await dorm(world)
        await until(world, 12)
        assert written(world, run) == [("23:00", False), ("06:00", True)]


async def test_an_implausible_clock_puts_nobody_out(world: World) -> None:
    """A hub that lost its time knows no night."""
    _, run = await dorm(world)
    world.site.not_before = world.clock.now + 10 * DAY
    await until(world, 1, every=MINUTE)
    assert relay_of(world, run).on
    assert run.decision is not None
    assert run.decision.why is Why.CLOCK


async def test_a_schedule_is_an_entry_and_refuses_what_it_cannot_be(world: World) -> None:
    """Who put the lights out, and since when."""
    await set_schedule(world.site, schedule="dorm", off=NIGHT, reason="rules", actor=MANAGER)
    entry = (await world.books.entries())[-1]
    assert (entry.kind, entry.reason, entry.actor) == (
        EntryKind.SCHEDULE_SET,
        "rules",
        "user:manager",
    )
    for fields, key in (
        ({"exempt": ["w99"]}, "unknown_exempt"),
        ({"calendar": "XX"}, "unknown_calendar"),
        ({"valid_from": world.clock.now - DAY}, "schedule_out_of_order"),
    ):
        with pytest.raises(CoreError, match=key):
            await set_schedule(world.site, schedule="dorm", off=NIGHT, actor=MANAGER, **fields)
    run = await world.meter()
    with pytest.raises(CoreError, match="unknown_schedule"):
        await set_supply_rules(world.site, meter=run.meter.id, schedule="none", actor=MANAGER)
    with pytest.raises(CoreError, match="unknown_schedule"):
        await world.policy(schedule="none")


async def test_a_cut_that_changes_its_reason_on_the_way_ends_with_the_new_one(
    world: World,
) -> None:
    """Shut off by hand until eleven while the relay was busy, then lights out: on at six."""
    _, run = await dorm(world)
    relay_of(world, run).refuses = DeviceFault.BUSY
    await until(world, 22, 50)
    eleven = world.clock.now.replace(hour=23, minute=0, second=0)
    await cut_supply(world.site, meter=run.meter.id, reason="leak", actor=MANAGER, until=eleven)
    await until(world, 23, 5, every=MINUTE)
    assert run.supply.cut_by is CutBy.SCHEDULE
    relay_of(world, run).refuses = None
    await until(world, 7, every=MINUTE)
    assert [on for _, on in relay_of(world, run).written] == [False, True]
