"""Wallets: opened for a unit, changed, frozen; what they hold is the cash desk's."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from ..core.errors import CoreError
from ..core.identity import Actor, PolicyId, WalletId
from ..core.ledger import Act, EntryKind, Receipt
from ..core.policy import first_watch
from ..core.wallet import Purpose, Wallet, WalletKind
from .booking import book_sealed, open_run, referenced, tell
from .facts import WalletEvent
from .site import Site, WalletRun
from .turn import in_turn

EXPOSED_MOST: Final = 250
"""Wallets get devices of their own while fewer than this are exposed: a site stays light."""
CHANGEABLE: Final = frozenset(
    {
        *("unit", "kind", "policy", "spending"),
        *("alert_minor", "credit_limit_minor", "exempt_quota_minor"),
    }
)


async def open_wallet(
    site: Site,
    *,
    unit: str,
    purpose: Purpose,
    actor: Actor,
    kind: WalletKind = WalletKind.INDIVIDUAL,
    policy: str = "standard",
    person: Mapping[str, str] | None = None,
    alert_minor: int | None = None,
    credit_limit_minor: int | None = None,
    exempt_quota_minor: int | None = None,
    exposed: bool | None = None,
    reference: str = "",
) -> Receipt:
    """Open a wallet for a unit; personal data goes into the encrypted store and nowhere else."""
    if not unit.strip():
        raise CoreError("unit_missing")
    if PolicyId(policy) not in site.policies:
        raise CoreError("unknown_policy", policy=policy)
    _check_limits(credit_limit_minor, exempt_quota_minor)
    number = await site.books.next_number("wallet")
    wallet = Wallet(
        id=WalletId(f"w{number}"),
        no=number,
        unit=unit.strip(),
        purpose=purpose,
        kind=kind,
        policy=PolicyId(policy),
        opened_at=site.clock(),
        exposed=_room_for_one(site) if exposed is None else exposed,
        subject=await site.privacy.put_subject(person) if person else "",
        alert_minor=alert_minor,
        credit_limit_minor=credit_limit_minor,
        exempt_quota_minor=exempt_quota_minor,
    )
    content = {
        "unit": wallet.unit,
        "purpose": purpose,
        "kind": kind,
        "policy": policy,
        "limits": [alert_minor, credit_limit_minor, exempt_quota_minor],
    }
    watch = first_watch(site.policy_of(wallet), wallet)
    act = Act(
        kind=EntryKind.WALLET_OPENED,
        event=f"wallet/{wallet.id}/opened",
        occurred=wallet.opened_at,
        actor=actor,
        reference=referenced("open_wallet", reference, content),
        detail={"wallet": wallet.id, "unit": wallet.unit, "purpose": wallet.purpose},
        puts=(wallet, watch),
    )
    receipt = await book_sealed(site, act, wallet.subject)
    if not receipt.repeated:
        run = site.wallets[wallet.id] = WalletRun(wallet=wallet, watch=watch)
        tell(site, run, WalletEvent.OPENED, receipt)
    return receipt


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
    if not changed.unit.strip():
        raise CoreError("unit_missing")
    _check_limits(changed.credit_limit_minor, changed.exempt_quota_minor)
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.WALLET_UPDATED,
            event=f"wallet/{wallet}/updated",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            detail={"wallet": wallet, "changes": {name: str(new) for name, new in changes.items()}},
            puts=(changed,),
        )
    )
    run.wallet = changed
    site.wake_wallet(run)
    return receipt


@in_turn
async def freeze(
    site: Site, *, wallet: str, reason: str, actor: Actor, until: datetime | None = None
) -> Receipt:
    """Let nothing go out of a wallet; what comes in is booked and usage goes on."""
    run = open_run(site, wallet)
    now = site.clock()
    if until is not None and until <= now:
        raise CoreError("time_is_past", at=until.isoformat())
    frozen = replace(run.wallet, frozen_at=now, frozen_until=until, frozen_reason=reason)
    return await _set_frozen(site, run, frozen, EntryKind.FROZEN, WalletEvent.FROZEN, actor, reason)


@in_turn
async def unfreeze(site: Site, *, wallet: str, reason: str, actor: Actor) -> Receipt:
    """Let money go out of a wallet again."""
    run = open_run(site, wallet)
    if run.wallet.frozen_at is None:
        raise CoreError("wallet_not_frozen", wallet=wallet)
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
    receipt = await site.books.commit(
        Act(
            kind=kind,
            event=f"wallet/{wallet.id}/{event}",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            detail={"wallet": wallet.id},
            puts=(wallet,),
        )
    )
    run.wallet = wallet
    tell(site, run, event, receipt)
    return receipt


def _room_for_one(site: Site) -> bool:
    return sum(run.wallet.exposed for run in site.wallets.values()) < EXPOSED_MOST


def _check_limits(*limits: int | None) -> None:
    if any(limit is not None and limit < 0 for limit in limits):
        raise CoreError("policy_negative")
