"""Charges for days, as a tenant finds them: thirty days away cost thirty days, and say so."""

from datetime import UTC, datetime

from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .accounts import is_sound
from .conftest import Hub, bound_meter


async def test_thirty_days_without_use_are_thirty_days_charged(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Away for a month, with the hub off for half of it: 10.00 and the minimum, each explained."""
    await bound_meter(hub, modbus_line, modbus_device)
    await hub.call("top_up", wallet="w1", amount="100", channel="cash")
    year = datetime.now(UTC).year + 1
    await hub.call(
        "publish_tariff",
        tariff="home",
        quantity="energy",
        price="0.80",
        standing=[{"name": "meter", "price": "10.00"}],
        minimum={"price": "15.00"},
        valid_from=f"{year}-07-01T00:00:00",
    )
    zone = hub.data.site.zone

    def turn_to(month: int, day: int) -> None:
        hub.data.site.clock = lambda: datetime(year, month, day, 12, tzinfo=zone).astimezone(UTC)

    async def has(available: str) -> None:
        async def said() -> bool:
            return bool((await hub.wallet("w1"))["available"] == available)

        await hub.data.keeper.tick()
        await hub.until(said, 30)

    turn_to(7, 1)
    await has("99.68")  # 1/31 of 10.00, what is below the cent is carried
    await hub.restart()
    turn_to(7, 15)
    await has("95.17")
    await hub.restart()
    turn_to(7, 31)
    await has("90.00")
    turn_to(8, 1)
    await has("74.68")  # July used nothing: 15.00; and the first day of August
    await is_sound(hub.data.books)
    statement = await hub.call("get_statement", wallet="w1")
    kinds = [line["kind"] for line in statement["lines"]]
    assert kinds.count("standing") == 4
    assert kinds.count("minimum") == 1
    explained = [line.get("explained", "") for line in statement["lines"]]
    assert any(text.startswith("meter, ") for text in explained)
