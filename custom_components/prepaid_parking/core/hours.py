"""What a meter counted in each hour: kept for looking back, never for money.

A local day is one row of 23 to 25 whole numbers, packed: thirteen months of a thousand meters are
forty megabytes.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from .identity import MeterId
from .local_day import DAY, day_start

HOUR: Final = timedelta(hours=1)
_WIDTHS: Final = {2: "H", 4: "I", 8: "Q"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterDay:
    """What a meter counted in the hours of a local day, in base units; packed by `pack`."""

    day: date
    meter: MeterId
    hours: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class HourMark:
    """The register up to which a meter's hours are filled in, and when it showed that."""

    meter: MeterId
    register: int
    at: datetime


def pack(quantities: Sequence[int]) -> bytes:
    """Write whole numbers in as few bytes as the largest needs; little-endian, its width first."""
    most = max(quantities, default=0)
    width = next(width for width in _WIDTHS if most < 1 << 8 * width)
    return bytes((width,)) + b"".join(one.to_bytes(width, "little") for one in quantities)


def unpack(packed: bytes) -> Sequence[int]:
    """Read what `pack` wrote."""
    numbers = array(_WIDTHS[packed[0]])
    numbers.frombytes(packed[1:])
    if _BIG_ENDIAN:
        numbers.byteswap()
    return numbers


def hours_of(day: date, zone: tzinfo) -> int:
    """Return how many whole hours a local day has: 23, 24 or 25, a begun one counted."""
    length = day_start(day + DAY, zone) - day_start(day, zone)
    return -(-length // HOUR)


def spread(
    quantity: int, from_at: datetime, to_at: datetime, zone: tzinfo
) -> dict[date, dict[int, int]]:
    """Spread what went through evenly between two instants over the hours of local days.

    The parts are whole base units and add up exactly.
    """
    found: dict[date, dict[int, int]] = {}
    length, begin, done = to_at - from_at, from_at, 0
    while True:
        day = begin.astimezone(zone).date()
        start = day_start(day, zone)
        hour = (begin - start) // HOUR
        end = min(start + (hour + 1) * HOUR, day_start(day + DAY, zone), to_at)
        upto = (
            quantity if end == to_at else quantity * ((end - from_at) // _TICK) // (length // _TICK)
        )
        cells = found.setdefault(day, {})
        cells[hour] = cells.get(hour, 0) + upto - done
        if end == to_at:
            return found
        begin, done = end, upto


_TICK: Final = timedelta(microseconds=1)
_BIG_ENDIAN: Final = array("H", [1]).tobytes() == b"\x00\x01"
