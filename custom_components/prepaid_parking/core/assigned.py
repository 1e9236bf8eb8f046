"""Which tariff a meter goes over to and when, and which versions were taken back before they began."""

from dataclasses import dataclass
from datetime import datetime

from .identity import MeterId, TariffId


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffChange:
    """A meter's binding goes over to another tariff at an instant.

    `assignment` is the call that planned it for many at once. It is open until it is done or
    withdrawn, and holds for the binding it was planned for only: who moves in later has a contract of
    their own.
    """

    id: str
    assignment: str
    meter: MeterId
    binding: str
    tariff: TariffId
    before: TariffId
    at: datetime
    done_at: datetime | None = None
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffWithdrawal:
    """A version that was taken back before it began: it prices nothing, its number is used up."""

    tariff: TariffId
    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceCorrection:
    """A price that was wrong for some of the past, while what was charged by it is put right.

    It is open until every charge since `since` has been looked at, over restarts.
    """

    id: str
    tariff: TariffId
    since: datetime
    until: datetime | None
    actor: str
    reason: str = ""
    done_at: datetime | None = None
