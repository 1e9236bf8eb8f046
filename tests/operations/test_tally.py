"""Sums for people: followed along the chain, each entry once, in the days of the site."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st

from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.chart import revenue_account, wallet_account
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.identity import (
    SYSTEM,
    EntryId,
    MeterId,
    WalletId,
)
from custom_components.prepaid_parking.core.ledger import Act, Entry, Posting, Receipt
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.bills import create_bill, void_bill
from custom_components.prepaid_parking.operations.cancelling_vouchers import cancel_vouchers
from custom_components.prepaid_parking.operations.facts import WalletEvent, WalletFact
from custom_components.prepaid_parking.operations.overview import revenue_today
from custom_components.prepaid_parking.operations.tally import KINDS, PAGE, Tally
from custom_components.prepaid_parking.operations.usage import post_windows
from custom_components.prepaid_parking.store.books import Books
from tests.operations.test_bills import line
from tests.operations.test_tokens import buy, token_meter
from tests.operations.test_vouchers import batch_of
from tests.operations.world import DAY, KWH, MANAGER, MINUTE, Clock, World

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
M1 = MeterId("m1")
TAXED = {
    "tariff": "taxed",
    "kind": "usage",
    "quantity": "energy",
    "price": "1.00",
    "levies": [{"name": "VAT", "kind": "tax", "percent": "13", "included": True}],
}


def entry(number: int, amount: int, at: datetime = NOW, *, wallet: int = 1) -> Entry:
    """A charge of a meter."""
    posting = Posting(
        source=wallet_account(wallet),
        target=revenue_account("electricity"),
        amount_minor=amount,
    )
    return Entry(
        id=EntryId(number),
        kind=EntryKind.USAGE,
        event=f"energy/m1.1/{number}-{number + 1}",
        occurred=at,
        booked=at,
        actor="system",
        reason="",
        detail={"meter": M1},
        postings=(posting,),
        reverses=None,
        hash=b"",
    )


def told(one: Entry) -> WalletFact:
    """The same charge, told at the moment it was posted."""
    receipt = Receipt(entry=one.id, event=one.event, booked=one.booked, balances={}, detail={})
    return WalletFact(
        event=WalletEvent.CHARGED,
        wallet=WalletId("w1"),
        unit="Flat 3-201",
        at=one.occurred,
        available_minor=0,
        amount_minor=one.postings[0].amount_minor,
        meter=M1,
        receipt=receipt,
    )


class Shelf:
    """Books that only answer what the tally asks."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        """Put the entries on the shelf."""
        self.shelf = list(entries)
        self.asked = 0

    async def entries(
        self,
        *,
        since: datetime | None,
        after: EntryId | None,
        kinds: Sequence[EntryKind],
        limit: int,
        newest_first: bool,
    ) -> list[Entry]:
        """Return a page, oldest first."""
        assert tuple(kinds) == KINDS
        assert not newest_first
        self.asked += 1
        found = [
            one
            for one in self.shelf
            if (after is None or one.id > after) and (since is None or one.occurred >= since)
        ]
        return found[:limit]


async def follow(tally: Tally, shelf: Shelf, now: datetime = NOW) -> bool:
    """Let a tally follow a shelf."""
    return await tally.follow(shelf, now)  # type: ignore[arg-type]  # the one ability it needs


async def test_a_day_begins_at_the_sites_midnight() -> None:
    """Who looks at breakfast must not see last night's cooking under today."""
    tally = Tally(SHANGHAI)
    before = datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC)
    tally.take([entry(1, 100, before), entry(2, 30, before + timedelta(seconds=1))])
    assert tally.meter_today(M1, NOW) == 30
    assert tally.meter_month(M1, NOW) == 130
    assert tally.site_today(NOW) == 30


