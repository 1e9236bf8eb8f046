"""Versioned price rules, and what a stretch of consumption costs under them.

A charge is split where the price changes: at a new version, at a time-of-use boundary, at the end of
the month, at a tier. Within one price the split changes nothing, because remainders are carried.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
import itertools
from typing import Final

from .accrual import ChargeLine
from .errors import CoreError
from .identity import TariffId
from .local_day import MIDNIGHT, moments
from .metering import Quantity

MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A price up to a quantity used in the month (base units; None: without end)."""

    up_to: int | None
    price_micro: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A named rate (`flat`, `peak`, `valley`, …) with its tiers; a flat rate has one tier."""

    name: str
    tiers: tuple[Tier, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """When a rate applies: weekdays (0 = Monday) and a local time of day.

    `end` 00:00 is the end of the day; a band with `end` before `start` runs past midnight and belongs
    to the day it starts on.
    """

    rate: str
    weekdays: tuple[int, ...]
    start: time
    end: time

    def holds(self, weekday: int, clock: time) -> bool:
        """Tell whether a local moment lies in the band."""
        if self.start < self.end or self.end == MIDNIGHT:
            return (
                weekday in self.weekdays
                and self.start <= clock
                and (self.end == MIDNIGHT or clock < self.end)
            )
        if clock >= self.start:
            return weekday in self.weekdays
        return clock < self.end and (weekday - 1) % 7 in self.weekdays


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffVersion:
    """What a unit costs from an instant on; never changed, only followed by the next version.

    Bands are looked up in order, the first that fits gives the rate; `otherwise` names the rate of
    all other times.
    """

    tariff: TariffId
    version: int
    name: str
    quantity: Quantity
    valid_from: datetime
    rates: tuple[Rate, ...]
    otherwise: str
    bands: tuple[Band, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """How much a pool has used in its month: what a tier is judged by."""

    period: str = ""
    quantity: int = 0


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which one rate of one version applies, within one local day."""

    start: datetime
    end: datetime
    period: str
    version: TariffVersion
    rate: Rate


class Pricer:
    """The versions of one tariff in one time zone.

    It keeps the stretches of the days it was asked for last: building a day costs about a hundred
    times as much as looking one up.
    """

    KEPT_DAYS: Final = 64

    def __init__(self, versions: Sequence[TariffVersion], zone: tzinfo) -> None:
        """Order the versions by when they take effect; of two for one instant the later wins."""
        latest = {one.valid_from: one for one in sorted(versions, key=lambda one: one.version)}
        self.versions = tuple(latest[at] for at in sorted(latest))
        self._zone = zone
        self._days: dict[date, tuple[Stretch, ...]] = {}
        self._last: Stretch | None = None

    def at(self, moment: datetime) -> Stretch:
        """Return the stretch a moment lies in; before the first version, that one is taken."""
        last = self._last
        if last is None or not last.start <= moment < last.end:
            last = self._last = next(
                stretch for stretch in self._day(moment) if stretch.start <= moment < stretch.end
            )
        return last

    def starts_at(self) -> datetime | None:
        """Return when the tariff's first version takes effect."""
        return self.versions[0].valid_from if self.versions else None

    def charge(
        self, quantity: int, from_at: datetime, to_at: datetime, used: Usage
    ) -> tuple[list[ChargeLine], Usage]:
        """Price a quantity that went through evenly between two instants.

        Returns a line per version, rate and tier touched, and what the pool has used then. The parts
        of a split are whole base units and add up exactly.
        """
        lines: list[ChargeLine] = []
        begin, done = from_at, 0
        while True:
            stretch = self.at(begin)
            if to_at <= stretch.end:
                return lines, _charge_stretch(stretch, quantity - done, used, lines)
            # Whole microseconds: a product of energy and timedelta overflows at a thousand kWh.
            passed, length = stretch.end - from_at, to_at - from_at
            upto = quantity * (passed // MICROSECOND) // (length // MICROSECOND)
            used = _charge_stretch(stretch, upto - done, used, lines)
            begin, done = stretch.end, upto

    def _day(self, moment: datetime) -> tuple[Stretch, ...]:
        day = moment.astimezone(self._zone).date()
        known = self._days.get(day)
        if known is None:
            if len(self._days) >= self.KEPT_DAYS:
                self._days.clear()
            known = self._days[day] = self._build(day)
        return known

    def _build(self, day: date) -> tuple[Stretch, ...]:
        clocks = {
            clock for one in self.versions for band in one.bands for clock in (band.start, band.end)
        }
        cuts = moments(day, clocks, self._zone)
        start, end = cuts[0], cuts[-1]
        cuts += [one.valid_from for one in self.versions if start < one.valid_from < end]
        return tuple(
            self._stretch(begin, finish) for begin, finish in itertools.pairwise(sorted(set(cuts)))
        )

    def _stretch(self, begin: datetime, finish: datetime) -> Stretch:
        in_effect = [one for one in self.versions if one.valid_from <= begin]
        if not in_effect:
            in_effect = [self.versions[0]]
        version = in_effect[-1]
        local = begin.astimezone(self._zone)
        name = next(
            (band.rate for band in version.bands if band.holds(local.weekday(), local.time())),
            version.otherwise,
        )
        rate = next(rate for rate in version.rates if rate.name == name)
        return Stretch(begin, finish, f"{local:%Y-%m}", version, rate)


def check(version: TariffVersion) -> None:
    """Refuse a version that cannot price everything: unknown rates, tiers without an end."""
    names = {rate.name for rate in version.rates}
    for name in (version.otherwise, *(band.rate for band in version.bands)):
        if name not in names:
            raise CoreError("tariff_unknown_rate", rate=name)
    for rate in version.rates:
        limits = [tier.up_to for tier in rate.tiers]
        rising = [limit for limit in limits[:-1] if limit is not None]
        if not limits or limits[-1] is not None or len(rising) != len(limits) - 1:
            raise CoreError("tariff_tiers_open", rate=rate.name)
        if sorted(set(rising)) != rising or any(limit <= 0 for limit in rising):
            raise CoreError("tariff_tiers_order", rate=rate.name)


def _charge_stretch(stretch: Stretch, quantity: int, used: Usage, lines: list[ChargeLine]) -> Usage:
    if used.period != stretch.period:
        used = Usage(stretch.period, 0)
    version, rate = stretch.version, stretch.rate
    left, counted = quantity, used.quantity
    for number, tier in enumerate(rate.tiers):
        room = left if tier.up_to is None else max(0, tier.up_to - counted)
        part = min(left, room)
        if part:
            lines.append(
                ChargeLine(
                    tariff=version.tariff,
                    version=version.version,
                    rate=rate.name,
                    tier=number,
                    price_micro=tier.price_micro,
                    quantity=part,
                    numerator=part * tier.price_micro,
                )
            )
        left -= part
        counted += part
        if not left:
            break
    return Usage(stretch.period, counted)
