"""A house on one line: a main meter, flats behind it, and a light that is everybody's."""

from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .conftest import Hub, line_data, meter_data
from .steps import look

NAMES = ("Flat 1", "Stairwell", "Main")
"""Meters m1, m2 and m3."""


async def house(hub: Hub, line: ModbusLine, first: AcrelDdsy1352) -> list[AcrelDdsy1352]:
    """Set up three meters that have counted 1,000 kWh, and a price of 0.80."""
    devices = [first]
    for unit in (2, 3):
        device = AcrelDdsy1352(unit=unit, serial=f"20261122000{unit}", start="1000")
        line.add(device)
        devices.append(device)
    line_id = await hub.add("line", "Line", f"line:tcp:127.0.0.1:{line.port}", line_data(line))
    for name, device in zip(NAMES, devices, strict=True):
        data = meter_data(line_id, device)
        await hub.add("meter", name, f"meter:acrel_ddsy1352:{device.serial}", data)
    await hub.call("publish_tariff", tariff="home", quantity="energy", price="0.80")
    await read(hub, *(f"m{number}" for number in range(1, len(devices) + 1)))
    return devices


async def read(hub: Hub, *meters: str) -> None:
    """Wait until meters have been read."""
    look(hub)
    for meter in meters:

        async def known(meter: str = meter) -> bool:
            return (await hub.meter(meter))["register"] is not None

        await hub.until(known, 20)


async def wallet(hub: Hub, unit: str, amount: str = "100", **fields: object) -> str:
    """Open a wallet with some money in it; return its id."""
    opened = await hub.call("open_wallet", unit=unit, **fields)
    name = str(opened["wallet"])
    if amount:
        await hub.call("top_up", wallet=name, amount=amount)
    return name
