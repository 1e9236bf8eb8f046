"""A stay at its two lanes: begun on the way in, ended on the way out, taken back where no car passed.

What a lane decides becomes records here; they are written in the one commit before the pulse. What
the loops tell later changes the same stay again.
"""

from dataclasses import dataclass, replace
from datetime import datetime
import logging
from typing import Final

from ..core.admission import Asked, Decision
from ..core.errors import CoreError, StoreError
from ..core.identity import SYSTEM, CardId, StayId, WalletId
from ..core.lane import Grant
from ..core.lane_list import card_at_lane
from ..core.ledger import Record
from ..core.permit import Permit
from ..core.reentry import goes_on, gone_on
from ..core.stay import Stay, StayKind, StayState
from ..core.vehicle import RuleKind
from ..core.visiting import Invitation
from .lane_facts import StayEvent, StayFact
from .lane_run import LaneRun, Shown
from .parking_rules import rules_now
from .permits import keep_permit
from .plates import FIELD
from .site import Site
from .stay_book import alone, hold, numbered, put
from .stay_charging import owe_stay
from .stay_cost import cost_of_stay, tariff_of
from .visits import visits

_LOGGER: Final = logging.getLogger(__name__)

BY_PERMIT: Final = frozenset({StayKind.PACKAGE, StayKind.RENTER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A stay that begins, and everything that is written down with it."""

    stay: Stay
    others: tuple[Record, ...] = ()
    earlier: Stay | None = None

    @property
    def records(self) -> tuple[Record, ...]:
        """What is written down."""
        return (self.stay, *self.others, *([self.earlier] if self.earlier is not None else []))


async def begin(
    site: Site, run: LaneRun, asked: Asked, decision: Decision, vehicle: Shown
) -> Begun:
    """Draw up the stay of a vehicle that is let in, with the visit it takes.

    It has not come in: a hub may die before the pulse, and a barrier may not answer. It is inside when
    the barrier has answered, or when loops felt it pass. A stay of the same vehicle that never ended is
    closed at nothing: nobody is billed for a guess.
    Who comes back within the re-entry time goes on with the stay before.
    """
    now = site.clock()
    earlier = await _ended_by(site, asked, now)
    before = await _before(site, asked, decision, vehicle, now)
    if before is not None:
        again = await numbered(site, gone_on(before, now, run.id, StayState.ARRIVING))
        again, seal = _sealed(site, again, vehicle)
        return Begun(stay=again, others=seal, earlier=earlier)
    kind = decision.kind or StayKind.TEMPORARY
    guessed = asked.near
    card = None if guessed else asked.card
    permit = asked.permit if kind in BY_PERMIT and not guessed else None
    invitation = asked.invitation if kind is StayKind.VISITOR else None
    tariff = tariff_of(site, zone=run.zone, vehicle=asked.vehicle, space=asked.space)
    number = await site.books.next_number("stay")
    stay = Stay(
        id=StayId(f"st{number}"),
        no=number,
        kind=kind,
        state=StayState.ARRIVING,
        entered_at=now,
        entry_lane=run.id,
        plate=vehicle.plate,
        masked=vehicle.masked,
        colour=vehicle.read.colour,
        region=vehicle.read.region,
        vehicle=asked.vehicle,
        ticket=vehicle.ticket,
        card=card.id if card is not None else _listed_card(asked),
        permit=permit.id if permit is not None else None,
        wallet=card.wallet if card is not None else _host_wallet(site, invitation),
        invitation=invitation.id if invitation is not None else None,
        zone=run.zone,
        tariff=tariff[0] if tariff is not None else None,
        version=tariff[1] if tariff is not None else 0,
        granted_at=now,
    )
    stay, seal = _sealed(site, stay, vehicle)
    others = (*visits(site, stay, -1), *seal)
    return Begun(stay=await numbered(site, stay), others=others, earlier=earlier)


def take_over(site: Site, *records: Record) -> None:
    """Take over what was written down with a stay."""
    for one in records:
        match one:
            case Stay():
                hold(site, one)
            case Permit():
                keep_permit(site, one)
            case Invitation():
                site.parking.invitations[one.id] = one


async def leaving(site: Site, run: LaneRun, stay: Stay) -> Stay:
    """Draw up a stay whose way out is opened."""
    return await numbered(site, left(site, run, stay))


def left(site: Site, run: LaneRun, stay: Stay) -> Stay:
    """Return a stay as it is once its way out is to be opened.

    It has not left: a hub may die before the pulse, and a barrier may not answer. Whoever stands there
    still has paid, and must be let out at the next look.
    """
    return replace(
        stay, state=StayState.LEAVING, exit_lane=run.id, granted_at=site.clock(), left_at=None
    )


async def passed(site: Site, run: LaneRun, grant: Grant) -> None:
    """Let a stay say that its car has passed: it is in, or it is gone."""
    if grant.stay is None:
        return
    async with alone(site, grant.stay):
        stay = site.parking.stays.get(grant.stay)
        if stay is None:
            return
        if stay.state is StayState.ARRIVING:
            stay = await keep_stay(site, replace(stay, state=StayState.INSIDE))
            tell_stay(site, run, stay, StayEvent.ARRIVED)
        elif stay.state is StayState.LEAVING and grant.owes:
            stay = await _owed(site, stay, "released")
        elif stay.state is StayState.LEAVING:
            gone = replace(stay, state=StayState.LEFT, left_at=site.clock())
            tell_stay(site, run, await keep_stay(site, gone), StayEvent.DEPARTED)
    await use_up(site, stay)


async def owe_now(site: Site, run: LaneRun, stay: StayId, reason: str) -> Stay | None:
    """Let a stay end that forced its way out: what it had to pay it owes."""
    async with alone(site, stay):
        known = site.parking.stays.get(stay)
        if known is None or known.state is StayState.UNPAID:
            return None
        gone = replace(left(site, run, known), state=StayState.LEFT, left_at=site.clock())
        return await _owed(site, gone, reason)


async def _owed(site: Site, stay: Stay, reason: str) -> Stay:
    cost = cost_of_stay(site, stay, stay.granted_at or site.clock())
    try:
        return await owe_stay(site, stay, cost, actor=SYSTEM, reason=reason)
    except StoreError as err:
        site.books_trouble(err.key, err.detail)
        return stay


async def use_up(site: Site, stay: Stay) -> None:
    """End a rule that let this vehicle park free once: it has."""
    if stay.state is not StayState.LEFT and stay.kind is not StayKind.FREE:
        return
    used = [
        replace(rule, ended_at=site.clock())
        for rule in site.parking.vehicle_rules.values()
        if rule.once and rule.kind is RuleKind.FREE and stay.plate and rule.digest == stay.plate
    ]
    if used:
        await _record(site, *used)
        for rule in used:
            site.parking.vehicle_rules.pop(rule.id, None)


def tell_stay(site: Site, run: LaneRun | None, stay: Stay, event: StayEvent) -> None:
    """Say what became of a stay."""
    site.tell(
        StayFact(
            event=event,
            stay=stay.id,
            at=site.clock(),
            kind=stay.kind,
            lane=run.id if run is not None else None,
            masked=stay.masked,
            card=stay.card,
            wallet=stay.wallet,
            amount_minor=stay.amount_minor if event is StayEvent.DEPARTED else None,
        )
    )


async def _ended_by(site: Site, asked: Asked, now: datetime) -> Stay | None:
    """Return how the stay ends that this vehicle was still in as far as anybody knew."""
    stay = asked.stay
    if stay is None or asked.near:
        return None
    match stay.state:
        case StayState.ARRIVING:  # Nobody saw it pass, and here it stands again.
            ended = replace(stay, state=StayState.BACKED_OUT)
        case StayState.LEAVING:  # It was let out, and it must have passed.
            ended = replace(stay, state=StayState.LEFT, left_at=stay.granted_at or now)
        case StayState.INSIDE:
            ended = replace(stay, state=StayState.CLOSED, left_at=now, note="second_entry")
        case _:
            return None
    return await numbered(site, ended)


async def _before(
    site: Site, asked: Asked, decision: Decision, vehicle: Shown, now: datetime
) -> Stay | None:
    """Return the stay that a vehicle goes on with where it comes back soon."""
    minutes = rules_now(site).reentry_minutes
    if not minutes or not vehicle.plate or asked.near or asked.stay is not None:
        return None
    known = await site.books.load(Stay, plate=vehicle.plate, state=StayState.LEFT.value)
    again = [one for one in known if goes_on(one, now, minutes) and one.kind is decision.kind]
    return max(again, key=lambda one: one.no, default=None)


def _sealed(site: Site, stay: Stay, vehicle: Shown) -> tuple[Stay, tuple[Record, ...]]:
    """Return a stay that no card knows with its whole plate, encrypted: who owes must be found again."""
    if not vehicle.plate or stay.card is not None or stay.subject:
        return stay, ()
    subject, records = site.privacy.sealed({FIELD: vehicle.read.plate})
    return replace(stay, subject=subject), records


def _listed_card(asked: Asked) -> CardId | None:
    """Return the card of an office at another hub, as this hub's books call it."""
    listed = asked.listed
    if listed is None or asked.near or asked.card is not None:
        return None
    return card_at_lane(listed.entry)


def _host_wallet(site: Site, invitation: Invitation | None) -> WalletId | None:
    if invitation is None or not invitation.host_pays or invitation.host is None:
        return None
    host = site.cards.get(invitation.host)
    return host.wallet if host is not None else None


async def keep_stay(site: Site, stay: Stay) -> Stay:
    """Take over what the loops told, also where it cannot be written: the car is where it is."""
    try:
        return await put(site, stay, patient=True)
    except (StoreError, CoreError) as err:
        _LOGGER.debug("A stay is behind in the books: %s", err)
        if isinstance(err, StoreError):
            site.books_trouble(err.key, err.detail)
        hold(site, stay)
        return stay


async def _record(site: Site, *records: Record) -> None:
    try:
        await site.books.record(*records)
    except StoreError as err:
        site.books_trouble(err.key, err.detail)
