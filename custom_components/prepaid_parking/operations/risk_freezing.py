"""Freezing by a rule: what a rule has shut, its time or two persons open."""

from datetime import timedelta

from ..core.identity import SYSTEM
from ..core.risk import BY_RULE, shut_by_rule
from ..core.wallet import Frozen
from .booking import frozen_now
from .site import Site
from .wallets import freeze


async def freeze_by_rule(
    site: Site, wallet: str, way: Frozen, rule: str, lasts: timedelta | None = None
) -> None:
    """Shut a wallet by a rule; it must not be called in a turn.

    What is shut already is only shut further, and no sooner open. A closed one has nothing to guard.
    """
    run = site.wallet(wallet)
    if run.wallet.closed_at is not None:
        return
    now = site.clock()
    until = now + lasts if lasts else None
    before = frozen_now(run.wallet, now)
    if before is not None:
        way = way if before is way else Frozen.BOTH
        ends = run.wallet.frozen_until
        until = None if ends is None or until is None else max(ends, until)
        if (before, ends) == (way, until) and shut_by_rule(run.wallet.frozen_reason):
            return
    reason = f"{BY_RULE}{rule}"
    await freeze(site, wallet=wallet, reason=reason, actor=SYSTEM, until=until, way=way)
