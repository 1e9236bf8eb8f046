"""The list for lanes that another hub runs: all that cards, rules and invitations give, in one go."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time

from ..core.answers import Reason, Verdict
from ..core.identity import LaneId, SpaceId
from ..core.lane_list import HeldList, LaneList, ListEntry
from ..core.lane_list_text import (
    Head,
    entries_text,
    head_text,
    read_entries,
    shared_out,
    sum_of,
)
from ..core.lane_rules import STAY_BY
from ..core.parking_rules import ParkingRules, Unpaid
from ..core.permit import Permit, PermitKind
from ..core.space import Space, Tenure
from ..core.stay import StayKind
from ..core.vehicle import RuleKind, VehicleRule
from ..core.visiting import Invitation
from ..core.wallet import Card, CardState, Credential, CredentialKind, Purpose
from .gently import gently
from .parking_rules import rules_now
from .permits import is_unpaid, permits_of
from .site import Site
from .space_billing import space_unpaid

BY_BILL = {Unpaid.ADMIT: Verdict.ADMIT, Unpaid.ASK: Verdict.ASK, Unpaid.REFUSE: Verdict.REFUSE}


async def make_lane_list(site: Site) -> LaneList:
    """Make the list as everything stands now; of many thousand cards in steps that hold up nobody."""
    made_at, rules = site.clock(), rules_now(site)
    entries = [_ruled(one) for one in site.parking.vehicle_rules.values() if one.holds(made_at)]
    entries += [_invited(site, one) for one in site.parking.invitations.values() if one.left != 0]
    async for credential in gently(list(site.credentials.values())):
        card = site.cards.get(credential.card)
        if card is not None and _is_for_parking(site, card):
            entries += _of_card(site, rules, card, credential, made_at)
    number = await site.books.next_number("lane_list")
    keys = {kind.value: site.privacy.index_key(kind) for kind in CredentialKind}
    return LaneList(number=number, made_at=made_at, keys=keys, entries=tuple(entries))


async def write_lane_list(made: LaneList) -> tuple[str, list[str]]:
    """Write a list: its head, and its parts."""
    parts = [entries_text(part) async for part in gently(shared_out(made))]
    return head_text(made, [sum_of(part) for part in parts]), parts


async def read_lane_list(head: Head, parts: Sequence[str]) -> HeldList:
    """Read a list that is whole, as lanes go by it."""
    held = HeldList(number=head.number, made_at=head.made_at, keys=head.keys)
    async for part in gently(parts):
        held.add(read_entries(part))
    return held


def _is_for_parking(site: Site, card: Card) -> bool:
    payer = site.wallets.get(card.wallet)
    return payer is not None and payer.wallet.purpose is Purpose.PARKING


def _ruled(rule: VehicleRule) -> ListEntry:
    blocked = rule.kind is RuleKind.BLOCKED
    return ListEntry(
        digest=rule.digest,
        kind=CredentialKind.PLATE,
        right=StayKind.TEMPORARY if blocked else StayKind.FREE,
        masked=rule.masked,
        to_at=rule.until,
        refusal=Reason.BLOCKED if blocked else None,
    )


def _invited(site: Site, one: Invitation) -> ListEntry:
    return ListEntry(
        digest=one.digest,
        kind=CredentialKind.PLATE if one.masked else CredentialKind.CODE,
        right=StayKind.VISITOR,
        masked=one.masked,
        from_at=one.from_at,
        to_at=one.to_at,
        lanes=_names(site, one.lanes),
    )


def _of_card(
    site: Site, rules: ParkingRules, card: Card, credential: Credential, now: datetime
) -> Iterator[ListEntry]:
    """Return a card's rights for one of its credentials, each with its own time."""
    refusal = _refusal(site, card)
    if refusal is not None:
        yield _entry(site, card, credential, StayKind.CARD, refusal=refusal)
        return
    space = _space(site, card)
    owned = space is not None and space.tenure is Tenure.OWNED
    permits = [one for one in permits_of(site, card.id) if one.left != 0]
    holds = False
    for permit in sorted(permits, key=_first_rentals):
        begin, end = _time(site, card, permit)
        if end is not None and end <= max(now, begin):
            continue
        holds = True
        unpaid = is_unpaid(site, permit.bill, permit.wallet) and not owned
        yield _entry(
            site,
            card,
            credential,
            STAY_BY[permit.kind],
            from_at=begin,
            to_at=end,
            permit=permit,
            at_once=_most(card, permit, space),
            unpaid=BY_BILL[rules.rented] if unpaid else Verdict.ADMIT,
            remind=unpaid,
        )
    if owned and space is not None:
        unpaid = space_unpaid(site, space)
        yield _entry(
            site,
            card,
            credential,
            StayKind.OWNER,
            from_at=card.valid_from,
            to_at=card.valid_until,
            at_once=_most(card, None, space),
            unpaid=BY_BILL[rules.owned] if unpaid else Verdict.ADMIT,
            remind=unpaid,
        )
    elif not permits:
        rented = space is not None and space.tenure is Tenure.RENTED
        refused = Reason.EXPIRED if rented and not rules.temporaries else None
        yield _entry(
            site,
            card,
            credential,
            StayKind.CARD,
            from_at=card.valid_from,
            to_at=card.valid_until,
            at_once=card.at_once,
            refusal=refused,
        )
    elif not holds:
        ended = max(_time(site, card, one)[1] or now for one in permits)
        yield _entry(site, card, credential, StayKind.PACKAGE, to_at=min(ended, now))


