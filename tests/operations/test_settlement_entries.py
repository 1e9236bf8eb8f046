"""What was booked on a provider's clearing and neither an order nor a file explains is seen, and clearing is right again."""

import contextlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import pytest

from custom_components.prepaid_parking.core.chart import Channel, SiteAccount
from custom_components.prepaid_parking.core.difference import (
    Difference,
    DifferenceKind,
    Resolution,
)
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import StoreError
from custom_components.prepaid_parking.core.pay_channel import RowKind, SettlementRow
from custom_components.prepaid_parking.core.pay_order import OrderState
from custom_components.prepaid_parking.operations.adjusting import reverse_entry
from custom_components.prepaid_parking.operations.cashier import top_up
from custom_components.prepaid_parking.operations.differences import settle_difference
from custom_components.prepaid_parking.operations.pay_crediting import credit_unknown
from custom_components.prepaid_parking.operations.pay_finding import new_out_no
from custom_components.prepaid_parking.operations.pay_orders import create_order, look
from custom_components.prepaid_parking.operations.settlement_days import reconcile_payments
from custom_components.prepaid_parking.operations.settling_facts import DifferenceFact
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.dying import Dying
from tests.operations.money import is_sound, of_site
from tests.operations.provider import connect
from tests.operations.refunding import RefundingProvider, of, paid_order, payment_row
from tests.operations.test_settlement import CLEARING, TODAY, payout, reconcile
from tests.operations.world import DAY, HOUR, MANAGER, World

SUSPENSE: Final = SiteAccount.SUSPENSE
WITHOUT: Final = DifferenceKind.ENTRY_WITHOUT_ROW


async def by_hand(world: World, wallet: WalletRun, minor: int = 700) -> int:
    """Have somebody book money as the provider's that never was."""
    receipt = await top_up(
        world.site,
        wallet=wallet.wallet.id,
        amount_minor=minor,
        channel=Channel.WECHAT,
        actor=MANAGER,
    )
    return receipt.entry


async def take_back(world: World, entry: int) -> None:
    """Have somebody take an entry back by hand."""
    await reverse_entry(world.site, entry=entry, reason="wrong", actor=MANAGER)


async def settle(world: World, difference: Difference, **more: object) -> None:
    """Have a person say what it was: the site bears it."""
    told: dict[str, object] = {"resolution": Resolution.WRITTEN_OFF, "reason": "seen"} | more
    await settle_difference(world.site, difference=difference.id, actor=MANAGER, **told)  # type: ignore[arg-type]


async def test_a_top_up_by_hand_that_no_file_has_is_missing_until_a_person_says_why(
    world: World, provider: RefundingProvider
) -> None:
    """Who books a phone payment that nobody made takes the site's money, and clearing would hide it."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    entry = await by_hand(world, wallet)
    assert await of_site(world, CLEARING) == -10_700
    provider.files[TODAY] = [payment_row(provider.orders[order.out_no])]
    (found,) = (await reconcile(world)).found
    assert (found.kind, found.entry, found.word) == (WITHOUT, entry, EntryKind.TOP_UP)
    assert (found.wallet, found.expected_minor, found.suspended_minor) == ("w1", 700, -700)
    assert world.site.settling.unreconciled_minor == 700
    assert await of_site(world, CLEARING) == -10_000
    assert [fact.difference.id for fact in world.heard(DifferenceFact)] == [found.id]
    await world.restart()
    connect(world.site, provider)
    for _ in range(2):
        assert (await reconcile(world)).found == ()
    await settle(world, found, resolution=Resolution.WALLET, wallet="w1")
    assert world.site.wallet("w1").posted_minor == 10_000
    provider.files[TODAY + DAY] = [payout(10_000)]
    assert (await reconcile(world, TODAY + DAY)).found == ()
    assert await of_site(world, CLEARING) == await of_site(world, SUSPENSE) == 0
    await is_sound(world)


async def test_what_was_taken_back_by_hand_is_somebodys(
    world: World, provider: RefundingProvider
) -> None:
    """The wallet is emptied by a reversal, and the provider has the money still: whose is it?"""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    (entry,) = await world.books.entries(kinds=[EntryKind.TOP_UP])
    await take_back(world, entry.id)
    provider.files[TODAY] = [payment_row(provider.orders[order.out_no], fee=60), payout(9940)]
    (found,) = (await reconcile(world)).found
    assert (found.kind, found.word, found.order) == (WITHOUT, EntryKind.REVERSAL, order.id)
    assert (found.expected_minor, found.suspended_minor) == (-10_000, 10_000)
    assert await of_site(world, CLEARING) == 0
    await settle(world, found)
    assert await of_site(world, SUSPENSE) == 0
    await is_sound(world)


async def test_a_mistake_that_was_taken_back_is_no_difference(
    world: World, provider: RefundingProvider
) -> None:
    """Two entries of opposite amounts have moved nothing: on one day, or a day later."""
    wallet = await world.wallet()
    await take_back(world, await by_hand(world, wallet))
    late = await by_hand(world, wallet, 300)
    (alone,) = (await reconcile(world)).found
    assert alone.entry == late
    assert await world.books.load(Difference) == [alone]
    world.clock.now += DAY
    await take_back(world, late)
    taken = await reconcile(world, TODAY + DAY)
    assert (taken.found, [one.id for one in taken.explained]) == ((), [alone.id])
    assert (await reconcile(world, TODAY + DAY)).explained == ()
    assert await of_site(world, CLEARING) == await of_site(world, SUSPENSE) == 0
    assert world.site.settling.differences == {}
    await is_sound(world)


async def test_a_mistake_that_a_file_has_held_and_that_is_taken_back_the_same_day_is_none(
    world: World, provider: RefundingProvider
) -> None:
    """The morning's file has held it, the office takes it back: clearing must not be off by it for ever."""
    entry = await by_hand(world, await world.wallet())
    (alone,) = (await reconcile(world)).found
    await take_back(world, entry)
    taken = await reconcile(world)
    assert (taken.found, [one.id for one in taken.explained]) == ((), [alone.id])
    assert (await reconcile(world)).explained == ()
    assert await of_site(world, CLEARING) == await of_site(world, SUSPENSE) == 0
    await is_sound(world)


