"""The stays in memory: numbered by their changes, found by plate, ticket and card.

Whoever changes a stay does it in this order: wait for its turn (`alone`), number the change
(`numbered`), write it down (in an act, or by `put`), then take it over (`hold`). What could not be
written has not happened.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

from ..core.asked import Way
from ..core.errors import CoreError
from ..core.identity import CardId, StayId
from ..core.stay import Stay, StayKind, StayState
from .lane_run import LEADS_OUT, LaneRun
from .saying import said
from .site import Site

RECALL: Final = "recall_stay"


async def numbered(site: Site, stay: Stay) -> Stay:
    """Return a stay as it is written down: with the number of this change."""
    return replace(stay, changed=await site.books.next_number("stay_change"))


def hold(site: Site, *stays: Stay) -> None:
    """Take over stays as they were written down; what is over is only in the books from now on."""
    parking = site.parking
    parking.held += len(stays)
    for stay in stays:
        _forget(site, stay.id)
        if stay.state.over:
            continue
        parking.stays[stay.id] = stay
        for digest in _digests(stay):
            parking.found.setdefault(digest, {})[stay.id] = None
        if stay.card is not None:
            parking.of_cards.setdefault(stay.card, {})[stay.id] = None
        if stay.kind is StayKind.FREE:
            parking.free[stay.id] = None


async def put(site: Site, stay: Stay, *, patient: bool = False) -> Stay:
    """Write a change down that moves no money, and take it over."""
    written = await numbered(site, stay)
    await site.books.record(written, patient=patient)
    site.books_written()
    hold(site, written)
    return written


@asynccontextmanager
async def alone(site: Site, key: str | bytes) -> AsyncIterator[None]:
    """Keep others from the same stay (its id), plate (its blind index) or card (its id) meanwhile.

    Cars that have nothing to do with each other never wait for one another. What nobody heard the end
    of is read again first.
    """
    turn = site.parking.turns.setdefault(key, asyncio.Lock())
    async with turn:
        if key in site.parking.unheard:
            await _read_again(site, StayId(str(key)))
        yield


async def recall(site: Site, stay: StayId) -> None:
    """Read a stay again of which nobody heard what became of a write; nobody waits for it."""
    with said(site, RECALL, stay):
        async with alone(site, stay):
            pass


def stay_of(site: Site, stay: str) -> Stay:
    """Return an open stay by its id, or refuse in words."""
    known = site.parking.stays.get(StayId(stay))
    if known is None:
        raise CoreError("unknown_stay", stay=stay)
    return known


def stays_at(site: Site, digest: bytes) -> list[Stay]:
    """Return what is kept of a vehicle, by its plate's or its ticket's blind index."""
    return [site.parking.stays[stay] for stay in site.parking.found.get(digest, ())]


def open_stay(site: Site, digest: bytes) -> Stay | None:
    """Return the stay a vehicle is in now: the latest, where it came in twice."""
    return latest(stays_at(site, digest))


def latest(stays: Iterable[Stay]) -> Stay | None:
    """Return the latest of these stays that has not ended."""
    return max(
        (one for one in stays if one.state is not StayState.UNPAID),
        key=lambda one: (one.entered_at, one.no),
        default=None,
    )


def stays_of_card(site: Site, card: CardId) -> list[Stay]:
    """Return the stays of a card's vehicles that have not ended."""
    kept = (site.parking.stays[stay] for stay in site.parking.of_cards.get(card, ()))
    return [one for one in kept if one.state is not StayState.UNPAID]


def free_stays(site: Site) -> list[Stay]:
    """Return the stays of those who park free, who are few."""
    kept = (site.parking.stays.get(stay) for stay in site.parking.free)
    return [one for one in kept if one is not None]


def tracks(site: Site) -> bool:
    """Tell whether the site sees who leaves: without that no stay would ever end."""
    return any(lane.leads_out for lane in site.lanes.values())


def way_of(site: Site, run: LaneRun, digest: bytes) -> Way:
    """Return which way a vehicle goes: through a lane for both, out where it is inside."""
    if run.direction not in LEADS_OUT:
        return Way.ENTRY
    if run.direction == Way.EXIT:
        return Way.EXIT
    stay = open_stay(site, digest)
    return Way.ENTRY if stay is None or _waits_here(site, run, stay) else Way.EXIT


def _waits_here(site: Site, run: LaneRun, stay: Stay) -> bool:
    """Tell whether a car may stand before this very lane still: nobody saw yet that it came in."""
    arriving = stay.state is StayState.ARRIVING and stay.entry_lane == run.id
    return arriving and not stay.is_lost(site.clock())


async def _read_again(site: Site, stay: StayId) -> None:
    """Take over what the books have, unless memory is further on: what is patient is written later."""
    known = site.parking.stays.get(stay)
    for written in await site.books.load(Stay, id=stay):
        if known is None or written.changed > known.changed:
            hold(site, written)
    site.parking.unheard.discard(stay)


def _digests(stay: Stay) -> list[bytes]:
    return [digest for digest in (stay.plate, stay.ticket) if digest]


def _forget(site: Site, stay: StayId) -> None:
    parking = site.parking
    known = parking.stays.pop(stay, None)
    if known is None:
        return
    for digest in _digests(known):
        parking.found.get(digest, {}).pop(stay, None)
        if not parking.found.get(digest):
            parking.found.pop(digest, None)
    if known.card is not None:
        parking.of_cards.get(known.card, {}).pop(stay, None)
        if not parking.of_cards.get(known.card):
            parking.of_cards.pop(known.card, None)
    parking.free.pop(stay, None)
