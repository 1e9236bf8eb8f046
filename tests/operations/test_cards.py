"""Cards: what a customer holds goes on when a card is lost, changed or handed over."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import StayId
from custom_components.prepaid_parking.core.stay import Stay, StayKind, StayState
from custom_components.prepaid_parking.core.wallet import CardState, CredentialKind, Purpose
from custom_components.prepaid_parking.operations.cards import (
    block_card,
    issue_card,
    unblock_card,
)
from custom_components.prepaid_parking.operations.changing_cards import (
    credentials_known,
    replace_card,
    set_card,
    transfer_card,
)
from custom_components.prepaid_parking.operations.credentials import card_of
from custom_components.prepaid_parking.operations.permits import best_permit, permits_of
from custom_components.prepaid_parking.operations.selling_permits import renew_permit
from custom_components.prepaid_parking.operations.stay_book import put, stays_of_card
from tests.operations.garage import PLATE, Garage
from tests.operations.money import is_sound
from tests.operations.world import MANAGER, World


def owner(world: World, value: str, kind: CredentialKind = CredentialKind.PLATE) -> str:
    """Return the card that is recognised by something, "" where none is."""
    try:
        return card_of(world.site, kind, value).id
    except CoreError:
        return ""


async def test_plates_come_and_go(world: World) -> None:
    """Who has a new car drives in with it, and the old car's next owner does not."""
    garage = Garage(world)
    card = await garage.customer()
    old = garage.card(card.id).subject
    for _ in range(2):
        await set_card(
            world.site,
            card=card.id,
            changes={"at_once": 1},
            add_plates=["沪B 00001"],
            remove_plates=[PLATE],
            actor=MANAGER,
            reference="new car",
        )
    await world.restart()
    assert (owner(world, "沪B00001"), owner(world, PLATE)) == (card.id, "")
    now = garage.card(card.id)
    assert now.at_once == 1
    assert await world.site.privacy.get_subject(now.subject) == {"plates": "沪B00001"}
    with pytest.raises(CoreError):
        await world.site.privacy.get_subject(old)
    for plates in ([PLATE], ["沪B00001"]):
        with pytest.raises(CoreError, match="credential_"):
            await set_card(
                world.site, card=card.id, changes={}, remove_plates=plates, actor=MANAGER
            )
    other = await garage.customer(plate=PLATE)
    with pytest.raises(CoreError, match="credential_taken"):
        await set_card(world.site, card=card.id, changes={}, add_plates=[PLATE], actor=MANAGER)
    assert owner(world, PLATE) == other.id


async def test_a_lost_card_is_replaced_with_all_that_was_bought(world: World) -> None:
    """The customer goes on parking; who finds the old tag does not."""
    garage = Garage(world)
    await garage.package()
    card = await garage.customer("1000", tags=["old tag"], pins=["4711"])
    permit = await garage.sell(card)
    receipts = [
        await replace_card(
            world.site,
            card=card.id,
            tags=["new tag"],
            reason="lost",
            actor=MANAGER,
            reference="lost",
        )
        for _ in range(2)
    ]
    assert receipts[0].detail == receipts[1].detail
    new = str(receipts[0].detail["card"])
    await world.restart()
    assert owner(world, PLATE) == owner(world, "4711", CredentialKind.PIN) == new
    assert owner(world, "new tag", CredentialKind.TAG) == new
    assert owner(world, "old tag", CredentialKind.TAG) == card.id
    lost = garage.card(card.id)
    assert (lost.state, lost.replaced_by) == (CardState.REPLACED, new)
    assert [one.id for one in permits_of(world.site, garage.card(new).id)] == [permit.id]
    assert best_permit(world.site, card.id, "", world.clock.now) is None
    for work in (
        block_card(world.site, card=card.id, reason="x", actor=MANAGER),
        replace_card(world.site, card=card.id, reason="x", actor=MANAGER),
        set_card(world.site, card=card.id, changes={}, actor=MANAGER),
    ):
        with pytest.raises(CoreError, match="card_replaced"):
            await work
    assert (await garage.renew(await garage.permit(permit))).card == new


