"""Money at its edges, through a running hub: a cap of the day, a part of a month, a sum that is the ledger's."""

import csv
from decimal import Decimal
import io
from typing import Any

from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .accounts import all_entries, is_sound
from .conftest import Hub
from .steps import paid_meter, shows
from .test_bills import has_bills, tenant, turn_to


async def test_a_debt_takes_no_more_in_a_day_than_its_cap(hub: Hub) -> None:
    """Row P2: three top-ups of 100 in a day pay 50 in all; the next day another 20 of a hundred."""
    turn_to(hub, 2028, 1, 10)
    await hub.call("open_wallet", unit="Flat 1")
    await hub.call(
        "record_debt",
        wallet="w1",
        category="utility",
        amount="500",
        share="20",
        day_cap="50",
        reason="old",
    )
    paid = []
    for number in range(3):
        told = await hub.call("top_up", wallet="w1", amount="100", reference=f"r{number}")
        paid.append(told["recovered"].get("utility", "0.00"))
    assert paid == ["20.00", "20.00", "10.00"]
    again = await hub.call("top_up", wallet="w1", amount="100", reference="r2")
    assert again["repeated"]
    await hub.restart()
    turn_to(hub, 2028, 1, 10)
    told = await hub.call("top_up", wallet="w1", amount="100", reference="r3")
    assert told["recovered"] == {}
    turn_to(hub, 2028, 1, 11)
    told = await hub.call("top_up", wallet="w1", amount="100", reference="r4")
    assert told["recovered"] == {"utility": "20.00"}
    assert (await hub.wallet("w1"))["debts"][0]["owed"] == "430.00"
    await is_sound(hub.data.books)


async def test_a_dry_run_of_a_good_batch_books_nothing(hub: Hub) -> None:
    """Row 26: the clerk asks what it comes to; only sending it pays."""
    for number in (1, 2):
        await hub.call("open_wallet", unit=f"Flat {number}")
    rows = [{"wallet": f"w{number}", "amount": "10.00"} for number in (1, 2)]
    before = len(await all_entries(hub.data.books))
    tried = await hub.call("batch_top_up", rows=rows, dry_run=True, reference="b1")
    assert (tried["total"], tried["credited"], tried["bad"]) == ("20.00", 0, [])
    assert len(await all_entries(hub.data.books)) == before
    assert (await hub.call("batch_top_up", rows=rows, reference="b1"))["credited"] == 2
    assert (await hub.wallet("w2"))["balance"] == "10.00"


async def test_who_moves_in_in_the_middle_pays_the_rest_of_the_month(hub: Hub) -> None:
    """Row 50: from 16 to 29 February of a leap year are 14 of 29 days; then whole months."""
    await tenant(hub, "5000")
    turn_to(hub, 2028, 2, 16)
    await hub.call(
        "set_recurring",
        wallet="w1",
        name="Rent",
        category="rent",
        amount="1450.00",
        day=31,
        first="2028-02-16",
        last="2028-04-10",
        reference="contract 8",
    )
    turn_to(hub, 2028, 4, 30)
    bills = await has_bills(hub, 3)
    assert [(bill["due_on"], bill["total"]) for bill in bills] == [
        ("2028-02-29", "700.00"),
        ("2028-03-31", "1450.00"),
        ("2028-04-10", "483.33"),
    ]
    assert (await hub.wallet("w1"))["available"] == "2366.67"
    await is_sound(hub.data.books)


async def test_every_sum_of_a_statement_is_the_ledgers(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Row 35: opening and lines come to the closing, kind by kind, as data and as a table."""
    await hub.call("set_promotion", promotion="autumn", steps=[{"top_up": "100", "bonus": "20"}])
    await paid_meter(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=10)
    await shows(hub, "112.00")
    await hub.call("deduct", wallet="w1", amount="5.55", reason="key")
    await hub.call("refund", wallet="w1", amount="10", reason="too much")
    told = await hub.call("get_statement", wallet="w1")
    amounts = [Decimal(line["amount"]) for line in told["lines"]]
    assert Decimal(told["opening"]) + sum(amounts) == Decimal(told["closing"])
    kinds: dict[str, Decimal] = {}
    for line in told["lines"]:
        kinds[line["kind"]] = kinds.get(line["kind"], Decimal()) + Decimal(line["amount"])
    assert {kind: str(amount) for kind, amount in kinds.items() if amount} == told["kinds"]
    assert told["closing"] == (await hub.wallet("w1"))["balance"]
    assert (told["usage"][0]["quantity"], told["usage"][0]["cost"]) == ("10", "8.00")
    table = await hub.call("get_statement", wallet="w1", form="csv", language="en")
    rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(table["csv"])))
    assert sum(Decimal(row["Amount"]) for row in rows) == sum(amounts)
    later = await hub.call("get_statement", wallet="w1", since=told["until"])
    assert (later["opening"], later["closing"]) == (told["closing"], told["closing"])
    await is_sound(hub.data.books)


async def test_a_register_of_thirty_digits_stops_nobody(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A slip in one form is refused, and the house goes on being charged and cut as before."""
    await paid_meter(hub, modbus_line, modbus_device)
    for action, fields in (
        ("replace_meter", {"final_register": "9" * 30, "start_register": "0", "reason": "swap"}),
        ("replace_meter", {"final_register": "1e20", "start_register": "0", "reason": "swap"}),
        ("bind_meter", {"wallet": "w1", "tariff": "home", "from_register": "1e999999"}),
        (
            "import_readings",
            {"readings": [{"at": "2026-01-01 00:00:00", "register": "9" * 30}]},
        ),
    ):
        with pytest.raises(ServiceValidationError):
            await hub.call(action, meter="m1", **fields)
    modbus_device.add(kwh=10)
    await shows(hub, "92.00")
    await hub.restart()
    assert (await hub.wallet("w1"))["balance"] == "92.00"
    await is_sound(hub.data.books)
