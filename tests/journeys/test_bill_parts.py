"""Journeys: a fee that several pay is a bill of each, and the bills are the fee."""

from decimal import Decimal
from typing import Any

from .conftest import Hub


def total(bills: list[dict[str, Any]]) -> Decimal:
    """Sum up what is asked for."""
    return sum((Decimal(bill["total"]) for bill in bills), Decimal())


async def test_the_lifts_repair_is_asked_of_each_flat(hub: Hub) -> None:
    """Three flats by their area: three bills with numbers of their own that add up to the cent."""
    flats: list[str] = []
    for name, area in (("Flat 1", "50"), ("Flat 2", "30"), ("Flat 3", "20.5")):
        opened = await hub.call("open_wallet", unit=name, purpose="utility")
        await hub.call("top_up", wallet=opened["wallet"], amount="500", channel="cash")
        told = await hub.call("set_unit", name=name, area=area, owner=opened["wallet"])
        flats.append(told["unit"])
    lift = (await hub.call("open_wallet", unit="Lift", purpose="utility", kind="shared"))["wallet"]
    await hub.call("set_shares", wallet=lift, by="area", members=[{"member": one} for one in flats])
    lines = [{"text": "Repair", "amount": "100.01", "tax": "11.51"}]
    for _ in range(2):
        billed = await hub.call(
            "create_bill", wallet=lift, category="utility", lines=lines, reference="job 7"
        )
    parts = billed["parts"]
    assert [one["number"][-6:] for one in parts] == ["000001", "000002", "000003"]
    assert [one["state"] for one in parts] == ["paid"] * 3
    assert total(parts) == Decimal("100.01")
    assert sum(Decimal(one["tax"]) for one in parts) == Decimal("11.51")
    assert {one["lines"][0]["trace"]["share"]["wallet"] for one in parts} == {lift}
    assert (await hub.call("list_bills", closed=True))["count"] == 3
    assert (await hub.call("verify_ledger"))["problem"] in (None, "")


async def test_a_fee_is_divided_when_the_tenant_changes(hub: Hub) -> None:
    """Billed for the year; who moves out gets the rest of it back, and who comes pays it."""
    wallets: list[str] = []
    for name in ("Old", "New"):
        opened = await hub.call("open_wallet", unit=name, purpose="utility")
        await hub.call("top_up", wallet=opened["wallet"], amount="1000", channel="cash")
        wallets.append(opened["wallet"])
    old, new = wallets
    unit = (await hub.call("set_unit", name="Flat 9", owner=old))["unit"]
    await hub.call(
        "set_recurring",
        name="Lift",
        category="utility",
        unit=unit,
        amount="365.00",
        every="year",
        anniversary=True,
    )
    await hub.call("run_billing")
    (whole,) = (await hub.call("list_bills", closed=True))["bills"]
    assert (whole["wallet"], whole["state"]) == (old, "paid")
    await hub.call("move_in", unit=unit, wallet=new)
    bills = (await hub.call("list_bills", closed=True))["bills"]
    live = [one for one in bills if one["state"] != "void"]
    assert [one["credit_note"] is not None for one in bills] == [True, False, False]
    assert total(live) == Decimal(whole["total"])
    assert {one["wallet"] for one in live} == {old, new}
    first, rest = sorted(live, key=lambda one: str(one["from"]))
    assert (first["wallet"], first["from"], first["to"]) == (old, whole["from"], whole["from"])
    assert (rest["wallet"], rest["to"]) == (new, whole["to"])
    assert (await hub.call("verify_ledger"))["problem"] in (None, "")
