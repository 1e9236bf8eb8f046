"""A version of a tariff: what it is called, since when it holds, and all its rules."""

from dataclasses import dataclass
from datetime import datetime

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
