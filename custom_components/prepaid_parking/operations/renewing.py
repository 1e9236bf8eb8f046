"""What a day brings to permits: reminders before they end, the next period, and history.

A day's work is a list, as in billing: a part of it at each tick, and what is not done when the hub
stops is found again in the books. What is sold by itself is sold only where the money is there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Final

from ..core.errors import CoreError
from ..core.identity import SYSTEM, PermitId
from ..core.permit import ParkingPackage, Permit, PermitKind, endings
from .bill_book import rules_of, trusted
from .booking import keep, referenced, tell, unspendable
from .facts import WalletEvent
from .parking_packages import version_of
from .permits import keep_permit, permits_of
from .selling_permits import Sale, renewal, sold
from .site import Site
from .stay_book import stays_of_card
from .vehicle_turn import all_alone

MOST_AT_ONCE: Final = 50
"""Permits looked at in one tick: some ten milliseconds of work."""
KEPT_DAYS: Final = 7
"""So long a rental that is over is kept in mind."""


async def renew_permits(site: Site, now: datetime) -> None:
    """Do a part of what the local day brings to permits; nothing where all is done."""
    parking = site.parking
    if not site.books.writable or not site.clock_ok:
        return
    today = now.astimezone(site.zone).date()
    if parking.renewed_on != today:
        parking.renewed_on, parking.renewing = today, list(parking.permits)
    part, parking.renewing = parking.renewing[:MOST_AT_ONCE], parking.renewing[MOST_AT_ONCE:]
    if part:
        await trusted(site)
        permits = [parking.permits[one] for one in part if one in parking.permits]
        await _look_after(site, permits, today)


async def _look_after(site: Site, permits: Sequence[Permit], today: date) -> None:
    changed: dict[PermitId, Callable[[Permit], Permit]] = {}
    told: list[tuple[Permit, WalletEvent, int]] = []
    for permit in permits:
        if _is_history(site, permit, today):
            if not _is_last(site, permit):
                changed[permit.id] = _put_away
            continue
        package = _renewable(site, permit)
        if package is None:
            continue
        count = endings(permit, package.remind_days, _sold_on(site, permit), today)
        is_last = permit.renews and today >= permit.last
        if count <= permit.reminded and not is_last:
            continue
        sale = await _next(site, permit)
        if is_last and sale is not None and _pays(site, sale):
            key = referenced("renewal", f"{permit.source}/renewal", {"permit": permit.id})
            await sold(site, sale, SYSTEM, key)
            continue
        if count <= permit.reminded:
            continue
        changed[permit.id] = partial(_reminded, count=count)
        cost = 0 if sale is None else sale.permit.price_minor
        if not permit.renews:
            told.append((permit, WalletEvent.PERMIT_ENDING, cost))
        elif sale is None or not _pays(site, sale):
            told.append((permit, WalletEvent.PERMIT_NOT_FUNDED, cost))
    if changed and await _written(site, changed):
        for permit, event, cost in told:
            _tell(site, permit, event, cost, today)


async def _written(site: Site, changed: Mapping[PermitId, Callable[[Permit], Permit]]) -> bool:
    """Write changes down on what permits are by now: a lane may have taken visits of them."""
    async with all_alone(site, *sorted(changed)):
        permits = site.parking.permits
        after = [change(permits[one]) for one, change in changed.items() if one in permits]
        if not await keep(site, *after):
            return False
        for one in after:
            keep_permit(site, one)
    return True


def _is_history(site: Site, permit: Permit, today: date) -> bool:
    """Tell whether nothing more comes of a permit; while a car is inside by it, its price goes by it."""
    if any(stay.permit == permit.id for stay in stays_of_card(site, permit.card)):
        return False
    if permit.ended_on is not None:
        return permit.ended_on <= today
    if permit.suspended_on is not None:
        return False
    days = KEPT_DAYS
    if permit.package is not None:
        days = version_of(site, permit.package, permit.version).renew_days
    return (today - permit.last).days > days


def _is_last(site: Site, permit: Permit) -> bool:
    """Tell whether a permit is the last that its card has had.

    A card that never bought anything comes in without: a lane has to know of one that did.
    """
    return permits_of(site, permit.card)[-1].id == permit.id


def _put_away(permit: Permit) -> Permit:
    """Leave a permit to the books alone."""
    return replace(permit, over=True)


def _reminded(permit: Permit, *, count: int) -> Permit:
    return replace(permit, reminded=count)


def _renewable(site: Site, permit: Permit) -> ParkingPackage | None:
    """Return the package of a permit that may be followed by another one."""
    waits = permit.renewed or permit.suspended_on or permit.ended_on
    if waits is not None or permit.kind is not PermitKind.PACKAGE or permit.package is None:
        return None
    return version_of(site, permit.package, permit.version)


async def _next(site: Site, permit: Permit) -> Sale | None:
    """Draw up what would follow; None where the office has to look: nothing is sold by itself then."""
    try:
        return await renewal(site, permit)
    except CoreError:
        return None


def _pays(site: Site, sale: Sale) -> bool:
    """Tell whether a wallet has the money for what follows, beside all that it owes already."""
    run, total = sale.run, sum(line.amount_minor for line in sale.lines)
    if not rules_of(site, sale.category).automatic or unspendable(site, run) is not None:
        return not total
    return run.available_minor - sum(bill.open_minor for bill in run.bills.values()) >= total


def _sold_on(site: Site, permit: Permit) -> date:
    return permit.sold_at.astimezone(site.zone).date()


def _tell(site: Site, permit: Permit, event: WalletEvent, cost: int, today: date) -> None:
    run, left = site.wallets[site.cards[permit.card].wallet], (permit.last - today).days
    tell(site, run, event, None, cost, permit.id, level=max(0, left))
