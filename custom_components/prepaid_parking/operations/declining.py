"""An operation that waits is declined by a person, and those that are over are forgotten in time."""

from datetime import datetime, timedelta
from typing import Final

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.held_operation import HeldOperation, HeldState, ended
from ..core.identity import Actor
from ..core.ledger import Act
from ..core.page import Page
from .challenges import find_operation, refusal
from .held_operations import tell_operation
from .risk_facts import OperationEvent
from .site import Site
from .turn import in_turn

KEPT: Final = timedelta(days=90)
"""As long as somebody asks what became of it; what was done stands in the books for good."""


@in_turn
async def decline_operation(
    site: Site, *, operation: str, actor: Actor, reason: str = ""
) -> HeldOperation:
    """End an operation that waits: nothing of it is done. What was declined before is answered as it is.

    Anybody may who may confirm, and who asked for it as well. What is confirmed is being done; only
    cash that was confirmed has not moved yet.
    """
    held = await find_operation(site, operation)
    now = site.clock()
    if held.state is HeldState.DECLINED:
        return held
    if held.state in {HeldState.DONE, HeldState.CONFIRMED} and not held.waits:
        raise CoreError("operation_is_done", operation=held.id)
    if not held.waits or now >= held.expires_at:
        raise refusal(held if not held.waits else ended(held, HeldState.EXPIRED, now))
    # In memory before it is on disk: who confirms meanwhile is too late.
    declined = site.risking.held[held.id] = ended(held, HeldState.DECLINED, now)
    try:
        await site.books.commit(
            Act(
                kind=EntryKind.OPERATION_DECLINED,
                event=f"operation/{held.id}/declined",
                occurred=now,
                actor=actor,
                reason=reason,
                detail={"operation": held.id, "kind": held.kind, "wallet": held.wallet},
                puts=(declined,),
            )
        )
    except BaseException:
        site.risking.held[held.id] = held
        raise
    site.risking.held.pop(held.id, None)
    tell_operation(site, OperationEvent.DECLINED, declined)
    return declined


async def forget_operations(site: Site, now: datetime) -> None:
    """Forget operations that have been over for long."""
    long_over = Page(by=("ended_at", "no"), last=now - KEPT - timedelta.resolution)
    while over := await site.books.page(HeldOperation, long_over):
        await site.books.forget(*over)
