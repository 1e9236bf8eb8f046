"""Units: the rooms, flats and shops that hold meters, and who occupies them when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation, Overflow
from typing import Final

from .errors import CoreError
from .identity import UnitId, WalletId

AREA_DIGITS: Final = 4
"""A square metre is ten thousand square centimetres."""
CAPACITY_DIGITS: Final = 3
"""A kilovolt-ampere is a thousand."""
MOST: Final = 10**12
"""No area or capacity is larger: sums and products of them stay far inside a column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A room, flat, shop or office: what shares and tiers go by.

    `name` is what wallets and devices are called by ("Flat 3-201"). `area_cm2` is in whole square
    centimetres (a hundred square metres are a million), `capacity_w` the contracted power in whole
    watts (kVA count as kW). `owner` is the wallet that pays while nobody occupies it.
    """

    id: UnitId
    no: int
    name: str
    building: str = ""
    floor: str = ""
    number: str = ""
    use: str = ""
    area_cm2: int = 0
    persons: int = 0
    capacity_w: int = 0
    owner: str = ""
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupancy:
    """Who pays for a unit from one instant to another; open while `to_at` is None."""

    id: str
    unit: UnitId
    wallet: WalletId
    from_at: datetime
    to_at: datetime | None = None
    persons: int = 0


def occupancy_at(history: Sequence[Occupancy], at: datetime) -> Occupancy | None:
    """Return who occupied a unit at an instant; None while it was vacant."""
    return next(
        (
            one
            for one in reversed(history)
            if one.from_at <= at and (one.to_at is None or at < one.to_at)
        ),
        None,
    )


def persons_at(unit: Unit, history: Sequence[Occupancy], at: datetime) -> int:
    """Return how many live or work in a unit: nobody while it is vacant.

    A unit in which nobody ever moved in has as many as were registered with it.
    """
    if not history:
        return unit.persons
    present = occupancy_at(history, at)
    return present.persons if present is not None else 0


def parse_area(text: str) -> int:
    """Turn square metres as decimal text into whole square centimetres."""
    return _scaled(text, AREA_DIGITS, "area_not_usable")


def area_text(area_cm2: int) -> str:
    """Write an area in square metres, without needless zeros."""
    return _text(area_cm2, AREA_DIGITS)


def parse_capacity(text: str) -> int:
    """Turn kVA (or kW) as decimal text into whole watts."""
    return _scaled(text, CAPACITY_DIGITS, "capacity_not_usable")


def capacity_text(capacity_w: int) -> str:
    """Write a capacity in kVA, without needless zeros."""
    return _text(capacity_w, CAPACITY_DIGITS)


def _scaled(text: str, digits: int, refusal: str) -> int:
    try:
        value = Decimal(text.strip()).scaleb(digits)
    except (InvalidOperation, Overflow) as err:
        raise CoreError("not_a_number", value=text) from err
    if not value.is_finite() or value != value.to_integral_value() or not 0 <= value <= MOST:
        raise CoreError(refusal, value=text)
    return int(value)


def _text(value: int, digits: int) -> str:
    whole, _, part = f"{Decimal(value).scaleb(-digits):f}".partition(".")
    part = part.rstrip("0")
    return f"{whole}.{part}" if part else whole
