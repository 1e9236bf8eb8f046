"""Visitors of a site: invitations, reserved spaces, and merchants who pay for their customers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from .identity import CardId, InvitationId, MerchantId, ReservationId, SpaceId, WalletId


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A visitor who may come in a time, by plate or by code.

    `host` is the card that invited; with `host_pays` its wallet pays for the stay, else it is free.
    So many `visits` are left (None: any number within the time).
    """

    id: InvitationId
    no: int
    digest: bytes
    masked: str
    from_at: datetime
    to_at: datetime
    made_at: datetime
    host: CardId | None = None
    host_pays: bool = False
    lanes: tuple[str, ...] = ()
    left: int | None = 1
    subject: str = ""
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """A space, or a place of a zone, that is kept for somebody from one instant to another."""

    id: ReservationId
    no: int
    from_at: datetime
    to_at: datetime
    made_at: datetime
    space: SpaceId | None = None
    zone: str = ""
    card: CardId | None = None
    digest: bytes = b""
    masked: str = ""
    subject: str = ""
    note: str = ""
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """A shop that validates stays: out of its `wallet`, or up to a budget of the calendar month.

    `month` is the one that `spent_minor` belongs to (`2026-07`); what is promised and not yet charged
    counts as well.
    """

    id: MerchantId
    name: str
    wallet: WalletId | None = None
    budget_minor: int | None = None
    most_minutes: int | None = None
    month: str = ""
    spent_minor: int = 0
    closed_at: datetime | None = None


def most_at_once(times: Iterable[tuple[datetime, datetime]]) -> int:
    """Return how many of these times, each up to but not including its end, lie one over another."""
    steps = sorted(step for start, end in times for step in ((start, 1), (end, -1)))
    most = now = 0
    for _, step in steps:
        now += step
        most = max(most, now)
    return most
