"""The daily close of a car park: what its lanes did and earned on a local day, equal to the ledger."""

from collections import defaultdict
from datetime import date, datetime, timedelta

from ..core.day_close import KINDS, DayLine, Place, add_entry, in_order, total_of
from ..core.identity import LaneId, WalletId
from ..core.local_day import DAY, day_start
from ..core.passage import Passage
from ..core.stay import Stay
from .facts import DayClosed
from .lane_facts import PassageKind
from .site import Site
from .walking import every_entry

OPENED = frozenset(
    {PassageKind.ADMITTED, PassageKind.EMERGENCY, PassageKind.FORCED, PassageKind.TAILGATED}
)
"""Passages in which a car went through, as far as anybody knows."""


async def close_day(site: Site, day: date) -> dict[str, object]:
    """Return a local day, by lane and tariff and in all: booked on that day, whenever it is asked for."""
    begin, end = day_start(day, site.zone), day_start(day + DAY, site.zone)
    last = end - timedelta.resolution
    lines: defaultdict[Place, DayLine] = defaultdict(DayLine)
    places: dict[str, Place] = {}
    for stay in await site.books.between(Stay, "left_at", begin, last):
        places[stay.id] = _place(site, stay)
        lines[places[stay.id]].stays += 1
    for passage in await site.books.between(Passage, "at", begin, last):
        if passage.kind in OPENED:
            place = await _place_of(site, places, passage.stay, _name(site, passage.lane))
            lines[_name(site, passage.lane), place[1]].passages += 1
    async for entry in every_entry(site, KINDS, since=begin, until=end):
        lane = _name(site, str(entry.detail.get("lane") or ""))
        place = await _place_of(site, places, str(entry.detail.get("stay") or ""), lane)
        payer = site.wallets.get(WalletId(str(entry.detail.get("wallet") or "")))
        add_entry(lines[place], entry, payer.wallet.no if payer is not None else None)
    return {
        "day": day.isoformat(),
        "currency": site.currency.code,
        "lines": [
            {"lane": lane, "tariff": tariff} | _line(site, line)
            for (lane, tariff), line in in_order(lines)
        ],
        "total": _line(site, total_of(lines.values())),
    }


async def close_yesterday(site: Site, now: datetime) -> None:
    """Tell what the day came to that has just ended: a chore, asked each minute.

    Told once, at the midnight that this run sees: a restart tells nothing again.
    """
    parking, today = site.parking, now.astimezone(site.zone).date()
    before, parking.day = parking.day, today
    if before is None or before >= today or not (site.lanes or parking.spaces):
        return
    site.tell(DayClosed(report=await close_day(site, today - DAY)))


async def _place_of(site: Site, places: dict[str, Place], stay: str, lane: str) -> Place:
    """Return the lane and tariff of a stay; money without one is the lane's that took it."""
    if not stay:
        return lane, ""
    if stay not in places:
        known = await site.books.load(Stay, id=stay)
        places[stay] = _place(site, known[0]) if known else (lane, "")
    return places[stay]


def _place(site: Site, stay: Stay) -> Place:
    lane = stay.exit_lane or stay.entry_lane or ""
    return _name(site, lane), str(stay.tariff or "")


def _name(site: Site, lane: str) -> str:
    run = site.lanes.get(LaneId(lane))
    return run.name if run is not None else lane


def _line(site: Site, line: DayLine) -> dict[str, object]:
    text = site.currency.text
    return {
        "passages": line.passages,
        "stays": line.stays,
        "charged": text(line.charged),
        "refunded": text(line.refunded),
        "held": text(line.held),
        "validated": text(line.validated),
        "owed": text(line.owed),
        "paid": {origin: text(paid) for origin, paid in sorted(line.paid.items()) if paid},
    }
