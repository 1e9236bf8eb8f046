"""What the office changes while a car is inside, and in the second in which it leaves."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

import pytest

from custom_components.prepaid_parking.core.access import PlateRead
from custom_components.prepaid_parking.core.chart import SiteAccount
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import CardId
from custom_components.prepaid_parking.core.stay import StayState
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.cards import block_card
from custom_components.prepaid_parking.operations.cashier import top_up
from custom_components.prepaid_parking.operations.changing_cards import replace_card, transfer_card
from custom_components.prepaid_parking.operations.closing_wallet import close_wallet
from custom_components.prepaid_parking.operations.ending_permits import end_permit
from custom_components.prepaid_parking.operations.gate import plate_read
from custom_components.prepaid_parking.operations.lane_facts import PassageKind, Passed
from custom_components.prepaid_parking.operations.parking_rules import set_parking_rules
from custom_components.prepaid_parking.operations.passing import Answer
from custom_components.prepaid_parking.operations.releasing import release_barrier
from custom_components.prepaid_parking.operations.stay_finding import Which
from custom_components.prepaid_parking.operations.stay_paying import pay_stay
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.garage import Garage
from tests.operations.money import is_sound, of_site
from tests.operations.park import CITY, LOOPS, OTHER, PLATE, Park
from tests.operations.world import MANAGER, World

INSIDE, LEFT = StayState.INSIDE, StayState.LEFT
HOUR: Final = timedelta(minutes=50)
"""Begun, and so paid as a whole one: 5.00."""


async def at_once(
    park: Park, change: Callable[[], Awaitable[Any]], late: int, plate: str = PLATE
) -> Answer:
    """Let the office change something while the exit answers, so many steps of the loop later."""
    park.world.clock.now += HOUR

    async def changes() -> None:
        for _ in range(late):
            await asyncio.sleep(0)
        await change()

    read = PlateRead(plate=plate, at=park.world.clock.now)
    answer, _ = await asyncio.gather(
        plate_read(park.world.site, lane=park.exit.id, read=read), changes()
    )
    await park.world.work()
    await is_sound(park.world)
    return answer


# --- a card is handed over -----------------------------------------------------------------------


async def two_wallets(park: Park, first: str, second: str) -> tuple[WalletRun, WalletRun]:
    """A customer with a card, and the one who is to have it."""
    return await park.customer(first), await park.world.wallet(second, purpose=Purpose.PARKING)


async def handed_over(park: Park, to: WalletRun) -> None:
    """The flat is sold, and its parking card with it."""
    await transfer_card(park.world.site, card="c1", wallet=to.wallet.id, actor=MANAGER)


@pytest.mark.parametrize("priced", ["by time", "by the way out"])
@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [("100", "", PassageKind.ADMITTED), ("", "100", PassageKind.REFUSED)],
    ids=["the seller has money", "the buyer has money"],
)
async def test_a_stay_is_judged_and_paid_by_whose_card_it_began_with(
    world: World, first: str, second: str, kind: PassageKind, priced: str
) -> None:
    """Sold while the seller's car was inside: the lane looked into one purse and took out of the other."""
    park = await Park.open(world, **({} if priced == "by time" else {"tariffs": ()}))
    park.exit.fee_minor = 5_00
    seller, buyer = await two_wallets(park, first, second)
    await park.come()
    await handed_over(park, buyer)
    answer = await park.go()
    assert answer.kind is kind
    paid = 5_00 if kind is PassageKind.ADMITTED else 0
    assert answer.fee_minor + answer.due_minor == 5_00
    assert seller.posted_minor == int(first or 0) * 100 - paid
    assert buyer.posted_minor == int(second or 0) * 100
    assert {one.wallet for one in world.heard(Passed)} == {seller.wallet.id}
    await is_sound(world)


