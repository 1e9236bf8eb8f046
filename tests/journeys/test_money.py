"""Journeys of a wallet's money: gifts, points, debts, batches, moving in and out, and the wall between."""

from typing import Any

from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .conftest import Hub, bound_meter, line_data, meter_data
from .steps import attend, paid_meter, repair_shown, repairs, shows

FIVE_BRING_ONE: Any = [{"top_up": "500", "bonus": "100"}]


async def buckets(hub: Hub, wallet: str = "w1") -> dict[str, Any]:
    """What a wallet is made of, empty parts left out."""
    told: dict[str, Any] = (await hub.wallet(wallet))["buckets"]
    return {name: part for name, part in told.items() if part not in ("0.00", 0, {})}


@pytest.mark.parametrize(
    ("back", "paid_out", "taken"),
    [
        ("cash_first", "450.00", "100.00"),
        ("bonus_first", "500.00", "50.00"),
        ("ratio", "458.33", "91.67"),
        ("forfeit", "500.00", "50.00"),
    ],
)
async def test_five_hundred_bring_a_hundred_and_a_refund_follows_the_rule(
    hub: Hub,
    modbus_line: ModbusLine,
    modbus_device: AcrelDdsy1352,
    back: str,
    paid_out: str,
    taken: str,
) -> None:
    """Row 46: top up 500, use 50.00 through the meter, and the refund is what the poster says."""
    await bound_meter(hub, modbus_line, modbus_device)
    await hub.call("publish_tariff", tariff="home", quantity="energy", price="8.00")
    await hub.call("set_promotion", promotion="autumn", steps=FIVE_BRING_ONE, back=back)
    told = await hub.call("top_up", wallet="w1", amount="500", reference="r1")
    assert (told["bonus"], told["balance"]) == ("100.00", "600.00")
    await attend(hub)  # so that all of it is used at the new price
    modbus_device.add(kwh="6.25")
    await shows(hub, "550.00")
    await hub.restart()
    with pytest.raises(ServiceValidationError) as refused:
        await hub.call("refund", wallet="w1", amount="500.01", reason="left", reference="f0")
    assert refused.value.translation_key in ("more_than_refundable", "not_enough_money")
    gone = await hub.call("refund", wallet="w1", amount=paid_out, reason="left", reference="f1")
    assert (gone["bonus_taken_back"], gone["balance"]) == (taken, "0.00")
    assert (await hub.call("verify_ledger"))["problem"] is None


async def test_points_are_earned_spent_and_taken_back(hub: Hub) -> None:
    """Row 43: points for a top-up, bonus for points, and a refund takes back what came with its cash."""
    await hub.call("set_points", points=1, per="1.00", spend_points=100, worth="1.00")
    await hub.call("open_wallet", unit="Flat 1")
    await hub.call("top_up", wallet="w1", amount="500")
    await hub.call("spend_points", wallet="w1", points=200)
    assert await buckets(hub) == {"cash": "500.00", "bonus": "2.00", "points": 300}
    await hub.call("refund", wallet="w1", amount="500", reason="left")
    assert await buckets(hub) == {"bonus": "2.00"}
    with pytest.raises(ServiceValidationError):
        await hub.call("refund", wallet="w1", amount="2.00", reason="left")


async def test_a_hundred_pays_twenty_of_the_debt_and_eighty_are_credit(hub: Hub) -> None:
    """Row P2, by the desk's own words; and a debt of another purpose is refused."""
    await hub.call("open_wallet", unit="Flat 1")
    await hub.call(
        "record_debt", wallet="w1", category="utility", amount="500", share="20", reason="old"
    )
    told = await hub.call("top_up", wallet="w1", amount="100", reference="r1")
    assert (told["recovered"], told["available"]) == ({"utility": "20.00"}, "80.00")
    assert (await hub.wallet("w1"))["debts"][0]["owed"] == "480.00"
    for category in ("rent", "property", "parking", "service"):
        with pytest.raises(ServiceValidationError):
            await hub.call("record_debt", wallet="w1", category=category, amount="1", reason="rent")


async def test_an_enterprise_tops_up_a_hundred_flats_with_one_number(hub: Hub) -> None:
    """Row 26: two bad lines of a hundred are listed, nothing is booked; mended and sent twice, once."""
    for number in range(100):
        await hub.call("open_wallet", unit=f"Flat {number + 1}", kind="enterprise")
    lines = [f"Flat {number + 1},10.00" for number in range(100)]
    broken = [*lines]
    broken[16], broken[41] = "Flat 777,10.00", "Flat 42,ten"

    async def send(rows: list[str], **more: Any) -> dict[str, Any]:
        return await hub.call(
            "batch_top_up", csv="\n".join(["wallet,amount", *rows]), reference="Acme 11", **more
        )

    dry = await send(broken, dry_run=True)
    assert [(one["row"], one["problem"]) for one in dry["bad"]] == [
        (17, "unknown_wallet"),
        (42, "not_a_number"),
    ]
    assert (await send(broken))["credited"] == 0
    first, second = await send(lines), await send(lines)
    assert (first["credited"], second["credited"], second["repeated"]) == (100, 0, 100)
    assert (first["total"], second["total"]) == ("1000.00", "1000.00")
    with pytest.raises(ServiceValidationError) as refused:
        await send([*lines[:-1], "Flat 100,11.00"])
    assert refused.value.translation_key == "reference_reused"
    listed = await hub.call("list_wallets", limit=1000)
    assert {one["balance"] for one in listed["wallets"]} == {"10.00"}


