"""Settlement: a provider's day against the orders and the books, each row once, every difference seen."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest

from custom_components.prepaid_parking.core.chart import SiteAccount, site_account
from custom_components.prepaid_parking.core.difference import (
    Difference,
    DifferenceKind,
    Resolution,
    SettledRow,
)
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import OrderId
from custom_components.prepaid_parking.core.pay_channel import (
    ChannelFault,
    RefundOutcome,
    RowKind,
    SettlementRow,
)
from custom_components.prepaid_parking.core.pay_order import OrderState
from custom_components.prepaid_parking.core.pay_refund import RefundState
from custom_components.prepaid_parking.operations.differences import (
    all_differences,
    settle_difference,
)
from custom_components.prepaid_parking.operations.pay_finding import find_order
from custom_components.prepaid_parking.operations.pay_orders import create_order
from custom_components.prepaid_parking.operations.pay_refunds import find_refund
from custom_components.prepaid_parking.operations.settlement_days import reconcile_payments
from custom_components.prepaid_parking.operations.settlement_file import FileTaken
from custom_components.prepaid_parking.operations.settling_facts import DifferenceFact
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
from tests.operations.world import DAY, HOUR, MANAGER, MINUTE, World

CLEARING = SiteAccount.CLEARING_WECHAT
FEES = SiteAccount.PROVIDER_FEES
TODAY = date(2026, 7, 1)


NINE: Final = datetime(2026, 7, 1, 9, tzinfo=UTC)


def stranger(minor: int = 990, ref: str = "99", at: datetime = NINE) -> SettlementRow:
    """A payment that no order of ours asked for."""
    return SettlementRow(
        kind=RowKind.PAYMENT,
        out_no="SOMEBODY-ELSES",
        provider_ref=ref,
        amount_minor=minor,
        fee_minor=6,
        at=at,
    )


def payout(minor: int, ref: str = "po") -> SettlementRow:
    """What the provider sends to the bank."""
    at = datetime(2026, 7, 1, 15, tzinfo=UTC)
    return SettlementRow(
        kind=RowKind.PAYOUT, out_no="", provider_ref=ref, amount_minor=minor, at=at, word="payout"
    )


async def reconcile(world: World, day: date = TODAY) -> FileTaken:
    """Match a day now."""
    (taken,) = await reconcile_payments(world.site, first=day, last=day)
    assert taken.taken is not None, taken.fault
    return taken.taken


async def test_a_day_that_fits_books_its_fee_and_nothing_else(
    world: World, provider: RefundingProvider
) -> None:
    """The owner sees what the provider keeps, and no list of questions."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    provider.files[TODAY] = [payment_row(provider.orders[order.out_no], fee=60)]
    for _ in range(2):
        taken = await reconcile(world)
        assert taken.found == ()
    assert taken.new == 0
    assert await of_site(world, FEES) == -60
    assert await of_site(world, CLEARING) == -9940
    await is_sound(world)


async def test_one_missing_and_one_extra_are_both_listed(
    world: World, provider: RefundingProvider
) -> None:
    """What the bank's file does not have, and what it has beyond the books, each needs a person."""
    wallet = await world.wallet()
    orders = [await paid_order(world, provider, wallet) for _ in range(3)]
    rows = [payment_row(provider.orders[one.out_no]) for one in orders]
    provider.files[TODAY] = [rows[0], rows[2], stranger()]
    taken = await reconcile(world)
    assert {(one.kind, one.order) for one in taken.found} == {
        (DifferenceKind.ORDER_WITHOUT_ROW, orders[1].id),
        (DifferenceKind.ROW_WITHOUT_ORDER, None),
    }
    listed, count = await all_differences(world.site)
    assert {one.id for one in listed} == {one.id for one in taken.found}
    assert count == len(listed)
    assert await all_differences(world.site, open_only=False) == (listed, count)
    assert world.site.settling.unreconciled_minor == 10_000 + 990
    assert await of_site(world, SiteAccount.SUSPENSE) == 990
    assert len(world.heard(DifferenceFact)) == 2
    await is_sound(world)
    await world.restart()
    assert world.site.settling.unreconciled_minor == 10_000 + 990


