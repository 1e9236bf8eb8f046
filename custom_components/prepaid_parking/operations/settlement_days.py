"""Providers' files by themselves: each day's, once it should be there, and after an outage every one missed."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from ..core.difference import DifferenceKind, SettledDays
from ..core.local_day import DAY
from ..core.pay_channel import ChannelError
from ..core.settlement_calendar import RETRY, day_of, due_days, is_given_up
from .differences import drawn_up, tell_differences
from .pay_book import ChannelRun
from .pay_finding import channel_of
from .pay_matching import take_file
from .saying import said
from .settlement_file import File, FileTaken, account_of, check_days
from .site import Site

FETCH: Final = "fetch_settlement"
MOST_DAYS: Final = 92
"""Asked for by hand at once; no provider keeps more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTaken:
    """What a day's file came to, or why there was none (`fault`)."""

    channel: str
    day: date
    taken: FileTaken | None = None
    fault: str = ""


async def load(site: Site) -> None:
    """Take up how far files were taken up."""
    site.settling.days = {one.account: one for one in await site.books.load(SettledDays)}


async def fetch_settlements(site: Site, now: datetime) -> None:
    """Fetch the files that should be there by now: a chore, which waits for nobody."""
    if not site.books.writable or not site.clock_ok:
        return
    for run in site.paying.channels.values():
        account = account_of(run)
        days = site.settling.days.get(account)
        if days is None:
            begun = SettledDays(account=account, kind=run.kind, done_to=day_of(run.kind, now) - DAY)
            await site.books.record(begun)
            site.settling.hold(begun)
        elif account not in site.settling.fetching and _is_due(days, now):
            site.settling.fetching.add(account)
            site.spawn(_fetched(site, run, account))


async def reconcile_payments(
    site: Site, *, first: date, last: date, channel: str = ""
) -> list[DayTaken]:
    """Fetch the files of these days now, whatever was taken up of them before, and match them."""
    check_days(first, last, MOST_DAYS)
    runs = [channel_of(site, channel)] if channel else list(site.paying.channels.values())
    found: list[DayTaken] = []
    for run in runs:
        for offset in range((last - first).days + 1):
            day = first + timedelta(days=offset)
            try:
                rows = tuple(await run.port.settlement(day))
            except ChannelError as err:
                found.append(DayTaken(channel=run.key, day=day, fault=err.code or err.fault))
                continue
            taken = await take_file(site, File(run=run, rows=rows, first=day, last=day))
            found.append(DayTaken(channel=run.key, day=day, taken=taken))
    return found


def _is_due(days: SettledDays, now: datetime) -> bool:
    ready = days.next_at is None or days.next_at <= now
    return ready and bool(due_days(days.kind, days.done_to, now))


async def _fetched(site: Site, run: ChannelRun, account: str) -> None:
    try:
        with said(site, FETCH, run.key):
            await _fetch(site, run, account)
    finally:
        site.settling.fetching.discard(account)


async def _fetch(site: Site, run: ChannelRun, account: str) -> None:
    """Fetch every day that is due, the oldest first; the first that does not come is tried later."""
    for day in due_days(run.kind, site.settling.days[account].done_to, site.clock()):
        days = site.settling.days[account]
        done = replace(days, done_to=day, next_at=None, tries=0, fault="")
        try:
            rows = tuple(await run.port.settlement(day))
        except ChannelError as err:
            code = err.code or err.fault
            if not is_given_up(run.kind, day, site.clock()):
                await _later(site, days, code)
                return
            await _given_up(site, run, done, code)
            continue
        await take_file(site, File(run=run, rows=rows, first=day, last=day, done=done))


async def _later(site: Site, days: SettledDays, fault: str) -> None:
    pause = RETRY[min(days.tries, len(RETRY) - 1)]
    after = replace(days, next_at=site.clock() + pause, tries=days.tries + 1, fault=fault)
    await site.books.record(after)
    site.settling.hold(after)


async def _given_up(site: Site, run: ChannelRun, done: SettledDays, fault: str) -> None:
    """Go on without a day that no file came of for weeks: somebody has to bring it."""
    missing = await drawn_up(
        site,
        kind=DifferenceKind.NO_FILE,
        account=done.account,
        channel=run.key,
        day=done.done_to,
        word=fault,
    )
    await site.books.record(missing, done)
    site.settling.hold(missing, done)
    tell_differences(site, missing)
