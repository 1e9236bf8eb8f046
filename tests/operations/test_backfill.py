"""Stored readings say when energy was used: money moves by exactly the difference, once."""

from datetime import UTC, datetime, timedelta
import itertools
import random

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.metering import Origin, Sample
from custom_components.prepaid_parking.core.tariff import Pricer, Usage
from custom_components.prepaid_parking.core.tariff_format import read_tariff
from custom_components.prepaid_parking.operations.adjusting_usage import adjust_usage
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.office import (
    bind_meter,
    import_readings,
    unbind_meter,
)
from custom_components.prepaid_parking.operations.rerating import Rerating
from custom_components.prepaid_parking.operations.usage import checkpoint
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.conftest import MakeWorld
from tests.operations.world import DAY, DAY_AND_NIGHT, FLAT, HOUR, KWH, MANAGER, MINUTE, World

type Readings = list[tuple[datetime, int]]
NIGHTLY = DAY_AND_NIGHT | {
    "rates": {
        "day": [{"up_to": "30", "price": "1.00"}, {"price": "1.50"}],
        "night": [{"up_to": "30", "price": "0.25"}, {"price": "0.40"}],
    }
}


async def silent_night(world: World, *, hours: int = 24) -> tuple[WalletRun, MeterRun, datetime]:
    """A meter that is read at noon, then not for a day in which it counts 24 kWh."""
    wallet = await world.wallet("100")
    run = await world.meter(wallet, tariff="banded")
    for _ in range(6):
        await world.read(run.meter.id, KWH // 10, 10 * MINUTE)
    gap = world.clock.now
    await world.read(run.meter.id, 24 * KWH, hours * HOUR)
    await world.tick()
    return wallet, run, gap


async def give(world: World, run: MeterRun, readings: Readings) -> dict[str, int]:
    """Import a file of readings."""
    return await import_readings(world.site, meter=run.meter.id, readings=readings, actor=MANAGER)


def all_by_night(gap: datetime) -> Readings:
    """The whole day's use falls between 22:00 and 06:00."""
    start = gap.replace(hour=0)
    return [
        (start + 22 * HOUR, 1000 * KWH + 6 * KWH // 10),
        (start + 30 * HOUR, 1024 * KWH + 6 * KWH // 10),
    ]


async def test_a_gap_is_spread_evenly_until_somebody_knows_better(make_world: MakeWorld) -> None:
    """16 hours by day at 1.00 and 8 by night at 0.25; then the file says: all by night."""
    world = await make_world(tariffs=(DAY_AND_NIGHT,))
    wallet, run, gap = await silent_night(world)
    assert world.text(wallet.available_minor) == "81.40"  # 0.60 before, 18.00 for the gap
    answer = await give(world, run, all_by_night(gap))
    assert answer == {"charged": 0, "older": 2, "rerated_minor": -1200}
    assert world.text(wallet.posted_minor) == "93.40"
    (entry,) = await world.books.entries(kinds=(EntryKind.RERATING,))
    assert entry.reverses is not None
    corrected = (await world.books.entries(kinds=(EntryKind.USAGE,)))[-1]
    assert entry.reverses == corrected.id
    assert corrected.detail["from"] == gap.isoformat()


async def test_a_crash_after_a_correction_forgets_no_idle_night(make_world: MakeWorld) -> None:
    """What was used in the morning is not spread over the night, though the remainder has moved."""
    odd = DAY_AND_NIGHT | {"rates": {"day": "1.000001", "night": "0.250007"}}
    world = await make_world(tariffs=(odd,))
    _, run, gap = await silent_night(world)
    await world.read(run.meter.id, 0, 9 * HOUR)
    await checkpoint(world.site)
    seen = world.clock.now
    carry = run.window.carry if run.window is not None else 0
    await give(world, run, all_by_night(gap))
    await world.restart()
    window = world.run(run.meter.id).window
    assert window is not None
    assert window.carry != carry
    assert window.to_at == seen


async def test_the_same_file_twice_moves_nothing_and_shuffled_neither(
    make_world: MakeWorld,
) -> None:
    """Who imports a file again, or in another order, must not be paid again."""
    world = await make_world(tariffs=(DAY_AND_NIGHT,))
    wallet, run, gap = await silent_night(world)
    await give(world, run, all_by_night(gap))
    for seed in range(3):
        readings = [*all_by_night(gap), *all_by_night(gap)]
        random.Random(seed).shuffle(readings)
        assert (await give(world, run, readings))["rerated_minor"] == 0
    await world.restart()
    again = world.run(run.meter.id)
    assert (await give(world, again, all_by_night(gap)))["rerated_minor"] == 0
    assert world.text(world.wallet_now(wallet).available_minor) == "93.40"


async def test_a_finer_file_refines_the_coarser_one(make_world: MakeWorld) -> None:
    """The day's reading first, the hours' later: the end is what the hours alone would have given."""
    coarse_first = await make_world(tariffs=(DAY_AND_NIGHT,))
    at_once = await make_world(tariffs=(DAY_AND_NIGHT,))
    ends = []
    for world, files in ((coarse_first, 2), (at_once, 1)):
        wallet, run, gap = await silent_night(world)
        hours = [
            (gap + hour * HOUR, 1000 * KWH + 6 * KWH // 10 + hour * hour * 24 * KWH // 576)
            for hour in range(1, 24)
        ]
        if files == 2:
            await give(world, run, [hours[10]])
        await give(world, run, hours)
        assert run.window is not None
        ends.append((wallet.posted_minor, run.window.carry))
    assert ends[0] == ends[1]


async def test_only_the_running_month_is_touched(make_world: MakeWorld) -> None:
    """A bill that was given out stays as it is."""
    world = await make_world(tariffs=(DAY_AND_NIGHT,), at=datetime(2026, 7, 30, 12, tzinfo=UTC))
    wallet, run, gap = await silent_night(world)
    world.clock.now = datetime(2026, 8, 1, 0, 0, 1, tzinfo=UTC)
    assert (await give(world, run, all_by_night(gap)))["rerated_minor"] == 0
    assert world.text(wallet.available_minor) == "81.40"


async def test_readings_newer_than_the_cursor_are_charged_in_their_order(
    make_world: MakeWorld,
) -> None:
    """A meter that was read into a file all night: each hour at its own price."""
    world = await make_world(tariffs=(DAY_AND_NIGHT,))
    wallet = await world.wallet("100")
    run = await world.meter(wallet, tariff="banded")
    start = world.clock.now
    world.clock.now += 24 * HOUR
    hours = [(start + hour * HOUR, (1000 + hour) * KWH) for hour in range(1, 25)]
    random.Random(1).shuffle(hours)
    answer = await give(world, run, hours)
    assert (answer["charged"], answer["older"]) == (24, 0)
    await world.keeper.stop()
    assert world.text(wallet.posted_minor) == "82.00"
    assert (await give(world, run, hours))["charged"] == 0


async def test_stored_readings_over_the_air_do_what_a_file_does(make_world: MakeWorld) -> None:
    """A device that sends its log after an outage of the broker is believed like a file."""
    world = await make_world(tariffs=(DAY_AND_NIGHT,))
    wallet, run, gap = await silent_night(world)
    for at, register in all_by_night(gap):
        world.keeper.offer(run.meter.id, Sample(at=at, register=register, origin=Origin.BACKFILL))
    await world.work()
    await world.tick()
    assert world.text(wallet.available_minor) == "93.40"
    assert run.late == []


async def test_readings_that_fit_nowhere_change_nothing(make_world: MakeWorld) -> None:
    """A file of another meter must not move this tenant's money."""
    world = await make_world(tariffs=(DAY_AND_NIGHT,))
    wallet, run, gap = await silent_night(world)
    wrong = [(gap + hour * HOUR, hour * KWH) for hour in range(1, 20)]
    assert (await give(world, run, wrong))["rerated_minor"] == 0
    assert world.text(wallet.available_minor) == "81.40"


async def test_a_file_from_tomorrow_is_refused(make_world: MakeWorld) -> None:
    """A clock that is wrong by a year would push the bill a year ahead."""
    world = await make_world(tariffs=(DAY_AND_NIGHT,))
    _, run, _ = await silent_night(world)
    with pytest.raises(CoreError, match="reading_from_future"):
        await give(world, run, [(world.clock.now + HOUR, 1100 * KWH)])
    unbound = await world.meter()
    with pytest.raises(CoreError, match="meter_not_bound"):
        await give(world, unbound, [])


async def test_a_stretch_is_priced_again_by_the_tariff_it_was_charged_by(
    make_world: MakeWorld,
) -> None:
    """A tenant who changed to another tariff since must not get yesterday's use at today's price."""
    world = await make_world(tariffs=(DAY_AND_NIGHT, FLAT))
    wallet, run, gap = await silent_night(world)
    await unbind_meter(world.site, meter=run.meter.id, actor=MANAGER)
    await bind_meter(
        world.site,
        meter=run.meter.id,
        wallet=wallet.wallet.id,
        tariff="home",
        actor=MANAGER,
    )
    await world.read(run.meter.id, KWH, HOUR)
    assert (await give(world, run, all_by_night(gap)))["rerated_minor"] == -1200
    assert world.text(wallet.available_minor) == "92.60"


async def test_a_reading_taken_while_money_moves_is_charged_from_the_new_carry(
    make_world: MakeWorld,
) -> None:
    """The remainder below a cent goes on where the correction left it, also over a crash."""
    world = await make_world(tariffs=(DAY_AND_NIGHT,))
    wallet, run, gap = await silent_night(world)
    (evening, low), (morning, high) = all_by_night(gap)
    await give(world, run, [(evening, low + 1234), (morning, high - 4321)])
    await world.read(run.meter.id, 777, HOUR)
    await world.restart()
    await world.read(run.meter.id, 0)
    await world.keeper.stop()
    again = world.run(run.meter.id)
    assert again.window is not None
    by_day, by_night = 6 * KWH // 10 + 1234 + 4321 + 777, 24 * KWH - 1234 - 4321
    total = by_day * 1_000_000 + by_night * 250_000
    spent = 10_000 - world.wallet_now(wallet).posted_minor
    assert spent * 10**10 + again.window.carry + again.window.numerator == total


@pytest.mark.parametrize("kwh", [0, 6, 12])
async def test_what_a_person_has_charged_stays_that_much_whatever_comes_late(
    make_world: MakeWorld, kwh: int
) -> None:
    """The burst pipe was forgiven: neither a late reading nor a corrected price charges it again."""
    world = await make_world(tariffs=(DAY_AND_NIGHT,))
    wallet, run, gap = await silent_night(world)
    entry = (await world.books.entries(kinds=(EntryKind.USAGE,)))[-1]
    await adjust_usage(
        world.site, entry=int(entry.id), quantity=kwh * KWH, reason="pipe", actor=MANAGER
    )
    await give(world, run, all_by_night(gap))
    assert world.text(wallet.posted_minor) == f"{99.40 - kwh / 4:.2f}"
    cheap = DAY_AND_NIGHT | {"rates": {"day": "1.00", "night": "0.20"}}
    version = read_tariff(cheap, version=2, valid_from=gap - DAY)
    again = Rerating(world.site, version.tariff, Pricer([version], world.site.zone), gap - DAY)
    await again.preview()
    (total,) = again.wallets.values()
    assert total.difference_minor == -kwh * 5


counts = st.lists(st.integers(0, 3 * KWH), min_size=47, max_size=47)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(halves=counts, cut=st.sets(st.integers(0, 46), max_size=40), seed=st.randoms())
async def test_after_all_files_are_in_the_bill_is_what_was_used_when(
    make_world: MakeWorld, halves: list[int], cut: set[int], seed: random.Random
) -> None:
    """With tiers and bands, in any pieces and any order: the same as if every half hour was read."""
    world = await make_world(tariffs=(NIGHTLY,))
    wallet = await world.wallet("1000")
    run = await world.meter(wallet, tariff="banded")
    start = world.clock.now
    used = [0, *itertools.accumulate([*halves, KWH])]
    points = [
        (start + number * HOUR / 2, 1000 * KWH + register) for number, register in enumerate(used)
    ]
    await world.read(run.meter.id, used[-1], timedelta(days=1))
    assert not world.site.doubts
    seed.shuffle(points)
    await give(world, run, [point for number, point in enumerate(points) if number in cut])
    await give(world, run, points)
    pricer: Pricer = next(iter(world.site.tariffs.values()))
    usage, numerator = Usage(), 0
    for (from_at, low), (to_at, high) in itertools.pairwise(sorted(points)):
        lines, usage = pricer.charge(high - low, from_at, to_at, usage)
        numerator += sum(line.numerator for line in lines)
    assert run.window is not None
    spent = 100_000 - wallet.posted_minor
    # A difference below a minor unit is not worth an entry.
    assert abs(spent * 10**10 + run.window.carry - numerator) < 10**10
    assert world.clock.now - start == DAY


live_and_late = st.lists(
    st.sampled_from(["live", "late", "late", "never"]), min_size=95, max_size=95
)
quarters = st.lists(st.integers(0, KWH // 2), min_size=96, max_size=96)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(used=quarters, how=live_and_late, seed=st.randoms(), crash=st.booleans())
async def test_a_late_reading_leaves_alone_what_live_ones_have_said(
    make_world: MakeWorld, used: list[int], how: list[str], seed: random.Random, crash: bool
) -> None:
    """Live, late, or lost, in whatever order: the energy ends between the readings it was used between."""
    world = await make_world(tariffs=(DAY_AND_NIGHT,))
    wallet = await world.wallet("1000")
    run = await world.meter(wallet, tariff="banded")
    meter, start = run.meter.id, world.clock.now
    run.interval_s = 900
    points, late = [(start, 1000 * KWH)], list[tuple[datetime, int]]()
    for number, quantity in enumerate(used, 1):
        world.clock.now = start + number * 15 * MINUTE
        world.registers[meter] += quantity
        point = (world.clock.now, world.registers[meter])
        told = how[number - 1] if number < 96 else "live"
        if told == "never":
            continue
        points.append(point)
        if told == "late":
            late.append(point)
            continue
        await world.look(meter)
        if crash and not number % 40:
            await checkpoint(world.site)
            await world.restart()
            world.run(meter).interval_s = 900
    seed.shuffle(late)
    files = list(itertools.batched(late, 20, strict=False))
    for some in files:
        await give(world, world.run(meter), list(some))
    pricer: Pricer = next(iter(world.site.tariffs.values()))
    usage, numerator = Usage(), 0
    for (from_at, low), (to_at, high) in itertools.pairwise(points):
        lines, usage = pricer.charge(high - low, from_at, to_at, usage)
        numerator += sum(line.numerator for line in lines)
    window = world.run(meter).window
    assert window is not None
    spent = 100_000 - world.wallet_now(wallet).posted_minor
    off = abs(spent * 10**10 + window.carry + window.numerator - numerator)
    # What comes to less than a minor unit when a file is read is not priced again.
    assert off < max(1, len(files)) * 10**10
