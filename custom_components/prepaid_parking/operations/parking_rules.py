"""The rules of a car park are set as new versions; the old ones stay: decisions were made by them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Final

from ..core.errors import CoreError
from ..core.identity import Actor, TariffId
from ..core.ledger import EntryKind, Receipt
from ..core.metering import Quantity
from ..core.parking_rules import ParkingRules
from ..core.plate import PlatePattern, plate_filter
from .site import ALWAYS, Site
from .turn import in_turn
from .versioned import next_version, setting_act

UNSET: Final = ParkingRules(version=0, valid_from=ALWAYS)
"""A car park without rules of its own: cards only, an open bill of an owner admits and reminds."""


def rules_now(site: Site) -> ParkingRules:
    """Return the rules in force."""
    return rules_at(site, site.clock())


def rules_at(site: Site, at: datetime) -> ParkingRules:
    """Return the rules that are, were or will be in force at an instant."""
    return next((one for one in reversed(site.parking.rules) if one.valid_from <= at), UNSET)


@in_turn
async def set_parking_rules(
    site: Site,
    *,
    changes: Mapping[str, object],
    actor: Actor,
    valid_from: datetime | None = None,
    reason: str = "",
) -> Receipt:
    """Write the next version of the rules; what is not named stays as it was.

    It counts from now on, or from a later instant; stays that have begun keep their tariff.
    """
    now, known = site.clock(), site.parking.rules
    last = known[-1] if known else UNSET
    begins = now if valid_from is None else valid_from
    if begins < max(now, last.valid_from):
        raise CoreError("parking_rules_out_of_order", at=max(now, last.valid_from).isoformat())
    written = replace(next_version(last, changes, now), valid_from=begins)
    _check(site, written)
    receipt = await site.books.commit(
        setting_act(
            EntryKind.PARKING_RULES_SET,
            "parking_rules",
            written,
            at=now,
            actor=actor,
            reason=reason,
            changes=changes,
        )
    )
    site.parking.rules = [*known, written]
    return receipt


def parks_free(rules: ParkingRules, plate: str) -> bool:
    """Tell whether a plate is of those that always pass free: police, fire, ambulance."""
    return any(_filter(pattern)(plate) for pattern in rules.free_plates)


@lru_cache(maxsize=128)
def _filter(pattern: str) -> Callable[[str], bool]:
    """Return what tells whether a plate is of a pattern; refuse what is no regular expression."""
    return plate_filter(PlatePattern.OWN, pattern)


def _check(site: Site, rules: ParkingRules) -> None:
    for pattern in rules.free_plates:
        _filter(pattern)
    for one in rules.tariffs:
        _check_tariff(site, one.tariff)
    if twice := _first_twice(one.zone for one in rules.places):
        raise CoreError("zone_twice", zone=twice)


def _check_tariff(site: Site, tariff: TariffId) -> None:
    """Refuse a tariff that is not there, or that has no price for time."""
    pricer = site.tariffs.get(tariff)
    if pricer is None:
        raise CoreError("unknown_tariff", tariff=tariff)
    terms = pricer.versions[-1].terms.duration
    if terms is None or terms.quantity is not Quantity.DURATION:
        raise CoreError("tariff_not_for_stays", tariff=tariff)


def _first_twice(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
