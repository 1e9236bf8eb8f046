"""Sales that were a mistake of today: vouchers and floats go back whole, or it is said why not."""

from typing import Any

import pytest

from custom_components.prepaid_parking.core.chart import SiteAccount, site_account
from custom_components.prepaid_parking.core.desk_receipt import DeskReceipt
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.voucher import PaidBy, VoucherBatch
from custom_components.prepaid_parking.operations.agents import (
    agent_top_up,
    pay_in_float,
    set_agent,
)
from custom_components.prepaid_parking.operations.cancelling_vouchers import cancel_vouchers
from custom_components.prepaid_parking.operations.lost_tickets import pay_lost_ticket
from custom_components.prepaid_parking.operations.parking_rules import set_parking_rules
from custom_components.prepaid_parking.operations.receipts import find_receipt
from custom_components.prepaid_parking.operations.redeeming_vouchers import redeem_voucher
from custom_components.prepaid_parking.operations.tills import find_shift
from custom_components.prepaid_parking.operations.voiding import void_payment
from custom_components.prepaid_parking.operations.vouchers import (
    Wanted,
    make_vouchers,
    numbers_of,
    sell_vouchers,
)
from tests.operations.money import is_sound
from tests.operations.test_desk import CASHIER, a_shift
from tests.operations.world import MANAGER, World

VOUCHERS = site_account(SiteAccount.VOUCHERS)
AGENTS = site_account(SiteAccount.AGENTS)
VOID: dict[str, Any] = {"reason": "wrong stack", "actor": CASHIER}


async def a_batch(world: World, count: int = 4) -> VoucherBatch:
    """Make slips of 50.00 each."""
    wanted = Wanted(count=count, amount_minor=5000)
    _, batch = await make_vouchers(world.site, wanted, actor=MANAGER)
    return batch


async def sell(world: World, batch: VoucherBatch, count: int) -> None:
    """Sell the next ones over the counter."""
    await sell_vouchers(world.site, batch=batch.id, count=count, actor=CASHIER)


async def owed(world: World) -> int:
    """What the site owes to whoever has a voucher."""
    return (await world.books.balances()).get(VOUCHERS, 0)


async def test_vouchers_sold_by_mistake_are_unsold_again_and_sold_once(world: World) -> None:
    """The buyer has the money back: a slip that still filled a wallet would be a gift."""
    shift, wallet = await a_shift(world), await world.wallet()
    batch = await a_batch(world)
    await sell(world, batch, 3)
    slips = [slip for _, slip in await numbers_of(world.site, world.site.offline.batches[batch.id])]
    first, receipt = await void_payment(world.site, receipt=1, reference="v", **VOID)
    assert (await owed(world), receipt.void_reason) == (0, "wrong stack")
    assert (await find_shift(world.site, shift.id)).expected_minor == 10_000
    assert world.site.offline.batches[batch.id].sold == 0
    with pytest.raises(CoreError, match="voucher_not_sold"):
        await redeem_voucher(world.site, number=slips[0], wallet=wallet.wallet.id, actor=MANAGER)
    again, _ = await void_payment(world.site, receipt=1, reference="v", **VOID)
    assert (again.entry, again.repeated) == (first.entry, True)
    await world.restart()
    await sell(world, batch, 1)
    assert (await owed(world), world.site.offline.batches[batch.id].sold) == (5000, 1)
    await is_sound(world)


@pytest.mark.parametrize("how", ["redeemed", "cancelled", "closed"])
async def test_a_sale_of_which_a_slip_has_moved_on_stays(world: World, how: str) -> None:
    """One of three was used: to give back all three would be to pay it twice."""
    await a_shift(world)
    wallet, batch = await world.wallet(), await a_batch(world)
    await sell(world, batch, 3)
    (serial, slip), *_ = await numbers_of(world.site, world.site.offline.batches[batch.id])
    told: dict[str, Any] = {"batch": batch.id, "actor": MANAGER, "reason": "lost"}
    if how == "redeemed":
        await redeem_voucher(world.site, number=slip, wallet=wallet.wallet.id, actor=MANAGER)
    else:
        one = serial if how == "cancelled" else None
        await cancel_vouchers(world.site, serial=one, back=PaidBy.CASH, **told)
    before = await world.books.balances()
    with pytest.raises(CoreError, match="receipt_spent"):
        await void_payment(world.site, receipt=1, **VOID)
    assert await world.books.balances() == before
    assert (await find_receipt(world.site, 1)).voided_at is None


async def test_only_the_last_sale_of_a_batch_is_taken_back(world: World) -> None:
    """Slips are sold in their order: without the first ones the later buyers' would be worth nothing."""
    await a_shift(world)
    batch = await a_batch(world)
    await sell(world, batch, 1)
    await sell(world, batch, 2)
    with pytest.raises(CoreError, match="receipt_vouchers_sold_since"):
        await void_payment(world.site, receipt=1, **VOID)
    await void_payment(world.site, receipt=2, **VOID)
    await void_payment(world.site, receipt=1, **VOID)
    assert (await owed(world), world.site.offline.batches[batch.id].sold) == (0, 0)
    await is_sound(world)


async def test_a_float_paid_in_by_mistake_goes_back_as_far_as_it_is_there(world: World) -> None:
    """A shop that has sold against its float owes that to the site."""
    shift, wallet = await a_shift(world), await world.wallet()
    _, agent = await set_agent(world.site, actor=MANAGER, name="Corner shop", rate_micro=10_000)
    for minor in (1000, 500):
        await pay_in_float(world.site, agent=agent.id, amount_minor=minor, actor=CASHIER)
    await agent_top_up(
        world.site, agent=agent.id, wallet=wallet.wallet.id, amount_minor=700, actor=MANAGER
    )
    with pytest.raises(CoreError, match="agent_float_too_small"):
        await void_payment(world.site, receipt=1, **VOID)
    await void_payment(world.site, receipt=2, **VOID)
    assert world.site.desk.agents[agent.id].float_minor == 300
    assert (await world.books.balances())[AGENTS] == 300
    assert (await find_shift(world.site, shift.id)).expected_minor == 11_000
    await world.restart()
    assert world.site.desk.agents[agent.id].float_minor == 300
    await is_sound(world)


async def test_a_lost_ticket_is_refused_in_its_own_words(world: World) -> None:
    """Nothing of it is used; but its car is let out by it, and a cashier is told what to do instead."""
    await a_shift(world)
    await set_parking_rules(world.site, changes={"lost_ticket_minor": 3000}, actor=MANAGER)
    sold = await pay_lost_ticket(world.site, plate="沪A12345", actor=CASHIER)
    with pytest.raises(CoreError, match="receipt_lost_ticket") as told:
        await void_payment(world.site, receipt=1, **VOID)
    assert told.value.placeholders["stay"] == sold.stay.id
    (receipt,) = await world.books.load(DeskReceipt)
    assert receipt.voided_at is None
