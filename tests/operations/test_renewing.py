"""What a day brings to permits: nobody is surprised by the end, and nothing is sold for want of money."""

from datetime import date
from typing import Final

import pytest

from custom_components.prepaid_parking.core.bill import BillingRules
from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import CardId
from custom_components.prepaid_parking.core.rights import Rights
from custom_components.prepaid_parking.operations.bills import create_bill, set_billing
from custom_components.prepaid_parking.operations.changing_cards import replace_card
from custom_components.prepaid_parking.operations.changing_permits import (
    set_renewal,
    suspend_permit,
)
from custom_components.prepaid_parking.operations.facts import WalletEvent, WalletFact
from custom_components.prepaid_parking.operations.permits import permits_of
from tests.operations.garage import Garage
from tests.operations.money import is_sound
from tests.operations.test_bills import line
from tests.operations.world import MANAGER, World

ENDING: Final = WalletEvent.PERMIT_ENDING
NOT_FUNDED: Final = WalletEvent.PERMIT_NOT_FUNDED


def told(world: World) -> list[tuple[WalletEvent, date, int]]:
    """What was said of permits so far: what, on which day, how many days before the end."""
    return [
        (fact.event, fact.at.date(), fact.level)
        for fact in world.heard(WalletFact)
        if fact.event in (ENDING, NOT_FUNDED)
    ]


async def test_an_end_is_told_seven_three_and_one_days_before(world: World) -> None:
    """The customer hears in time, three times, and not again after each restart of the hub."""
    garage = Garage(world)
    await garage.package()
    card = await garage.customer("1000")
    await garage.sell(card)
    for _ in range(34):
        await garage.days(1)
        await world.restart()
    assert told(world) == [
        (ENDING, date(2026, 7, 24), 7),
        (ENDING, date(2026, 7, 28), 3),
        (ENDING, date(2026, 7, 30), 1),
    ]
    fact = world.heard(WalletFact)[-1]
    assert (fact.amount_minor, fact.reference) == (310_00, "pm1")


async def test_reminders_that_were_missed_are_one(world: World) -> None:
    """A hub that was off for a week does not say three times what is to be said once."""
    garage = Garage(world)
    await garage.package()
    card = await garage.customer("1000")
    await garage.sell(card)
    await world.tick(after=date(2026, 7, 29) - garage.today())
    assert told(world) == [(ENDING, date(2026, 7, 29), 2)]


async def test_what_renews_by_itself_is_sold_once_on_the_last_day(world: World) -> None:
    """The regular customer never notices the end of a month, however often the hub restarts."""
    garage = Garage(world)
    await garage.package()
    card = await garage.customer("1000")
    await garage.sell(card, renews=True)
    for _ in range(65):
        await garage.days(1)
        await world.restart()
    assert told(world) == []
    firsts = [one.first for one in permits_of(world.site, card.id)]
    assert firsts == [date(2026, 8, 1), date(2026, 9, 1)]
    assert garage.wallet(card).available_minor == 1000_00 - 3 * 310_00
    assert not garage.wallet(card).bills
    await is_sound(world)


async def test_a_lost_card_goes_on_renewing_and_reminding_on_the_one_in_its_place(
    world: World,
) -> None:
    """Who lost a tag in June is neither kept out in July nor asked twice."""
    garage = Garage(world)
    await garage.package()
    card = await garage.customer("1000")
    await garage.sell(card, renews=True)
    other = await garage.customer("1000", plate="京A12346")
    await garage.sell(other)
    await garage.days(5)
    for lost in (card, other):
        await replace_card(world.site, card=lost.id, reason="lost", actor=MANAGER)
    await garage.until(date(2026, 8, 2))
    await world.restart()
    assert permits_of(world.site, card.id) == permits_of(world.site, other.id) == []
    first, second = permits_of(world.site, CardId("c3"))
    assert (first.renewed, second.first) == (second.id, date(2026, 8, 1))
    assert garage.wallet(card).available_minor == 1000_00 - 2 * 310_00
    assert told(world) == [
        (ENDING, date(2026, 7, 24), 7),
        (ENDING, date(2026, 7, 28), 3),
        (ENDING, date(2026, 7, 30), 1),
    ]
    assert {fact.wallet for fact in world.heard(WalletFact) if fact.event is ENDING} == {
        garage.wallet(other).wallet.id
    }


async def test_nothing_renews_by_itself_without_the_money(world: World) -> None:
    """An automatic renewal makes no debt; the customer is told, and pays a few days late without a gap."""
    garage = Garage(world)
    await garage.package()
    card = await garage.customer("610")
    await garage.sell(card, renews=True)
    await garage.until(date(2026, 8, 3))
    assert [event for event, _, _ in told(world)] == [NOT_FUNDED] * 3
    assert len(permits_of(world.site, card.id)) == 1
    await world.pay(garage.wallet(card), "10")
    await garage.days(1)
    assert [one.first for one in permits_of(world.site, card.id)] == [
        date(2026, 7, 1),
        date(2026, 8, 1),
    ]
    assert not garage.wallet(card).bills


async def test_money_that_is_owed_already_renews_nothing(world: World) -> None:
    """What an open bill waits for would be gone, and the renewal would be a debt after all."""
    garage = Garage(world)
    await garage.package()
    card = await garage.customer("620")
    await garage.sell(card, renews=True)
    rules = BillingRules(category=Category.PARKING, part=False, dunning=())
    await set_billing(world.site, rules=rules, actor=MANAGER)
    await create_bill(
        world.site,
        wallet=card.wallet,
        category=Category.PARKING,
        lines=(line(900_00, category=Category.PARKING),),
        actor=MANAGER,
    )
    await garage.until(date(2026, 8, 2))
    assert len(permits_of(world.site, card.id)) == 1
    assert len(garage.wallet(card).bills) == 1


async def test_a_permit_becomes_history_when_its_time_to_be_renewed_is_past(world: World) -> None:
    """A lane looks through what may still hold, and not through ten years of months."""
    garage = Garage(world)
    await garage.package()
    await garage.package("rest")
    card = await garage.customer("1000")
    permit = await garage.sell(card)
    resting = await garage.sell(card, "rest")
    await suspend_permit(world.site, permit=resting.id, actor=MANAGER)
    await garage.until(date(2026, 8, 7))
    assert len(permits_of(world.site, card.id)) == 2
    await garage.days(1)
    assert [one.id for one in permits_of(world.site, card.id)] == [resting.id]
    assert (await garage.permit(permit)).over
    await world.restart()
    assert [one.id for one in permits_of(world.site, card.id)] == [resting.id]


async def test_renewing_by_itself_can_be_ended_and_begun(world: World) -> None:
    """The customer says so at the desk, at any time; only what is paid automatically can do it."""
    garage = Garage(world)
    await garage.package()
    await garage.package("ten", rights=Rights(visits=10))
    card = await garage.customer("1000")
    permit = await garage.sell(card, renews=True)
    await set_renewal(world.site, permit=permit.id, renews=False, actor=MANAGER)
    await garage.until(date(2026, 8, 1))
    assert [event for event, _, _ in told(world)] == [ENDING] * 3
    assert len(permits_of(world.site, card.id)) == 1
    rules = BillingRules(category=Category.PARKING, automatic=False)
    await set_billing(world.site, rules=rules, actor=MANAGER)
    with pytest.raises(CoreError, match="renewal_not_automatic"):
        await garage.sell(card, renews=True)