async def test_a_longer_file_later_books_only_what_is_new_and_closes_what_it_explains(
    world: World, provider: RefundingProvider
) -> None:
    """Providers hand out a file again with what was late: nobody must be charged a fee twice."""
    wallet = await world.wallet()
    orders = [await paid_order(world, provider, wallet) for _ in range(2)]
    rows = [payment_row(provider.orders[one.out_no], fee=60) for one in orders]
    provider.files[TODAY] = rows[:1]
    (missing,) = (await reconcile(world)).found
    assert missing.kind is DifferenceKind.ORDER_WITHOUT_ROW
    assert (await reconcile(world)).found == ()
    provider.files[TODAY] = rows
    taken = await reconcile(world)
    assert (taken.new, [one.id for one in taken.explained]) == (1, [missing.id])
    assert world.site.settling.differences == {}
    assert await of_site(world, FEES) == -120
    (known,) = await world.books.load(Difference)
    assert (known.resolution, known.settled_by) == (Resolution.EXPLAINED, "system")


async def test_a_row_of_an_order_nobody_credited_credits_it(
    world: World, provider: RefundingProvider
) -> None:
    """A notice that was lost, looks that never got through: the payer has paid all the same."""
    wallet = await world.wallet()
    order = await create_order(
        world.site, aim=of(wallet), channel="ch1", amount_minor=5000, actor=MANAGER
    )
    seen = provider.pay(order.out_no, 5000, paid_at=world.clock.now)
    provider.files[TODAY] = [payment_row(seen, fee=30)]
    assert (await reconcile(world)).found == ()
    assert (await find_order(world.site, order.id)).state is OrderState.CREDITED
    assert wallet.posted_minor == 5000
    assert await of_site(world, CLEARING) == -4970
    await is_sound(world)


async def test_a_row_of_an_order_that_a_restore_has_lost_is_held_for_review(
    world: World, provider: RefundingProvider
) -> None:
    """The number is ours, so the money is; whose it was meant to be a person has to say."""
    wallet = await world.wallet()
    order = await create_order(
        world.site, aim=of(wallet), channel="ch1", amount_minor=5000, actor=MANAGER
    )
    seen = provider.pay(order.out_no, 5000, paid_at=world.clock.now)
    await world.books.forget(order)
    world.site.paying.orders.clear()
    provider.files[TODAY] = [payment_row(seen)]
    (found,) = (await reconcile(world)).found
    (held,) = world.site.paying.unmatched.values()
    assert (found.kind, found.unmatched) == (DifferenceKind.ROW_WITHOUT_ORDER, held.id)
    assert await of_site(world, SiteAccount.SUSPENSE) == 5000
    assert world.site.settling.unreconciled_minor == 0  # Counted with what has no place.
    await is_sound(world)


