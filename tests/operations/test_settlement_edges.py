"""Rows of a provider's file, and slips of a sale, that are only just not what they seem."""

from dataclasses import replace

import pytest

from custom_components.prepaid_parking.core.chart import SiteAccount
from custom_components.prepaid_parking.core.difference import Difference, DifferenceKind
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.pay_channel import RefundOutcome, RowKind
from custom_components.prepaid_parking.core.pay_refund import PayRefund, RefundState, RefundStep
from custom_components.prepaid_parking.operations.cashier import close_wallet
from custom_components.prepaid_parking.operations.pay_refund_people import settle_refund
from custom_components.prepaid_parking.operations.pay_refunds import find_refund
from custom_components.prepaid_parking.operations.voiding import void_payment
from tests.operations.money import is_sound, of_site
from tests.operations.refunding import (
    ACCOUNT,
    OTHER,
    RefundingProvider,
    paid_order,
    part_back,
    payment_row,
    refund_row,
)
from tests.operations.test_settlement import TODAY, reconcile
from tests.operations.test_vouchers import batch_of, numbers, redeem
from tests.operations.world import MANAGER, MINUTE, World

SUSPENSE = SiteAccount.SUSPENSE


async def sent(world: World, provider: RefundingProvider) -> PayRefund:
    """Have 40.00 on their way back, out of 100.00."""
    return await part_back(world, await paid_order(world, provider, await world.wallet()))


async def test_a_row_of_another_amount_ends_no_refund(
    world: World, provider: RefundingProvider
) -> None:
    """The file says that 1.00 went back, the payer waits for 40.00: that is a question, and no end."""
    refund = await sent(world, provider)
    seen = provider.refunds[refund.refund_no]
    provider.files[TODAY] = [replace(refund_row(seen), amount_minor=100)]
    await reconcile(world)
    assert (await find_refund(world.site, refund.id)).state is RefundState.SENT
    kinds = {one.kind for one in await world.books.load(Difference) if one.refund == refund.id}
    assert kinds == {DifferenceKind.REFUND_UNKNOWN}
    await is_sound(world)


async def test_a_row_of_a_refund_that_the_bank_has_paid_instead_waits(
    world: World, provider: RefundingProvider
) -> None:
    """It left the merchant, could not arrive, and was paid by bank: the provider has still to bring it back."""
    refund = await sent(world, provider)
    seen = provider.end(refund.refund_no, RefundOutcome.PENDING, stuck=True)
    await world.tick(MINUTE)
    for step, who, account in (
        (RefundStep.NAME_ACCOUNT, MANAGER, ACCOUNT),
        (RefundStep.ALLOW, OTHER, None),
        (RefundStep.PAID, MANAGER, None),
    ):
        await settle_refund(world.site, refund=refund.id, step=step, actor=who, account=account)
    assert (await find_refund(world.site, refund.id)).state is RefundState.DONE
    provider.files[TODAY] = [refund_row(seen)]
    taken = await reconcile(world)
    assert taken.new == 0
    assert not [one for one in taken.found if one.refund == refund.id]
    assert await of_site(world, SUSPENSE) == 0
    await is_sound(world)


async def test_a_chargeback_of_a_wallet_that_is_closed_is_missing_and_says_how_much(
    world: World, provider: RefundingProvider
) -> None:
    """The tenant is gone with the money: the office sees 100.00 that it has to ask somebody for."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    await close_wallet(world.site, wallet=wallet.wallet.id, reason="moved", actor=MANAGER)
    paid = provider.orders[order.out_no]
    dispute = replace(payment_row(paid), kind=RowKind.DISPUTE, amount_minor=-10_000)
    provider.files[TODAY] = [payment_row(paid), dispute]
    for _ in range(2):
        await reconcile(world)
    (found,) = await world.books.load(Difference)
    assert (found.kind, found.suspended_minor) == (DifferenceKind.CHARGEBACK, -10_000)
    assert await of_site(world, SUSPENSE) == -10_000
    assert await of_site(world, SiteAccount.CLEARING_WECHAT) == 0
    assert world.wallet_now(wallet).posted_minor == 0
    await is_sound(world)


@pytest.mark.parametrize("place", range(3))
async def test_a_sale_of_slips_is_not_voided_once_any_of_them_is_used(
    world: World, place: int
) -> None:
    """The first, the one between or the last: its money is in a wallet, and would be in the drawer as well."""
    wallet = await world.wallet()
    slips = await numbers(world, await batch_of(world, 3))
    await redeem(world, wallet, slips[place])
    with pytest.raises(CoreError, match="receipt_spent"):
        await void_payment(world.site, receipt=1, reason="typo", actor=MANAGER)
    assert await of_site(world, SiteAccount.VOUCHERS) == 10_000
    await is_sound(world)