def _first_rentals(permit: Permit) -> tuple[bool, int]:
    return permit.kind is not PermitKind.RENTAL, permit.no


def _refusal(site: Site, card: Card) -> Reason | None:
    """Return why a card opens nothing, whatever was bought with it."""
    if card.state is not CardState.ACTIVE:
        return Reason.CARD_BLOCKED
    closed = site.wallets[card.wallet].wallet.closed_at is not None
    return Reason.WALLET_CLOSED if closed else None


def _space(site: Site, card: Card) -> Space | None:
    space = site.parking.spaces.get(SpaceId(card.space)) if card.space else None
    return space if space is not None and space.closed_at is None else None


def _time(site: Site, card: Card, permit: Permit) -> tuple[datetime, datetime | None]:
    """Return from when to when a permit holds by its days, and its card at all."""
    begin, end = _midnight(site, permit.first), _midnight(site, permit.after)
    if card.valid_from is not None:
        begin = max(begin, card.valid_from)
    return begin, end if card.valid_until is None else min(end, card.valid_until)


def _midnight(site: Site, day: date) -> datetime:
    return datetime.combine(day, time(), site.zone).astimezone(site.clock().tzinfo)


def _most(card: Card, permit: Permit | None, space: Space | None) -> int:
    """Return how many of a card's cars may be inside, as at a lane of this hub."""
    if card.at_once is not None:
        return card.at_once
    rights = permit.rights.at_once if permit is not None else 1
    return max(rights, space.capacity if space is not None else 1)


def _names(site: Site, lanes: tuple[str, ...]) -> tuple[str, ...]:
    """Return lanes as the other hub can know them: by name; one that is gone keeps its id."""
    known = ((one, site.lanes.get(LaneId(one))) for one in lanes)
    return tuple(run.name if run is not None else one for one, run in known)


def _entry(
    site: Site,
    card: Card,
    credential: Credential,
    right: StayKind,
    *,
    from_at: datetime | None = None,
    to_at: datetime | None = None,
    permit: Permit | None = None,
    at_once: int | None = None,
    unpaid: Verdict = Verdict.ADMIT,
    remind: bool = False,
    refusal: Reason | None = None,
) -> ListEntry:
    return ListEntry(
        digest=credential.digest,
        kind=credential.kind,
        right=right,
        card=card.id,
        masked=credential.masked,
        from_at=from_at,
        to_at=to_at,
        windows=permit.rights.windows if permit is not None else (),
        calendar=permit.rights.calendar if permit is not None else "",
        zones=permit.rights.zones if permit is not None else (),
        lanes=_names(site, card.lanes),
        at_once=at_once,
        unpaid=unpaid,
        remind=remind,
        refusal=refusal,
    )
