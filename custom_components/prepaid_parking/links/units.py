"""Every unit a meter may report in, and what one of it is in base units, exactly.

A unit that is not here is refused by name: a wrong guess would be a factor of a thousand.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final

from ..core.errors import CoreError
from ..core.metering import Quantity
from .registers import half_down

VALUE_UNITS: Final[Mapping[str, str]] = {
    **{f"voltage_l{phase}": "V" for phase in (1, 2, 3)},
    **{f"current_l{phase}": "A" for phase in (1, 2, 3)},
    **{f"power_l{phase}": "W" for phase in (1, 2, 3)},
    "power": "W",
    "reactive_power": "var",
    "apparent_power": "VA",
    "power_factor": "",
    "frequency": "Hz",
    "energy_import": "kWh",
    "energy_export": "kWh",
    "heat_energy": "kWh",
    "volume_reverse": "m³",
    "flow": "m³/h",
    "mass_flow": "kg/h",
    "pressure": "bar",
    "temperature": "°C",
    "battery_voltage": "V",
    "own_balance": "",
    "own_purchases": "",
    "alarms": "",
    "tamper": "",
}
"""The values a profile may offer and the unit each is handed on in."""

VALUE_CONVERSIONS: Final[Mapping[tuple[str, str], Fraction]] = {
    ("kW", "W"): Fraction(1000),
    ("kvar", "var"): Fraction(1000),
    ("kVA", "VA"): Fraction(1000),
    ("Wh", "kWh"): Fraction(1, 1000),
    ("MWh", "kWh"): Fraction(1000),
    ("L/h", "m³/h"): Fraction(1, 1000),
    ("t/h", "kg/h"): Fraction(1000),
    ("MPa", "bar"): Fraction(10),
    ("kPa", "bar"): Fraction(1, 100),
    ("mV", "V"): Fraction(1, 1000),
}
"""Units a data sheet may use instead: (theirs, ours) to the factor."""

BILLED_UNITS: Final[Mapping[str, tuple[Quantity, Fraction]]] = {
    "Wh": (Quantity.ENERGY, Fraction(1_000)),
    "kWh": (Quantity.ENERGY, Fraction(1_000_000)),
    "MWh": (Quantity.ENERGY, Fraction(10**9)),
    "MJ": (Quantity.ENERGY, Fraction(10**7, 36)),
    "GJ": (Quantity.ENERGY, Fraction(10**10, 36)),
    "varh": (Quantity.REACTIVE, Fraction(1_000)),
    "kvarh": (Quantity.REACTIVE, Fraction(1_000_000)),
    "L": (Quantity.VOLUME, Fraction(1_000)),
    "m³": (Quantity.VOLUME, Fraction(1_000_000)),
    "g": (Quantity.MASS, Fraction(1)),
    "kg": (Quantity.MASS, Fraction(1_000)),
    "t": (Quantity.MASS, Fraction(1_000_000)),
    "s": (Quantity.DURATION, Fraction(1_000)),
    "min": (Quantity.DURATION, Fraction(60_000)),
    "h": (Quantity.DURATION, Fraction(3_600_000)),
    "m": (Quantity.LENGTH, Fraction(1)),
    "km": (Quantity.LENGTH, Fraction(1_000)),
    "pcs": (Quantity.COUNT, Fraction(1)),
}
"""The units a billed register may count, and what one is in base units: 1 Wh is 3600 J, exactly.

Reactive energy is counted in mvarh, by a meter of its own, which another is judged with.
"""

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
