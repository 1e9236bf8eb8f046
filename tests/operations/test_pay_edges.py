"""What stands between a provider's word and the books: each check by itself, where nothing else would notice."""

from dataclasses import replace

import pytest

from custom_components.prepaid_parking.core.chart import Channel, SiteAccount
from custom_components.prepaid_parking.core.difference import Difference, DifferenceKind
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import ConflictError, CoreError
from custom_components.prepaid_parking.core.pay_channel import ChannelFault, Outcome, RowKind
from custom_components.prepaid_parking.core.pay_notice import HeardNotice, Made, Misfit, Unmatched
from custom_components.prepaid_parking.core.pay_order import LADDER, Aim, AimKind, OrderState
from custom_components.prepaid_parking.core.settlement_calendar import day_of
from custom_components.prepaid_parking.operations.adjusting import reverse_entry
from custom_components.prepaid_parking.operations.pay_crediting import credit_seen, credit_unknown
from custom_components.prepaid_parking.operations.pay_finding import new_out_no
from custom_components.prepaid_parking.operations.pay_notices import hear
from custom_components.prepaid_parking.operations.pay_orders import (
    LASTS,
    close_order,
    find_order,
    look,
)
from custom_components.prepaid_parking.operations.pay_refunds import refund_order
from custom_components.prepaid_parking.operations.pay_settling import settle_payment
from custom_components.prepaid_parking.operations.settlement_days import reconcile_payments
from tests.operations.money import of_site
from tests.operations.provider import SIGNED, Provider, connect
from tests.operations.refunding import RefundingProvider, payment_row
from tests.operations.test_pay_orders import ask
from tests.operations.world import MANAGER, SECOND, World

SUSPENSE = SiteAccount.SUSPENSE
CLEARING = SiteAccount.CLEARING_WECHAT


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"merchant": "1900000099"}, "notice_other_merchant"),
        ({"merchant": ""}, "notice_other_merchant"),
        ({"currency": "USD"}, "notice_other_currency"),
    ],
)
async def test_money_of_others_is_not_booked_whoever_brings_it(
    world: World, provider: Provider, changed: dict[str, str], refusal: str
) -> None:
    """An answer to a question is judged as a notice is: the shop next door has the money, not we."""
    wallet = await world.wallet()
    order = await ask(world, wallet)
    seen = provider.pay(order.out_no, 5000, **changed)
    with pytest.raises(CoreError, match=refusal):
        await look(world.site, order.id)
    with pytest.raises(CoreError, match=refusal):
        await credit_seen(world.site, order, seen)
    lost = provider.pay(new_out_no(world.site), 700, **changed)
    with pytest.raises(CoreError, match=refusal):
        await credit_unknown(world.site, "ch1", lost)
    assert (await find_order(world.site, order.id)).state is OrderState.PENDING
    assert not world.site.paying.unmatched
    assert await of_site(world, CLEARING) == 0 == wallet.posted_minor


async def test_more_than_was_asked_for_is_held_as_less_is(world: World, provider: Provider) -> None:
    """Whoever pays too much has made a mistake, and wants it back: nobody guesses what for."""
    wallet = await world.wallet()
    order = await ask(world, wallet)
    provider.pay(order.out_no, 5001)
    assert (await look(world.site, order.id)).state is OrderState.PAID
    (held,) = world.site.paying.unmatched.values()
    assert (held.why, held.left_minor, wallet.posted_minor) == (Misfit.AMOUNT, 5001, 0)


async def test_a_notice_that_comes_while_its_payment_is_booked_is_kept(
    world: World, provider: Provider
) -> None:
    """The look was a moment quicker: the inbox must show that the provider told of it all the same."""
    wallet = await world.wallet()
    order = await ask(world, wallet)
    seen = provider.pay(order.out_no, 5000)
    await look(world.site, order.id)
    notice = HeardNotice(
        id="ch1/late",
        channel="ch1",
        event_id="late",
        heard_at=world.clock.now,
        sent_at=world.clock.now,
        made=Made.BOOKED,
    )
    after = await credit_seen(world.site, order, seen, puts=(notice,))
    assert (after.state, wallet.posted_minor) == (OrderState.CREDITED, 5000)
    assert notice.id in {one.id for one in await world.books.load(HeardNotice)}


