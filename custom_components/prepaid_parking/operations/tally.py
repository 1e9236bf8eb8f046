"""What was used per local day: followed along the chain of entries, entry by entry.

Sums for people (today, this month, the last week), never for money: they are rebuilt from the books
at every start, and an entry counts once because its place in the chain is known.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from ..core.chart import SiteAccount, owner_of
from ..core.identity import EntryId, MeterId, number_of
from ..core.ledger import AccountId, Entry, EntryKind
from .facts import Fact, WalletEvent, WalletFact
from .ports import Books

WEEK: Final = 7
KINDS: Final = (
    EntryKind.USAGE,
    EntryKind.DEDUCTION,
    EntryKind.PASSAGE,
    EntryKind.REVERSAL,
    EntryKind.RERATING,
)
"""The kinds of entries that move money between wallets and revenue."""
PAGE: Final = 500
"""Entries asked for at once: a page keeps the books' one writer busy for a few milliseconds."""
REVENUE: Final = range(SiteAccount.REVENUE_ELECTRICITY, SiteAccount.REVENUE_FEES + 1)


class Tally:
    """Minor units per local day: by meter, by wallet number, and for the site."""

    def __init__(self, zone: tzinfo) -> None:
        """Begin with nothing seen."""
        self._zone = zone
        self._last: EntryId | None = None
        self._ahead: set[EntryId] = set()
        self._following = asyncio.Lock()
        self._meters: dict[date, dict[MeterId, int]] = defaultdict(lambda: defaultdict(int))
        self._wallets: dict[date, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self._site: dict[date, int] = defaultdict(int)

    async def follow(self, books: Books, now: datetime) -> bool:
        """Take in what was booked since the last call; tell whether there was anything.

        The first call begins with the month, or a week ago where the month is younger.
        """
        async with self._following:
            since = self._begin(now) if self._last is None else None
            moved = False
            while True:
                page = await books.entries(
                    since=since, after=self._last, kinds=KINDS, limit=PAGE, newest_first=False
                )
                self.take(page)
                moved = moved or bool(page)
                if len(page) < PAGE:
                    self._forget(now)
                    return moved
                since = None

    def hear(self, fact: Fact) -> None:
        """Count a charge at the moment it is posted: what it cost is no longer among what is open."""
        if not isinstance(fact, WalletFact) or fact.event is not WalletEvent.CHARGED:
            return
        receipt, amount, meter = fact.receipt, fact.amount_minor, fact.meter
        if receipt is None or amount is None or meter is None or receipt.repeated:
            return
        if self._last is not None and receipt.entry <= self._last:
            return
        self._ahead.add(receipt.entry)
        day = self._day(fact.at)
        self._wallets[day][number_of(fact.wallet)] += amount
        self._site[day] += amount
        self._meters[day][meter] += amount

    def take(self, entries: Iterable[Entry]) -> None:
        """Count entries, given in the order of the chain."""
        for entry in entries:
            self._last = entry.id
            if entry.id in self._ahead:
                self._ahead.discard(entry.id)
                continue
            day = self._day(entry.occurred)
            meter = entry.detail.get("meter")
            for posting in entry.postings:
                for account, amount in (
                    (posting.target, posting.amount_minor),
                    (posting.source, -posting.amount_minor),
                ):
                    self._count(day, account, amount, meter)

    def meter_today(self, meter: MeterId, now: datetime) -> int:
        """Return what a meter's posted usage cost today."""
        return self._meters.get(self._day(now), {}).get(meter, 0)

    def meter_month(self, meter: MeterId, now: datetime) -> int:
        """Return what a meter's posted usage cost this month."""
        today = self._day(now)
        return sum(
            used.get(meter, 0)
            for day, used in self._meters.items()
            if (day.year, day.month) == (today.year, today.month)
        )

    def site_today(self, now: datetime) -> int:
        """Return the site's posted revenue of today."""
        return self._site.get(self._day(now), 0)

    def daily_minor(self, wallet_no: int, now: datetime) -> int | None:
        """Return what a wallet used per whole day of the last week; None where no day is whole yet.

        Only days since its first use count: a wallet opened yesterday is not five times cheaper.
        """
        today = self._day(now)
        days = [today - timedelta(days=back) for back in range(WEEK, 0, -1)]
        used = [self._wallets.get(day, {}).get(wallet_no, 0) for day in days]
        first = next((place for place, amount in enumerate(used) if amount), None)
        if first is None:
            return None
        return sum(used[first:]) // len(used[first:])

    def _begin(self, now: datetime) -> datetime:
        today = self._day(now)
        first = min(today.replace(day=1), today - timedelta(days=WEEK))
        return datetime(first.year, first.month, first.day, tzinfo=self._zone)

    def _day(self, at: datetime) -> date:
        return at.astimezone(self._zone).date()

    def _count(self, day: date, account: AccountId, amount: int, meter: object) -> None:
        owner = owner_of(account)
        if owner:
            self._wallets[day][owner] -= amount
        elif account in REVENUE:
            self._site[day] += amount
            if isinstance(meter, str):
                self._meters[day][MeterId(meter)] += amount

    def _forget(self, now: datetime) -> None:
        first = self._begin(now).date()
        for kept in (self._meters, self._wallets, self._site):
            for day in [day for day in kept if day < first]:
                del kept[day]
