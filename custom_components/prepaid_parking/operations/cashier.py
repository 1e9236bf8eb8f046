"""The cash desk: wallets are filled, charged by hand and refunded.

Every act takes a reference that makes it idempotent; without one it gets its own and is not. What
else the desk does with wallets has files of its own and is given out from here.
"""

from dataclasses import replace

from ..core.chart import (
    Channel,
    SiteAccount,
    channel_account,
    site_account,
    wallet_account,
)
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor
from ..core.ledger import Act, Posting, Receipt
from .booking import book, referenced, tell, unspendable
from .closing_wallet import close_wallet
from .facts import WalletEvent
from .fee_legs import return_detail, return_legs
from .layering import drawn, may_leave
from .opening_wallet import open_wallet
from .paying import pay
from .risk_desk import guard_refund, guard_top_up
from .site import Site
from .topping_up import Payment, take_in
from .turn import in_turn
from .usage import post_windows
from .wallet_run import WalletRun
from .wallets import freeze, unfreeze, update_wallet

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
    agreed: bool = False,
) -> Receipt:
    """Put money into a wallet; announced twice under one reference it is credited once.

    Money that has arrived is booked, also for a wallet that nothing may come into by order. What a
    rule against misuse is for waits until it is `agreed`.
    """
    run = site.wallet(wallet)
    paid = Payment(
        amount_minor=amount_minor,
        channel=channel,
        actor=actor,
        reference=reference,
        reason=reason,
    )
    if not agreed:
        await guard_top_up(site, run, paid)
    return await take_in(site, run, paid)


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
        detail={"wallet": wallet},
    )
    fees = site_account(SiteAccount.REVENUE_FEES)
    receipt = await pay(site, run, act, amount_minor, fees, unspendable(site, run))
    _told(site, run, WalletEvent.DEDUCTED, receipt, amount_minor, key.key)
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
    agreed: bool = False,
) -> Receipt:
    """Pay cash out of a wallet; what its meters used until now is charged first.

    Never more than was paid in and is neither spent nor owed. A bonus goes back by the rule of the
    promotion it came from, points with the top-up they were earned by, and so does its fee where the
    rule gives it back: it is paid out beside the amount. What a rule against misuse is for waits until
    it is `agreed`.
    """
    run = site.wallet(wallet)
    if not site.books.writable:
        raise CoreError("ledger_closed")
    await post_windows(site, run.meters)
    key = referenced(f"refund/{channel}", reference)
    outside = channel_account(channel)
    money = Posting(source=wallet_account(run.wallet.no), target=outside, amount_minor=amount_minor)
    act = Act(
        kind=EntryKind.REFUND,
        event=f"refund/{channel}/{key.key}",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=replace(key, asked=(money,)),
        detail={"wallet": wallet, "channel": channel},
    )
    refusal = unspendable(site, run) or may_leave(site, run, amount_minor)
    if refusal is not None:
        return await book(site, act, refusal)
    if not agreed:
        await guard_refund(site, run, act, amount_minor=amount_minor, channel=channel)
    out = drawn(run, amount_minor, outside)
    act = replace(
        act,
        postings=(*out.postings, *return_legs(out.fees, outside)),
        floors=out.floors,
        detail={**act.detail, **out.detail, **return_detail(out.fees)},
        puts=out.layered.puts(run),
    )
    receipt = await book(site, act)
    if not receipt.repeated:
        out.layered.taken_over(run)
    _told(site, run, WalletEvent.REFUNDED, receipt, amount_minor, key.key)
    return receipt


def _told(
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
