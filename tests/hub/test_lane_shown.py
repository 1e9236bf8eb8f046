"""What the hub shows of a lane follows its wires, also while the site runs."""

import asyncio
from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.prepaid_parking.coordinator import LAST_CAR_EVERY_S, last_car
from custom_components.prepaid_parking.core.access import PlateRead
from custom_components.prepaid_parking.core.admission import Way
from custom_components.prepaid_parking.core.identity import LaneId, StayId
from custom_components.prepaid_parking.core.wallet import CredentialKind
from custom_components.prepaid_parking.operations.lane_facts import PassageKind, Passed
from custom_components.prepaid_parking.operations.lane_run import AtLane, Shown
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.relay_board import WaveshareRelay
from tests.journeys.conftest import Hub, line_data

SAFETY = {"family": "entity", "entity_id": "binary_sensor.arm", "inverted": False}


@pytest.fixture
def board(modbus_line: ModbusLine) -> WaveshareRelay:
    """A board on the line."""
    board = WaveshareRelay(unit=9)
    modbus_line.add(board)
    return board


async def lane(hub: Hub, line: ModbusLine, **more: Any) -> ConfigSubentry:
    """Set up a lane on the board; its camera is some webhook nobody calls."""
    line_id = await hub.add("line", "Line", f"line:{line.port}", line_data(line))
    data = {
        "line_id": line_id,
        "barrier": {"family": "waveshare_relay", "unit_id": 9, "coil": 0, "pulse": 0.2},
        "reader": {"family": "none"},
        "direction": "exit",
        "fee": "0",
    } | more
    subentry_id = await hub.add("lane", "Gate", "lane:gate", data)
    return hub.entry.subentries[subentry_id]


def change(hub: Hub, lane: ConfigSubentry, **more: Any) -> None:
    """Change a lane as its dialogue does."""
    now = hub.entry.subentries[lane.subentry_id]
    hub.hass.config_entries.async_update_subentry(
        hub.entry, now, data=MappingProxyType({**now.data, **more})
    )


def state(hub: Hub, domain: str, key: str) -> State | None:
    """What an entity of the lane shows, None where there is none."""
    registry = er.async_get(hub.hass)
    unique_id = f"{hub.entry.unique_id}_l1_{key}"
    entity_id = registry.async_get_entity_id(domain, "prepaid_parking", unique_id)
    return hub.hass.states.get(entity_id) if entity_id is not None else None


async def shows(hub: Hub, domain: str, key: str, wanted: str) -> None:
    """Wait until an entity shows something."""

    async def so() -> bool:
        shown = state(hub, domain, key)
        return shown is not None and shown.state == wanted

    await hub.until(so)


async def test_a_loop_that_is_wired_while_the_site_runs_is_shown_at_once(
    hub: Hub, modbus_line: ModbusLine, board: WaveshareRelay
) -> None:
    """Whoever wires it stands there with the phone and waits for it."""
    gate = await lane(hub, modbus_line)
    assert state(hub, "binary_sensor", "safety_loop") is None
    hub.hass.states.async_set("binary_sensor.arm", "on")
    change(hub, gate, inputs={"safety_loop": SAFETY})
    await shows(hub, "binary_sensor", "safety_loop", "on")
    hub.hass.states.async_set("binary_sensor.arm", "unavailable")
    await shows(hub, "binary_sensor", "safety_loop", "unknown")
    change(hub, gate, inputs={})
    await shows(hub, "binary_sensor", "safety_loop", "unavailable")


async def test_a_barrier_without_limits_claims_nothing_and_closes_nothing(
    hub: Hub, modbus_line: ModbusLine, board: WaveshareRelay
) -> None:
    """Nobody drives off because a page says closed."""
    gate = await lane(hub, modbus_line)
    await shows(hub, "cover", "barrier", "unknown")
    shown = state(hub, "cover", "barrier")
    assert shown is not None
    assert shown.attributes["assumed_state"]
    assert not shown.attributes["supported_features"] & 2
    with pytest.raises(HomeAssistantError):
        await hub.hass.services.async_call(
            "cover", "close_cover", {"entity_id": shown.entity_id}, blocking=True
        )
    change(hub, gate, inputs={"limit_closed": SAFETY})
    hub.hass.states.async_set("binary_sensor.arm", "on")
    await shows(hub, "cover", "barrier", "closed")
    shown = state(hub, "cover", "barrier")
    assert shown is not None
    assert "assumed_state" not in shown.attributes


