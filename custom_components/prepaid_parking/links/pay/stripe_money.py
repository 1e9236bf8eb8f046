"""Amounts as Stripe counts them, which is not always by the currency's minor unit.

Source: docs.stripe.com/currencies. The ariary is counted whole although it has a hundred parts; the
Icelandic króna and the Uganda shilling are counted in hundredths although they have none any more;
currencies with three digits are charged in tens of their minor unit only.
"""

from typing import Final

from ...core.money import MOST_MINOR, Currency
from ...core.pay_channel import ChannelError, ChannelFault

WHOLE: Final = frozenset({"MGA"})
HUNDREDTHS: Final = frozenset({"ISK", "UGX"})


def to_stripe(amount_minor: int, currency: str) -> int:
    """Return an amount as Stripe is asked for it; refused where it has no word for it."""
    amount, rest = divmod(amount_minor * _parts(_digits(currency)), _parts(_own(currency)))
    if rest or (_own(currency) == 3 and amount % 10):
        raise ChannelError(ChannelFault.REFUSED, "amount_too_fine", currency)
    return amount


def from_stripe(amount: int, currency: str, fault: ChannelFault) -> int:
    """Return an amount that Stripe told in minor units."""
    amount_minor, rest = divmod(amount * _parts(_own(currency)), _parts(_digits(currency)))
    if rest or abs(amount_minor) > MOST_MINOR:
        raise ChannelError(fault, "amount", currency)
    return amount_minor


def _own(currency: str) -> int:
    return Currency.of(currency).digits


def _digits(currency: str) -> int:
    """Return how many digits behind the point Stripe counts."""
    if currency in WHOLE:
        return 0
    return 2 if currency in HUNDREDTHS else _own(currency)


def _parts(digits: int) -> int:
    return int(10**digits)
