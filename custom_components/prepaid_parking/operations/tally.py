"""What was used and earned per local day: summed up at the start, then followed along the entries.

Sums for people (today, this month, the last week), never for money: they are rebuilt from the books
at every start, and an entry counts once because its place in the chain is known.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from ..core.chart import Bucket, SiteAccount, code_of, owner_of, site_account
from ..core.entry_kind import EntryKind
from ..core.identity import EntryId, MeterId, number_of
from ..core.ledger import AccountId, Entry
from .facts import Fact, WalletEvent, WalletFact
from .gently import gently
from .ports import Books

WEEK: Final = 7
KINDS: Final = (
    EntryKind.USAGE,
    EntryKind.METER_REPLACED,
    EntryKind.INSTALLATION,
    EntryKind.DOUBT_SETTLED,
    EntryKind.DEDUCTION,
    EntryKind.PASSAGE,
    EntryKind.REVERSAL,
    EntryKind.RERATING,
    EntryKind.STANDING,
    EntryKind.MINIMUM,
    EntryKind.DEMAND,
    EntryKind.POWER_FACTOR,
    EntryKind.LOSS_SHARED,
    EntryKind.DEPOSIT_CLAIMED,
    EntryKind.PACKAGE_ENDED,
    EntryKind.USES_TAKEN,
    EntryKind.USES_GIVEN_BACK,
    EntryKind.USES_EXPIRED,
    EntryKind.SESSION_ENDED,
    EntryKind.POINT_USED,
    EntryKind.BILL_ISSUED,
    EntryKind.BILL_VOIDED,
    EntryKind.DEBT_RECORDED,
    EntryKind.TOP_UP,
    EntryKind.BATCH,
    EntryKind.REFUND,
    EntryKind.REFUND_HELD,
    EntryKind.REFUND_FAILED,
    EntryKind.WALLET_CLOSED,
    EntryKind.STAY_CHARGED,
    EntryKind.STAY_PAID,
    EntryKind.STAY_REFUNDED,
    EntryKind.STAY_OWED,
    EntryKind.STAY_OWED_PAID,
    EntryKind.STAY_WRITTEN_OFF,
    EntryKind.STAY_CORRECTED,
    EntryKind.TOKEN_MADE,
    EntryKind.VOUCHERS_CANCELLED,
)
"""The kinds of entries that move money to revenue, or back."""
PAGE: Final = 500
"""Entries asked for at once: a page keeps the books' one writer busy for a few milliseconds."""
REVENUE: Final = range(SiteAccount.REVENUE_ELECTRICITY, SiteAccount.REVENUE_STANDING + 1)
PARKING: Final = site_account(SiteAccount.REVENUE_PARKING)
TAX: Final = site_account(SiteAccount.TAX)


