"""Money without a place at the edges of its rules, each where nothing else would notice."""

import asyncio
from dataclasses import replace
from typing import Any, Final
from unittest.mock import patch

import pytest

from custom_components.prepaid_parking.core.chart import Channel, SiteAccount
from custom_components.prepaid_parking.core.difference import Resolution
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.ledger import BooksState
from custom_components.prepaid_parking.core.pay_channel import RefundOutcome
from custom_components.prepaid_parking.core.pay_notice import Unmatched
from custom_components.prepaid_parking.core.pay_refund import PayRefund, RefundState
from custom_components.prepaid_parking.operations.adjusting import reverse_entry
from custom_components.prepaid_parking.operations.differences import settle_difference
from custom_components.prepaid_parking.operations.pay_crediting import credit_unknown
from custom_components.prepaid_parking.operations.pay_finding import new_out_no
from custom_components.prepaid_parking.operations.pay_orders import create_order, look
from custom_components.prepaid_parking.operations.pay_refunds import refund_order
from custom_components.prepaid_parking.operations.pay_settling import (
    find_unmatched,
    settle_payment,
)
from tests.operations.money import is_sound, of_site
from tests.operations.provider import connect
from tests.operations.refunding import ACCOUNT, RefundingProvider, of
from tests.operations.test_bank_lines import take
from tests.operations.world import MANAGER, World

SUSPENSE: Final = SiteAccount.SUSPENSE


async def wrong_amount(world: World, provider: RefundingProvider) -> Unmatched:
    """A payment of 90.00 for an order of 100.00."""
    asked: Any = {"aim": of(await world.wallet()), "channel": "ch1", "actor": MANAGER}
    order = await create_order(world.site, amount_minor=10_000, **asked)
    provider.pay(order.out_no, 9_000)
    await look(world.site, order.id)
    (held,) = world.site.paying.unmatched.values()
    return held


async def back(world: World, **asked: Any) -> PayRefund:
    """Give money back."""
    told: dict[str, Any] = {"reason": "not ours", "actor": MANAGER}
    return await refund_order(world.site, **told | asked)


async def test_two_providers_may_number_their_payments_the_same(
    world: World, provider: RefundingProvider
) -> None:
    """Each counts for itself: the refund at one must not empty what lies there of the other."""
    other = RefundingProvider()
    run = connect(world.site, other, "ch2")
    world.site.paying.channels["ch2"] = replace(run, kind=Channel.ALIPAY)
    for channel, one, minor in (("ch1", provider, 700), ("ch2", other, 900)):
        seen = one.pay(new_out_no(world.site), minor, ref="4200")
        await credit_unknown(world.site, channel, seen)
    first, second = world.site.paying.unmatched.values()
    refund = await back(world, payment=second.id)
    assert (refund.kind, refund.amount_minor) == (Channel.ALIPAY, 900)
    left = [(await find_unmatched(world.site, one.id)).left_minor for one in (first, second)]
    assert left == [700, 0]
    assert await of_site(world, SUSPENSE) == 700


async def test_what_waits_for_a_second_person_is_not_given_away_meanwhile(
    world: World, provider: RefundingProvider
) -> None:
    """50 of 90 are asked for a bank account: only 40 are left for the way that they came."""
    held = await wrong_amount(world, provider)
    asked = await back(world, payment=held.id, amount_minor=5_000, account=ACCOUNT)
    assert asked.state is RefundState.REQUESTED
    with pytest.raises(CoreError, match="payment_less_left"):
        await back(world, payment=held.id, amount_minor=4_001)
    assert (await back(world, payment=held.id)).amount_minor == 4_000


async def test_a_bank_account_gets_no_more_than_lies_there(
    world: World, provider: RefundingProvider
) -> None:
    """A second person would allow what cannot be paid: a part has its place already."""
    held = await wrong_amount(world, provider)
    aim = of(world.site.wallet("w1"))
    await settle_payment(world.site, payment=held.id, aim=aim, amount_minor=2_000, actor=MANAGER)
    with pytest.raises(CoreError, match="refund_more_than_rest"):
        await back(world, payment=held.id, amount_minor=7_001, account=ACCOUNT)
    asked = await back(world, payment=held.id, account=ACCOUNT)
    assert (asked.state, asked.amount_minor) == (RefundState.REQUESTED, 7_000)


@pytest.mark.parametrize("first", ["refund", "person"])
async def test_what_comes_back_while_a_person_places_the_rest_is_there_once(
    world: World, provider: RefundingProvider, first: str
) -> None:
    """The provider tells in the very moment: what the list shows has to lie in suspense, no more."""
    held = await wrong_amount(world, provider)
    refund = await back(world, payment=held.id, amount_minor=5_000)
    failed = world.site.paying.refund_heard(
        "ch1", provider.end(refund.refund_no, RefundOutcome.FAILED)
    )
    placed = settle_payment(
        world.site,
        payment=held.id,
        aim=of(world.site.wallet("w1")),
        amount_minor=4_000,
        actor=MANAGER,
    )
    await asyncio.gather(*((failed, placed) if first == "refund" else (placed, failed)))
    left = (await find_unmatched(world.site, held.id)).left_minor
    assert left == await of_site(world, SUSPENSE) == 5_000
    assert world.site.wallet("w1").posted_minor == 4_000
    await is_sound(world)


async def test_nothing_without_a_place_goes_out_of_books_that_a_restore_set_back(
    world: World, provider: RefundingProvider
) -> None:
    """It may have gone back in the time that is lost: a person looks first."""
    held = await wrong_amount(world, provider)
    with (
        patch.object(world.books, "state", BooksState.ROLLED_BACK),
        pytest.raises(CoreError, match="ledger_closed"),
    ):
        await back(world, payment=held.id)
    assert (provider.refund_asked, await of_site(world, SUSPENSE)) == ([], 9_000)


async def test_nobody_takes_back_by_hand_what_moved_money_without_a_place(
    world: World, provider: RefundingProvider
) -> None:
    """Its records would say one thing and the account another: held, refunded, placed, settled."""
    held = await wrong_amount(world, provider)
    aim = of(world.site.wallet("w1"))
    await settle_payment(world.site, payment=held.id, aim=aim, amount_minor=2_000, actor=MANAGER)
    refund = await back(world, payment=held.id, amount_minor=3_000)
    provider.end(refund.refund_no, RefundOutcome.DONE)
    await world.site.paying.refund_heard("ch1", provider.refunds[refund.refund_no])
    taken = await take(world, "2026-07-01,10.00,B1,water", "2026-07-01,20.00,B2,gas")
    await settle_difference(
        world.site,
        difference=taken.found[0].id,
        resolution=Resolution.WALLET,
        wallet="w1",
        reason="rang up",
        actor=MANAGER,
    )
    before = await world.books.balances()
    entries = [one for one in await world.books.entries() if one.postings]
    assert len(entries) == 7
    for entry in entries:
        with pytest.raises(CoreError, match="not_reversible"):
            await reverse_entry(world.site, entry=entry.id, reason="wrong", actor=MANAGER)
    assert await world.books.balances() == before
    lies = sum(one.left_minor for one in world.site.paying.unmatched.values())
    open_ones = world.site.settling.differences.values()
    lies += sum(one.suspended_minor for one in open_ones)
    assert await of_site(world, SUSPENSE) == lies == 6_000
    await is_sound(world)
