"""What a lane is asked: everything a decision goes by, looked up in memory, so that it can be pure."""

from dataclasses import replace
from datetime import datetime

from ..core.access import PlateRead
from ..core.admission import Asked, Reason, Way
from ..core.identity import SpaceId
from ..core.lane_rules import right_of
from ..core.parking_rules import ParkingRules
from ..core.plate import plate_class
from ..core.space import Space, Tenure
from ..core.stay import Stay, StayKind
from ..core.vehicle import VehicleClass
from ..core.wallet import Card, CredentialKind
from .booking import is_frozen
from .lane_run import LaneRun
from .listed import beside, is_other, listed_at
from .occupancy import surely_free
from .parking_rules import parks_free, rules_at
from .permits import best_permit, in_hours, is_unpaid, permits_of
from .recognising import recognised
from .site import Site
from .space_billing import space_unpaid
from .stay_book import stays_of_card, tracks
from .stay_cost import cost_of_stay, tariff_of
from .unpaid_exits import owed_by
from .wallet_run import WalletRun


def asked_of(
    site: Site,
    run: LaneRun,
    *,
    way: Way,
    kind: CredentialKind,
    digest: bytes,
    read: PlateRead,
    near: bool = False,
    office: bytes = b"",
    now: datetime | None = None,
) -> Asked:
    """Gather what the decision about one vehicle at one lane rests on; nothing moves.

    `near` says that the caller found the credential one sign off, `office` is what another hub's list
    finds it by. `now` is another time than the
    present one: rules, permits and dates are those of then; who is inside, what is open and what is
    owed is as it is now.
    """
    at = site.clock() if now is None else now
    rules = rules_at(site, at)
    listed = listed_at(site, run, office, at)
    fuzzy = rules.fuzzy and listed is None
    found = recognised(
        site, way=way, kind=kind, digest=digest, read=read, lane=run.id, at=at, fuzzy=fuzzy
    )
    if listed is not None and found.near:
        found = replace(found, card=None, stay=None, near=False)
    due = _due(site, run, way, found.stay, at)
    payer = payer_of(site, way, found.card, found.stay)
    asked = Asked(
        kind=kind,
        lane=run.id,
        way=way,
        at=read.at,
        now=at,
        rules=rules,
        score=read.score,
        least_score=run.least_score,
        replayed=read.retained or read.burst,
        car=run.armed,
        emergency=site.emergency,
        vehicle=_class_of(rules, kind, read),
        zone=run.zone,
        tracked=tracks(site),
        rule=found.rule,
        card=found.card,
        near=near or found.near,
        wallet_open=payer is None or payer.wallet.closed_at is None,
        wallet_frozen=payer is not None and is_frozen(payer.wallet, at),
        stay=found.stay,
        due_minor=due,
        payable=payer is not None and payer.available_minor >= due,
        invitation=found.invitation,
        reservation=found.reservation,
        owed_minor=owed_by(site, digest),
        listed=listed if listed is None else beside(site, listed, digest),
    )
    if found.card is not None:
        asked = _with_right(site, asked, found.card, digest)
    return _with_places(site, run, asked)


def _class_of(rules: ParkingRules, kind: CredentialKind, read: PlateRead) -> VehicleClass:
    """Return the class of a car by its plate, which is nowhere to be seen after this."""
    if kind is not CredentialKind.PLATE:
        return VehicleClass.CAR
    if parks_free(rules, read.plate):
        return VehicleClass.EMERGENCY
    return plate_class(read.plate, read.colour, read.region, read.vehicle)


def payer_of(site: Site, way: Way, card: Card | None, stay: Stay | None) -> WalletRun | None:
    """Return whose money pays: the stay's own wallet on the way out, else the card's.

    A card that is handed to another customer while its car is inside has begun this stay for the one
    before.
    """
    if way is Way.EXIT and stay is not None and stay.wallet is not None:
        return site.wallets.get(stay.wallet)
    return site.wallets.get(card.wallet) if card is not None else None


def _due(site: Site, run: LaneRun, way: Way, stay: Stay | None, at: datetime) -> int:
    """Return what has to be paid now: the lane's price of a passage, or what the stay costs."""
    if way is Way.ENTRY or stay is None:
        return run.fee_minor
    if has_lane_price(stay):  # It may have paid this way out, and turned back.
        return max(0, run.fee_minor - stay.paid_minor)
    return cost_of_stay(site, stay, at).due_minor


def has_lane_price(stay: Stay) -> bool:
    """Tell whether a card pays for its passages and not for its time: no tariff was there for it."""
    return stay.kind is StayKind.CARD and stay.tariff is None


def _with_right(site: Site, asked: Asked, card: Card, digest: bytes) -> Asked:
    """Add what was bought for a card: its space, its permit, and whether that is paid."""
    permit = best_permit(site, card.id, asked.zone, asked.now)
    space = _space(site, card)
    if permit is not None and permit.space is not None and not _is_owned(space):
        space = site.parking.spaces.get(permit.space)
    paid = permit is not None and not is_unpaid(site, permit.bill, permit.wallet)
    owed = space is not None and _is_owned(space) and space_unpaid(site, space)
    others = (one for one in stays_of_card(site, card.id) if is_other(one, digest, asked.now))
    return replace(
        asked,
        permit=permit,
        in_window=permit is None or in_hours(site, permit, asked.now),
        space=space,
        unpaid=not paid and (owed or (permit is not None and not _is_owned(space))),
        lapsed=None if permit is not None else _lapsed(site, asked, card, space),
        inside=sum(one.kind is not StayKind.TEMPORARY for one in others),
    )


def _space(site: Site, card: Card) -> Space | None:
    space = site.parking.spaces.get(SpaceId(card.space)) if card.space else None
    return space if space is not None and space.closed_at is None else None


def _is_owned(space: Space | None) -> bool:
    return space is not None and space.tenure is Tenure.OWNED


def _lapsed(site: Site, asked: Asked, card: Card, space: Space | None) -> Reason | None:
    """Say why none of a card's permits holds: over, of later, or for another zone."""
    day = asked.now.astimezone(site.zone).date()
    permits = permits_of(site, card.id)
    if any(one.covers(day) for one in permits):
        return Reason.OTHER_LANE
    if any(one.first <= day for one in permits):
        return Reason.EXPIRED
    if permits:
        return Reason.NOT_YET_VALID
    rented = space is not None and space.tenure is Tenure.RENTED
    return Reason.EXPIRED if rented else None


def _with_places(site: Site, run: LaneRun, asked: Asked) -> Asked:
    """Add what a temporary would find, for whoever could become one: it is counted over all spaces."""
    if right_of(asked) is not None and not asked.inside:
        return asked
    tariff = tariff_of(site, zone=run.zone, vehicle=asked.vehicle, at=asked.now)
    counts = asked.way is Way.ENTRY and asked.rules.temporaries
    return replace(
        asked,
        tariff=tariff[0] if tariff is not None else "",
        places=surely_free(site, run.zone) if counts else None,
    )
