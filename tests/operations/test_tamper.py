"""Hints about meters: with the numbers, once, and gone when it fits again."""

from collections.abc import Sequence
from datetime import UTC, datetime

from custom_components.prepaid_parking.core.metering import Commodity
from custom_components.prepaid_parking.core.tamper import Hint, HintKind, Thresholds
from custom_components.prepaid_parking.operations.facts import Hinted, HintEnded
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.moving import HandOver, move, move_in
from custom_components.prepaid_parking.operations.places import update_meter_place
from custom_components.prepaid_parking.operations.settling import Settlement, settle_doubt
from tests.operations.test_units import set_
from tests.operations.world import DAY, HOUR, KWH, MANAGER, MINUTE, World

MAIN_RATE = 1_000 * KWH


def said(world: World, kind: type[Hinted | HintEnded] = Hinted) -> list[Hint]:
    """What was said of meters so far."""
    return [fact.hint for fact in world.heard(kind)]


async def live(world: World, run: MeterRun, days: Sequence[int]) -> None:
    """Let days pass in which so much was used; the meter is read a minute after each midnight."""
    for used in days:
        now = world.clock.now
        world.clock.now = now.replace(hour=0, minute=0, second=0) + DAY + MINUTE
        await world.read(run.meter.id, used)
        await world.tick(MINUTE)
        await world.tick(MINUTE)


async def test_consumption_behind_a_cut_supply_is_said_once(world: World) -> None:
    """A bridge around the relay: the office hears how much, once, also over a restart."""
    wallet = await world.wallet("1")
    await world.policy(grace_hours=0)
    run = await world.meter(wallet, relay=True)
    await world.tick()
    await world.read(run.meter.id, 3 * KWH, HOUR)
    await world.tick(MINUTE)
    assert world.relays[run.meter.id].on is False
    await world.look(run.meter.id)
    await world.tick(MINUTE)
    assert said(world) == []
    for _ in range(3):
        await world.read(run.meter.id, KWH, MINUTE)
        await world.tick(MINUTE)
        await world.restart()
        await world.look(run.meter.id)
    (hint,) = said(world)
    assert (hint.kind, hint.found) == (HintKind.USED_WHILE_OFF, KWH)
    assert said(world, HintEnded) == []
    await world.pay(world.wallet_now(wallet), "100")
    await world.tick()
    await world.look(run.meter.id)
    await world.tick(MINUTE)
    assert [one.kind for one in said(world, HintEnded)] == [HintKind.USED_WHILE_OFF]
    assert len(said(world)) == 1


async def test_a_register_that_runs_back_is_a_doubt_and_a_hint(world: World) -> None:
    """Somebody turned the meter around: nothing is charged, and somebody should look at it."""
    run = await world.meter(await world.wallet("100"))
    await world.read(run.meter.id, 5 * KWH, HOUR)
    world.registers[run.meter.id] -= 3 * KWH
    await world.look(run.meter.id)
    await world.tick(MINUTE)
    (hint,) = said(world)
    assert (hint.kind, hint.found) == (HintKind.REVERSE, 3 * KWH)
    doubt = next(iter(world.site.doubts))
    await settle_doubt(
        world.site, doubts=[doubt], how=Settlement.NEW_START, reason="turned", actor=MANAGER
    )
    assert said(world, HintEnded)[0].kind is HintKind.REVERSE


async def test_a_dip_that_is_over_sends_nobody_to_the_meter(world: World) -> None:
    """A brown-out showed an older count at the wrong moment: the next good reading ends the hint."""
    run = await world.meter(await world.wallet("100"))
    await world.read(run.meter.id, 5 * KWH, HOUR)
    world.registers[run.meter.id] -= 3 * KWH
    await world.look(run.meter.id)
    await world.tick(MINUTE)
    assert [one.kind for one in said(world)] == [HintKind.REVERSE]
    world.registers[run.meter.id] += 3 * KWH
    await world.look(run.meter.id)
    (ended,) = said(world, HintEnded)
    assert (ended.kind, ended.ended_at) == (HintKind.REVERSE, world.clock.now)
    assert world.site.hinting.hints == {}
    await world.restart()
    assert world.site.hinting.hints == {}


async def test_a_reverse_register_that_ran_is_not_forgotten_with_a_dip(world: World) -> None:
    """Another sign of the same: water did flow back today, whatever the main register showed."""
    run = await world.meter(await world.wallet("100"), commodity=Commodity.WATER)
    for value in (3.0, 4.2):
        await world.look(run.meter.id, values={"volume_reverse": value})
        await world.tick(MINUTE)
    world.registers[run.meter.id] -= 3 * KWH
    await world.look(run.meter.id)
    world.registers[run.meter.id] += 3 * KWH
    await world.look(run.meter.id)
    assert [one.kind for one in said(world)] == [HintKind.REVERSE]
    assert said(world, HintEnded) == []


async def test_a_reverse_register_that_runs_is_said_where_it_should_not(world: World) -> None:
    """Water that flows back counts in a register of its own; under solar panels nobody minds."""
    run = await world.meter(await world.wallet("100"), commodity=Commodity.WATER)
    for value in (3.0, 3.5, 4.2):
        await world.look(run.meter.id, values={"volume_reverse": value})
        await world.tick(MINUTE)
    assert [(one.kind, one.found) for one in said(world)] == [(HintKind.REVERSE, 1_200_000)]
    world.site.hinting.thresholds = Thresholds(reverse=False)
    await world.tick(MINUTE)
    assert len(said(world, HintEnded)) == 1


