"""The cash desk: wallets are opened, filled, charged by hand, frozen and closed.

Every act takes a reference that makes it idempotent; without one it gets its own and is not.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import uuid4

from ..core.chart import Channel, SiteAccount, channel_account, site_account, wallet_account
from ..core.errors import CoreError
from ..core.identity import Actor, PolicyId, WalletId
from ..core.ledger import Act, EntryKind, Floor, Posting, Receipt, Reference
from ..core.wallet import Purpose, Wallet, WalletKind, Watch
from .facts import WalletEvent, WalletFact
from .site import Site, WalletRun
from .usage import close_windows

EXPOSED_MOST: Final = 250
"""Wallets get devices of their own while fewer than this are exposed: a site stays light."""
CHANGEABLE: Final = frozenset(
    {"unit", "kind", "policy", "alert_minor", "credit_limit_minor", "exempt_quota_minor"}
)


def referenced(scope: str, reference: str) -> Reference:
    """Return the idempotency key of an act; a missing one is generated, which makes it single."""
    return Reference(scope=scope, key=reference or f"generated-{uuid4().hex}")


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
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.WALLET_OPENED,
            event=f"wallet/{wallet.id}/opened",
            occurred=wallet.opened_at,
            actor=actor,
            reference=referenced("open_wallet", reference),
            detail={"wallet": wallet.id, "unit": wallet.unit, "purpose": wallet.purpose},
            puts=(wallet,),
        )
    )
    if not receipt.repeated:
        run = site.wallets[wallet.id] = WalletRun(wallet=wallet, watch=Watch(wallet=wallet.id))
        _tell(site, run, WalletEvent.OPENED, receipt)
    return receipt


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


async def top_up(
    site: Site,
    *,
    wallet: str,
    amount_minor: int,
    actor: Actor,
    channel: Channel = Channel.CASH,
    reference: str = "",
    reason: str = "",
) -> Receipt:
    """Put money into a wallet; announced twice under one reference it is credited once."""
    run = open_run(site, wallet)
    key = referenced(f"topup/{channel}", reference)
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.TOP_UP,
            event=f"topup/{channel}/{key.key}",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            reference=key,
            postings=(
                Posting(
                    source=channel_account(channel),
                    target=wallet_account(run.wallet.no),
                    amount_minor=amount_minor,
                ),
            ),
            detail={"wallet": wallet, "channel": channel},
        )
    )
    _booked(site, run, WalletEvent.TOPPED_UP, receipt, amount_minor, key.key)
    return receipt


async def deduct(
    site: Site,
    *,
    wallet: str,
    amount_minor: int,
    reason: str,
    actor: Actor,
    reference: str = "",
) -> Receipt:
    """Take money for something that is not metered; never more than is there."""
    run = spending_run(site, wallet)
    key = referenced("deduct", reference)
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.DEDUCTION,
            event=f"deduct/{key.key}",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            reference=key,
            postings=(
                Posting(
                    source=wallet_account(run.wallet.no),
                    target=site_account(SiteAccount.REVENUE_FEES),
                    amount_minor=amount_minor,
                ),
            ),
            floors=(floor(run),),
            detail={"wallet": wallet},
        )
    )
    _booked(site, run, WalletEvent.DEDUCTED, receipt, amount_minor, key.key)
    return receipt


async def refund(
    site: Site,
    *,
    wallet: str,
    amount_minor: int,
    reason: str,
    actor: Actor,
    channel: Channel = Channel.CASH,
    reference: str = "",
) -> Receipt:
    """Pay money out of a wallet; what its meters used until now is charged first."""
    run = spending_run(site, wallet)
    if not site.books.writable:
        raise CoreError("ledger_closed")
    await close_windows(site, run.meters)
    key = referenced(f"refund/{channel}", reference)
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.REFUND,
            event=f"refund/{channel}/{key.key}",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            reference=key,
            postings=(
                Posting(
                    source=wallet_account(run.wallet.no),
                    target=channel_account(channel),
                    amount_minor=amount_minor,
                ),
            ),
            floors=(floor(run),),
            detail={"wallet": wallet, "channel": channel},
        )
    )
    _booked(site, run, WalletEvent.REFUNDED, receipt, amount_minor, key.key)
    return receipt


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


async def unfreeze(site: Site, *, wallet: str, reason: str, actor: Actor) -> Receipt:
    """Let money go out of a wallet again."""
    run = open_run(site, wallet)
    if run.wallet.frozen_at is None:
        raise CoreError("wallet_not_frozen", wallet=wallet)
    thawed = replace(run.wallet, frozen_at=None, frozen_until=None, frozen_reason="")
    return await _set_frozen(
        site, run, thawed, EntryKind.UNFROZEN, WalletEvent.UNFROZEN, actor, reason
    )


async def close_wallet(
    site: Site,
    *,
    wallet: str,
    actor: Actor,
    channel: Channel = Channel.CASH,
    reason: str = "",
    reference: str = "",
) -> Receipt:
    """Settle a wallet to zero and close it: the rest is paid out, or what is owed is paid in."""
    run = spending_run(site, wallet)
    if run.meters:
        raise CoreError("wallet_has_meters", meters=", ".join(m.meter.id for m in run.meters))
    rest = run.posted_minor
    account, outside = wallet_account(run.wallet.no), channel_account(channel)
    postings: tuple[Posting, ...] = ()
    if rest > 0:
        postings = (Posting(source=account, target=outside, amount_minor=rest),)
    elif rest < 0:
        postings = (Posting(source=outside, target=account, amount_minor=-rest),)
    closed = replace(run.wallet, closed_at=site.clock())
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.WALLET_CLOSED,
            event=f"wallet/{wallet}/closed",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            reference=referenced("close_wallet", reference),
            postings=postings,
            floors=(Floor(account=account, minimum_minor=0),),
            detail={"wallet": wallet, "settled": rest, "channel": channel},
            puts=(closed,),
        )
    )
    run.wallet, run.posted_minor = closed, 0
    _tell(site, run, WalletEvent.CLOSED, receipt, abs(rest))
    return receipt


def open_run(site: Site, wallet: str) -> WalletRun:
    """Return a wallet that is not closed, or refuse in words."""
    run = site.wallet(wallet)
    if run.wallet.closed_at is not None:
        raise CoreError("wallet_closed", wallet=wallet)
    return run


def spending_run(site: Site, wallet: str) -> WalletRun:
    """Return a wallet that money may go out of, or refuse in words."""
    run = open_run(site, wallet)
    if is_frozen(run.wallet, site.clock()):
        raise CoreError("wallet_frozen", wallet=wallet, reason=run.wallet.frozen_reason)
    return run


def is_frozen(wallet: Wallet, now: datetime) -> bool:
    """Tell whether nothing may go out of a wallet now."""
    until = wallet.frozen_until
    return wallet.frozen_at is not None and (until is None or now < until)


def floor(run: WalletRun) -> Floor:
    """Return the balance a spending must leave: what is used but not yet posted is spoken for."""
    return Floor(account=wallet_account(run.wallet.no), minimum_minor=run.unposted_minor)


def booked_balance(run: WalletRun, receipt: Receipt) -> None:
    """Take over the balance the books answered with."""
    account = wallet_account(run.wallet.no)
    run.posted_minor = receipt.balances.get(account, run.posted_minor)


def _booked(
    site: Site,
    run: WalletRun,
    event: WalletEvent,
    receipt: Receipt,
    amount_minor: int,
    reference: str,
) -> None:
    if receipt.repeated:
        return
    booked_balance(run, receipt)
    _tell(site, run, event, receipt, amount_minor, reference)
    site.wake_wallet(run)


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
    _tell(site, run, event, receipt)
    return receipt


def _tell(
    site: Site,
    run: WalletRun,
    event: WalletEvent,
    receipt: Receipt,
    amount_minor: int | None = None,
    reference: str = "",
) -> None:
    site.tell(
        WalletFact(
            event=event,
            wallet=run.wallet.id,
            unit=run.wallet.unit,
            at=receipt.booked,
            available_minor=run.available_minor,
            amount_minor=amount_minor,
            receipt=receipt,
            reference=reference,
        )
    )


def _room_for_one(site: Site) -> bool:
    return sum(run.wallet.exposed for run in site.wallets.values()) < EXPOSED_MOST
