"""Meters of one unit share the count of its tiers: who reads first, posts first or crashes changes no sum."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
import random
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.identity import UnitId
from custom_components.prepaid_parking.core.ledger import Entry
from custom_components.prepaid_parking.core.unit import Occupancy, Unit
from custom_components.prepaid_parking.core.wallet import TierCount
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.office import bind_meter, unbind_meter
from custom_components.prepaid_parking.operations.places import update_meter_place
from custom_components.prepaid_parking.operations.usage import checkpoint, close_windows
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.conftest import MakeWorld
from tests.operations.world import DAY, HOUR, KWH, MANAGER, MINUTE, World

TIERS: dict[str, Any] = {
    "tariff": "home",
    "quantity": "energy",
    "tiers": [{"up_to": "10", "price": "2.00"}, {"price": "3.00"}],
}

DAY_AND_NIGHT: dict[str, Any] = {
    "tariff": "home",
    "quantity": "energy",
    "rates": {
        "peak": [{"up_to": "14", "price": "2.00"}, {"price": "5.00"}],
        "valley": [{"up_to": "14", "price": "1.00"}, {"price": "1.50"}],
    },
    "bands": [{"rate": "peak", "from": "08:00", "to": "20:00"}],
    "otherwise": "valley",
}


def lines_of(entry: Entry) -> list[dict[str, Any]]:
    """The priced lines in an entry's trace."""
    lines: Any = entry.detail["lines"]
    return list(lines)


def tiered(used: int) -> Fraction:
    """What a month's use costs, in whole and part cents."""
    first = min(used, 10 * KWH)
    return Fraction(200 * first + 300 * (used - first), KWH)


async def flat_with_meters(
    world: World, meters: int = 2, *, persons: int = 0, money: str = "1000"
) -> tuple[WalletRun, list[MeterRun]]:
    """A flat in which several meters count, all paid from one wallet."""
    unit = Unit(id=UnitId("u1"), no=1, name="Flat 1", persons=persons)
    world.site.house.units[unit.id] = unit
    await world.books.record(unit)
    wallet, runs = await world.wallet(money), []
    for _ in range(meters):
        run = await world.meter()
        await update_meter_place(world.site, meter=run.meter.id, unit="u1", actor=MANAGER)
        await bind_meter(
            world.site,
            meter=run.meter.id,
            wallet=wallet.wallet.id,
            tariff=str(next(iter(world.site.tariffs))),
            actor=MANAGER,
        )
        runs.append(run)
    return wallet, runs


async def test_two_meters_of_a_flat_fill_one_tier(make_world: MakeWorld) -> None:
    """Light and kitchen on meters of their own: ten cheap kilowatt-hours, not twenty."""
    world = await make_world(tariffs=(TIERS,))
    wallet, (light, kitchen) = await flat_with_meters(world)
    await world.read(light.meter.id, 6 * KWH, HOUR)
    await world.read(kitchen.meter.id, 6 * KWH)
    assert world.text(wallet.available_minor) == "974.00"  # 10 at 2.00, 2 at 3.00
    await close_windows(world.site, (kitchen, light))
    assert world.text(wallet.posted_minor) == "974.00"
    first, second = await world.books.entries(kinds=(EntryKind.USAGE,))
    assert [[line["tier"] for line in lines_of(one)] for one in (first, second)] == [[0], [0, 1]]
    assert (first.detail["tiers"], second.detail["tiers"]) == (
        {"2026-07": 0},
        {"2026-07": 6 * KWH},
    )


async def test_the_balance_is_right_before_anything_is_posted(make_world: MakeWorld) -> None:
    """A tenant near the end of the cheap tier must not be cut by a sum that is found out later."""
    world = await make_world(tariffs=(TIERS,))
    wallet, runs = await flat_with_meters(world, 3)
    used = 0
    for step in range(24):
        await world.read(runs[step % 3].meter.id, KWH, MINUTE)
        used += KWH
        assert wallet.available_minor == 100_000 - tiered(used)


