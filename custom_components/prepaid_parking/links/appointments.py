"""Who is to be read next: two heaps by due time, one for the healthy and one for those that fail.

A meter that fails costs a whole time limit in which nobody else is read, so it stands aside: it is
asked when nobody healthy is due, and between the healthy ones only now and then.
"""

from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from typing import Final, Protocol

from ..core.identity import MeterId
from ..core.metering import Sample

NEVER: Final = float("inf")
_BEFORE_ALL: Final = float("-inf")
_HEALTHY_BETWEEN_FAILING: Final = 8
"""Healthy readings between two tries of failing meters when both are due: of 32 meters with five
dead ones, the others wait 5 s in the first cycle and at most one second in any later one."""


class Readable(Protocol):
    """What can be read; raises DeviceError."""

    async def read(self, *, full: bool) -> Sample: ...


@dataclass(slots=True, eq=False)
class Polled:
    """A meter and its appointment.

    `last` is when its last reading was due, or began where that was too late to catch up; `fresh`
    is one that was never read; `number` tells the valid heap entry from those left behind, 0 none.
    """

    id: MeterId
    meter: Readable
    interval: float
    full_every: float
    last: float
    full_due: float
    due: float = 0.0
    fresh: bool = True
    failures: int = 0
    number: int = 0


class Appointments:
    """At most one valid appointment of each meter."""

    def __init__(self) -> None:
        """Begin with nobody due."""
        self._healthy: list[tuple[float, int, Polled]] = []
        self._failing: list[tuple[float, int, Polled]] = []
        self._numbers = count(1)
        self._healthy_in_a_row = 0

    def __len__(self) -> int:
        return len(self._healthy) + len(self._failing)

    def make(
        self, polled: Polled, due: float, *, aside: bool = False, before_all: bool = False
    ) -> None:
        """Make the only valid appointment of a meter; one that fails stands aside."""
        polled.due = due
        polled.number = next(self._numbers)
        heap = self._failing if aside else self._healthy
        heappush(heap, (_BEFORE_ALL if before_all else due, polled.number, polled))

    def take(self, now: float) -> Polled | None:
        """Take whoever is to be read now, None where nobody is due."""
        healthy, failing = _first(self._healthy) <= now, _first(self._failing) <= now
        if failing and (not healthy or self._healthy_in_a_row >= _HEALTHY_BETWEEN_FAILING):
            self._healthy_in_a_row = 0
            heap = self._failing
        elif healthy:
            self._healthy_in_a_row += 1
            heap = self._healthy
        else:
            return None
        polled = heappop(heap)[2]
        polled.number = 0
        return polled

    def next_due(self) -> float:
        """Return when somebody is due next."""
        return min(_first(self._healthy), _first(self._failing))


def _first(heap: list[tuple[float, int, Polled]]) -> float:
    """Return when the first valid appointment of a heap is; drops those left behind."""
    while heap:
        due, number, polled = heap[0]
        if polled.number == number:
            return due
        heappop(heap)
    return NEVER
