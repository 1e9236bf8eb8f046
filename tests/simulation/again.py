"""What a charge comes to by prices that were corrected, from what the books still know of its times."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from custom_components.prepaid_parking.core.identity import EntryId
from tests.simulation.prices import Home, Key, Line, Point, Prices

MICRO = timedelta(microseconds=1)


@dataclass
class Charge:
    """An entry's charge as it stands: between which readings, what was read inside, what it came to."""

    first: EntryId
    pool: str
    tariff: str
    start: Point
    end: Point
    register: int
    counts: dict[str, int]
    home: Home
    lines: list[Line]
    net: int
    inside: list[Point] = field(default_factory=list)

    @property
    def counted(self) -> dict[str, int]:
        """How much of it counts in which period."""
        sums: dict[str, int] = defaultdict(int)
        for line in self.lines:
            sums[line.period] += line.quantity
        return dict(sums)


def again(prices: Prices, charge: Charge, counts: Mapping[str, int]) -> list[Line]:
    """Price a charge by what is published now.

    Within it each rate's quantity went through evenly while that rate applied, unless readings that
    were told later say more.
    """
    begins = {**charge.counts, **counts}
    spans = prices.spans(charge.tariff, charge.start[0], charge.end[0])
    unmoved = all(counts.get(name, 0) == count for name, count in charge.counts.items())
    if unmoved and {key for key, _, _ in spans} == {line.key for line in charge.lines}:
        return charge.lines
    if charge.inside:
        points = [charge.start, *charge.inside, charge.end]
        return prices.charge(charge.tariff, points, begins, charge.home)[0]
    lines = list[Line]()
    for quantity, begin, end in _pieces(prices, charge):
        piece = [(begin, 0), (end, quantity)]
        more, begins = prices.charge(charge.tariff, piece, begins, charge.home)
        lines += more
    return lines


def _pieces(prices: Prices, charge: Charge) -> list[tuple[int, datetime, datetime]]:
    among = {line.version for line in charge.lines}
    spans = prices.spans(charge.tariff, charge.start[0], charge.end[0], among)
    quantities: dict[Key, int] = defaultdict(int)
    for line in charge.lines:
        quantities[line.key] += line.quantity
    pieces = list[tuple[int, datetime, datetime]]()
    for key, quantity in quantities.items():
        pieces += _spread(quantity, [one for one in spans if one[0] == key] or spans)
    return sorted(pieces, key=lambda one: one[1])


def _spread(
    quantity: int, spans: Sequence[tuple[Key, datetime, datetime]]
) -> list[tuple[int, datetime, datetime]]:
    whole = sum((end - begin) // MICRO for _, begin, end in spans)
    passed, done, pieces = 0, 0, list[tuple[int, datetime, datetime]]()
    for _, begin, end in spans:
        passed += (end - begin) // MICRO
        upto = quantity * passed // whole if whole else quantity
        pieces.append((upto - done, begin, end))
        done = upto
    return pieces
