"""A mistake of today at the desk: a bill is open again and a car owes again, once, and nothing else."""

import asyncio
from dataclasses import replace

import pytest

from custom_components.prepaid_parking.core.bill import DEPOSIT, BillState
from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.chart import Channel, SiteAccount, site_account
from custom_components.prepaid_parking.core.errors import ConflictError, CoreError
from custom_components.prepaid_parking.core.top_up_fee import FeeBack
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.bill_book import find_bill
from custom_components.prepaid_parking.operations.bill_paying import pay_bill
from custom_components.prepaid_parking.operations.bills import create_bill
from custom_components.prepaid_parking.operations.lost_tickets import pay_lost_ticket
from custom_components.prepaid_parking.operations.parking_rules import set_parking_rules
from custom_components.prepaid_parking.operations.receipts import find_receipt
from custom_components.prepaid_parking.operations.stay_finding import Which
from custom_components.prepaid_parking.operations.stay_paying import pay_stay
from custom_components.prepaid_parking.operations.tills import find_shift
from custom_components.prepaid_parking.operations.top_up_fees import set_top_up_fee
from custom_components.prepaid_parking.operations.voiding import void_payment
from tests.operations.conftest import MakeWorld
from tests.operations.money import is_sound, promise
from tests.operations.staying import CITY, arrive, due, leave, now
from tests.operations.test_bills import bill_for, line
from tests.operations.test_desk import CASHIER, a_shift, pay
from tests.operations.world import HOUR, MANAGER, World

CASH = site_account(SiteAccount.CASH)


@pytest.fixture
async def park(make_world: MakeWorld) -> World:
    """A site with a price for stays."""
    return await make_world(tariffs=(CITY,))


async def void(world: World, receipt: int = 1) -> None:
    """Take a payment back."""
    await void_payment(world.site, receipt=receipt, reason="mistake", actor=MANAGER)


async def test_a_bill_is_open_again(world: World) -> None:
    """The tenant whose neighbour's rent was typed in still owes the rent, and can pay it."""
    wallet, shift = await world.wallet(purpose=Purpose.PROPERTY), await a_shift(world)
    bill = await bill_for(world, wallet, 3_000, Category.RENT)
    paid = {"bill": bill.id, "channel": Channel.CASH, "actor": CASHIER}
    await pay_bill(world.site, amount_minor=1_000, **paid)  # type: ignore[arg-type]
    await pay_bill(world.site, **paid)  # type: ignore[arg-type]
    assert (await find_receipt(world.site, 2)).bill == bill.number
    await void(world, 2)
    again = await find_bill(world.site, bill.id)
    assert (again.open_minor, again.state) == (2_000, BillState.PART_PAID)
    assert again.id in wallet.bills
    assert wallet.posted_minor == 0
    assert (await find_shift(world.site, shift.id)).expected_minor == 11_000
    await pay_bill(world.site, **paid)  # type: ignore[arg-type]
    assert (await find_bill(world.site, bill.id)).state is BillState.PAID
    assert (await world.books.balances())[CASH] == -3_000
    await is_sound(world)


async def test_a_bill_whose_deposit_is_held_is_not_voided(world: World) -> None:
    """The deposit is somebody's by now: it is released, not made to vanish."""
    wallet = await world.wallet(purpose=Purpose.PROPERTY)
    asked = replace(line(3_000), income=DEPOSIT)
    _, bill = await create_bill(
        world.site,
        wallet=wallet.wallet.id,
        category=Category.RENT,
        lines=(asked,),
        actor=MANAGER,
    )
    await pay_bill(world.site, bill=bill.id, channel=Channel.CASH, actor=MANAGER)
    with pytest.raises(CoreError, match="receipt_spent"):
        await void(world)
    assert (await find_bill(world.site, bill.id)).state is BillState.PAID


