"""A permit ends while its car is inside: the days after its end are paid for, and no others."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import pytest

from custom_components.prepaid_parking.core.chart import SiteAccount
from custom_components.prepaid_parking.core.identity import TariffId
from custom_components.prepaid_parking.core.parking_rules import StayTariff
from custom_components.prepaid_parking.core.permit import Permit
from custom_components.prepaid_parking.core.rights import Rights
from custom_components.prepaid_parking.core.stay import Stay, StayKind
from custom_components.prepaid_parking.operations.changing_permits import (
    resume_permit,
    suspend_permit,
)
from custom_components.prepaid_parking.operations.ending_permits import end_permit
from custom_components.prepaid_parking.operations.stay_cost import cost_of_past, cost_of_stay
from custom_components.prepaid_parking.operations.stay_finding import Which
from custom_components.prepaid_parking.operations.stay_refunding import refund_stay
from custom_components.prepaid_parking.operations.stay_views import bill_of
from tests.operations.garage import Garage
from tests.operations.money import is_sound, of_site
from tests.operations.park import PLATE, Park
from tests.operations.staying import arrive
from tests.operations.world import DAY, HOUR, MANAGER, NOON, World

HOURLY: Final = {"tariff": "city", "kind": "duration", "duration": {"price": "5.00"}}
LAST: Final = date(2026, 7, 31)


async def month(world: World, money: str = "1000", **package: object) -> tuple[Garage, Permit]:
    """Sell July to a card."""
    garage = Garage(world)
    await garage.package(**package)  # type: ignore[arg-type]
    return garage, await garage.sell(await garage.customer(money))


async def inside(world: World, permit: Permit) -> Stay:
    """Let its car be inside since the first of July at noon."""
    await world.publish(HOURLY, since=NOON - DAY)
    return await arrive(
        world,
        kind=StayKind.PACKAGE,
        wallet=world.site.wallets[permit.wallet],
        card=permit.card,
        permit=permit.id,
    )


def costs(world: World, stay: Stay, day: int, hour: int = 12) -> int:
    """What it costs up to an hour of a day, counted from the first of July on."""
    at = NOON.replace(hour=0) + (day - 1) * DAY + hour * HOUR
    return cost_of_stay(world.site, stay, at).amount_minor


async def test_the_days_after_its_last_day_are_paid_for(world: World) -> None:
    """A car that is left in the garage for the summer took a place that was not paid for."""
    _, permit = await month(world)
    stay = await inside(world, permit)
    assert permit.last == LAST
    assert [costs(world, stay, day) for day in (1, 31, 32, 33)] == [0, 0, 12 * 500, 36 * 500]
    at = NOON + 31 * DAY
    rules = [line["rule"] for line in cost_of_stay(world.site, stay, at).trace]
    assert rules == ["overtime", "units"]


async def test_a_permit_that_was_ended_covers_the_days_before(world: World) -> None:
    """What was given back by the day is paid for by the hour, and what was not is not."""
    garage, permit = await month(world)
    stay = await inside(world, permit)
    await garage.until(date(2026, 7, 10))
    _, ended = await end_permit(world.site, permit=permit.id, reason="moves", actor=MANAGER)
    assert ended.ended_on == date(2026, 7, 10)
    assert [costs(world, stay, day) for day in (9, 10, 11)] == [0, 12 * 500, 36 * 500]
    await world.restart()
    assert costs(world, stay, 11) == 36 * 500


async def test_a_renewal_goes_on_for_the_car_that_is_inside(world: World) -> None:
    """Who renewed in time owes nothing when the first month is over."""
    garage, permit = await month(world)
    stay = await inside(world, permit)
    await garage.renew(permit)
    assert costs(world, stay, 60) == 0
    await garage.until(date(2026, 8, 20))
    await world.restart()
    assert costs(world, stay, 60) == 0
    assert costs(world, stay, 63) == 12 * 500  # August has 31 days, too.


async def test_between_two_permits_only_the_days_between_are_paid_for(world: World) -> None:
    """The customer comes back from the holidays two days late, and buys the next month."""
    garage, permit = await month(world)
    stay = await inside(world, permit)
    await garage.until(date(2026, 8, 3))
    assert costs(world, stay, 34) == (48 + 12) * 500
    await garage.sell(garage.card(permit.card), first=date(2026, 8, 3))
    assert costs(world, stay, 34) == 48 * 500
    assert costs(world, stay, 50) == 48 * 500


@pytest.mark.parametrize("why", ["unpaid", "zone", "taken", "visits", "another_card"])
async def test_what_is_no_right_of_this_car_goes_on_for_nobody(world: World, why: str) -> None:
    """A month that nobody has paid, or that is for another car, must not make this one free."""
    garage, permit = await month(world, "310" if why == "unpaid" else "1000")
    stay = await inside(world, permit)
    rights = {"zone": Rights(zones=("South",)), "visits": Rights(visits=10)}.get(why, Rights())
    await garage.package("next", rights=rights)
    card = garage.card(permit.card)
    if why == "another_card":
        card = await garage.customer("1000", "沪B98765")
    after = await garage.sell(card, "next", first=LAST + DAY)
    if why == "taken":
        await arrive(world, "沪B98765", kind=StayKind.PACKAGE, card=card.id, permit=after.id)
    assert costs(world, stay, 32) == 12 * 500


async def test_the_last_visit_covers_the_stay_it_was_taken_for(world: World) -> None:
    """A ticket for one visit is used up as the car comes in, and pays for it all the same."""
    _, permit = await month(world, rights=Rights(visits=1))
    stay = await inside(world, permit)
    world.site.parking.permits[permit.id] = replace(permit, left=0)
    assert (costs(world, stay, 3), costs(world, stay, 32)) == (0, 12 * 500)


async def test_a_permit_that_rests_covers_nothing_meanwhile(world: World) -> None:
    """Who gets the days of a rest added at the end has not parked on them as well."""
    garage, permit = await month(world)
    stay = await inside(world, permit)
    await garage.until(date(2026, 7, 5))
    await suspend_permit(world.site, permit=permit.id, actor=MANAGER)
    assert [costs(world, stay, day) for day in (4, 5)] == [0, 12 * 500]
    await resume_permit(world.site, permit=permit.id, actor=MANAGER)
    assert costs(world, stay, 5) == 0


async def test_at_the_exit_the_wallet_pays_for_them_by_the_tariff_of_the_arrival(
    world: World,
) -> None:
    """Who is short of money is told the sum; whoever has it drives out, at the old price."""
    park = await Park.open(world)
    garage = Garage(world)
    await garage.package()
    card = await garage.customer("310", PLATE)
    await garage.sell(card)
    await park.come()
    (stay,) = await park.stays()
    assert stay.kind is StayKind.PACKAGE
    await world.publish({"tariff": "city", "kind": "duration", "duration": {"price": "99.00"}})
    assert world.site.parking.rules[-1].tariffs == (StayTariff(tariff=TariffId("city")),)
    world.clock.now += 31 * DAY - timedelta(hours=10, minutes=30)  # Half past one on 1 August.
    refused = await park.go(after=60)
    assert (refused.kind, refused.reason, refused.due_minor) == ("refused", "to_pay", 1000)
    await world.pay(garage.wallet(card), "12")
    left = await park.go(after=60)
    assert (left.kind, left.reason, left.fee_minor) == ("admitted", "package", 1000)
    assert garage.wallet(card).available_minor == 200
    assert await of_site(world, SiteAccount.REVENUE_PARKING) == 310_00 + 10_00
    await is_sound(world)


async def test_a_stay_keeps_its_price_when_its_permit_is_history(world: World) -> None:
    """Two months later its driver asks what the 10.60 were for; given back, the tax goes back too."""
    park = await Park.open(world)
    garage = Garage(world)
    await garage.package()
    card = await garage.customer("330", PLATE)
    permit = await garage.sell(card)
    await world.publish(HOURLY | {"levies": [{"name": "VAT", "kind": "tax", "percent": "6"}]})
    await park.come()
    (stay,) = await park.stays()
    world.clock.now += 31 * DAY - timedelta(hours=10, minutes=30)
    await park.go(after=60)
    assert (await cost_of_past(world.site, await left(world, stay))).amount_minor == 10_60
    await world.pay(garage.wallet(card), "400")
    world.clock.now += HOUR
    await garage.sell(card)
    await garage.until(date(2026, 9, 30))
    assert (await garage.permit(permit)).over
    assert permit.id not in world.site.parking.permits
    past = await left(world, stay)
    bill, _ = await bill_of(world.site, past)
    assert (bill["amount"], bill["paid"]) == ("10.60", "10.60")
    await refund_stay(world.site, which=Which(stay=stay.id), reason="gate stuck", actor=MANAGER)
    assert await of_site(world, SiteAccount.REVENUE_PARKING) == 2 * 310_00
    assert await of_site(world, SiteAccount.TAX) == 0
    await is_sound(world)


async def left(world: World, stay: Stay) -> Stay:
    """A stay that is over, as the books have it."""
    return (await world.books.load(Stay, id=stay.id))[0]
