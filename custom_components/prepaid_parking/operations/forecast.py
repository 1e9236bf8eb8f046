"""How long each wallet's money lasts: by its own week and its own prices, and when a cut would follow.

The one source for the sensor, the wallet's view and the warning in days. Patterns are learned from the
hours in the books, a day at a time. A wallet is looked at once an hour and when its money has
moved; twenty thousand of them take turns, a hundredth of a second at a time.
"""

from collections import deque
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from time import perf_counter
from typing import Final

from ..core.cut_calendar import next_cut
from ..core.day_plan import DayPlan, Planner
from ..core.forecast import KEPT_DAYS, Ahead, Pattern, week_of
from ..core.hours import MeterDay, unpack
from ..core.identity import TariffId, WalletId
from ..core.local_day import DAY
from ..core.run_out import LOOKED_AT, Drain, Load
from ..core.standing_cursor import first_day
from .gently import STEP_S, gently
from .meter_run import MeterRun
from .quota import mark_of
from .shares import bears_nothing
from .site import Site
from .standing import extent_on
from .wallet_run import WalletRun
from .watching import policy_for

EVERY: Final = timedelta(hours=1)
SETTLED_BY: Final = timedelta(hours=1)
"""A day is learned an hour after its end: its last hours have been noted by then."""
LEARNING_S: Final = 0.05
"""A second's part that others wait for while days are read, after a start and at night."""
PLANNED_DAYS: Final = 2 * LOOKED_AT.days
TENTH: Final = Decimal("0.1")


def load(site: Site) -> None:
    """Be the one who is asked how long money lasts; the patterns are learned by and by."""
    site.supplying.days_left = partial(_asked, site)


async def learn_days(site: Site, now: datetime) -> None:
    """Learn the days that are over and not learned yet, oldest first, as far as there is time."""
    outlook, local = site.outlook, (now - SETTLED_BY).astimezone(site.zone)
    begun = perf_counter()
    day = outlook.learned_to or local.date() - timedelta(days=KEPT_DAYS)
    while day < local.date() and perf_counter() - begun < LEARNING_S:
        async for row in gently(await site.books.load(MeterDay, day=day.isoformat())):
            pattern = outlook.patterns.get(row.meter)
            if pattern is None:
                pattern = outlook.patterns[row.meter] = Pattern()
            pattern.learn(row.day, unpack(row.hours))
        day += DAY
    if day != outlook.learned_to:
        outlook.learned_to, outlook.asked_at = day, None


async def look_ahead(site: Site, now: datetime) -> None:
    """Look at the wallets whose turn it is, as far as there is time."""
    outlook = site.outlook
    if not _is_learned(site, now):
        return
    if outlook.asked_at is None or abs(now - outlook.asked_at) >= EVERY:
        outlook.asked_at = now
        outlook.planners.clear()
        outlook.waiting = deque(site.wallets)
    begun = perf_counter()
    while outlook.waiting and perf_counter() - begun < STEP_S:
        run = site.wallets.get(outlook.waiting.popleft())
        if run is not None:
            outlook.forecasts[run.wallet.id] = ahead_of(site, run, now)


async def look_again(site: Site, run: WalletRun) -> None:
    """Look at a wallet whose money has moved, or whose rules have."""
    known, now = site.outlook.forecasts.get(run.wallet.id), site.clock()
    if known is not None and known.made_from != _made_from(site, run):
        site.outlook.forecasts[run.wallet.id] = ahead_of(site, run, now)


