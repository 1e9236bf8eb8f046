"""What a stay costs its driver: its price, less what merchants bear and what was paid before.

Three numbers, in this order. The price of the time that is not covered, with its levies. What each
validation takes off it: minutes lie before the paid time, amounts come off, a full one takes the
rest; a validation's worth is the price without it less the price with it. And what is still due:
nothing within the time to leave after everything was paid, later the whole less what was paid.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
import itertools
from typing import Final

from .calendars import Holidays, no_holidays
from .duration import Duration
from .levies import Levy, on_top
from .money import Currency
from .priced import Priced, PricedLine, PriceRule
from .rights import Held, outside
from .stay import Stay, StayKind, Validation, Worth
from .stay_price import price_stretches
from .till import MILLISECOND, millis

type Stretch = tuple[datetime, datetime]
"""A time that is paid for: from, to."""

MINUTE: Final = timedelta(minutes=1)
FREE_KINDS: Final = frozenset({StayKind.FREE, StayKind.EMERGENCY})
NOTHING: Final = Priced(amount_minor=0, denominator=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StayTerms:
    """By what a stay is priced: the version of a tariff that held at its arrival."""

    duration: Duration
    levies: tuple[Levy, ...] = ()
    calendar: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StayPrice:
    """What a stay costs (minor units).

    `price` is the bare price with its lines, `amount_minor` the same with levies. `worths` says of
    each validation what it takes off.
    """

    price: Priced
    amount_minor: int
    worths: tuple[int, ...] = ()
    due_minor: int = 0

    @property
    def validated_minor(self) -> int:
        """What merchants bear."""
        return sum(self.worths)


@dataclass(frozen=True, slots=True, kw_only=True)
class StayPricer:
    """Prices stays of one site."""

    zone: tzinfo
    currency: Currency
    holidays: Holidays = no_holidays

    def cost(self, stay: Stay, terms: StayTerms | None, paid_time: Sequence[Stretch]) -> StayPrice:
        """Price a stay's `paid_time`; `terms` are None where a person set the price."""
        if terms is None:
            price = self._set_price(stay)
            return _due(stay, price, price.amount_minor, _worths_of_sum(stay, price.amount_minor))
        whole = later(paid_time, stay.free_ms)
        price = self._price(terms, whole, overtime=not stay.priced_whole)
        amount = self._with_levies(terms, price.amount_minor)
        return _due(stay, price, amount, self._worths(stay, terms, whole, amount))

    def _worths(
        self, stay: Stay, terms: StayTerms, paid_time: Sequence[Stretch], amount: int
    ) -> list[int]:
        """Return what each validation takes off; one never makes a stay dearer."""
        worths: list[int] = []
        gross, minutes, off = amount, 0, 0
        for one in stay.validations:
            before = max(0, gross - off)
            if one.kind is Worth.MINUTES:
                minutes += one.minutes
                rest = later(paid_time, minutes * MINUTE // MILLISECOND)
                net = self._price(terms, rest).amount_minor
                gross = min(gross, self._with_levies(terms, net))
            else:
                off += before if one.kind is Worth.FULL else one.amount_minor
            worths.append(before - max(0, gross - off))
        return worths

    def _price(
        self, terms: StayTerms, paid_time: Sequence[Stretch], *, overtime: bool = False
    ) -> Priced:
        return price_stretches(
            terms.duration,
            paid_time,
            self.zone,
            self.currency,
            self.holidays,
            terms.calendar,
            overtime=overtime,
        )

    def _set_price(self, stay: Stay) -> Priced:
        amount = stay.amount_minor if stay.priced_whole else 0
        line = PricedLine(rule=PriceRule.SET_PRICE, numerator=amount)
        return replace(NOTHING, amount_minor=amount, lines=(line,) if amount else ())

    def _with_levies(self, terms: StayTerms, amount_minor: int) -> int:
        return amount_minor + on_top(amount_minor, terms.levies, {})


def until(stay: Stay, terms: StayTerms | None, at: datetime) -> datetime:
    """Return up to when a stay is priced: who paid everything has a while to leave."""
    if terms is None or stay.paid_at is None:
        return at
    return stay.paid_at if millis(at) - millis(stay.paid_at) <= terms.duration.leave else at


def paid_time(
    stay: Stay,
    held: Sequence[Held],
    end: datetime,
    zone: tzinfo,
    holidays: Holidays = no_holidays,
) -> list[Stretch]:
    """Return the time of a stay that no right covers: all of it, none, or what lies outside.

    That is outside the hours of what it holds, and before or after its days.
    """
    begin = stay.entered_at
    if begin >= end or stay.kind in FREE_KINDS:
        return []
    if stay.priced_whole:
        return [(begin, end)]
    return outside(held, begin, end, zone, holidays)


def later(paid_time: Iterable[Stretch], free_ms: int) -> list[Stretch]:
    """Return the paid time less its first milliseconds."""
    left, rest = free_ms * MILLISECOND, list[Stretch]()
    for begin, end in paid_time:
        off = min(left, end - begin)
        left -= off
        if begin + off < end:
            rest.append((begin + off, end))
    return rest


def _worths_of_sum(stay: Stay, amount_minor: int) -> list[int]:
    """Return what validations take off a price that has nothing to do with time."""
    worths: list[int] = []
    for one in stay.validations:
        rest = amount_minor - sum(worths)
        worths.append(min(rest, _off(one, rest)))
    return worths


def _off(one: Validation, rest: int) -> int:
    match one.kind:
        case Worth.MINUTES:
            return 0
        case Worth.AMOUNT:
            return one.amount_minor
        case Worth.FULL:
            return rest


def _due(stay: Stay, price: Priced, amount: int, worths: Sequence[int]) -> StayPrice:
    """Take off what merchants bear and what was paid; what was paid stays paid, merchants bear the rest."""
    room = max(0, amount - stay.paid_minor - stay.over_minor)
    before = itertools.accumulate(worths, initial=0)
    kept = tuple(
        max(0, min(worth, room - given)) for worth, given in zip(worths, before, strict=False)
    )
    return StayPrice(
        price=price,
        amount_minor=amount,
        worths=kept,
        due_minor=room - sum(kept),
    )
