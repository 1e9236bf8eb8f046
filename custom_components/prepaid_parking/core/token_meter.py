"""Meters that nothing is connected to: they take tokens, and the hub keeps count of those."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from .errors import CoreError
from .identity import TokenMeterId, WalletId
from .metering import Commodity
from .money import MICRO_DIGITS, Currency
from .openpaygo import KEY_BYTES, STARTING_CODES, TokenType

MOST_DIVIDER: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenMeter:
    """A meter that takes tokens, by what it is called (`name`, its serial number).

    One of what it is `sold_in` (a day, a kWh) is `divider` in a token, and costs `price_micro`.
    `count` is its counter after the last token; what it was made with is sealed under `subject`.
    """

    id: TokenMeterId
    no: int
    name: str
    commodity: Commodity
    sold_in: str
    price_micro: int
    subject: str
    divider: int = 1
    wallet: WalletId | None = None
    extended: bool = False
    restricted: bool = False
    count: int = 1
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as it was made, to be shown again: it is good for one meter and one time."""

    meter: TokenMeterId
    count: int
    kind: TokenType
    digits: str
    at: datetime
    units: str = ""
    amount_minor: int = 0
    wallet: WalletId | None = None
    reference: str = ""


def check_token_meter(meter: TokenMeter) -> None:
    """Refuse what cannot be a meter that takes tokens."""
    if not 1 <= meter.divider <= MOST_DIVIDER:
        raise CoreError("token_divider_out_of_range", most=MOST_DIVIDER)
    if meter.price_micro <= 0:
        raise CoreError("token_price_missing")


def read_key(text: str) -> str:
    """Return a meter's key in its one form: 32 hexadecimal digits."""
    key = text.strip().lower()
    if len(key) != 2 * KEY_BYTES or set(key) - set("0123456789abcdef"):
        raise CoreError("token_key_malformed")
    return key


def check_starting_code(code: int) -> None:
    """Refuse a starting code that has more than nine digits."""
    if not 0 <= code < STARTING_CODES:
        raise CoreError("token_starting_code_malformed")


def value_of(meter: TokenMeter, units: str) -> int:
    """Return what a token says for so many units; what it cannot say exactly is refused."""
    value = _decimal(units) * meter.divider
    if value != value.to_integral_value():
        raise CoreError("token_units_too_fine", units=units, step=str(1 / Decimal(meter.divider)))
    return int(value)


def cost_of(meter: TokenMeter, value: int, currency: Currency) -> int:
    """Return what a token costs in minor units, half a cent up."""
    micro = meter.price_micro * value
    per_minor = int(10 ** (MICRO_DIGITS - currency.digits)) * meter.divider
    return (2 * micro + per_minor) // (2 * per_minor)


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text.strip())
    except InvalidOperation as err:
        raise CoreError("not_a_number", value=text) from err
    if not value.is_finite() or value <= 0 or value.adjusted() > MICRO_DIGITS:
        raise CoreError("not_a_number", value=text)
    return value
