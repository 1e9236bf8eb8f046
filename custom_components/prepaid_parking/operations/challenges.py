"""Operations that wait for a code or for another person, and are then carried out once.

Held is what was asked with all it needs; a code goes out as a fact, for the hub to send to a person.
Who carries out which kind stands in the table of `held_kinds.py`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
import secrets
from typing import Final

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError, StoreError
from ..core.held_operation import (
    CODE_DIGITS,
    WAITS,
    HeldOperation,
    HeldState,
    Need,
    answered,
    ended,
)
from ..core.identity import Actor, HeldId, WalletId
from ..core.ledger import Act, Receipt
from ..core.wallet import Frozen
from .booking import GENERATED, keep
from .risk_facts import OperationEvent, OperationFact
from .risk_freezing import freeze_by_rule
from .site import Site

type CarryOut = Callable[[Site, HeldOperation], Awaitable[Receipt | None]]
"""Does what was held, under its reference: called again after a crash, it does nothing twice."""
type Kinds = Mapping[str, CarryOut]

MOST_WAITING: Final = 200
"""Of a site; nobody can confirm more within ten minutes."""
MOST_OF_WALLET: Final = 5
WRONG_CODES: Final = "wrong_codes"
"""Why a wallet is frozen after three wrong codes, as it is written down."""
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
        code=_digest(site, name, code) if code else b"",
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


def is_own(reference: str) -> bool:
    """Tell whether a reference is the caller's: by one that was made up nothing is found again."""
    return bool(reference) and not reference.startswith(GENERATED)


def waiting_for(held: HeldOperation) -> CoreError:
    """Return what whoever asked is told: nothing is done yet, and what it waits for."""
    key = "challenge_required" if Need.CODE in held.needs else "review_required"
    return CoreError(key, operation=held.id, until=held.expires_at.isoformat())


async def confirm_operation(
    site: Site, kinds: Kinds, *, operation: str, actor: Actor, code: str = ""
) -> HeldOperation:
    """Confirm an operation and carry it out, once. What was confirmed before is answered as it is.

    Refuses a wrong code (three, and the wallet is frozen), who may not confirm, and what is over. It
    is carried through when its caller does not wait any longer.
    """
    return await asyncio.shield(_confirm(site, kinds, operation, actor, code))


async def _confirm(
    site: Site, kinds: Kinds, operation: str, actor: Actor, code: str
) -> HeldOperation:
    held = await find_operation(site, operation)
    before, now = held, site.clock()
    if held.state in {HeldState.DONE, HeldState.CONFIRMED}:
        return held
    if held.state is HeldState.WAITING:
        right = secrets.compare_digest(held.code, _digest(site, held.id, code.strip()))
        # In memory before it is on disk: of two who try at once, both tries count.
        held = site.risking.held[held.id] = answered(held, by=actor, right=right, now=now)
    if held.state is HeldState.CONFIRMED:
        try:
            await site.books.commit(
                Act(
                    kind=EntryKind.OPERATION_CONFIRMED,
                    event=f"operation/{held.id}/confirmed",
                    occurred=now,
                    actor=actor,
                    detail={"operation": held.id, "kind": held.kind, "wallet": held.wallet},
                    puts=(held,),
                )
            )
        except BaseException:
            site.risking.held[held.id] = before
            raise
        tell_operation(site, OperationEvent.CONFIRMED, held)
        return await carry_out(site, kinds, held)
    if held is not before:
        await _refused(site, held)
    raise _refusal(held)


async def carry_out(site: Site, kinds: Kinds, held: HeldOperation) -> HeldOperation:
    """Do what was confirmed. Where the books cannot be written it stays confirmed, and is done later."""
    site.risking.carrying.add(held.id)
    try:
        receipt = await kinds[held.kind](site, held)
    except CoreError as err:
        failed = ended(held, HeldState.FAILED, site.clock(), problem=err.key)
        await _keep_ended(site, OperationEvent.FAILED, failed)
        raise
    finally:
        site.risking.carrying.discard(held.id)
    entry = receipt.entry if receipt is not None else None
    done = ended(held, HeldState.DONE, site.clock(), entry=entry)
    await _keep_ended(site, OperationEvent.DONE, done)
    return done


