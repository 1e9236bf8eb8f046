"""Differences: opened by whoever finds them, listed, and settled by a person with a reason.

A difference never moves money by itself. What lies in suspense for it goes where a person says: into
a wallet or out of it, to the site's own account, or back out of the bank. What the provider never paid
leaves its clearing, and the site bears it; a row that comes all the same is a difference again.
"""

import asyncio
from dataclasses import replace
from datetime import date
from typing import Final

from ..core.chart import SiteAccount, site_account, wallet_account
from ..core.difference import Difference, DifferenceKind, Resolution, settled
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import SYSTEM, Actor, DifferenceId
from ..core.ledger import AccountId, Act, Posting, Receipt
from ..core.page import WHOLE_LIST, Page, Part
from ..core.pay_refund import PayRefund
from .bill_book import local_day
from .booking import book, closed, referenced, tell
from .facts import WalletEvent
from .pages import latest, numbered
from .repeats import answered_before
from .risk import Asked, Asking, guard
from .settlement_file import clearing_of
from .settling_facts import DifferenceFact
from .site import Site
from .turn import in_turn
from .wallet_run import WalletRun

SUSPENSE: Final = site_account(SiteAccount.SUSPENSE)
TARGETS: Final = {
    Resolution.WRITTEN_OFF: site_account(SiteAccount.WRITE_OFF),
    Resolution.BANK: site_account(SiteAccount.BANK),
}
WRITE_OFF: Final = "write_off_difference"
FOUND: Final = "found_in_file"
"""The reason of a difference that a later file has explained."""


async def load(site: Site) -> None:
    """Take up what does not fit and nobody has settled."""
    site.settling.hold(*await site.books.load(Difference, settled_at=None))


async def settle_difference(
    site: Site,
    *,
    difference: str,
    resolution: Resolution,
    reason: str,
    actor: Actor,
    wallet: str = "",
    reference: str = "",
    agreed: bool = False,
) -> Receipt:
    """Say what a difference is, and where what lies in suspense for it goes.

    A rule may want what is written off confirmed first, unless it was (`agreed`). It is the
    office's own correction: a wallet that it charges may fall below zero by it. A file that is
    taken up meanwhile may explain it: they wait for each other.
    """
    found = await find_difference(site, difference)

    async def settle() -> Receipt:
        async with site.paying.turn_of(f"settling/{found.account}"):
            return await _settle(
                site, difference, resolution, reason, actor, wallet, reference, agreed=agreed
            )

    return await asyncio.shield(settle())


@in_turn
async def _settle(
    site: Site,
    difference: str,
    resolution: Resolution,
    reason: str,
    actor: Actor,
    wallet: str,
    reference: str,
    *,
    agreed: bool,
) -> Receipt:
    content = {"difference": difference, "resolution": resolution, "wallet": wallet}
    act = Act(
        kind=EntryKind.DIFFERENCE_SETTLED,
        event=f"difference/{difference}/settled",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=referenced("settle_difference", reference, content),
    )
    known = await answered_before(site, act)
    if known is not None:
        return known
    found = await find_difference(site, difference)
    after = settled(found, resolution, reason, actor, site.clock())
    run = site.wallet(wallet) if resolution is Resolution.WALLET else None
    if run is not None:
        after = replace(after, wallet=run.wallet.id)
    refusal = closed(run) if run is not None else None
    if resolution is Resolution.WRITTEN_OFF and not agreed:
        await _guard(site, found, act)
    act = replace(
        act,
        postings=_moved(found, _target(resolution, run)),
        detail={
            "difference": found.id,
            "what": found.kind,
            "resolution": resolution,
            "amount": found.held_minor,
            **({"wallet": run.wallet.id} if run is not None else {}),
        },
        puts=(after,),
    )
    receipt = await book(site, act, refusal)
    if not receipt.repeated:
        site.settling.hold(after)
        if run is not None:
            run.booked(receipt)
            tell(site, run, WalletEvent.ADJUSTED, receipt, found.suspended_minor, found.id)
            site.wake_wallet(run)
        site.tell(DifferenceFact(difference=after, at=receipt.booked))
    return receipt


async def _guard(site: Site, found: Difference, act: Act) -> None:
    """Hold or refuse to write off what a rule is for: it is the site's money, and nobody else would miss it."""
    assert act.reference is not None
    asking = Asking(what=Asked.WRITE_OFF, actor=act.actor, amount_minor=abs(found.held_minor))
    data = {"difference": found.id, "reason": act.reason}
    await guard(site, asking, kind=WRITE_OFF, data=data, reference=act.reference.key)


async def find_difference(site: Site, difference: str) -> Difference:
    """Return a difference as the books have it, settled ones too, or refuse in words."""
    found = await site.books.load(Difference, id=difference)
    if not found:
        raise CoreError("unknown_difference", difference=difference)
    return found[0]


async def all_differences(
    site: Site, *, open_only: bool = True, part: Part = WHOLE_LIST
) -> tuple[list[Difference], int]:
    """Return the differences, the latest first, and how many there are."""
    if open_only:
        known = site.settling.differences.values()
        return latest(known, part), len(known)
    count = await site.books.count(Difference, Page())
    return await numbered(site, Difference, part), count


async def drawn_up(
    site: Site,
    *,
    kind: DifferenceKind,
    account: str,
    channel: str,
    day: date,
    **more: object,
) -> Difference:
    """Return a new difference, to be written together with what moves for it."""
    number = await site.books.next_number("difference")
    blank = Difference(
        id=DifferenceId(f"df{number}"),
        no=number,
        kind=kind,
        account=account,
        channel=channel,
        day=day,
        opened_at=site.clock(),
    )
    return replace(blank, **more)  # type: ignore[arg-type]  # the names are the record's own


async def came_back_to_nobody(site: Site, refund: PayRefund) -> Difference:
    """Return the difference of a refund that failed after its wallet was closed."""
    return await drawn_up(
        site,
        kind=DifferenceKind.REFUND_CAME_BACK,
        account="",
        channel=refund.channel,
        day=local_day(site),
        out_no=refund.out_no,
        order=refund.order,
        refund=refund.id,
        wallet=refund.wallet,
        found_minor=refund.amount_minor,
        suspended_minor=refund.amount_minor,
    )


def explained(site: Site, difference: Difference) -> Difference:
    """Return a difference that a later file has explained: nothing is held for it."""
    return settled(difference, Resolution.EXPLAINED, FOUND, SYSTEM, site.clock())


def tell_differences(site: Site, *found: Difference) -> None:
    """Say what does not fit, or fits again."""
    for one in found:
        site.tell(DifferenceFact(difference=one, at=site.clock()))


def _target(resolution: Resolution, run: WalletRun | None) -> AccountId | None:
    return wallet_account(run.wallet.no) if run is not None else TARGETS.get(resolution)


def _moved(difference: Difference, target: AccountId | None) -> tuple[Posting, ...]:
    amount = difference.held_minor
    if target is None or not amount:
        return ()
    lies = clearing_of(difference.account) if difference.unpaid_minor else SUSPENSE
    source, into = (lies, target) if amount > 0 else (target, lies)
    return (Posting(source=source, target=into, amount_minor=abs(amount)),)
