"""The exemption quota: what a hospital may use unpaid in a period before it is treated as empty.

What was drawn under it is repaid first by the next money, because it is nothing but a balance below
the credit limit: as that rises, so does the mark.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from enum import StrEnum

from .identity import WalletId


class QuotaPeriod(StrEnum):
    """In which period a quota is granted anew; `always`: whatever is repaid can be drawn again."""

    ALWAYS = "always"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaUse:
    """What a wallet has drawn of its quota in a period; durable, a restart grants nothing anew.

    `used` is in minor units, or in the base units of a quota by quantity. `drawn_minor` is what of
    all periods' use is still owed, `below_minor` how far the balance was below the credit limit when
    it was last looked at. `counted` is the register of each installation up to which a quota by
    quantity has counted.
    """

    wallet: WalletId
    period: str = ""
    used: int = 0
    drawn_minor: int = 0
    below_minor: int = 0
    begun: bool = False
    used_up: bool = False
    counted: Mapping[str, int] = field(default_factory=dict)


def period_of(period: QuotaPeriod, at: datetime, zone: tzinfo) -> str:
    """Name the period an instant lies in: `2026-07`, `2026`; "" where there is none."""
    local = at.astimezone(zone)
    match period:
        case QuotaPeriod.MONTH:
            return f"{local:%Y-%m}"
        case QuotaPeriod.YEAR:
            return f"{local:%Y}"
        case QuotaPeriod.ALWAYS:
            return ""


def in_period(use: QuotaUse, period: str) -> QuotaUse:
    """Return the use as a period begins with it: what is owed stays owed, nothing of it is used."""
    return use if use.period == period else replace(use, period=period, used=0, used_up=False)


def draw_money(use: QuotaUse, quota_minor: int, below_minor: int) -> QuotaUse:
    """Take in how far below the credit limit a balance is now: a fall draws, a rise repays."""
    below = max(0, below_minor)
    fallen = below - use.below_minor
    taken = max(0, min(fallen, quota_minor - use.used, quota_minor - use.drawn_minor))
    return replace(
        use,
        used=use.used + taken,
        drawn_minor=min(use.drawn_minor + taken, below),
        below_minor=below,
    )


def draw_units(use: QuotaUse, quota_units: int, below_minor: int, moved: int) -> QuotaUse:
    """Take in what went through the meters since the last look, while the balance was below.

    As long as units are left, whatever the balance falls by is drawn.
    """
    below = max(0, below_minor)
    left = use.used < quota_units
    fallen = max(0, below - use.below_minor) if left else 0
    counts = bool(below or use.below_minor)
    return replace(
        use,
        used=use.used + (moved if counts else 0),
        drawn_minor=min(use.drawn_minor + fallen, below),
        below_minor=below,
    )


def covered_money(use: QuotaUse, quota_minor: int) -> int:
    """Return how far below the credit limit a balance may be: what is owed and what is left."""
    return min(quota_minor, use.drawn_minor + max(0, quota_minor - use.used))


def covered_units(use: QuotaUse, quota_units: int) -> int:
    """Return the same for a quota by quantity: all that is owed while units are left."""
    return use.below_minor if use.used < quota_units else use.drawn_minor