@pytest.mark.parametrize(
    ("paid", "settled", "result"),
    [("100", "92.00", "refund"), ("1", "-7.00", "pay_up"), ("8", "0.00", "zero")],
)
async def test_a_flat_is_opened_with_its_meter_and_closed_with_a_settlement(
    hub: Hub,
    modbus_line: ModbusLine,
    modbus_device: AcrelDdsy1352,
    paid: str,
    settled: str,
    result: str,
) -> None:
    """Rows P5 and 55: in with a first register, out with the last one, settled plus, minus or even."""
    line_id = await hub.add("line", "Line", "line:1", line_data(modbus_line))
    await hub.add("meter", "Flat 3-201", "meter:1", meter_data(line_id, modbus_device))

    async def read() -> bool:
        return bool((await hub.meter("m1"))["register"] == "1000")

    await hub.until(read)
    await hub.call("publish_tariff", tariff="home", quantity="energy", price="0.80")
    told = await hub.call(
        "open_wallet",
        unit="Flat 3-201",
        meter="Flat 3-201",
        tariff="home",
        from_register="995",
        reference="contract 1",
    )
    assert told["wallet"] == "w1"
    assert (await hub.meter("m1"))["wallet"] == "w1"
    await hub.call("top_up", wallet="w1", amount=paid)
    modbus_device.add(kwh=5)

    async def used() -> bool:
        return bool((await hub.meter("m1"))["register"] == "1005")

    await hub.until(used)
    closed = await hub.call("close_wallet", wallet="w1", reason="left", reference="handover 1")
    assert (closed["settled"], closed["result"]) == (settled, result)
    assert [(one["meter"], one["register"]) for one in closed["meters"]] == [("m1", "1005")]
    assert await buckets(hub) == {}
    assert (await hub.meter("m1"))["wallet"] is None
    assert (await hub.wallet("w1"))["state"] == "closed"
    again = await hub.call("close_wallet", wallet="w1", reason="left", reference="handover 1")
    assert (again["repeated"], again["settled"]) == (True, settled)


async def test_a_mistake_is_taken_back_by_an_entry_that_names_it(hub: Hub) -> None:
    """Row P8: the wrong wallet was topped up; both entries stay, the money is where it belongs."""
    for unit in ("Flat 1", "Flat 2"):
        await hub.call("open_wallet", unit=unit)
    wrong = await hub.call("top_up", wallet="w1", amount="50")
    back = await hub.call("reverse_entry", entry=wrong["entry"], reason="wrong flat")
    assert (back["reverses"], back["balance"]) == (wrong["entry"], "0.00")
    with pytest.raises(ServiceValidationError) as refused:
        await hub.call("reverse_entry", entry=wrong["entry"], reason="again")
    assert refused.value.translation_key == "already_reversed"
    statement = await hub.call("get_statement", wallet="w1")
    assert (statement["received"], statement["spent"]) == ("50.00", "50.00")


async def test_a_wrong_quantity_is_charged_anew_by_an_entry_that_names_it(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Row P8: ten kilowatt-hours were charged, two were the lift's: 1.60 comes back, the register stays."""
    await paid_meter(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=10)
    await shows(hub, "92.00")
    lines = (await hub.call("get_statement", wallet="w1"))["lines"]
    entry = next(one["entry"] for one in lines if one["kind"] == "usage")
    for repeated in (False, True):
        told = await hub.call(
            "adjust_usage", entry=entry, quantity="8", reason="lift", reference="k1"
        )
        assert (told["repeated"], told["amount"], told["available"]) == (repeated, "-1.60", "93.60")
    statement = await hub.call("get_statement", wallet="w1")
    assert (statement["usage"][0]["quantity"], statement["usage"][0]["cost"]) == ("8", "6.40")
    assert (await hub.meter("m1"))["register"] == "1010"
    with pytest.raises(ServiceValidationError):
        await hub.call("adjust_usage", entry=1, quantity="8", reason="lift")


async def test_one_flat_has_three_purposes_and_no_way_from_one_to_another(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Rows N1 and N12: rent and parking are owed, the light stays on, and no order moves money across."""
    await paid_meter(hub, modbus_line, modbus_device, "50")
    wallets = {"utility": "w1"}
    for purpose in ("property", "parking"):
        told = await hub.call("open_wallet", unit="Flat 3-201 too", purpose=purpose)
        wallets[purpose] = told["wallet"]
    await hub.call(
        "record_debt", wallet=wallets["property"], category="rent", amount="9000", reason="rent"
    )
    await hub.call(
        "record_debt", wallet=wallets["parking"], category="parking", amount="900", reason="fees"
    )
    for target in ("property", "parking"):
        with pytest.raises(ServiceValidationError) as refused:
            await hub.call(
                "transfer", wallet="w1", to=wallets[target], amount="1", reason="rent is due"
            )
        assert refused.value.translation_key == "transfer_between_purposes"
    await hub.call("top_up", wallet="w1", amount="50")
    assert (await hub.wallet("w1"))["available"] == "100.00"
    assert (await hub.meter("m1"))["supply"] == "on"
    assert modbus_device.relay is not None
    assert modbus_device.relay.closed
    assert not modbus_line.log.writes(modbus_device.unit)


async def test_customers_money_that_is_missing_at_the_bank_is_a_repair(hub: Hub) -> None:
    """The owner of the account learns it from the hub, and the hub stops saying so when it is mended."""
    await hub.call("open_wallet", unit="Flat 1")
    await hub.call("top_up", wallet="w1", amount="500")
    told = await hub.call("prove_account", statement="499.99", reference="bank 1")
    assert (told["liabilities"], told["difference"], told["problem"]) == (
        "500.00",
        "-0.01",
        "short",
    )
    await repair_shown(hub, "proof_short")
    await hub.restart()
    assert "proof_short" in repairs(hub)
    await hub.call("prove_account", statement="500.00", reference="bank 2")
    assert "proof_short" not in repairs(hub)
