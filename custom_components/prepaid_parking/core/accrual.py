"""What is used but not yet posted: it lowers the available balance at once, in memory.

Immutable entries are made at boundaries and intervals; between them an installation's open window
grows. A checkpoint of it survives a crash; without one it is computed again from the cursor.
"""

from dataclasses import dataclass
from datetime import datetime

from .identity import InstallationId, TariffId


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeLine:
    """A quantity at one price under one rule: `numerator` = quantity x price, not yet divided.

    `period` is the tier period it was counted in. `season` is said where the tiers hang on it.
    """

    tariff: TariffId
    version: int
    rate: str
    tier: int
    price_micro: int
    quantity: int
    numerator: int
    period: str = ""
    season: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The open charge window of an installation: from the durable cursor to the last good reading.

    `period` is the tier period the counts below belong to; `tier_quantity` is what the pool has used
    in it including this window. `points` are the readings between which the price changed.
    """

    installation: InstallationId
    from_register: int
    from_at: datetime
    to_register: int
    to_at: datetime
    carry: int
    lines: tuple[ChargeLine, ...] = ()
    period: str = ""
    tier_quantity: int = 0
    points: tuple[tuple[datetime, int], ...] = ()
