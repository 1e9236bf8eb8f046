"""An emergency that is on is seen on the hub's page of repairs, until a person has ended it."""

from datetime import timedelta

from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.prepaid_parking import standing_repairs
from tests.hub.test_repairs import asked, gone
from tests.journeys.conftest import Hub


async def test_an_emergency_is_a_repair_until_a_person_ends_it(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was begun at the gate and forgotten: for a week everybody parked for nothing."""
    assert await async_setup_component(hub.hass, "repairs", {})
    monkeypatch.setattr(standing_repairs, "LOOK_EVERY", timedelta(milliseconds=200))
    await hub.restart()
    await hub.call("report_emergency", reason="smoke")
    issue = await asked(hub, "emergency_on")
    assert not issue.is_fixable
    await hub.restart()
    await asked(hub, "emergency_on")
    person = MockUser(is_owner=True).add_to_hass(hub.hass)
    await hub.call_as(person, "end_emergency", reason="false alarm")
    await gone(hub, "emergency_on")
