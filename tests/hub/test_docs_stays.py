"""The examples of stays and merchants, on a running hub: they work as they are printed."""

from datetime import timedelta

import pytest

from custom_components.prepaid_parking.core.identity import StayId, TariffId
from custom_components.prepaid_parking.core.parking_rules import ParkingRules
from custom_components.prepaid_parking.core.stay import Stay, StayKind, StayState
from custom_components.prepaid_parking.operations.stay_book import put
from tests.hub.test_docs import STAYS, differences, examples
from tests.journeys.conftest import Hub

pytestmark = pytest.mark.usefixtures("noon")


async def car_park(hub: Hub) -> None:
    """A price for stays, and one for a lost ticket."""
    duration = {"price": "5.00", "free": 15, "leave": 15, "caps": {"day": "40.00"}}
    await hub.call("publish_tariff", tariff="visitors", kind="duration", duration=duration)
    site = hub.data.site
    site.parking.rules.append(
        ParkingRules(version=1, valid_from=site.clock() - timedelta(days=1), lost_ticket_minor=3000)
    )


async def inside(hub: Hub, no: int, plate: str, masked: str, minutes: int) -> None:
    """Let a car be inside for some time."""
    site = hub.data.site
    await site.books.next_number("stay")
    await put(
        site,
        Stay(
            id=StayId(f"st{no}"),
            no=no,
            kind=StayKind.TEMPORARY,
            state=StayState.INSIDE,
            entered_at=site.clock() - timedelta(minutes=minutes),
            plate=site.privacy.blind("plate", plate),
            masked=masked,
            zone="North",
            tariff=TariffId("visitors"),
            version=1,
        ),
    )


async def test_every_example_works_and_answers_what_is_printed(hub: Hub) -> None:
    """Who copies an example into an automation must not find out that it never worked."""
    printed = examples()
    await car_park(hub)
    await inside(hub, 1, "粤B12345", "粤****45", 150)
    await inside(hub, 2, "沪A55555", "沪****55", 45)
    for name in STAYS.split():
        call, answer = printed[name]
        told = await hub.call(name, **call)
        if str(told.get("reference", "")).startswith("generated-"):
            answer["reference"] = told["reference"]
        assert not differences(told, answer), name
