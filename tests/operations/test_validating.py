"""Merchants pay for their customers: never more than they agreed on, and what they promised."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from custom_components.prepaid_parking.core.chart import SiteAccount
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.stay import Stay, StayState, Worth
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.merchants import (
    known_merchant,
    merchant_view,
    merchant_views,
    set_merchant,
)
from custom_components.prepaid_parking.operations.stay_finding import Which
from custom_components.prepaid_parking.operations.stay_paying import pay_stay
from custom_components.prepaid_parking.operations.validating import (
    Gift,
    ValidatedStay,
    validate_stay,
)
from tests.operations.conftest import MakeWorld
from tests.operations.money import is_sound, of_site
from tests.operations.staying import CITY, arrive, back_out, due, leave, now
from tests.operations.world import HOUR, MANAGER, World

AN_HOUR = Gift(kind=Worth.MINUTES, minutes=60)
ALL = Gift(kind=Worth.FULL)


@pytest.fixture
async def park(make_world: MakeWorld) -> World:
    """A site with a price for stays."""
    return await make_world(tariffs=(CITY,))


async def shop(world: World, merchant: str = "bakery", **changes: Any) -> None:
    """Register a merchant."""
    told = {"name": "Bakery Li"} | changes
    await set_merchant(world.site, merchant=merchant, changes=told, actor=MANAGER)


async def give(world: World, stay: Stay, gift: Gift = AN_HOUR, **more: Any) -> ValidatedStay:
    """Let the bakery pay for a customer."""
    told: dict[str, Any] = {"merchant": "bakery", "actor": MANAGER} | more
    return await validate_stay(world.site, which=Which(stay=stay.id), gift=gift, **told)


def amount(minor: int) -> Gift:
    """So much money."""
    return Gift(kind=Worth.AMOUNT, amount_minor=minor)


def spent(world: World) -> int:
    """What the bakery has given this month."""
    return merchant_view(world.site, known_merchant(world.site, "bakery")).spent_minor


async def test_a_validated_hour_is_not_asked_of_the_driver(park: World) -> None:
    """The customer shows the receipt of the bakery and pays one hour of two."""
    await shop(park)
    stay = await arrive(park)
    park.clock.now += 2 * HOUR
    given = await give(park, stay, reference="v1")
    assert (given.promised_minor, given.due_minor) == (500, 500)
    again = await give(park, stay, reference="v1")
    assert (again.receipt.repeated, again.promised_minor) == (True, 500)
    assert len(now(park, stay).validations) == 1
    await pay_stay(park.site, which=Which(stay=stay.id), actor=MANAGER)
    left = await leave(park, stay)
    assert (left.amount_minor, left.validated_minor, left.paid_minor) == (1000, 500, 500)
    assert await of_site(park, SiteAccount.REVENUE_PARKING) == 500  # The other half was a gift.
    await is_sound(park)


async def test_a_merchant_with_a_wallet_pays_at_the_charge(park: World) -> None:
    """What the bakery bears is earned, and out of its parking wallet only."""
    wallet = await park.wallet("100", purpose=Purpose.PARKING)
    await shop(park, wallet=wallet.wallet.id)
    stay = await arrive(park)
    park.clock.now += 3 * HOUR
    assert (await give(park, stay, ALL)).due_minor == 0
    assert wallet.posted_minor == 10_000
    park.clock.now += HOUR
    left = await leave(park, stay)
    assert (left.validated_minor, left.paid_minor) == (2000, 0)
    assert wallet.posted_minor == 10_000 - 2000
    assert await of_site(park, SiteAccount.REVENUE_PARKING) == 2000
    assert spent(park) == 2000
    home = await park.wallet("100")
    with pytest.raises(CoreError, match="wallet_wrong_purpose"):
        await shop(park, wallet=home.wallet.id)
    await is_sound(park)


async def test_a_car_that_backs_out_costs_the_merchant_its_hour_once(park: World) -> None:
    """Somebody had forgotten the shopping: the bakery pays for what has become more, nothing twice."""
    wallet = await park.wallet("100", purpose=Purpose.PARKING)
    await shop(park, wallet=wallet.wallet.id)
    stay = await arrive(park)
    await give(park, stay, ALL)
    park.clock.now += 2 * HOUR
    await leave(park, stay, state=StayState.LEAVING)
    assert wallet.posted_minor == 10_000 - 1000
    await back_out(park, stay)
    park.clock.now += HOUR
    await leave(park, stay)
    assert (wallet.posted_minor, spent(park)) == (10_000 - 1500, 1500)
    await is_sound(park)


async def test_a_budget_that_is_used_up_promises_nothing_more(park: World) -> None:
    """A shop with 12.00 a month must not find 15.00 on its bill; next month it has 12.00 again."""
    await shop(park, budget_minor=1200)
    one, two = await arrive(park), await arrive(park, "沪B77777")
    park.clock.now += 3 * HOUR
    await give(park, one, amount(700))
    with pytest.raises(CoreError, match="merchant_budget") as refused:
        await give(park, two, amount(501))
    assert refused.value.placeholders["left"] == "5.00"
    assert spent(park) == 700
    await give(park, two, amount(500))
    with pytest.raises(CoreError, match="merchant_budget"):
        await give(park, two, amount(1))
    assert [view.left_minor for view in merchant_views(park.site)] == [0]
    park.clock.now += timedelta(days=31)
    assert [view.left_minor for view in merchant_views(park.site)] == [1200]


async def test_the_budget_counts_what_it_came_to(park: World) -> None:
    """A promise of 60 minutes to a car that leaves after ten is not spent."""
    await shop(park, budget_minor=600)
    stay = await arrive(park)
    await give(park, stay, amount(600))
    assert spent(park) == 600
    park.clock.now += HOUR
    left = await leave(park, stay)
    assert left.validated_minor == 500
    assert spent(park) == 500


async def test_two_customers_at_once_do_not_share_the_last_hour(park: World) -> None:
    """Two tills of one shop validate in the same second: the budget is for one of them."""
    await shop(park, budget_minor=500)
    cars = [await arrive(park), await arrive(park, "沪B77777")]
    park.clock.now += 2 * HOUR
    answers = await asyncio.gather(*(give(park, car) for car in cars), return_exceptions=True)
    assert [isinstance(one, CoreError) for one in answers].count(True) == 1
    assert spent(park) == 500


async def test_two_customers_who_leave_at_once_are_both_counted(park: World) -> None:
    """Two exits charge in the same second: neither must be forgotten in the shop's month."""
    await shop(park)
    cars = [await arrive(park), await arrive(park, "沪B77777")]
    for car in cars:
        await give(park, car, ALL)
    park.clock.now += 2 * HOUR
    await asyncio.gather(*(leave(park, car) for car in cars))
    assert spent(park) == 2000
    await park.restart()
    assert spent(park) == 2000


