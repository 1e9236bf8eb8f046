"""The examples of the car park's reports, on a running hub: they work as they are printed."""

from datetime import UTC, datetime

from custom_components.prepaid_parking.core.identity import StayId
from custom_components.prepaid_parking.core.two_hubs import ReceivedMark, ReceivedOrder
from tests.hub.test_docs import REPORTS, differences, examples
from tests.journeys.conftest import Hub

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


async def told(hub: Hub) -> None:
    """Let another hub have told of a stay."""
    order = ReceivedOrder(
        pair="ABCDEFGH",
        stay=StayId("st7"),
        changed=12,
        state="left",
        kind="package",
        entered_at=NOON.replace(hour=8),
        left_at=NOON,
        lane="Gate",
        card="c1",
        masked="粤****45",
        amount_minor=10_00,
        paid_minor=10_00,
    )
    mark = ReceivedMark(pair="ABCDEFGH", origin="lanes.1", upto=12, at=NOON)
    await hub.data.books.record(order, mark)


async def test_every_example_works_and_answers_what_is_printed(hub: Hub) -> None:
    """Who copies an example into an automation must not find out that it never worked."""
    printed = examples()
    await told(hub)
    await hub.call("set_parking_rules", lost_ticket="20.00")
    await hub.call("pay_lost_ticket", plate="粤B 12345")
    site = hub.data.site
    today = site.clock().astimezone(site.zone).date().isoformat()
    for name in REPORTS.split():
        call, answer = printed[name]
        if name == "close_day":
            call["day"] = answer["day"] = today
        assert not differences(await hub.call(name, **call), answer), name
    assert (await hub.call("close_day"))["lines"] == []
