"""Refunds and tokens at the edges of their rules, each where nothing else would notice."""

from dataclasses import replace

import pytest

from custom_components.prepaid_parking.core.chart import SiteAccount
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.pay_channel import RefundOutcome
from custom_components.prepaid_parking.core.pay_order import Aim, AimKind
from custom_components.prepaid_parking.core.pay_refund import RefundState
from custom_components.prepaid_parking.operations.pay_orders import create_order, look
from custom_components.prepaid_parking.operations.pay_refund_steps import refund_heard
from custom_components.prepaid_parking.operations.pay_refunds import find_refund, refund_order
from custom_components.prepaid_parking.operations.stay_finding import Which
from custom_components.prepaid_parking.operations.stay_paying import pay_stay
from tests.operations.conftest import MakeWorld
from tests.operations.money import is_sound, of_site
from tests.operations.provider import connect
from tests.operations.refunding import ACCOUNT, RefundingProvider, paid_order, part_back
from tests.operations.staying import CITY, arrive, now
from tests.operations.test_tokens import buy, token_meter
from tests.operations.world import HOUR, MANAGER, MINUTE, SECOND, World


async def test_what_waits_for_a_second_person_counts_as_much_as_what_has_gone(
    world: World, provider: RefundingProvider
) -> None:
    """Two requests of 60 out of 100: whoever allows both would give 120 back."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)

    async def ask(minor: int, reference: str) -> str:
        refund = await refund_order(
            world.site,
            order=order.id,
            amount_minor=minor,
            account=ACCOUNT,
            reason="moved",
            reference=reference,
            actor=MANAGER,
        )
        return refund.id

    for wrong in (10_001, 0, -1):
        with pytest.raises(CoreError, match="refund_more_than_rest"):
            await ask(wrong, f"w{wrong}")
    first = await ask(6000, "a")
    assert await ask(6000, "a") == first
    with pytest.raises(CoreError, match="refund_more_than_rest"):
        await ask(4001, "b")
    assert await ask(4000, "c") != first
    assert (await find_refund(world.site, first)).state is RefundState.REQUESTED
    assert wallet.posted_minor == 10_000


async def test_what_a_provider_says_of_another_payments_refund_ends_none_of_ours(
    world: World, provider: RefundingProvider
) -> None:
    """The number fits and the payment does not: somebody has mixed two up, and it is not believed."""
    refund = await part_back(world, await paid_order(world, provider, await world.wallet()))
    seen = provider.end(refund.refund_no, RefundOutcome.DONE)
    await refund_heard(world.site, "ch1", replace(seen, out_no="pp0000"))
    assert (await find_refund(world.site, refund.id)).state is RefundState.SENT
    await refund_heard(world.site, "ch1", seen)
    assert (await find_refund(world.site, refund.id)).state is RefundState.DONE


async def test_a_stays_refund_that_fails_puts_back_what_came_in_beyond_its_price(
    make_world: MakeWorld,
) -> None:
    """The driver paid at the desk and by phone: what was too much is still his when it comes back."""
    world = await make_world(tariffs=(CITY,))
    provider = RefundingProvider()
    connect(world.site, provider)
    stay = await arrive(world)
    world.clock.now += HOUR
    aim = Aim(kind=AimKind.STAY, id=stay.id)
    order = await create_order(world.site, aim=aim, channel="ch1", actor=MANAGER)
    await pay_stay(world.site, which=Which(stay=stay.id), actor=MANAGER)
    provider.pay(order.out_no, order.amount_minor, paid_at=world.clock.now)
    world.clock.now += 2 * SECOND
    await look(world.site, order.id)
    before = now(world, stay)
    assert before.over_minor == order.amount_minor
    suspense = await of_site(world, SiteAccount.SUSPENSE)
    refund = await refund_order(world.site, order=order.id, reason="twice", actor=MANAGER)
    assert (now(world, stay).over_minor, refund.held_minor) == (0, before.over_minor)
    provider.end(refund.refund_no, RefundOutcome.FAILED)
    await world.tick(MINUTE)
    after = now(world, stay)
    assert (after.over_minor, after.refunded_minor) == (before.over_minor, before.refunded_minor)
    assert await of_site(world, SiteAccount.SUSPENSE) == suspense
    await is_sound(world)


async def test_one_reference_at_two_meters_is_two_tokens(world: World) -> None:
    """A kiosk counts its slips for each meter: the neighbour must not be shown a token of mine."""
    wallet = await world.wallet("100")
    await token_meter(world)
    other = await token_meter(world, "SL-2")
    first = await buy(world, wallet, "5", reference="slip 1")
    second = await buy(world, wallet, "5", reference="slip 1", meter="SL-2")
    assert (second.meter, first.meter != second.meter) == (other.id, True)
    assert await buy(world, wallet, "5", reference="slip 1", meter="SL-2") == second
    assert wallet.posted_minor == 10_000 - 2 * 750
