"""An operation that waits for a confirmation: by a code, by another person, or by both.

It is written down with all that it needs to be carried out, so that a restart loses none, and it is
carried out under its own reference, so that confirming it twice does it once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from .errors import CoreError
from .identity import Actor, ActorKind, HeldId

WAITS: Final = timedelta(minutes=10)
"""So long a code is good: who asked is still there, and nobody tries a million of them."""
REVIEWED: Final = timedelta(days=7)
"""So long a review waits for the other person: over a weekend and a holiday."""
CASH: Final = "cash"
"""The kind that moves notes above a till's limit."""
MOST_TRIES: Final = 3
CODE_DIGITS: Final = 6


class Need(StrEnum):
    """What a held operation waits for."""

    CODE = "code"
    PERSON = "person"
    """A user of the hub who is not the one that asked."""


class HeldState(StrEnum):
    """Where a held operation stands, as actions and triggers name it."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    """Confirmed, and not yet seen to be done."""
    DONE = "done"
    FAILED = "failed"
    """Confirmed, and the rules refused it then."""
    EXPIRED = "expired"
    DECLINED = "declined"
    """Somebody said that it is not to be done, or does not want it any more."""
    BLOCKED = "blocked"
    """Wrong codes, three times."""

    @property
    def open(self) -> bool:
        """Whether something is still to come of it."""
        return self in {HeldState.WAITING, HeldState.CONFIRMED}


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOperation:
    """One operation that waits. `code` is a keyed digest, empty once it is good for nothing.

    `kind` says who carries it out, `data` what with; `why` names the rule that holds it. `entry` is
    what it became in the books, `problem` why it became nothing.
    """

    id: HeldId
    no: int
    kind: str
    needs: tuple[Need, ...]
    asked_by: str
    asked_at: datetime
    expires_at: datetime
    reference: str
    data: Mapping[str, str] = field(default_factory=dict)
    why: str = ""
    wallet: str = ""
    amount_minor: int | None = None
    state: HeldState = HeldState.WAITING
    code: bytes = b""
    tries: int = 0
    confirmed_by: str = ""
    ended_at: datetime | None = None
    entry: int | None = None
    problem: str = ""

    @property
    def done_by_asker(self) -> bool:
        """Whether who asked does it, by asking again: the notes are in that person's hands."""
        return self.kind == CASH

    @property
    def waits(self) -> bool:
        """Whether a person has to do something still: confirm it, or ask for it again."""
        if self.state is HeldState.CONFIRMED:
            return self.done_by_asker
        return self.state is HeldState.WAITING


def answered(held: HeldOperation, *, by: Actor, right: bool | None, now: datetime) -> HeldOperation:
    """Return an operation after somebody confirmed it; `right` says whether the code was.

    `right` is None where no code was given: nobody has guessed then. Refuses that where one is needed,
    and who may not confirm it. What is over stays as it is.
    """
    if held.state is not HeldState.WAITING:
        return held
    if now >= held.expires_at:
        return ended(held, HeldState.EXPIRED, now)
    if Need.PERSON in held.needs and (by.kind is not ActorKind.USER or str(by) == held.asked_by):
        raise CoreError("operation_same_person", operation=held.id)
    if Need.CODE in held.needs and right is None:
        raise CoreError("operation_needs_code", operation=held.id)
    if Need.CODE in held.needs and not right:
        tried = replace(held, tries=held.tries + 1)
        if tried.tries < MOST_TRIES:
            return tried
        return ended(tried, HeldState.BLOCKED, now)
    return replace(held, state=HeldState.CONFIRMED, confirmed_by=str(by), code=b"")


def ended(
    held: HeldOperation,
    state: HeldState,
    now: datetime,
    *,
    entry: int | None = None,
    problem: str = "",
) -> HeldOperation:
    """Return an operation of which nothing more comes; its code is forgotten."""
    return replace(held, state=state, ended_at=now, code=b"", entry=entry, problem=problem)
