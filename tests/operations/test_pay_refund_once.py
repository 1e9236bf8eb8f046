"""A refund of what has no place goes once: asked for twice, over a crash, unheard, and beside the order's own."""

import contextlib
from dataclasses import replace

import pytest

from custom_components.prepaid_parking.core.errors import ConflictError, CoreError, StoreError
from custom_components.prepaid_parking.core.pay_channel import RefundOutcome
from custom_components.prepaid_parking.core.pay_refund import RefundState
from custom_components.prepaid_parking.operations.pay_crediting import credit_seen
from custom_components.prepaid_parking.operations.pay_orders import find_order
from custom_components.prepaid_parking.operations.pay_refunds import find_refund, refund_order
from custom_components.prepaid_parking.operations.pay_settling import settle_payment
from tests.operations.dying import Dying
from tests.operations.money import is_sound, of_site
from tests.operations.provider import connect
from tests.operations.refunding import RefundingProvider, of
from tests.operations.test_pay_refund_suspense import SUSPENSE, back, left, wrong_amount
from tests.operations.test_settlement import CLEARING
from tests.operations.test_unheard import lost_answers
from tests.operations.world import DAY, MANAGER, MINUTE, World


async def test_under_one_reference_it_is_one(world: World, provider: RefundingProvider) -> None:
    """A request that is sent again after a lost answer must not pay twice."""
    held = await wrong_amount(world, provider)
    first = await back(world, held.id, 1000, reference="r1")
    assert (await back(world, held.id, 1000, reference="r1")).id == first.id
    with pytest.raises(ConflictError):
        await back(world, held.id, 1001, reference="r1")
    for told in ({}, {"order": held.order, "payment": held.id}):
        with pytest.raises(CoreError, match="refund_of_what"):
            await refund_order(world.site, reason="x", actor=MANAGER, **told)  # type: ignore[arg-type]
    assert await left(world, held) == 8000


@pytest.mark.parametrize("at", range(5))
async def test_a_hub_that_dies_over_it_gives_it_back_once(
    world: World, provider: RefundingProvider, at: int
) -> None:
    """What is held is asked for after the restart, under its number; what was not begun lies there."""
    held = await wrong_amount(world, provider)
    Dying(world, at)
    with contextlib.suppress(StoreError):
        await back(world, held.id, reference="r")
    await world.restart()
    connect(world.site, provider)
    there = await left(world, held)
    assert await of_site(world, SUSPENSE) == there
    refund = await back(world, held.id, reference="r")
    for _ in range(3):
        await world.tick(MINUTE)
    provider.end(refund.refund_no, RefundOutcome.DONE)
    await world.tick(DAY)
    assert (await find_refund(world.site, refund.id)).state is RefundState.DONE
    assert (provider.given(held.out_no), len(provider.refunds)) == (9000, 1)
    assert await of_site(world, CLEARING) == await of_site(world, SUSPENSE) == 0
    await is_sound(world)


async def test_one_that_nobody_heard_of_goes_its_way(
    world: World, provider: RefundingProvider
) -> None:
    """It was written: placed as well, the money would be there twice."""
    held = await wrong_amount(world, provider)
    with lost_answers(world):
        await back(world, held.id, reference="r")
    again = await back(world, held.id, reference="r")
    assert again.amount_minor == 9000
    await world.tick(MINUTE)
    assert (provider.given(held.out_no), await left(world, held)) == (9000, 0)
    await is_sound(world)


async def test_a_second_payment_of_an_order_goes_back_beside_the_first(
    world: World, provider: RefundingProvider
) -> None:
    """The payer tapped twice: one fills the wallet, the other goes back, and the first may go back still."""
    held = await wrong_amount(world, provider)
    assert held.order is not None
    await settle_payment(
        world.site, payment=held.id, aim=of(world.site.wallet("w1")), actor=MANAGER
    )
    first = provider.orders[held.out_no]
    provider.orders[held.out_no] = replace(first, provider_ref="4298")
    order = await find_order(world.site, held.order)
    await credit_seen(world.site, order, provider.orders[held.out_no])
    (second,) = world.site.paying.unmatched.values()
    await back(world, second.id)
    assert await left(world, second) == 0
    provider.refunds.clear()
    provider.orders[held.out_no] = first
    whole = await refund_order(world.site, order=order.id, reason="left", actor=MANAGER)
    assert whole.amount_minor == 9000
    await is_sound(world)
