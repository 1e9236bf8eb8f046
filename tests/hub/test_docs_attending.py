"""The examples of an attendant's work, on a running hub: they work as they are printed."""

from typing import Any

from homeassistant.core import Context
import pytest

from custom_components.prepaid_parking.const import DOMAIN
from custom_components.prepaid_parking.core.identity import LaneId
from custom_components.prepaid_parking.operations.lane_run import LaneRun
from tests.hub.test_docs import ATTENDING, differences, examples
from tests.journeys.conftest import Hub
from tests.operations.park import HolderDevice
from tests.operations.world import BarrierDevice

pytestmark = pytest.mark.usefixtures("noon")


def put_up(hub: Hub, lane: str, name: str, direction: str) -> LaneRun:
    """Put a lane up whose barrier can be held open."""
    run = LaneRun(id=LaneId(lane), name=name, direction=direction, reads=True)
    run.barrier, run.holder = BarrierDevice(), HolderDevice()
    hub.data.site.lanes[run.id] = run
    return run


async def test_every_example_works_and_answers_what_is_printed(
    hub: Hub, hass_admin_user: Any
) -> None:
    """Who copies an example into an automation must not find out that it never worked."""
    printed = examples()
    put_up(hub, "l1", "North gate", "entry")
    put_up(hub, "l2", "South gate", "exit")
    await hub.call("publish_tariff", tariff="visitors", kind="duration", duration={"price": "5.00"})
    await hub.call("set_parking_rules", temporaries=True, tariffs=[{"tariff": "visitors"}])
    await hub.call("open_wallet", unit="Flat 3-201", purpose="parking")
    await hub.call("issue_card", wallet="w1", tags=["04A1B2C3"], lanes=["l1"])
    for name in ATTENDING.split():
        call, answer = printed[name]
        told = await hub.hass.services.async_call(
            DOMAIN,
            name,
            call,
            blocking=True,
            return_response=True,
            context=Context(user_id=hass_admin_user.id),
        )
        assert isinstance(told, dict)
        if name == "issue_ticket":
            assert len(str(told["code"])) == len(answer["code"])
            assert str(told["code_url"]).startswith("/api/prepaid_parking/code/")
            answer |= {name: told[name] for name in ("code", "code_url")}
        assert not differences(told, answer), name
