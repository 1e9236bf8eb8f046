"""What waits is confirmed by a code or another person, or not in time, and is then carried out once.

Who carries out which kind stands in the table of `held_kinds.py`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
import secrets
from typing import Final

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError, StoreError
from ..core.held_operation import HeldOperation, HeldState, answered, ended
from ..core.identity import Actor, HeldId
from ..core.ledger import Act, Receipt
from ..core.page import WHOLE_LIST, Part
from ..core.wallet import Frozen
from .booking import keep
from .held_operations import digest_of, tell_operation
from .pages import latest, numbered
from .risk_facts import OperationEvent
from .risk_freezing import freeze_by_rule
from .site import Site

type CarryOut = Callable[[Site, HeldOperation], Awaitable[Receipt | None]]
"""Does what was held, under its reference: called again after a crash, it does nothing twice."""
type Kinds = Mapping[str, CarryOut]

WRONG_CODES: Final = "wrong_codes"
"""Why a wallet is frozen after three wrong codes, as it is written down."""


async def confirm_operation(
    site: Site, kinds: Kinds, *, operation: str, actor: Actor, code: str = ""
) -> HeldOperation:
    """Confirm an operation and carry it out, once. What was confirmed before is answered as it is.

    Refuses a wrong code (three, and the wallet is frozen), who may not confirm, and what is over; a
    code that is not given is asked for and is no try. It is carried through when its caller does
    not wait any longer.
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
        tried = code.strip()
        right = (
            secrets.compare_digest(held.code, digest_of(site, held.id, tried)) if tried else None
        )
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
        return held if held.done_by_asker else await carry_out(site, kinds, held)
    if held is not before:
        await _refused(site, held)
    raise refusal(held)


async def carry_out(site: Site, kinds: Kinds, held: HeldOperation) -> HeldOperation:
    """Do what was confirmed. Where the books cannot be written it stays confirmed, and is done later."""
    site.risking.carrying.add(held.id)
    try:
        receipt = await kinds[held.kind](site, held)
    except CoreError as err:
        failed = ended(held, HeldState.FAILED, site.clock(), problem=err.key)
        await keep_ended(site, OperationEvent.FAILED, failed)
        raise
    finally:
        site.risking.carrying.discard(held.id)
    entry = receipt.entry if receipt is not None else None
    done = ended(held, HeldState.DONE, site.clock(), entry=entry)
    await keep_ended(site, OperationEvent.DONE, done)
    return done


async def go_on_with_confirmed(site: Site, kinds: Kinds) -> None:
    """Do what was confirmed and, for a crash or a full disk, not seen to be done."""
    for held in left_confirmed(site):
        try:
            await carry_out(site, kinds, held)
        except CoreError:
            continue  # Told as failed.
        except StoreError as err:
            site.books_trouble(err.key, err.detail)


def left_confirmed(site: Site) -> list[HeldOperation]:
    """Return what was confirmed, is the site's to do, and is not being done."""
    return [
        held
        for held in site.risking.held.values()
        if held.state is HeldState.CONFIRMED
        and not held.done_by_asker
        and held.id not in site.risking.carrying
    ]


async def expire_operations(site: Site, now: datetime) -> None:
    """End what nobody confirmed, or asked for again, in time."""
    for held in _expire(site, now):
        await keep_ended(site, OperationEvent.EXPIRED, held)


async def operations_of(
    site: Site, *, ended_too: bool, part: Part = WHOLE_LIST
) -> list[HeldOperation]:
    """Return what waits, or all that ever waited and is still kept, the latest first."""
    waiting = {one.id: one for one in site.risking.held.values() if one.state.open}
    if not ended_too:
        return latest(waiting.values(), part)
    found = await numbered(site, HeldOperation, part)
    return [waiting.get(one.id, one) for one in found]


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


def _expire(site: Site, now: datetime) -> list[HeldOperation]:
    """Return what nobody has confirmed, or asked for again, in time; memory waits for the disk to forget it."""
    return [
        ended(held, HeldState.EXPIRED, now)
        for held in site.risking.held.values()
        if held.waits and now >= held.expires_at
    ]


async def keep_ended(site: Site, event: OperationEvent, held: HeldOperation) -> None:
    """Write down the end of an operation, then forget and tell it."""
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
    await keep_ended(site, event, held)


def refusal(held: HeldOperation) -> CoreError:
    """Return why nothing more can be said of an operation."""
    match held.state:
        case HeldState.WAITING:
            return CoreError("operation_wrong_code", operation=held.id, tries=held.tries)
        case HeldState.BLOCKED:
            return CoreError("operation_blocked", operation=held.id)
        case HeldState.DECLINED:
            return CoreError("operation_declined", operation=held.id)
        case HeldState.FAILED:
            return CoreError("operation_failed", operation=held.id, problem=held.problem)
        case _:
            return CoreError("operation_expired", operation=held.id)
