"""A wallet is closed: what is left is paid out, what is owed is paid in, and what is too small is named."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class Settled(StrEnum):
    """How a settlement ended."""

    REFUND = "refund"
    PAY_UP = "pay_up"
    ZERO = "zero"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What moves when a wallet is closed; amounts in minor units.

    `rounding_minor` is the remainder of all its meters, rounded once and charged; `remainder` is
    what it was before. `amount_minor` is paid out where positive, paid in where negative.
    """

    rounding_minor: int
    remainder: Fraction
    amount_minor: int

    @property
    def result(self) -> Settled:
        """Which of the three it is."""
        if self.amount_minor > 0:
            return Settled.REFUND
        return Settled.PAY_UP if self.amount_minor < 0 else Settled.ZERO


def settle(cash_minor: int, owed_minor: int, carries: Iterable[Fraction]) -> Settlement:
    """Settle the cash that may be paid out against what is owed and what was used below a minor unit.

    Rounded to the nearest minor unit, a half in the customer's favour; one meter alone leaves at most
    one, several together may leave more.
    """
    remainder = sum(carries, Fraction())
    rounding = -((1 - 2 * remainder) // 2)  # nearest, half down
    return Settlement(
        rounding_minor=rounding,
        remainder=remainder,
        amount_minor=cash_minor - owed_minor - rounding,
    )
