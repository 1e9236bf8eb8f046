"""Operations that wait for a code or another person: held is what was asked, with all it needs.

A code goes out as a fact, for the hub to send to a person.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
import secrets
from typing import Final

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.held_operation import CODE_DIGITS, WAITS, HeldOperation, HeldState, Need
from ..core.identity import Actor, ActorKind, HeldId, WalletId
from ..core.ledger import Act
from .repeats import is_own
from .risk_facts import OperationEvent, OperationFact
from .site import Site

MOST_WAITING: Final = 200
"""Of a site; nobody can confirm more within ten minutes."""
MOST_OF_WALLET: Final = 5
_CODE: Final = "held_code"


async def hold_operation(
    site: Site,
    *,
    kind: str,
    actor: Actor,
    data: Mapping[str, str],
    needs: tuple[Need, ...],
    why: str = "",
    wallet: str = "",
    amount_minor: int | None = None,
    reference: str = "",
    waits: timedelta = WAITS,
) -> HeldOperation:
    """Write down an operation that is to be confirmed, and send its code out; return it.

    It may be called in a turn or outside of one. Asked for again under one reference it is the same
    operation, and no second code is sent.
    """
    now = site.clock()
    known = _known(site, kind, reference, now)
    if known is not None:
        if (known.data, known.amount_minor) != (dict(data), amount_minor):
            raise CoreError("operation_other_content", operation=known.id)
        return known
    _check_room(site, wallet)
    number = await site.books.next_number("held_operation")
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}" if Need.CODE in needs else ""
    name = HeldId(f"cf{number}")
    held = HeldOperation(
        id=name,
        no=number,
        kind=kind,
        needs=needs,
        asked_by=str(actor),
        asked_at=now,
        expires_at=now + waits,
        reference=reference if is_own(reference) else f"held/{name}",
        data=dict(data),
        why=why,
        wallet=wallet,
        amount_minor=amount_minor,
        code=digest_of(site, name, code) if code else b"",
    )
    site.risking.held[name] = held
    try:
        await site.books.commit(
            Act(
                kind=EntryKind.OPERATION_HELD,
                event=f"operation/{name}/held",
                occurred=now,
                actor=actor,
                detail={"operation": name, "kind": kind, "why": why, "wallet": wallet},
                puts=(held,),
            )
        )
    except BaseException:
        del site.risking.held[name]
        raise
    tell_operation(site, OperationEvent.HELD, held, code)
    return held


def check_person(actor: Actor) -> None:
    """Refuse an automation that asks for what a second person is to confirm.

    Whoever writes one could let it ask, and be the second of two alone.
    """
    if actor.kind is ActorKind.AUTOMATION:
        raise CoreError("asked_by_nobody")


def waiting_for(site: Site, held: HeldOperation) -> CoreError:
    """Return what whoever asked is told: nothing is done yet, and what it waits for."""
    key = "challenge_required" if Need.CODE in held.needs else "review_required"
    return CoreError(key, operation=held.id, until=site.on_the_wall(held.expires_at))


def tell_operation(site: Site, event: OperationEvent, held: HeldOperation, code: str = "") -> None:
    """Say what became of an operation."""
    run = site.wallets.get(WalletId(held.wallet))
    unit = run.wallet.unit if run is not None else ""
    site.tell(OperationFact(event=event, operation=held, unit=unit, at=site.clock(), code=code))


def digest_of(site: Site, operation: HeldId, code: str) -> bytes:
    """Return what is kept of a code."""
    return site.privacy.blind(_CODE, f"{operation} {code}")


def _known(site: Site, kind: str, reference: str, now: datetime) -> HeldOperation | None:
    """Return what waits under a reference already, or is being carried out."""
    for held in site.risking.held.values() if reference else ():
        if (held.kind, held.reference) == (kind, reference) and now < held.expires_at:
            return held
    return None


def _check_room(site: Site, wallet: str) -> None:
    waiting = [one for one in site.risking.held.values() if one.state is HeldState.WAITING]
    of_wallet = sum(one.wallet == wallet for one in waiting) if wallet else 0
    if len(waiting) >= MOST_WAITING or of_wallet >= MOST_OF_WALLET:
        raise CoreError("too_many_operations")
