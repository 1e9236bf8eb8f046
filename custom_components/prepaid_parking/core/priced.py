"""A price as lines that explain themselves, and the one place where it becomes whole minor units.

Lines are exact: each has a numerator, all of one price share a denominator. Only their sum is
rounded, once. What has to be cut into parts (a month into days, a package into uses) is cut so that
the parts of any tiling add up to the whole.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from .money import MICRO_DIGITS, Currency


class Rounding(StrEnum):
    """How the exact sum becomes whole minor units."""

    HALF_UP = "half_up"
    UP = "up"
    DOWN = "down"


class PriceRule(StrEnum):
    """Which rule made a line; the values are translated."""

    FREE = "free"
    FIRST = "first"
    UNITS = "units"
    FLAT = "flat"
    BAND_CAP = "band_cap"
    DAY_CAP = "day_cap"
    ROLLING_CAP = "rolling_cap"
    WHOLE_CAP = "whole_cap"
    PAID = "paid"
    FIXED = "fixed"
    STANDING = "standing"
    MINIMUM = "minimum"
    DEMAND = "demand"
    EXCESS = "excess"
    POWER_FACTOR = "power_factor"
    PACKAGE = "package"
    PER_USE = "per_use"
    SET_PRICE = "set_price"
    OVERTIME = "overtime"
    COVERED = "covered"
    VALIDATED_MINUTES = "validated_minutes"
    VALIDATED_AMOUNT = "validated_amount"
    VALIDATED_FULL = "validated_full"


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedLine:
    """One part of a price, and what it came from.

    `quantity` base units at `price_micro` (millionths of the major unit) for every `per` of them;
    `per` 0 says that the price is for the whole, however much it was. `numerator` is signed: a cap
    takes off. A line speaks of a time (`from_at`, `to_at`) or of whole local days (`first`, `last`).
    """

    rule: PriceRule
    numerator: int
    name: str = ""
    quantity: int = 0
    price_micro: int = 0
    per: int = 0
    from_at: datetime | None = None
    to_at: datetime | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """What something costs: whole minor units, and the exact lines they were rounded from."""

    amount_minor: int
    denominator: int
    lines: tuple[PricedLine, ...] = ()

    @property
    def numerator(self) -> int:
        """The exact sum, over the denominator, in minor units."""
        return sum(line.numerator for line in self.lines)

    def amounts(self) -> tuple[int, ...]:
        """Return minor units per line that add up to the amount, each within one unit of exact."""
        parts: list[int] = []
        exact = done = 0
        for number, line in enumerate(self.lines, 1):
            exact += line.numerator
            upto = half_up(exact, self.denominator)
            if number == len(self.lines):
                upto = self.amount_minor
            parts.append(upto - done)
            done = upto
        return tuple(parts)


def half_up(numerator: int, denominator: int) -> int:
    """Divide to the nearest whole number, a half upwards (away from nothing below zero, too)."""
    nearest = (2 * abs(numerator) + denominator) // (2 * denominator)
    return nearest if numerator >= 0 else -nearest


def to_minor(numerator: int, denominator: int, rounding: Rounding = Rounding.HALF_UP) -> int:
    """Divide to a whole number by a named rule."""
    match rounding:
        case Rounding.HALF_UP:
            return half_up(numerator, denominator)
        case Rounding.UP:
            return -(-numerator // denominator)
        case Rounding.DOWN:
            return numerator // denominator


def priced(
    lines: Iterable[PricedLine], denominator: int, rounding: Rounding = Rounding.HALF_UP
) -> Priced:
    """Round lines once."""
    kept = tuple(lines)
    total = sum(line.numerator for line in kept)
    return Priced(
        amount_minor=to_minor(total, denominator, rounding), denominator=denominator, lines=kept
    )


def tiled(total: int, before: int, after: int, whole: int) -> int:
    """Return the part of a total that belongs to a stretch, `before` to `after` of `whole` steps.

    Cumulative rounding: what the first k of n steps are worth is `total * k / n` to the nearest
    unit, and a stretch is the difference of two of these. Stretches that tile the whole therefore
    add up to the total exactly, in any cut and in any order.
    """
    return half_up(total * after, whole) - half_up(total * before, whole)


def micro_per_minor(currency: Currency) -> int:
    """Return how many millionths of the major unit one minor unit is."""
    return int(10 ** (MICRO_DIGITS - currency.digits))
