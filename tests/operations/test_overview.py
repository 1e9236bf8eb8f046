"""What a manager sees of the whole site, and what a tenant pays for the next unit."""

from decimal import Decimal

from custom_components.prepaid_parking.operations.overview import (
    believed_register,
    cost_month,
    cost_today,
    overview,
    price_micro,
    revenue_today,
)
from custom_components.prepaid_parking.operations.tally import Tally
from tests.operations.world import HOUR, KWH, MINUTE, World

TIERED = {
    "tariff": "tiered",
    "quantity": "energy",
    "tiers": [{"up_to": "5", "price": "0.50"}, {"price": "0.90"}],
}


async def test_whose_money_lies_here_who_owes_and_who_is_low(world: World) -> None:
    """The owner's first question every morning, in one look and to the cent."""
    rich, poor = await world.wallet("100"), await world.wallet("1")
    meter = await world.meter(poor)
    await world.read(meter.meter.id, used=5 * KWH, after=HOUR)
    seen = overview(world.site)
    assert (seen.float_minor, seen.arrears_minor) == (10_000, 300)
    assert (seen.wallets_low, rich.watch.low_level) == (1, 0)


async def test_a_meter_counts_as_read_for_three_intervals_and_no_longer(world: World) -> None:
    """A rate of a hundred percent made of yesterday's readings hides a dead line."""
    meter = await world.meter(await world.wallet("100"))
    assert overview(world.site).reading_percent == Decimal("100.0")
    world.clock.now += 3 * meter.interval_s * MINUTE / 60 + MINUTE
    assert overview(world.site).reading_percent == Decimal("0.0")


async def test_a_site_without_meters_has_no_reading_rate(world: World) -> None:
    """Nothing of nothing is neither good nor bad."""
    assert overview(world.site).reading_percent is None


async def test_what_is_not_yet_posted_is_part_of_what_it_cost(world: World) -> None:
    """The tenant who looks in between two entries must not see less than was used."""
    tally, wallet = Tally(world.zone), await world.wallet("100")
    meter = await world.meter(wallet)
    await world.read(meter.meter.id, used=2 * KWH, after=HOUR)
    now = world.clock()
    assert cost_today(meter, tally, now) == cost_month(meter, tally, now) == 160
    assert revenue_today(world.site, tally, now) == 160


async def test_the_price_is_that_of_the_next_unit(world: World) -> None:
    """Who looks before switching the oven on wants to know what it will cost, not what it did."""
    await world.publish(TIERED)
    meter = await world.meter(await world.wallet("100"), tariff="tiered")
    assert price_micro(world.site, meter, world.clock()) == 500_000
    await world.read(meter.meter.id, used=6 * KWH, after=HOUR)
    assert price_micro(world.site, meter, world.clock()) == 900_000
    unbound = await world.meter()
    assert price_micro(world.site, unbound, world.clock()) is None


async def test_a_doubted_register_is_not_what_is_believed(world: World) -> None:
    """What the energy dashboard has once added it never takes back."""
    meter = await world.meter(await world.wallet("100"))
    await world.read(meter.meter.id, used=500 * KWH)
    assert meter.doubt is not None
    assert believed_register(meter) == 1000 * KWH
    unbound = await world.meter(register=7 * KWH)
    assert believed_register(unbound) == 7 * KWH
