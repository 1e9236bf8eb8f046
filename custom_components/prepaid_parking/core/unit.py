"""Units: the rooms, flats and shops that hold meters, and who occupies them when."""

from dataclasses import dataclass
from datetime import datetime

from .identity import UnitId, WalletId


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A room, flat, shop or office: what shares and tiers go by.

    `name` is what wallets and devices are called by ("Flat 3-201"). `area_cm2` is in whole square
    centimetres (a hundred square metres are a million), `capacity_w` the contracted power in whole
    watts (kVA count as kW). `owner` is the wallet that pays while nobody occupies it.
    """

    id: UnitId
    no: int
    name: str
    building: str = ""
    floor: str = ""
    number: str = ""
    use: str = ""
    area_cm2: int = 0
    persons: int = 0
    capacity_w: int = 0
    owner: str = ""
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupancy:
    """Who pays for a unit from one instant to another; open while `to_at` is None."""

    id: str
    unit: UnitId
    wallet: WalletId
    from_at: datetime
    to_at: datetime | None = None
    persons: int = 0
