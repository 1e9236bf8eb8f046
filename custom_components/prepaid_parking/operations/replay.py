"""A charge priced again: the same energy at the same times, by what holds now.

What is known of the times is what was known then: within a stretch each rate's quantity went through
while that rate applied. Where stored readings say more, they are taken.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
import itertools
from operator import itemgetter
from typing import Final

from ..core.accrual import ChargeLine
from ..core.identity import TariffId
from ..core.money import split
from ..core.tariff import Pricer
from ..core.tiers import Scope, Usage
from .site import Site
from .used import Point, Used
from .window import merged, repriced

MICROSECOND: Final = timedelta(microseconds=1)

type Piece = tuple[int, datetime, datetime]
"""A quantity (base units) that went through evenly between two instants."""
type Key = tuple[int, str, str, str]
"""Version, rate, tier period and season."""


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which one rate of one version applies."""

    key: Key
    start: datetime
    end: datetime


class Replay:
    """Prices charges again; keeps the prices of old versions that it was asked for."""

    def __init__(self, site: Site) -> None:
        """Begin with none."""
        self._site = site
        self._were: dict[tuple[TariffId, frozenset[int]], Pricer] = {}

    def price(
        self,
        used: Used,
        pricer: Pricer,
        counts: Mapping[str, int],
        points: Sequence[Point] = (),
        scope: Scope | None = None,
    ) -> tuple[list[ChargeLine], dict[str, int]]:
        """Return the lines of a charge by other prices or readings, and where the counts stand then."""
        scope = used.scope if scope is None else scope
        if used.rated and _same_rates(used, pricer):
            lines = _by_rates(used, pricer, scope)
        else:
            pieces = self.pieces(used, points)
            lines = [
                line
                for quantity, begin, end in pieces
                for line in pricer.charge(quantity, begin, end, Usage(), scope)[0]
            ]
        priced, after = repriced(pricer, lines, counts, scope)
        return merged(priced), after

    def is_settled(self, used: Used, pricer: Pricer, counts: Mapping[str, int]) -> bool:
        """Tell at a glance that a charge comes to what it is: same prices, same place in the tiers."""
        if not used.lines:
            return True  # A person said that nothing was used.
        if any(counts.get(period, 0) != quantity for period, quantity in used.tiers.items()):
            return False
        keys = {(one.version, one.rate, one.period, one.season) for one in used.lines}
        if used.rated:
            versions = {key[0] for key in keys}
            return {span.key[0] for span in spans_of(pricer, used)} == versions
        return {span.key for span in spans_of(pricer, used)} == keys

    def pieces(self, used: Used, points: Sequence[Point] = ()) -> list[Piece]:
        """Divide a charge into what went through under each rate, or between the readings known."""
        total = sum(line.quantity for line in used.lines)
        if points or used.points:
            return _between((used.start, *rising(points or used.points), used.end), total)
        spans = spans_of(self._was(used), used)
        times: dict[Key, list[Span]] = defaultdict(list)
        for span in spans:
            times[span.key].append(span)
        pieces: list[Piece] = []
        quantities: dict[Key, int] = defaultdict(int)
        for line in used.lines:
            quantities[line.version, line.rate, line.period, line.season] += line.quantity
        for key, quantity in quantities.items():
            pieces += _spread(quantity, times.get(key) or spans)
        return sorted(pieces, key=lambda one: one[1])

    def _was(self, used: Used) -> Pricer:
        """Return the prices that a charge was made by."""
        numbers = frozenset(line.version for line in used.lines)
        known = self._were.get((used.tariff, numbers))
        if known is None:
            site = self._site
            versions = [
                one for one in site.pricing.published[used.tariff] if one.version in numbers
            ]
            known = Pricer(versions, site.zone, site.holidays)
            self._were[used.tariff, numbers] = known
        return known


def spans_of(pricer: Pricer, used: Used) -> list[Span]:
    """Return the rates that apply in the stretch of a charge, one after the other."""
    spans: list[Span] = []
    begin, end = used.start[0], used.end[0]
    while True:
        stretch = pricer.at(begin)
        key = (stretch.version.version, stretch.rate.name, stretch.period, stretch.scale.season)
        spans.append(Span(key, begin, min(end, stretch.end)))
        if end <= stretch.end:
            return spans
        begin = stretch.end


def rising(points: Sequence[Point]) -> list[Point]:
    """Return the longest part of readings (in order of time) in which the register never falls.

    A reading that contradicts the most others is the one that is wrong; which came first says nothing.
    """
    ends: list[Point] = []
    chain: list[tuple[Point, int | None]] = []
    last: list[int] = []
    for point in points:
        place = bisect_right(ends, point[1], key=itemgetter(1))
        chain.append((point, last[place - 1] if place else None))
        ends[place : place + 1] = [point]
        last[place : place + 1] = [len(chain) - 1]
    kept, at = list[Point](), last[-1] if last else None
    while at is not None:
        point, at = chain[at]
        kept.append(point)
    return kept[::-1]


def _between(points: Sequence[Point], total: int) -> list[Piece]:
    """Return what went through between readings; where a person has charged another total, parts of it."""
    counted = [high - low for (_, low), (_, high) in itertools.pairwise(points)]
    if sum(counted) != total:
        counted = split(total, counted) if any(counted) else [total, *counted[1:]]
    return [
        (quantity, begin, end)
        for quantity, ((begin, _), (end, _)) in zip(
            counted, itertools.pairwise(points), strict=True
        )
    ]


def _spread(quantity: int, spans: Sequence[Span]) -> list[Piece]:
    """Spread a quantity evenly over times, in whole base units that add up exactly."""
    lengths = [(span.end - span.start) // MICROSECOND for span in spans]
    whole, passed, done, pieces = sum(lengths), 0, 0, list[Piece]()
    for number, (span, length) in enumerate(zip(spans, lengths, strict=True), 1):
        passed += length
        upto = quantity * passed // whole if whole else quantity * number // len(spans)
        pieces.append((upto - done, span.start, span.end))
        done = upto
    return pieces


def _same_rates(used: Used, pricer: Pricer) -> bool:
    rates = {line.rate for line in used.lines}
    return all(
        rates <= {rate.name for rate in pricer.at(at).version.rates}
        for at in (used.start[0], used.end[0])
    )


def _by_rates(used: Used, pricer: Pricer, scope: Scope) -> list[ChargeLine]:
    parts: dict[str, int] = defaultdict(int)
    for line in used.lines:
        parts[line.rate] += line.quantity
    lines, _ = pricer.charge_rates(list(parts.items()), used.start[0], used.end[0], Usage(), scope)
    return lines
