"""Pictures of what a person has to look at: named in the record, taken after it and after the pulse.

A name is given first and its picture comes later, or never: a camera that hangs, a full disk, a
setting that keeps none. A name that leads nowhere is no mistake, and nothing waits for one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ..core.identity import LaneId, StayId
from ..core.passage import Passage
from ..core.review import Review
from ..core.stay import Stay
from .lane_facts import PassageKind
from .lane_run import LaneRun
from .site import Site
from .wallet_run import WalletRun

PICTURED: Final = frozenset(
    {
        PassageKind.REFUSED,
        PassageKind.ASKED,
        PassageKind.RELEASED,
        PassageKind.NOT_CONFIRMED,
        PassageKind.FORCED,
        PassageKind.TAILGATED,
    }
)
"""What somebody may have to answer for; of a car that passes as it should nothing is kept."""


def name_picture(site: Site, run: LaneRun, known: str = "") -> str:
    """Return the name of the picture of what happens at a lane now.

    `known` is what came with the read: its picture, or where the camera's own system has it. That is
    all there is at a lane without a camera of the hub.
    """
    return site.parking.pictures.name(run.id, known)


def keep_picture(site: Site, lane: LaneId, name: str) -> None:
    """Keep a picture that was named, beside the work: what came with a read, else one taken now."""
    if name:
        site.spawn(site.parking.pictures.keep(lane, name))


async def forget_pictures(site: Site, now: datetime) -> None:
    """Delete the pictures that are older than the site keeps them."""
    await site.parking.pictures.forget(now)


async def erase_pictures(site: Site, runs: Sequence[WalletRun]) -> None:
    """Delete the pictures of a person's cars: of their cards' and their stays' passages and reviews."""
    wallets = {run.wallet.id for run in runs}
    cards = [one.id for one in site.cards.values() if one.wallet in wallets]
    stays = {stay.id for wallet in wallets for stay in await site.books.load(Stay, wallet=wallet)}
    passages = [one for card in cards for one in await site.books.load(Passage, card=card)]
    passages += [one for stay in stays for one in await site.books.load(Passage, stay=stay)]
    reviews = [one for one in await site.books.load(Review) if not stays.isdisjoint(one.stays)]
    seen = [read.picture for one in reviews for read in one.reads]
    await site.parking.pictures.erase({*seen, *(one.picture for one in passages)} - {""})


async def pictures_of(site: Site, stay: StayId) -> list[Passage]:
    """Return the passages of a stay whose pictures are there to be seen, the latest first."""
    passages = await site.books.load(Passage, stay=stay)
    return [one for one in reversed(passages) if site.parking.pictures.has(one.picture)]
