"""Refunds and files over real HTTP: the pretended providers sign, fail after booking, and go wrong."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone

import pytest

from custom_components.prepaid_parking.core.chart import Channel, SiteAccount
from custom_components.prepaid_parking.core.difference import DifferenceKind
from custom_components.prepaid_parking.core.pay_order import Aim, AimKind, OrderState, PayOrder
from custom_components.prepaid_parking.core.pay_refund import PayRefund, RefundState
from custom_components.prepaid_parking.operations.cashier import close_wallet
from custom_components.prepaid_parking.operations.pay_book import ChannelRun
from custom_components.prepaid_parking.operations.pay_finding import find_order
from custom_components.prepaid_parking.operations.pay_notices import hear
from custom_components.prepaid_parking.operations.pay_orders import create_order, look
from custom_components.prepaid_parking.operations.pay_refunds import find_refund, refund_order
from custom_components.prepaid_parking.operations.settlement_days import reconcile_payments
from custom_components.prepaid_parking.operations.settlement_file import FileTaken
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from custom_components.prepaid_parking.simulator.pay_books import RefundState as There, fee
from tests.links.pay.stripe_peer import desk
from tests.links.pay.wechat_peer import Shop, shop
from tests.operations.conftest import MakeWorld, make_world
from tests.operations.money import is_sound, of_site
from tests.operations.refunding import of
from tests.operations.world import DAY, MANAGER, SECOND, World

__all__ = ["make_world"]

BEIJING = timezone(timedelta(hours=8))
PATIENT_S = 5


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Loopback sockets are the point here; the test plugin forbids them unless asked."""


@asynccontextmanager
async def open_shop(make_world: MakeWorld) -> AsyncIterator[tuple[World, Shop]]:
    """A site at this very time, with a merchant's account at the pretended platform."""
    async with shop() as found:
        world = await make_world(at=datetime.now(UTC))
        world.site.paying.channels["ch1"] = ChannelRun(
            key="ch1", name="WeChat Pay", kind=Channel.WECHAT, port=found.pay
        )
        yield world, found


async def pay(world: World, place: Shop, wallet: WalletRun, minor: int = 10_000) -> PayOrder:
    """Have a payer pay by phone; nobody hears the notice."""
    order = await create_order(
        world.site, aim=of(wallet), channel="ch1", amount_minor=minor, actor=MANAGER
    )
    await place.fake.pay(order.out_no)
    world.clock.now += 2 * SECOND
    return await look(world.site, order.id)


async def back(world: World, order: PayOrder, minor: int) -> PayRefund:
    """Ask for a refund."""
    return await refund_order(
        world.site, order=order.id, amount_minor=minor, reason="多付", actor=MANAGER
    )


async def ended(world: World, refund: PayRefund, state: RefundState) -> None:
    """Look until a refund has come to its end; looks are a clock's matter, not this test's."""
    async with asyncio.timeout(PATIENT_S):
        while (await find_refund(world.site, refund.id)).state is not state:
            await world.tick(DAY)


async def reconcile(world: World, place: Shop) -> FileTaken:
    """Match today's file."""
    day = place.fake.now().astimezone(BEIJING).date()
    (taken,) = await reconcile_payments(world.site, first=day, last=day)
    assert taken.taken is not None, taken.fault
    return taken.taken


async def test_a_refund_that_was_booked_behind_an_error_is_not_asked_for_twice(
    make_world: MakeWorld,
) -> None:
    """The gateway answers 502 after the platform has booked: a second number would pay twice."""
    async with open_shop(make_world) as (world, place):
        order = await pay(world, place, await world.wallet())
        place.fake.faults.fail_after_booking = 1
        refund = await back(world, order, 4000)
        assert refund.state is RefundState.SENT
        await ended(world, refund, RefundState.DONE)
        assert list(place.fake.books.refunds) == [refund.refund_no]
        assert await of_site(world, SiteAccount.CLEARING_WECHAT) == -6000
        await is_sound(world)


async def test_a_refund_that_was_not_booked_behind_an_error_is_asked_for_again(
    make_world: MakeWorld,
) -> None:
    """The same error, and nothing had happened: the payer still gets the money, once."""
    async with open_shop(make_world) as (world, place):
        order = await pay(world, place, await world.wallet())
        place.fake.faults.fail_before_booking = 1
        refund = await back(world, order, 4000)
        await ended(world, refund, RefundState.DONE)
        assert list(place.fake.books.refunds) == [refund.refund_no]


async def test_a_refund_that_is_accepted_and_fails_is_back_in_the_wallet(
    make_world: MakeWorld,
) -> None:
    """A closed account at the provider: the tenant's balance is as if nobody had asked."""
    async with open_shop(make_world) as (world, place):
        wallet = await world.wallet()
        order = await pay(world, place, wallet)
        place.fake.faults.refund_fails = True
        refund = await back(world, order, 4000)
        await ended(world, refund, RefundState.FAILED)
        assert wallet.posted_minor == 10_000
        await is_sound(world)


