"""What a provider's files tell in several days, row by row, is one story; nobody is sent to look for its halves."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

import pytest

from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.chart import SiteAccount
from custom_components.prepaid_parking.core.difference import (
    Difference,
    DifferenceKind,
    Resolution,
    SettledRow,
)
from custom_components.prepaid_parking.core.errors import StoreError
from custom_components.prepaid_parking.core.pay_channel import (
    RefundOutcome,
    RefundSeen,
    RowKind,
    SettlementRow,
)
from custom_components.prepaid_parking.core.pay_order import Aim, AimKind
from custom_components.prepaid_parking.core.pay_refund import RefundState
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.differences import settle_difference
from custom_components.prepaid_parking.operations.pay_orders import create_order, look
from custom_components.prepaid_parking.operations.pay_refunds import find_refund
from custom_components.prepaid_parking.operations.stay_finding import stay_by_id
from tests.operations.conftest import MakeWorld
from tests.operations.dying import Dying
from tests.operations.money import is_sound, of_site
from tests.operations.provider import connect
from tests.operations.refunding import (
    RefundingProvider,
    of,
    paid_order,
    part_back,
    payment_row,
    refund_row,
)
from tests.operations.staying import CITY, arrive, let_out, now
from tests.operations.test_bills import bill_for
from tests.operations.test_settlement import CLEARING, TODAY, payout, reconcile
from tests.operations.world import DAY, HOUR, MANAGER, SECOND, World

TOMORROW: Final = TODAY + DAY
SUSPENSE: Final = SiteAccount.SUSPENSE


def way_back(ref: str, minor: int, fee: int = 0) -> SettlementRow:
    """The row of a refund that a bank sent back the day after."""
    return SettlementRow(
        kind=RowKind.OTHER,
        out_no="",
        provider_ref=ref,
        amount_minor=minor,
        fee_minor=fee,
        at=datetime(2026, 7, 2, 15, tzinfo=UTC),
        word="refund_failure",
    )


async def failed_refund(world: World, provider: RefundingProvider) -> RefundSeen:
    """A refund of 40.00 that was on its way, and of which the provider has told that it failed."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    refund = await part_back(world, order)
    seen = provider.end(refund.refund_no, RefundOutcome.FAILED)
    await world.site.paying.refund_heard("ch1", seen)
    assert (await find_refund(world.site, refund.id)).state is RefundState.FAILED
    provider.files[TODAY] = [payment_row(provider.orders[order.out_no]), refund_row(seen)]
    provider.files[TOMORROW] = [way_back(seen.provider_ref, 4000, fee=30)]
    return seen


async def a_wallet(world: World) -> Aim:
    """A wallet to be filled."""
    return of(await world.wallet())


async def a_stay(world: World) -> Aim:
    """A car that has been inside for two hours."""
    stay = await arrive(world)
    world.clock.now += 2 * HOUR
    return Aim(kind=AimKind.STAY, id=stay.id)


async def a_debt(world: World) -> Aim:
    """A car that was let out without paying."""
    aim = await a_stay(world)
    await let_out(world, now(world, await stay_by_id(world.site, aim.id)))
    return aim


async def a_bill(world: World) -> Aim:
    """A month's rent."""
    wallet = await world.wallet(purpose=Purpose.PROPERTY)
    bill = await bill_for(world, wallet, 3_000, Category.RENT)
    return Aim(kind=AimKind.BILL, id=bill.id)


@pytest.mark.parametrize("aim", [a_wallet, a_stay, a_debt, a_bill])
async def test_whatever_was_paid_for_fits_and_clearing_comes_to_zero(
    make_world: MakeWorld, aim: Callable[[World], Awaitable[Aim]]
) -> None:
    """A car park takes thousands of stays a day: a question about each is none that anybody answers."""
    world, provider = await make_world(tariffs=(CITY,)), RefundingProvider()
    connect(world.site, provider)
    order = await create_order(
        world.site,
        aim=(wanted := await aim(world)),
        channel="ch1",
        amount_minor=1_000 if aim is a_wallet else None,
        actor=MANAGER,
    )
    minor = order.amount_minor
    seen = provider.pay(order.out_no, minor, paid_at=world.clock.now)
    world.clock.now += 2 * SECOND
    await look(world.site, order.id)
    provider.files[TODAY] = [payment_row(seen, fee=6), payout(minor - 6)]
    assert ((await reconcile(world)).found, wanted) == ((), order.aim)
    assert await of_site(world, CLEARING) == await of_site(world, SUSPENSE) == 0
    assert await of_site(world, SiteAccount.BANK) == 6 - minor
    await is_sound(world)


