"""Minimum charges: at the end of a period what its use cost less is added, for the days supplied."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from ..core.chart import revenue_account
from ..core.entry_kind import EntryKind
from ..core.identity import SYSTEM
from ..core.ledger import Act, Reference
from ..core.levies import levy
from ..core.local_day import DAY
from ..core.periods import Every, calendar_period
from ..core.standing import Minimum, minimum_due, minimum_period
from ..core.standing_cursor import StandingCursor
from ..core.version import TariffVersion
from .day_charges import Charge, drawn
from .dues import Dues, Levied
from .meter_run import MeterRun
from .paying_usage import one_after_another
from .site import Site
from .standing import cursor_of, extent_on, has_periods, settle, trusted
from .tariff_days import Tariffs
from .traces import trace_of
from .usage import post_windows
from .used_money import UsedMoney


async def judge_minimums(
    site: Site, runs: Iterable[MeterRun], today: date, *, ends: bool = False
) -> None:
    """Judge the periods of these meters that are over; with `ends` also the one that ends today.

    The day on which somebody ceases to pay is still theirs.
    """
    await trusted(site)
    runs = [run for run in runs if has_periods(site, run)]
    over = [run for run in runs if await _is_over(site, run, today, ends=ends)]
    # All before any: the books are asked once for what every meter used.
    await post_windows(site, over)
    used = UsedMoney(site)
    for run in over:
        while await _judge_one(site, run, today, used, ends=ends):
            pass


async def _is_over(site: Site, run: MeterRun, today: date, *, ends: bool) -> bool:
    """Tell whether a period of a meter is to be judged."""
    first = cursor_of(site, run).minimum_to
    tariffs = await Tariffs.of(site, run, first)
    minimum = _minimum_on(tariffs, first)
    if minimum is None:
        return _skipped_to(tariffs, first, today) > first
    return ends or minimum_period(minimum, first).last < today


def _minimum_on(tariffs: Tariffs, day: date) -> Minimum | None:
    version = tariffs.version_on(day)
    return version.terms.minimum if version is not None else None


def _skipped_to(tariffs: Tariffs, first: date, today: date) -> date:
    """Return the day to look at next after one without a minimum: where one begins, or a month ends.

    It begins on a day of its own where a version or a tariff that has one begins in mid-month. While
    neither has come, that is the day itself.
    """
    end = calendar_period(Every.MONTH, first).last + DAY
    day = first + DAY
    while day <= today:
        if day == end or _minimum_on(tariffs, day) is not None:
            return day
        day += DAY
    return first


async def _judge_one(
    site: Site, run: MeterRun, today: date, used: UsedMoney, *, ends: bool
) -> bool:
    """Judge a meter's next period; False where none is over."""
    cursor = cursor_of(site, run)
    first = cursor.minimum_to
    tariffs = await Tariffs.of(site, run, first)
    version, minimum = tariffs.version_on(first), _minimum_on(tariffs, first)
    if version is None or minimum is None:
        begins = _skipped_to(tariffs, first, today)
        if begins > first:
            await settle(site, [(replace(cursor, minimum_to=begins), None)])
        return cursor_of(site, run).minimum_to > first
    last = minimum_period(minimum, first).last
    if last >= today and not ends:
        return False
    last = min(last, today)
    if first > last:
        return False
    charged = await used.of(run, first, last) + await used.late(run, first, last)
    await settle(site, [_made(site, run, cursor, version, minimum, first, last, charged)])
    return cursor_of(site, run).minimum_to > first


def _made(
    site: Site,
    run: MeterRun,
    cursor: StandingCursor,
    version: TariffVersion,
    minimum: Minimum,
    first: date,
    last: date,
    charged: int,
) -> tuple[StandingCursor, Charge | None]:
    assert run.binding is not None
    whole, extent = minimum_period(minimum, first), extent_on(site, run, first)
    after = replace(cursor, minimum_to=last + DAY)
    priced = minimum_due(minimum, whole, first, last, charged, site.currency, extent)
    if not priced.amount_minor:
        return after, None
    source = f"minimum/{run.binding.id}/{first.isoformat()}"
    act = Act(
        kind=EntryKind.MINIMUM,
        event=source,
        occurred=site.clock(),
        actor=SYSTEM,
        reference=Reference(scope="standing", key=source, content={"source": source}),
        detail={
            "period": whole.label,
            "first": first.isoformat(),
            "last": last.isoformat(),
            "used": charged,
            "lines": trace_of(priced),
        },
    )
    _, parts, carries = levy(priced.amount_minor, version.terms.levies, cursor.levies)
    levied = Levied(version.version, priced.amount_minor, version.terms.levies, tuple(parts))
    dues = Dues(priced.amount_minor, 0, (levied,) if parts else (), carries)
    after = replace(after, levies=carries)
    earned = revenue_account(run.meter.commodity)
    with one_after_another(site) as take:
        return after, drawn(site, run, act, dues, earned, take, after)
