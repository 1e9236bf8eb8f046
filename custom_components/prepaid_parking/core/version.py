"""A version of a tariff, and what makes one unfit to be published."""

from dataclasses import dataclass
from datetime import datetime

from .errors import CoreError
from .identity import TariffId
from .metering import Quantity
from .rates import Band, Rate
from .terms import NO_TERMS, Kind, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffVersion:
    """What a unit costs from an instant on; never changed, only followed by the next version.

    Bands are looked up in order, the first that fits gives the rate; `otherwise` names the rate of
    all other times. What is not priced by use has no rates: its terms say all.
    """

    tariff: TariffId
    version: int
    name: str
    quantity: Quantity
    valid_from: datetime
    rates: tuple[Rate, ...]
    otherwise: str
    bands: tuple[Band, ...] = ()
    terms: Terms = NO_TERMS

    @property
    def kind(self) -> Kind:
        """What the version sells."""
        return self.terms.kind


def check(version: TariffVersion) -> None:
    """Refuse a version that cannot price everything: unknown rates, tiers without an end."""
    if version.kind is not Kind.USAGE:
        return
    names = {rate.name for rate in version.rates}
    for name in (version.otherwise, *(band.rate for band in version.bands)):
        if name not in names:
            raise CoreError("tariff_unknown_rate", rate=name)
    for rate in version.rates:
        limits = [tier.up_to for tier in rate.tiers]
        rising = [limit for limit in limits[:-1] if limit is not None]
        if not limits or limits[-1] is not None or len(rising) != len(limits) - 1:
            raise CoreError("tariff_tiers_open", rate=rate.name)
        if sorted(set(rising)) != rising or any(limit <= 0 for limit in rising):
            raise CoreError("tariff_tiers_order", rate=rate.name)
