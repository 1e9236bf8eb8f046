"""Permits are sold and renewed: the permit and its bill are one act, and it holds once that is paid."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from ..core.bill import BillLine
from ..core.category import Category, check_purpose
from ..core.entry_kind import EntryKind
from ..core.errors import ConflictError, CoreError
from ..core.identity import Actor, PermitId
from ..core.ledger import Act, Receipt, Reference
from ..core.local_day import DAY
from ..core.permit import Permit, PermitKind, renewed_from
from ..core.wallet import Card, CardState
from .bill_book import committed, find_bill, local_day, rules_of, trusted
from .bills import drawn_up
from .booking import closed, referenced
from .credentials import ever_of, in_use, today_of
from .issuing import Issue, issue_one
from .parking_packages import Offer, offer, package_sold, space_for
from .permits import find_permit, keep_permit, permits_of
from .repeats import answered_before
from .site import Site
from .turn import in_turn
from .vehicle_turn import all_alone
from .wallet_run import WalletRun

MOST_PERIODS: Final = 120
"""More than ten years of months in one sale is a slip of the finger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """What is sold: the permit without its bill yet, what it asks for, and whom."""

    run: WalletRun
    permit: Permit
    category: Category
    lines: tuple[BillLine, ...]
    after: Permit | None = None
    """The permit that this one follows."""


@in_turn
async def sell_parking_package(
    site: Site,
    *,
    card: str,
    package: str,
    actor: Actor,
    first: date | None = None,
    space: str = "",
    periods: int = 1,
    renews: bool = False,
    reason: str = "",
    reference: str = "",
) -> tuple[Receipt, Permit]:
    """Sell a package to a card from a local day on (today).

    Its bill is paid like any other: at once where bills are paid automatically and the money is there.
    """
    await trusted(site)
    content = {
        "card": card,
        "package": package,
        "first": first.isoformat() if first is not None else "",
        "space": space,
        "periods": periods,
        "renews": renews,
    }
    key = referenced("sell_parking_package", reference, content)
    if known := await sold_before(site, actor, key):
        return known
    holder, begin = customer(site, card), first or local_day(site)
    if begin < local_day(site):
        raise CoreError("permit_in_past", day=begin)
    asked = offer(
        site, package_sold(site, package), space_for(site, holder, space), begin, _count(periods)
    )
    sale = await _drawn_up(site, holder, asked, renews=renews)
    return await sold(site, sale, actor, key, reason)


@in_turn
async def renew_permit(
    site: Site,
    *,
    actor: Actor,
    permit: str = "",
    card: str = "",
    periods: int = 1,
    reason: str = "",
    reference: str = "",
) -> tuple[Receipt, Permit]:
    """Sell what follows a permit, by the package as it is sold now; or what a card's only one.

    Within its time to be renewed it begins on the day after the old end, later today.
    """
    await trusted(site)
    content = {"permit": permit, "card": card, "periods": periods}
    key = referenced("renew_permit", reference, content)
    if known := await sold_before(site, actor, key):
        return known
    before = await find_permit(site, permit) if permit else await _last_of(site, card)
    sale = await renewal(site, before, _count(periods))
    return await sold(site, sale, actor, key, reason)


async def renewal(site: Site, before: Permit, periods: int = 1) -> Sale:
    """Draw up what follows a permit; refuse one that cannot be renewed."""
    if before.package is None:
        raise CoreError("permit_is_rental", permit=before.id)
    if before.renewed is not None:
        raise CoreError("permit_renewed", permit=before.id, renewed=before.renewed)
    if before.suspended_on is not None:
        raise CoreError("permit_suspended", permit=before.id)
    if before.ended_on is not None:
        raise CoreError("permit_ended", permit=before.id)
    card = customer(site, today_of(site, before.card))
    package = package_sold(site, before.package)
    first = renewed_from(before, package.renew_days, local_day(site))
    space = space_for(site, card, before.space or "")
    asked = offer(site, package, space, first, periods)
    return await _drawn_up(site, card, asked, renews=before.renews, after=before)


async def sold(
    site: Site, sale: Sale, actor: Actor, key: Reference, reason: str = ""
) -> tuple[Receipt, Permit]:
    """Write a sale down with its bill, and let the wallet pay it where it can."""
    before = sale.after
    async with all_alone(site, before.id if before is not None else None):
        if before is not None:  # A lane may have taken a visit of it meanwhile.
            sale = replace(sale, after=site.parking.permits.get(before.id, before))
        return await _written(site, sale, actor, key, reason)