async def test_a_car_that_was_paid_for_by_mistake_owes_again(park: World) -> None:
    """The driver behind, whose fee went onto the wrong plate, must not be paid for."""
    stay = await arrive(park)
    park.clock.now += 2 * HOUR
    shift = await a_shift(park)
    await pay_stay(park.site, which=Which(stay=stay.id), actor=CASHIER)
    assert due(park, stay) == 0
    await void(park)
    assert (due(park, stay), now(park, stay).paid_at) == (1_000, None)
    assert (await find_shift(park.site, shift.id)).expected_minor == 10_000
    await pay_stay(park.site, which=Which(stay=stay.id), actor=CASHIER)
    assert due(park, stay) == 0
    await is_sound(park)


async def test_what_came_in_beyond_the_price_goes_back_with_it(park: World) -> None:
    """Held money of a payment that never was must not stay behind."""
    stay = await arrive(park)
    park.clock.now += 2 * HOUR
    await pay_stay(
        park.site,
        which=Which(stay=stay.id),
        actor=CASHIER,
        amount_minor=1_300,
        channel=Channel.TERMINAL,
    )
    assert now(park, stay).over_minor == 300
    await void(park)
    here = now(park, stay)
    assert (here.paid_minor, here.over_minor, due(park, stay)) == (0, 0, 1_000)
    assert (await park.books.balances())[site_account(SiteAccount.SUSPENSE)] == 0
    await is_sound(park)


async def test_a_car_that_left_on_it_has_used_it(park: World) -> None:
    """Nobody is asked for money who has driven away rightly."""
    stay = await arrive(park)
    park.clock.now += 2 * HOUR
    await pay_stay(park.site, which=Which(stay=stay.id), actor=CASHIER)
    await leave(park, stay)
    with pytest.raises(CoreError, match="receipt_spent"):
        await void(park)
    assert (await find_receipt(park.site, 1)).voided_at is None


async def test_a_lost_ticket_that_was_sold_stays_sold(park: World) -> None:
    """Its stay is there by this very payment."""
    await set_parking_rules(park.site, changes={"lost_ticket_minor": 5_000}, actor=MANAGER)
    await pay_lost_ticket(park.site, plate="京B99999", actor=CASHIER)
    with pytest.raises(CoreError, match="receipt_lost_ticket"):
        await void(park)


async def test_two_who_void_at_once_pay_it_back_once(park: World) -> None:
    """Two clerks, one angry payer: the drawer is short of one note, not of two."""
    wallet = await park.wallet()
    await pay(park, wallet, 5_000)
    answers = await asyncio.gather(
        *(
            void_payment(park.site, receipt=1, reason="x", actor=MANAGER, reference=f"v{turn}")
            for turn in range(5)
        ),
        return_exceptions=True,
    )
    refused = [one for one in answers if isinstance(one, CoreError | ConflictError)]
    assert len(refused) == 4
    assert (wallet.posted_minor, (await park.books.balances())[CASH]) == (0, 0)


async def test_a_top_up_goes_back_with_its_bonus(world: World) -> None:
    """A bonus for money that was never paid would be given away."""
    await promise(world)
    wallet = await world.wallet()
    await pay(world, wallet, 50_000)
    assert wallet.bonus_minor == 10_000
    await void(world)
    assert (wallet.posted_minor, wallet.bonus_minor) == (0, 0)
    await is_sound(world)


async def test_a_fee_that_is_never_given_back_goes_back_with_a_mistake(world: World) -> None:
    """The payer at the counter gets the whole note back, and the drawer is what the receipts say."""
    await set_top_up_fee(
        world.site,
        fee="desk",
        changes={"share_bp": 200, "back": FeeBack.NEVER},
        actor=MANAGER,
    )
    wallet = await world.wallet()
    await pay(world, wallet, 5_000)
    assert wallet.posted_minor == 4_900
    await void(world)
    assert (wallet.posted_minor, (await world.books.balances())[CASH]) == (0, 0)
    await is_sound(world)
