"""Every unit a meter may report in, and what one of it is in base units, exactly.

A unit that is not here is refused by name: a wrong guess would be a factor of a thousand.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final

from ..core.errors import CoreError
from ..core.metering import Quantity
from .profile import BILLED_UNITS
from .registers import half_down

_CUBIC_FOOT_ML: Final = Fraction(28_316_846_592, 10**6)
_GALLON_ML: Final = Fraction(3_785_411_784, 10**6)
_POUND_G: Final = Fraction(45_359_237, 10**5)
_CALORIE_MWH: Final = Fraction(4184, 3600)

UNITS: Final[Mapping[str, tuple[Quantity, Fraction]]] = {
    **BILLED_UNITS,
    "mWh": (Quantity.ENERGY, Fraction(1)),
    "GWh": (Quantity.ENERGY, Fraction(10**12)),
    "TWh": (Quantity.ENERGY, Fraction(10**15)),
    "J": (Quantity.ENERGY, Fraction(10, 36)),
    "kJ": (Quantity.ENERGY, Fraction(10**4, 36)),
    "cal": (Quantity.ENERGY, _CALORIE_MWH),
    "kcal": (Quantity.ENERGY, _CALORIE_MWH * 10**3),
    "Mcal": (Quantity.ENERGY, _CALORIE_MWH * 10**6),
    "Gcal": (Quantity.ENERGY, _CALORIE_MWH * 10**9),
    "mL": (Quantity.VOLUME, Fraction(1)),
    "m3": (Quantity.VOLUME, Fraction(1_000_000)),
    "ft³": (Quantity.VOLUME, _CUBIC_FOOT_ML),
    "CCF": (Quantity.VOLUME, _CUBIC_FOOT_ML * 100),
    "MCF": (Quantity.VOLUME, _CUBIC_FOOT_ML * 1000),
    "gal": (Quantity.VOLUME, _GALLON_ML),
    "fl. oz.": (Quantity.VOLUME, _GALLON_ML / 128),
    "lb": (Quantity.MASS, _POUND_G),
    "oz": (Quantity.MASS, _POUND_G / 16),
    "st": (Quantity.MASS, _POUND_G * 14),
    "ms": (Quantity.DURATION, Fraction(1)),
    "d": (Quantity.DURATION, Fraction(86_400_000)),
    "w": (Quantity.DURATION, Fraction(604_800_000)),
}
"""One thermochemical calorie is 4.184 J, an international foot 0.3048 m, a US gallon 231 cubic inch."""

MOST_REGISTER: Final = 2**63 - 1
"""The books keep a register in 64 bits."""
MOST_DIGITS: Final = 40
"""No register has more; a number with a million digits is an attack on the one who multiplies it."""


def check_unit(unit: str, quantity: Quantity) -> str:
    """Return a unit that measures this quantity, or refuse it."""
    if unit not in UNITS or UNITS[unit][0] is not quantity:
        raise CoreError("unit_unknown", unit=unit, quantity=quantity)
    return unit


def base_units(value: Decimal, unit: str) -> int | None:
    """Return a number as whole base units; None where no register shows such a number.

    Exact; only what is finer than the base unit is rounded, a half downwards: in doubt for the one
    who pays.
    """
    if not value.is_finite():
        return None
    sign, digits, _ = value.as_tuple()
    if not value or value.adjusted() < -MOST_DIGITS:
        return 0
    if sign or len(digits) > MOST_DIGITS or value.adjusted() > MOST_DIGITS:
        return None
    register = half_down(Fraction(value) * UNITS[unit][1])
    return register if register <= MOST_REGISTER else None
