"""What a property office tells lanes that another hub runs: who may come in, by what right, until when.

A lane goes by the last list it was told, whatever becomes of the office meanwhile. So an entry says
all that a lane needs for days to come: a permit that begins next month has an entry of its own.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from .answers import Reason, Verdict
from .identity import CardId
from .rights import TimeWindow
from .stay import StayKind
from .wallet import CredentialKind

OFFICE: Final = "office/"
"""Begins what a lane's books call a card of the office: its own cards have the same numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEntry:
    """One right of one credential, or the reason why it opens nothing (`refusal`).

    `digest` finds it, by the office's keys. `card` is the office's id of the card ("" for a rule or a
    visitor), `lanes` are names. It holds from `from_at` up to `to_at`. `unpaid` is what an open bill
    behind it does at the entry; `remind` that it is let in and told so.
    """

    digest: bytes
    kind: CredentialKind
    right: StayKind
    card: str = ""
    masked: str = ""
    from_at: datetime | None = None
    to_at: datetime | None = None
    windows: tuple[TimeWindow, ...] = ()
    calendar: str = ""
    zones: tuple[str, ...] = ()
    lanes: tuple[str, ...] = ()
    at_once: int | None = None
    unpaid: Verdict = Verdict.ADMIT
    remind: bool = False
    refusal: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An entry as a lane meets it: by which list, how old that is, and what is in the entry's way now.

    `said_at` is when that was, by the site's clock on the wall. `inside` counts the card's other cars,
    `in_hours` says whether this hour is one of its windows.
    """

    entry: ListEntry
    number: int
    made_at: datetime
    problem: Reason | None = None
    in_hours: bool = True
    inside: int = 0
    said_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneList:
    """A list as it was made: `keys` are the office's for its blind indexes, by kind of credential."""

    number: int
    made_at: datetime
    keys: Mapping[str, bytes]
    entries: tuple[ListEntry, ...]


@dataclass(slots=True, kw_only=True)
class HeldList:
    """A list as a lane goes by it: entries by what they are for, those first that outrank the others."""

    number: int
    made_at: datetime
    keys: Mapping[str, bytes]
    found: dict[bytes, list[ListEntry]] = field(default_factory=dict)

    def add(self, entries: Iterable[ListEntry]) -> None:
        """Take up a part of the list."""
        for entry in entries:
            known = self.found.setdefault(entry.digest, [])
            known.append(entry)
            if len(known) > 1:
                known.sort(key=_rank)

    def listed(
        self,
        digest: bytes,
        *,
        at: datetime,
        zone: str,
        lane: str,
        in_hours: Callable[[ListEntry], bool],
    ) -> Listed | None:
        """Return what the list says of a credential at a lane: what holds, else what is in the way.

        Of several rights the first that holds is taken, one within its hours before one outside.
        """
        known = [
            Listed(
                entry=entry,
                number=self.number,
                made_at=self.made_at,
                problem=_problem(entry, at, zone, lane),
                in_hours=in_hours(entry),
            )
            for entry in self.found.get(digest, ())
        ]
        return min(known, key=_likely, default=None)


def card_at_lane(entry: ListEntry) -> CardId | None:
    """Return what a lane's books call the card of an entry."""
    return CardId(f"{OFFICE}{entry.card}") if entry.card else None


def card_at_office(card: CardId | None) -> str:
    """Return the office's own id of a card in a lane's books; "" for one that is not the office's."""
    return card.removeprefix(OFFICE) if card is not None and card.startswith(OFFICE) else ""


def parts_of(entries: Iterable[ListEntry], parts: int) -> Sequence[list[ListEntry]]:
    """Share entries out to parts, each always to the same: one that changed changes one part."""
    shared: list[list[ListEntry]] = [[] for _ in range(parts)]
    for entry in entries:
        shared[int.from_bytes(entry.digest[:2]) % parts].append(entry)
    return shared


def _rank(entry: ListEntry) -> int:
    """Return which entries go before others: kept out, free, a card that opens nothing, all else."""
    if entry.refusal is Reason.BLOCKED:
        return 0
    if entry.right is StayKind.FREE:
        return 1
    return 2 if entry.refusal is not None else 3


def _problem(entry: ListEntry, at: datetime, zone: str, lane: str) -> Reason | None:
    """Return why an entry does not hold here and now, or that it holds and keeps out."""
    if entry.from_at is not None and at < entry.from_at:
        return Reason.NOT_YET_VALID
    if entry.to_at is not None and at >= entry.to_at:
        return Reason.EXPIRED
    if (entry.zones and zone not in entry.zones) or (entry.lanes and lane not in entry.lanes):
        return Reason.OTHER_LANE
    return entry.refusal


def _likely(one: Listed) -> tuple[bool, int, bool, bool]:
    """Order what is known: what says something now, its rank, within its hours, paid."""
    says = one.problem is None or one.problem is one.entry.refusal
    unpaid = one.entry.unpaid is not Verdict.ADMIT or one.entry.remind
    return not says, _rank(one.entry), not one.in_hours, unpaid
