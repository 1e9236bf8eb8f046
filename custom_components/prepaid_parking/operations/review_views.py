"""Reviews as plain data: why, which stays, and what the lanes saw. Plates are masked."""

from collections.abc import Sequence
from typing import Any

from ..core.identity import LaneId, StayId
from ..core.review import Review, Seen
from ..core.stay import Stay
from .site import Site

type View = dict[str, Any]


async def review_view(site: Site, review: Review) -> View:
    """Describe a review with its stays and both reads."""
    stays = [await _stay(site, stay) for stay in review.stays]
    return {
        "review": review.id,
        "why": str(review.why),
        "opened_at": review.opened_at.isoformat(),
        "stays": [_stay_view(site, one) for one in stays if one is not None],
        "reads": [_seen_view(site, one) for one in review.reads],
        "verdict": str(review.verdict) if review.verdict is not None else None,
        "settled_at": review.settled_at.isoformat() if review.settled_at is not None else None,
        "settled_by": review.settled_by or None,
        "reason": review.note or None,
    }


def plates_of(site: Site, review: Review) -> Sequence[str]:
    """Return the plates a review is about, masked, each once."""
    stays = (site.parking.stays.get(stay) for stay in review.stays)
    plates = [one.masked for one in stays if one is not None]
    plates += [one.masked for one in review.reads]
    return [plate for plate in dict.fromkeys(plates) if plate]


def lane_name(site: Site, lane: LaneId | None) -> str:
    """Return what people call a lane; "" for none."""
    if lane is None:
        return ""
    run = site.lanes.get(lane)
    return run.name if run is not None else lane


async def _stay(site: Site, stay: StayId) -> Stay | None:
    if (known := site.parking.stays.get(stay)) is not None:
        return known
    found = await site.books.load(Stay, id=stay)
    return found[0] if found else None


def _stay_view(site: Site, stay: Stay) -> View:
    return {
        "stay": stay.id,
        "state": str(stay.state),
        "kind": str(stay.kind),
        "plate": stay.masked or None,
        "entered_at": stay.entered_at.isoformat(),
        "lane": lane_name(site, stay.entry_lane) or None,
        "left_at": stay.left_at.isoformat() if stay.left_at is not None else None,
        "paid": site.currency.text(stay.paid_minor - stay.refunded_minor),
    }


def _seen_view(site: Site, seen: Seen) -> View:
    return {
        "lane": seen.lane,
        "name": lane_name(site, seen.lane),
        "at": seen.at.isoformat(),
        "plate": seen.masked or None,
        "score": seen.score,
        "picture": seen.picture or None,
    }
