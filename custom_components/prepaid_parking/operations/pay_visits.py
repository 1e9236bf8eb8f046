"""What a payer does on the page: says which car it is, chooses what to pay, and follows the order.

Nobody learns from the page which cars are inside or what is in a wallet: a car that stands at a lane is
offered by its masked plate, any other only to who knows its plate and when it came.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ..core.asked import Reason, Way as Direction
from ..core.errors import CoreError
from ..core.identity import Actor, ActorKind, CardId, MeterId, OrderId, WalletId
from ..core.pay_channel import Way
from ..core.pay_code import PayFor
from ..core.pay_order import Aim, AimKind, PayOrder
from ..core.pay_visit import LASTS, MOST_LETTERS, came_then, ends_with
from ..core.plate import normal_plate
from ..core.rate_limit import RateLimit, network_of
from ..core.stay import Stay
from .lane_run import AtLane
from .pay_book import ChannelRun
from .pay_finding import find_order
from .pay_looking import look
from .pay_orders import close_order, create_order
from .pay_tokens import Opened, take
from .pay_visit_book import ALL, PayVisit
from .risk import judge_visit
from .site import Site
from .stay_book import stays_at
from .stay_finding import blind_plate

PAYER: Final = Actor(kind=ActorKind.SYSTEM, id="pay_page")
"""Who asks for an order on the page: nobody the hub knows."""
MOST_MISSES: Final = 3
WAITS: Final = timedelta(minutes=10)
"""So long after it was refused a car may still stand at its lane, and its driver looks for the purse."""
LOOK_S: Final = 1.5
PLACES: Final = frozenset({PayFor.LANE, PayFor.SPACE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a payer says of a car: its plate, and when it came in or how a phone number ends."""

    plate: str
    since: str = ""
    digits: str = ""


def begin_visit(site: Site, opened: Opened, address: str | None) -> tuple[str, PayVisit] | None:
    """Begin the visit of a link; None where it opens once and was used. Refuses who asks too often."""
    now, visits = site.clock(), site.pay_visits
    if not visits.begun.take(network_of(address), now):
        raise CoreError("pay_too_often")
    if not take(site, opened):
        return None
    name, visit = visits.begin(opened.kind, opened.target, now, personal=_is_personal(opened))
    visit.aim = _aim_of(site, opened)
    if opened.kind is PayFor.ORDER:
        visit.order = OrderId(opened.target)
    return name, visit


def car_there(site: Site, visit: PayVisit) -> AtLane | None:
    """Return the car that stands at a visit's lane because it has to pay first."""
    run = next((one for key, one in site.lanes.items() if key == visit.target), None)
    if visit.kind is not PayFor.LANE or run is None or (last := run.last) is None:
        return None
    # A plate that only nearly fits may be another car's: an attendant decides, and opens nothing for money.
    must_pay = last.reason == Reason.TO_PAY and last.due_minor > 0
    waits = must_pay and not last.admitted and last.way is Direction.EXIT
    is_fresh = timedelta() <= site.clock() - last.at <= WAITS
    return last if waits and is_fresh and last.stay is not None else None


def take_car(site: Site, visit: PayVisit) -> None:
    """Go on with the car that stands at the lane; another one may have come since it was shown."""
    there = car_there(site, visit)
    if there is None or there.stay is None:
        raise CoreError("pay_nobody_there")
    visit.aim = Aim(kind=AimKind.STAY, id=there.stay)
    visit.plate = there.vehicle.masked


async def tell_car(site: Site, visit: PayVisit, typed: Typed, address: str | None) -> bool:
    """Go on with the car that somebody knows; False where nothing fits, whatever it was.

    The same is done for a plate that is inside and for one that is not; only who is right is told so.
    """
    plate, now = blind_plate(site, typed.plate[:MOST_LETTERS]), site.clock()
    count_miss(site, visit, address, plate.hex())
    known = stays_at(site, plate)
    fitting = [one for one in known if await _fits(site, one, typed, now)]
    if not known and typed.digits:
        await _phone(site, "")
    if not fitting:
        return False
    was_no_miss(site, visit, address, plate.hex())
    stay = max(fitting, key=lambda one: (one.entered_at, one.no))
    visit.aim = Aim(kind=AimKind.STAY, id=stay.id)
    visit.plate = normal_plate(typed.plate[:MOST_LETTERS])
    return True


async def tell_phone(site: Site, visit: PayVisit, digits: str, address: str | None) -> bool:
    """Show what is in a wallet to who knows how its holder's phone number ends; False where it does not fit."""
    if visit.aim is None or visit.aim.kind is not AimKind.WALLET:
        return False
    count_miss(site, visit, address, visit.aim.id)
    if not ends_with(await _phone(site, visit.aim.id), digits):
        return False
    was_no_miss(site, visit, address, visit.aim.id)
    visit.personal = True
    return True


def other_car(visit: PayVisit) -> None:
    """Go back to the question which car it is."""
    if visit.kind in PLACES:
        visit.aim, visit.plate = None, ""


