"""The units of a house in memory: who occupies them, and how they share what they use in common."""

from dataclasses import dataclass, field

from ..core.identity import (
    UnitId,
    WalletId,
)
from ..core.shares import Shares
from ..core.unit import Occupancy, Unit


@dataclass(slots=True)
class HouseBook:
    """Units, who lived where and when, shares of shared wallets, and how far each was counted."""

    units: dict[UnitId, Unit] = field(default_factory=dict)
    occupancies: dict[UnitId, list[Occupancy]] = field(default_factory=dict)
    shares: dict[WalletId, Shares] = field(default_factory=dict)
    share_counts: dict[tuple[WalletId, str], int] = field(default_factory=dict)