async def test_money_for_a_closed_wallet_goes_back_to_its_payer(make_world: MakeWorld) -> None:
    """The tenant moved out while a friend paid: the platform gives it back, and its file fits."""
    async with open_shop(make_world) as (world, place):
        wallet = await world.wallet()
        order = await create_order(
            world.site, aim=of(wallet), channel="ch1", amount_minor=5000, actor=MANAGER
        )
        await close_wallet(world.site, wallet=wallet.wallet.id, reason="moved", actor=MANAGER)
        await place.fake.pay(order.out_no)
        world.clock.now += 2 * SECOND
        await look(world.site, order.id)
        (held,) = world.site.paying.unmatched.values()
        refund = await refund_order(world.site, payment=held.id, reason="退回", actor=MANAGER)
        await ended(world, refund, RefundState.DONE)
        assert [one.amount_minor for one in place.fake.books.refunds.values()] == [5000]
        assert (await reconcile(world, place)).found == ()
        assert await of_site(world, SiteAccount.CLEARING_WECHAT) == 0  # The fee goes back as well.
        assert await of_site(world, SiteAccount.SUSPENSE) == 0
        await is_sound(world)


async def test_a_notice_ends_a_refund_and_one_that_is_stuck_is_seen(
    make_world: MakeWorld,
) -> None:
    """The platform says it by itself, signed and sealed; who looks seldom still knows."""
    async with open_shop(make_world) as (world, place):
        wallet = await world.wallet()
        order = await pay(world, place, wallet)
        place.fake.faults.refund_pending = True
        first, second = [await back(world, order, minor) for minor in (1000, 2000)]
        await place.fake.complete(first.refund_no)
        place.fake.faults.refund_stuck = True
        await place.fake.complete(second.refund_no)
        await place.fake.told()
        for headers, body in place.letters:
            world.clock.now = datetime.now(UTC)
            await hear(world.site, "ch1", headers, body)
        assert (await find_refund(world.site, first.id)).state is RefundState.DONE
        assert [one.id for one in world.site.settling.stuck] == [second.id]
        assert place.fake.books.refunds[second.refund_no].state is There.STUCK
        await is_sound(world)


async def test_the_platforms_file_is_matched_and_one_missing_and_one_extra_are_listed(
    make_world: MakeWorld,
) -> None:
    """A day as the platform writes it: two payments, one refund, one of somebody's, one left out."""
    async with open_shop(make_world) as (world, place):
        wallet = await world.wallet()
        missing = await pay(world, place, wallet, 3000)
        known = await pay(world, place, wallet, 10_000)
        refund = await back(world, known, 4000)
        await ended(world, refund, RefundState.DONE)
        unheard = await create_order(
            world.site, aim=of(wallet), channel="ch1", amount_minor=5000, actor=MANAGER
        )
        await place.fake.pay(unheard.out_no)
        place.fake.faults.row_without_order = place.fake.faults.order_without_row = 1
        taken = await reconcile(world, place)
        assert (await find_order(world.site, unheard.id)).state is OrderState.CREDITED
        assert {(one.kind, one.order) for one in taken.found} == {
            (DifferenceKind.ORDER_WITHOUT_ROW, missing.id),
            (DifferenceKind.ROW_WITHOUT_ORDER, None),
        }
        fees = fee(10_000) - fee(4000) + fee(5000) + fee(990)
        assert await of_site(world, SiteAccount.PROVIDER_FEES) == -fees
        place.fake.faults.row_without_order = place.fake.faults.order_without_row = 0
        taken = await reconcile(world, place)
        assert [one.order for one in taken.explained] == [missing.id]
        await is_sound(world)


async def test_stripe_takes_refunds_in_parts_and_its_movements_are_matched(
    make_world: MakeWorld,
) -> None:
    """Another provider, other words, its days in UTC: the same rules."""
    async with desk() as place:
        world = await make_world(at=datetime.now(UTC), currency="EUR")
        world.site.paying.channels["ch1"] = ChannelRun(
            key="ch1", name="Stripe", kind=Channel.STRIPE, port=place.channel
        )
        wallet = await world.wallet()
        order = await create_order(
            world.site,
            aim=Aim(kind=AimKind.WALLET, id=wallet.wallet.id),
            channel="ch1",
            amount_minor=10_000,
            actor=MANAGER,
        )
        await place.fake.pay(order.out_no)
        world.clock.now += 2 * SECOND
        order = await look(world.site, order.id)
        for minor in (1000, 2500):
            await ended(world, await back(world, order, minor), RefundState.DONE)
        day = place.fake.now().date()
        (taken,) = await reconcile_payments(world.site, first=day, last=day)
        assert taken.taken is not None
        assert (taken.taken.rows, taken.taken.found) == (3, ())
        assert wallet.posted_minor == 6500
        fees = await of_site(world, SiteAccount.PROVIDER_FEES)
        assert fees < 0
        assert await of_site(world, SiteAccount.CLEARING_STRIPE) == -6500 - fees
        await is_sound(world)


@pytest.mark.parametrize("changed", [True, False])
async def test_a_file_that_is_not_the_announced_one_is_not_taken_up(
    make_world: MakeWorld, *, changed: bool
) -> None:
    """Half a file, or a forged one, would open a difference for every payer of the day."""
    async with open_shop(make_world) as (world, place):
        await pay(world, place, await world.wallet())
        place.fake.faults.file_changed = changed
        day = place.fake.now().astimezone(BEIJING).date()
        (taken,) = await reconcile_payments(world.site, first=day, last=day)
        assert (taken.taken is None) is changed
        assert world.site.settling.differences == {}
