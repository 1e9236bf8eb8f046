"""What is kept where one hub runs the property office and another the lanes."""

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

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
class ReceivedOrder(Order):
    """What a lane hub has told of one stay; `pair` names that hub."""

    pair: str

    @classmethod
    def of(cls, pair: str, order: Order) -> Self:
        """Return what was told, as it is kept."""
        return cls(pair=pair, **{one.name: getattr(order, one.name) for one in fields(Order)})
