"""A tariff on trial: stored hours are priced by it and by the present one, wallet by wallet.

Both are priced the same way over the same hours, so that the difference is the tariff's. What was in
fact charged stands beside it. The books are read day by day and the pricing runs beside the event
loop; nothing is written.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from ..core.chart import owner_of
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.hours import MeterDay
from ..core.lab_cost import Cost
from ..core.local_day import DAY, day_start
from ..core.periods import add_months
from ..core.standing_cursor import first_day
from ..core.terms import Kind
from ..core.version import TariffVersion
from .gently import gently
from .hours import KEPT
from .lab_replay import Replay, Subject
from .meter_run import MeterRun
from .pools import place_of
from .shares import divide
from .site import Site
from .standing import extent_on
from .trial import Come, on_trial
from .wallet_run import WalletRun

CHARGES: Final = (
    EntryKind.USAGE,
    EntryKind.RERATING,
    EntryKind.REVERSAL,
    EntryKind.STANDING,
    EntryKind.MINIMUM,
    EntryKind.DEMAND,
    EntryKind.POWER_FACTOR,
)
"""What a meter is charged; what names no meter is for something else."""
POSTED_BY: Final = timedelta(minutes=5)
"""What a day used is posted with the first reading of the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A meter that was meant and cannot be priced, and why (a translatable key)."""

    meter: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What a wallet would have paid by the present tariff, by the draft, and what it was charged.

    `days` are the days of its meters whose hours are known, `missing` those that are not.
    """

    wallet: str
    unit: str
    meters: tuple[str, ...]
    old: Cost
    new: Cost
    charged_minor: int
    days: int
    missing: int

    @property
    def difference_minor(self) -> int:
        """How much more it would be."""
        return self.new.minor - self.old.minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a draft does: wallet by wallet, who would pay most more first."""

    first: date
    last: date
    wallets: tuple[Compared, ...]
    left_out: tuple[LeftOut, ...]
    unpriced: tuple[str, ...]


async def try_tariff(
    site: Site,
    *,
    draft: TariffVersion,
    meters: Sequence[MeterRun],
    months: int,
    told: Callable[[], None] = lambda: None,
) -> Preview:
    """Price the last whole months, and what there is of the running one, by a draft and as it is.

    `told` is called whenever it has come a percent further. A second trial ends the first, which is
    then refused.
    """
    if draft.kind is not Kind.USAGE:
        raise CoreError("lab_wrong_kind", kind=draft.kind)
    with on_trial(site, told) as come:
        return await _try(site, come, draft, meters, months)


def span_of(site: Site, months: int) -> tuple[date, date]:
    """Return the first and the last day that are looked at: yesterday, so that every day is whole."""
    now = site.clock().astimezone(site.zone)
    today = now.date()
    first = add_months(today.replace(day=1), -months)
    return max(first, (now - KEPT).date() + DAY), today - DAY


async def _try(
    site: Site,
    come: Come,
    draft: TariffVersion,
    meters: Sequence[MeterRun],
    months: int,
) -> Preview:
    if draft.terms.calendar:
        await site.learn_calendar(draft.terms.calendar)
    first, last = span_of(site, months)
    replay, left_out = Replay(draft, site.zone, site.currency, site.holidays), list[LeftOut]()
    async for run in gently(meters):
        why = _why_not(site, run, draft)
        if why:
            left_out.append(LeftOut(meter=run.meter.id, why=why))
        else:
            _put(site, replay, run, first, last)
    if not replay.subjects:
        raise CoreError("lab_nothing_to_price")
    days = (last - first).days + 1
    for number in range(max(0, days)):
        day = first + number * DAY
        rows = await site.books.load(MeterDay, day=day.isoformat())
        await asyncio.to_thread(replay.take, day, rows)
        come(number, days)
    priced = await asyncio.to_thread(replay.priced)
    charged = await _charged(site, replay, first, last)
    return Preview(
        first=first,
        last=last,
        wallets=tuple(await _compared(site, priced, charged)),
        left_out=tuple(left_out),
        unpriced=tuple(sorted(replay.unpriced)),
    )


def _why_not(site: Site, run: MeterRun, draft: TariffVersion) -> str:
    """Return why a meter cannot be priced by both; empty where it can."""
    if run.binding is None or run.pool is None:
        return "not_bound"
    if run.meter.quantity is not draft.quantity:
        return "other_quantity"
    pricer, now = site.tariffs.get(run.binding.tariff), site.clock()
    if pricer is None or not any(one.valid_from <= now for one in pricer.versions):
        return "no_tariff"
    return ""


def _put(site: Site, replay: Replay, run: MeterRun, first: date, last: date) -> None:
    binding, pool = run.binding, run.pool
    assert binding is not None
    assert pool is not None
    bound = binding.from_at.astimezone(site.zone)
    place = place_of(run)
    if replay.draft.terms.period.per_tenant:
        place = f"{place}/{binding.wallet}"
    replay.add(
        Subject(
            meter=run.meter.id,
            wallet=binding.wallet,
            first=max(first, bound.date()),
            last=last,
            bound_at=binding.from_at,
            paid_from=first_day(binding.from_at, site.zone),
        ),
        present=site.tariffs[binding.tariff].at(site.clock()).version,
        pools=(pool.name, place),
        scope=run.scope,
        extent=extent_on(site, run, last),
    )


async def _charged(site: Site, replay: Replay, first: date, last: date) -> dict[int, int]:
    """Return what the books say each wallet was charged for these meters, by the wallet's number."""
    days, month = [first], add_months(first.replace(day=1), 1)
    while month <= last:
        days.append(month)
        month = add_months(month, 1)
    begins = [day_start(day, site.zone) + POSTED_BY for day in (*days, last + DAY)]
    moved, _ = await site.books.moved(begins, CHARGES)
    charged: dict[int, int] = {}
    async for one in gently(moved):
        if one.meter not in replay.subjects or not begins[0] <= one.occurred < begins[-1]:
            continue
        for account, sign in ((one.source, 1), (one.target, -1)):
            if owner := owner_of(account):
                charged[owner] = charged.get(owner, 0) + sign * one.amount_minor
    return charged


async def _compared(
    site: Site, priced: Sequence[tuple[Subject, Cost, Cost]], charged: dict[int, int]
) -> list[Compared]:
    found: dict[str, Compared] = {}
    async for subject, old, new in gently(priced):
        for run, parts in _borne(site, site.wallets[subject.wallet], old, new):
            wallet = run.wallet
            known = found.get(wallet.id) or Compared(
                wallet=wallet.id,
                unit=wallet.unit,
                meters=(),
                old=Cost(),
                new=Cost(),
                charged_minor=charged.get(wallet.no, 0),
                days=0,
                missing=0,
            )
            found[wallet.id] = replace(
                known,
                meters=(*known.meters, subject.meter),
                old=known.old + parts[0],
                new=known.new + parts[1],
                days=known.days + subject.days,
                missing=known.missing + subject.missing,
            )
    return sorted(found.values(), key=lambda one: (-one.difference_minor, one.wallet))


def _borne(
    site: Site, run: WalletRun, old: Cost, new: Cost
) -> list[tuple[WalletRun, tuple[Cost, Cost]]]:
    """Return who pays for a meter: its wallet, or the members of a shared one by their weights."""
    sides = [divide(site, run, cost.minor).parts for cost in (old, new)]
    if not all(sides):
        return [(run, (old, new))]
    return [
        (
            before.payer or run,
            (Cost(use_minor=before.amount_minor), Cost(use_minor=after.amount_minor)),
        )
        for before, after in zip(*sides, strict=True)
    ]
