"""Money is whole minor units; what is smaller is carried, never dropped.

Prices are whole millionths of the major unit per display unit (kWh, m³, t, h). An amount is
`base units x price` over a denominator that is fixed for a quantity and a currency, so the remainder
of one charge is simply the start of the next.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from .errors import CoreError
from .metering import BASE_PER_UNIT, Quantity

MICRO: Final = 1_000_000
MICRO_DIGITS: Final = 6
SAID_DIGITS: Final = 3
PERCENT_DIGITS: Final = 2
MINOR_DIGITS: Final[dict[str, int]] = {
    "BHD": 3, "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0,
    "KMF": 0, "KRW": 0, "KWD": 3, "LYD": 3, "OMR": 3, "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0,
    "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip
"""Digits after the point where they are not two: ISO 4217."""
MOST_MINOR: Final = 10**15
"""No single amount is larger: room for the sums in a signed 64-bit column."""
MOST_BASE: Final = 10**15
"""Nor is any quantity: a register of a thousand million kWh, m³ or t."""
MOST_DIGITS: Final = 24
"""Before the point; `1e999999` is a number to a computer and a slip to everybody else."""


@dataclass(frozen=True, slots=True)
class Currency:
    """An ISO 4217 code and how many digits its minor unit has."""

    code: str
    digits: int

    @classmethod
    def of(cls, code: str) -> Currency:
        """Return the currency of a code; two digits unless ISO 4217 says otherwise."""
        return cls(code, MINOR_DIGITS.get(code, 2))

    def parse(self, text: str) -> int:
        """Turn a decimal text into minor units; refuse what the currency cannot hold."""
        return _scaled(text, self.digits)

    def text(self, minor: int) -> str:
        """Write minor units as a decimal string, always with all digits: `92.00`."""
        return str(Decimal(minor).scaleb(-self.digits))

    def denominator(self, quantity: Quantity) -> int:
        """Return what `base units x price` is divided by to give minor units."""
        return BASE_PER_UNIT[quantity] * int(10 ** (MICRO_DIGITS - self.digits))


def parse_price(text: str) -> int:
    """Turn a decimal price per display unit into millionths of the major unit."""
    return _scaled(text, MICRO_DIGITS)


def price_text(price_micro: int) -> str:
    """Write a price as a decimal string without needless zeros, at least two digits: `0.80`."""
    digits = str(Decimal(price_micro).scaleb(-MICRO_DIGITS)).rstrip("0")
    whole, _, part = digits.partition(".")
    return f"{whole}.{part:0<2}"


def parse_percent(text: str) -> int:
    """Turn a decimal percentage into basis points."""
    return _scaled(text, PERCENT_DIGITS)


def percent_text(share_bp: int) -> str:
    """Write basis points as a percentage without needless zeros: `20`, `12.5`."""
    text = str(Decimal(share_bp).scaleb(-PERCENT_DIGITS))
    return text.rstrip("0").rstrip(".")


def parse_quantity(text: str, quantity: Quantity) -> int:
    """Turn a decimal in display units into whole base units; a finer part is refused."""
    value = _decimal(text) * BASE_PER_UNIT[quantity]
    if value != value.to_integral_value():
        raise CoreError("quantity_too_fine", value=text)
    if abs(value) > MOST_BASE:
        raise CoreError("quantity_too_large", value=text)
    return int(value)


def quantity_text(base: int, quantity: Quantity) -> str:
    """Write base units as a plain decimal in display units, exactly or to nine digits (hours)."""
    value = Decimal(base) / BASE_PER_UNIT[quantity]
    text = f"{value:.9f}".rstrip("0").rstrip(".")
    return text or "0"


def quantity_said(base: int, quantity: Quantity) -> str:
    """Write base units for people, on paper and in sentences: at most three decimals.

    What is too little for them is written as it is: "0 kWh" for a cent would be a lie.
    """
    value = round(Decimal(base) / BASE_PER_UNIT[quantity], SAID_DIGITS)
    return f"{value:f}".rstrip("0").rstrip(".") if value else quantity_text(base, quantity)


def split(amount_minor: int, weights: list[int]) -> list[int]:
    """Split an amount by weights so that the parts add up exactly, each within one unit of fair.

    The largest remainders get the odd units, earlier parts first.
    """
    total = sum(weights)
    if total <= 0 or any(weight < 0 for weight in weights):
        raise CoreError("weights_not_positive")
    parts = [amount_minor * weight // total for weight in weights]
    by_rest = sorted(range(len(weights)), key=lambda i: -(amount_minor * weights[i] % total))
    for i in by_rest[: amount_minor - sum(parts)]:
        parts[i] += 1
    return parts


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text.strip())
    except InvalidOperation as err:
        raise CoreError("not_a_number", value=text) from err
    if not value.is_finite():
        raise CoreError("not_a_number", value=text)
    if value.adjusted() > MOST_DIGITS:
        raise CoreError("amount_too_large", value=text)
    return value


def _scaled(text: str, digits: int) -> int:
    value = _decimal(text).scaleb(digits)
    if value != value.to_integral_value():
        raise CoreError("amount_too_fine", value=text, digits=digits)
    if abs(value) > MOST_MINOR:
        raise CoreError("amount_too_large", value=text)
    return int(value)
