"""How long money lasts, on a site that lives: learned from its hours, one source for everybody."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from custom_components.prepaid_parking.core.hours import MeterDay, pack
from custom_components.prepaid_parking.operations.facts import WalletEvent
from custom_components.prepaid_parking.operations.forecast import (
    cut_expected_at,
    days_left,
    empty_at,
)
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.office import bind_meter, unbind_meter
from tests.operations.world import DAY, HOUR, KWH, MANAGER, MINUTE, SECOND, World


async def lived(world: World, *runs: MeterRun, days: int = 14, used: int = KWH) -> None:
    """Let days pass in which every hour was the same, and have them learned."""
    today = world.clock.now.date()
    for number in range(1, days):
        for run in runs:
            row = MeterDay(meter=run.meter.id, day=today + number * DAY, hours=pack([used] * 24))
            await world.books.record(row)
    world.clock.now += days * DAY
    await world.tick()
    while world.site.outlook.learned_to != world.clock.now.date() or world.site.outlook.waiting:
        await world.tick()


def soon(at: datetime | None, expected: datetime) -> bool:
    """Whether it is the expected time, but for the seconds that learning took."""
    return at is not None and abs(at - expected) < MINUTE


async def test_days_left_are_known_after_a_whole_day(world: World) -> None:
    """A number after an hour would be a guess, none after a week would be no help."""
    wallet = await world.wallet("96")
    run = await world.meter(wallet)
    await world.tick()
    assert days_left(world.site, wallet, world.clock.now) is None
    await lived(world, run, days=2)
    assert days_left(world.site, wallet, world.clock.now) == Decimal("5.0")
    assert soon(empty_at(world.site, wallet), world.clock.now + 5 * DAY)
    world.clock.now += 12 * HOUR
    assert days_left(world.site, wallet, world.clock.now) == Decimal("4.5")


async def test_a_payment_is_seen_at_once(world: World) -> None:
    """Whoever has just paid looks at the number to see that it arrived."""
    wallet = await world.wallet("96")
    run = await world.meter(wallet)
    await lived(world, run)
    await world.pay(wallet, "96")
    await world.work()
    assert days_left(world.site, wallet, world.clock.now) == Decimal("10.0")


async def test_a_credit_and_a_grace_are_part_of_the_way_to_a_cut(world: World) -> None:
    """The money may be gone at night; the supply goes when the rules say, and so it is announced."""
    await world.policy(credit_limit_minor=1_920, grace_hours=24, no_cut_hours=())
    wallet = await world.wallet("19.20")
    run = await world.meter(wallet, relay=True)
    await lived(world, run)
    ends = empty_at(world.site, wallet)
    assert ends is not None
    assert soon(ends, world.clock.now + 2 * DAY)
    assert cut_expected_at(world.site, wallet) == ends + DAY


async def test_a_published_price_counts_from_its_day(world: World) -> None:
    """Days that will cost twice as much are half as many."""
    wallet = await world.wallet("96")
    run = await world.meter(wallet)
    await lived(world, run)
    later = datetime(2026, 7, 16, tzinfo=UTC)
    assert world.clock.now < later
    await world.publish({"tariff": "home", "quantity": "energy", "price": "1.60"}, since=later)
    world.clock.now += HOUR
    await world.tick()
    left = later - world.clock.now
    cheap = left / HOUR * 0.8
    assert soon(empty_at(world.site, wallet), later + timedelta(hours=(96 - cheap) / 1.6))


async def test_a_new_tenant_is_not_what_the_last_one_was(world: World) -> None:
    """The one before baked pizza; who moves in today has used nothing yet."""
    wallet = await world.wallet("96")
    run = await world.meter(wallet)
    await lived(world, run, days=30)
    assert days_left(world.site, wallet, world.clock.now) is not None
    other = await world.wallet("96")
    await world.look(run.meter.id)
    await unbind_meter(world.site, meter=run.meter.id, actor=MANAGER)
    await bind_meter(
        world.site, meter=run.meter.id, wallet=other.wallet.id, tariff="home", actor=MANAGER
    )
    world.clock.now += HOUR
    await world.tick()
    assert days_left(world.site, other, world.clock.now) is None
    await lived(world, run, days=2, used=2 * KWH)
    assert days_left(world.site, other, world.clock.now) == Decimal("2.5")


async def test_one_meter_that_nobody_knows_leaves_it_open(world: World) -> None:
    """The sum of those that are known would promise days that are not there."""
    wallet = await world.wallet("96")
    run = await world.meter(wallet)
    await lived(world, run)
    await world.meter(wallet)
    await world.pay(wallet, "1")
    await world.work()
    assert days_left(world.site, wallet, world.clock.now) is None


async def test_the_warning_in_days_comes_from_it(world: World) -> None:
    """What the sensor shows and what the tenant is warned of must be one number."""
    await world.policy(alert_days=3, alert_minor=0, alert2_minor=0)
    wallet = await world.wallet("57.60")
    run = await world.meter(wallet)
    await lived(world, run)
    assert days_left(world.site, wallet, world.clock.now) == Decimal("3.0")
    world.clock.now += HOUR
    await world.tick()
    await world.read(run.meter.id, KWH, SECOND)
    assert WalletEvent.LOW_DAYS in world.events(wallet)


async def test_a_wallet_without_meters_goes_by_its_last_week(world: World) -> None:
    """A car park's card has no hours, but it has a week."""
    wallet = await world.wallet("100")
    assert days_left(world.site, wallet, world.clock.now) is None
    world.site.outlook.daily_minor = lambda _wallet, _now: 400
    assert days_left(world.site, wallet, world.clock.now) == Decimal("25.0")