async def test_an_input_whose_line_is_gone_is_unknown_and_the_barrier_opens(
    hub: Hub, modbus_line: ModbusLine, board: WaveshareRelay
) -> None:
    """What was clear when the cable was taken away says nothing about the car that stands there now."""
    async with ModbusLine([loops := WaveshareRelay(unit=3)]) as other:
        other_id = await hub.add("line", "Loops", f"line:{other.port}", line_data(other))
        there = {"line_id": other_id, "family": "waveshare_relay", "unit_id": 3}
        await lane(
            hub, modbus_line, inputs={"safety_loop": {**there, "contact": 0, "inverted": False}}
        )
        loops.set_input(0, on=True)
        await shows(hub, "binary_sensor", "safety_loop", "on")
        hub.hass.config_entries.async_remove_subentry(hub.entry, other_id)
        await shows(hub, "binary_sensor", "safety_loop", "unknown")
    await hub.call("release_barrier", lane="l1", reason="test")

    async def pulsed() -> bool:
        return len(board.pulses(0)) == 1

    await hub.until(pulsed)


async def test_what_the_waiting_car_must_pay_is_shown_until_it_is_let_out(
    hub: Hub, modbus_line: ModbusLine, board: WaveshareRelay
) -> None:
    """The attendant tells the driver through the window, without asking another page."""
    await lane(hub, modbus_line, reader={"family": "generic_webhook", "webhook_id": "w" * 32})
    await shows(hub, "sensor", "due", "0.00")
    run, now = hub.data.site.lanes[next(iter(hub.data.site.lanes))], hub.data.site.clock()
    seen = Shown(kind=CredentialKind.PLATE, digest=b"1", read=PlateRead(plate="BA1", at=now))
    run.last = AtLane(
        vehicle=seen,
        way=Way.EXIT,
        at=now,
        admitted=False,
        reason="to_pay",
        stay=StayId("s1"),
        due_minor=1250,
    )
    hub.data.coordinator.touch("lane:l1")
    await shows(hub, "sensor", "due", "12.50")
    await shows(hub, "sensor", "answer", "to_pay")
    shown = state(hub, "sensor", "due")
    assert shown is not None
    assert (shown.attributes["reason"], shown.attributes["stay"]) == ("to_pay", "s1")
    run.last = None
    hub.data.coordinator.touch("lane:l1")
    await shows(hub, "sensor", "due", "0.00")


async def test_what_was_read_last_is_shown_at_once_and_then_once_a_second(
    hub: Hub, modbus_line: ModbusLine, board: WaveshareRelay
) -> None:
    """A driver's sign shows it at once; thirty lanes in a rush fill the hub's history in vain."""
    await lane(hub, modbus_line)
    site, looks = hub.data.site, list[None]()
    await shows(hub, "sensor", "last_plate", "unknown")
    await asyncio.sleep(LAST_CAR_EVERY_S)

    def read(plate: str) -> None:
        told = Passed(
            lane=LaneId("l1"),
            kind=PassageKind.ADMITTED,
            at=site.clock(),
            reason="card",
            masked=plate,
        )
        site.tell(told)

    hub.data.coordinator.subscribe(last_car("lane:l1"), lambda: looks.append(None))
    read("A****0")
    await asyncio.sleep(0.05)
    shown = state(hub, "sensor", "last_plate")
    assert shown is not None
    assert shown.state == "A****0"
    for no in range(1, 20):
        read(f"A****{no}")
        await asyncio.sleep(0.01)
    await shows(hub, "sensor", "last_plate", "A****19")
    assert len(looks) == 2
