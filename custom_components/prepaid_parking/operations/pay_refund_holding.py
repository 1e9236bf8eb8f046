"""What a refund takes out, and from where: a wallet's cash with all that hangs on it, or a stay's money.

Held in the refunds' account from then on: neither spent nor promised twice while a provider takes its
time. What does not go comes back by the very entry that took it out.
"""

from dataclasses import dataclass, replace

from ..core.chart import SiteAccount, channel_account, site_account
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor
from ..core.ledger import AccountId, Act, Entry, Floor, Posting, Receipt, Record
from ..core.local_day import DAY
from ..core.pay_notice import Unmatched
from ..core.pay_order import Aim, AimKind
from ..core.pay_refund import PayRefund, RefundWay
from ..core.stay import Stay
from .bill_book import find_bill
from .booking import tell, unspendable
from .facts import WalletEvent
from .fee_legs import return_detail, return_legs
from .layering import Drawn, drawn, may_leave, refundable_minor
from .pay_settling import take_over
from .site import Site
from .stay_book import hold, numbered
from .stay_finding import stay_by_id
from .stay_refunding import Shares, moves_back, refunded
from .usage import post_windows
from .walking import every_entry
from .wallet_run import WalletRun

REFUNDS = site_account(SiteAccount.REFUNDS)
BANK = site_account(SiteAccount.BANK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What is taken out for a refund: how much the payer gets, the movements, what changes with them.

    `refusal` says why nothing is; `held_minor` came in beyond a stay's price.
    """

    amount_minor: int
    refusal: CoreError | None = None
    postings: tuple[Posting, ...] = ()
    floors: tuple[Floor, ...] = ()
    detail: dict[str, object] | None = None
    puts: tuple[Record, ...] = ()
    held_minor: int = 0
    run: WalletRun | None = None
    out: Drawn | None = None
    stay: Stay | None = None
    held: Unmatched | None = None

    def taken_over(self, site: Site, receipt: Receipt, refund: PayRefund) -> None:
        """Keep in mind what was written, and tell it."""
        if self.stay is not None:
            hold(site, self.stay)
        if self.held is not None:
            take_over(site, self.held)
        if self.run is not None and self.out is not None:
            self.out.layered.taken_over(self.run)
            self.run.booked(receipt)
            told = refund.amount_minor, refund.refund_no
            tell(site, self.run, WalletEvent.REFUNDED, receipt, *told)
            site.wake_wallet(self.run)


async def owner_of_aim(site: Site, aim: Aim) -> tuple[str, str]:
    """Return the wallet (or else the stay) that has the money of what was paid."""
    match aim.kind:
        case AimKind.WALLET:
            return aim.id, ""
        case AimKind.STAY:
            return "", aim.id
        case AimKind.BILL:
            return (await find_bill(site, aim.id)).wallet, ""


async def taken(site: Site, refund: PayRefund, amount_minor: int | None, rest: int) -> Taken:
    """Draw up what a refund takes out; None is all that may go. Never more than the order's rest."""
    if amount_minor is not None and amount_minor <= 0:
        text = site.currency.text(amount_minor)
        return Taken(amount_minor=0, refusal=CoreError("amount_not_positive", amount=text))
    if not site.books.writable:
        return Taken(amount_minor=0, refusal=CoreError("ledger_closed"))
    if refund.stay:
        return await _from_stay(site, refund, amount_minor, rest)
    return await _from_wallet(site, refund, amount_minor, rest)


async def _from_wallet(site: Site, refund: PayRefund, amount_minor: int | None, rest: int) -> Taken:
    """Take cash out of a wallet by the rules of every refund; a fee that goes back counts with it."""
    run = site.wallet(refund.wallet)
    await post_windows(site, run.meters)
    amount = min(rest, refundable_minor(run)) if amount_minor is None else amount_minor
    refusal = unspendable(site, run) or may_leave(site, run, amount)
    if refusal is None and amount <= 0:
        refusal = _more(site, rest)
    if refusal is not None:
        return Taken(amount_minor=amount, refusal=refusal)
    out = drawn(run, amount, REFUNDS)
    legs = return_legs(out.fees, REFUNDS)
    beside = sum(leg.amount_minor for leg in legs)
    while amount_minor is None and amount + beside > rest:
        amount -= amount + beside - rest
        if amount <= 0:
            return Taken(amount_minor=0, refusal=_more(site, rest))
        out = drawn(run, amount, REFUNDS)
        legs = return_legs(out.fees, REFUNDS)
        beside = sum(leg.amount_minor for leg in legs)
    if amount + beside > rest:
        return Taken(amount_minor=amount, refusal=_more(site, rest))
    return Taken(
        amount_minor=amount + beside,
        postings=(*out.postings, *legs),
        floors=out.floors,
        detail={**out.detail, **return_detail(out.fees)},
        puts=out.layered.puts(run),
        run=run,
        out=out,
    )


async def _from_stay(site: Site, refund: PayRefund, amount_minor: int | None, rest: int) -> Taken:
    """Take out what was paid for a stay from outside, first what came in beyond its price."""
    known = await stay_by_id(site, refund.stay)
    outside = known.paid_minor - known.refunded_minor - known.wallet_minor
    most = min(rest, known.over_minor + max(0, outside))
    amount = most if amount_minor is None else amount_minor
    if not 0 < amount <= most:
        return Taken(amount_minor=amount, refusal=_more(site, max(0, most)))
    held = min(amount, known.over_minor)
    shares = Shares(held=held, cash=0, bonus=0, outside=amount - held)
    after = await numbered(site, refunded(known, shares))
    return Taken(
        amount_minor=amount,
        postings=await moves_back(site, known, shares, None, REFUNDS),
        detail={"stay": known.id},
        puts=(after,),
        held_minor=held,
        stay=after,
    )


async def stay_again(site: Site, refund: PayRefund) -> Stay | None:
    """Return a stay as it is once a refund of it has come back; None where it was none of a stay."""
    if not refund.stay:
        return None
    known = await stay_by_id(site, refund.stay)
    outside = refund.amount_minor - refund.held_minor
    return await numbered(
        site,
        replace(
            known,
            refunded_minor=known.refunded_minor - outside,
            over_minor=known.over_minor + refund.held_minor,
        ),
    )


def paid_out_of(refund: PayRefund) -> AccountId:
    """Return where a refund leaves the site's hands: what the provider, or the bank, holds for it."""
    return BANK if refund.way is RefundWay.BANK else channel_account(refund.kind)


def done_act(site: Site, refund: PayRefund, actor: Actor, reason: str) -> Act:
    """Write down that a refund has gone."""
    posting = Posting(source=REFUNDS, target=paid_out_of(refund), amount_minor=refund.amount_minor)
    return Act(
        kind=EntryKind.REFUND_DONE,
        event=f"refund/{refund.id}/done",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        postings=(posting,),
        detail=told_of(refund),
        puts=(refund,),
    )


async def holding_entry(site: Site, refund: PayRefund) -> Entry:
    """Return the entry that took a refund's money out: it is known by its event."""
    wanted = f"refund/{refund.id}/held"
    since = refund.created_at - DAY  # A clock may have been set back between.
    async for entry in every_entry(site, (EntryKind.REFUND_HELD,), since=since):
        if entry.event == wanted:
            return entry
    raise CoreError("entry_unknown", entry=wanted)


def told_of(refund: PayRefund) -> dict[str, object]:
    """Return what the entries of a refund name."""
    found: dict[str, object] = {
        "refund": refund.id,
        "order": refund.order,
        "channel": refund.kind,
        "amount": refund.amount_minor,
    }
    return found | {
        name: value for name, value in (("wallet", refund.wallet), ("stay", refund.stay)) if value
    }


def _more(site: Site, rest: int) -> CoreError:
    return CoreError("refund_more_than_rest", rest=site.currency.text(max(0, rest)))