async def test_another_amount_than_was_credited_is_held_and_settled_with_a_reason(
    world: World, provider: RefundingProvider
) -> None:
    """The provider's word is what it pays out: the rest is somebody's, or is missing."""
    wallet = await world.wallet()
    more, less = [await paid_order(world, provider, wallet) for _ in range(2)]
    rows = [payment_row(provider.orders[one.out_no]) for one in (more, less)]
    provider.files[TODAY] = [
        replace(rows[0], amount_minor=10_500),
        replace(rows[1], amount_minor=9900),
    ]
    found = {one.order: one for one in (await reconcile(world)).found}
    assert found[more.id].suspended_minor == 500
    assert found[less.id].suspended_minor == -100
    assert await of_site(world, CLEARING) == -20_400
    told = {"actor": MANAGER, "reason": "seen at the provider"}
    with pytest.raises(CoreError, match="difference_held"):
        await settle_difference(
            world.site,
            difference=found[more.id].id,
            resolution=Resolution.EXPLAINED,
            **told,  # type: ignore[arg-type]
        )
    for _ in range(2):
        await settle_difference(
            world.site,
            difference=found[more.id].id,
            resolution=Resolution.WALLET,
            wallet=wallet.wallet.id,
            reference="d1",
            **told,  # type: ignore[arg-type]
        )
    await settle_difference(
        world.site,
        difference=found[less.id].id,
        resolution=Resolution.WRITTEN_OFF,
        **told,  # type: ignore[arg-type]
    )
    assert wallet.posted_minor == 20_500
    entries = await world.books.entries(kinds=[EntryKind.DIFFERENCE_SETTLED])
    assert [one.detail["what"] for one in entries] == [DifferenceKind.AMOUNT_DIFFERS] * 2
    assert await of_site(world, SiteAccount.SUSPENSE) == 0
    assert await of_site(world, SiteAccount.WRITE_OFF) == -100
    with pytest.raises(CoreError, match="difference_settled_already"):
        await settle_difference(
            world.site,
            difference=found[less.id].id,
            resolution=Resolution.WRITTEN_OFF,
            **told,  # type: ignore[arg-type]
        )
    await is_sound(world)


async def test_a_payment_twice_in_the_file_is_listed_and_credited_once(
    world: World, provider: RefundingProvider
) -> None:
    """A file that was glued together twice must not fill anybody's wallet."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    row = payment_row(provider.orders[order.out_no])
    provider.files[TODAY] = [row, row]
    (found,) = (await reconcile(world)).found
    assert (found.kind, wallet.posted_minor) == (DifferenceKind.ROW_TWICE, 10_000)
    assert await of_site(world, SiteAccount.SUSPENSE) == 10_000


async def test_refunds_are_matched_and_one_that_nobody_asked_for_is_seen(
    world: World, provider: RefundingProvider
) -> None:
    """Somebody gives money back at the provider's own desk: the books must not believe it is there."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    refund = await part_back(world, order)
    theirs = SettlementRow(
        kind=RowKind.REFUND,
        out_no=order.out_no,
        provider_ref="77",
        amount_minor=1000,
        refund_no="by-hand",
        at=datetime(2026, 7, 1, 14, tzinfo=UTC),
    )
    provider.files[TODAY] = [
        payment_row(provider.orders[order.out_no], fee=60),
        refund_row(provider.refunds[refund.refund_no], fee=-24),
        theirs,
    ]
    (found,) = (await reconcile(world)).found
    assert (await find_refund(world.site, refund.id)).state is RefundState.DONE
    assert (found.kind, found.suspended_minor) == (DifferenceKind.REFUND_UNKNOWN, -1000)
    assert await of_site(world, CLEARING) == -(10_000 - 60 - 4000 + 24 - 1000)
    await settle_difference(
        world.site,
        difference=found.id,
        resolution=Resolution.WALLET,
        wallet=wallet.wallet.id,
        reason="given back at the provider",
        actor=MANAGER,
    )
    assert wallet.posted_minor == 5000
    await is_sound(world)


async def test_a_stuck_refunds_row_moves_nothing(world: World, provider: RefundingProvider) -> None:
    """The file says the money left; it did not arrive, and lies with the provider still."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    refund = await part_back(world, order)
    seen = provider.end(refund.refund_no, RefundOutcome.PENDING, stuck=True)
    await world.tick(MINUTE)
    provider.files[TODAY] = [payment_row(provider.orders[order.out_no]), refund_row(seen)]
    assert (await reconcile(world)).new == 1
    assert await of_site(world, SiteAccount.REFUNDS) == 4000
    provider.end(refund.refund_no, RefundOutcome.DONE)
    await world.tick(DAY)
    await reconcile(world)
    assert await of_site(world, CLEARING) == -6000
    await is_sound(world)


async def test_a_refund_that_no_file_has_is_told_three_days_later(
    world: World, provider: RefundingProvider
) -> None:
    """A payer who never got it will ask; better the site asks first."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    provider.becomes = RefundOutcome.DONE
    refund = await part_back(world, order)
    provider.files[TODAY] = [payment_row(provider.orders[order.out_no])]
    assert (await reconcile(world)).found == ()
    (found,) = (await reconcile(world, TODAY + 3 * DAY)).found
    assert (found.kind, found.refund) == (DifferenceKind.REFUND_WITHOUT_ROW, refund.id)
    provider.files[TODAY + 4 * DAY] = [refund_row(provider.refunds[refund.refund_no])]
    (closed,) = (await reconcile(world, TODAY + 4 * DAY)).explained
    assert closed.id == found.id


