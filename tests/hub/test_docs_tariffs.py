"""The examples of assigned and corrected prices, on a running hub: they work as they are printed."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine
from tests.hub.test_docs import differences, examples
from tests.journeys.conftest import Hub, bound_meter
from tests.journeys.steps import post, shows

pytestmark = pytest.mark.usefixtures("noon")


async def test_assigned_and_taken_back_as_printed(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Who copies the example must get the list of what was planned, and the reason for what was not."""
    await bound_meter(hub, modbus_line, modbus_device)
    await hub.call("publish_tariff", tariff="night", price="0.60")
    for name in ("assign_tariff", "withdraw_tariff"):
        call, answer = examples()[name]
        told = await hub.call(name, **call)
        if "at" in answer:
            answer["at"] = told["at"]
        assert not differences(told, answer), name
    assert (await hub.call("list_tariffs"))["planned"] == []


async def test_corrected_as_printed(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """The example corrects the price of a month; the test is run in any month."""
    await bound_meter(hub, modbus_line, modbus_device)
    modbus_device.add(kwh="10")
    await shows(hub, "-8.00")
    await post(hub)
    zone = ZoneInfo(hub.hass.config.time_zone)
    month = datetime.now(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    call, answer = examples()["rerate"]
    told = await hub.call("rerate", **(call | {"since": month.isoformat(), "dry_run": True}))
    assert told["difference"] == answer["difference"]
    assert (await hub.wallet("w1"))["balance"] == "-8.00"
    told = await hub.call("rerate", **(call | {"since": month.isoformat()}))
    assert not differences(told, answer)
    assert (await hub.wallet("w1"))["balance"] == "-7.50"
    assert timedelta(0) < datetime.now(zone) - month