async def go_on_with_confirmed(site: Site, kinds: Kinds) -> None:
    """Do what was confirmed and, for a crash or a full disk, not seen to be done."""
    for held in list(site.risking.held.values()):
        if held.state is HeldState.CONFIRMED and held.id not in site.risking.carrying:
            try:
                await carry_out(site, kinds, held)
            except CoreError:
                continue  # Told as failed.
            except StoreError as err:
                site.books_trouble(err.key, err.detail)


async def expire_operations(site: Site, now: datetime) -> None:
    """End what nobody confirmed in time."""
    for held in _expire(site, now):
        await _keep_ended(site, OperationEvent.EXPIRED, held)


async def operations_of(site: Site, *, ended_too: bool) -> list[HeldOperation]:
    """Return what waits, or all that ever waited and is still kept, the latest first."""
    found = {one.id: one for one in await site.books.load(HeldOperation)} if ended_too else {}
    found |= {one.id: one for one in site.risking.held.values() if one.state.open}
    return sorted(found.values(), key=lambda one: -one.no)


async def find_operation(site: Site, operation: str) -> HeldOperation:
    """Return an operation by its id, also one that is over; refuse one that never was."""
    known = site.risking.held.get(HeldId(operation))
    if known is not None:
        return known
    stored = await site.books.load(HeldOperation, id=operation)
    if not stored:
        raise CoreError("unknown_operation", operation=operation)
    return stored[0]


def operation_view(site: Site, held: HeldOperation) -> dict[str, object]:
    """Describe an operation; never its code."""
    amount = held.amount_minor
    return {
        "operation": held.id,
        "kind": held.kind,
        "state": held.state,
        "needs": list(held.needs),
        "why": held.why,
        "wallet": held.wallet or None,
        "amount": None if amount is None else site.currency.text(amount),
        "asked_by": held.asked_by,
        "asked_at": held.asked_at.isoformat(),
        "expires_at": held.expires_at.isoformat(),
        "tries": held.tries,
        "confirmed_by": held.confirmed_by or None,
        "entry": held.entry,
        "problem": held.problem or None,
    }


def tell_operation(site: Site, event: OperationEvent, held: HeldOperation, code: str = "") -> None:
    """Say what became of an operation."""
    run = site.wallets.get(WalletId(held.wallet))
    unit = run.wallet.unit if run is not None else ""
    site.tell(OperationFact(event=event, operation=held, unit=unit, at=site.clock(), code=code))


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


def _expire(site: Site, now: datetime) -> list[HeldOperation]:
    """Return what nobody has confirmed in time; memory waits for the disk to forget it."""
    return [
        ended(held, HeldState.EXPIRED, now)
        for held in site.risking.held.values()
        if held.state is HeldState.WAITING and now >= held.expires_at
    ]


async def _keep_ended(site: Site, event: OperationEvent, held: HeldOperation) -> None:
    if await keep(site, held):
        site.risking.held.pop(held.id, None)
        tell_operation(site, event, held)


async def _refused(site: Site, held: HeldOperation) -> None:
    """Keep a wrong try, or the end of it, and freeze the wallet where it was the last one."""
    if held.state is HeldState.WAITING:
        await keep(site, held)
        tell_operation(site, OperationEvent.WRONG_CODE, held)
        return
    blocked = held.state is HeldState.BLOCKED
    if blocked and held.wallet:
        await freeze_by_rule(site, held.wallet, Frozen.OUT, WRONG_CODES)
    event = OperationEvent.BLOCKED if blocked else OperationEvent.EXPIRED
    await _keep_ended(site, event, held)


def _refusal(held: HeldOperation) -> CoreError:
    match held.state:
        case HeldState.WAITING:
            return CoreError("operation_wrong_code", operation=held.id, tries=held.tries)
        case HeldState.BLOCKED:
            return CoreError("operation_blocked", operation=held.id)
        case HeldState.FAILED:
            return CoreError("operation_failed", operation=held.id, problem=held.problem)
        case _:
            return CoreError("operation_expired", operation=held.id)


def _digest(site: Site, operation: HeldId, code: str) -> bytes:
    return site.privacy.blind(_CODE, f"{operation} {code}")
