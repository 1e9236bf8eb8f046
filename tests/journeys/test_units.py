"""Journeys of a house: tenants come and go, the light is shared, and what is lost is said."""

from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.prepaid_parking.operations.facts import Hinted
from custom_components.prepaid_parking.operations.tamper import look_for_hints
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .buildings import house, wallet
from .conftest import Hub
from .steps import reads, repair_shown, repairs, shows


async def test_the_tenant_changes_in_one_step(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Two bills, no kilowatt-hour in both, a photo of the display, and the old wallet settled."""
    flat, *_ = await house(hub, modbus_line, modbus_device)
    old, new = await wallet(hub, "Flat 1"), await wallet(hub, "waiting", "50")
    await hub.call("bind_meter", meter="m1", wallet=old, tariff="home")
    await hub.call("set_unit", name="Flat 1", meters=["m1"], area="50", persons=2)
    await hub.call("move_in", unit="Flat 1", wallet=old, reference="lease 1")
    flat.add(kwh=10)
    await shows(hub, "92.00", wallet=old)
    moved = await hub.call(
        "move",
        unit="Flat 1",
        wallet=new,
        readings=[{"meter": "m1", "register": "1010", "photo": "media/1"}],
        settle=True,
        reference="lease 2",
    )
    assert (moved["settled"], moved["meters"][0]["register"]) == ("92.00", "1010")
    flat.add(kwh=5)
    await shows(hub, "46.00", wallet=new)
    await hub.restart()
    again = await hub.call(
        "move",
        unit="Flat 1",
        wallet=new,
        readings=[{"meter": "m1", "register": "1010", "photo": "media/1"}],
        settle=True,
        reference="lease 2",
    )
    assert (again["repeated"], again["entry"]) == (True, moved["entry"])
    unit = await hub.call("get_unit", unit="u1")
    assert [one["wallet"] for one in unit["history"]] == [new, old]
    assert (unit["occupant"], unit["payer"], unit["vacant"]) == (new, new, False)
    assert (await hub.wallet(old))["state"] == "closed"
    assert (await hub.wallet(new))["unit"] == "Flat 1"
    assert (await hub.call("verify_ledger"))["problem"] in (None, "")


async def test_who_occupies_the_flat_is_meant_by_its_name(hub: Hub) -> None:
    """The old tenant's wallet is still open: a payment for "Flat 1" is the new tenant's."""
    old, new = await wallet(hub, "Flat 1"), await wallet(hub, "waiting", "50")
    await hub.call("set_unit", name="Flat 1")
    await hub.call("move_in", unit="Flat 1", wallet=old)
    await hub.call("move", unit="Flat 1", wallet=new)
    assert (await hub.call("top_up", wallet="Flat 1", amount="10"))["wallet"] == new
    parking = await hub.call("open_wallet", unit="Flat 1", purpose="parking")
    assert (await hub.wallet(str(parking["wallet"])))["unit_id"] == "u1"
    with pytest.raises(ServiceValidationError, match="several wallets"):
        await hub.call("top_up", wallet="Flat 1", amount="10")


async def test_a_vacant_flat_bills_its_owner(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """From the tenant's last kilowatt-hour on, the landlord pays; the list says which are vacant."""
    flat, *_ = await house(hub, modbus_line, modbus_device)
    tenant, owner = await wallet(hub, "Flat 1"), await wallet(hub, "Owner")
    await hub.call("bind_meter", meter="m1", wallet=tenant, tariff="home")
    await hub.call("set_unit", name="Flat 1", meters=["m1"], owner=owner)
    await hub.call("move_in", unit="u1", wallet=tenant, persons=3)
    flat.add(kwh=10)
    await shows(hub, "92.00", wallet=tenant)
    moved = await hub.call("move_out", unit="u1", reference="out")
    assert (moved["payer"], moved["unpaid"]) == (owner, [])
    flat.add(kwh=10)
    await shows(hub, "92.00", wallet=owner)
    assert (await hub.wallet(tenant))["available"] == "92.00"
    listed = await hub.call("list_units", vacant=True)
    assert [(one["unit"], one["persons"]) for one in listed["units"]] == [("u1", 0)]
    assert (await hub.meter("m1"))["unit_id"] == "u1"
    assert (await hub.call("list_meters", unit="Flat 1"))["count"] == 1


async def test_the_stairwells_light_is_paid_by_the_flats(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """One meter, several wallets: by area, to the cent, and never cut for one of them."""
    _, light, _ = await house(hub, modbus_line, modbus_device)
    first, second = await wallet(hub, "First"), await wallet(hub, "Second")
    shared = await wallet(hub, "Stairwell", "", kind="shared")
    listed = await hub.call(
        "import_units",
        csv=f"name;area;owner\nFlat 1;75;{first}\nFlat 2;25;{second}",
        reference="list 1",
    )
    assert (listed["new"], listed["refused"]) == (2, 0)
    await hub.call("bind_meter", meter="m2", wallet=shared, tariff="home")
    members = [{"member": "Flat 1"}, {"member": "u2"}]
    told = await hub.call("set_shares", wallet=shared, by="area", members=members, amount="10")
    assert [part["amount"] for part in told["parts"]] == ["7.50", "2.50"]
    light.add(kwh=10)
    await reads(hub, "1010", meter="m2")
    await hub.call("get_statement", wallet=shared)  # Posts what was used.
    assert [(await hub.wallet(one))["available"] for one in (first, second)] == ["94.00", "98.00"]
    statement = await hub.call("get_statement", wallet=first)
    assert statement["usage"][0]["quantity"] == "7.5"
    assert (await hub.wallet(shared))["available"] == "0.00"
    assert (await hub.meter("m2"))["supply"] == "on"


async def test_a_list_with_a_slip_changes_nothing(hub: Hub) -> None:
    """The dry run names the line and says what is wrong with it, in words."""
    csv = "name,area,persons\nFlat 1,50,2\nFlat 2,large,1\nFlat 1,20,1"
    told = await hub.call("import_units", csv=csv, dry_run=True)
    assert (told["new"], told["refused"]) == (1, 2)
    assert [bool(line["problem"]) for line in told["lines"]] == [False, True, True]
    assert told["lines"][1]["problem"] == "large is not a number"
    assert (await hub.call("list_units"))["count"] == 0


async def test_a_main_meter_shows_what_is_lost_and_warns_above_the_limit(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """3 % is shown and nobody's concern; the alarm is at 8 %."""
    flat, light, main = await house(hub, modbus_line, modbus_device)
    for meter in ("m1", "m2"):
        await hub.call("update_meter", meter=meter, main="Main")
    flat.add(kwh=60)
    light.add(kwh=37)
    main.add(kwh=100)
    for meter, register in (("m1", "1060"), ("m2", "1037"), ("m3", "1100")):
        await reads(hub, register, meter=meter)
    report = await hub.call("loss_report", main="m3", since="2026-01-01 00:00:00")
    assert (report["loss"], report["percent"], report["alarm"]) == ("3", "3.00", False)
    main.add(kwh=10)
    await reads(hub, "1110", meter="m3")
    report = await hub.call("loss_report", main="m3", since="2026-01-01 00:00:00")
    assert (report["percent"], report["limit"], report["alarm"]) == ("11.81", "8.00", True)


async def test_consumption_while_off_is_a_hint(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """The relay is open and the register runs: an event, a repair and a list with the numbers."""
    flat, *_ = await house(hub, modbus_line, modbus_device)
    payer = await wallet(hub, "Flat 1", "")
    await hub.call("bind_meter", meter="m1", wallet=payer, tariff="home")
    await hub.call("cut_supply", meter="m1", reason="works")

    async def off() -> bool:
        return bool((await hub.meter("m1"))["supply"] == "held")

    await hub.until(off, 20)
    flat.add(kwh=1)
    await reads(hub, "1001")

    async def hinted() -> bool:
        await look_for_hints(hub.data.site, hub.data.site.clock())
        return any(isinstance(fact, Hinted) for fact in hub.facts)

    await hub.until(hinted, 20)
    await repair_shown(hub, "hint_used_while_off")
    (hint,) = (await hub.call("list_hints", meter="m1"))["hints"]
    assert (hint["kind"], hint["found"], hint["unit"]) == ("used_while_off", "1", "kWh")
    assert (await hub.wallet(payer))["available"] == "-0.80"
    await hub.call("restore_supply", meter="m1", reason="done")

    async def over() -> bool:
        await look_for_hints(hub.data.site, hub.data.site.clock())
        return "hint_used_while_off" not in repairs(hub)

    await hub.until(over, 20)
