"""The surcharge or discount for the share of reactive energy in a period.

As in China's rule of 1983 for industrial customers (功率因数调整电费办法): the mean power factor of
a month, rounded to two places, gives a percentage of the month's amount in a table.
"""

from dataclasses import dataclass
from math import isqrt
from typing import Final

from .priced import Priced, PricedLine, PriceRule, priced

BASIS_POINTS: Final = 10_000
THOUSANDTHS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorStep:
    """From which power factor (thousandths) on how much is added (basis points; below 0: off)."""

    from_thousandths: int
    basis_points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerFactor:
    """The table, rising and from 0 on, and to how many places the factor is rounded (2 or 3)."""

    steps: tuple[FactorStep, ...]
    places: int = 2


def power_factor(active: int, reactive: int, places: int) -> int:
    """Return P / sqrt(P² + Q²) in thousandths, rounded half up to its places, in whole numbers.

    k units (of 1/n) are reached where P n / S >= k - 1/2, that is (2k-1)² S² <= (2 n P)². Without
    any energy the factor is 1.
    """
    square = active * active + reactive * reactive
    if not square:
        return THOUSANDTHS
    units = int(10**places)
    reached = isqrt((2 * units * active) ** 2 // square)
    return (reached + 1) // 2 * THOUSANDTHS // units


def power_factor_due(terms: PowerFactor, active: int, reactive: int, amount_minor: int) -> Priced:
    """Return what is added to a period's amount, or taken off: rounded to the nearest minor unit.

    The line's quantity is the factor in thousandths, its price the basis points.
    """
    factor = power_factor(active, reactive, terms.places)
    held = [step for step in terms.steps if step.from_thousandths <= factor]
    points = held[-1].basis_points if held else 0
    line = PricedLine(
        rule=PriceRule.POWER_FACTOR,
        numerator=amount_minor * points,
        quantity=factor,
        price_micro=points,
    )
    return priced([line], BASIS_POINTS) if points else Priced(amount_minor=0, denominator=1)
