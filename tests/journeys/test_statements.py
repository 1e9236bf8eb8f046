"""A tenant asks what the money went on: the answer adds up, in words, as a table and on paper."""

import csv
import io

from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .conftest import Hub, bound_meter


async def used_up_to_the_second_tier(hub: Hub, line: ModbusLine, device: AcrelDdsy1352) -> None:
    """Twelve kilowatt-hours, ten of them at 2.00 and two at 3.00."""
    await bound_meter(hub, line, device)
    await hub.call(
        "publish_tariff",
        tariff="home",
        quantity="energy",
        tiers=[{"up_to": "10", "price": "2.00"}, {"price": "3.00"}],
    )
    await hub.call("top_up", wallet="w1", amount="100", reference="=1+1", reason="=cmd()")
    since = (await hub.meter("m1"))["read_at"]

    async def read_again() -> bool:
        return bool((await hub.meter("m1"))["read_at"] > since)

    await hub.until(read_again)
    device.add(kwh=12)

    async def charged() -> bool:
        return bool((await hub.wallet("w1"))["available"] == "74.00")

    await hub.until(charged)


async def test_a_charge_explains_itself_in_both_languages(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Who reads "26.00" must be able to see how it came about."""
    await used_up_to_the_second_tier(hub, modbus_line, modbus_device)
    english = await hub.call("get_statement", wallet="w1", language="en")
    chinese = await hub.call("get_statement", wallet="w1", language="zh-Hans")
    usage = [line["explained"] for line in english["lines"] if line["kind"] == "usage"]
    assert usage == ["12 kWh: 10 kWh at 2.00 + 2 kWh at 3.00"]
    usage = [line["explained"] for line in chinese["lines"] if line["kind"] == "usage"]
    assert usage == ["12 kWh：10 kWh × 2.00 + 2 kWh × 3.00"]
    assert english["kinds"] == {"top_up": "100.00", "usage": "-26.00"}


async def test_a_table_adds_up_and_runs_nothing(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """An accountant opens it in a spreadsheet, which must not take a reason for a formula."""
    await used_up_to_the_second_tier(hub, modbus_line, modbus_device)
    answer = await hub.call("get_statement", wallet="w1", form="csv", language="en")
    rows = list(csv.DictReader(io.StringIO(answer["csv"])))
    assert [row["Amount"] for row in rows] == ["100.00", "-26.00"]
    assert rows[-1]["Balance"] == answer["closing"] == "74.00"
    assert not any(cell.startswith("=") for row in rows for cell in row.values())


async def test_a_page_is_opened_by_its_link_and_by_nobody_else(
    hub: Hub,
    modbus_line: ModbusLine,
    modbus_device: AcrelDdsy1352,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    """A statement says how somebody lives: whoever has no link sees nothing of it."""
    await used_up_to_the_second_tier(hub, modbus_line, modbus_device)
    answer = await hub.call("get_statement", wallet="w1", form="page", language="zh-Hans")
    client = await hass_client_no_auth()
    page = await client.get(answer["url"])
    text = await page.text()
    assert page.status == 200
    assert "对账单" in text
    assert "12 kWh：10 kWh × 2.00 + 2 kWh × 3.00" in text
    assert "74.00" in text
    assert "<script" not in text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    bare = answer["url"].partition("?")[0]
    assert (await client.get(bare)).status == 401
    other = answer["url"].replace("/w1?", "/w2?")
    assert (await client.get(other)).status == 401


async def test_a_link_that_was_tampered_with_says_what_to_do(
    hub: Hub, hass_admin_user: object, hass_client: ClientSessionGenerator
) -> None:
    """A time without a zone is refused in words, not guessed."""
    client = await hass_client()
    url = f"/api/prepaid_parking/statement/{hub.entry.entry_id}"
    assert (await client.get(f"{url}/w1?since=2026-11-01")).status == 400
    assert (await client.get(f"{url}/w9")).status == 400
    assert (await client.get("/api/prepaid_parking/statement/none/w1")).status == 404


async def test_a_page_is_not_filled_with_charges_of_a_cent(
    hub: Hub,
    modbus_line: ModbusLine,
    modbus_device: AcrelDdsy1352,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    """Near the cut-off every look is a charge: on paper they are one row, as data each is there."""
    await used_up_to_the_second_tier(hub, modbus_line, modbus_device)
    await hub.call("get_statement", wallet="w1")  # Asking posts what was used.
    for left in ("73.70", "73.40", "73.10"):
        modbus_device.add(kwh="0.1")

        async def charged(left: str = left) -> bool:
            return bool((await hub.wallet("w1"))["available"] == left)

        await hub.until(charged)
        await hub.call("get_statement", wallet="w1")
    answer = await hub.call("get_statement", wallet="w1", form="page", language="en")
    assert [line["amount"] for line in answer["lines"] if line["kind"] == "usage"] == [
        "-26.00",
        *["-0.30"] * 3,
    ]
    client = await hass_client_no_auth()
    text = await (await client.get(answer["url"])).text()
    assert text.count("3 charges, ") == 1
    assert "0.3 kWh at 3.00" in text
    assert "-0.90" in text
    assert "-0.30" not in text
    assert text.count("73.10") >= 3  # On the card, after the row, and at the end.