def channels(site: Site) -> list[ChannelRun]:
    """Return what a payer can pay by; one in trouble as well, for only the next order tells that it works again."""
    return [run for run in site.paying.channels.values() if run.ways]


async def ask_for_order(
    site: Site,
    visit: PayVisit,
    *,
    channel: str,
    way: Way,
    amount_minor: int | None,
    address: str | None,
    back_url: str = "",
    payer: str = "",
) -> None:
    """Ask a provider to take the payment of a visit, unless it is just being asked.

    What a stay or a bill costs is reckoned here; only into a wallet a payer may choose how much.
    """
    if visit.aim is None or visit.asking or visit.order is not None:
        return
    visit.asking, visit.sent = True, False
    try:
        await judge_visit(site, visit.orders)
        visit.orders += 1
        order = await create_order(
            site,
            aim=visit.aim,
            channel=channel,
            actor=PAYER,
            amount_minor=amount_minor if visit.aim.kind is AimKind.WALLET else None,
            way=way,
            payer_ip=address or "",
            back_url=back_url,
            payer=payer,
        )
        visit.order, visit.until = order.id, max(visit.until, site.clock() + LASTS)
    finally:
        visit.asking = False


async def order_of(site: Site, visit: PayVisit, *, looks: bool) -> PayOrder | None:
    """Return the order of a visit, as its provider sees it now where it is still open."""
    if visit.order is None:
        return None
    order = await find_order(site, visit.order)
    if not (looks and order.state.open):
        return order
    done = asyncio.Event()

    async def looking() -> None:
        try:
            await look(site, order.id)
        finally:
            done.set()

    site.spawn(looking())
    # A provider that takes its time is not waited for: the page comes back in a moment anyway.
    with suppress(TimeoutError):
        async with asyncio.timeout(LOOK_S):
            await done.wait()
    return await find_order(site, order.id)


async def other_way(site: Site, visit: PayVisit) -> None:
    """Choose anew; an order that is open is taken back, and what reaches it all the same is credited."""
    visit.errand = None
    if visit.order is None:
        return
    order = await find_order(site, visit.order)
    visit.order = None
    if order.state.open:
        await close_order(site, order=order.id, actor=PAYER)


def _is_personal(opened: Opened) -> bool:
    """Tell a link that was sent to one person from a code on a wall or a screen, or a receipt to show."""
    return opened.code is None and not opened.once and opened.kind is not PayFor.ORDER


def _aim_of(site: Site, opened: Opened) -> Aim | None:
    match opened.kind:
        case PayFor.WALLET:
            return Aim(kind=AimKind.WALLET, id=opened.target)
        case PayFor.STAY:
            return Aim(kind=AimKind.STAY, id=opened.target)
        case PayFor.BILL:
            return Aim(kind=AimKind.BILL, id=opened.target)
        case PayFor.CARD:
            card = site.cards.get(CardId(opened.target))
            return None if card is None else Aim(kind=AimKind.WALLET, id=card.wallet)
        case PayFor.METER:
            run = site.meters.get(MeterId(opened.target))
            bound = None if run is None else run.binding
            return None if bound is None else Aim(kind=AimKind.WALLET, id=bound.wallet)
        case _:
            return None


async def _fits(site: Site, stay: Stay, typed: Typed, now: datetime) -> bool:
    if typed.since and came_then(stay.entered_at, typed.since, now, site.zone):
        return True
    card = site.cards.get(stay.card) if stay.card is not None else None
    if not typed.digits:
        return False
    return ends_with(await _phone(site, "" if card is None else card.wallet), typed.digits)


def count_miss(site: Site, visit: PayVisit, address: str | None, about: str) -> None:
    """Count an answer as wrong before it is looked at: a hundred at once are no more than three in a row.

    `about` is the plate's digest or the wallet it is an answer about, whether that is there or not.
    """
    if visit.misses >= MOST_MISSES:
        raise CoreError("pay_tried_too_often")
    counted = list[tuple[RateLimit, str]]()
    for limit, asker in _limits(site, address, about):
        if not limit.take(asker, site.clock()):
            for before, who in counted:
                before.give_back(who)
            raise CoreError("pay_too_often")
        counted.append((limit, asker))
    visit.misses += 1


def was_no_miss(site: Site, visit: PayVisit, address: str | None, about: str) -> None:
    """Take back what was counted before an answer that was right."""
    for limit, asker in _limits(site, address, about):
        limit.give_back(asker)
    visit.misses -= 1


def _limits(site: Site, address: str | None, about: str) -> Sequence[tuple[RateLimit, str]]:
    """Return what a wrong answer counts against."""
    visits = site.pay_visits
    return (
        (visits.misses, network_of(address)),
        (visits.misses_about, about),
        (visits.all_misses, ALL),
    )


async def _phone(site: Site, wallet: str) -> str:
    """Return the telephone number of a wallet's holder; "" where there is none."""
    run = site.wallets.get(WalletId(wallet))
    subject = "" if run is None else run.wallet.subject
    # The books are asked also for nobody: whether they were would be an answer by itself.
    try:
        known = await site.privacy.get_subject(subject)
    except CoreError:
        return ""
    return known.get("phone", "")