async def test_a_crash_with_one_of_two_posted_loses_and_doubles_nothing(
    make_world: MakeWorld,
) -> None:
    """The count on disk is that of what is on disk, whatever was on its way."""
    world = await make_world(tariffs=(TIERS,))
    wallet, (light, kitchen) = await flat_with_meters(world)
    await world.read(light.meter.id, 7 * KWH, HOUR)
    await world.read(kitchen.meter.id, 7 * KWH)
    await checkpoint(world.site)
    await close_windows(world.site, (kitchen,))
    await world.restart()
    assert world.wallet_now(wallet).available_minor == 100_000 - tiered(14 * KWH)
    await world.keeper.stop()
    assert world.wallet_now(wallet).posted_minor == 100_000 - tiered(14 * KWH)
    (count,) = await world.books.load(TierCount)
    assert (count.pool, count.quantity) == ("unit/u1", 14 * KWH)


async def test_what_waits_for_the_disk_keeps_the_others_of_its_flat_waiting(
    make_world: MakeWorld,
) -> None:
    """Priced on top of what was never written, the cheap tier would be skipped after a crash."""
    world = await make_world(tariffs=(TIERS,))
    wallet, (light, kitchen) = await flat_with_meters(world)
    await world.read(light.meter.id, 8 * KWH, HOUR)
    with world.full_disk():
        await close_windows(world.site, (light,))
        await world.read(kitchen.meter.id, 8 * KWH)
        await close_windows(world.site, (kitchen,))
        assert (light.closing is None, kitchen.closing is None) == (False, True)
        assert wallet.available_minor == 100_000 - tiered(16 * KWH)
    await close_windows(world.site, (kitchen,))
    assert wallet.posted_minor == 100_000 - tiered(16 * KWH)
    assert [one.detail["meter"] for one in await world.books.entries(kinds=(EntryKind.USAGE,))] == [
        light.meter.id,
        kitchen.meter.id,
    ]


async def test_who_is_posted_first_gets_the_lower_tiers_in_the_order_of_use(
    make_world: MakeWorld,
) -> None:
    """After two days without a line it is not as if all of them had been used by day, then by night."""
    world = await make_world(tariffs=(DAY_AND_NIGHT,))
    _, (light, kitchen) = await flat_with_meters(world)
    await world.read(kitchen.meter.id, 6 * KWH, HOUR)
    await world.read(light.meter.id, 24 * KWH, 2 * DAY - HOUR)
    await close_windows(world.site, (light,))
    (entry,) = await world.books.entries(kinds=(EntryKind.USAGE,))
    assert entry.detail["meter"] == light.meter.id
    # From noon on half a kilowatt-hour an hour: fourteen are used up at four the next day.
    assert {(one["rate"], one["tier"]): one["quantity"] // KWH for one in lines_of(entry)} == {
        ("peak", 0): 8,
        ("valley", 0): 6,
        ("peak", 1): 4,
        ("valley", 1): 6,
    }
    assert sum(one.amount_minor for one in entry.postings) == 5_100


async def test_a_late_meter_counts_in_the_month_it_used_in(make_world: MakeWorld) -> None:
    """One meter was silent over the end of the month: its July goes on July, its August on August."""
    world = await make_world(tariffs=(TIERS,), at=datetime(2026, 7, 31, 12, tzinfo=UTC))
    wallet, (light, kitchen) = await flat_with_meters(world)
    await world.read(light.meter.id, 8 * KWH, HOUR)  # 13:00
    await world.read(light.meter.id, 8 * KWH, 22 * HOUR)  # 4 in each month
    await world.read(kitchen.meter.id, 24 * KWH, HOUR)  # noon to noon: 12 in each month
    july, august = 8 + 4 + 12, 4 + 12
    assert wallet.available_minor == 100_000 - tiered(july * KWH) - tiered(august * KWH)
    await world.keeper.stop()
    assert wallet.posted_minor == 100_000 - tiered(july * KWH) - tiered(august * KWH)
    counts = {one.period: one.quantity for one in await world.books.load(TierCount)}
    assert counts == {"2026-07": july * KWH, "2026-08": august * KWH}


async def test_the_count_stays_with_the_flat_when_the_tenant_goes(make_world: MakeWorld) -> None:
    """The next tenant's first kilowatt-hour of the month is the flat's eleventh."""
    world = await make_world(tariffs=(TIERS,))
    _, (light,) = await flat_with_meters(world, 1)
    await world.read(light.meter.id, 10 * KWH, HOUR)
    await unbind_meter(world.site, meter=light.meter.id, actor=MANAGER)
    second = await world.wallet("100")
    await bind_meter(
        world.site, meter=light.meter.id, wallet=second.wallet.id, tariff="home", actor=MANAGER
    )
    await world.read(light.meter.id, KWH, HOUR)
    assert world.text(second.available_minor) == "97.00"


