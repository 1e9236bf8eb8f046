"""How many cars passed the lanes today: counted in the books at the start, then as they pass."""

from datetime import date, datetime, tzinfo
from typing import Final

from ..core.local_day import day_start
from .facts import Fact
from .lane_facts import PassageKind, Passed
from .ports import Books

PASSED: Final = {
    PassageKind.ADMITTED: 1,
    PassageKind.RELEASED: 1,
    PassageKind.EMERGENCY: 1,
    PassageKind.FORCED: 1,
    PassageKind.TAILGATED: 1,
    PassageKind.BACKED_OUT: -1,
}
"""A car that turned round was let through, and did not pass."""


class Passages:
    """The passages of the local day."""

    def __init__(self, zone: tzinfo) -> None:
        """Begin with none."""
        self._zone = zone
        self._day: date | None = None
        self._passed = 0

    async def begin(self, books: Books, now: datetime) -> None:
        """Take up what the lanes have written down since midnight."""
        self._turn_to(now)
        assert self._day is not None
        for kind, number in (await books.passages(day_start(self._day, self._zone))).items():
            self._passed += number * PASSED.get(PassageKind(kind), 0)

    def hear(self, fact: Fact) -> None:
        """Count a car."""
        if isinstance(fact, Passed) and fact.kind in PASSED:
            self._turn_to(fact.at)
            self._passed += PASSED[fact.kind]

    def today(self, now: datetime) -> int:
        """Return how many cars passed since midnight."""
        self._turn_to(now)
        return max(0, self._passed)

    def _turn_to(self, now: datetime) -> None:
        day = now.astimezone(self._zone).date()
        if day != self._day:
            self._day, self._passed = day, 0
