"""A drawer on the dashboard: what is in it, which shift has it, since when, and no name of anybody."""

from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.prepaid_parking.till_sensors import TillSensor
from tests.hub.test_sensor import shows, state
from tests.journeys.conftest import Hub


async def test_a_drawer_shows_what_is_in_it_and_who_has_it(
    hub: Hub, hass_admin_user: MockUser
) -> None:
    """The manager sees from home that the drawer is full, and which shift left it open."""
    assert await state(hub, "sensor", "site", "till_ti1") is None
    await hub.call("set_till", name="Front desk")
    await hub.call("open_wallet", unit="Flat 3-201")
    await shows(hub, "sensor", "site", "till_ti1", "unknown")
    await hub.call_as(hass_admin_user, "open_shift", till="Front desk", counted="100.00")
    await shows(hub, "sensor", "site", "till_ti1", "100.00")
    await hub.call_as(hass_admin_user, "top_up", wallet="w1", amount="50.00")
    await shows(hub, "sensor", "site", "till_ti1", "150.00")
    await hub.call_as(hass_admin_user, "deliver_cash", shift="sh1", amount="30.00")
    await shows(hub, "sensor", "site", "till_ti1", "120.00")
    shown = await state(hub, "sensor", "site", "till_ti1")
    assert shown is not None
    assert shown.attributes["taken"] is True
    assert shown.attributes["shift"] == "sh1"
    assert shown.attributes["cashier"] == f"user:{hass_admin_user.id}"
    assert shown.attributes["since"] is not None
    assert str(hass_admin_user.name) not in str(shown.as_dict())
    assert {"shift", "cashier", "since"} <= TillSensor._unrecorded_attributes
    await hub.call_as(
        hass_admin_user, "close_shift", shift="sh1", counted="119.00", reason="a coin is lost"
    )
    for _ in range(2):
        await shows(hub, "sensor", "site", "till_ti1", "119.00")
        shown = await state(hub, "sensor", "site", "till_ti1")
        assert shown is not None
        assert (shown.attributes["taken"], shown.attributes["cashier"]) == (False, None)
        await hub.restart()


async def test_a_drawers_sensor_goes_and_comes_with_it(hub: Hub) -> None:
    """A drawer that was sold must not stand on the dashboard with yesterday's money for ever."""
    await hub.call("set_till", name="Front desk")
    await hub.call("set_till", name="Gate")
    await shows(hub, "sensor", "site", "till_ti2", "unknown")
    await hub.call("set_till", till="Front desk", name="Reception")

    async def named() -> bool:
        shown = await state(hub, "sensor", "site", "till_ti1")
        return shown is not None and "Reception" in shown.name

    await hub.until(named)
    await hub.call("set_till", till="Reception", closed=True)

    async def gone() -> bool:
        registry = er.async_get(hub.hass)
        entries = er.async_entries_for_config_entry(registry, hub.entry.entry_id)
        there = any(one.unique_id.endswith("till_ti1") for one in entries)
        return not there and await state(hub, "sensor", "site", "till_ti1") is None

    await hub.until(gone)
    await shows(hub, "sensor", "site", "till_ti2", "unknown")
    await hub.call("set_till", till="ti1", closed=False)
    await shows(hub, "sensor", "site", "till_ti1", "unknown")
