"""The examples of visitors, reservations and reviews, on a running hub: they work as they are printed."""

from datetime import timedelta

import pytest

from custom_components.prepaid_parking.core.identity import LaneId, StayId
from custom_components.prepaid_parking.core.parking_rules import ParkingRules, ZonePlaces
from custom_components.prepaid_parking.core.review import Seen, Suspicion
from custom_components.prepaid_parking.core.stay import Stay, StayKind, StayState
from custom_components.prepaid_parking.operations.reviews import open_review
from custom_components.prepaid_parking.operations.stay_book import put
from tests.hub.test_docs import VISITING, differences, examples
from tests.journeys.conftest import Hub

pytestmark = pytest.mark.usefixtures("noon")


async def places(hub: Hub, zone: str = "North", number: int = 40) -> None:
    """Say how many cars a zone holds."""
    site = hub.data.site
    site.parking.rules.append(
        ParkingRules(
            version=1,
            valid_from=site.clock() - timedelta(days=1),
            places=(ZonePlaces(zone=zone, places=number),),
        )
    )


async def inside(hub: Hub, no: int) -> Stay:
    """Let a car be inside."""
    site = hub.data.site
    stay = Stay(
        id=StayId(f"st{no}"),
        no=no,
        kind=StayKind.TEMPORARY,
        state=StayState.INSIDE,
        entered_at=site.clock() - timedelta(hours=3 - no),
        plate=site.privacy.blind("plate", "粤B12345"),
        masked="粤****45",
    )
    return await put(site, stay)


async def asked(hub: Hub, why: Suspicion = Suspicion.SECOND_ENTRY) -> str:
    """Ask about one car that came in twice."""
    site = hub.data.site
    stays = [(await inside(hub, no)).id for no in (1, 2)]
    seen = Seen(lane=LaneId("l1"), at=site.clock(), score=934, masked="粤****45")
    return (await open_review(site, why, stays=stays, reads=[seen])).id


async def test_every_example_works_and_answers_what_is_printed(hub: Hub) -> None:
    """Who copies an example into an automation must not find out that it never worked."""
    printed = examples()
    await places(hub)
    await hub.call("open_wallet", unit="Flat 3-201", purpose="parking")
    await hub.call("issue_card", wallet="w1", plates=["粤B 54321"])
    for name in VISITING.split():
        if name == "list_reviews":
            await asked(hub)
        call, answer = printed[name]
        told = await hub.call(name, **call)
        if str(told.get("reference", "")).startswith("generated-"):
            answer["reference"] = told["reference"]
        assert not differences(told, answer), name
