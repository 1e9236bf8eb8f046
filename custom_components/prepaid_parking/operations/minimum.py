"""Minimum charges: at the end of a period what its use cost less is added, for the days supplied."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from ..core.chart import revenue_account
from ..core.entry_kind import EntryKind
from ..core.local_day import DAY
from ..core.periods import Every, calendar_period
from ..core.standing import Minimum, minimum_due, minimum_period
from ..core.standing_cursor import StandingCursor
from ..core.version import TariffVersion
from .day_charges import Charge, act_of, drawn
from .dues import dues_on
from .meter_run import MeterRun
from .paying_usage import Take, one_after_another
from .site import Site
from .standing import cursor_of, extent_on, has_periods, settle, trusted
from .tariff_days import Tariffs
from .traces import trace_of
from .usage import post_windows
from .used_money import UsedMoney


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days of a meter over which its minimum is judged, and what its use came to on them."""

    run: MeterRun
    cursor: StandingCursor
    version: TariffVersion
    minimum: Minimum
    last: date
    charged_minor: int

    @property
    def first(self) -> date:
        """The first of the days."""
        return self.cursor.minimum_to


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


async def periods_to_end(site: Site, runs: Iterable[MeterRun], today: date) -> list[Period]:
    """Return the periods that would end today if nobody paid for these meters from here on.

    Those that are over by themselves are judged. What the meters used has been posted.
    """
    runs = list(runs)
    await judge_minimums(site, runs, today)
    used = UsedMoney(site)
    found = [
        await _period(site, run, await _tariffs(site, run), today, used, ends=True)
        for run in runs
        if has_periods(site, run)
    ]
    return [one for one in found if one is not None]


def judged(site: Site, period: Period, take: Take) -> tuple[StandingCursor, Charge | None]:
    """Draw up what a period lacks, and where its meter's next one begins; without a charge where none does."""
    run, cursor, first, last = period.run, period.cursor, period.first, period.last
    version, minimum = period.version, period.minimum
    assert run.binding is not None
    whole, extent = minimum_period(minimum, first), extent_on(site, run, first)
    after = replace(cursor, minimum_to=last + DAY)
    priced = minimum_due(minimum, whole, first, last, period.charged_minor, site.currency, extent)
    if not priced.amount_minor:
        return after, None
    source = f"minimum/{run.binding.id}/{first.isoformat()}"
    detail = {
        "period": whole.label,
        "first": first.isoformat(),
        "last": last.isoformat(),
        "used": period.charged_minor,
        "lines": trace_of(priced),
    }
    act = act_of(site, EntryKind.MINIMUM, source, detail)
    dues = dues_on(version, priced.amount_minor, cursor.levies)
    after = replace(after, levies=dues.carries)
    earned = revenue_account(run.meter.commodity)
    return after, drawn(site, run, act, dues, earned, take, after)


async def _is_over(site: Site, run: MeterRun, today: date, *, ends: bool) -> bool:
    """Tell whether a period of a meter is to be judged."""
    first, tariffs = cursor_of(site, run).minimum_to, await _tariffs(site, run)
    minimum = _minimum_on(tariffs, first)
    if minimum is None:
        return _skipped_to(tariffs, first, today) > first
    return ends or minimum_period(minimum, first).last < today


async def _tariffs(site: Site, run: MeterRun) -> Tariffs:
    """Return what a meter is priced by since the first day that is not judged yet."""
    return await Tariffs.of(site, run, cursor_of(site, run).minimum_to)


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
    """Judge a meter's next period, or pass over days without one; False where none is over."""
    cursor, tariffs = cursor_of(site, run), await _tariffs(site, run)
    first = cursor.minimum_to
    if _minimum_on(tariffs, first) is None:
        begins = _skipped_to(tariffs, first, today)
        if begins > first:
            await settle(site, [(replace(cursor, minimum_to=begins), None)])
        return cursor_of(site, run).minimum_to > first
    period = await _period(site, run, tariffs, today, used, ends=ends)
    if period is None:
        return False
    with one_after_another(site) as take:
        made = judged(site, period, take)
    await settle(site, [made])
    return cursor_of(site, run).minimum_to > first


async def _period(
    site: Site, run: MeterRun, tariffs: Tariffs, today: date, used: UsedMoney, *, ends: bool
) -> Period | None:
    """Return a meter's next period that is over, or ends today with who pays; None where none is."""
    cursor = cursor_of(site, run)
    first = cursor.minimum_to
    version, minimum = tariffs.version_on(first), _minimum_on(tariffs, first)
    if version is None or minimum is None:
        return None
    last = minimum_period(minimum, first).last
    if last >= today and not ends:
        return None
    last = min(last, today)
    if first > last:
        return None
    return Period(
        run=run,
        cursor=cursor,
        version=version,
        minimum=minimum,
        last=last,
        charged_minor=await used.of(run, first, last) + await used.late(run, first, last),
    )
