"""Transfers between wallets of one customer; money never leaves its purpose, nor its customer."""

from dataclasses import replace

from ..core.chart import wallet_account
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor
from ..core.ledger import Act, Posting, Receipt
from .booking import book, closed, no_more_in, referenced, tell, unspendable
from .facts import WalletEvent
from .layering import drawn, may_leave
from .site import Site
from .turn import in_turn
from .usage import post_windows
from .wallet_run import WalletRun


@in_turn
async def transfer(
    site: Site,
    *,
    source: str,
    target: str,
    amount_minor: int,
    reason: str,
    actor: Actor,
    reference: str = "",
) -> Receipt:
    """Move cash from one wallet of a customer to another one for the same purpose.

    It leaves like a refund does: what is used is charged first, and a bonus goes back by its rule.
    """
    giver, taker = site.wallet(source), site.wallet(target)
    key = referenced("transfer", reference)
    paid_in = wallet_account(taker.wallet.no)
    if giver is taker:
        raise CoreError("posting_to_itself")
    if not site.books.writable:
        raise CoreError("ledger_closed")
    await post_windows(site, giver.meters)
    money = Posting(
        source=wallet_account(giver.wallet.no), target=paid_in, amount_minor=amount_minor
    )
    act = Act(
        kind=EntryKind.TRANSFER,
        event=f"transfer/{key.key}",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=replace(key, asked=(money,)),
        detail={"wallet": source, "to": target},
    )
    refusal = _refusal(site, giver, taker) or may_leave(site, giver, amount_minor)
    if refusal is not None:
        return await book(site, act, refusal)
    out = drawn(giver, amount_minor, paid_in)
    act = replace(
        act,
        postings=out.postings,
        floors=out.floors,
        detail={**act.detail, **out.detail},
        puts=out.layered.puts(giver),
    )
    receipt = await book(site, act)
    if not receipt.repeated:
        out.layered.taken_over(giver)
        for run, event in (
            (giver, WalletEvent.TRANSFERRED_OUT),
            (taker, WalletEvent.TRANSFERRED_IN),
        ):
            run.booked(receipt)
            tell(site, run, event, receipt, amount_minor, key.key)
            site.wake_wallet(run)
    return receipt


def _refusal(site: Site, giver: WalletRun, taker: WalletRun) -> CoreError | None:
    """Say why nothing may go from one wallet into another."""
    one, other = giver.wallet, taker.wallet
    if one.purpose is not other.purpose:
        return CoreError(
            "transfer_between_purposes", purpose=one.purpose, other_purpose=other.purpose
        )
    if not one.subject or one.subject != other.subject:
        return CoreError("transfer_between_customers", wallet=one.id, other=other.id)
    return unspendable(site, giver) or closed(taker) or no_more_in(site, taker)