@pytest.mark.parametrize("first", ["books", "file", "at once"])
async def test_what_was_taken_back_here_and_given_back_at_the_providers_desk_is_one_refund(
    world: World, provider: RefundingProvider, first: str
) -> None:
    """The office reverses the entry and gives the money back in the provider's own window: nothing is open."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    (entry,) = await world.books.entries(kinds=[EntryKind.TOP_UP])
    theirs = SettlementRow(
        kind=RowKind.REFUND,
        out_no=order.out_no,
        provider_ref="77",
        amount_minor=10_000,
        at=datetime(2026, 7, 1, 14, tzinfo=UTC),
    )
    paid = payment_row(provider.orders[order.out_no], fee=60)
    if first != "file":
        await take_back(world, entry.id)
    provider.files[TODAY] = [paid] if first == "books" else [paid, theirs]
    opened = (await reconcile(world)).found
    assert len(opened) == (0 if first == "at once" else 1)
    world.clock.now += DAY
    if first == "file":
        await take_back(world, entry.id)
    later = replace(theirs, at=datetime(2026, 7, 2, 14, tzinfo=UTC))
    provider.files[TODAY + DAY] = [later] if first == "books" else []
    taken = await reconcile(world, TODAY + DAY)
    assert taken.found == ()
    assert [one.id for one in taken.explained] == [one.id for one in opened]
    assert await of_site(world, CLEARING) == 60
    assert await of_site(world, SUSPENSE) == 0
    assert world.site.settling.differences == {}
    await is_sound(world)


async def test_a_payment_of_an_order_that_is_lost_is_told_until_a_file_has_it(
    world: World, provider: RefundingProvider
) -> None:
    """A notice said so; the provider's file is what it pays out by, and may have it a day later."""
    wallet = await world.wallet()
    order = await paid_order(world, provider, wallet)
    lost = replace(provider.orders[order.out_no], provider_ref="4299", amount_minor=800)
    await credit_unknown(world.site, "ch1", lost)
    provider.files[TODAY] = [payment_row(provider.orders[order.out_no])]
    (found,) = (await reconcile(world)).found
    assert (found.kind, found.provider_ref, found.suspended_minor) == (WITHOUT, "4299", 0)
    assert world.site.settling.unreconciled_minor == 800
    assert (await reconcile(world)).found == ()
    at = datetime(2026, 7, 2, 9, tzinfo=UTC)
    provider.files[TODAY + DAY] = [payment_row(lost, at=at)]
    taken = await reconcile(world, TODAY + DAY)
    assert [one.id for one in taken.explained] == [found.id]
    assert await of_site(world, CLEARING) == -10_800
    await is_sound(world)


