"""What the hub shows of a car park: how full it is, what it earned, who owes, which space is taken."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from homeassistant.helpers import device_registry as dr, entity_registry as er

from custom_components.prepaid_parking.core.identity import CardId, LaneId, StayId, WalletId
from custom_components.prepaid_parking.core.passage import Passage
from custom_components.prepaid_parking.core.stay import StayKind, StayState
from custom_components.prepaid_parking.operations.facts import Fact
from custom_components.prepaid_parking.operations.lane_facts import PassageKind, Passed
from custom_components.prepaid_parking.operations.stay_book import hold, put
from tests.hub.test_docs_visiting import asked, inside, places
from tests.hub.test_sensor import shows, state
from tests.journeys.conftest import Hub


async def car_park(hub: Hub) -> None:
    """Describe one place for everybody and one that is owned and shown."""
    await hub.call("open_wallet", unit="Flat 3-201", purpose="parking")
    await hub.call("add_space", name="V1", location="open_air", tenure="temporary", zone="North")
    await hub.call(
        "add_space",
        name="B1-023",
        location="underground",
        tenure="owned",
        zone="South",
        owner="w1",
        exposed=True,
    )


async def changed(hub: Hub) -> None:
    """Let the states be written."""
    hub.data.park = type(hub.data.park)(hub.data.park._look)
    hub.data.coordinator.touch("park")


async def test_a_site_without_cars_shows_no_car_park(hub: Hub) -> None:
    """A house with meters only has a page of zeros otherwise."""
    assert await state(hub, "sensor", "park", "cars_inside") is None
    await hub.call("add_space", name="V1", location="open_air", tenure="temporary", zone="North")
    await shows(hub, "sensor", "park", "cars_inside", "0")
    await shows(hub, "sensor", "park", "free_places", "1")


async def test_how_full_it_is_shows_on_the_sites_own_device(hub: Hub) -> None:
    """The full sign at the street goes by this sensor."""
    await car_park(hub)
    await shows(hub, "sensor", "park", "free_places", "1")
    await inside(hub, 1)
    await changed(hub)
    await shows(hub, "sensor", "park", "cars_inside", "1")
    await shows(hub, "sensor", "park", "free_places", "0")
    await shows(hub, "sensor", "park", "taken_places", "1")
    taken = await state(hub, "sensor", "park", "taken_places")
    assert taken is not None
    assert taken.attributes["places"] == 2
    assert [(one["zone"], one["tenure"], one["free"]) for one in taken.attributes["zones"]] == [
        ("", "temporary", 0),
        ("North", "temporary", 0),
        ("South", "owned", 1),
    ]
    entities = er.async_get(hub.hass)
    entity = entities.async_get(taken.entity_id)
    assert entity is not None
    assert entity.device_id is not None
    device = dr.async_get(hub.hass).async_get(entity.device_id)
    assert device is not None
    assert device.identifiers == {("prepaid_parking", hub.entry.unique_id)}


async def test_a_car_is_told_to_its_own_lane_only(hub: Hub) -> None:
    """With thirty lanes and a thousand wallets, each of them asked whether a car is theirs held it up."""
    site, heard = hub.data.site, dict[str, list[Fact]]()
    for key in ("", "lane:l1", "lane:l2", "wallet:w1"):
        hub.data.coordinator.listen(heard.setdefault(key, []).append, key)
    kind = PassageKind.ADMITTED
    car = Passed(
        lane=LaneId("l1"), kind=kind, at=site.clock(), reason="card", wallet=WalletId("w1")
    )
    site.tell(car)
    assert heard == {"": [car], "lane:l1": [car], "lane:l2": [], "wallet:w1": [car]}


async def test_cars_in_a_row_are_shown_together(hub: Hub) -> None:
    """Each look goes over all who are inside: in a rush cars would wait at the lanes for it."""
    await car_park(hub)
    await shows(hub, "sensor", "park", "passages_today", "0")
    site, looks = hub.data.site, list[None]()
    hub.data.coordinator.subscribe("park", lambda: looks.append(None))
    for _ in range(20):
        kind = PassageKind.ADMITTED
        site.tell(Passed(lane=LaneId("l1"), kind=kind, at=site.clock(), reason="card"))
        await asyncio.sleep(0.01)
    await shows(hub, "sensor", "park", "passages_today", "20")
    assert len(looks) <= 3  # The first car, those behind it, and the counters' own pace.


async def test_each_zone_has_a_sensor_of_its_free_places_as_soon_as_it_has_places(hub: Hub) -> None:
    """The sign before the ramp of a full level sends cars down that find nothing."""
    await car_park(hub)
    await shows(hub, "sensor", "park", "zone_free_places_North", "1")
    assert await state(hub, "sensor", "park", "zone_free_places_South") is None
    for no in (2, 3):
        await hub.call(
            "add_space", name=f"V{no}", location="open_air", tenure="temporary", zone="Roof"
        )
    await shows(hub, "sensor", "park", "zone_free_places_Roof", "2")
    await shows(hub, "sensor", "park", "free_places", "3")
    stay = await inside(hub, 1)
    hold(hub.data.site, replace(stay, zone="North"))
    await changed(hub)
    await shows(hub, "sensor", "park", "zone_free_places_North", "0")
    await shows(hub, "sensor", "park", "zone_free_places_Roof", "2")
    shown = await state(hub, "sensor", "park", "zone_free_places_Roof")
    assert shown is not None
    assert shown.attributes["friendly_name"].endswith("Free places Roof")
    await hub.call("remove_space", space="sp3")
    await hub.call("remove_space", space="sp4")
    await shows(hub, "sensor", "park", "zone_free_places_Roof", "unavailable")


async def test_nobody_counts_places_is_unknown_and_not_full(hub: Hub) -> None:
    """A sign that lights up "full" in front of an empty yard."""
    await hub.call("open_wallet", unit="Flat 3-201", purpose="parking")
    await hub.call(
        "add_space", name="B1", location="underground", tenure="owned", zone="", owner="w1"
    )
    await shows(hub, "sensor", "park", "free_places", "unknown")


async def test_a_space_that_is_shown_says_whose_it_is_and_whether_its_car_is_there(
    hub: Hub,
) -> None:
    """The owner looks at the phone whether the car was taken out; others see nothing."""
    await car_park(hub)
    await shows(hub, "sensor", "sp2", "tenure", "owned")
    await shows(hub, "binary_sensor", "sp2", "occupied", "off")
    assert await state(hub, "binary_sensor", "sp1", "occupied") is None
    await hub.call("issue_card", wallet="w1", plates=["A1"])
    site = hub.data.site
    site.cards[CardId("c1")] = replace(site.cards[CardId("c1")], space="sp2")
    stay = await inside(hub, 1)
    hold(site, replace(stay, kind=StayKind.OWNER, card=CardId("c1")))
    await changed(hub)
    await shows(hub, "binary_sensor", "sp2", "occupied", "on")
    await hub.restart()
    await shows(hub, "sensor", "sp2", "tenure", "owned")


async def test_passages_of_today_are_counted_also_those_before_a_restart(hub: Hub) -> None:
    """The evening's number begins anew with each restart otherwise."""
    site = hub.data.site
    await hub.call("add_space", name="V1", location="open_air", tenure="temporary", zone="North")
    kinds = (
        PassageKind.ADMITTED,
        PassageKind.RELEASED,
        PassageKind.REFUSED,
        PassageKind.RECORDED,
        PassageKind.ADMITTED,
        PassageKind.BACKED_OUT,
    )
    for kind in kinds:
        site.tell(Passed(lane=LaneId("l1"), kind=kind, at=site.clock(), reason="card"))
    await shows(hub, "sensor", "park", "passages_today", "2")
    assert hub.data.passages.today(site.clock() + timedelta(days=1)) == 0
    written = [
        Passage(id=no, lane=LaneId("l1"), at=at, kind=kind, reason="card")
        for no, (at, kind) in enumerate(
            (
                (site.clock(), "admitted"),
                (site.clock(), "released"),
                (site.clock(), "refused"),
                (site.clock() - timedelta(days=2), "admitted"),
                (site.clock(), "emergency"),
            ),
            start=1,
        )
    ]
    await site.books.record(*written)
    await hub.restart()
    await shows(hub, "sensor", "park", "passages_today", "3")


async def test_what_cars_left_behind_is_among_the_arrears(hub: Hub) -> None:
    """Who was let out unpaid in the night is somebody to ask for money."""
    await car_park(hub)
    stay = await inside(hub, 1)
    await put(hub.data.site, replace(stay, state=StayState.UNPAID, owed_minor=1_250))
    await hub.call(
        "record_debt", wallet="w1", category="parking", amount="10.00", reason="lost ticket"
    )
    await changed(hub)
    await shows(hub, "sensor", "park", "parking_arrears", "22.50")
    await shows(hub, "sensor", "park", "parking_revenue_today", "0.00")


async def test_a_review_that_waits_shows_in_the_number_of_the_list(hub: Hub) -> None:
    """The attendant sees at a glance that something waits."""
    await places(hub)
    await hub.call("add_space", name="V1", location="open_air", tenure="temporary", zone="North")
    await shows(hub, "todo", "park", "reviews", "0")
    await asked(hub)
    await shows(hub, "todo", "park", "reviews", "1")
    assert StayId("st1") in hub.data.site.parking.stays
