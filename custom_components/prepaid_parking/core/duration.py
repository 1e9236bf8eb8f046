"""The price of a stay, or of a use by the clock or another counter.

All lengths are base units of the quantity: ms of real time, m, pieces. `stay_price.py` applies the rules.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Final

from .calendars import is_among
from .local_day import begun_on
from .metering import Quantity
from .priced import Rounding

EVERY_DAY: Final = tuple(range(7))


class Counting(StrEnum):
    """Whether a unit that has begun is paid whole, or as far as it was used."""

    STARTED = "started"
    EXACT = "exact"


class FreeKind(StrEnum):
    """Whether free time is for those who stay no longer, or for everyone."""

    WITHIN = "within"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """A beginning with a price of its own, paid whole once it has begun: "the first hour 5.00"."""

    length: int
    price_micro: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StayBand:
    """A time by the local clock with a price of its own, on some days (0 = Monday, 7 = holiday).

    A band whose `end` lies before its `start` runs past midnight and belongs to the day it begins
    on; `end` 00:00 is the end of the day. `flat`: the price is for the whole time, however much of
    it is used; it ends a unit that is running, and a new one begins after it. Else it is the price
    of a unit, and `cap_micro` the most that one such time costs.
    """

    name: str
    start: time
    end: time
    price_micro: int
    weekdays: tuple[int, ...] = EVERY_DAY
    flat: bool = False
    cap_micro: int | None = None

    def since(self, local: datetime, code_of: Callable[[date], int]) -> date | None:
        """Return the day on which the band began that a local moment lies in, None outside."""
        day = begun_on(self.start, self.end, local)
        among = day is not None and is_among(code_of(day), self.weekdays)
        return day if among else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """The price of a stay or a use: `price_micro` for every `per`, counted in units of `step`.

    The first `free` cost nothing. Caps are the most that a local calendar day, 24 hours counted
    from the arrival, and the whole cost. Who has paid may leave within `leave` at no further cost.
    Bands, the day's cap and the 24-hour cap need a clock: they are for `Quantity.DURATION` only. Of
    bands, the first that fits gives the price.
    """

    price_micro: int
    per: int
    step: int
    quantity: Quantity = Quantity.DURATION
    counting: Counting = Counting.STARTED
    free: int = 0
    free_kind: FreeKind = FreeKind.WITHIN
    first: tuple[First, ...] = ()
    bands: tuple[StayBand, ...] = ()
    day_cap_micro: int | None = None
    rolling_cap_micro: int | None = None
    whole_cap_micro: int | None = None
    leave: int = 0
    rounding: Rounding = Rounding.HALF_UP
