"""Permits: what is paid for is had to the day, and what is not had is not paid for."""

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Final

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.bill import BillState
from custom_components.prepaid_parking.core.chart import Bucket, SiteAccount
from custom_components.prepaid_parking.core.errors import ConflictError, CoreError
from custom_components.prepaid_parking.core.identity import CardId
from custom_components.prepaid_parking.core.rights import Rights, TimeWindow
from custom_components.prepaid_parking.operations.bill_paying import pay_bill
from custom_components.prepaid_parking.operations.bills import void_bill
from custom_components.prepaid_parking.operations.changing_permits import (
    resume_permit,
    suspend_permit,
)
from custom_components.prepaid_parking.operations.ending_permits import end_permit
from custom_components.prepaid_parking.operations.permits import (
    best_permit,
    keep_permit,
    permits_of,
)
from custom_components.prepaid_parking.operations.selling_permits import renew_permit
from tests.operations.conftest import MakeWorld
from tests.operations.garage import Garage
from tests.operations.money import in_bucket, is_sound, of_site, promise
from tests.operations.world import DAY, MANAGER, World

TODAY: Final = date(2026, 7, 1)


async def test_a_month_is_sold_with_its_bill_and_holds_once_that_is_paid(world: World) -> None:
    """Who pays at the desk drives in at once; who has not paid is known as such at the lane."""
    garage = Garage(world)
    await garage.package()
    card = await garage.customer("100")
    permit = await garage.sell(card)
    assert (permit.first, permit.last) == (TODAY, date(2026, 7, 31))
    bill = await garage.bill(permit)
    assert (bill.source, bill.total_minor, bill.due_on) == (f"permit/{permit.id}", 310_00, TODAY)
    assert (bill.from_day, bill.to_day) == (TODAY, date(2026, 8, 1))
    assert garage.unpaid(permit)
    await world.pay(garage.wallet(card), "210")
    await world.work()
    assert not garage.unpaid(permit)
    assert await of_site(world, SiteAccount.REVENUE_PARKING) == 310_00
    assert best_permit(world.site, card.id, "", world.clock.now) == permit
    assert best_permit(world.site, card.id, "", world.clock.now + 31 * DAY) is None
    await world.restart()
    assert permits_of(world.site, card.id) == [permit]
    assert not garage.unpaid(permit)
    await is_sound(world)


async def test_the_permit_that_serves_the_car_best_is_taken(world: World) -> None:
    """A paid one goes before one that is not, and visits are only used up where nothing else holds."""
    garage = Garage(world)
    await garage.package(price_minor=100_00)
    await garage.package("ten", price_minor=50_00, rights=Rights(visits=10))
    await garage.package("north", price_minor=1_00, rights=Rights(zones=("North",)))
    card = await garage.customer("150")
    ten, north = await garage.sell(card, "ten"), await garage.sell(card, "north")
    now = world.clock.now

    def best(zone: str = "") -> str:
        found = best_permit(world.site, card.id, zone, now)
        return found.id if found is not None else ""

    assert best() == ten.id
    assert best("North") == north.id
    month = await garage.sell(card)
    assert garage.unpaid(month)
    assert best() == ten.id
    await world.pay(garage.wallet(card), "1")
    await world.work()
    assert best() == month.id


async def test_a_permit_within_its_hours_goes_before_one_outside_of_them(world: World) -> None:
    """A driver with a night package and a day package pays no overtime at noon."""
    garage = Garage(world)
    night = TimeWindow(start=time(20), end=time(6))
    await garage.package("night", price_minor=50_00, rights=Rights(windows=(night,)))
    await garage.package("day", price_minor=100_00)
    card = await garage.customer("500")
    await garage.sell(card, "night")
    by_day = await garage.sell(card, "day")
    assert best_permit(world.site, card.id, "", world.clock.now) == by_day


async def test_a_permit_that_goes_over_to_another_card_is_no_longer_the_firsts(
    world: World,
) -> None:
    """Two cars on the permit of one: the card that was given up still opened the barrier."""
    garage = Garage(world)
    await garage.package()
    card = await garage.customer("1000")
    permit = await garage.sell(card)
    keep_permit(world.site, replace(permit, card=CardId("c99")))
    assert permits_of(world.site, card.id) == []
    assert [one.id for one in permits_of(world.site, CardId("c99"))] == [permit.id]


async def test_a_sale_that_is_repeated_is_one_sale(world: World) -> None:
    """A clerk whose screen froze presses the button again; the price has gone up meanwhile."""
    garage = Garage(world)
    await garage.package()
    card = await garage.customer("1000")
    first = await garage.sell(card, reference="a")
    await garage.package(price_minor=400_00)
    assert await garage.sell(card, reference="a") == first
    with pytest.raises(ConflictError):
        await garage.sell(card, reference="a", periods=2)
    renewed = [await garage.renew(first, reference="b") for _ in range(2)]
    assert renewed[0] == renewed[1]
    assert await in_bucket(world, garage.wallet(card)) == 1000_00 - 310_00 - 400_00
    with pytest.raises(CoreError, match="permit_renewed"):
        await garage.renew(first)


