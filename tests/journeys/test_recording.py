"""The hub's energy dashboard and history show what was used, and what it cost, in its hour."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.statistics import (
    list_statistic_ids,
    statistics_during_period,
)
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.prepaid_parking.core.identity import MeterId
from custom_components.prepaid_parking.core.metering import Quantity
from custom_components.prepaid_parking.operations.facts import Hour, HoursNoted
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .conftest import Hub, bound_meter

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def noted(*hours: tuple[int, int, int]) -> HoursNoted:
    """Return hours of a meter: which, watt-hours, and cents."""
    return HoursNoted(
        meter=MeterId("m1"),
        quantity=Quantity.ENERGY,
        hours=tuple(
            Hour(start=NOON + hour * HOUR, quantity=used * 1000, cost_numerator=cost * 10)
            for hour, used, cost in hours
        ),
        denominator=10,
    )


async def rows(hass: HomeAssistant, name: str) -> list[tuple[int, Any, Any]]:
    """Return a statistic's hours since noon: which, amount, sum."""
    await async_wait_recording_done(hass)
    found = await get_instance(hass).async_add_executor_job(
        statistics_during_period, hass, NOON, None, {name}, "hour", None, {"state", "sum"}
    )
    return [
        (
            (dt_util.utc_from_timestamp(row["start"]) - NOON) // HOUR,
            row.get("state"),
            row.get("sum"),
        )
        for row in found.get(name, ())
    ]


async def test_hours_go_into_the_statistics_and_go_on_after_a_restart(
    recorder_mock: object,
    hub: Hub,
    modbus_line: ModbusLine,
    modbus_device: AcrelDdsy1352,
) -> None:
    """The sum never starts over, and an hour that a restart cut in two is one hour."""
    await bound_meter(hub, modbus_line, modbus_device)
    site = hub.data.site
    used, cost = (
        f"prepaid_parking:{str(hub.entry.unique_id)[:8]}_m1_{name}" for name in ("used", "cost")
    )

    async def tell(fact: HoursNoted) -> None:
        hub.data.coordinator.tell(fact)
        await hub.hass.async_block_till_done(wait_background_tasks=False)
        for _ in range(20):
            await async_wait_recording_done(hub.hass)

    assert site.currency.code == "CNY"
    await tell(noted((0, 1500, 120), (1, 500, 40)))
    assert await rows(hub.hass, used) == [(0, 1.5, 1.5), (1, 0.5, 2.0)]
    assert await rows(hub.hass, cost) == [(0, 1.2, 1.2), (1, 0.4, 1.6)]
    await hub.restart()
    await tell(noted((1, 250, 20), (2, 1000, 80)))
    assert await rows(hub.hass, used) == [(0, 1.5, 1.5), (1, 0.75, 2.25), (2, 1.0, 3.25)]
    assert [one[2] for one in await rows(hub.hass, cost)] == [1.2, 1.8, 2.6]
    listed = await get_instance(hub.hass).async_add_executor_job(
        list_statistic_ids, hub.hass, {used, cost}
    )
    assert {(one["name"], one["unit_class"]) for one in listed} == {
        ("Flat 3-201: used", "energy"),
        ("Flat 3-201: cost", None),
    }


@pytest.mark.parametrize("quantity", Quantity)
async def test_whatever_is_counted_the_recorder_takes_it(
    recorder_mock: object,
    hub: Hub,
    modbus_line: ModbusLine,
    modbus_device: AcrelDdsy1352,
    quantity: Quantity,
) -> None:
    """One meter whose unit the recorder refuses would end the statistics of the whole site."""
    await bound_meter(hub, modbus_line, modbus_device)
    used = f"prepaid_parking:{str(hub.entry.unique_id)[:8]}_m1_used"
    hub.data.coordinator.tell(replace(noted((0, 1500, 120)), quantity=quantity))

    async def written() -> bool:
        return bool(await rows(hub.hass, used))

    await hub.until(written, 10)
