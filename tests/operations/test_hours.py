"""Every meter's hours, noted from what it was charged for."""

from datetime import date, timedelta

from custom_components.prepaid_parking.core.hours import MeterDay, unpack
from custom_components.prepaid_parking.operations.hours import FORGOTTEN
from tests.operations.world import DAY, HOUR, KWH, MINUTE, World

TODAY = date(2026, 7, 1)


async def hours(world: World, day: date = TODAY) -> list[int]:
    """Return what was noted of a day, in watt-hours."""
    (kept,) = await world.books.load(MeterDay, day=day.isoformat())
    return [one // 1000 for one in unpack(kept.hours)]


async def test_hours_are_noted_as_they_end(world: World) -> None:
    """A profile of the day stands even if the hub dies at any moment."""
    run = await world.meter(await world.wallet("100"))
    await world.tick(MINUTE)
    for used in (KWH, 2 * KWH, 3 * KWH):
        await world.read(run.meter.id, used, HOUR - MINUTE)
        await world.tick(MINUTE)
        await world.restart()
    assert (await hours(world))[11:15] == [0, 1000, 2000, 3000]
    await world.read(run.meter.id, KWH, 59 * MINUTE)
    await world.tick(MINUTE)
    assert (await hours(world))[12:16] == [1000, 2000, 3000, 1000]


async def test_a_silence_over_midnight_is_spread_over_both_days(world: World) -> None:
    """Ten hours without a reading are ten equal hours, half of them tomorrow's."""
    run = await world.meter(await world.wallet("100"))
    await world.tick(MINUTE)
    await world.read(run.meter.id, 24 * KWH, DAY - MINUTE)
    await world.tick()
    assert (await hours(world))[11:] == [0, *[1000] * 12]
    assert (await hours(world, TODAY + timedelta(days=1)))[:13] == [*[1000] * 12, 0]


async def test_a_year_later_the_day_is_dropped(world: World) -> None:
    """What nobody looks back to does not fill a disk."""
    run = await world.meter(await world.wallet("100"))
    await world.tick(MINUTE)
    await world.read(run.meter.id, KWH, HOUR)
    await world.tick(MINUTE)
    assert await hours(world)
    world.clock.now += timedelta(days=410)
    for _ in range(FORGOTTEN):
        await world.tick(HOUR)
    assert await world.books.load(MeterDay, day=TODAY.isoformat()) == []
