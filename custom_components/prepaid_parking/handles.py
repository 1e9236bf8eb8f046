"""What a site shows, from its configuration and its books, before anything is made of it."""

from collections.abc import Iterator
from typing import NamedTuple

from . import const
from .const import CONF_KIND, CONF_LANE, CONF_METER, CONF_RELAY, RELAY_NONE
from .coordinator import PARK, PrepaidConfigEntry
from .park_things import LaneThing, ParkThing, SpaceThing
from .things import LineThing, MeterThing, SiteThing, Thing, WalletThing


class Handle(NamedTuple):
    """A thing before anybody has asked for it: cheap enough to make for each of 20,000."""

    key: str
    id: str
    kind: type[Thing]
    title: str = ""
    subentry: str | None = None
    switched: bool = False


def handles(entry: PrepaidConfigEntry) -> Iterator[Handle]:
    """Return everything of a site that is shown, in the order of its configuration."""
    data = entry.runtime_data
    site = data.site
    yield Handle("site", "site", SiteThing, entry.title)
    for here, subentry in entry.subentries.items():
        match subentry.subentry_type:
            case const.SUBENTRY_LINE if here in data.lines:
                yield Handle(f"line:{here}", here, LineThing, subentry.title, here)
            case const.SUBENTRY_METER if (meter := subentry.data.get(CONF_METER)) in site.meters:
                kind = subentry.data.get(CONF_RELAY, {}).get(CONF_KIND, RELAY_NONE)
                switched = kind != RELAY_NONE
                yield Handle(f"meter:{meter}", meter, MeterThing, subentry.title, here, switched)
            case const.SUBENTRY_LANE if (lane := subentry.data.get(CONF_LANE)) in site.lanes:
                yield Handle(f"lane:{lane}", lane, LaneThing, subentry.title, here)
    if site.lanes or site.parking.spaces or site.parking.hubs:
        yield Handle(PARK, PARK, ParkThing, entry.title)
    for space in site.parking.spaces.values():
        if space.exposed and space.closed_at is None:
            yield Handle(f"space:{space.id}", space.id, SpaceThing, space.name)
    for wallet, run in site.wallets.items():
        if run.wallet.exposed and run.wallet.closed_at is None:
            yield Handle(f"wallet:{wallet}", wallet, WalletThing)


def make(entry: PrepaidConfigEntry, via: str, handle: Handle) -> Thing:
    """Return the thing that a handle stands for."""
    if handle.kind is MeterThing:
        return MeterThing(
            entry=entry,
            via=via,
            id=handle.id,
            subentry=handle.subentry,
            title=handle.title,
            switched=handle.switched,
        )
    return handle.kind(
        entry=entry, via=via, id=handle.id, subentry=handle.subentry, title=handle.title
    )