@pytest.mark.parametrize("priced", ["by time", "by the way out"])
@pytest.mark.parametrize("late", range(6))
async def test_a_card_that_is_handed_over_at_the_exit_pays_once(
    world: World, late: int, priced: str
) -> None:
    """Whichever of them it is: one of both, the whole amount, once."""
    park = await Park.open(world, **({} if priced == "by time" else {"tariffs": ()}))
    park.exit.fee_minor = 5_00
    seller, buyer = await two_wallets(park, "100", "100")
    await park.come()
    answer = await at_once(park, lambda: handed_over(park, buyer), late)
    assert (answer.kind, answer.fee_minor) == (PassageKind.ADMITTED, 5_00)
    assert (seller.posted_minor, buyer.posted_minor) == (95_00, 100_00)
    await park.come()
    await park.go()
    assert (seller.posted_minor, buyer.posted_minor) == (95_00, 95_00)


@pytest.mark.parametrize("late", range(6))
async def test_a_card_that_is_replaced_at_the_exit_pays_once(world: World, late: int) -> None:
    """The lost card's successor is made as its car leaves: one stay, one charge, one owner."""
    park = await Park.open(world)
    wallet = await park.customer()
    await park.come()

    async def replaced() -> None:
        await replace_card(world.site, card="c1", reason="lost", actor=MANAGER)

    answer = await at_once(park, replaced, late)
    assert (answer.kind, wallet.posted_minor) == (PassageKind.ADMITTED, 95_00)
    assert await park.states() == [LEFT]
    assert not world.site.parking.stays


# --- rules and prices ----------------------------------------------------------------------------


async def no_strangers(world: World) -> None:
    """From now on nobody unknown comes in, and time has no price."""
    await set_parking_rules(
        world.site, changes={"temporaries": False, "tariffs": ()}, actor=MANAGER
    )


@pytest.mark.parametrize("late", [-1, *range(4)], ids=lambda late: f"late {late}")
async def test_other_rules_change_no_stay_that_has_begun(world: World, late: int) -> None:
    """The car park was closed to strangers at noon: who was inside leaves at the price of its arrival."""
    park = await Park.open(world)
    wallet = await park.customer()
    await park.come()
    await park.come(OTHER)
    if late < 0:
        await no_strangers(world)
    answer = await at_once(park, lambda: no_strangers(world), max(late, 0))
    assert (answer.kind, answer.fee_minor) == (PassageKind.ADMITTED, 5_00)
    refused = await park.go(OTHER, after=60)
    assert (refused.reason, refused.due_minor) == ("to_pay", 5_00)
    await pay_stay(world.site, which=Which(plate=OTHER), actor=MANAGER)
    assert (await park.states(), wallet.posted_minor) == ([LEFT, LEFT], 95_00)


@pytest.mark.parametrize("late", range(4))
async def test_a_dearer_price_is_for_who_comes_after_it(world: World, late: int) -> None:
    """The new price list was hung up while the car was at the barrier."""
    park = await Park.open(world)
    wallet = await park.customer()
    await park.come()

    async def dearer() -> None:
        await world.publish(CITY | {"duration": {"price": "50.00", "leave": 15}})

    answer = await at_once(park, dearer, late)
    assert (answer.fee_minor, wallet.posted_minor) == (5_00, 95_00)


# --- a wallet is closed --------------------------------------------------------------------------


async def closed(world: World) -> None:
    """The customer moves away; the rest of its money is paid out."""
    await close_wallet(world.site, wallet="w1", actor=MANAGER)


@pytest.mark.parametrize("late", range(8))
async def test_a_wallet_that_is_closed_at_the_exit_pays_before_or_not_at_all(
    world: World, late: int
) -> None:
    """The rest was paid out at the desk in that second: it is not spent twice, and no purse goes below."""
    park = await Park.open(world)
    wallet = await park.customer()
    await park.come()
    refusals: list[CoreError] = []

    async def tries() -> None:
        try:
            await closed(world)
        except CoreError as err:
            refusals.append(err)

    answer = await at_once(park, tries, late)
    (stay,) = await park.stays()
    paid = answer.kind is PassageKind.ADMITTED
    assert (stay.state, stay.paid_minor) == ((LEFT, 5_00) if paid else (INSIDE, 0))
    assert (answer.reason, park.out.pulses) == (("card", 1) if paid else ("to_pay", 0))
    assert wallet.posted_minor == (95_00 if refusals else 0)
    assert all(one.key == "not_enough_money" for one in refusals)
    if not refusals:
        assert wallet.wallet.closed_at is not None


