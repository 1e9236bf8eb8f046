"""A restore brings back an older ledger: the providers, the meters and the slips in people's hands know more.

Until a person has looked at what is missing nothing goes out, and nothing that was given out in the
lost time is given out again.
"""

import pytest

from custom_components.prepaid_parking.core.chart import Channel, SiteAccount
from custom_components.prepaid_parking.core.difference import Difference, DifferenceKind
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.pay_channel import ChannelFault, RefundOutcome
from custom_components.prepaid_parking.core.pay_refund import RefundState, RefundStep
from custom_components.prepaid_parking.core.settlement_calendar import day_of
from custom_components.prepaid_parking.core.voucher import VoucherBatch, place_of
from custom_components.prepaid_parking.operations.cashier import deduct
from custom_components.prepaid_parking.operations.pay_orders import find_order
from custom_components.prepaid_parking.operations.pay_refund_people import settle_refund
from custom_components.prepaid_parking.operations.pay_refunds import find_refund, refund_order
from custom_components.prepaid_parking.operations.settlement_days import reconcile_payments
from custom_components.prepaid_parking.operations.vouchers import sell_vouchers
from tests.operations.money import is_sound, of_site
from tests.operations.provider import connect
from tests.operations.refunding import (
    RefundingProvider,
    paid_order,
    part_back,
    payment_row,
    refund_row,
)
from tests.operations.restoring import accept, backup, restore
from tests.operations.test_agreements import Fetching, agreed, put_up, spend
from tests.operations.test_tokens import buy, token_meter
from tests.operations.test_vouchers import batch_of, numbers, owed, redeem
from tests.operations.world import DAY, HOUR, MANAGER, MINUTE, SECOND, World

CLEARING = SiteAccount.CLEARING_WECHAT


async def test_a_refund_that_went_after_the_backup_is_asked_for_under_its_number(
    world: World, provider: RefundingProvider
) -> None:
    """The books think that it waits, the payer has it: a second one would be the site's loss."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    provider.refund_fault = ChannelFault.UNREACHABLE
    refund = await part_back(world, order)
    assert refund.state is RefundState.HELD
    kept = await backup(world)
    connect(world.site, provider)
    provider.refund_fault = None
    await world.tick(HOUR)
    provider.end(refund.refund_no, RefundOutcome.DONE)
    await world.tick(HOUR)
    assert (await find_refund(world.site, refund.id)).state is RefundState.DONE
    await restore(world, kept)
    connect(world.site, provider)
    await world.tick(HOUR)
    await accept(world)
    await world.tick(HOUR)
    assert (await find_refund(world.site, refund.id)).state is RefundState.DONE
    assert provider.given(order.out_no) == 4000
    assert -await of_site(world, CLEARING) == 6000 == world.wallet_now(wallet).posted_minor
    await is_sound(world)


async def test_a_refund_that_was_taken_back_after_the_backup_does_not_go_by_itself(
    world: World, provider: RefundingProvider
) -> None:
    """The desk took it back and the money was spent since: the books have forgotten that, nobody else."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    provider.refund_fault = ChannelFault.UNREACHABLE
    refund = await part_back(world, order)
    kept = await backup(world)
    connect(world.site, provider)
    await settle_refund(
        world.site, refund=refund.id, step=RefundStep.TAKE_BACK, actor=MANAGER, reason="stays"
    )
    provider.refund_fault = None
    await restore(world, kept)
    connect(world.site, provider)
    asked = len(provider.refund_asked)
    for _ in range(3):
        await world.tick(HOUR)
    assert (len(provider.refund_asked), provider.given(order.out_no)) == (asked, 0)
    assert (await find_refund(world.site, refund.id)).state is RefundState.HELD
    back = await settle_refund(
        world.site, refund=refund.id, step=RefundStep.TAKE_BACK, actor=MANAGER, reason="stays"
    )
    assert back.state is RefundState.FAILED
    assert world.wallet_now(wallet).posted_minor == 10_000
    await is_sound(world)