def days_left(site: Site, run: WalletRun, now: datetime) -> Decimal | None:
    """Return how many days a wallet's money lasts; None where nobody can say.

    A wallet without meters goes by what it spent in the last week.
    """
    if not run.meters:
        daily = site.outlook.daily_minor(run.wallet.no, now) or 0
        left = max(0, run.available_minor)
        return (Decimal(left) / daily).quantize(TENTH) if daily > 0 else None
    ends = empty_at(site, run)
    if ends is None:
        return None
    left = max(0, (ends - now) // timedelta(seconds=1))
    return (Decimal(left) / (DAY // timedelta(seconds=1))).quantize(TENTH)


def empty_at(site: Site, run: WalletRun) -> datetime | None:
    """Return when a wallet will probably cross its mark."""
    known = site.outlook.forecasts.get(run.wallet.id)
    return None if known is None else known.empty_at


def cut_expected_at(site: Site, run: WalletRun) -> datetime | None:
    """Return when its supplies would be cut then if nothing is paid; None where nothing can be cut."""
    known = site.outlook.forecasts.get(run.wallet.id)
    return None if known is None else known.cut_at


def _asked(site: Site, wallet: WalletId, now: datetime) -> Decimal | None:
    return days_left(site, site.wallets[wallet], now)


def _is_learned(site: Site, now: datetime) -> bool:
    learned = site.outlook.learned_to
    return learned is not None and learned >= (now - SETTLED_BY).astimezone(site.zone).date()


def _made_from(site: Site, run: WalletRun) -> tuple[object, ...]:
    return (run.booked_to, len(run.meters), policy_for(site, run))


def ahead_of(site: Site, run: WalletRun, now: datetime) -> Ahead:
    """Look ahead for a wallet: a third of a millisecond for a meter whose money lasts a month."""
    made_from = _made_from(site, run)
    nothing = Ahead(at=now, made_from=made_from)
    if run.wallet.closed_at is not None or bears_nothing(site, run):
        return nothing
    loads = [_load(site, meter, now) for meter in run.meters]
    known = [load for load in loads if load is not None]
    if not known or len(known) < len(loads):
        return nothing  # One meter that nobody knows yet, and the sum would promise too much.
    policy = policy_for(site, run)
    left = run.available_minor - mark_of(run, policy)
    ends = Drain(known, site.zone, site.currency).empty_at(left, now)
    cut: datetime | None = None
    if ends is not None and any(_can_be_cut(meter) for meter in run.meters):
        due = ends + timedelta(seconds=policy.grace_s)
        cut = next_cut(policy, due, site.zone, site.holidays)
    return Ahead(at=now, empty_at=ends, cut_at=cut, made_from=made_from)


def _can_be_cut(run: MeterRun) -> bool:
    return run.relay is not None and not run.supply.protected


def _load(site: Site, run: MeterRun, now: datetime) -> Load | None:
    """Return what a meter will draw; None where its week or its price is not known."""
    binding, pool, pattern = run.binding, run.pool, site.outlook.patterns.get(run.meter.id)
    if binding is None or pool is None or pattern is None or binding.tariff not in site.tariffs:
        return None
    if not site.tariffs[binding.tariff].versions:
        return None
    since = first_day(binding.from_at, site.zone)
    week = week_of(pattern, since, now.astimezone(site.zone).date())
    if week is None:
        return None
    return Load(
        week=week,
        plan=partial(_planned, site, _tariffs(site, run)),
        denominator=site.currency.denominator(run.meter.quantity),
        pool=f"{pool.name}/{pool.tariff}",
        used=pool.live,
        scope=run.scope,
        extent=extent_on(site, run, now.astimezone(site.zone).date()),
    )


def _tariffs(site: Site, run: MeterRun) -> list[tuple[date, TariffId]]:
    """Return which tariff a meter has from which day on: the present one, and those to come."""
    assert run.binding is not None
    changes = [
        (change.at.astimezone(site.zone).date(), change.tariff)
        for change in run.changes
        if change.binding == run.binding.id and change.tariff in site.tariffs
    ]
    return [(date.min, run.binding.tariff), *changes]


def _planned(site: Site, tariffs: list[tuple[date, TariffId]], day: date) -> DayPlan:
    tariff = next(one for begin, one in reversed(tariffs) if begin <= day)
    pricer = site.tariffs[tariff]
    known = site.outlook.planners.get(tariff)
    if known is None or known[0] is not pricer:
        planner = Planner(pricer, site.zone, kept=PLANNED_DAYS)
        known = site.outlook.planners[tariff] = (pricer, planner)
    return known[1].day(day)
