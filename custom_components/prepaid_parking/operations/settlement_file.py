"""A provider's file as it is taken up, and what it came to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from ..core.chart import Channel, channel_account
from ..core.difference import Difference, SettledDays
from ..core.errors import CoreError
from ..core.ledger import AccountId
from ..core.local_day import day_start
from ..core.pay_channel import SettlementRow
from ..core.settlement_calendar import ZONES, day_of
from .pay_book import ChannelRun

OLDEST: Final = date(2000, 1, 1)
NEWEST: Final = date(9000, 1, 1)
MOST_DAYS: Final = 366
"""Of one file: a year, as its own accountant asks for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of a merchant's account, of whole days; `done` is what is written down with its last row."""

    run: ChannelRun
    rows: tuple[SettlementRow, ...]
    first: date
    last: date
    done: SettledDays | None = None

    @property
    def account(self) -> str:
        """The merchant's account at the provider."""
        return account_of(self.run)

    @property
    def kind(self) -> Channel:
        """Whose file it is."""
        return self.run.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTaken:
    """What a file came to: its rows, those that were new, what does not fit and what fits again."""

    rows: int
    new: int
    found: tuple[Difference, ...] = ()
    explained: tuple[Difference, ...] = ()


def brought(
    run: ChannelRun, rows: Sequence[SettlementRow], first: date | None, last: date | None
) -> File:
    """Return the file that a person brings, of the days of its rows where none are named.

    Whoever calls does so in a thread: there may be a hundred thousand rows.
    """
    days = {day_of(run.kind, row.at) for row in rows if row.at is not None}
    if not days and (first is None or last is None):
        raise CoreError("list_is_empty")
    return File(run=run, rows=tuple(rows), first=first or min(days), last=last or max(days))


def account_of(run: ChannelRun) -> str:
    """Return the merchant's account, the same whatever the channel is called here."""
    return f"{run.kind}/{run.port.merchant}"


def clearing_of(account: str) -> AccountId:
    """Return the books' account that stands for what the provider of a merchant's account holds."""
    return channel_account(Channel(account.partition("/")[0]))


def check_days(first: date, last: date, most: int) -> None:
    """Refuse days that do not follow each other, are too many at once, or in no provider's memory."""
    if not OLDEST <= first <= last <= NEWEST or (last - first).days >= most:
        raise CoreError("settlement_days", most=most)


def row_day(file: File, row: SettlementRow) -> date:
    """Return the provider's day of a row."""
    return day_of(file.kind, row.at) if row.at is not None else file.first


def midnight(file: File, day: date) -> datetime:
    """Return when a day of the provider begins."""
    return day_start(day, ZONES[file.kind])
