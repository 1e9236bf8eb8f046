"""Diagnostics and health: enough to find a fault, and nothing that names a person."""

import json
import sqlite3

from homeassistant.components.diagnostics import REDACTED
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.json import json_bytes
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import get_system_health_info

from custom_components.prepaid_parking.const import DOMAIN
from custom_components.prepaid_parking.diagnostics import (
    async_get_config_entry_diagnostics,
    async_get_device_diagnostics,
)
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine
from tests.journeys.conftest import Hub, bound_meter

SECRETS = ("Flat 3-201", "202611220001", "127.0.0.1", "Wang", "13800138000", "沪A12345")


async def everything(hub: Hub, line: ModbusLine, device: AcrelDdsy1352) -> None:
    """A site with a meter, a tenant and a car."""
    await bound_meter(hub, line, device)
    await hub.call(
        "open_wallet",
        unit="Box 7",
        purpose="parking",
        person={"name": "Wang", "phone": "13800138000"},
    )
    await hub.call("issue_card", wallet="w2", plates=["沪A12345"])


async def test_what_is_sent_with_a_bug_report_names_nobody(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A tenant's flat, number and plate end up on a public page otherwise."""
    await everything(hub, modbus_line, modbus_device)
    told = await async_get_config_entry_diagnostics(hub.hass, hub.entry)
    text = json_bytes(told).decode()
    for secret in SECRETS:
        assert secret not in text, secret
    told = json.loads(text)
    assert told["books"]["state"] == "ok"
    sound = sqlite3.sqlite_version_info >= (3, 51, 3)
    assert told["books"]["sqlite"] == {"version": sqlite3.sqlite_version, "sound": sound}
    assert told["site"]["wallets_exposed"] == 2
    assert told["meters"][0]["serial"] == REDACTED
    assert told["meters"][0]["register"] == "1000"
    assert told["meters"][0]["supply"] == "on"
    (line,) = told["lines"].values()
    assert line["connected"]


async def test_a_meters_own_page_tells_of_that_meter_alone(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Who sends one meter's diagnostics does not mean to send the house's."""
    await everything(hub, modbus_line, modbus_device)
    registry = dr.async_get(hub.hass)
    uid, entry_id = hub.entry.unique_id, hub.entry.entry_id
    meter = registry.async_get_device_by_identifier((DOMAIN, f"{uid}_m1"), entry_id)
    wallet = registry.async_get_device_by_identifier((DOMAIN, f"{uid}_w1"), entry_id)
    assert meter is not None
    assert wallet is not None
    told = await async_get_device_diagnostics(hub.hass, hub.entry, meter)
    assert [one["meter"] for one in told["meters"]] == ["m1"]
    assert (await async_get_device_diagnostics(hub.hass, hub.entry, wallet))["meters"] == []


async def test_the_system_page_sums_up_all_sites(
    hass: HomeAssistant, hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """One look tells whether the books are written and the meters are read."""
    await everything(hub, modbus_line, modbus_device)
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    info = await get_system_health_info(hass, DOMAIN)
    assert info == {
        "sites": 1,
        "books_writable": 1,
        "meters": 1,
        "meters_read": 1,
        "wallets": 2,
        "doubts": 0,
    }
