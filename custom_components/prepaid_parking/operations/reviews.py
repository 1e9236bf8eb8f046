"""Reviews: what cannot be right about a stay is shown to a person, once, with what the lanes saw."""

from collections.abc import Sequence
import contextlib
from dataclasses import replace
from datetime import timedelta
from typing import Final

from ..core.errors import CoreError, StoreError
from ..core.identity import ReviewId, StayId
from ..core.ledger import Record
from ..core.review import Review, Seen, Suspicion
from ..core.stay import Stay
from .booking import keep
from .lane_facts import ReviewOpened
from .pictures import keep_picture
from .site import Site
from .stay_book import alone, put

SAME_CAR: Final = timedelta(minutes=1)
"""Within this, what happens at a lane without a plate is taken to be about the same car."""


async def open_review(
    site: Site,
    why: Suspicion,
    *,
    stays: Sequence[StayId] = (),
    reads: Sequence[Seen] = (),
    sealed: Sequence[Record] = (),
) -> Review:
    """Ask a person to look at stays, with the reads that do not fit; the same question is asked once.

    `sealed` are the plates of these reads, to be written down with it. Books that cannot be written do
    not lose the question: it stands until the next start.
    """
    if (asked := _asked(site, why, stays, reads)) is not None:
        if not sealed:
            site.spawn(drop_sealed(site, reads, (*stays, *asked.stays), asked.reads))
        return asked
    number = await site.books.next_number("review")
    if (asked := _asked(site, why, stays, reads)) is not None:
        if not sealed:
            site.spawn(drop_sealed(site, reads, (*stays, *asked.stays), asked.reads))
        return asked
    review = Review(
        id=ReviewId(f"rv{number}"),
        no=number,
        why=why,
        opened_at=site.clock(),
        stays=tuple(dict.fromkeys(stays)),
        reads=tuple(reads),
    )
    site.parking.reviews[review.id] = review  # Before it is written: others may ask the same.
    await keep(site, *sealed, review)
    for seen in review.reads:
        keep_picture(site, seen.lane, seen.picture)
    site.spawn(_mark(site, review))
    site.tell(ReviewOpened(review=review))
    return review


def known_review(site: Site, review: str) -> Review:
    """Return a review that waits for a person, or refuse in words."""
    known = site.parking.reviews.get(ReviewId(review.lower()))
    if known is None:
        raise CoreError("unknown_review", review=review)
    return known


async def drop_sealed(
    site: Site, reads: Sequence[Seen], stays: Sequence[StayId], kept: Sequence[Seen] = ()
) -> None:
    """Destroy the plates that were sealed for reads nobody has to look at any more.

    What a stay has sealed, or a read that is still shown, stays: they may be the same.
    """
    subjects = {one.subject for one in reads} - {one.subject for one in kept} - {""}
    if not subjects:
        return
    for stay in stays:
        subjects -= {one.subject for one in await site.books.load(Stay, id=stay)}
    for subject in subjects:
        with contextlib.suppress(StoreError):
            await site.privacy.forget_subject(subject)


def _asked(
    site: Site, why: Suspicion, stays: Sequence[StayId], reads: Sequence[Seen]
) -> Review | None:
    """Return the open review that asks the same: about one of these stays, or about the same car."""
    for one in site.parking.reviews.values():
        if one.why is not why:
            continue
        if stays or one.stays:
            if not set(stays).isdisjoint(one.stays):
                return one
        elif any(_same_car(new, known) for new in reads for known in one.reads):
            return one
    return None


def _same_car(new: Seen, known: Seen) -> bool:
    if new.masked and known.masked:
        return new.masked == known.masked
    return new.lane == known.lane and abs(new.at - known.at) <= SAME_CAR


async def _mark(site: Site, review: Review) -> None:
    """Let the stays name their review."""
    for stay in review.stays:
        async with alone(site, stay):
            known = site.parking.stays.get(stay)
            if known is not None and known.review is None:
                await put(site, replace(known, review=review.id))
