"""The prices of a tariff: tiers by what was used, rates by name, bands by the clock."""

from dataclasses import dataclass
from datetime import time

from .calendars import Day, is_among
from .local_day import MIDNIGHT


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A price up to a quantity used in the tier period (base units; None: without end).

    `per_person` widens the limit for each person that counts. A tier of a season holds only in it.
    As a step of a ladder its price is what comes on top of every rate.
    """

    up_to: int | None
    price_micro: int
    per_person: int = 0
    season: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A named rate (`flat`, `peak`, `valley`, …) with its tiers; a flat rate has one tier."""

    name: str
    tiers: tuple[Tier, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """When a rate applies: days (0 = Monday, 7 = holiday), seasons and a local time of day.

    `end` 00:00 is the end of the day; a band with `end` before `start` runs past midnight and belongs
    to the day it starts on. Without seasons it holds the whole year.
    """

    rate: str
    weekdays: tuple[int, ...]
    start: time
    end: time
    seasons: tuple[str, ...] = ()

    def holds(self, clock: time, today: Day, yesterday: Day) -> bool:
        """Tell whether a local moment lies in the band."""
        if self.start < self.end or self.end == MIDNIGHT:
            ended = self.end != MIDNIGHT and clock >= self.end
            return clock >= self.start and not ended and self.is_on(today)
        if clock >= self.start:
            return self.is_on(today)
        return clock < self.end and self.is_on(yesterday)

    def is_on(self, day: Day) -> bool:
        """Tell whether the band begins on such a day."""
        if self.seasons and day.season not in self.seasons:
            return False
        return is_among(day.code, self.weekdays)
