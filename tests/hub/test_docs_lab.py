"""The example of the tariff trial, on a running hub: it works as it is printed."""

from datetime import timedelta

from custom_components.prepaid_parking.core.hours import MeterDay, pack
from custom_components.prepaid_parking.core.identity import MeterId
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine
from tests.hub.test_docs import differences, examples
from tests.journeys.conftest import Hub, bound_meter

DAY = timedelta(days=1)
KWH = 1_000_000


async def days_pass(hub: Hub, used: list[int]) -> None:
    """Let three days pass; of the last two the hours are known."""
    site = hub.data.site
    now = site.clock()
    today = now.astimezone(site.zone).date()
    for day in (today + DAY, today + 2 * DAY):
        await hub.data.books.record(MeterDay(meter=MeterId("m1"), day=day, hours=pack(used)))
    site.clock = lambda: now + 3 * DAY


async def test_the_trial_answers_what_is_printed(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Who copies the example must come to a table, not to an error."""
    await bound_meter(hub, modbus_line, modbus_device)
    await days_pass(hub, [KWH] * 24)
    call, answer = examples()["preview_tariff"]
    told = await hub.call("preview_tariff", **call)
    for day in ("first", "last"):
        answer[day] = told[day]
    assert not differences(told, answer)