async def test_a_refund_that_the_books_have_lost_is_found_in_the_providers_file(
    world: World, provider: RefundingProvider
) -> None:
    """Nothing here knows of it: a person asks again, and the file says how much went twice, and that it did."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    kept = await backup(world)
    connect(world.site, provider)
    provider.becomes = RefundOutcome.DONE
    lost = await part_back(world, order, 7000)
    assert lost.state is RefundState.DONE
    await restore(world, kept)
    connect(world.site, provider)
    with pytest.raises(CoreError, match="ledger_closed"):
        await refund_order(world.site, order=order.id, reason="left", actor=MANAGER)
    await accept(world)
    again = await part_back(world, order, 7000)
    assert (again.state, again.fault) == (RefundState.FAILED, "TOO_MUCH")
    assert world.wallet_now(wallet).posted_minor == 10_000
    day = day_of(Channel.WECHAT, world.clock.now)
    gone = provider.refunds[lost.refund_no]
    provider.files[day] = [
        payment_row(provider.orders[order.out_no], at=world.clock.now),
        refund_row(gone, at=world.clock.now),
    ]
    for _ in range(2):
        await reconcile_payments(world.site, first=day, last=day)
    (difference,) = await world.books.load(Difference)
    assert (difference.kind, difference.suspended_minor) == (
        DifferenceKind.REFUND_UNKNOWN,
        -7000,
    )
    assert -await of_site(world, CLEARING) == 3000
    await is_sound(world)


async def test_a_slip_that_was_used_after_the_backup_is_good_again_and_one_before_it_is_not(
    world: World,
) -> None:
    """What the lost time held is gone, a slip's use as any payment: the office goes through the slips."""
    wallet = await world.wallet()
    batch = await batch_of(world, 3, sold=2)
    slips = await numbers(world, batch)
    await redeem(world, wallet, slips[0])
    kept = await backup(world)
    await redeem(world, world.wallet_now(wallet), slips[1])
    _, after = await sell_vouchers(world.site, batch=batch.id, actor=MANAGER, reference="s2")
    assert after.sold == 3
    await restore(world, kept)
    wallet = world.wallet_now(wallet)
    with pytest.raises(CoreError, match="voucher_used"):
        await redeem(world, wallet, slips[0])
    with pytest.raises(CoreError, match="voucher_not_sold"):
        await redeem(world, wallet, slips[2])
    for _ in range(2):
        await sell_vouchers(world.site, batch=batch.id, actor=MANAGER, reference="s2")
    for slip in slips[1:]:
        await redeem(world, wallet, slip)
    assert (wallet.posted_minor, await owed(world)) == (15_000, 0)
    await is_sound(world)


async def test_the_numbers_of_slips_that_were_made_after_the_backup_are_not_given_out_again(
    world: World,
) -> None:
    """Slips over 50 lie in a shop: as the numbers of a new batch over 500 they would be worth 500."""
    kept = await backup(world)
    lost = await batch_of(world, 3)
    slips = await numbers(world, lost)
    await restore(world, kept)
    with pytest.raises(CoreError, match="ledger_closed"):
        await batch_of(world, 3, amount_minor=50_000)
    assert not await world.books.load(VoucherBatch)
    await accept(world)
    made = await batch_of(world, 3, amount_minor=50_000)
    assert made.no > lost.no
    wallet = await world.wallet()
    for slip in slips:
        assert place_of(int(slip[:8]))[0] == lost.no
        with pytest.raises(CoreError, match="voucher_not_in_books"):
            await redeem(world, wallet, slip)
    assert wallet.posted_minor == 0


async def test_no_token_is_sold_while_its_counter_may_be_that_of_another(world: World) -> None:
    """The meter takes each counter once: who pays for one that was used before gets nothing."""
    wallet = await world.wallet("100")
    await token_meter(world)
    kept = await backup(world)
    lost = await buy(world, world.wallet_now(wallet), "5")
    await restore(world, kept)
    with pytest.raises(CoreError, match="ledger_closed"):
        await buy(world, world.wallet_now(wallet), "5")
    assert world.wallet_now(wallet).posted_minor == 10_000
    await accept(world)
    again = await token_meter(world, count=20)
    assert again.id == lost.meter
    token = await buy(world, world.wallet_now(wallet), "5")
    assert (token.count, token.digits != lost.digits) == (22, True)


async def test_nothing_is_fetched_by_agreement_before_a_person_has_looked(world: World) -> None:
    """A card that was charged after the backup would be charged again for the same fall."""
    port, wallet = Fetching(), await world.wallet("20")
    put_up(world, port)
    await agreed(world, wallet)
    await world.tick()
    kept = await backup(world)
    put_up(world, port)
    await spend(world, world.wallet_now(wallet), 1500)
    await world.tick()
    assert len(port.fetched) == 1
    await restore(world, kept)
    put_up(world, port)
    await deduct(
        world.site, wallet=wallet.wallet.id, amount_minor=1500, reason="used", actor=MANAGER
    )
    for _ in range(3):
        await world.tick(MINUTE)
    assert len(port.fetched) == 1
    await accept(world)
    await world.tick(MINUTE)
    assert [one.amount_minor for one in port.fetched] == [5000, 5000]


async def test_what_was_paid_in_the_lost_time_comes_back_with_the_file_and_once(
    world: World, provider: RefundingProvider
) -> None:
    """An order from before the backup and one from after it: both were paid, and both are in the file."""
    wallet = await world.wallet()
    known = await paid_order(world, provider, wallet, 1000)
    kept = await backup(world)
    connect(world.site, provider)
    lost = await paid_order(world, provider, world.wallet_now(wallet), 2000)
    day = day_of(Channel.WECHAT, world.clock.now)
    provider.files[day] = [
        payment_row(provider.orders[one.out_no], fee=6, at=world.clock.now) for one in (known, lost)
    ]
    await restore(world, kept)
    connect(world.site, provider)
    await accept(world)
    for _ in range(2):
        await reconcile_payments(world.site, first=day, last=day)
        await world.tick(2 * SECOND)
    (held,) = world.site.paying.unmatched.values()
    assert (held.provider_ref, held.left_minor) == (lost.provider_ref, 2000)
    assert world.wallet_now(wallet).posted_minor == 1000
    assert (await find_order(world.site, known.id)).state == "credited"
    assert -await of_site(world, CLEARING) == 3000 - 12
    await world.tick(DAY)
    await is_sound(world)
