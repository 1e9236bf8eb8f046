"""What pipes and sensors count, from the wire to the wallet: water with its valve, steam, a thousand steps."""

import random
from typing import Any, Final

import pytest

from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.flow_meters import SpiraxTva, XintaiWater
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .accounts import PER_KWH, is_exact, is_sound
from .conftest import Hub, bound_meter, line_data, meter_data
from .steps import meter_shows, post, requests, shows
from .test_lost_energy import sensor_meter, sensor_says

VALVE: Final = 0x001C
OPEN: Final = (1,)
SHUT: Final = (2,)


def pipe_data(line_id: str, device: XintaiWater | SpiraxTva, **more: Any) -> dict[str, Any]:
    """Return the configuration of a meter on a pipe."""
    return {
        "source": "modbus",
        "line_id": line_id,
        "profile": device.profile,
        "unit_id": device.unit,
        "serial": device.serial,
        "interval": 1,
        "latency": 2,
        "consent": False,
        **more,
    }


async def test_an_empty_wallet_shuts_the_water_and_a_payment_opens_it(
    hub: Hub, modbus_line: ModbusLine
) -> None:
    """Row 3: reversed floats are litres, the valve gets its frame, and the water comes back."""
    water = XintaiWater(unit=5, serial="55", start="100")
    modbus_line.add(water)
    line_id = await hub.add("line", "Line", "line:1", line_data(modbus_line))
    data = pipe_data(
        line_id,
        water,
        commodity="water",
        quantity="volume",
        max_power="50",
        restore="auto",
        consent=True,
        relay={"kind": "profile"},
    )
    await hub.add("meter", "Kitchen water", "meter:5", data)
    await meter_shows(hub, lambda one: one["register"] == "100")
    await hub.call("publish_tariff", tariff="water", quantity="volume", price="3.00")
    await hub.call("set_policy", policy="standard", grace_hours=0, alert="0", alert2="0")
    await hub.call("open_wallet", unit="Flat 1")
    await hub.call("top_up", wallet="w1", amount="10")
    await hub.call("bind_meter", meter="m1", wallet="w1", tariff="water")
    await meter_shows(hub, lambda one: one["supply"] == "on")
    water.add(m3="2.5")
    await shows(hub, "2.50")
    water.add(m3="1.5")
    await modbus_line.log.seen(unit=5, address=VALVE, values=SHUT, timeout=20)
    await meter_shows(hub, lambda one: one["supply"] == "off")
    assert (await hub.wallet("w1"))["available"] == "-2.00"
    await hub.call("top_up", wallet="w1", amount="50")
    await modbus_line.log.seen(unit=5, address=VALVE, values=OPEN, timeout=20)
    await meter_shows(hub, lambda one: one["supply"] == "on")
    await post(hub)
    await is_sound(hub.data.books)


async def test_steam_is_paid_by_the_tonne_and_never_commanded(
    hub: Hub, modbus_line: ModbusLine
) -> None:
    """Row 56: 70,000 kg need both words, the low one first; 12 t at 180 are 2,160."""
    steam = SpiraxTva(unit=6, serial="66", start="70000")
    modbus_line.add(steam)
    line_id = await hub.add("line", "Line", "line:1", line_data(modbus_line))
    data = pipe_data(
        line_id,
        steam,
        commodity="steam",
        quantity="mass",
        max_power="200000",
        restore="by_hand",
        relay={"kind": "none"},
    )
    await hub.add("meter", "Boiler", "meter:6", data)
    await meter_shows(hub, lambda one: one["register"] == "70")
    await hub.call("publish_tariff", tariff="steam", quantity="mass", price="180.00")
    await hub.call("open_wallet", unit="Laundry")
    await hub.call("top_up", wallet="w1", amount="2000")
    await hub.call("set_policy", policy="standard", grace_hours=0)
    await hub.call("bind_meter", meter="m1", wallet="w1", tariff="steam")
    steam.add(kg="12000")
    await shows(hub, "-160.00")
    assert (await hub.meter("m1"))["register"] == "82"
    assert not modbus_line.log.writes(6)


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_thousand_small_steps_cost_what_one_large_one_does(hub: Hub, seed: int) -> None:
    """Row 9: whatever the steps, the sum of the entries is the price of the whole, to the carry."""
    chance = random.Random(seed)
    await sensor_meter(hub)
    register = 1000 * PER_KWH
    for _ in range(1000):
        register += chance.randrange(0, 12_000)
        whole, part = divmod(register, PER_KWH)
        sensor_says(hub, f"{whole}.{part:06}")
    shown = f"{register // PER_KWH}.{register % PER_KWH:06}".rstrip("0").rstrip(".")
    await meter_shows(hub, lambda one: one["register"] == shown)
    await post(hub)
    await is_exact(hub.data.books, "m1", register - 1000 * PER_KWH)
    await is_sound(hub.data.books)


async def test_a_meter_is_asked_as_often_as_it_was_said(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Row 5: one is read each second, its neighbour every five minutes."""
    slow = AcrelDdsy1352(unit=2, serial="202611220002", start="50")
    modbus_line.add(slow)
    await bound_meter(hub, modbus_line, modbus_device)
    (line_id,) = hub.data.lines
    await hub.add("meter", "Cellar", "meter:2", meter_data(line_id, slow, interval=300))
    await meter_shows(hub, lambda one: one["register"] == "50", meter="m2")
    modbus_line.log.clear()
    await requests(modbus_line, 1)
    asked = modbus_line.log.find(unit=1)[0].address
    await modbus_line.log.until(
        lambda: len(modbus_line.log.find(unit=1, address=asked)) >= 6, timeout=20
    )
    first, *_, last = modbus_line.log.find(unit=1, address=asked)
    assert 4.0 <= last.at - first.at <= 8.0
    assert len(modbus_line.log.find(unit=2)) <= 1  # The second look of the first minute.
