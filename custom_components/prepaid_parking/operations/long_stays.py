"""Stays that are longer than anybody believes: a car that nobody saw leave looks like one that stands there."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from ..core.review import Suspicion
from ..core.stay import Stay, StayKind, StayState
from .lane_facts import StayEvent, StayFact
from .parking_rules import rules_now
from .reviews import open_review
from .site import Site
from .stay_book import alone, put

MAY_STAND: Final = frozenset({StayKind.OWNER, StayKind.RENTER, StayKind.PACKAGE})
"""Whose car may stand for weeks: the space, or the right to stand, is paid for."""
MOST_AT_ONCE: Final = 20
"""Long stays taken up in one go: after a week without the hub there may be hundreds."""


async def watch_long_stays(site: Site, now: datetime) -> None:
    """Find stays that are longer than the rules believe, and say so once: a person goes and looks."""
    if not site.clock_ok:
        return
    limit = timedelta(hours=rules_now(site).long_stay_hours)
    long = [one for one in site.parking.stays.values() if _is_long(one, now - limit)]
    for stay in long[:MOST_AT_ONCE]:
        await open_review(site, Suspicion.LONG_STAY, stays=(stay.id,))
        async with alone(site, stay.id):
            known = site.parking.stays.get(stay.id)
            if known is None or not _is_long(known, now - limit):
                continue
            await put(site, replace(known, overstayed=True))
        site.tell(
            StayFact(
                event=StayEvent.OVERDUE,
                stay=stay.id,
                at=now,
                kind=stay.kind,
                lane=stay.entry_lane,
                masked=stay.masked,
                card=stay.card,
                wallet=stay.wallet,
            )
        )


def _is_long(stay: Stay, before: datetime) -> bool:
    lost = stay.state is StayState.ARRIVING  # The hub stopped before anybody saw it pass.
    long = lost or (stay.state.inside and stay.kind not in MAY_STAND)
    return long and not stay.overstayed and stay.entered_at <= before