async def test_a_refund_that_a_bank_sent_back_is_in_the_wallet_again_once(
    world: World, provider: RefundingProvider
) -> None:
    """The file tells of it, and perhaps a notice as well: the provider has the money once."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    provider.becomes = RefundOutcome.DONE
    refund = await part_back(world, order)
    seen = provider.refunds[refund.refund_no]
    rows = [payment_row(provider.orders[order.out_no]), refund_row(seen)]
    provider.files[TODAY] = rows
    assert (await reconcile(world)).found == ()
    back = SettlementRow(
        kind=RowKind.OTHER,
        out_no="",
        provider_ref=seen.provider_ref,
        amount_minor=4000,
        at=datetime(2026, 7, 1, 15, tzinfo=UTC),
        word="refund_failure",
    )
    provider.files[TODAY] = [*rows, back]
    for _ in range(2):
        assert (await reconcile(world)).found == ()
        await world.site.paying.refund_heard(
            "ch1", provider.end(seen.refund_no, RefundOutcome.FAILED)
        )
    assert (await find_refund(world.site, refund.id)).state is RefundState.FAILED
    assert (wallet.posted_minor, await of_site(world, CLEARING)) == (10_000, -10_000)
    await is_sound(world)


@pytest.mark.parametrize("heard", [False, True])
async def test_a_refund_that_went_and_came_back_in_one_file_is_one_story(
    world: World, provider: RefundingProvider, heard: bool
) -> None:
    """Two differences of opposite amounts would have somebody search for money that never was missing."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    refund = await part_back(world, order)
    seen = provider.refunds[refund.refund_no]
    if heard:
        await world.site.paying.refund_heard(
            "ch1", provider.end(seen.refund_no, RefundOutcome.FAILED)
        )
    back = SettlementRow(
        kind=RowKind.OTHER,
        out_no="",
        provider_ref=seen.provider_ref,
        amount_minor=4000,
        at=datetime(2026, 7, 1, 15, tzinfo=UTC),
        word="refund_failure",
    )
    provider.files[TODAY] = [payment_row(provider.orders[order.out_no]), refund_row(seen), back]
    for _ in range(2):
        assert (await reconcile(world)).found == ()
    assert (await find_refund(world.site, refund.id)).state is RefundState.FAILED
    assert (wallet.posted_minor, await of_site(world, CLEARING)) == (10_000, -10_000)
    assert await world.books.load(Difference) == []
    await is_sound(world)