async def test_a_closed_wallet_pays_for_no_stay_and_the_driver_may(world: World) -> None:
    """Closed while its car was inside: the exit says what is to be paid, and money at the desk opens it."""
    park = await Park.open(world)
    wallet = await park.customer()
    await park.come()
    await closed(world)
    refused = await park.go()
    assert (refused.reason, refused.due_minor) == ("to_pay", 5_00)
    await pay_stay(world.site, which=Which(plate=PLATE), actor=MANAGER)
    assert (await park.states(), park.out.pulses, wallet.posted_minor) == ([LEFT], 1, 0)
    await is_sound(world)


@pytest.mark.parametrize("fitted", [(), LOOPS])
async def test_a_closed_wallet_owes_nothing_more(world: World, fitted: tuple[str, ...]) -> None:
    """Let out by hand: its debt stood in a wallet that nobody looks at any more, or ever pays."""
    park = await Park.open(world, fitted=fitted)
    await park.customer()
    await park.come()
    await closed(world)
    await park.go()
    await release_barrier(world.site, lane=park.exit.id, reason="no cash", actor=MANAGER)
    if fitted:
        await park.drive(park.exit)
    (stay,) = await park.stays()
    assert (stay.state, stay.owed_minor) == (StayState.UNPAID, 5_00)
    assert await of_site(world, SiteAccount.UNPAID_EXITS) == -5_00
    await is_sound(world)
    await pay_stay(world.site, which=Which(stay=stay.id), actor=MANAGER)
    assert await of_site(world, SiteAccount.UNPAID_EXITS) == 0
    await is_sound(world)


# --- a package is given back, a card is blocked --------------------------------------------------


@pytest.mark.parametrize("late", [-1, *range(8)], ids=lambda late: f"late {late}")
async def test_a_package_that_is_given_back_keeps_nobody_inside(world: World, late: int) -> None:
    """Its money is back the moment it ends, and the car leaves; it pays for what it stood beyond that."""
    park = await Park.open(world)
    wallet = await park.customer("310")
    garage = Garage(world)
    await garage.package()
    permit = await garage.sell(world.site.cards[CardId("c1")])
    await world.work()
    assert not garage.unpaid(permit)
    await park.come()

    async def given_back() -> None:
        await end_permit(world.site, permit=permit.id, reason="moves away", actor=MANAGER)

    if late < 0:
        await given_back()
        answer = await park.go(after=600)
    else:
        answer = await at_once(park, given_back, late)
    assert (answer.kind, await park.states()) == (PassageKind.ADMITTED, [LEFT])
    hour = 5_00 if late < 0 else 0  # It left in the second before, or stood on without a right.
    assert (answer.fee_minor, wallet.posted_minor) == (hour, 310_00 - hour)
    assert (await garage.permit(permit)).ended_on is not None
    await is_sound(world)


@pytest.mark.parametrize("late", [-1, *range(6)], ids=lambda late: f"late {late}")
async def test_a_card_that_is_blocked_at_the_exit_pays_before_or_not_at_all(
    world: World, late: int
) -> None:
    """Reported stolen while the thief is at the barrier: the money is taken before it, or the arm stays."""
    park = await Park.open(world)
    wallet = await park.customer()
    await park.come()

    async def blocked() -> None:
        await block_card(world.site, card="c1", reason="stolen", actor=MANAGER)

    if late < 0:
        await blocked()
        answer = await park.go()
        assert answer.reason == "to_pay"
    else:
        answer = await at_once(park, blocked, late)
    paid = answer.kind is PassageKind.ADMITTED
    assert (wallet.posted_minor, park.out.pulses) == ((95_00, 1) if paid else (100_00, 0))
    assert await park.states() == [LEFT if paid else INSIDE]
    if not paid:
        await top_up(world.site, wallet=wallet.wallet.id, amount_minor=1_00, actor=MANAGER)
        assert park.out.pulses == 0
    await is_sound(world)
