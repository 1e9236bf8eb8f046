"""Repairs of machines and loads that wait for a person: asked once, and gone when it is seen to."""

from datetime import timedelta

from homeassistant.setup import async_setup_component
import pytest

from custom_components.prepaid_parking import standing_repairs
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine
from tests.hub.test_repairs import answer, asked, begin, gone
from tests.journeys.conftest import Hub, bound_meter
from tests.journeys.selling import HOURLY, PER_KM, customer, publish

WASHER = "input_boolean.washer"


@pytest.fixture(autouse=True)
async def _repairs(hub: Hub) -> None:
    """The hub's page for repairs."""
    assert await async_setup_component(hub.hass, "repairs", {})


async def test_a_counter_that_goes_back_is_asked_about_until_it_is_settled(hub: Hub) -> None:
    """Nobody may ride for nothing because a sensor was swapped, nor pay for what was not ridden."""
    await publish(hub, PER_KM)
    wallet = await customer(hub, "50")
    hub.hass.states.async_set("sensor.bike", "1200", {"unit_of_measurement": "km"})
    await hub.call(
        "set_use_point",
        name="Bike",
        kind="metered",
        tariff="per_km",
        basis="counter",
        counter="sensor.bike",
    )
    await hub.call("start_use", point="Bike", wallet=wallet)
    hub.hass.states.async_set("sensor.bike", "3", {"unit_of_measurement": "km"})
    issue = await asked(hub, "use_counter_backwards")
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["point"] == "Bike"
    assert not issue.is_fixable
    await hub.call("end_use", use="s1", counted="15")
    await gone(hub, "use_counter_backwards")


async def test_a_use_that_does_not_end_is_said_and_goes_by_itself(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What no fact tells of is found at the next look: an hour's washing that ended and runs on."""
    assert await async_setup_component(hub.hass, "input_boolean", {"input_boolean": {"washer": {}}})
    monkeypatch.setattr(standing_repairs, "LOOK_EVERY", timedelta(milliseconds=200))
    await hub.restart()
    await publish(hub, HOURLY)
    wallet = await customer(hub, "50")
    await hub.call("set_use_point", name="Washer", kind="metered", tariff="hourly", switch=WASHER)
    await hub.call("start_use", point="Washer", wallet=wallet)
    (run,) = hub.data.site.using.uses.values()
    run.stuck = True
    await asked(hub, "use_stuck")
    run.stuck = False
    await gone(hub, "use_stuck")


async def test_a_load_that_tripped_too_often_is_switched_on_by_who_was_there(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Row 57: a person must come; whoever was there says so in the repair, and the light is on."""
    await bound_meter(hub, modbus_line, modbus_device)
    await hub.call("top_up", wallet="w1", amount="100")
    await hub.call("set_load_limit", meter="m1", limit=800, delay=0, retries=0, wait_minutes=10)
    modbus_device.counter.rate = 900_000
    issue = await asked(hub, "overload_locked")
    assert issue.translation_placeholders == {"meter": "Flat 3-201", "power": "900"}
    modbus_device.counter.rate = 0
    flow = await begin(hub, issue)
    assert flow["step_id"] == "confirm"
    await answer(hub, flow)

    async def on() -> bool:
        return bool((await hub.meter("m1"))["supply"] == "on")

    await hub.until(on, within=20)
    await gone(hub, "overload_locked")