async def test_a_flat_that_uses_nothing_any_more_is_said(world: World) -> None:
    """Five kilowatt-hours a day for a week, then none for a week: away, or around the meter."""
    run = await world.meter(await world.wallet("1000"))
    await live(world, run, [5 * KWH] * 8)
    await live(world, run, [0] * 6)
    assert said(world) == []
    await live(world, run, [0])
    (hint,) = said(world)
    assert (hint.kind, hint.expected) == (HintKind.NOTHING_USED, 5 * KWH)
    await live(world, run, [0] * 3)
    await world.restart()
    await live(world, run, [KWH])
    assert len(said(world)) == 1
    assert [one.kind for one in said(world, HintEnded)] == [HintKind.NOTHING_USED]


async def test_a_meter_nobody_could_read_is_no_meter_that_stands_still(world: World) -> None:
    """Silence is not evidence: what the register says afterwards is."""
    run = await world.meter(await world.wallet("1000"))
    await live(world, run, [5 * KWH] * 8)
    world.clock.now += 10 * DAY
    await world.tick(MINUTE)
    assert said(world) == []
    await live(world, run, [50 * KWH])
    assert said(world) == []


async def test_days_in_the_dark_are_no_habit(world: World) -> None:
    """Who was cut off for two weeks used nothing, and that is no hint."""
    wallet = await world.wallet("40")
    await world.policy(grace_hours=0)
    run = await world.meter(wallet, relay=True)
    await live(world, run, [5 * KWH] * 11)
    for _ in range(3):
        await world.look(run.meter.id)
        await world.tick()
    assert world.relays[run.meter.id].on is False
    await live(world, run, [0] * 10)
    assert said(world) == []


async def test_much_more_than_usual_is_said(world: World) -> None:
    """Three times as much for three days: more people than the lease says."""
    run = await world.meter(await world.wallet("1000"))
    await live(world, run, [5 * KWH] * 8)
    await live(world, run, [16 * KWH] * 3)
    (hint,) = said(world)
    assert (hint.kind, hint.found, hint.expected) == (HintKind.MUCH_MORE, 16 * KWH, 5 * KWH)
    await live(world, run, [16 * KWH] * 20)
    assert (len(said(world)), said(world, HintEnded)) == (1, [])
    await live(world, run, [5 * KWH] * 3)
    assert len(said(world, HintEnded)) == 1


async def test_the_next_tenant_has_habits_of_their_own(world: World) -> None:
    """A student moves in after a family, or a family after a student: nobody is suspected of it."""
    old, new = await world.wallet("1000"), await world.wallet("1000")
    run = await world.meter(old)
    await set_(world, name="Flat 1", meters=(run.meter.id,))
    await move_in(world.site, HandOver(unit="u1", wallet=old.wallet.id, actor=MANAGER))
    await live(world, run, [5 * KWH] * 10)
    await move(world.site, HandOver(unit="u1", wallet=new.wallet.id, actor=MANAGER))
    await live(world, run, [20 * KWH] * 5)
    await world.restart()
    await live(world, run, [20 * KWH] * 3)
    assert said(world) == []


async def test_an_opened_cover_is_said(world: World) -> None:
    """The meter's own contact under its cover, where a profile reads it."""
    run = await world.meter(await world.wallet("100"))
    for word in (0.0, 2.0, 2.0, 0.0):
        await world.look(run.meter.id, values={"tamper": word})
        await world.tick(MINUTE)
    assert [(one.kind, one.found) for one in said(world)] == [(HintKind.COVER_OPEN, 2)]
    assert len(said(world, HintEnded)) == 1


async def test_a_house_that_loses_too_much_is_said(world: World) -> None:
    """3 % is what cables lose and nobody's concern; 10 % is a tapped line or a wrong meter."""
    main = await world.meter(max_rate=MAIN_RATE)
    sub = await world.meter(await world.wallet("10000"), max_rate=MAIN_RATE)
    await update_meter_place(world.site, meter=sub.meter.id, main="m1", actor=MANAGER)
    for lost in (3, 3):
        world.registers[main.meter.id] += (100 + lost) * KWH
        await live(world, sub, [100 * KWH])
        await world.look(main.meter.id)
        await world.tick(MINUTE)
    assert said(world) == []
    for _ in range(9):
        world.registers[main.meter.id] += 112 * KWH
        now = world.clock.now
        world.clock.now = now.replace(hour=0, minute=0, second=0) + DAY + MINUTE
        await world.read(sub.meter.id, 100 * KWH)
        await world.look(main.meter.id)
        await world.tick(MINUTE)
        await world.tick(MINUTE)
    (hint,) = said(world)
    assert (hint.meter, hint.kind, hint.expected) == (main.meter.id, HintKind.LOSS, 80_000)
    assert hint.found > 80_000


async def test_a_silent_flat_is_not_the_houses_loss(world: World) -> None:
    """What a dead radio did not say is not stolen."""
    main = await world.meter(max_rate=MAIN_RATE)
    sub = await world.meter(await world.wallet("10000"), max_rate=MAIN_RATE)
    await update_meter_place(world.site, meter=sub.meter.id, main="m1", actor=MANAGER)
    await live(world, sub, [0])
    for _ in range(5):
        await live(world, main, [100 * KWH])
    assert said(world) == []
    assert world.clock.now > datetime(2026, 7, 6, tzinfo=UTC)
