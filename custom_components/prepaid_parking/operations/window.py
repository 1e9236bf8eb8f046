"""The open charge window of a meter: it grows with every reading, and the available balance falls."""

from collections.abc import Iterable, Mapping
from datetime import datetime
import itertools
from operator import attrgetter

from ..core.accrual import ChargeLine
from ..core.metering import Consumption
from ..core.tariff import Pricer, Stretch
from ..core.tiers import Scope, Usage
from .dues import on_top_of
from .meter_run import LineKey, MeterRun, OpenWindow, Pool
from .pools import join_pool
from .site import Site

type Counts = Mapping[str, int]
"""What a pool has used, by tier period."""


def open_window(site: Site, run: MeterRun, register: int, at: datetime, carry: int) -> None:
    """Begin a new window where the last one ended."""
    assert run.binding is not None
    if run.pooled is not run.binding:
        join_pool(site, run)
    denominator = site.currency.denominator(run.meter.quantity)
    run.window = OpenWindow(register, at, register, at, carry, [], 0, denominator)
    recount(site, run)


def accrue(site: Site, run: MeterRun, pricer: Pricer, moved: Consumption) -> None:
    """Let the open window grow by a stretch of consumption; the available balance falls at once.

    While nothing was used yet, a reading that shows the same register moves the window's start: an
    idle night is not a part of the morning's entry.
    """
    window, pool = run.window, run.pool
    assert window is not None
    assert pool is not None
    if window.empty and not moved.quantity:
        window.from_at = moved.to_at
    before = pool.live
    lines, pool.live = pricer.charge(moved.quantity, moved.from_at, moved.to_at, before, run.scope)
    for line in lines:
        put_on(window.lines, line)
        window.numerator += line.numerator
        run.pace.counted += line.numerator
    if window.price_end is None or moved.to_at > window.price_end:
        _note_change(window, pricer, moved)
    window.to_register, window.to_at = moved.to_register, moved.to_at
    run.checkpointed = False
    if pool.live.period != before.period or (lines and lines[0].period != before.period):
        restack(site, pool)
    else:
        recount(site, run)


def _note_change(window: OpenWindow, pricer: Pricer, moved: Consumption) -> None:
    """Keep the readings between which the price changes: how it divides is known no better than so."""
    before, after = pricer.at(moved.from_at), pricer.at(moved.to_at)
    window.price_end = after.end
    if moved.to_at <= before.end or (after.start == before.end and _same(before, after)):
        return
    ends = ((moved.from_at, moved.from_register), (moved.to_at, moved.to_register))
    window.points += tuple(one for one in ends if one not in window.points)


def points_within(window: OpenWindow) -> tuple[tuple[datetime, int], ...]:
    """Return the readings of a window that say more than its two ends."""
    return tuple(one for one in window.points if window.from_at < one[0] < window.to_at)


def _same(before: Stretch, after: Stretch) -> bool:
    return (before.version, before.rate.name, before.period, before.scale.season) == (
        after.version,
        after.rate.name,
        after.period,
        after.scale.season,
    )


def restack(site: Site, pool: Pool) -> None:
    """Price the open windows of a pool anew, one on top of the other, from what is posted.

    Each reading is priced where the count stands at that moment, so their sum is right all along; who
    is posted first gets the lower tiers, and the others what comes after.
    """
    pricer, counts, period = site.tariffs[pool.tariff], dict(pool.ahead), pool.live.period
    for run in pool.runs:
        if run.window is not None and run.window.lines:
            lines, counts = repriced(pricer, run.window.lines, counts, run.scope)
            put_lines(site, run, lines)
    pool.live = Usage(period, counts.get(period, 0))


def repriced(
    pricer: Pricer, lines: Iterable[ChargeLine], counts: Counts, scope: Scope
) -> tuple[list[ChargeLine], dict[str, int]]:
    """Price lines anew from where each period's count stands; returns where they stand then."""
    priced, after = list[ChargeLine](), dict(counts)
    in_order = sorted(lines, key=attrgetter("period"))
    for period, same in itertools.groupby(in_order, key=attrgetter("period")):
        fresh, used = pricer.reprice(same, Usage(period, after.get(period, 0)), scope)
        priced += fresh
        after[period] = used.quantity
    return priced, after


def put_lines(site: Site, run: MeterRun, lines: Iterable[ChargeLine]) -> None:
    """Let a window consist of these lines; what is used but not posted changes with it."""
    window = run.window
    assert window is not None
    before, window.lines = window.numerator, []
    for line in lines:
        put_on(window.lines, line)
    window.numerator = sum(line.numerator for line in window.lines)
    run.pace.counted += window.numerator - before
    recount(site, run)


def recount(site: Site, run: MeterRun) -> None:
    """Set what the meter has used but not posted, and its wallet's sum with it."""
    before, window, pool = run.unposted_minor, run.window, run.pool
    run.unposted_minor = run.closing_minor
    if window is not None:
        minor = (window.carry + window.numerator) // window.denominator
        if pool is not None and pool.levied and window.levied_minor != minor:
            window.levied_minor = minor
            window.on_top_minor = on_top_of(site, run)
        run.unposted_minor += minor + window.on_top_minor
    if run.binding is not None and run.unposted_minor != before:
        site.wallets[run.binding.wallet].unposted_minor += run.unposted_minor - before


def key_of(line: ChargeLine) -> LineKey:
    """Return what a line has in common with those it becomes one with."""
    return line.version, line.rate, line.tier, line.period, line.season


def put_on(lines: list[ChargeLine], line: ChargeLine) -> None:
    """Let lines go on with one more: a part of the last one, where it agrees with that.

    An earlier one of its kind is left alone. Which rate was used before which decides what falls into
    which tier, as often as the lines are priced anew.
    """
    if lines and key_of(lines[-1]) == key_of(line):
        lines[-1] = add_line(lines[-1], line)
    else:
        lines.append(line)


def merged(lines: Iterable[ChargeLine]) -> list[ChargeLine]:
    """Make one line of those that agree in version, rate, tier, period and season."""
    known: dict[LineKey, ChargeLine] = {}
    for line in lines:
        key = key_of(line)
        known[key] = add_line(known[key], line) if key in known else line
    return list(known.values())


def add_line(known: ChargeLine, line: ChargeLine) -> ChargeLine:
    """Return both as one line; spelled out, because `replace` costs three times as much per reading."""
    return ChargeLine(
        tariff=known.tariff,
        version=known.version,
        rate=known.rate,
        tier=known.tier,
        price_micro=known.price_micro,
        quantity=known.quantity + line.quantity,
        numerator=known.numerator + line.numerator,
        period=known.period,
        season=known.season,
    )
