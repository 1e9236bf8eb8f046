"""Which package a customer is told to buy: the one that would have been the cheapest, to the cent."""

from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import LaneId, StayId, TariffId
from custom_components.prepaid_parking.core.rights import Rights, TimeWindow
from custom_components.prepaid_parking.core.stay import Stay, StayKind, StayState
from custom_components.prepaid_parking.core.wallet import Card
from custom_components.prepaid_parking.operations.changing_cards import replace_card
from custom_components.prepaid_parking.operations.recommending import recommend
from tests.operations.garage import Garage
from tests.operations.world import MANAGER, World

HOURLY: Final[dict[str, Any]] = {
    "tariff": "hour",
    "kind": "duration",
    "duration": {"price": "5.00", "per": 60, "step": 60},
}
NIGHT: Final = (TimeWindow(start=time(18), end=time(8)),)
WEEKS: Final = 4
"""Monday 1 June 2026 to Sunday 28 June; looked at from 1 July, one month back."""


async def a_month_of(
    world: World, card: Card, hours: tuple[int, int], days: tuple[int, ...]
) -> int:
    """Let a car come on some weekdays of four weeks, from one hour to another; return how often."""
    count = 0
    for week in range(WEEKS):
        for day in days:
            count += 1
            begin = datetime(2026, 6, 1 + 7 * week + day, hours[0], tzinfo=UTC)
            stay = Stay(
                id=StayId(f"st{count}"),
                no=count,
                kind=StayKind.CARD,
                state=StayState.LEFT,
                entered_at=begin,
                left_at=begin + timedelta(hours=hours[1]),
                entry_lane=LaneId("l1"),
                card=card.id,
                tariff=TariffId("hour"),
                version=1,
            )
            await world.books.record(stay)
    return count


async def office(world: World) -> tuple[Garage, Card]:
    """A site with a tariff by the hour and three packages, and a customer."""
    garage = Garage(world)
    await world.publish(HOURLY, since=datetime(2026, 1, 1, tzinfo=UTC))
    await garage.package("month", price_minor=300_00)
    await garage.package("night", price_minor=120_00, rights=Rights(windows=NIGHT))
    await garage.package("ten", price_minor=180_00, rights=Rights(visits=10))
    return garage, await garage.customer()


async def test_who_works_by_day_is_told_the_month(world: World) -> None:
    """Twenty days of eight hours at 5.00 are 800.00; the month is 300.00 and saves 500.00."""
    _, card = await office(world)
    assert await a_month_of(world, card, (9, 8), (0, 1, 2, 3, 4)) == 20
    told = await recommend(world.site, card, months=1)
    assert [(one.package, one.cost_minor) for one in told.options] == [
        ("month", 300_00),
        ("ten", 180_00 + 10 * 40_00),
        (None, 800_00),
        ("night", 120_00 + 800_00),
    ]
    best, ten = told.options[0], told.options[1]
    assert (told.saving_minor(best), best.covered, best.uncovered) == (500_00, 20, 0)
    assert (ten.covered, ten.uncovered) == (10, 10)
    assert told == await recommend(world.site, card, months=1)


async def test_who_sleeps_here_is_told_the_night(world: World) -> None:
    """Twelve hours from eight in the evening on five nights a week: the night permit covers all of it."""
    _, card = await office(world)
    await a_month_of(world, card, (20, 13), (0, 1, 2, 3, 4))
    told = await recommend(world.site, card, months=1)
    assert [(one.package, one.cost_minor) for one in told.options] == [
        ("night", 120_00 + 20 * 5_00),  # an hour after eight in the morning each time
        ("month", 300_00),
        ("ten", 180_00 + 10 * 65_00),
        (None, 20 * 65_00),
    ]
    assert told.options[0].overtime == 20


async def test_who_hardly_comes_is_told_to_buy_nothing(world: World) -> None:
    """The office does not sell a month to somebody who parks four hours in it."""
    _, card = await office(world)
    await a_month_of(world, card, (9, 1), (0,))
    told = await recommend(world.site, card, months=1)
    best = told.options[0]
    assert (best.package, best.cost_minor, told.saving_minor(best)) == (None, 20_00, 0)


async def test_the_stays_of_a_lost_card_count_for_the_one_that_came_in_its_place(
    world: World,
) -> None:
    """Who loses a tag is the same customer, and must not be told to buy nothing."""
    garage, card = await office(world)
    await a_month_of(world, card, (9, 8), (0, 1, 2, 3, 4))
    before = await recommend(world.site, card, months=1)
    for lost in ("c1", "c2"):
        await replace_card(world.site, card=lost, reason="lost", actor=MANAGER)
    await world.restart()
    after = await recommend(world.site, garage.card("c3"), months=1)
    assert (after.stays, after.options) == (20, before.options)
    with pytest.raises(CoreError, match="card_replaced"):
        await recommend(world.site, garage.card(card.id), months=1)


async def test_what_is_not_for_the_card_is_named_and_not_ranked(world: World) -> None:
    """A package for a space is no advice for a customer without one."""
    garage, card = await office(world)
    await garage.package("spaced", price_minor=1, needs_space=True)
    told = await recommend(world.site, card)
    assert "spaced" not in {one.package for one in told.options}
    ((package, why),) = told.not_for
    assert (package, isinstance(why, CoreError)) == ("spaced", True)
