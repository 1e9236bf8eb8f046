"""What a permit allows: how many cars at once, how often, in which zones, at which hours."""

from dataclasses import dataclass
from datetime import time
from typing import Final

from .duration import EVERY_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeWindow:
    """Hours of the local clock, on the days they begin on (0 = Monday, 7 = holiday).

    One whose `end` is not after its `start` runs past midnight; `end` 00:00 is the end of the day.
    """

    start: time
    end: time
    weekdays: tuple[int, ...] = EVERY_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What is covered by a permit.

    `at_once`: so many of the card's cars may be inside together; one more is a temporary. `visits`:
    so many arrivals (None: any number). Empty `zones` are all, empty `windows` are all hours. What
    lies outside the windows is overtime, by the `overtime` tariff ("": the lane's).
    """

    at_once: int = 1
    visits: int | None = None
    zones: tuple[str, ...] = ()
    windows: tuple[TimeWindow, ...] = ()
    overtime: str = ""


ALL_RIGHTS: Final = Rights()
