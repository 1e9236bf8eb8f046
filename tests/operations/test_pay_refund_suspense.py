"""Money that has no place goes back to its payer by its own channel: held first, once, and never more than lies there."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from custom_components.prepaid_parking.core.chart import SiteAccount
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.held_operation import HeldState
from custom_components.prepaid_parking.core.pay_channel import Outcome, RefundOutcome, Seen
from custom_components.prepaid_parking.core.pay_notice import Unmatched
from custom_components.prepaid_parking.core.pay_order import OrderState
from custom_components.prepaid_parking.core.pay_refund import (
    PayRefund,
    RefundState,
    RefundStep,
    RefundWay,
)
from custom_components.prepaid_parking.core.risk import RiskAction, RiskKind
from custom_components.prepaid_parking.operations.cashier import close_wallet
from custom_components.prepaid_parking.operations.challenges import confirm_operation
from custom_components.prepaid_parking.operations.held_kinds import KINDS
from custom_components.prepaid_parking.operations.pay_crediting import credit_unknown
from custom_components.prepaid_parking.operations.pay_orders import create_order, find_order, look
from custom_components.prepaid_parking.operations.pay_refund_people import settle_refund
from custom_components.prepaid_parking.operations.pay_refunds import find_refund, refund_order
from custom_components.prepaid_parking.operations.pay_settling import (
    find_unmatched,
    settle_payment,
)
from custom_components.prepaid_parking.operations.risk_rules import set_risk_rule
from tests.operations.money import is_sound, of_site
from tests.operations.provider import connect
from tests.operations.refunding import (
    ACCOUNT,
    OTHER,
    RefundingProvider,
    of,
    payment_row,
    refund_row,
)
from tests.operations.test_settlement import CLEARING, TODAY, payout, reconcile
from tests.operations.world import MANAGER, MINUTE, SECOND, World

REFUNDS: Final = SiteAccount.REFUNDS
SUSPENSE: Final = SiteAccount.SUSPENSE


async def wrong_amount(world: World, provider: RefundingProvider) -> Unmatched:
    """A payment of 90.00 for an order of 100.00."""
    wallet = await world.wallet()
    order = await create_order(
        world.site, aim=of(wallet), channel="ch1", amount_minor=10_000, actor=MANAGER
    )
    provider.pay(order.out_no, 9000, paid_at=world.clock.now)
    world.clock.now += 2 * SECOND
    assert (await look(world.site, order.id)).state is OrderState.PAID
    (held,) = world.site.paying.unmatched.values()
    return held


async def closed_wallet(world: World, provider: RefundingProvider) -> Unmatched:
    """A payment for a wallet that was closed while its payer typed the code."""
    wallet = await world.wallet()
    order = await create_order(
        world.site, aim=of(wallet), channel="ch1", amount_minor=9000, actor=MANAGER
    )
    await close_wallet(world.site, wallet=wallet.wallet.id, reason="moved", actor=MANAGER)
    provider.pay(order.out_no, 9000, paid_at=world.clock.now)
    world.clock.now += 2 * SECOND
    await look(world.site, order.id)
    (held,) = world.site.paying.unmatched.values()
    return held


async def no_order(world: World, provider: RefundingProvider) -> Unmatched:
    """A payment of an order that a restore has lost."""
    seen = Seen(
        out_no="LOST",
        outcome=Outcome.PAID,
        provider_ref="4299",
        amount_minor=9000,
        currency="CNY",
        merchant=provider.merchant,
        paid_at=datetime(2026, 7, 1, 12, tzinfo=UTC),
    )
    provider.orders["LOST"] = seen
    await credit_unknown(world.site, "ch1", seen)
    (held,) = world.site.paying.unmatched.values()
    return held


async def back(world: World, payment: str, minor: int | None = None, **more: object) -> PayRefund:
    """Give a payment back."""
    told: dict[str, object] = {"reason": "not ours", "actor": MANAGER} | more
    return await refund_order(world.site, payment=payment, amount_minor=minor, **told)  # type: ignore[arg-type]


async def left(world: World, held: Unmatched) -> int:
    """What lies there of a payment: in the books as in mind."""
    written = await find_unmatched(world.site, held.id)
    known = world.site.paying.unmatched.get(held.id)
    assert (known.left_minor if known is not None else 0) == written.left_minor
    return written.left_minor


@pytest.mark.parametrize("came", [wrong_amount, closed_wallet, no_order])
async def test_it_is_held_sent_and_done_and_clearing_comes_to_zero(
    world: World,
    provider: RefundingProvider,
    came: Callable[[World, RefundingProvider], Awaitable[Unmatched]],
) -> None:
    """Who paid the wrong amount gets it back the way it came, without somebody's wallet in between."""
    held = await came(world, provider)
    refund = await back(world, held.id)
    assert (refund.state, refund.amount_minor, refund.payment_ref) == (
        RefundState.SENT,
        9000,
        held.provider_ref,
    )
    assert (await of_site(world, SUSPENSE), await of_site(world, REFUNDS)) == (0, 9000)
    assert (await left(world, held), world.site.paying.unmatched) == (0, {})
    assert provider.given(held.out_no) == 9000
    await world.restart()
    connect(world.site, provider)
    seen = provider.end(refund.refund_no, RefundOutcome.DONE)
    await world.tick(MINUTE)
    assert (await find_refund(world.site, refund.id)).state is RefundState.DONE
    paid = payment_row(provider.orders[held.out_no], fee=50)
    provider.files[TODAY] = [paid, refund_row(seen, fee=-20), payout(-30)]
    found = (await reconcile(world)).found
    assert [one.unmatched for one in found] == ([held.id] if came is no_order else [])
    assert await of_site(world, CLEARING) == await of_site(world, SUSPENSE) == 0
    assert await of_site(world, REFUNDS) == 0
    await is_sound(world)


