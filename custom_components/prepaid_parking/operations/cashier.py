"""The cash desk: wallets are opened, filled, charged by hand, refunded, frozen and settled.

Every act takes a reference that makes it idempotent; without one it gets its own and is not.
"""

from dataclasses import replace

from ..core.chart import Channel, SiteAccount, channel_account, site_account, wallet_account
from ..core.errors import CoreError
from ..core.identity import Actor
from ..core.ledger import Act, EntryKind, Floor, Posting, Receipt
from .booking import book, closed, floor, referenced, tell, unspendable
from .facts import WalletEvent
from .site import Site, WalletRun
from .turn import in_turn
from .usage import post_windows
from .wallets import freeze, open_wallet, unfreeze, update_wallet

__all__ = [
    "close_wallet",
    "deduct",
    "freeze",
    "open_wallet",
    "refund",
    "top_up",
    "unfreeze",
    "update_wallet",
]


@in_turn
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
    run = site.wallet(wallet)
    key = referenced(f"topup/{channel}", reference)
    act = Act(
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
    receipt = await book(site, act, closed(run))
    _booked(site, run, WalletEvent.TOPPED_UP, receipt, amount_minor, key.key)
    return receipt


@in_turn
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
    run = site.wallet(wallet)
    key = referenced("deduct", reference)
    act = Act(
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
    receipt = await book(site, act, unspendable(site, run))
    _booked(site, run, WalletEvent.DEDUCTED, receipt, amount_minor, key.key)
    return receipt


@in_turn
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
    run = site.wallet(wallet)
    if not site.books.writable:
        raise CoreError("ledger_closed")
    await post_windows(site, run.meters)
    key = referenced(f"refund/{channel}", reference)
    act = Act(
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
    receipt = await book(site, act, unspendable(site, run))
    _booked(site, run, WalletEvent.REFUNDED, receipt, amount_minor, key.key)
    return receipt


@in_turn
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
    run, now = site.wallet(wallet), site.clock()
    refusal = unspendable(site, run) or _unclosable(site, run)
    rest = run.posted_minor
    account, outside = wallet_account(run.wallet.no), channel_account(channel)
    postings: tuple[Posting, ...] = ()
    if rest > 0:
        postings = (Posting(source=account, target=outside, amount_minor=rest),)
    elif rest < 0:
        postings = (Posting(source=outside, target=account, amount_minor=-rest),)
    shut = replace(run.wallet, closed_at=now)
    act = Act(
        kind=EntryKind.WALLET_CLOSED,
        event=f"wallet/{wallet}/closed",
        occurred=now,
        actor=actor,
        reason=reason,
        reference=referenced("close_wallet", reference, {"wallet": wallet, "channel": channel}),
        postings=postings,
        floors=(Floor(account=account, minimum_minor=0),),
        detail={"wallet": wallet, "settled": rest, "channel": channel},
        puts=(shut,),
    )
    receipt = await book(site, act, refusal)
    if not receipt.repeated:
        run.wallet = shut
        run.booked(receipt)
        tell(site, run, WalletEvent.CLOSED, receipt, abs(rest))
    return receipt


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
    run.booked(receipt)
    tell(site, run, event, receipt, amount_minor, reference)
    site.wake_wallet(run)


def _unclosable(site: Site, run: WalletRun) -> CoreError | None:
    """Refuse to settle books that may not be the latest, and a wallet that still pays for meters."""
    if not site.books.writable:
        return CoreError("ledger_closed")
    if run.meters:
        meters = ", ".join(meter.meter.id for meter in run.meters)
        return CoreError("wallet_has_meters", meters=meters)
    return None