@pytest.mark.parametrize("first", [TODAY, TOMORROW])
async def test_a_refund_that_went_in_one_file_and_came_back_in_another_is_one_that_failed(
    world: World, provider: RefundingProvider, first: object
) -> None:
    """Two differences of opposite amounts would have somebody search for money that never was missing."""
    await failed_refund(world, provider)
    days = [TODAY, TOMORROW] if first == TODAY else [TOMORROW, TODAY]
    (alone,) = (await reconcile(world, days[0])).found
    assert abs(alone.suspended_minor) == world.site.settling.unreconciled_minor == 4000
    await world.restart()
    connect(world.site, provider)
    taken = await reconcile(world, days[1])
    assert (taken.found, [one.id for one in taken.explained]) == ((), [alone.id])
    for day in days:
        assert (await reconcile(world, day)).new == 0
    assert await of_site(world, SUSPENSE) == 0
    assert await of_site(world, CLEARING) == -10_000 + 30
    assert world.site.settling.differences == {}
    (known,) = await world.books.load(Difference)
    assert (known.resolution, known.suspended_minor) == (Resolution.EXPLAINED, 0)
    await is_sound(world)


async def test_one_that_failed_before_the_provider_gave_it_a_number_is_found_by_the_files_own(
    world: World, provider: RefundingProvider
) -> None:
    """The answer with its number was lost, and the next thing heard of it was that it had failed."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    provider.answers_lost = True
    refund = await part_back(world, order)
    seen = provider.end(refund.refund_no, RefundOutcome.FAILED)
    await world.site.paying.refund_heard("ch1", seen)
    known = await find_refund(world.site, refund.id)
    assert (known.state, known.provider_ref) == (RefundState.FAILED, seen.provider_ref)
    provider.answers_lost = False
    provider.files[TODAY] = [payment_row(provider.orders[order.out_no]), refund_row(seen)]
    provider.files[TOMORROW] = [way_back(seen.provider_ref, 4000)]
    (alone,) = (await reconcile(world)).found
    assert [one.id for one in (await reconcile(world, TOMORROW)).explained] == [alone.id]
    assert (wallet.posted_minor, await of_site(world, SUSPENSE)) == (10_000, 0)
    await is_sound(world)


async def test_what_was_given_back_at_the_providers_desk_and_failed_is_one_story_too(
    world: World, provider: RefundingProvider
) -> None:
    """Nobody here asked for it, and nothing has become of it."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    theirs = RefundSeen(
        refund_no="",
        out_no=order.out_no,
        outcome=RefundOutcome.DONE,
        provider_ref="77",
        amount_minor=1000,
    )
    provider.files[TODAY] = [payment_row(provider.orders[order.out_no]), refund_row(theirs)]
    provider.files[TOMORROW] = [way_back("77", 1000)]
    (alone,) = (await reconcile(world)).found
    assert (alone.kind, alone.suspended_minor) == (DifferenceKind.REFUND_UNKNOWN, -1000)
    assert [one.id for one in (await reconcile(world, TOMORROW)).explained] == [alone.id]
    assert await of_site(world, CLEARING) == -10_000
    await is_sound(world)


async def test_what_a_person_has_said_of_the_first_half_stays_said(
    world: World, provider: RefundingProvider
) -> None:
    """The office bore the loss; what comes back after all is its own to place, and not gone unseen."""
    await failed_refund(world, provider)
    (alone,) = (await reconcile(world)).found
    await settle_difference(
        world.site,
        difference=alone.id,
        resolution=Resolution.WRITTEN_OFF,
        reason="lost",
        actor=MANAGER,
    )
    (late,) = (await reconcile(world, TOMORROW)).found
    assert (late.kind, late.suspended_minor) == (DifferenceKind.OTHER_ROW, 4000)
    await settle_difference(
        world.site,
        difference=late.id,
        resolution=Resolution.WRITTEN_OFF,
        reason="came back",
        actor=MANAGER,
    )
    assert await of_site(world, SUSPENSE) == await of_site(world, SiteAccount.WRITE_OFF) == 0
    await is_sound(world)


@pytest.mark.parametrize("at", range(4))
async def test_the_second_half_is_booked_with_the_end_of_the_first_or_not_at_all(
    world: World, provider: RefundingProvider, at: int
) -> None:
    """A difference that is still open after its money has moved would be moved once more by a person."""
    await failed_refund(world, provider)
    (alone,) = (await reconcile(world)).found
    Dying(world, at)
    try:
        await reconcile(world, TOMORROW)
    except StoreError:
        await world.restart()
        connect(world.site, provider)
    is_open = alone.id in world.site.settling.differences
    assert await of_site(world, SUSPENSE) == (-4000 if is_open else 0)
    rows = await world.books.load(SettledRow)
    assert len(rows) == (2 if is_open else 3)
    await reconcile(world, TOMORROW)
    assert (await of_site(world, SUSPENSE), world.site.settling.differences) == (0, {})
    await is_sound(world)