async def test_a_merchant_gives_one_car_no_more_minutes_than_agreed(park: World) -> None:
    """Ten receipts of one croissant each must not make a free day."""
    await shop(park, most_minutes=90)
    stay = await arrive(park)
    await give(park, stay)
    with pytest.raises(CoreError, match="merchant_minutes") as refused:
        await give(park, stay)
    assert refused.value.placeholders["left"] == "30"
    await give(park, stay, Gift(kind=Worth.MINUTES, minutes=30))


async def test_a_wallet_that_has_promised_its_money_promises_no_more(park: World) -> None:
    """Two cars inside, both validated by a wallet of 10.00: the second is told before, not after."""
    wallet = await park.wallet("10", purpose=Purpose.PARKING)
    await shop(park, wallet=wallet.wallet.id)
    one, two = await arrive(park), await arrive(park, "沪B77777")
    await give(park, one, amount(700))
    with pytest.raises(CoreError, match="merchant_wallet") as refused:
        await give(park, two, amount(700))
    assert refused.value.placeholders["left"] == "3.00"


async def test_nobody_validates_what_is_over_or_says_nothing(park: World) -> None:
    """A coupon for a car that has left is a refund, and somebody else's decision."""
    with pytest.raises(CoreError, match="unknown_merchant"):
        await give(park, await arrive(park))
    await shop(park)
    stay = await arrive(park, "沪B77777")
    await leave(park, stay)
    with pytest.raises(CoreError, match="stay_over"):
        await give(park, stay)
    with pytest.raises(CoreError, match="validation_empty"):
        Gift(kind=Worth.MINUTES)
    await shop(park, closed=True)
    with pytest.raises(CoreError, match="merchant_closed"):
        await give(park, await arrive(park, "粤C1"))
    await shop(park, closed=False)
    await give(park, await arrive(park, "粤C2"))


async def test_a_validation_that_pays_all_opens_like_a_payment(park: World) -> None:
    """The driver stands at the exit; the waiter runs and validates: nobody has to back up."""
    opened: list[str] = []

    async def opens(stay: Stay) -> None:
        opened.append(stay.id)

    park.site.parking.paid = opens
    await shop(park)
    stay = await arrive(park)
    park.clock.now += 2 * HOUR
    await give(park, stay)
    assert (opened, due(park, stay)) == ([], 500)
    await give(park, stay, ALL)
    assert opened == [stay.id]
