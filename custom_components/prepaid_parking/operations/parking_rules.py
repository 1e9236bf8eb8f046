"""The rules of a car park are set as new versions; the old ones stay: decisions were made by them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Final

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, TariffId
from ..core.ledger import Receipt
from ..core.metering import Quantity
from ..core.parking_rules import ParkingRules
from ..core.plate import PlatePattern, plate_filter
from .site import ALWAYS, Site
from .turn import in_turn
from .versioned import next_version, setting_act

LONGEST_PLATE: Final = 20
"""With its separators; on longer texts a careless pattern could take a lane's time."""
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
    if len(plate) > LONGEST_PLATE:
        return False
    return any(_filter(pattern)(plate) for pattern in rules.free_plates)


def rules_view(site: Site, rules: ParkingRules) -> dict[str, object]:
    """Describe a version of the rules; amounts are decimal strings."""
    return {
        "version": rules.version,
        "valid_from": rules.valid_from.isoformat() if rules.version else None,
        "temporaries": rules.temporaries,
        "tariffs": [
            {
                "tariff": one.tariff,
                "locations": list(one.locations),
                "zones": list(one.zones),
                "vehicles": list(one.vehicles),
            }
            for one in rules.tariffs
        ],
        "places": [{"zone": one.zone, "places": one.places} for one in rules.places],
        "owned": rules.owned,
        "rented": rules.rented,
        "pass_back": rules.pass_back,
        "fuzzy": rules.fuzzy,
        "owed_ask": rules.owed_ask,
        "free_plates": list(rules.free_plates),
        "pass_seconds": rules.pass_s,
        "paid_seconds": rules.paid_s,
        "travel_seconds": rules.travel_s,
        "reentry_minutes": rules.reentry_minutes,
        "long_stay_hours": rules.long_stay_hours,
        "lost_ticket": site.currency.text(rules.lost_ticket_minor),
        "list_minutes": rules.list_minutes,
        "stale_hours": rules.stale_hours,
    }


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
