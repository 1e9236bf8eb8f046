"""Invitations and reservations in the books: each has a time, may have a plate or code sealed, and ends."""

from dataclasses import replace
from datetime import datetime

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor
from ..core.ledger import Act, Receipt
from ..core.visiting import Invitation, Reservation
from .booking import book_sealed
from .site import Site


def check_times(site: Site, from_at: datetime, to_at: datetime) -> None:
    """Refuse a time that ends before it begins, or is over."""
    if to_at <= from_at:
        raise CoreError("end_before_start", start=from_at.isoformat(), end=to_at.isoformat())
    if to_at <= site.clock():
        raise CoreError("time_is_past", at=to_at.isoformat())


async def made[I: str, V: Invitation | Reservation](
    site: Site,
    name: str,
    act: Act,
    one: V,
    key: I,
    known: dict[I, V],
    refusal: CoreError | None = None,
) -> tuple[Receipt, V]:
    """Write one down and know it from now on; asked for again it is the one that was made before."""
    receipt = await book_sealed(site, act, one.subject, refusal)
    if receipt.repeated:
        (before,) = await site.books.load(type(one), id=str(receipt.detail[name]))
        return receipt, before
    known[key] = one
    return receipt, one


async def cancelled[I: str, V: Invitation | Reservation](
    site: Site, key: I, known: dict[I, V], kind: EntryKind, name: str, actor: Actor, reason: str
) -> Receipt:
    """Write the end of one that is known, and destroy the plate or code that was sealed for it."""
    one = known[key]
    now = site.clock()
    receipt = await site.books.commit(
        Act(
            kind=kind,
            event=f"{name}/{key}/cancelled",
            occurred=now,
            actor=actor,
            reason=reason,
            detail={name: key},
            puts=(replace(one, ended_at=now),),
        )
    )
    known.pop(key, None)
    if one.subject:
        await site.privacy.forget_subject(one.subject)
    return receipt