async def test_more_than_a_page_is_followed_to_its_end() -> None:
    """A month of entries comes in pages; the last page counts as much as the first."""
    shelf = Shelf([entry(number, 1) for number in range(1, 2 * PAGE + 3)])
    tally = Tally(SHANGHAI)
    assert await follow(tally, shelf)
    assert tally.meter_today(M1, NOW) == 2 * PAGE + 2
    assert shelf.asked == 3
    assert not await follow(tally, shelf)


@given(
    amounts=st.lists(st.integers(1, 1000), min_size=1, max_size=8),
    heard=st.sets(st.integers(0, 7)),
    followed_at=st.integers(0, 8),
)
async def test_a_charge_counts_once_however_it_is_learnt_of(
    amounts: list[int], heard: set[int], followed_at: int
) -> None:
    """A charge told at once and found in the books later must not be counted as two."""
    shelf, tally = Shelf([]), Tally(SHANGHAI)
    for place, amount in enumerate(amounts):
        one = entry(place + 1, amount)
        shelf.shelf.append(one)
        if place == followed_at:
            await follow(tally, shelf)
        if place in heard:
            tally.hear(told(one))
    await follow(tally, shelf)
    assert tally.meter_today(M1, NOW) == sum(amounts)
    assert tally.site_today(NOW) == sum(amounts)


async def test_old_days_are_forgotten_and_the_month_is_not() -> None:
    """A tally that keeps years of days grows until the hub is restarted."""
    tally = Tally(SHANGHAI)
    shelf = Shelf([entry(1, 5, NOW - timedelta(days=20)), entry(2, 7)])
    await follow(tally, shelf)
    assert tally.meter_month(M1, NOW) == 12
    later = NOW + timedelta(days=15)
    await follow(tally, shelf, later)
    assert tally.meter_month(M1, later) == 0
    assert tally.meter_today(M1, NOW) == 0


BEFORE_AND_AFTER = st.tuples(
    st.integers(-40 * 24 * 60, 0), st.integers(-26 * 60, 0), st.integers(1, 3), st.integers(1, 500)
)
"""When an entry was booked and how much earlier it occurred (minutes), of which meter, how much."""


@given(moments=st.lists(BEFORE_AND_AFTER, max_size=25))
@settings(max_examples=25)
async def test_a_head_start_counts_what_following_would(
    moments: list[tuple[int, int, int, int]],
) -> None:
    """After a restart the costs of today and of the month are the same to the cent."""
    clock = Clock(NOW)
    with TemporaryDirectory() as folder:
        books = await Books.open(
            Path(folder) / "site.db", site="0" * 32, currency="CNY", clock=clock
        )
        try:
            await book(books, clock, moments)
            begun, followed = Tally(SHANGHAI), Tally(SHANGHAI)
            await begun.begin(books, NOW)
            await followed.follow(books, NOW)
            assert sums(begun) == sums(followed)
            clock.now = NOW
            await book(books, clock, [(0, 0, 1, 7)])
            assert await begun.follow(books, NOW)
            await followed.follow(books, NOW)
            assert sums(begun) == sums(followed)
        finally:
            await books.close()


async def book(books: Books, clock: Clock, moments: list[tuple[int, int, int, int]]) -> None:
    """Write charges down at these times."""
    for number, (booked, earlier, meter, amount) in enumerate(sorted(moments)):
        clock.now = NOW + timedelta(minutes=booked)
        leg = Posting(
            source=wallet_account(meter),
            target=revenue_account("electricity"),
            amount_minor=amount,
        )
        await books.commit(
            Act(
                kind=EntryKind.USAGE,
                event=f"energy/m{meter}.1/{number}",
                occurred=clock.now + timedelta(minutes=earlier),
                actor=SYSTEM,
                postings=(leg,),
                detail={"meter": f"m{meter}"},
            )
        )


def sums(tally: Tally) -> list[object]:
    """Everything a tally can be asked."""
    meters = [MeterId(f"m{number}") for number in (1, 2, 3)]
    return [
        tally.site_today(NOW),
        *(tally.meter_today(meter, NOW) for meter in meters),
        *(tally.meter_month(meter, NOW) for meter in meters),
        *(tally.daily_minor(number, NOW) for number in (1, 2, 3)),
    ]


