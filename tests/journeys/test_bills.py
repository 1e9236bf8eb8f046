"""Bills and rent, as the people of a house meet them: actions, entities, and what happens over a year."""

from datetime import UTC, datetime
from typing import Any

from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.prepaid_parking.operations.facts import WalletFact
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .accounts import is_sound
from .conftest import Hub
from .steps import meter_shows, paid_meter


def turn_to(hub: Hub, *when: int) -> None:
    """Let it be that day, at noon."""
    year, month, day = when
    now = datetime(year, month, day, 12, tzinfo=UTC)
    hub.data.site.clock = lambda: now


async def tenant(hub: Hub, money: str = "") -> None:
    """Open a wallet for rent and fees."""
    await hub.call("open_wallet", unit="Flat 3-201", purpose="property")
    if money:
        await hub.call("top_up", wallet="w1", amount=money, channel="cash")


async def has_bills(hub: Hub, count: int, *, closed: bool = True) -> list[dict[str, Any]]:
    """Wait until there are so many bills."""

    async def there() -> bool:
        return bool((await hub.call("list_bills", closed=closed))["count"] == count)

    await hub.data.keeper.tick()
    await hub.until(there, 30)
    bills: list[dict[str, Any]] = (await hub.call("list_bills", closed=closed))["bills"]
    return bills


def said(hub: Hub) -> list[str]:
    """What was said of wallets, in order."""
    return [str(fact.event) for fact in hub.facts if isinstance(fact, WalletFact)]


async def test_a_bill_is_written_paid_in_parts_and_taken_back(hub: Hub) -> None:
    """The desk's whole day with one bill; restart or not, the sums agree."""
    await tenant(hub, "100")
    bill = await hub.call(
        "create_bill",
        wallet="w1",
        category="service",
        lines=[
            {"text": "Window pane", "amount": "180.00", "tax": "20.71"},
            {"text": "Call-out", "amount": "20.00", "income": "fees"},
        ],
        reference="job 17",
    )
    year = datetime.now(UTC).astimezone(hub.data.site.zone).year
    number = f"{year}-000001"
    assert (bill["number"], bill["state"], bill["open"]) == (number, "part_paid", "100.00")
    wallet = await hub.wallet("w1")
    assert (wallet["available"], wallet["arrears"]) == ("0.00", "100.00")
    assert [one["number"] for one in wallet["bills"]] == [number]
    await hub.restart()
    assert (await hub.call("get_bill", bill=number))["open"] == "100.00"
    with pytest.raises(ServiceValidationError) as refused:
        await hub.call("pay_bill", bill=number, amount="100.01", channel="cash")
    assert refused.value.translation_key == "bill_overpaid"
    paid = await hub.call("pay_bill", bill="b1", amount="40.00", channel="cash", reference="slip")
    assert (paid["state"], paid["open"]) == ("part_paid", "60.00")
    await hub.call("top_up", wallet="w1", amount="75", channel="cash")

    async def all_paid() -> bool:
        bill, wallet = await hub.call("get_bill", bill=number), await hub.wallet("w1")
        return (bill["state"], wallet["available"]) == ("paid", "15.00")

    await hub.until(all_paid)
    void = await hub.call("void_bill", bill=number, reason="was insured", reference="v")
    assert (void["state"], void["credit_note"]) == ("void", f"C{number}")
    assert (await hub.wallet("w1"))["available"] == "215.00"
    assert (await hub.call("list_bills"))["count"] == 0
    await is_sound(hub.data.books)


async def test_a_year_of_rent_is_twelve_bills(hub: Hub) -> None:
    """Clock + 1 year, over restarts and months of silence: no gap, no double, each on its day."""
    await tenant(hub, "2500")
    turn_to(hub, 2096, 1, 1)
    charge = await hub.call(
        "set_recurring",
        wallet="w1",
        name="Rent",
        category="rent",
        amount="1000.00",
        day=31,
        first="2096-01-01",
        reference="contract 7",
    )
    assert charge["next"]["due_on"] == "2096-01-31"
    coming = await hub.call("run_billing", dry_run=True, until="2096-12-31")
    assert (coming["count"], coming["total"]) == (12, "12000.00")
    assert (await hub.call("list_bills", closed=True))["count"] == 0
    turn_to(hub, 2096, 1, 31)
    await has_bills(hub, 1)
    await hub.restart()
    turn_to(hub, 2096, 2, 29)
    await has_bills(hub, 2)
    await hub.restart()
    turn_to(hub, 2096, 12, 31)
    bills = await has_bills(hub, 12)
    await hub.call("run_billing")
    await hub.restart()
    turn_to(hub, 2096, 12, 31)
    assert await has_bills(hub, 12) == bills
    assert [bill["number"] for bill in bills] == [f"2096-{number:06}" for number in range(1, 13)]
    assert [bill["due_on"][5:] for bill in bills] == [
        *("01-31", "02-29", "03-31", "04-30", "05-31", "06-30"),
        *("07-31", "08-31", "09-30", "10-31", "11-30", "12-31"),
    ]
    assert [bill["state"] for bill in bills[:4]] == ["paid", "paid", "part_paid", "issued"]
    assert (await hub.wallet("w1"))["arrears"] == "9500.00"

    async def shown() -> bool:
        states = [
            hub.hass.states.get(f"sensor.{name}_arrears")
            for name in ("demo_house", "flat_3_201_property_wallet")
        ]
        bills = hub.hass.states.get("sensor.flat_3_201_property_wallet_open_bills")
        assert bills is not None
        return [state.state for state in (*states, bills) if state] == ["9500.00", "9500.00", "10"]

    await hub.until(shown, 20)
    await is_sound(hub.data.books)


