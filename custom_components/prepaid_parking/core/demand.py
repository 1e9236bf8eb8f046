"""The highest mean power of a month, and how much of the energy was reactive.

Power is judged as it is on a bill: the energy of each interval of 15, 30 or 60 minutes, aligned to
the local day, over the length of the interval. Energy between two readings is spread evenly, in
whole base units (mWh, mvarh) that add up exactly.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from math import isqrt
from typing import Final

from .local_day import DAY, day_start
from .money import Currency
from .periods import Stretch
from .priced import Priced, PricedLine, PriceRule, micro_per_minor, priced, tiled

HOUR_MINUTES: Final = 60
MICROSECOND: Final = timedelta(microseconds=1)
MW_PER_KW: Final = 1_000_000
"""Milliwatts in a kilowatt (mVA in a kVA): what a price per kW is divided by."""


class Power(StrEnum):
    """What is judged: active power in kW, or apparent power in kVA."""

    ACTIVE = "kW"
    APPARENT = "kVA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """A price per kW or kVA and month for the highest mean power.

    With `contracted_w` that power is paid each month, used or not, and what was drawn beyond it (by
    more than `tolerance_percent` of it) costs `excess_price_micro`. A binding may have a contract
    of its own, which stands for this one.
    """

    price_micro: int
    interval_minutes: int = 15
    power: Power = Power.ACTIVE
    contracted_w: int = 0
    excess_price_micro: int = 0
    tolerance_percent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The highest mean power of a month (mW, mVA), and when its interval began."""

    month: str
    power_mw: int = 0
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandWatch:
    """A meter under watch: the interval that is open, what went through in it, the month's peak.

    `upto` is the last instant taken in. Small enough to be stored with the cursor.
    """

    upto: datetime
    peak: Peak
    begun: datetime
    energy: int = 0
    reactive: int = 0


def demand_watch(at: datetime, interval_minutes: int, zone: tzinfo) -> DemandWatch:
    """Begin to watch a meter."""
    begun = interval_begin(at, interval_minutes, zone)
    return DemandWatch(upto=at, begun=begun, peak=Peak(month=_month(begun, zone)))


def interval_begin(at: datetime, interval_minutes: int, zone: tzinfo) -> datetime:
    """Return when the interval began that an instant lies in: whole intervals from local midnight."""
    start = day_start(at.astimezone(zone).date(), zone)
    length = timedelta(minutes=interval_minutes)
    return start + (at - start) // length * length


def observe(
    watch: DemandWatch,
    demand: Demand,
    from_at: datetime,
    to_at: datetime,
    energy: int,
    zone: tzinfo,
    reactive: int = 0,
) -> tuple[DemandWatch, list[Peak]]:
    """Take in what went through between two readings (mWh, and mvarh for kVA).

    Returns the watch and the peaks of the months that ended. What lies before `upto` (a reading
    that came late) is left out: its intervals are judged already, and to judge them anew takes all
    readings in order. What went through in no time has no power and is left out.
    """
    ended: list[Peak] = []
    at = max(from_at, watch.upto)
    done = _share(energy, from_at, at, to_at), _share(reactive, from_at, at, to_at)
    while at < to_at:
        end = _interval_end(watch.begun, demand.interval_minutes, zone)
        if at < end:
            at = min(to_at, end)
            upto = _share(energy, from_at, at, to_at), _share(reactive, from_at, at, to_at)
            watch = replace(
                watch,
                upto=at,
                energy=watch.energy + upto[0] - done[0],
                reactive=watch.reactive + upto[1] - done[1],
            )
            done = upto
        if at >= end:
            watch = _next_interval(_judged(watch, demand), demand, at, zone, ended)
    return watch, ended


def demand_due(
    demand: Demand,
    peak: Peak,
    whole: Stretch,
    first: date,
    last: date,
    currency: Currency,
    contracted_w: int | None = None,
) -> Priced:
    """Return what a month's demand costs; `first` to `last` are its days that are supplied.

    A part of a month costs its part by days. `contracted_w` is the binding's own contract.
    """
    contracted = 1000 * (demand.contracted_w if contracted_w is None else contracted_w)
    parts = [(PriceRule.DEMAND, contracted or peak.power_mw, demand.price_micro)]
    if contracted:
        allowed = contracted * (100 + demand.tolerance_percent) // 100
        excess = max(0, peak.power_mw - allowed)
        parts.append((PriceRule.EXCESS, excess, demand.excess_price_micro))
    before, after = (first - whole.first).days, (last - whole.first).days + 1
    return priced(
        (
            PricedLine(
                rule=rule,
                numerator=tiled(power * price, before, after, whole.days),
                quantity=power,
                price_micro=price,
                per=MW_PER_KW,
                first=first,
                last=last,
            )
            for rule, power, price in parts
            if power * price
        ),
        MW_PER_KW * micro_per_minor(currency),
    )


def apparent(active: int, reactive: int) -> int:
    """Return the apparent from the active and the reactive part: S² = P² + Q², rounded down."""
    return isqrt(active * active + reactive * reactive)


def _share(total: int, from_at: datetime, upto: datetime, to_at: datetime) -> int:
    """Return what of a total went through until an instant, spread evenly."""
    if upto >= to_at:
        return total
    return total * ((upto - from_at) // MICROSECOND) // ((to_at - from_at) // MICROSECOND)


def _interval_end(begun: datetime, interval_minutes: int, zone: tzinfo) -> datetime:
    """Return where an interval ends: the day's last one is cut where the clock was set half an hour."""
    midnight = day_start(begun.astimezone(zone).date() + DAY, zone)
    return min(begun + timedelta(minutes=interval_minutes), midnight)


def _judged(watch: DemandWatch, demand: Demand) -> DemandWatch:
    """Judge the open interval: its energy over its nominal length, so a cut one is never dearer."""
    energy = watch.energy
    if demand.power is Power.APPARENT:
        energy = apparent(watch.energy, watch.reactive)
    power = energy * HOUR_MINUTES // demand.interval_minutes
    if power <= watch.peak.power_mw:
        return watch
    return replace(watch, peak=replace(watch.peak, power_mw=power, at=watch.begun))


def _next_interval(
    watch: DemandWatch, demand: Demand, at: datetime, zone: tzinfo, ended: list[Peak]
) -> DemandWatch:
    """Open the interval that an instant lies in; with a new month begins a new peak."""
    begun = interval_begin(at, demand.interval_minutes, zone)
    peak, month = watch.peak, _month(begun, zone)
    if month != peak.month:
        ended.append(peak)
        peak = Peak(month=month)
    return DemandWatch(upto=watch.upto, begun=begun, peak=peak)


def _month(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%Y-%m}"
