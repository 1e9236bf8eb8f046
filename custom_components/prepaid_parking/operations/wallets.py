"""Wallets: changed, frozen; how one is opened and closed has files of its own."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import SYSTEM, Actor, ActorKind
from ..core.ledger import Act, Receipt
from ..core.risk import shut_by_rule
from ..core.wallet import Frozen, Wallet, WalletKind
from .booking import book, frozen_now, open_run, tell
from .facts import WalletEvent
from .occupants import find_unit
from .shares import bears_nothing
from .site import Site
from .turn import in_turn
from .wallet_run import WalletRun

CHANGEABLE: Final = frozenset(
    {
        *("unit", "kind", "policy", "spending"),
        *("alert_minor", "credit_limit_minor", "exempt_quota_minor"),
    }
)


@in_turn
async def update_wallet(
    site: Site, *, wallet: str, changes: Mapping[str, object], actor: Actor, reason: str = ""
) -> Receipt:
    """Change a wallet's unit, kind, policy or own thresholds; the change is an entry of the chain."""
    run = open_run(site, wallet)
    unknown = set(changes) - CHANGEABLE
    if unknown:
        raise CoreError("unknown_field", field=", ".join(sorted(unknown)))
    policy = changes.get("policy")
    if policy is not None and policy not in site.policies:
        raise CoreError("unknown_policy", policy=policy)
    changed: Wallet = replace(run.wallet, **changes)  # type: ignore[arg-type]  # names checked above
    if changed.kind is not WalletKind.SHARED and bears_nothing(site, run):
        raise CoreError("wallet_has_members", wallet=wallet)
    if "unit" in changes:
        registered = find_unit(site, changed.unit)
        changed = replace(
            changed,
            unit=registered.name if registered is not None else changed.unit.strip(),
            unit_id=registered.id if registered is not None else "",
        )
    if not changed.unit.strip():
        raise CoreError("unit_missing")
    check_limits(changed.credit_limit_minor, changed.exempt_quota_minor)
    receipt = await book(
        site,
        Act(
            kind=EntryKind.WALLET_UPDATED,
            event=f"wallet/{wallet}/updated",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            detail={"wallet": wallet, "changes": {name: str(new) for name, new in changes.items()}},
            puts=(changed,),
        ),
    )
    run.wallet = changed
    site.wake_wallet(run)
    return receipt


@in_turn
async def freeze(
    site: Site,
    *,
    wallet: str,
    reason: str,
    actor: Actor,
    until: datetime | None = None,
    way: Frozen = Frozen.OUT,
) -> Receipt:
    """Shut a wallet one way or both; what has arrived is booked, usage and supplies go on.

    What a rule has shut nobody shuts anew: that would be a way to open it alone.
    """
    run = open_run(site, wallet)
    now = site.clock()
    if actor.kind is not ActorKind.SYSTEM:
        check_lift(site, run)
    if until is not None and until <= now:
        raise CoreError("time_is_past", at=until.isoformat())
    frozen = replace(
        run.wallet, frozen_at=now, frozen_until=until, frozen_reason=reason, frozen_way=way
    )
    return await _set_frozen(site, run, frozen, EntryKind.FROZEN, WalletEvent.FROZEN, actor, reason)


@in_turn
async def unfreeze(
    site: Site, *, wallet: str, reason: str, actor: Actor, agreed: bool = False
) -> Receipt:
    """Let money go out of a wallet, and into it, again; what a rule has shut only where two `agreed`."""
    run = open_run(site, wallet)
    if run.wallet.frozen_at is None:
        raise CoreError("wallet_not_frozen", wallet=wallet)
    if not agreed:
        check_lift(site, run)
    return await thaw(site, run, reason=reason, actor=actor)


async def thaw(site: Site, run: WalletRun, *, reason: str, actor: Actor) -> Receipt:
    """Open a wallet that was shut; whoever calls has the site's turn."""
    thawed = replace(run.wallet, frozen_at=None, frozen_until=None, frozen_reason="")
    return await _set_frozen(
        site, run, thawed, EntryKind.UNFROZEN, WalletEvent.UNFROZEN, actor, reason
    )


async def _set_frozen(
    site: Site,
    run: WalletRun,
    wallet: Wallet,
    kind: EntryKind,
    event: WalletEvent,
    actor: Actor,
    reason: str,
) -> Receipt:
    receipt = await book(
        site,
        Act(
            kind=kind,
            event=f"wallet/{wallet.id}/{event}",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            detail={"wallet": wallet.id, "way": wallet.frozen_way},
            puts=(wallet,),
        ),
    )
    run.wallet = wallet
    tell(site, run, event, receipt)
    return receipt


def check_lift(site: Site, run: WalletRun) -> None:
    """Refuse to open by one person alone what a rule has shut."""
    shut = frozen_now(run.wallet, site.clock()) is not None
    if shut and shut_by_rule(run.wallet.frozen_reason):
        raise CoreError("frozen_by_rule", wallet=run.wallet.id)


async def end_freezes(site: Site, now: datetime) -> None:
    """Open the wallets whose freeze has come to its end, and say so; nothing waited for it till then."""
    for run in list(site.wallets.values()):
        until = run.wallet.frozen_until
        over = run.wallet.frozen_at is not None and until is not None and now >= until
        if over and run.wallet.closed_at is None:
            await thaw(site, run, reason="", actor=SYSTEM)


def check_limits(*limits: int | None) -> None:
    """Refuse a limit below zero: it would cut who still has money."""
    if any(limit is not None and limit < 0 for limit in limits):
        raise CoreError("policy_negative")