async def test_who_owes_the_rent_keeps_the_light(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Arrears and reminders for the rent; the relay hears nothing of it."""
    await paid_meter(hub, modbus_line, modbus_device, "50")
    await hub.call(
        "set_policy", policy="standard", grace_hours=0, no_cut_hours=[], no_cut_weekdays=[]
    )
    await hub.call("open_wallet", unit="Flat 3-201 rent", purpose="property")
    await hub.call(
        "create_bill",
        wallet="w2",
        category="rent",
        lines=[
            {"text": "Rent", "amount": "3000.00"},
        ],
    )
    with pytest.raises(ServiceValidationError) as refused:
        await hub.call(
            "create_bill",
            wallet="w1",
            category="rent",
            lines=[
                {"text": "Rent", "amount": "3000.00"},
            ],
        )
    assert refused.value.translation_key == "wallet_wrong_purpose"
    modbus_device.add(kwh=10)
    await meter_shows(hub, lambda one: bool(one["register"] == "1010"))
    assert (await hub.meter("m1"))["supply"] == "on"
    assert (await hub.wallet("w1"))["available"] == "42.00"
    assert (await hub.wallet("w2"))["arrears"] == "3000.00"
    assert not modbus_line.log.writes(modbus_device.unit)


async def test_a_bill_that_is_not_paid_is_asked_for_again(hub: Hub) -> None:
    """On the announced days, for the announced fee; what happened is told to automations."""
    await tenant(hub)
    await hub.call(
        "set_billing",
        category="rent",
        due_days=10,
        remind_days=[3],
        dunning=[{"days": 5}, {"days": 10, "fee": "20.00"}],
    )
    assert (await hub.call("list_billing"))["billing"][2]["dunning"][1]["fee"] == "20.00"
    turn_to(hub, 2096, 1, 1)
    await hub.call(
        "create_bill",
        wallet="w1",
        category="rent",
        lines=[
            {"text": "Rent", "amount": "3000.00"},
        ],
    )
    for day, event in ((8, "bill_due"), (16, "bill_overdue"), (21, "bill_overdue")):
        hub.facts.clear()
        turn_to(hub, 2096, 1, day)

        async def told(event: str = event) -> bool:
            return event in said(hub)

        await hub.until(told, 20)
    bills = await has_bills(hub, 2)
    assert [(bill["open"], bill["dunned"]) for bill in bills] == [("3000.00", 2), ("20.00", 0)]
    assert (await hub.call("list_bills", overdue=True))["count"] == 1


async def test_a_closed_month_is_closed(hub: Hub) -> None:
    """The accountant handed it in: nothing is dated back into it, also after a restart."""
    await tenant(hub)
    turn_to(hub, 2096, 2, 3)
    assert (await hub.call("close_month", month="2096-01"))["month"] == "2096-01"
    await hub.restart()
    turn_to(hub, 2096, 2, 3)
    for day, refusal in (("2096-01-31", "month_closed"), ("2096-02-04", "day_in_future")):
        with pytest.raises(ServiceValidationError) as refused:
            await hub.call(
                "create_bill",
                wallet="w1",
                category="rent",
                issued_on=day,
                lines=[{"text": "Rent", "amount": "10.00"}],
            )
        assert refused.value.translation_key == refusal
    lost = await hub.call(
        "create_bill",
        wallet="w1",
        category="rent",
        issued_on="2096-02-01",
        lines=[{"text": "Rent", "amount": "10.00"}],
    )
    gone = await hub.call("write_off_bill", bill=lost["bill"], reason="moved abroad")
    assert (gone["state"], gone["open"]) == ("written_off", "0.00")


async def test_a_draft_is_asked_for_when_somebody_says_so(hub: Hub) -> None:
    """Prepared in the evening, issued in the morning; an end of a charge is an end."""
    await tenant(hub, "500")
    draft = await hub.call(
        "create_bill",
        wallet="w1",
        category="property",
        draft=True,
        lines=[{"text": "Lift", "amount": "30.00"}],
        **{"from": "2026-11-01", "to": "2026-11-30"},
    )
    assert (draft["number"], draft["state"], draft["to"]) == (None, "draft", "2026-11-30")
    assert (await hub.call("issue_bill", bill=draft["bill"]))["state"] == "paid"
    charge = await hub.call(
        "set_recurring", wallet="w1", name="Fee", category="property", amount="5.00", remind=[2]
    )
    changed = await hub.call("set_recurring", recurring=charge["recurring"], amount="6.00")
    assert (changed["amount"], changed["every"], changed["remind"]) == ("6.00", "month", [2])
    assert (await hub.call("list_recurring", wallet="w1"))["count"] == 1
