"""What stays and counted uses cost by a tariff that they were not charged by."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from .calendars import Holidays, no_holidays
from .counted import package_price, recognised, valid_until
from .errors import CoreError
from .lab_cost import Cost
from .levies import levy
from .money import Currency
from .stay_price import price_counter, price_stay
from .terms import Kind
from .version import TariffVersion


@dataclass(frozen=True, slots=True)
class Happened:
    """A stay, a use by a counter, or uses of a package: from when to when, and how much was counted."""

    from_at: datetime
    to_at: datetime
    counted: int | None = None


def price_happened(
    version: TariffVersion,
    happened: Iterable[Happened],
    zone: tzinfo,
    currency: Currency,
    until: datetime,
    holidays: Holidays = no_holidays,
) -> Cost:
    """Price what happened, in the order of time, against a tariff for time or for uses."""
    match version.kind:
        case Kind.DURATION:
            minor = sum(_stay(version, one, zone, currency, holidays) for one in happened)
        case Kind.COUNTED:
            minor = _packages(version, happened, zone, currency, until)
        case kind:
            raise CoreError("lab_wrong_kind", kind=kind)
    on_top, _, _ = levy(minor, version.terms.levies, {})
    return Cost(use_minor=minor, levies_minor=on_top)


def _stay(
    version: TariffVersion, one: Happened, zone: tzinfo, currency: Currency, holidays: Holidays
) -> int:
    terms = version.terms.duration
    assert terms is not None
    if one.counted is not None:
        return price_counter(terms, one.counted, currency).amount_minor
    calendar = version.terms.calendar
    return price_stay(
        terms, one.from_at, one.to_at, zone, currency, holidays, calendar
    ).amount_minor


def _packages(
    version: TariffVersion,
    happened: Iterable[Happened],
    zone: tzinfo,
    currency: Currency,
    until: datetime,
) -> int:
    """Return what uses cost if a package is bought whenever there is none left.

    What a package still holds at the end is not lost yet and not counted; what expired before is.
    """
    terms = version.terms.counted
    assert terms is not None
    price, spent = package_price(terms, currency), 0
    used, ends = terms.uses, None
    for one in happened:
        left = 1 if one.counted is None else one.counted
        while left:
            if used == terms.uses or (ends is not None and ends <= one.from_at):
                spent += recognised(price, terms.uses, used, terms.uses)
                used, ends = 0, valid_until(terms, one.from_at, zone)
            part = min(left, terms.uses - used)
            spent += recognised(price, terms.uses, used, used + part)
            used, left = used + part, left - part
    if ends is not None and ends <= until:
        spent += recognised(price, terms.uses, used, terms.uses)
    return spent