class Tally:
    """Minor units per local day: what meters cost and wallets spent, with tax; the site's revenue, without.

    A bill is revenue on the day it is issued, whoever pays it when; to a wallet it is no use, and no
    pattern of days.
    """

    def __init__(self, zone: tzinfo) -> None:
        """Begin with nothing seen."""
        self._zone = zone
        self._last: EntryId | None = None
        self._ahead: dict[EntryId, list[tuple[date, int]]] = defaultdict(list)
        self._following = asyncio.Lock()
        self._meters: dict[date, dict[MeterId, int]] = defaultdict(lambda: defaultdict(int))
        self._months: dict[date, dict[MeterId, int]] = defaultdict(lambda: defaultdict(int))
        self._wallets: dict[date, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self._site: dict[date, int] = defaultdict(int)
        self._parking: dict[date, int] = defaultdict(int)

    async def begin(self, books: Books, now: datetime) -> None:
        """Begin where the month did, or a week ago where the month is younger.

        Summed up by the books themselves: read entry by entry, a month of a large site would take
        half a minute.
        """
        async with self._following:
            first, today = self._begin(now).date(), self._day(now)
            days = [first + timedelta(days=one) for one in range((today - first).days + 1)]
            moved, self._last = await books.moved([self._midnight(day) for day in days], KINDS)
            async for one in gently(moved):
                day = self._day(one.occurred)
                self._earn(day, one.source, one.target, one.amount_minor)
                self._spend(day, one.source, one.target, one.amount_minor, one.meter)
            self._forget(now)

    async def follow(self, books: Books, now: datetime) -> bool:
        """Take in what was booked since the last call; tell whether there was anything."""
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
        """Count a charge at the moment it is posted: what it cost is no longer among what is open.

        How much of it is tax its entry says: until then it is all taken for revenue.
        """
        if not isinstance(fact, WalletFact) or fact.event is not WalletEvent.CHARGED:
            return
        receipt, amount, meter = fact.receipt, fact.amount_minor, fact.meter
        if receipt is None or amount is None or meter is None or receipt.repeated:
            return
        if self._last is not None and receipt.entry <= self._last:
            return
        day = self._day(fact.at)
        self._ahead[receipt.entry].append((day, amount))
        self._wallets[day][number_of(fact.wallet)] += amount
        self._site[day] += amount
        self._count_meter(day, meter, amount)

    def take(self, entries: Iterable[Entry]) -> None:
        """Count entries, given in the order of the chain."""
        for entry in entries:
            self._last = entry.id
            heard = self._ahead.pop(entry.id, ())
            for day, amount in heard:
                self._site[day] -= amount
            day, meter = self._day(entry.occurred), entry.detail.get("meter")
            for leg in entry.postings:
                self._earn(day, leg.source, leg.target, leg.amount_minor)
                if not heard:
                    self._spend(day, leg.source, leg.target, leg.amount_minor, meter)

    def meter_today(self, meter: MeterId, now: datetime) -> int:
        """Return what a meter's posted usage cost today."""
        return self._meters.get(self._day(now), {}).get(meter, 0)

    def meter_month(self, meter: MeterId, now: datetime) -> int:
        """Return what a meter's posted usage cost this month."""
        return self._months.get(self._day(now).replace(day=1), {}).get(meter, 0)

    def site_today(self, now: datetime) -> int:
        """Return the site's posted revenue of today, below zero where more was taken back."""
        return self._site.get(self._day(now), 0)

    def parking_today(self, now: datetime) -> int:
        """Return what parking earned today, below zero where more was taken back."""
        return self._parking.get(self._day(now), 0)

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
        return self._midnight(min(today.replace(day=1), today - timedelta(days=WEEK)))

    def _midnight(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self._zone)

    def _day(self, at: datetime) -> date:
        return at.astimezone(self._zone).date()

    def _earn(self, day: date, source: AccountId, target: AccountId, amount: int) -> None:
        for account, sign in ((target, 1), (source, -1)):
            if account in REVENUE:
                self._site[day] += sign * amount
            if account == PARKING:
                self._parking[day] += sign * amount

    def _spend(
        self, day: date, source: AccountId, target: AccountId, amount: int, meter: object
    ) -> None:
        """Count what a wallet pays for something at once, or gets back of it; what it owes it has not."""
        if _is_income(source) is _is_income(target):
            return
        if _is_income(source):
            source, target, amount = target, source, -amount
        if owner_of(source) and not Bucket(code_of(source)).owes:
            self._wallets[day][owner_of(source)] += amount
        if isinstance(meter, str) and meter:
            self._count_meter(day, MeterId(meter), amount)

    def _count_meter(self, day: date, meter: MeterId, amount: int) -> None:
        self._meters[day][meter] += amount
        self._months[day.replace(day=1)][meter] += amount

    def _forget(self, now: datetime) -> None:
        """Keep of meters today and this month, of wallets and the site a week."""
        today = self._day(now)
        week = today - timedelta(days=WEEK)
        month = today.replace(day=1)
        for kept, first in (
            (self._meters, today), (self._months, month), (self._wallets, week), (self._site, week),
            (self._parking, week),
        ):  # fmt: skip
            for day in [day for day in kept if day < first]:
                del kept[day]


def _is_income(account: AccountId) -> bool:
    """Tell whether an account is paid to for something: revenue, and the tax that is paid with it."""
    return account in REVENUE or account == TAX
