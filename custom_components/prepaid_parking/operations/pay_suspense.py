"""Money that has arrived and has no place: it is held in suspense, told, and given one by a person."""

from ..core.chart import SiteAccount, site_account
from ..core.entry_kind import EntryKind
from ..core.identity import OrderId, UnmatchedId
from ..core.ledger import Act, Posting
from ..core.pay_channel import Seen
from ..core.pay_notice import Misfit, Unmatched
from .arrived import Arrived
from .booking import book
from .facts import OrderEvent, OrderFact
from .pay_book import ChannelRun
from .site import Site

SUSPENSE = site_account(SiteAccount.SUSPENSE)


async def load(site: Site) -> None:
    """Take up what still has no place."""
    found = await site.books.load(Unmatched, settled_at=None)
    site.paying.unmatched = {one.id: one for one in sorted(found, key=lambda one: one.no)}


async def hold_back(
    site: Site,
    money: Arrived,
    run: ChannelRun,
    seen: Seen,
    why: Misfit,
    order: OrderId | None = None,
) -> None:
    """Hold a payment in suspense; one that is held already stays the one it is."""
    number = await site.books.next_number("unmatched")
    held = Unmatched(
        id=UnmatchedId(f"pu{number}"),
        no=number,
        channel=run.key,
        kind=run.kind,
        merchant=seen.merchant,
        provider_ref=seen.provider_ref,
        out_no=seen.out_no,
        order=order,
        amount_minor=money.amount_minor,
        left_minor=money.amount_minor,
        why=why,
        at=site.clock(),
    )
    act = Act(
        kind=EntryKind.PAYMENT_UNMATCHED,
        event=money.name,
        occurred=site.clock(),
        actor=money.actor,
        reference=money.key,
        postings=(Posting(source=money.source, target=SUSPENSE, amount_minor=money.amount_minor),),
        detail={
            "payment": held.id,
            "channel": run.kind,
            "why": why,
            **({"order": order} if order is not None else {}),
        },
        puts=(held, *money.puts),
    )
    receipt = await book(site, act)
    if receipt.repeated:
        (held,) = await site.books.load(Unmatched, id=str(receipt.detail["payment"]))
    if held.id in site.paying.unmatched or held.settled_at is not None:
        return
    site.paying.unmatched[held.id] = held
    site.tell(
        OrderFact(
            event=OrderEvent.UNMATCHED,
            at=receipt.booked,
            channel=run.key,
            amount_minor=held.amount_minor,
            order=order,
            unmatched=held.id,
            reason=why,
        )
    )
