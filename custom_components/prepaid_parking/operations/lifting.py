"""Opening a frozen wallet: by whoever may, or, where a rule has shut it, by two persons."""

from typing import Final

from ..core.held_operation import REVIEWED, Need
from ..core.identity import Actor
from ..core.ledger import Receipt
from ..core.risk import shut_by_rule
from .booking import frozen_now
from .held_operations import check_person, hold_operation, waiting_for
from .site import Site
from .wallets import unfreeze

UNFREEZE: Final = "unfreeze"


async def lift(site: Site, *, wallet: str, reason: str, actor: Actor) -> Receipt:
    """Open a wallet; one that a rule has shut waits until a second person agrees."""
    known = site.wallet(wallet).wallet
    shut = frozen_now(known, site.clock()) is not None
    if not (shut and shut_by_rule(known.frozen_reason)):
        return await unfreeze(site, wallet=wallet, reason=reason, actor=actor)
    check_person(actor)
    held = await hold_operation(
        site,
        kind=UNFREEZE,
        actor=actor,
        data={"reason": reason},
        needs=(Need.PERSON,),
        why=known.frozen_reason,
        wallet=wallet,
        reference=f"{wallet}/{known.frozen_at}",
        waits=REVIEWED,
    )
    raise waiting_for(site, held)
