"""Entries and postings: every movement is balanced, named by what happened, and never changed.

An `Act` is one atomic step of the books: an entry of the chain (with or without postings) and all
records that change with it. A reading's charge and the cursor it was charged up to are one act.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType

from .entry_kind import EntryKind
from .errors import CoreError
from .identity import Actor, EntryId, InstallationId

AccountId = NewType("AccountId", int)
"""An account of the chart: see `chart.py` for how the number is made."""

type Record = object
"""A frozen dataclass that the store keeps a table for (its key fields identify the row)."""

type Detail = Mapping[str, object]
"""The rule trace of an entry: text, whole numbers, lists and mappings only; part of the hash."""


class BooksState(StrEnum):
    """Whether the books can be written, and whether they can be trusted to be the latest."""

    OK = "ok"
    READ_ONLY = "read_only"
    ROLLED_BACK = "rolled_back"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One movement of money: out of `source`, into `target`, by a positive amount.

    It cannot be written down unbalanced.
    """

    source: AccountId
    target: AccountId
    amount_minor: int

    def __post_init__(self) -> None:
        """Refuse what is no movement."""
        if self.amount_minor <= 0:
            raise CoreError("amount_not_positive", amount=self.amount_minor)
        if self.source == self.target:
            raise CoreError("posting_to_itself")


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """A balance that must not be undercut by this act, judged inside the write.

    The caller adds what is used but not yet posted to `minimum_minor`; looking up first and writing
    later would let two spenders use the same money.
    """

    account: AccountId
    minimum_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What makes an event from outside idempotent: its scope and the caller's own key.

    The same key with the same content is answered with the first result; with other content it is
    refused loudly. Content is the act's event, postings and what it reverses, unless `content` says
    what the caller asked for: needed where those hold what is made up on the way (a new wallet's
    number, "all that is left"), which a repeat would make up anew. `asked` stands for the postings
    where the act splits them over several moneys, or does more than was asked for.
    """

    scope: str
    key: str
    content: Detail | None = None
    asked: tuple[Posting, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CursorMove:
    """The stretch of register an entry charges: compare-and-set against the durable cursor.

    `carry` is the remainder of money below the minor unit after this charge (numerator over the
    quantity's fixed denominator); it moves with the cursor and is never dropped.
    """

    installation: InstallationId
    from_register: int
    to_register: int
    to_at: datetime
    carry: int

    def __post_init__(self) -> None:
        """Refuse to uncharge: energy once charged is corrected by an entry, not by the cursor."""
        if self.to_register < self.from_register:
            raise CoreError("cursor_backwards", installation=self.installation)

    @property
    def made(self) -> CursorMove:
        """What an act asks for that is only to be written where this step was made before it."""
        return replace(self, from_register=self.to_register)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One atomic step of the books.

    `event` names what happened; `occurred` is when it happened (the store adds when it was booked).
    `reference` is set for events from outside. `puts` are records inserted or replaced by key;
    `drops` are records removed (never entries, postings or anything append-only).
    """

    kind: EntryKind
    event: str
    occurred: datetime
    actor: Actor
    reason: str = ""
    postings: tuple[Posting, ...] = ()
    detail: Detail = field(default_factory=dict)
    reference: Reference | None = None
    reverses: EntryId | None = None
    floors: tuple[Floor, ...] = ()
    moves: tuple[CursorMove, ...] = ()
    puts: tuple[Record, ...] = ()
    drops: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the books answered: durable when it is returned.

    `repeated` says that this reference had been booked before; entry, time and detail are then those
    of the first time. `balances` are the touched accounts as they are now.
    """

    entry: EntryId
    event: str
    booked: datetime
    balances: Mapping[AccountId, int]
    detail: Detail
    repeated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry as read back from the books."""

    id: EntryId
    kind: EntryKind
    event: str
    occurred: datetime
    booked: datetime
    actor: str
    reason: str
    detail: Detail
    postings: tuple[Posting, ...]
    reverses: EntryId | None
    hash: bytes


@dataclass(frozen=True, slots=True)
class Moved:
    """What many entries moved between two accounts for one meter ("" where an entry names none).

    They occurred on the day that was asked for, or it is a single entry and this is its time. `booked`
    is when the last of them was written. Of charges `binding` says who pays, and `tariff` and
    `version` by which prices: those of the first line.
    """

    occurred: datetime
    booked: datetime
    source: AccountId
    target: AccountId
    meter: str
    binding: str
    tariff: str
    version: int
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a check of the whole ledger found.

    `first_bad` is the first entry whose content, place or sum is wrong; None where all is well.
    """

    entries: int
    head: bytes
    first_bad: EntryId | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """How far a site's ledger had come, kept where a restore of the ledger does not reach.

    The number alone would let another history of the same length pass, the hash alone would not
    show a cut-off tail. `incarnation` counts how often a person has accepted such a loss.
    """

    site: str
    incarnation: int
    n: EntryId
    head: bytes
