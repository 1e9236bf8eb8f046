"""Tariffs as they were published, and past prices that are being corrected, in memory."""

from dataclasses import dataclass, field

from ..core.assigned import PriceCorrection
from ..core.identity import (
    TariffId,
)
from ..core.tariff import TariffVersion


@dataclass(slots=True)
class PriceBook:
    """All versions of each tariff, those that were withdrawn, and corrections under way."""

    published: dict[TariffId, list[TariffVersion]] = field(default_factory=dict)
    withdrawn: set[tuple[TariffId, int]] = field(default_factory=set)
    corrections: dict[str, PriceCorrection] = field(default_factory=dict)
    correcting: set[str] = field(default_factory=set)