async def test_another_merchants_entries_are_for_its_own_file(
    world: World, provider: RefundingProvider
) -> None:
    """Two accounts at one provider share the clearing, not the questions."""
    wallet = await world.wallet()
    await paid_order(world, provider, wallet)
    (entry,) = await world.books.entries(kinds=[EntryKind.TOP_UP])
    await take_back(world, entry.id)
    other = RefundingProvider()
    other.merchant = "1900000002"
    connect(world.site, other, "ch2")
    for channel, kinds in (
        ("ch2", set()),
        ("ch1", {WITHOUT, DifferenceKind.ORDER_WITHOUT_ROW}),
    ):
        (day,) = await reconcile_payments(world.site, first=TODAY, last=TODAY, channel=channel)
        assert day.taken is not None
        assert {one.kind for one in day.taken.found} == kinds


async def test_a_payment_without_an_order_is_told_by_its_own_merchants_file(
    world: World, provider: RefundingProvider
) -> None:
    """The other account's file cannot know of it: two people would look for one payment."""
    other = RefundingProvider()
    other.merchant = "1900000002"
    connect(world.site, other, "ch2")
    await credit_unknown(world.site, "ch2", other.pay("LOST", 800))
    for channel, many in (("ch1", 0), ("ch2", 1)):
        (day,) = await reconcile_payments(world.site, first=TODAY, last=TODAY, channel=channel)
        assert day.taken is not None
        assert len(day.taken.found) == many


async def test_what_yesterdays_file_had_and_was_booked_today_is_not_told_today(
    world: World, provider: RefundingProvider
) -> None:
    """The file itself brought it, a day late: today's file cannot have it once more."""
    lost = provider.pay(new_out_no(world.site), 800, paid_at=world.clock.now)
    provider.files[TODAY] = [payment_row(lost)]
    world.clock.now += DAY
    (brought,) = (await reconcile(world)).found
    assert (brought.kind, brought.unmatched) == (DifferenceKind.ROW_WITHOUT_ORDER, "pu1")
    assert (await reconcile(world, TODAY + DAY)).found == ()


async def test_an_order_that_was_credited_days_later_is_not_told_on_the_day_it_was(
    world: World, provider: RefundingProvider
) -> None:
    """The hub was down for a weekend: the payment is in Friday's file, and Monday's knows nothing of it."""
    order = await create_order(
        world.site,
        aim=of(await world.wallet()),
        channel="ch1",
        amount_minor=700,
        actor=MANAGER,
    )
    provider.pay(order.out_no, 700, paid_at=world.clock.now)
    world.clock.now += 3 * DAY
    assert (await look(world.site, order.id)).state is OrderState.CREDITED
    assert (await reconcile(world, TODAY + 3 * DAY)).found == ()
    (missing,) = (await reconcile(world)).found
    assert missing.kind is DifferenceKind.ORDER_WITHOUT_ROW


async def test_an_entry_of_the_day_after_waits_for_its_own_file(
    world: World, provider: RefundingProvider
) -> None:
    """Nobody is asked about what the next file may explain."""
    wallet = await world.wallet()
    world.clock.now = datetime(2026, 7, 1, 15, 50, tzinfo=UTC)  # 23:50 in Beijing.
    await by_hand(world, wallet)
    assert (await reconcile(world)).found == ()
    world.clock.now += 12 * HOUR
    (found,) = (await reconcile(world, TODAY + DAY)).found
    assert found.suspended_minor == -700


@pytest.mark.parametrize("at", range(4))
async def test_an_entry_is_held_with_its_difference_or_not_at_all(
    world: World, provider: RefundingProvider, at: int
) -> None:
    """The hub dies over the file: money in suspense that no list has would be lost for good."""
    wallet = await world.wallet()
    await by_hand(world, wallet)
    Dying(world, at)
    with contextlib.suppress(StoreError):
        await reconcile(world)
    await world.restart()
    connect(world.site, provider)
    held = sum(one.suspended_minor for one in world.site.settling.differences.values())
    assert await of_site(world, SUSPENSE) == held
    await reconcile(world)
    (found,) = await world.books.load(Difference)
    assert (found.suspended_minor, await of_site(world, CLEARING)) == (-700, 0)
    await is_sound(world)
