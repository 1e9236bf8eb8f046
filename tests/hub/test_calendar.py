"""The car park's calendar: what ends, who comes, what is kept, by the site's own clock."""

from datetime import UTC, date, datetime, timedelta
from time import process_time
from typing import Any

from homeassistant.helpers import entity_registry as er

from custom_components.prepaid_parking.core.identity import (
    CardId,
    ParkingPackageId,
    PermitId,
    WalletId,
)
from custom_components.prepaid_parking.core.permit import ParkingPackage, Permit, PermitKind
from custom_components.prepaid_parking.operations.visit_calendar import dates
from tests.hub.test_sensor import shows
from tests.journeys.conftest import Hub


async def events(hub: Hub, start: str, end: str) -> list[dict[str, Any]]:
    """Return what the calendar has in a time."""
    entity_id = er.async_get(hub.hass).async_get_entity_id(
        "calendar", "prepaid_parking", f"{hub.entry.unique_id}_park_renewals"
    )
    assert entity_id is not None
    answer = await hub.hass.services.async_call(
        "calendar",
        "get_events",
        {"entity_id": entity_id, "start_date_time": start, "end_date_time": end},
        blocking=True,
        return_response=True,
    )
    assert isinstance(answer, dict)
    told = answer[entity_id]
    assert isinstance(told, dict)
    found: Any = told["events"]
    return list(found)


def permit(hub: Hub, no: int, last: date, **more: Any) -> None:
    """Sell a permit that ends on a day."""
    site = hub.data.site
    one = Permit(
        id=PermitId(f"pm{no}"),
        no=no,
        kind=PermitKind.PACKAGE,
        card=CardId("c1"),
        wallet=WalletId("w1"),
        first=last - timedelta(days=30),
        last=last,
        price_minor=0,
        sold_at=site.clock(),
        package=ParkingPackageId("monthly"),
        **more,
    )
    site.parking.permits[one.id] = one


async def car_park(hub: Hub) -> None:
    """A car park with a package on sale."""
    await hub.call("add_space", name="V1", location="open_air", tenure="temporary", zone="North")
    await hub.call("open_wallet", unit="Flat 3-201", purpose="parking")
    await shows(hub, "sensor", "park", "cars_inside", "0")
    hub.data.site.parking.packages[ParkingPackageId("monthly")] = [
        ParkingPackage(
            id=ParkingPackageId("monthly"),
            version=1,
            valid_from=date(2026, 1, 1),
            name="Monthly",
            price_minor=0,
        )
    ]


async def test_what_ends_who_comes_and_what_is_kept_is_in_the_calendar(hub: Hub) -> None:
    """The office sees the week at a glance."""
    await car_park(hub)
    permit(hub, 1, date(2096, 5, 4))
    permit(hub, 2, date(2096, 5, 5), renews=True)
    permit(hub, 3, date(2096, 5, 5), renewed=PermitId("pm4"))
    times = {"from": "2096-05-04 09:00:00", "to": "2096-05-04 18:00:00"}
    await hub.call("invite_visitor", plate="A12345", **times)
    await hub.call("reserve_space", space="V1", plate="B12345", **times)
    found = await events(hub, "2096-05-01 00:00:00", "2096-05-31 00:00:00")
    assert [one["summary"] for one in found] == [
        "Ends: Flat 3-201, Monthly",
        "Visitor A***45",
        "Reserved: V1",
        "Renews itself: Flat 3-201, Monthly",
    ]
    assert (found[0]["start"], found[0]["end"]) == ("2096-05-04", "2096-05-05")
    start = datetime.fromisoformat(found[1]["start"])
    assert start.astimezone(hub.data.site.zone).hour == 9


async def test_a_look_at_one_day_has_only_that_day(hub: Hub) -> None:
    """What ended yesterday is nothing to do today."""
    await car_park(hub)
    for no in range(1, 6):
        permit(hub, no, date(2096, 5, no))
    found = await events(hub, "2096-05-03 00:00:00", "2096-05-04 00:00:00")
    assert [one["start"] for one in found] == ["2096-05-03"]


async def test_thousands_of_permits_are_looked_through_at_once(hub: Hub) -> None:
    """The month's view of a large site must not hold up a barrier."""
    await car_park(hub)
    for no in range(5_000):
        permit(hub, no, date(2096, 5, 1) + timedelta(days=no % 300))
    begun = process_time()
    month = dates(hub.data.site, datetime(2096, 5, 1, tzinfo=UTC), datetime(2096, 6, 1, tzinfo=UTC))
    assert process_time() - begun < 0.2
    assert len(month) > 500