async def _written(
    site: Site, sale: Sale, actor: Actor, key: Reference, reason: str
) -> tuple[Receipt, Permit]:
    if not sale.lines:
        return await _given(site, sale, actor, key, reason)
    permit, today = sale.permit, local_day(site)
    bill = await drawn_up(
        site,
        sale.run,
        sale.category,
        sale.lines,
        source=permit.source,
        period=(permit.first, permit.last + DAY),
    )
    permit = replace(permit, bill=bill.id)
    issue = Issue(
        run=sale.run,
        draft=bill,
        on=today,
        due=max(today, permit.first),
        actor=actor,
        reason=reason,
        reference=key,
        puts=_puts(sale, permit),
    )
    receipt = await issue_one(site, issue, closed(sale.run))
    return receipt, _taken_over(site, sale, permit)


async def _given(
    site: Site, sale: Sale, actor: Actor, key: Reference, reason: str
) -> tuple[Receipt, Permit]:
    """Write down a permit that costs nothing: there is no bill to pay."""
    act = Act(
        kind=EntryKind.PERMIT_SOLD,
        event=f"{sale.permit.source}/sold",
        occurred=site.clock(),
        actor=actor,
        reason=reason,
        reference=key,
        detail={"wallet": sale.permit.wallet, "permit": sale.permit.id, "card": sale.permit.card},
        puts=_puts(sale, sale.permit),
    )
    receipt = await committed(site, act, closed(sale.run))
    return receipt, _taken_over(site, sale, sale.permit)


async def sold_before(site: Site, actor: Actor, key: Reference) -> tuple[Receipt, Permit] | None:
    """Return what was sold under a reference before: asked again, today's price would be another one."""
    asked = Act(
        kind=EntryKind.PERMIT_SOLD,
        event=f"permit/{key.key}",
        occurred=site.clock(),
        actor=actor,
        reference=key,
    )
    try:
        receipt = await answered_before(site, asked)
    except ConflictError:  # What cost something was written down as the bill that it brought.
        receipt = await answered_before(site, replace(asked, kind=EntryKind.BILL_ISSUED))
    if receipt is None:
        return None
    if permit := receipt.detail.get("permit"):
        return receipt, await find_permit(site, str(permit))
    bill = await find_bill(site, str(receipt.detail["bill"]))
    return receipt, await find_permit(site, bill.source.partition("/")[2])


async def _drawn_up(
    site: Site, card: Card, asked: Offer, *, renews: bool, after: Permit | None = None
) -> Sale:
    run, package = site.wallets[card.wallet], asked.package
    check_purpose(Category.PARKING, run.wallet.purpose, run.wallet.id)
    if renews and not rules_of(site, Category.PARKING).automatic:
        raise CoreError("renewal_not_automatic")
    rights, number = package.rights, await site.books.next_number("permit")
    if rights.visits is not None:
        rights = replace(rights, visits=rights.visits * asked.periods)
    permit = Permit(
        id=PermitId(f"pm{number}"),
        no=number,
        kind=PermitKind.PACKAGE,
        card=card.id,
        wallet=run.wallet.id,
        first=asked.days.first,
        last=asked.days.last,
        price_minor=asked.total_minor,
        sold_at=site.clock(),
        package=package.id,
        version=package.version,
        space=asked.space.id if asked.space is not None else None,
        rights=rights,
        left=rights.visits,
        renews=renews,
    )
    return Sale(run=run, permit=permit, category=Category.PARKING, lines=asked.lines, after=after)


def _puts(sale: Sale, permit: Permit) -> tuple[Permit, ...]:
    if sale.after is None:
        return (permit,)
    return (permit, replace(sale.after, renewed=permit.id))


def _taken_over(site: Site, sale: Sale, permit: Permit) -> Permit:
    for one in _puts(sale, permit):
        keep_permit(site, one)
    return permit


def customer(site: Site, card: str) -> Card:
    """Return a card that something may be sold to; its dates are its own affair."""
    known = in_use(site, card)
    if known.state is not CardState.ACTIVE:
        raise CoreError("card_blocked", card=card)
    return known


async def _last_of(site: Site, card: str) -> Permit:
    """Return the one permit of a card that is to be renewed: of those that hold, else the last one."""
    known = in_use(site, card)
    found = [one for one in permits_of(site, known.id) if _renewable(one)]
    if len(found) > 1:
        raise CoreError("several_permits", permits=", ".join(one.id for one in found))
    if not found:
        over = [
            permit
            for one in ever_of(site, known.id)
            for permit in await site.books.load(Permit, card=one)
        ]
        found = sorted((one for one in over if _renewable(one)), key=lambda one: one.no)[-1:]
    if not found:
        raise CoreError("card_without_permit", card=card)
    return found[0]


def _renewable(permit: Permit) -> bool:
    return permit.package is not None and permit.renewed is None and permit.ended_on is None


def _count(periods: int) -> int:
    if not 1 <= periods <= MOST_PERIODS:
        raise CoreError("periods_out_of_range", most=MOST_PERIODS)
    return periods