def test_a_days_spending_comes_from_whole_days_since_the_first_use() -> None:
    """A tenant who moved in on Friday is not told on Sunday that the money lasts for a month."""
    tally = Tally(SHANGHAI)
    assert tally.daily_minor(1, NOW) is None
    tally.take([entry(1, 900)])
    assert tally.daily_minor(1, NOW) is None
    tally.take([entry(2, 400, NOW - timedelta(days=2)), entry(3, 600, NOW - timedelta(days=1))])
    assert tally.daily_minor(1, NOW) == 500


async def test_a_bill_is_revenue_on_the_day_it_is_issued_without_its_tax(world: World) -> None:
    """What the accountant books: not when it is paid, not the tax, and not what a credit note took back."""
    tally, wallet = Tally(world.zone), await world.wallet("30", purpose=Purpose.PROPERTY)
    await tally.begin(world.books, world.clock())
    for amount, tax in ((119_00, 19_00), (50_00, 0)):
        _, bill = await create_bill(
            world.site,
            wallet=wallet.wallet.id,
            category=Category.RENT,
            lines=(line(amount, tax),),
            actor=MANAGER,
        )
    assert await tally.follow(world.books, world.clock())
    assert revenue_today(world.site, tally, world.clock()) == 150_00
    await void_bill(world.site, bill=bill.id, reason="wrong", actor=MANAGER)
    await world.pay(wallet, "500")
    await world.work()
    await tally.follow(world.books, world.clock())
    assert revenue_today(world.site, tally, world.clock()) == 100_00
    begun = Tally(world.zone)
    await begun.begin(world.books, world.clock())
    assert begun.site_today(world.clock()) == 100_00


async def test_a_rent_is_no_habit_of_using(world: World) -> None:
    """Days left are told from what is used day by day: a rent of yesterday does not make them fewer."""
    tally, wallet = Tally(world.zone), await world.wallet("5000", purpose=Purpose.PROPERTY)
    await create_bill(
        world.site,
        wallet=wallet.wallet.id,
        category=Category.RENT,
        lines=(line(3000_00),),
        actor=MANAGER,
    )
    world.clock.now += DAY
    await tally.begin(world.books, world.clock())
    assert tally.daily_minor(wallet.wallet.no, world.clock()) is None


async def test_revenue_is_what_the_accounts_of_revenue_say(world: World) -> None:
    """Usage with tax, told as it is posted and found in the books later: the sum is the accounts'."""
    await world.publish(TAXED)
    tally = Tally(world.zone)
    await tally.begin(world.books, world.clock())
    meter = await world.meter(await world.wallet("100"), tariff="taxed")
    for _ in range(5):
        await world.read(meter.meter.id, used=KWH, after=MINUTE)
    await post_windows(world.site, [meter])
    for fact in world.heard(WalletFact):
        tally.hear(fact)
    assert tally.site_today(world.clock()) == 500
    await tally.follow(world.books, world.clock())
    balances = await world.books.balances()
    assert tally.site_today(world.clock()) == 443
    assert balances[revenue_account("electricity")] == 443
    assert tally.meter_today(meter.meter.id, world.clock()) == 500


async def test_a_token_and_a_voucher_that_nobody_redeemed_are_revenue(world: World) -> None:
    """What a site earns without a line to its meters is in the sum of the day as well."""
    wallet = await world.wallet("100")
    await token_meter(world)
    await buy(world, wallet, "5")
    last = world.clock.now.date()
    batch = await batch_of(world, valid_until=last)
    world.clock.now += DAY
    await buy(world, wallet, "5")
    await cancel_vouchers(world.site, batch=batch.id, reason="over", actor=MANAGER)
    tally = Tally(world.zone)
    await tally.begin(world.books, world.clock())
    assert tally.site_today(world.clock()) == 750 + 5 * 5_000
    assert tally.daily_minor(wallet.wallet.no, world.clock()) == 750