@pytest.mark.parametrize(
    ("day", "begins"),
    [
        (date(2026, 7, 10), date(2026, 8, 1)),
        (date(2026, 7, 31), date(2026, 8, 1)),
        (date(2026, 8, 7), date(2026, 8, 1)),
        (date(2026, 8, 8), date(2026, 8, 8)),
        (date(2026, 9, 30), date(2026, 9, 30)),
    ],
)
async def test_a_renewal_follows_without_a_gap_or_begins_today(
    world: World, day: date, begins: date
) -> None:
    """Who is a few days late loses no right to the old date; who comes back after months pays from then."""
    garage = Garage(world)
    await garage.package()
    card = await garage.customer("1000")
    await garage.sell(card)
    await garage.until(day)
    _, after = await renew_permit(world.site, card=card.id, actor=MANAGER)
    assert after.first == begins
    assert len(permits_of(world.site, card.id)) == 2


async def test_used_up_visits_are_renewed_from_today(world: World) -> None:
    """Nobody waits for the end of a month whose ten visits are gone."""
    garage = Garage(world)
    await garage.package("ten", months=3, rights=Rights(visits=10))
    card = await garage.customer("1000")
    permit = await garage.sell(card, "ten", periods=2)
    assert (permit.left, permit.rights.visits, permit.last) == (20, 20, date(2026, 12, 31))
    assert (await garage.bill(permit)).total_minor == 620_00


async def test_days_of_rest_are_added_to_the_end(world: World) -> None:
    """Who is away for ten days has them later, and pays nothing for them."""
    garage = Garage(world)
    await garage.package()
    card = await garage.customer("1000")
    permit = await garage.sell(card)
    await garage.until(date(2026, 7, 11))
    await suspend_permit(world.site, permit=permit.id, actor=MANAGER)
    assert best_permit(world.site, card.id, "", world.clock.now) is None
    with pytest.raises(CoreError, match="permit_suspended"):
        await suspend_permit(world.site, permit=permit.id, actor=MANAGER)
    with pytest.raises(CoreError, match="permit_suspended"):
        await garage.renew(permit)
    await world.restart()
    await garage.until(date(2026, 7, 21))
    _, after = await resume_permit(world.site, permit=permit.id, actor=MANAGER)
    assert (after.last, after.rested, after.days) == (date(2026, 8, 10), 10, 31)
    assert best_permit(world.site, card.id, "", world.clock.now) == after
    _, ended = await end_permit(world.site, permit=permit.id, reason="moves", actor=MANAGER)
    assert ended.refunded_minor == 210_00  # ten of 31 days were had


async def test_what_is_not_used_goes_back_as_it_was_paid(world: World) -> None:
    """Bonus was given, not paid: it is bonus again and nobody takes it out in cash."""
    garage = Garage(world)
    await promise(world, top_up=200_00, bonus=200_00)
    await garage.package()
    card = await garage.customer("200")
    run = garage.wallet(card)
    permit = await garage.sell(card)
    assert (run.posted_minor, run.bonus_minor) == (90_00, 0)
    await garage.until(date(2026, 7, 4))
    _, ended = await end_permit(
        world.site, permit=permit.id, reason="moves", actor=MANAGER, reference="x"
    )
    assert ended.refunded_minor == 280_00
    assert (run.posted_minor, run.bonus_minor) == (200_00, 170_00)
    assert await of_site(world, SiteAccount.REVENUE_PARKING) == 30_00
    again, same = await end_permit(
        world.site, permit=permit.id, reason="moves", actor=MANAGER, reference="x"
    )
    assert again.repeated
    assert same == ended
    with pytest.raises(CoreError, match="permit_ended"):
        await end_permit(world.site, permit=permit.id, reason="moves", actor=MANAGER)
    assert best_permit(world.site, card.id, "", world.clock.now) is None
    used = await garage.bill(ended)
    assert (used.state, used.total_minor, used.source) == (
        BillState.PAID,
        30_00,
        f"permit/{permit.id}/used",
    )
    await is_sound(world)
    await world.restart()
    await is_sound(world)


async def test_an_unpaid_permit_that_ends_asks_only_for_what_was_used(world: World) -> None:
    """Nothing that was never paid is given back, and what was not used is not asked for any more."""
    garage = Garage(world)
    await garage.package()
    card = await garage.customer("20")
    permit = await garage.sell(card)
    assert (await garage.bill(permit)).paid_minor == 20_00
    await garage.until(date(2026, 7, 4))
    _, ended = await end_permit(world.site, permit=permit.id, reason="gone", actor=MANAGER)
    assert ended.refunded_minor == 0
    used = await garage.bill(ended)
    assert (used.total_minor, used.paid_minor, used.open_minor) == (30_00, 20_00, 10_00)
    assert (await garage.bill(permit)).state is BillState.VOID
    await is_sound(world)


