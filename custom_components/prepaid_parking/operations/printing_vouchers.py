"""Who had the numbers of vouchers in hand: written down each time that they are given out."""

from uuid import uuid4

from ..core.entry_kind import EntryKind
from ..core.identity import Actor
from ..core.ledger import Act
from ..core.voucher import VoucherBatch
from .booking import book
from .site import Site
from .turn import in_turn
from .vouchers import known_batch, numbers_of


@in_turn
async def print_vouchers(
    site: Site, *, batch: str, actor: Actor, reason: str = ""
) -> tuple[VoucherBatch, list[tuple[int, str]]]:
    """Return the serials and numbers of a batch that are not over: whoever sees them can spend them."""
    known = known_batch(site, batch)
    numbers = await numbers_of(site, known)
    await book(
        site,
        Act(
            kind=EntryKind.VOUCHERS_PRINTED,
            event=f"vouchers/{known.id}/printed/{uuid4().hex}",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            detail={"batch": known.id, "count": len(numbers)},
        ),
    )
    return known, numbers
