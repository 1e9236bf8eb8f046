"""Spaces that are let: each rental has its bill, and a space is let to one at a time."""

from datetime import date
from typing import Any, Final

import pytest

from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.periods import Every
from custom_components.prepaid_parking.core.permit import Permit
from custom_components.prepaid_parking.core.space import Location, Tenure
from custom_components.prepaid_parking.core.wallet import Card
from custom_components.prepaid_parking.operations.changing_permits import suspend_permit
from custom_components.prepaid_parking.operations.ending_permits import end_permit
from custom_components.prepaid_parking.operations.fee_items import set_fee_item
from custom_components.prepaid_parking.operations.permits import best_permit
from custom_components.prepaid_parking.operations.rentals import rent_space
from custom_components.prepaid_parking.operations.spaces import SpaceDraft, set_space
from tests.operations.garage import Garage
from tests.operations.money import is_sound
from tests.operations.world import MANAGER, World

JULY: Final = {"first": date(2026, 7, 1), "last": date(2026, 7, 31)}


async def a_space(world: World, name: str = "B1-023", tenure: Tenure = Tenure.RENTED) -> str:
    """Register a space; return its id."""
    changes = {"name": name, "location": Location.UNDERGROUND, "tenure": tenure}
    await set_space(world.site, draft=SpaceDraft(space="", changes=changes), actor=MANAGER)
    return max(world.site.parking.spaces)


async def rent(world: World, card: Card, space: str, **fields: Any) -> Permit:
    """Let a space."""
    told: dict[str, Any] = JULY | {"price_minor": 400_00, "actor": MANAGER} | fields
    _, permit = await rent_space(world.site, card=card.id, space=space, **told)
    return permit


async def test_each_rental_has_its_bill_and_paying_one_releases_only_that(world: World) -> None:
    """Who rents two spaces and pays for one may use that one."""
    garage = Garage(world)
    card = await garage.customer("400")
    first = await rent(world, card, await a_space(world))
    second = await rent(world, card, await a_space(world, "B1-024"))
    assert (garage.unpaid(first), garage.unpaid(second)) == (False, True)
    assert best_permit(world.site, card.id, "", world.clock.now) == first
    await world.pay(garage.wallet(card), "400")
    await world.work()
    assert not garage.unpaid(second)
    await is_sound(world)


async def test_a_space_is_let_to_one_at_a_time(world: World) -> None:
    """Two customers who meet on one space would both be right."""
    garage = Garage(world)
    card, other = await garage.customer("2000"), await garage.customer("2000", plate="沪B00001")
    space = await a_space(world)
    permit = await rent(world, card, space)
    for days in (JULY, {"first": date(2026, 7, 31), "last": date(2026, 8, 2)}):
        with pytest.raises(CoreError, match="space_is_rented"):
            await rent(world, other, space, **days)
    await rent(world, other, space, first=date(2026, 8, 1), last=date(2026, 8, 2))
    await garage.until(date(2026, 7, 11))
    _, ended = await end_permit(world.site, permit=permit.id, reason="moves", actor=MANAGER)
    assert ended.refunded_minor == 400_00 - 129_03  # ten of 31 days: 129.03
    await rent(world, other, space, first=date(2026, 7, 11), last=date(2026, 7, 31))
    await world.restart()
    with pytest.raises(CoreError, match="space_is_rented"):
        await rent(world, card, space, first=date(2026, 7, 20), last=date(2026, 7, 20))
    await is_sound(world)


async def test_an_item_that_is_set_again_after_midnight_under_its_reference_is_set_once(
    world: World,
) -> None:
    """A script that heard no answer asks again: that it is another day by now makes it nothing else."""
    garage = Garage(world)
    changes = {"name": "Place", "category": Category.PARKING, "price_micro": 310_000_000}
    told = [
        await set_fee_item(
            world.site, item="place", changes=changes, reference="fee 1", actor=MANAGER
        )
    ]
    await garage.until(date(2026, 7, 11))
    told.append(
        await set_fee_item(
            world.site, item="place", changes=changes, reference="fee 1", actor=MANAGER
        )
    )
    assert [receipt.repeated for receipt, _ in told] == [False, True]
    assert {item.version for _, item in told} == {1}
    (written,) = [one for one in await world.books.entries() if one.id == told[0][0].entry]
    changed = written.detail["changes"]
    assert isinstance(changed, dict)
    assert changed["from"] == "2026-07-01"


async def test_without_a_price_the_fee_items_for_the_space_are_asked(world: World) -> None:
    """The office does not look the rent up: the items that hit the space are the rent."""
    garage = Garage(world)
    card = await garage.customer("2000")
    space = await a_space(world)
    with pytest.raises(CoreError, match="rental_without_price"):
        await rent(world, card, space, price_minor=None)
    await set_fee_item(
        world.site,
        item="place",
        changes={
            "name": "Place",
            "category": Category.PARKING,
            "price_micro": 310_000_000,
            "every": Every.MONTH,
        },
        valid_from=date(2026, 7, 1),
        actor=MANAGER,
    )
    permit = await rent(world, card, space, price_minor=None, last=date(2026, 7, 10))
    assert permit.price_minor == 100_00
    with pytest.raises(CoreError, match="permit_is_rental"):
        await suspend_permit(world.site, permit=permit.id, actor=MANAGER)
    with pytest.raises(CoreError, match="permit_is_rental"):
        await garage.renew(permit)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"last": date(2026, 6, 30)}, "rental_days"),
        ({"first": date(2026, 6, 30)}, "permit_in_past"),
        ({"wallet": "w9"}, "card_of_other_wallet"),
    ],
)
async def test_what_cannot_be_let_is_refused(
    world: World, fields: dict[str, object], why: str
) -> None:
    """Nobody is billed for a slip of the finger."""
    garage = Garage(world)
    card = await garage.customer("2000")
    space = await a_space(world)
    with pytest.raises(CoreError, match=why):
        await rent(world, card, space, **fields)
    owned = await a_space(world, "B1-025", Tenure.TEMPORARY)
    with pytest.raises(CoreError, match="space_not_for_rent"):
        await rent(world, card, owned)
    assert not world.site.parking.permits


async def test_a_rental_repeated_is_one(world: World) -> None:
    """The second press of the button finds the space let, and says so by the first answer."""
    garage = Garage(world)
    card = await garage.customer("2000")
    space = await a_space(world)
    first, again = [await rent(world, card, space, reference="r") for _ in range(2)]
    assert first == again
    assert garage.wallet(card).available_minor == 1600_00