async def test_a_permit_that_never_began_comes_back_whole(world: World) -> None:
    """Sold for next month by mistake: the customer has everything again."""
    garage = Garage(world)
    await garage.package()
    card = await garage.customer("310")
    permit = await garage.sell(card, first=date(2026, 8, 1))
    _, ended = await end_permit(world.site, permit=permit.id, reason="mistake", actor=MANAGER)
    assert (ended.refunded_minor, garage.wallet(card).available_minor) == (310_00, 310_00)
    assert not garage.wallet(card).bills
    await is_sound(world)


async def test_a_permits_bill_is_not_taken_back_behind_its_back(world: World) -> None:
    """A permit without a bill would hold for nothing."""
    garage = Garage(world)
    await garage.package()
    card = await garage.customer("310")
    permit = await garage.sell(card)
    assert permit.bill is not None
    with pytest.raises(CoreError, match="bill_of_permit"):
        await void_bill(world.site, bill=permit.bill, reason="no", actor=MANAGER)


async def test_a_free_package_needs_no_bill(world: World) -> None:
    """Staff park for nothing, and the lane knows them all the same."""
    garage = Garage(world)
    await garage.package("staff", price_minor=0)
    card = await garage.customer()
    permit = await garage.sell(card, "staff", reference="s")
    assert permit.bill is None
    assert not garage.unpaid(permit)
    assert await garage.sell(card, "staff", reference="s") == permit
    _, ended = await end_permit(world.site, permit=permit.id, reason="left", actor=MANAGER)
    assert ended.refunded_minor == 0


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"package": "none"}, "unknown_parking_package"),
        ({"package": "old"}, "parking_package_not_sold"),
        ({"package": "spaced"}, "parking_package_needs_space"),
        ({"space": "sp9"}, "unknown_space"),
        ({"first": date(2026, 6, 30)}, "permit_in_past"),
        ({"periods": 0}, "periods_out_of_range"),
    ],
)
async def test_what_cannot_be_sold_is_refused(
    world: World, fields: dict[str, object], why: str
) -> None:
    """The clerk hears why, before anybody is billed."""
    garage = Garage(world)
    await garage.package()
    await garage.package("old", ended=True)
    await garage.package("spaced", needs_space=True)
    card = await garage.customer("1000")
    with pytest.raises(CoreError, match=why):
        await garage.sell(card, **fields)  # type: ignore[arg-type]
    assert not permits_of(world.site, card.id)
    assert not garage.wallet(card).bills


STEPS: Final = st.lists(
    st.tuples(
        st.sampled_from(["renew", "suspend", "resume", "end", "pay", "restart", "sell", "nothing"]),
        st.integers(0, 40),
    ),
    max_size=12,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS, price=st.integers(1, 400_00), money=st.integers(0, 900))
async def test_in_any_order_money_balances_and_days_are_sold_once(
    make_world: MakeWorld, steps: list[tuple[str, int]], price: int, money: int
) -> None:
    """Whatever the desk does with permits, nobody gets back more than was paid or pays a day twice."""
    world = await make_world()
    garage = Garage(world)
    await garage.package(price_minor=price)
    card = await garage.customer(str(money) if money else "")
    permits = [await garage.sell(card)]
    for step, days in steps:
        world.clock.now += timedelta(days=days)
        newest = await garage.permit(permits[-1])
        try:
            match step:
                case "renew":
                    after = await garage.renew(newest)
                    assert after.first == newest.last + DAY or after.first == garage.today()
                    assert after.first > newest.last
                    permits.append(after)
                case "sell":
                    permits.append(await garage.sell(card))
                case "suspend":
                    await suspend_permit(world.site, permit=newest.id, actor=MANAGER)
                case "resume":
                    _, gone_on = await resume_permit(world.site, permit=newest.id, actor=MANAGER)
                    assert gone_on.days == newest.days
                case "end":
                    bill = await garage.bill(newest)
                    _, ended = await end_permit(
                        world.site, permit=newest.id, reason="test", actor=MANAGER
                    )
                    assert 0 <= ended.refunded_minor <= bill.paid_minor
                    had = newest.days_before(garage.today())
                    if not had:
                        assert ended.refunded_minor == bill.paid_minor
                case "pay":
                    bill = await garage.bill(newest)
                    await pay_bill(
                        world.site, bill=bill.id, actor=MANAGER, amount_minor=1 + days * 100
                    )
                case "restart":
                    await world.restart()
        except CoreError:
            pass  # What the desk refuses changes nothing; that is checked below.
        await world.work()
        await is_sound(world)
    before = {one.id: one for one in permits_of(world.site, card.id)}
    billed = await in_bucket(world, garage.wallet(card), Bucket.BILLED)
    await world.restart()
    assert {one.id: one for one in permits_of(world.site, card.id)} == before
    assert billed == -sum(bill.open_minor for bill in garage.wallet(card).bills.values())
    await world.close()
