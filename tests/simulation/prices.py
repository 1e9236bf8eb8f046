"""What a stretch of use costs, read half hour by half hour from the written tariffs, in fractions.

Of the rules of `docs/tariffs.md` and nothing else: use is spread evenly between two readings, in
whole base units; a limit ends at a whole base unit; nothing else is rounded.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
import itertools
from typing import Any, Final
from zoneinfo import ZoneInfo

from tests.core.fraction_model import Household, period_of, season_of

HALF_HOUR: Final = timedelta(minutes=30)
EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
UNIT: Final = 1_000_000
"""Base units in a kilowatt-hour."""
MICRO: Final = 1_000_000

type Point = tuple[datetime, int]
"""When, and how much had gone through until then (base units)."""
type Document = Mapping[str, Any]
type Key = tuple[int, str, str, str]
"""Version, rate, tier period and season."""


@dataclass(frozen=True, slots=True)
class Home:
    """Who lives there: how many, and since which day."""

    persons: int = 0
    first: date | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A quantity (base units) at one price (millionths)."""

    version: int
    rate: str
    period: str
    price: int
    quantity: int
    season: str = ""

    @property
    def key(self) -> Key:
        """By which rule it was priced."""
        return self.version, self.rate, self.period, self.season


class Prices:
    """All tariffs of a site, each with its versions."""

    def __init__(self, zone: ZoneInfo) -> None:
        """Begin with none."""
        self.zone = zone
        self.written: dict[str, list[tuple[datetime, Document]]] = {}
        self._moment = lru_cache(50_000)(self._look)
        self._limits = lru_cache(50_000)(self._steps)

    def publish(self, document: Document, since: datetime) -> None:
        """Take up the next version of a tariff."""
        self.written.setdefault(document["tariff"], []).append((since, document))
        self._moment.cache_clear()

    def levies(self, tariff: str) -> Sequence[Mapping[str, Any]]:
        """The fees and taxes of a tariff: all its versions here have the same."""
        levies: Sequence[Mapping[str, Any]] = self.written[tariff][0][1].get("levies", ())
        return levies

    def pool(self, tariff: str, place: str, wallet: str) -> str:
        """Return what the steps of a tariff are counted by: a place, or each of its tenants."""
        period = self.written[tariff][0][1].get("period")
        alone = isinstance(period, Mapping) and period.get("per_tenant")
        return f"{place}/{wallet}" if alone else place

    def charge(
        self, tariff: str, points: Sequence[Point], counts: Mapping[str, int], home: Home
    ) -> tuple[list[Line], dict[str, int]]:
        """Price what went through between readings, and say where each period's count then stands."""
        lines, after = list[Line](), dict(counts)
        for (begin, low), (end, high) in itertools.pairwise(points):
            done = 0
            for start, stop in itertools.pairwise(self._cuts(tariff, begin, end)):
                upto = _part(high - low, stop - begin, end - begin)
                self._use(lines, after, (tariff, start, home), upto - done)
                done = upto
        return lines, after

    def at(self, tariff: str, moment: datetime) -> tuple[int, str, str, date]:
        """Version, rate, tier period and local day of a moment."""
        return self._moment(tariff, moment)

    def spans(
        self, tariff: str, begin: datetime, end: datetime, among: Collection[int] = ()
    ) -> list[tuple[Key, datetime, datetime]]:
        """Return which rule applies when, one after the other; of some versions alone where told."""
        spans = list[tuple[Key, datetime, datetime]]()
        for start, stop in itertools.pairwise(self._cuts(tariff, begin, end)):
            number = self.version(tariff, start, among)[1]
            document, day = self.written[tariff][number - 1][1], self._day(start)
            rate = Household(documents=(), zone=self.zone).rate(document, start)
            key = (number, rate, period_of(document, day), season_of(document, day))
            begun = spans.pop()[1] if spans and spans[-1][0] == key else start
            spans.append((key, begun, stop))
        return spans

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def _cuts(self, tariff: str, begin: datetime, end: datetime) -> list[datetime]:
        cuts, at = [begin], EPOCH + ((begin - EPOCH) // HALF_HOUR + 1) * HALF_HOUR
        starts = [since for since, _ in self.written[tariff] if begin < since < end]
        while at < end:
            cuts.append(at)
            at += HALF_HOUR
        return [*sorted({*cuts, *starts}), end]

    def _use(
        self,
        lines: list[Line],
        counts: dict[str, int],
        where: tuple[str, datetime, Home],
        quantity: int,
    ) -> None:
        tariff, at, home = where
        version, rate, period, day = self.at(tariff, at)
        for limit, price in self._limits(tariff, version, rate, day, home):
            count = counts.get(period, 0)
            fits = quantity if limit is None else min(quantity, max(limit - count, 0))
            counts[period] = count + fits
            quantity -= fits
            if fits:
                season = season_of(self.written[tariff][version - 1][1], day)
                lines.append(Line(version, rate, period, price, fits, season))
        assert quantity == 0

    def version(
        self, tariff: str, moment: datetime, among: Collection[int] = ()
    ) -> tuple[str, int]:
        """Tariff and number of the version of a moment; the one that was published last counts."""
        every = enumerate(self.written[tariff], 1)
        known = [(since, number) for number, (since, _) in every if not among or number in among]
        begun = [one for one in known if one[0] <= moment]
        return tariff, (max(begun) if begun else min(known))[1]

    def _look(self, tariff: str, moment: datetime) -> tuple[int, str, str, date]:
        _, number = self.version(tariff, moment)
        document = self.written[tariff][number - 1][1]
        day = self._day(moment)
        rate = Household(documents=(), zone=self.zone).rate(document, moment)
        return number, rate, period_of(document, day), day

    def _steps(
        self, tariff: str, version: int, rate: str, day: date, home: Home
    ) -> list[tuple[int | None, int]]:
        document = self.written[tariff][version - 1][1]
        household = Household(documents=(), zone=self.zone, persons=home.persons, first=home.first)
        return [
            (None if limit is None else int(limit * UNIT), int(price * MICRO))
            for limit, price in household.steps(document, rate, day)
        ]


def cost(lines: Sequence[Line]) -> Fraction:
    """What lines come to, in whole money."""
    return sum((Fraction(one.price * one.quantity, UNIT * MICRO) for one in lines), Fraction())


def _part(quantity: int, passed: timedelta, length: timedelta) -> int:
    micros = timedelta(microseconds=1)
    return quantity if passed == length else quantity * (passed // micros) // (length // micros)
