"""What a site lets pass and what it asks for: one set of rules, in versions."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .identity import TariffId
from .space import Location


class Unpaid(StrEnum):
    """What an unpaid bill does at the lane. It never keeps a car inside that may leave."""

    ADMIT = "admit"
    """It is let in and reminded."""
    ASK = "ask"
    """An attendant decides."""
    REFUSE = "refuse"


class PassBack(StrEnum):
    """What happens when a car comes in that never left."""

    REVIEW = "review"
    """It is let in, and a person looks at it."""
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class StayTariff:
    """Which tariff a stay has: the first that fits. Empty conditions ask for nothing."""

    tariff: TariffId
    locations: tuple[Location, ...] = ()
    zones: tuple[str, ...] = ()
    vehicles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ZonePlaces:
    """How many places for temporaries a zone has, where its spaces do not say so."""

    zone: str
    places: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkingRules:
    """A version of the rules of a car park.

    Unknown vehicles are let in where `temporaries` is set and a tariff fits them. `owned` and
    `rented` say what an unpaid bill does at the entry. `free_plates` are regular expressions of
    plates that always pass free (police, fire, ambulance). A car must pass within `pass_s` of being
    let through, and a payment opens for the plate that was read at that lane within `paid_s`. Who
    comes back within `reentry_minutes` goes on with the stay before. A stay longer than
    `long_stay_hours` is looked at by a person. `lost_ticket_minor` is the price of a stay whose
    beginning nobody knows. `fuzzy`: a plate that is one sign off a registered one is let in, and
    never charged. `owed_ask`: who left without paying is asked about at the next entry. The lanes'
    list is made anew every `list_minutes`, and a site is told when it is older than `stale_hours`.
    """

    version: int
    valid_from: datetime
    temporaries: bool = False
    tariffs: tuple[StayTariff, ...] = ()
    places: tuple[ZonePlaces, ...] = ()
    owned: Unpaid = Unpaid.ADMIT
    rented: Unpaid = Unpaid.REFUSE
    pass_back: PassBack = PassBack.REVIEW
    fuzzy: bool = False
    owed_ask: bool = False
    free_plates: tuple[str, ...] = ()
    pass_s: int = 30
    paid_s: int = 120
    reentry_minutes: int = 0
    long_stay_hours: int = 72
    travel_s: int = 20
    lost_ticket_minor: int = 0
    list_minutes: int = 5
    stale_hours: int = 24
