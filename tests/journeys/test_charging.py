"""Journey 1: top up, use, and the balance is exact, also after a restart."""

from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .conftest import Hub, bound_meter


async def test_ten_kilowatt_hours_at_80_cents_leave_92_of_100(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """The tenant who topped up 100 must find 92.00 after 10 kWh, to the cent, restart or not."""
    await bound_meter(hub, modbus_line, modbus_device)
    await hub.call("top_up", wallet="w1", amount="100", channel="cash", reference="r1")
    modbus_device.add(kwh=10)

    async def charged() -> bool:
        return bool((await hub.wallet("w1"))["available"] == "92.00")

    await hub.until(charged)
    await hub.restart()
    assert (await hub.wallet("w1"))["available"] == "92.00"
    assert (await hub.wallet("w1"))["balance"] == "92.00"
    statement = await hub.call("get_statement", wallet="w1")
    assert (statement["received"], statement["spent"], statement["closing"]) == (
        "100.00",
        "8.00",
        "92.00",
    )
    verdict = await hub.call("verify_ledger")
    assert verdict["problem"] in (None, "")