async def test_an_order_that_is_taken_back_cannot_be_paid_at_the_provider(
    world: World, provider: Provider
) -> None:
    """Closed here only, the code on the screen would still take the payer's money."""
    wallet = await world.wallet()
    by_hand, by_time = await ask(world, wallet), await ask(world, wallet)
    await close_order(world.site, order=by_hand.id, actor=MANAGER)
    assert provider.orders[by_hand.out_no].outcome is Outcome.CLOSED
    await world.tick(LASTS + SECOND)
    await world.tick()
    assert provider.orders[by_time.out_no].outcome is Outcome.CLOSED
    assert (await find_order(world.site, by_time.id)).state is OrderState.CLOSED


@pytest.mark.parametrize("fault", [ChannelFault.UNREACHABLE, ChannelFault.REFUSED])
async def test_an_order_that_seemed_refused_is_asked_about_once_more_after_its_end(
    world: World, provider: Provider, fault: ChannelFault
) -> None:
    """The provider had taken it all the same, and somebody paid: without a notice only a look finds that."""
    wallet = await world.wallet()
    provider.create_fault = fault
    order = await ask(world, wallet)
    assert order.state is OrderState.CLOSED
    provider.pay(order.out_no, 5000)
    await world.tick(LASTS + LADDER[-1] + SECOND)
    assert (await find_order(world.site, order.id)).state is OrderState.CREDITED
    assert wallet.posted_minor == 5000


async def test_a_payment_is_given_its_place_in_parts_and_never_beyond_itself(
    world: World, provider: Provider
) -> None:
    """Money that nobody paid must not come out of suspense, nor an order be done with half of it."""
    wallet, other = await world.wallet(), await world.wallet()
    order = await ask(world, wallet)
    provider.pay(order.out_no, 4000)
    await look(world.site, order.id)
    (held,) = world.site.paying.unmatched

    async def give(minor: int) -> Unmatched:
        aim = Aim(kind=AimKind.WALLET, id=other.wallet.id)
        return await settle_payment(
            world.site, payment=held, aim=aim, amount_minor=minor, actor=MANAGER
        )

    for wrong, refusal in ((4001, "payment_less_left"), (0, "amount_not_positive")):
        with pytest.raises(CoreError, match=refusal):
            await give(wrong)
    assert (await give(1500)).left_minor == 2500
    assert (await find_order(world.site, order.id)).state is OrderState.PAID
    with pytest.raises(CoreError, match="payment_less_left"):
        await give(2501)
    with pytest.raises(CoreError, match="refund_not_credited"):
        await refund_order(world.site, order=order.id, reason="asks", actor=MANAGER)
    assert (await give(2500)).settled_at is not None
    assert (await find_order(world.site, order.id)).state is OrderState.CREDITED
    with pytest.raises(CoreError, match="payment_settled"):
        await give(1)
    assert (await of_site(world, SUSPENSE), other.posted_minor) == (0, 4000)


async def test_nothing_goes_back_of_an_order_that_nobody_has_paid(
    world: World, provider: Provider
) -> None:
    """A refund of an open order would be money out of other payers' pockets."""
    wallet = await world.wallet("50")
    order = await ask(world, wallet)
    for _ in range(2):
        with pytest.raises(CoreError, match="refund_not_credited"):
            await refund_order(world.site, order=order.id, reason="asks", actor=MANAGER)
        await close_order(world.site, order=order.id, actor=MANAGER)
    assert wallet.posted_minor == 5000


