"""What is kept where one hub runs the property office and another the lanes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from .identity import StayId
from .order_sync import Order

REPAIRED_AFTER: Final = 3
"""Totals that differ this often in a row, although all was told anew, are for a person."""


class Role(StrEnum):
    """What a hub of a pair is."""

    OFFICE = "office"
    LANE = "lane"


@dataclass(slots=True, kw_only=True)
class HubState:
    """The other hub as it is seen: when it was heard, whether it has our code, how its totals are."""

    role: Role
    since: datetime
    heard_at: datetime | None = None
    wrong_code: bool = False
    differs: int = 0

    @property
    def is_mismatched(self) -> bool:
        """Whether a person has to look at totals that never agree."""
        return self.differs >= REPAIRED_AFTER


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPart:
    """A part of the office's list as it came, still sealed; the one in place 0 is its head."""

    pair: str
    place: int
    sealed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMark:
    """How far the office has come with a lane hub's stays, and how often in a row totals differed."""

    pair: str
    origin: str = ""
    upto: int = 0
    differs: int = 0
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedOrder:
    """What a lane hub has told of one stay; `pair` names that hub."""

    pair: str
    stay: StayId
    changed: int
    state: str
    kind: str
    entered_at: datetime
    left_at: datetime | None = None
    lane: str = ""
    card: str = ""
    masked: str = ""
    amount_minor: int = 0
    paid_minor: int = 0
    owed_minor: int = 0

    @classmethod
    def of(cls, pair: str, order: Order) -> Self:
        """Return what was told, as it is kept."""
        return cls(
            pair=pair,
            stay=order.stay,
            changed=order.changed,
            state=order.state,
            kind=order.kind,
            entered_at=order.entered_at,
            left_at=order.left_at,
            lane=order.lane,
            card=order.card,
            masked=order.masked,
            amount_minor=order.amount_minor,
            paid_minor=order.paid_minor,
            owed_minor=order.owed_minor,
        )

    @property
    def order(self) -> Order:
        """What was told."""
        return Order(
            stay=self.stay,
            changed=self.changed,
            state=self.state,
            kind=self.kind,
            entered_at=self.entered_at,
            left_at=self.left_at,
            lane=self.lane,
            card=self.card,
            masked=self.masked,
            amount_minor=self.amount_minor,
            paid_minor=self.paid_minor,
            owed_minor=self.owed_minor,
        )
