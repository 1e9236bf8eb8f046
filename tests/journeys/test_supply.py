"""Journeys 2, 3 and 11: warned, cut, restored; never by surprise, never against a person's word."""

from typing import Any

from custom_components.prepaid_parking.operations.facts import SupplyTrouble, WalletFact
from custom_components.prepaid_parking.simulator.acrel import AcrelDdsy1352
from custom_components.prepaid_parking.simulator.line import ModbusLine

from .conftest import Hub, bound_meter
from .steps import look, nothing_is_sent

FORCE = 0x0057
TRIP = (1, 1)
CLOSE = (1, 0)
WRITE_REGISTERS = 16


async def shows(hub: Hub, state: str, within: float = 10.0) -> None:
    """Wait until the meter's supply shows a state."""
    look(hub)

    async def said() -> bool:
        return bool((await hub.meter("m1"))["supply"] == state)

    await hub.until(said, within)


async def ready(
    hub: Hub, line: ModbusLine, device: AcrelDdsy1352, amount: str = "8", **more: Any
) -> None:
    """A bound meter that is seen on, a wallet with some money, no grace."""
    await bound_meter(hub, line, device, **more)
    await hub.call("set_policy", policy="standard", grace_hours=0, alert="5", alert2="1")
    await hub.call("top_up", wallet="w1", amount=amount, channel="cash")
    await shows(hub, "on")


def events(hub: Hub) -> list[str]:
    """Return what was said of the wallet so far."""
    return [str(fact.event) for fact in hub.facts if isinstance(fact, WalletFact)]


async def test_an_empty_wallet_is_warned_and_cut_and_comes_back_when_paid(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """The loop of the product: the tenant is told, the meter trips, a payment brings it back."""
    await ready(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=12)
    await modbus_line.log.seen(
        unit=1, function=WRITE_REGISTERS, address=FORCE, values=TRIP, timeout=10
    )
    await shows(hub, "off")
    assert not modbus_device.contacts.closed
    assert (await hub.wallet("w1"))["state"] == "cut_off"
    said = events(hub)
    assert said.index("low") < said.index("grace") < said.index("cut_off")

    modbus_line.log.clear()
    await hub.call("top_up", wallet="w1", amount="50", channel="cash")
    await modbus_line.log.seen(
        unit=1, function=WRITE_REGISTERS, address=FORCE, values=CLOSE, timeout=10
    )
    await shows(hub, "on")
    assert modbus_device.contacts.closed
    assert len(modbus_line.log.writes(1)) == 1
    assert "restored" in events(hub)


async def test_an_armed_supply_waits_for_a_confirmation(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A stove left on must not come back while nobody is at home."""
    await ready(hub, modbus_line, modbus_device, restore="armed")
    modbus_device.add(kwh=12)
    await shows(hub, "off")
    modbus_line.log.clear()
    await hub.call("top_up", wallet="w1", amount="50", channel="cash")
    await shows(hub, "armed")
    await nothing_is_sent(hub, modbus_line)
    await hub.call("confirm_restore", meter="m1")
    await shows(hub, "on")


async def test_a_supply_switched_off_by_hand_stays_off_when_paid(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """An electrician who switched off at the meter must not be surprised by a payment."""
    await ready(hub, modbus_line, modbus_device)
    modbus_device.contacts.by_hand(closed=False)
    await shows(hub, "held")
    modbus_line.log.clear()
    await hub.call("top_up", wallet="w1", amount="50", channel="cash")
    await nothing_is_sent(hub, modbus_line)
    await hub.call("restore_supply", meter="m1", reason="work is done")
    await shows(hub, "on")


async def test_a_lockout_blocks_every_switching_on(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Somebody has their hands in the wiring: no payment and no manager switches on."""
    await ready(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=12)
    await shows(hub, "off")
    await hub.call("set_lockout", meter="m1", reason="wiring is open")
    modbus_line.log.clear()
    await hub.call("top_up", wallet="w1", amount="50", channel="cash")
    await shows(hub, "held")
    await nothing_is_sent(hub, modbus_line)
    await hub.call("release_lockout", meter="m1", reason="closed again")
    await shows(hub, "on")


async def test_a_relay_that_acknowledges_and_does_not_move_is_a_fault(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A supply that is still on must never be shown as off, and somebody must be told."""
    modbus_device.contacts.stuck = True
    await ready(hub, modbus_line, modbus_device, latency=1)
    modbus_device.add(kwh=12)
    await shows(hub, "fault", within=20)
    assert len(modbus_line.log.writes(1)) == 3
    assert any(isinstance(fact, SupplyTrouble) and fact.fault for fact in hub.facts)


async def test_a_write_refused_for_a_while_is_done_as_soon_as_it_is_taken(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """A device busy with itself for longer than three tries take is cut then, not an hour later."""
    await ready(hub, modbus_line, modbus_device)
    modbus_device.faults.refuse_writes(8)
    modbus_device.add(kwh=12)
    await shows(hub, "off", within=25)


async def test_a_supply_switched_on_by_hand_below_zero_is_off_again(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Pressing the meter's button is not paying."""
    await ready(hub, modbus_line, modbus_device)
    modbus_device.add(kwh=12)
    await shows(hub, "off")
    modbus_line.log.clear()
    modbus_device.contacts.by_hand(closed=True)
    await modbus_line.log.seen(unit=1, address=FORCE, values=TRIP, timeout=5)
    await shows(hub, "off")


async def test_credit_used_up_while_the_hub_was_down_is_charged_then_warned_then_cut(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """An outage of ours costs nobody money and nobody their grace."""
    await ready(hub, modbus_line, modbus_device)
    await hub.call("set_policy", policy="standard", grace_hours=24)
    await hub.stop()
    modbus_device.add(kwh=12)
    modbus_line.log.clear()
    await hub.start()

    async def grace() -> bool:
        wallet = await hub.wallet("w1")
        return (wallet["available"], wallet["state"]) == ("-1.60", "grace")

    await hub.until(grace)
    assert "grace" in events(hub)
    await nothing_is_sent(hub, modbus_line)
    await hub.call("set_policy", policy="standard", grace_hours=0)
    await shows(hub, "off")


async def test_a_protected_supply_gets_no_frame(
    hub: Hub, modbus_line: ModbusLine, modbus_device: AcrelDdsy1352
) -> None:
    """Somebody breathes by that socket."""
    await ready(hub, modbus_line, modbus_device)
    await hub.call("set_protection", meter="m1", protected=True, reason="medical")
    modbus_line.log.clear()
    modbus_device.add(kwh=12)

    async def due() -> bool:
        return bool((await hub.meter("m1"))["why"] == "protected")

    await hub.until(due)
    assert not modbus_line.log.writes(1)