async def test_a_refund_is_taken_out_of_where_a_person_has_put_the_money(world: World) -> None:
    """The payer meant flat 1, the office put it on flat 2: flat 1 must not pay for what goes back."""
    provider = RefundingProvider()
    connect(world.site, provider)
    meant, given = await world.wallet("50"), await world.wallet()
    order = await ask(world, meant)
    provider.pay(order.out_no, 4000)
    await look(world.site, order.id)
    (held,) = world.site.paying.unmatched
    place = Aim(kind=AimKind.WALLET, id=given.wallet.id)
    for _ in range(2):
        await settle_payment(world.site, payment=held, aim=place, actor=MANAGER, reference="s1")
    refund = await refund_order(world.site, order=order.id, reason="asks", actor=MANAGER)
    assert (refund.wallet, refund.amount_minor) == (given.wallet.id, 4000)
    assert (meant.posted_minor, given.posted_minor) == (5000, 0)
    await world.restart()
    assert (await find_order(world.site, order.id)).aim == place


async def test_a_payment_in_several_places_is_taken_back_from_none_of_them_as_a_whole(
    world: World,
) -> None:
    """Half of it is with the neighbour: whoever pays all of it back gives what is not there."""
    provider = RefundingProvider()
    connect(world.site, provider)
    wallets = [await world.wallet("50"), await world.wallet("50")]
    order = await ask(world, wallets[0])
    provider.pay(order.out_no, 4000)
    await look(world.site, order.id)
    (held,) = world.site.paying.unmatched
    for run, minor in ((wallets[1], 1000), (wallets[1], 1000), (wallets[0], 2000)):
        aim = Aim(kind=AimKind.WALLET, id=run.wallet.id)
        await settle_payment(world.site, payment=held, aim=aim, amount_minor=minor, actor=MANAGER)
    with pytest.raises(CoreError, match="refund_in_parts"):
        await refund_order(world.site, order=order.id, reason="asks", actor=MANAGER)
    day = day_of(Channel.WECHAT, world.clock.now)
    paid = provider.orders[order.out_no]
    provider.files[day] = [
        payment_row(paid, at=world.clock.now),
        replace(payment_row(paid, at=world.clock.now), kind=RowKind.DISPUTE, amount_minor=-4000),
    ]
    await reconcile_payments(world.site, first=day, last=day)
    (difference,) = await world.books.load(Difference)
    assert (difference.kind, difference.suspended_minor) == (DifferenceKind.CHARGEBACK, -4000)
    assert [one.posted_minor for one in wallets] == [7000, 7000]


async def test_one_payment_that_is_told_with_two_amounts_is_refused_loudly(
    world: World, provider: Provider
) -> None:
    """The second word contradicts the first: it is not answered with success, and moves nothing."""
    seen = provider.pay(new_out_no(world.site), 700)
    other = replace(seen, amount_minor=900)
    await hear(world.site, "ch1", SIGNED, provider.notice(seen, world.clock.now))
    for event in ("e2", "e3"):
        with pytest.raises(ConflictError):
            await hear(
                world.site, "ch1", SIGNED, provider.notice(other, world.clock.now, event=event)
            )
    (held,) = world.site.paying.unmatched.values()
    assert (held.left_minor, await of_site(world, SUSPENSE)) == (700, 700)
    assert await of_site(world, CLEARING) == -700
    assert len(await world.books.load(HeardNotice)) == 1


async def test_the_place_of_a_payment_is_not_taken_from_it(world: World) -> None:
    """It would lie in suspense again, and no list and no repair would know of it."""
    provider, run = RefundingProvider(), await world.wallet()
    connect(world.site, provider)
    order = await ask(world, run)
    provider.pay(order.out_no, 3000)
    await look(world.site, order.id)
    (held,) = world.site.paying.unmatched
    await settle_payment(world.site, payment=held, aim=order.aim, actor=MANAGER)
    (entry,) = await world.books.entries(kinds=[EntryKind.TOP_UP])
    with pytest.raises(CoreError, match="place_not_reversible"):
        await reverse_entry(world.site, entry=entry.id, reason="wrong flat", actor=MANAGER)
    assert (run.posted_minor, await of_site(world, SUSPENSE)) == (3000, 0)