async def test_never_more_goes_back_than_lies_there(
    world: World, provider: RefundingProvider
) -> None:
    """A part was given its place meanwhile, and the rest is asked for twice: the payer has paid once."""
    held = await wrong_amount(world, provider)
    await settle_payment(
        world.site,
        payment=held.id,
        aim=of(world.site.wallet("w1")),
        amount_minor=2000,
        actor=MANAGER,
    )
    for minor, key in ((7001, "payment_less_left"), (0, "amount_not_positive")):
        with pytest.raises(CoreError, match=key):
            await back(world, held.id, minor)
    await back(world, held.id, 3000)
    answers = await asyncio.gather(
        *(back(world, held.id) for _ in range(3)), return_exceptions=True
    )
    assert [one.key for one in answers if isinstance(one, CoreError)] == ["payment_settled"] * 2
    assert (provider.given(held.out_no), await of_site(world, SUSPENSE)) == (7000, 0)
    with pytest.raises(CoreError, match="payment_settled"):
        await settle_payment(
            world.site, payment=held.id, aim=of(world.site.wallet("w1")), actor=MANAGER
        )
    assert held.order is not None
    order = await find_order(world.site, held.order)
    assert order.state is OrderState.CREDITED
    whole = await refund_order(world.site, order=order.id, reason="left", actor=MANAGER)
    assert (whole.amount_minor, provider.given(held.out_no)) == (2000, 9000)
    assert world.site.wallet("w1").posted_minor == 0
    await is_sound(world)


@pytest.mark.parametrize("done", [False, True])
async def test_what_does_not_go_lies_there_again_and_may_be_placed(
    world: World, provider: RefundingProvider, done: bool
) -> None:
    """A closed card: the money is still the payer's, and the list of what has no place shows it again."""
    held = await wrong_amount(world, provider)
    refund = await back(world, held.id, 5000)
    if done:
        provider.end(refund.refund_no, RefundOutcome.DONE)
        await world.tick(MINUTE)
    seen = provider.end(refund.refund_no, RefundOutcome.FAILED)
    for _ in range(2):
        await world.site.paying.refund_heard("ch1", seen)
    assert (await find_refund(world.site, refund.id)).state is RefundState.FAILED
    assert (await left(world, held), await of_site(world, SUSPENSE)) == (9000, 9000)
    assert await of_site(world, CLEARING) == -9000
    await world.restart()
    connect(world.site, provider)
    await settle_payment(
        world.site, payment=held.id, aim=of(world.site.wallet("w1")), actor=MANAGER
    )
    assert world.site.wallet("w1").posted_minor == 9000
    await is_sound(world)


async def test_past_the_time_limit_it_goes_to_a_named_account_with_a_second_person(
    world: World, provider: RefundingProvider
) -> None:
    """After a year the provider takes nothing back; one person alone could name an own account."""
    held = await no_order(world, provider)
    world.clock.now += timedelta(days=366)
    with pytest.raises(CoreError, match="refund_too_late"):
        await back(world, held.id)
    with pytest.raises(CoreError, match="refund_more_than_rest"):
        await back(world, held.id, 9001, account=ACCOUNT)
    refund = await back(world, held.id, account=ACCOUNT)
    assert (refund.state, refund.way) == (RefundState.REQUESTED, RefundWay.BANK)
    assert await of_site(world, SUSPENSE) == 9000
    with pytest.raises(CoreError, match="refund_same_person"):
        await settle_refund(world.site, refund=refund.id, step=RefundStep.ALLOW, actor=MANAGER)
    await settle_refund(world.site, refund=refund.id, step=RefundStep.ALLOW, actor=OTHER)
    assert (await left(world, held), await of_site(world, REFUNDS)) == (0, 9000)
    await settle_refund(world.site, refund=refund.id, step=RefundStep.PAID, actor=MANAGER)
    assert await of_site(world, SiteAccount.BANK) == 9000
    assert provider.refund_asked == []
    await is_sound(world)


async def test_a_large_one_waits_for_another_person_and_goes_once(
    world: World, provider: RefundingProvider
) -> None:
    """A stolen login looks for what lies about: the limit is the one of every refund."""
    held = await wrong_amount(world, provider)
    changes = {"most": 1000, "shadow": False, "action": RiskAction.REVIEW}
    await set_risk_rule(world.site, rule=RiskKind.REFUND_LARGE, changes=changes, actor=MANAGER)
    with pytest.raises(CoreError, match="review_required") as caught:
        await back(world, held.id)
    assert (provider.refund_asked, await left(world, held)) == ([], 9000)
    operation = caught.value.placeholders["operation"]
    for _ in range(2):
        done = await confirm_operation(world.site, KINDS, operation=operation, actor=OTHER)
        assert done.state is HeldState.DONE
    assert (provider.given(held.out_no), await left(world, held)) == (9000, 0)
    assert len(provider.refund_asked) == 1
    await is_sound(world)


async def test_a_rule_that_would_shut_a_wallet_refuses_where_there_is_none(
    world: World, provider: RefundingProvider
) -> None:
    """Nothing is there that could be frozen; the money stays where it lies."""
    held = await no_order(world, provider)
    changes = {"most": 1000, "shadow": False, "action": RiskAction.FREEZE_OUT}
    await set_risk_rule(world.site, rule=RiskKind.REFUND_LARGE, changes=changes, actor=MANAGER)
    with pytest.raises(CoreError, match="risk_refused"):
        await back(world, held.id)
    assert await left(world, held) == 9000
