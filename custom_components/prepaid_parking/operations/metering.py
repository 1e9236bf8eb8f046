"""Readings: each is charged, doubted or known already; nothing in between."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from ..core.entry_kind import EntryKind
from ..core.identity import SYSTEM, MeterId
from ..core.metering import (
    STORED,
    Consumption,
    Cursor,
    Doubt,
    DoubtKind,
    Origin,
    Sample,
    advance,
)
from ..core.tariff import Pricer, Stretch
from .believing import limits_of, note_last
from .charging import can_close, set_aside
from .demand import note_demand
from .doubts import end_doubt, open_doubt, says_nothing_of
from .going_over import go_over
from .installing import begin_anew, begin_installation, learn_ratio
from .load_limits import note_load
from .meter_run import MeterRun
from .pace import note_pace
from .rate_registers import take_rates
from .site import Site
from .usage import due_to_close, post_windows
from .window import accrue

GAP_INTERVALS: Final = 3
"""A reading later than this many intervals after the one before is charged across a gap."""


async def take_sample(site: Site, run: MeterRun, sample: Sample) -> bool:
    """Take what a device said: its relay is seen, its register charged. True: its window is to be posted.

    A good reading is polled or time-stamped in this run; a retained one may be from last year. One
    from the future is of now: a wrong clock must not keep a reading fresh, nor charge tomorrow's price.
    """
    if sample.origin is Origin.RETAINED:
        return False
    now = site.clock()
    if sample.at > now:
        sample = replace(sample, at=now)
    stored = sample.origin in STORED
    if not stored:
        run.connected = True
        run.values.update(sample.values)
        if site.supplying.limits:
            note_load(site, run, sample)
        if sample.supplied is not None:
            run.seen, run.seen_at = sample.supplied, sample.at
            if run.seen:
                run.off_from = None
            elif run.off_from is None:
                run.off_from = sample.register
    if sample.register is None:
        return False
    if run.installation is None:
        await begin_installation(site, run, sample)
    note_last(run, sample)
    if run.binding is None or run.window is None:
        return False
    return await _charge(site, run, sample)


async def _charge(site: Site, run: MeterRun, sample: Sample) -> bool:
    """Charge, doubt or skip one reading of a bound meter."""
    window, installation, binding = run.window, run.installation, run.binding
    assert window is not None
    assert installation is not None
    assert binding is not None
    if says_nothing_of(run.doubt, sample):
        return False
    cursor = Cursor(installation=installation.id, register=window.to_register, at=window.to_at)
    outcome = advance(
        cursor,
        sample,
        limits_of(run),
        serial=installation.serial,
        ratio=installation.ratio,
        doubted_at=run.doubt.at if run.doubt and run.doubt.kind is DoubtKind.LEAP else None,
    )
    if outcome is None:
        if sample.origin is Origin.BACKFILL and sample.register is not None:
            run.late.append((sample.at, sample.register))
        return False
    pricer = site.tariffs.get(binding.tariff)
    if isinstance(outcome, Consumption) and not _is_priced(pricer, outcome):
        outcome = Doubt(
            kind=DoubtKind.NO_TARIFF, cursor=cursor, register=outcome.to_register, at=outcome.to_at
        )
    if isinstance(outcome, Doubt):
        await open_doubt(site, run, outcome)
        return False
    assert pricer is not None
    if run.doubt is not None:
        await end_doubt(site, run, "next_reading", SYSTEM)
    await learn_ratio(site, run, sample)
    if outcome.rolled_over:
        await _roll_over(site, run, outcome)
    if run.changes:
        outcome, pricer = await go_over(site, run, outcome), _pricer_of(site, run)
    apart = _stands_apart(run, pricer, outcome) and await _can_close(site, run)
    if apart:
        set_aside(site, run)
    accrue(site, run, pricer, outcome)
    note_demand(site, run, pricer)
    begun = bool(sample.rates) and _divide(site, run, pricer, sample.rates)
    note_pace(run, outcome.to_at)
    return apart or begun or due_to_close(site, run, pricer)


async def _can_close(site: Site, run: MeterRun) -> bool:
    """Tell whether a window can be closed now; what waits of another meter of the unit goes first."""
    if run.closing is None and not can_close(run):
        await post_windows(site, (run,))
    return can_close(run)


def _pricer_of(site: Site, run: MeterRun) -> Pricer:
    assert run.binding is not None
    return site.tariffs[run.binding.tariff]


def _divide(site: Site, run: MeterRun, pricer: Pricer, rates: tuple[int, ...]) -> bool:
    """Let the meter's rate registers divide what was used.

    Where they do not fit, the window ends here and they count anew; True says so.
    """
    window = run.window
    assert window is not None
    anew = not take_rates(site, run, pricer, rates) and window.minor > 0 and can_close(run)
    if anew:
        set_aside(site, run, rates=rates)
    return anew


def _is_priced(pricer: Pricer | None, moved: Consumption) -> bool:
    """Tell whether there is a price for a stretch from its start on."""
    starts = pricer.starts_at() if pricer is not None else None
    return starts is not None and moved.from_at >= starts


def _stands_apart(run: MeterRun, pricer: Pricer, moved: Consumption) -> bool:
    """Tell whether what was used before a stretch is to have an entry of its own.

    So that what stored readings say later of a silence in which the price changed concerns it alone;
    and so that rate registers are not spread over two versions, tier periods or seasons.
    """
    window = run.window
    assert window is not None
    if window.minor <= 0 or moved.quantity <= 0:
        return False
    before = pricer.at(moved.from_at)
    if moved.to_at <= before.end:
        return False
    silent = moved.to_at - moved.from_at > timedelta(seconds=GAP_INTERVALS * run.interval_s)
    return silent or (bool(run.rates) and _is_other(before, pricer.at(moved.to_at)))


def _is_other(before: Stretch, after: Stretch) -> bool:
    return (before.version, before.period, before.season) != (
        after.version,
        after.period,
        after.season,
    )


async def _roll_over(site: Site, run: MeterRun, moved: Consumption) -> None:
    """Begin a new installation where the register started over; the energy across it is one stretch."""
    await begin_anew(
        site,
        run,
        register=moved.from_register,
        at=moved.from_at,
        kind=EntryKind.INSTALLATION,
        reason="rolled_over",
        actor=SYSTEM,
    )


def find_meter(site: Site, profile: str, serial: str) -> MeterId | None:
    """Return the ledger's id of a meter known by profile and serial number."""
    return next(
        (
            run.meter.id
            for run in site.meters.values()
            if (run.meter.profile, run.meter.serial) == (profile, serial)
        ),
        None,
    )
