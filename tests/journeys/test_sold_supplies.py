"""Journeys: a washing machine behind a meter of the site is sold by the use, under the rules of supplies."""

from typing import Any

from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .conftest import Hub, line_data, meter_data
from .selling import HOURLY, customer, publish


async def laundry(hub: Hub, line: ModbusLine, device: AcrelDdsy1352) -> None:
    """Set up a meter that no wallet pays for, as the switch of a washer, off as long as nobody washes."""
    line_id = await hub.add("line", "Line", f"line:tcp:127.0.0.1:{line.port}", line_data(line))
    data = meter_data(line_id, device)
    await hub.add("meter", "Laundry", f"meter:acrel_ddsy1352:{device.serial}", data)
    await supply(hub, "on")
    await publish(hub, HOURLY)
    told = await hub.call(
        "set_use_point", name="Washer", kind="metered", tariff="hourly", meter="Laundry"
    )
    assert (told["meter"], told["switch"]) == ("m1", None)
    await supply(hub, "off")


def closed(device: AcrelDdsy1352) -> bool:
    """Tell whether the meter's relay lets through."""
    assert device.relay is not None
    return device.relay.closed


async def supply(hub: Hub, wanted: str) -> None:
    """Wait until the meter's supply is as wanted."""

    async def so() -> bool:
        return bool((await hub.meter("m1"))["supply"] == wanted)

    await hub.until(so, within=20)


async def use(hub: Hub, wanted: str) -> dict[str, Any]:
    """Wait until the last use is in a state."""

    async def so() -> bool:
        return bool((await hub.call("list_uses", ended=True))["uses"][-1]["state"] == wanted)

    await hub.until(so, within=20)
    return dict((await hub.call("list_uses", ended=True))["uses"][-1])


async def test_a_wash_switches_the_meters_relay_on_and_off(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """On is what the meter says it is, not what it was told; off at the end, also over a restart."""
    await laundry(hub, modbus_line, modbus_device)
    assert not closed(modbus_device)
    wallet = await customer(hub, "50")
    await hub.call("start_use", point="Washer", wallet=wallet)
    await use(hub, "running")
    assert closed(modbus_device)
    await hub.restart()
    await use(hub, "running")
    await supply(hub, "on")
    ended = await hub.call("end_use", use="s1")
    assert ended["cost"] == "0.10"
    await supply(hub, "off")
    await use(hub, "ended")
    assert not closed(modbus_device)
    with pytest.raises(ServiceValidationError) as refused:
        await hub.call("bind_meter", meter="m1", wallet=wallet, tariff="hourly")
    assert refused.value.translation_key in ("wallet_wrong_purpose", "meter_is_use_switch")


async def test_a_locked_out_machine_is_refused_before_anybody_pays(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """An electrician works on it: whoever taps hears so, keeps the money, and nothing comes on."""
    await laundry(hub, modbus_line, modbus_device)
    wallet = await customer(hub, "50")
    await hub.call("set_lockout", meter="m1", reason="electrician")
    with pytest.raises(ServiceValidationError) as refused:
        await hub.call("start_use", point="Washer", wallet=wallet)
    assert refused.value.translation_key == "use_supply_not_free_locked_out"
    assert (await hub.wallet(wallet))["available"] == "50.00"
    assert not closed(modbus_device)
