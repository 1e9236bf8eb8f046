"""How a shared wallet's charges are divided is set, looked at beforehand, and listed."""

from collections.abc import Sequence
from typing import Final

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, UnitId, WalletId
from ..core.ledger import Act, Receipt
from ..core.money import MICRO
from ..core.shares import MOST_MEMBERS, Member, ShareBy, ShareCount, Shares
from .booking import book, open_run, referenced
from .shares import Division, divide, is_shared_wallet
from .site import Site
from .turn import in_turn
from .units import check_payer
from .usage import post_windows
from .wallet_run import WalletRun

MOST_WEIGHT: Final = 10**12
"""A fixed weight is kept in millionths and given with up to six decimals."""
WEIGHT_SCALE: Final = MICRO


@in_turn
async def set_shares(
    site: Site,
    *,
    wallet: str,
    by: ShareBy,
    members: Sequence[Member],
    actor: Actor,
    reason: str = "",
    reference: str = "",
) -> Receipt:
    """Say who bears what a shared wallet is charged from now on, and by what it is measured.

    What was used until now is divided as it was; who was given a part of a cent too little or too much
    begins anew. Without members the wallet bears it itself again.
    """
    run, now = open_run(site, wallet), site.clock()
    shares = Shares(wallet=run.wallet.id, by=by, members=tuple(members), since=now)
    check_shares(site, run, shares)
    await post_windows(site, run.meters)
    counts = _counts(site, run)
    asked = {
        "wallet": wallet,
        "by": by,
        "members": [[one.member, one.weight] for one in members],
    }
    key = referenced("set_shares", reference, asked)
    receipt = await book(
        site,
        Act(
            kind=EntryKind.SHARES_SET,
            event=f"shares/{wallet}/{key.key}",
            occurred=now,
            actor=actor,
            reason=reason,
            reference=key,
            detail=asked,
            puts=(shares,),
            drops=counts,
        ),
    )
    if not receipt.repeated:
        site.house.shares[run.wallet.id] = shares
        for count in counts:
            site.house.share_counts.pop((count.wallet, count.member), None)
        site.wake_wallet(run)
    return receipt


def preview_shares(
    site: Site,
    *,
    wallet: str,
    amount_minor: int,
    by: ShareBy | None = None,
    members: Sequence[Member] | None = None,
) -> Division:
    """Return how an amount would be divided: as it is now, or by other members or another measure."""
    run = open_run(site, wallet)
    known = site.house.shares.get(run.wallet.id)
    shares = Shares(
        wallet=run.wallet.id,
        by=by or (known.by if known is not None else ShareBy.FIXED),
        members=tuple(members) if members is not None else known.members if known else (),
        since=site.clock(),
    )
    check_shares(site, run, shares)
    commodity = run.meters[0].meter.commodity if run.meters else None
    return divide(site, run, amount_minor, commodity=commodity, shares=shares)


def check_shares(site: Site, run: WalletRun, shares: Shares) -> None:
    """Refuse what cannot be divided by: unknown or doubled members, wallets that cannot pay."""
    if not is_shared_wallet(run):
        raise CoreError("wallet_not_shared", wallet=run.wallet.id)
    if len(shares.members) > MOST_MEMBERS:
        raise CoreError("too_many_members", count=len(shares.members), most=MOST_MEMBERS)
    names = [one.member for one in shares.members]
    if doubled := {name for name in names if names.count(name) > 1}:
        raise CoreError("member_twice", member=", ".join(sorted(doubled)))
    for one in shares.members:
        if WalletId(one.member) in site.wallets:
            check_payer(site, one.member)
        elif UnitId(one.member) not in site.house.units:
            raise CoreError("unknown_member", member=one.member)
        if not 0 <= one.weight <= MOST_WEIGHT:
            raise CoreError("weight_not_usable", member=one.member)
    if shares.by is ShareBy.FIXED and names and not any(one.weight for one in shares.members):
        raise CoreError("weights_not_positive")


async def load(site: Site) -> None:
    """Take up who bears what, and what each was given so far."""
    site.house.shares = {one.wallet: one for one in await site.books.load(Shares)}
    site.house.share_counts = {
        (one.wallet, one.member): one.owed for one in await site.books.load(ShareCount)
    }


def _counts(site: Site, run: WalletRun) -> tuple[ShareCount, ...]:
    return tuple(
        ShareCount(wallet=wallet, member=member, owed=owed)
        for (wallet, member), owed in site.house.share_counts.items()
        if wallet == run.wallet.id
    )