async def test_what_was_over_before_a_card_was_lost_is_renewed_on_the_new_one(world: World) -> None:
    """A customer who comes back after the summer has another tag and the same wish."""
    garage = Garage(world)
    await garage.package()
    await garage.package("night")
    card = await garage.customer("1000")
    month = await garage.sell(card)
    await garage.until(date(2026, 8, 1))
    await garage.sell(card, "night")
    await garage.until(date(2026, 8, 20))
    assert (await garage.permit(month)).over
    await replace_card(world.site, card=card.id, reason="lost", actor=MANAGER)
    for work in (
        renew_permit(world.site, card=card.id, actor=MANAGER),
        garage.sell(card),
    ):
        with pytest.raises(CoreError, match="card_replaced"):
            await work
    after = await garage.renew(month)
    assert (after.card, after.package, after.first) == ("c2", "month", garage.today())
    assert [one.package for one in permits_of(world.site, garage.card("c2").id)] == [
        "night",
        "month",
    ]


async def test_a_car_that_is_inside_goes_over_to_the_new_card_also_where_the_hub_died(
    world: World,
) -> None:
    """Else the family's second car comes in on a right that is taken up."""
    garage = Garage(world)
    card = await garage.customer()
    inside = Stay(
        id=StayId("st1"),
        no=1,
        kind=StayKind.CARD,
        state=StayState.INSIDE,
        entered_at=world.clock.now,
        card=card.id,
    )
    await put(world.site, inside)
    await replace_card(world.site, card=card.id, reason="lost", actor=MANAGER)
    (stay,) = stays_of_card(world.site, garage.card("c2").id)
    await world.books.record(replace(stay, card=card.id))
    await world.restart()
    assert [one.id for one in stays_of_card(world.site, garage.card("c2").id)] == ["st1"]


async def test_a_blocked_card_opens_again_when_it_is_found(world: World) -> None:
    """What was found again need not be bought again."""
    garage = Garage(world)
    card = await garage.customer()
    with pytest.raises(CoreError, match="card_not_blocked"):
        await unblock_card(world.site, card=card.id, actor=MANAGER)
    await block_card(world.site, card=card.id, reason="lost", actor=MANAGER)
    await unblock_card(world.site, card=card.id, actor=MANAGER)
    await world.restart()
    assert garage.card(card.id).state is CardState.ACTIVE
    assert len(credentials_known(world.site, card.id)) == 1


async def test_a_card_handed_over_takes_its_permits_and_leaves_its_bills(world: World) -> None:
    """The new tenant parks from today on; what the old one owes, the old one owes."""
    garage = Garage(world)
    await garage.package()
    card = await garage.customer("10")
    old = garage.wallet(card)
    permit = await garage.sell(card)
    new = await world.wallet("1000", purpose=Purpose.PARKING)
    await transfer_card(world.site, card=card.id, wallet=new.wallet.id, actor=MANAGER)
    await world.work()
    assert (len(old.bills), len(new.bills), new.available_minor) == (1, 0, 1000_00)
    assert garage.unpaid(permit)
    await garage.until(date(2026, 8, 2))
    renewed = await garage.renew(permit)
    assert renewed.wallet == new.wallet.id
    flat = await world.wallet()
    for wallet in (flat.wallet.id, new.wallet.id):
        with pytest.raises(CoreError):
            await transfer_card(world.site, card=card.id, wallet=wallet, actor=MANAGER)
    await is_sound(world)


async def test_a_card_that_makes_no_sense_is_refused(world: World) -> None:
    """A typing error is found at the desk and not at the lane."""
    run, now = await world.wallet(purpose=Purpose.PARKING), world.clock.now
    for fields, why in (
        ({"space": "sp9"}, "unknown_space"),
        ({"at_once": 0}, "card_for_no_car"),
        ({"lanes": ["l9"]}, "unknown_lane"),
        ({"valid_from": now, "valid_until": now - timedelta(days=1)}, "time_is_past"),
    ):
        with pytest.raises(CoreError, match=why):
            await issue_card(
                world.site,
                wallet=run.wallet.id,
                plates=[PLATE],
                actor=MANAGER,
                **fields,
            )
    assert not world.site.cards
