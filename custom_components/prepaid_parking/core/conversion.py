"""Prices that are written in one way and charged in another, rounded once and never again."""

from dataclasses import dataclass
from enum import StrEnum

from .money import MICRO
from .rates import Rate, Tier


class Heat(StrEnum):
    """The unit in which a gas supplier states the calorific value."""

    KWH = "kWh"
    MJ = "MJ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calorific:
    """How much energy a cubic metre of gas is, in millionths.

    The register counts m³, the prices are per kWh: a cubic metre is `value x factor`, where the
    factor turns the volume at the meter into the volume at standard state.
    """

    value_micro: int
    factor_micro: int = 1_000_000
    unit: Heat = Heat.KWH


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """What a rate's price is of the base price, in millionths."""

    rate: str
    factor_micro: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A base price and a factor for each rate: `1.6` at the peak, `0.4` in the valley."""

    base_micro: int
    factors: tuple[Factor, ...]


def scaled(price_micro: int, factor_micro: int) -> int:
    """Return a price times a factor in millionths, rounded once, a half to the even millionth."""
    return rounded(price_micro * factor_micro, MICRO)


def plan_rates(plan: Plan) -> tuple[Rate, ...]:
    """Return the rates of a plan, each price rounded once to a millionth."""
    return tuple(
        Rate(
            name=one.rate,
            tiers=(Tier(up_to=None, price_micro=scaled(plan.base_micro, one.factor_micro)),),
        )
        for one in plan.factors
    )


def rounded(numerator: int, denominator: int) -> int:
    """Divide and round to the nearest whole number, a half to the even one."""
    whole, rest = divmod(numerator, denominator)
    twice = 2 * rest
    return whole + (twice > denominator or (twice == denominator and whole % 2))


def per_register_unit(price_micro: int, gas: Calorific) -> int:
    """Return the price of a cubic metre from that of a kilowatt-hour, rounded once."""
    # A kilowatt-hour is 3.6 MJ.
    tenths = 10 if gas.unit is Heat.KWH else 36
    numerator = price_micro * gas.value_micro * gas.factor_micro * 10
    return rounded(numerator, MICRO * MICRO * tenths)