async def test_a_tariff_may_let_each_tenant_begin_with_none(make_world: MakeWorld) -> None:
    """Where the utility opens an account anew, nobody pays for what the one before used."""
    world = await make_world(tariffs=(TIERS | {"period": {"per": "month", "per_tenant": True}},))
    _, (light,) = await flat_with_meters(world, 1)
    await world.read(light.meter.id, 10 * KWH, HOUR)
    await unbind_meter(world.site, meter=light.meter.id, actor=MANAGER)
    second = await world.wallet("100")
    await bind_meter(
        world.site, meter=light.meter.id, wallet=second.wallet.id, tariff="home", actor=MANAGER
    )
    await world.read(light.meter.id, KWH, HOUR)
    assert world.text(second.available_minor) == "98.00"


async def test_persons_widen_the_tier_of_their_flat(make_world: MakeWorld) -> None:
    """Six people get two more shares of five cheap kilowatt-hours than four."""
    world = await make_world(tariffs=(TIERS | {"persons": {"base": 4, "each": "5"}},))
    wallet, (light,) = await flat_with_meters(world, 1, persons=6)
    await world.read(light.meter.id, 21 * KWH, 3 * HOUR)
    assert world.text(wallet.available_minor) == "957.00"  # 20 at 2.00, 1 at 3.00
    await close_windows(world.site, (light,))
    (entry,) = await world.books.entries(kinds=(EntryKind.USAGE,))
    assert entry.detail["persons"] == 6


async def test_the_first_period_is_as_long_as_the_flat_was_used_in_it(
    make_world: MakeWorld,
) -> None:
    """Who moves in on the 16th of July has 16 of 31 days' cheap kilowatt-hours."""
    prorated = TIERS | {
        "tiers": [{"up_to": "31", "price": "2.00"}, {"price": "3.00"}],
        "period": {"per": "month", "prorate_first": True},
    }
    moved_in = datetime(2026, 7, 16, 9, tzinfo=UTC)
    world = await make_world(tariffs=(prorated,), at=moved_in)
    occupancy = Occupancy(
        id="u1/1",
        unit=UnitId("u1"),
        wallet="w1",  # type: ignore[arg-type]  # the first wallet there will be
        from_at=moved_in,
    )
    world.site.house.occupancies[UnitId("u1")] = [occupancy]
    wallet, (light,) = await flat_with_meters(world, 1)
    await world.read(light.meter.id, 17 * KWH, 4 * HOUR)
    assert world.text(wallet.available_minor) == "965.00"  # 16 at 2.00, 1 at 3.00
    await world.read(light.meter.id, 0, 17 * DAY)
    await world.read(light.meter.id, 31 * KWH, 5 * HOUR)
    assert world.text(wallet.available_minor) == "903.00"


steps = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 4 * KWH), st.sampled_from(["", "close", "crash"])),
    min_size=3,
    max_size=20,
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps, seed=st.randoms())
async def test_the_flats_bill_is_that_of_its_sum(
    make_world: MakeWorld, steps: list[tuple[int, int, str]], seed: random.Random
) -> None:
    """However three meters are read, posted and interrupted, the flat pays for what it used together."""
    world = await make_world(tariffs=(TIERS,))
    wallet, runs = await flat_with_meters(world, 3)
    meters, used = [run.meter.id for run in runs], 0
    for number, quantity, then in steps:
        await world.read(meters[number], quantity, timedelta(minutes=31))
        used += quantity
        if then == "close":
            await close_windows(world.site, (world.run(meters[seed.randrange(3)]),))
        elif then == "crash":
            await checkpoint(world.site)
            await world.restart()
            for meter in meters:
                await world.look(meter)
    after = world.wallet_now(wallet)
    # Each meter carries less than a minor unit of its own.
    assert 0 <= after.available_minor - (100_000 - tiered(used)) < 3
    await close_windows(world.site, [world.run(meter) for meter in meters])
    rest = sum(
        Fraction(run.window.carry + run.window.numerator, run.window.denominator)
        for run in map(world.run, meters)
        if run.window is not None
    )
    assert after.posted_minor - rest == 100_000 - tiered(used)
