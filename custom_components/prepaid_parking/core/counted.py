"""Packages of uses: "100.00 for 50 uses", which is a debt of the site until they are used.

Uses lie in lots, one for each package sold. What a use is worth is its part of what the lot cost, by
cumulative rounding: fifty uses of a package of 100.00 recognise 100.00, whatever a third would be.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from .errors import CoreError
from .local_day import day_start
from .money import Currency
from .periods import add_months
from .priced import Priced, PricedLine, PriceRule, micro_per_minor, priced, tiled


class AfterLast(StrEnum):
    """What the use after the last one is: refused, paid in money, or a new package."""

    REFUSE = "refuse"
    MONEY = "money"
    RENEW = "renew"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A package: how many uses for how much, how long they hold and who may use them.

    It holds for `valid_days` or `valid_months` local days or months after the day of sale, to the
    end of that day; for ever without both. `shared`: every holder of the wallet may use it, not
    only the one it was sold to. `use_price_micro` is a use beyond the last where that is paid.
    """

    uses: int
    price_micro: int
    valid_days: int | None = None
    valid_months: int | None = None
    shared: bool = False
    after: AfterLast = AfterLast.REFUSE
    use_price_micro: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """The uses of one package sold: how many it had, are left, what it cost (minor units).

    `valid_until` is the first instant at which it no longer holds. `holder` is the card or person
    it was sold to; a shared lot is for everyone who pays from the wallet.
    """

    id: str
    uses: int
    left: int
    price_minor: int
    valid_until: datetime | None = None
    holder: str = ""
    shared: bool = False

    @property
    def used(self) -> int:
        """How many uses are gone."""
        return self.uses - self.left


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """Uses taken out of a lot (or, below zero, put back), and what they are worth (minor units)."""

    lot: str
    uses: int
    worth_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """What uses that no lot covers are: `packages` to be sold, or money, or neither: refused."""

    after: AfterLast
    packages: int = 0
    price: Priced | None = None


def package_price(terms: Counted, currency: Currency) -> int:
    """Return what the package costs, in minor units."""
    line = PricedLine(
        rule=PriceRule.PACKAGE,
        numerator=terms.price_micro,
        quantity=terms.uses,
        price_micro=terms.price_micro,
    )
    return priced([line], micro_per_minor(currency)).amount_minor


def valid_until(terms: Counted, sold_at: datetime, zone: tzinfo) -> datetime | None:
    """Return when a package sold now ceases to hold: at the end of its last local day."""
    day = sold_at.astimezone(zone).date()
    if terms.valid_months is not None:
        day = add_months(day, terms.valid_months)
    elif terms.valid_days is not None:
        day += timedelta(days=terms.valid_days)
    else:
        return None
    return day_start(day + timedelta(days=1), zone)


def usable(lots: Iterable[Lot], now: datetime, holder: str = "") -> list[Lot]:
    """Return the lots that a holder may use now, in the order in which they are used up.

    The one that expires first comes first, those that never do last; of equals the one listed first.
    """
    found = (
        lot
        for lot in lots
        if lot.left > 0
        and (lot.shared or lot.holder == holder)
        and (lot.valid_until is None or now < lot.valid_until)
    )
    return sorted(found, key=lambda lot: (lot.valid_until is None, lot.valid_until or now))


def take(
    lots: Iterable[Lot], uses: int, now: datetime, holder: str = ""
) -> tuple[tuple[Take, ...], int]:
    """Take uses out of the lots, and return how many are missing."""
    if uses < 0:
        raise CoreError("uses_negative", uses=uses)
    takes: list[Take] = []
    missing = uses
    for lot in usable(lots, now, holder):
        if not missing:
            break
        part = min(missing, lot.left)
        takes.append(_moved(lot, part))
        missing -= part
    return tuple(takes), missing


def put_back(lot: Lot, uses: int) -> Take:
    """Give uses back that were taken for nothing (the machine did not start)."""
    if not 0 <= uses <= lot.used:
        raise CoreError("uses_not_taken", lot=lot.id, uses=uses, taken=lot.used)
    return _moved(lot, -uses)


def expire(lots: Iterable[Lot], now: datetime) -> tuple[Take, ...]:
    """Take all that is left out of lots that no longer hold: it is earned without a use."""
    return tuple(
        _moved(lot, lot.left)
        for lot in lots
        if lot.left > 0 and lot.valid_until is not None and lot.valid_until <= now
    )


def unearned(lot: Lot) -> int:
    """Return what is still owed to the buyer, in minor units: the worth of the uses left."""
    return recognised(lot.price_minor, lot.uses, lot.used, lot.uses)


def recognised(total_minor: int, uses: int, used_before: int, used_after: int) -> int:
    """Return what becomes revenue when the number of used ones grows (below zero: shrinks)."""
    return tiled(total_minor, used_before, used_after, uses)


def beyond(terms: Counted, missing: int, currency: Currency) -> Beyond:
    """Say what becomes of uses that no lot covers."""
    match terms.after:
        case AfterLast.MONEY:
            line = PricedLine(
                rule=PriceRule.PER_USE,
                numerator=missing * terms.use_price_micro,
                quantity=missing,
                price_micro=terms.use_price_micro,
                per=1,
            )
            return Beyond(after=terms.after, price=priced([line], micro_per_minor(currency)))
        case AfterLast.RENEW:
            return Beyond(after=terms.after, packages=-(-missing // terms.uses))
        case AfterLast.REFUSE:
            return Beyond(after=terms.after)


def _moved(lot: Lot, uses: int) -> Take:
    worth = recognised(lot.price_minor, lot.uses, lot.used, lot.used + uses)
    return Take(lot=lot.id, uses=uses, worth_minor=worth)
