"""What the car park's calendar has: permits that end, visitors who are expected, places that are kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from ..core.local_day import DAY, day_start
from ..core.permit import Permit
from .site import Site


class Occasion(StrEnum):
    """What is in the calendar; the values are keys of words."""

    PERMIT_ENDS = "permit_ends"
    PERMIT_RENEWS = "permit_renews"
    VISITOR = "visitor"
    RESERVED = "reserved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Date:
    """One item: what it is, when, and what is said of it. `whole` is a local day, and the end the next one's start."""

    id: str
    what: Occasion
    start: datetime
    end: datetime
    name: str
    detail: str = ""
    whole: bool = False


def dates(site: Site, since: datetime, until: datetime) -> list[Date]:
    """Return what lies in a time, in the order of its start."""
    found = [*_permits(site, since, until), *_visitors(site), *_reserved(site)]
    fitting = (one for one in found if one.start < until and since < one.end)
    return sorted(fitting, key=lambda one: (one.start, one.id))


def _permits(site: Site, since: datetime, until: datetime) -> Iterator[Date]:
    """Return the last days of permits that nothing has followed yet."""
    first, last = (at.astimezone(site.zone).date() for at in (since, until))
    for permit in site.parking.permits.values():
        end = permit.last
        if permit.renewed is None and permit.ended_on is None and first <= end <= last:
            yield Date(
                id=permit.id,
                what=Occasion.PERMIT_RENEWS if permit.renews else Occasion.PERMIT_ENDS,
                start=_local(day_start(end, site.zone), site.zone),
                end=_local(day_start(end + DAY, site.zone), site.zone),
                name=_name(site, permit),
                detail=permit.card,
                whole=True,
            )


def _visitors(site: Site) -> Iterator[Date]:
    for one in site.parking.invitations.values():
        if one.left != 0:
            yield Date(
                id=one.id,
                what=Occasion.VISITOR,
                start=_local(one.from_at, site.zone),
                end=_local(one.to_at, site.zone),
                name=one.masked or one.id,
                detail=one.host or "",
            )


def _reserved(site: Site) -> Iterator[Date]:
    for one in site.parking.reservations.values():
        space = site.parking.spaces.get(one.space) if one.space is not None else None
        yield Date(
            id=one.id,
            what=Occasion.RESERVED,
            start=_local(one.from_at, site.zone),
            end=_local(one.to_at, site.zone),
            name=space.name if space is not None else one.zone or one.id,
            detail=one.masked or one.card or "",
        )


def _name(site: Site, permit: Permit) -> str:
    """Return the unit whose permit it is, and what it is for."""
    run = site.wallets.get(permit.wallet)
    space = site.parking.spaces.get(permit.space) if permit.space is not None else None
    versions = site.parking.packages.get(permit.package, []) if permit.package is not None else []
    parts = (
        run.wallet.unit if run is not None else "",
        versions[-1].name if versions else "",
        space.name if space is not None else "",
    )
    return ", ".join(part for part in parts if part)


def _local(at: datetime, zone: tzinfo) -> datetime:
    return at.astimezone(zone)
