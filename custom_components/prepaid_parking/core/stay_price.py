"""What a stay costs, or a use by another counter.

A stay is walked through piece by piece, a piece being a time in which no rule changes: from one
band, local day or 24 hours to the next. Units begin one after the other from the arrival on; each
costs what the moment it begins in costs and counts towards the caps of that moment. A unit that
runs across a changed clock is as long as any other; days and bands are as long as the clock says.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
import itertools
from typing import Final

from .calendars import Holidays, day_code, no_holidays
from .duration import Duration
from .errors import CoreError
from .local_day import DAY, moments
from .money import Currency
from .priced import Priced, PriceRule
from .till import MILLISECOND, Cap, Piece, Till, instant, millis

DAY_MS: Final = DAY // MILLISECOND


def price_stay(
    terms: Duration,
    from_at: datetime,
    to_at: datetime,
    zone: tzinfo,
    currency: Currency,
    holidays: Holidays = no_holidays,
    calendar: str = "",
) -> Priced:
    """Price the time from an arrival to a departure; parts of a millisecond do not count.

    It never falls as a stay grows longer. A departure before the arrival is refused.
    """
    return price_stretches(terms, [(from_at, to_at)], zone, currency, holidays, calendar)


def price_stretches(
    terms: Duration,
    stretches: Sequence[tuple[datetime, datetime]],
    zone: tzinfo,
    currency: Currency,
    holidays: Holidays = no_holidays,
    calendar: str = "",
    *,
    overtime: bool = False,
) -> Priced:
    """Price the parts of a stay that are paid for, in their order.

    Free time and first units begin anew with each, caps and flat bands hold for all of them: a day
    has one cap, however often a permit interrupts it. `overtime` heads each part with a line of its
    own.
    """
    till = Till(terms=terms, timed=True)
    if not stretches:
        return till.priced(currency)
    origin = millis(stretches[0][0])
    walk = _Walk(terms, origin, zone, lambda day: day_code(day, holidays(calendar, day)))
    for from_at, to_at in stretches:
        arrived, left = millis(from_at), millis(to_at)
        if left < arrived:
            raise CoreError("stay_backwards", arrived=from_at, left=to_at)
        till.begin(arrived, left, from_at.astimezone(zone).date() if overtime else None)
        covered = begin = till.free(arrived, left)
        for piece in walk.pieces(begin, left):
            if piece.band is not None and piece.band.flat:
                till.flat(piece, piece.band)
                covered = piece.end
            else:
                covered = till.units(piece, max(covered, piece.begin))
    return till.priced(currency)


def price_counter(terms: Duration, counted: int, currency: Currency) -> Priced:
    """Price what a counter counted during a use, in base units of the terms' quantity."""
    if counted < 0:
        raise CoreError("count_backwards", counted=counted)
    till = Till(terms=terms, timed=False)
    begin = till.free(0, counted)
    till.units(Piece(begin=begin, end=counted, caps=_whole_cap(terms)), begin)
    return till.priced(currency)


@dataclass(frozen=True, slots=True)
class _Walk:
    """A stay that is cut where a rule may change: from `arrived` (ms) on, in its zone.

    Windows of 24 hours are counted from there, also where what is paid for begins later.
    """

    terms: Duration
    arrived: int
    zone: tzinfo
    code_of: Callable[[date], int]

    def pieces(self, begin: int, left: int) -> Iterator[Piece]:
        """Return the pieces of the paid part, in order."""
        clocks = {clock for band in self.terms.bands for clock in (band.start, band.end)}
        day, at = instant(begin).astimezone(self.zone).date(), begin
        while at < left:
            cuts = {millis(moment) for moment in moments(day, clocks, self.zone)}
            first, last = min(cuts), max(cuts)
            if self.terms.rolling_cap_micro is not None:
                cuts.update(range(first + (self.arrived - first) % DAY_MS, last, DAY_MS))
            inside = sorted(cut for cut in cuts | {at, left} if at <= cut <= min(last, left))
            for start, end in itertools.pairwise(inside):
                yield self._piece(start, end, day)
            at, day = last, day + DAY

    def _piece(self, begin: int, end: int, day: date) -> Piece:
        terms, local = self.terms, instant(begin).astimezone(self.zone)
        held = ((band, band.since(local, self.code_of)) for band in terms.bands)
        band, since = next(((band, since) for band, since in held if since), (None, None))
        caps: list[Cap] = []
        if band is not None and band.cap_micro is not None:
            caps.append(Cap(PriceRule.BAND_CAP, band.cap_micro, band.name, since))
        if terms.day_cap_micro is not None:
            caps.append(Cap(PriceRule.DAY_CAP, terms.day_cap_micro, day=day))
        if terms.rolling_cap_micro is not None:
            window = (begin - self.arrived) // DAY_MS
            caps.append(Cap(PriceRule.ROLLING_CAP, terms.rolling_cap_micro, window=window))
        caps += _whole_cap(terms)
        return Piece(begin=begin, end=end, caps=tuple(caps), day=day, band=band, since=since)


def _whole_cap(terms: Duration) -> tuple[Cap, ...]:
    most = terms.whole_cap_micro
    return () if most is None else (Cap(PriceRule.WHOLE_CAP, most),)
