"""A wallet is closed: settled to zero, the rest paid out or what is owed paid in."""

from dataclasses import replace

from ..core.chart import Channel, channel_account, wallet_account
from ..core.errors import CoreError
from ..core.identity import Actor
from ..core.ledger import Act, EntryKind, Floor, Posting, Receipt
from .booking import book, referenced, tell, unspendable
from .facts import WalletEvent
from .site import Site, WalletRun
from .turn import in_turn


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


def _unclosable(site: Site, run: WalletRun) -> CoreError | None:
    """Refuse to settle books that may not be the latest, and a wallet that still pays for meters."""
    if not site.books.writable:
        return CoreError("ledger_closed")
    if run.meters:
        meters = ", ".join(meter.meter.id for meter in run.meters)
        return CoreError("wallet_has_meters", meters=meters)
    return None
