"""Versioned price rules, and what a stretch of consumption costs under them."""

from dataclasses import dataclass
from datetime import datetime, time

from .identity import TariffId
from .metering import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A price up to a quantity used in the month (base units; None: without end)."""

    up_to: int | None
    price_micro: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A named rate (`flat`, `peak`, `valley`, …) with its tiers; a flat rate has one tier."""

    name: str
    tiers: tuple[Tier, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """When a rate applies: weekdays (0 = Monday) and a local time of day, `end` 00:00 is midnight."""

    rate: str
    weekdays: tuple[int, ...]
    start: time
    end: time


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffVersion:
    """What a unit costs from an instant on; never changed, only followed by the next version.

    Bands are looked up in order, the first that fits gives the rate; `otherwise` names the rate of
    all other times.
    """

    tariff: TariffId
    version: int
    name: str
    quantity: Quantity
    valid_from: datetime
    rates: tuple[Rate, ...]
    otherwise: str
    bands: tuple[Band, ...] = ()