async def test_a_chargeback_takes_from_the_wallet_and_shuts_it(
    world: World, provider: RefundingProvider
) -> None:
    """Who had a bank take the payment back must not carry the rest out as well."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    seen = provider.orders[order.out_no]
    taken = SettlementRow(
        kind=RowKind.DISPUTE,
        out_no="",
        provider_ref=seen.provider_ref,
        amount_minor=-10_000,
        fee_minor=1500,
        at=datetime(2026, 7, 1, 20, tzinfo=UTC),
        word="adjustment",
    )
    provider.files[TODAY] = [payment_row(seen), taken]
    (found,) = (await reconcile(world)).found
    assert (found.kind, found.wallet) == (DifferenceKind.CHARGEBACK, wallet.wallet.id)
    assert wallet.posted_minor == 0
    assert wallet.wallet.frozen_at is not None
    assert await of_site(world, CLEARING) == 1500
    assert (await reconcile(world)).new == 0
    won = replace(taken, amount_minor=10_000, fee_minor=-1500, at=taken.at)
    provider.files[TODAY] = [payment_row(seen), taken, won]
    await reconcile(world)
    assert (wallet.posted_minor, await of_site(world, FEES)) == (10_000, 0)
    await is_sound(world)


async def test_when_all_is_paid_out_clearing_is_zero(
    world: World, provider: RefundingProvider
) -> None:
    """What the owner sees at the bank and what is told as fees is all that was ever paid."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    provider.files[TODAY] = [payment_row(provider.orders[order.out_no], fee=60), payout(9940)]
    assert (await reconcile(world)).found == ()
    assert await of_site(world, CLEARING) == 0
    assert await of_site(world, SiteAccount.BANK) == -9940
    await is_sound(world)


async def test_files_come_by_themselves_and_missed_days_are_caught_up(
    world: World, provider: RefundingProvider
) -> None:
    """A hub that was off for a week must not leave a week's money unlooked at."""
    wallet = await world.wallet()
    await world.tick(MINUTE)
    order = await paid_order(world, provider, wallet)
    provider.files[TODAY] = [payment_row(provider.orders[order.out_no], fee=60)]
    await world.tick(12 * HOUR)
    assert await of_site(world, FEES) == 0  # 8:00 the next morning in Beijing.
    provider.no_file = ChannelFault.REFUSED
    await world.tick(2 * HOUR)
    (days,) = world.site.settling.days.values()
    assert (days.fault, days.tries) == ("NOT_YET", 1)
    await world.restart()
    provider.no_file = None
    connect(world.site, provider)
    provider.files[TODAY + DAY] = [stranger(ref="98")]
    await world.tick(7 * DAY)
    await world.work()
    assert await of_site(world, FEES) == -66
    (days,) = world.site.settling.days.values()
    assert days.done_to == TODAY + 7 * DAY
    assert len(await world.books.load(SettledRow)) == 2
    await is_sound(world)


async def test_a_day_whose_file_never_comes_is_listed_and_the_next_ones_go_on(
    world: World, provider: RefundingProvider
) -> None:
    """One broken day must not end the reconciliation for good."""
    await world.tick(MINUTE)
    provider.no_file = ChannelFault.REFUSED
    for _ in range(18):
        await world.tick(DAY)
    kinds = {one.kind for one in world.site.settling.differences.values()}
    assert kinds == {DifferenceKind.NO_FILE}
    days = sorted(one.day for one in world.site.settling.differences.values())
    provider.no_file = None
    taken = await reconcile(world, days[0])
    assert [one.day for one in taken.explained] == [days[0]]
    with pytest.raises(CoreError, match="settlement_days"):
        await reconcile_payments(world.site, first=TODAY, last=TODAY - DAY)


async def test_a_payment_around_midnight_is_looked_for_in_the_next_day(
    world: World, provider: RefundingProvider
) -> None:
    """Two clocks never agree: nobody should have to settle what is only a minute off."""
    wallet = await world.wallet()
    world.clock.now = datetime(2026, 7, 1, 15, 58, tzinfo=UTC)  # 23:58 in Beijing.
    order = await paid_order(world, provider, wallet)
    assert (await reconcile(world)).found == ()
    world.clock.now += timedelta(hours=12)
    (found,) = (await reconcile(world, TODAY + DAY)).found
    assert found.order == OrderId(order.id)
    provider.files[TODAY + DAY] = [payment_row(provider.orders[order.out_no])]
    assert [one.id for one in (await reconcile(world, TODAY + DAY)).explained] == [found.id]
    assert (await world.books.balances())[site_account(CLEARING)] == -10_000
