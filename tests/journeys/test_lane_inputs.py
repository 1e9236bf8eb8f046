"""A lane with loops: who drives in is in, who turns back is not, who follows is noticed, fire opens."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, callback
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.prepaid_parking.core.identity import SYSTEM
from custom_components.prepaid_parking.operations.lane_facts import Passed, StayFact
from custom_components.prepaid_parking.operations.parking_rules import set_parking_rules
from custom_components.prepaid_parking.simulator.frigate import FrigateCamera
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.relay_board import WaveshareRelay
from custom_components.prepaid_parking.simulator.shelly import ShellyGen2
from custom_components.prepaid_parking.simulator.traffic import (
    BoardGate,
    FrigateEye,
    Gate,
    Lane,
    ShellyGate,
)
from tests.brokers import Mosquitto

from .conftest import Hub, connected_line, line_data, subscribed
from .gateways import all_alive

PLATE = "BAB1234"
PACE = 0.7
LOOPS = {"entry_loop": 0, "safety_loop": 1, "exit_loop": 2, "limit_open": 3, "limit_closed": 4,
         "fire_alarm": 5, "boom_off": 6}  # fmt: skip


@dataclass(frozen=True)
class Yard:
    """A car park with a way in and a way out, and what cars meet there."""

    hub: Hub
    board: WaveshareRelay
    way_in: Lane
    way_out: Lane

    def passages(self) -> list[tuple[str, str]]:
        """What the lanes answered so far."""
        return [(one.lane, str(one.kind)) for one in self.hub.facts if isinstance(one, Passed)]

    def stays(self) -> list[str]:
        """What became of stays so far."""
        return [str(one.event) for one in self.hub.facts if isinstance(one, StayFact)]

    def state(self, domain: str, key: str, lane: str = "l1") -> str:
        """What an entity of a lane shows."""
        registry = er.async_get(self.hub.hass)
        unique_id = f"{self.hub.entry.unique_id}_{lane}_{key}"
        entity_id = registry.async_get_entity_id(domain, "prepaid_parking", unique_id)
        assert entity_id is not None, key
        state = self.hub.hass.states.get(entity_id)
        assert state is not None
        return state.state

    def shows(self, domain: str, key: str, wanted: str) -> bool:
        """Whether an entity of the way in shows something."""
        return self.state(domain, key) == wanted

    async def until(self, said: Callable[[], bool], within: float = 15) -> None:
        """Wait until something is so."""

        async def so() -> bool:
            return said()

        await self.hub.until(so, within)


def reader(line_id: str, camera: str) -> dict[str, Any]:
    """A camera behind the broker."""
    return {
        "family": "frigate",
        "line_id": line_id,
        "topic": "frigate",
        "camera": camera,
        "least_score": 850,
    }


@pytest.fixture
async def yard(hub: Hub, broker: Mosquitto, modbus_line: ModbusLine) -> AsyncIterator[Yard]:
    """A board with the barriers, loops and limits of the way in; a Shelly with those of the way out."""
    board = WaveshareRelay(unit=9)
    board.set_input(LOOPS["limit_closed"], on=True)
    modbus_line.add(board)
    shelly = ShellyGen2("gate-out", on=False)
    eyes = FrigateCamera("in"), FrigateCamera("out", seed=2)
    async with all_alive(broker, shelly, *eyes):
        bus_id = await hub.add(
            "line", "Bus", f"line:tcp:127.0.0.1:{modbus_line.port}", line_data(modbus_line)
        )
        broker_id = await connected_line(hub, broker)
        here = {"line_id": bus_id, "family": "waveshare_relay", "unit_id": 9, "inverted": False}
        await hub.add("lane", "In", "lane:in", {
            "line_id": bus_id,
            "barrier": {"family": "waveshare_relay", "unit_id": 9, "coil": 0, "pulse": 0.3},
            "level": {"coil": 1},
            "close": {"coil": 2},
            "inputs": {name: {**here, "contact": contact} for name, contact in LOOPS.items()},
            "reader": reader(broker_id, "in"),
            "direction": "entry", "fee": "0", "fail": "open",
        })  # fmt: skip
        there = {
            "line_id": broker_id,
            "family": "shelly_gen2",
            "topic": "gate-out",
            "inverted": False,
        }
        await hub.add("lane", "Out", "lane:out", {
            "line_id": broker_id,
            "barrier": {"family": "shelly_gen2", "topic": "gate-out", "channel": 0, "pulse": 0.3},
            "inputs": {
                "entry_loop": {**there, "channel": 0},
                "safety_loop": {**there, "channel": 1},
            },
            "reader": reader(broker_id, "out"),
            "direction": "exit", "fee": "0",
        })  # fmt: skip
        await set_parking_rules(hub.data.site, changes={"pass_s": 5}, actor=SYSTEM)
        await hub.call("open_wallet", unit="Flat 3-201", purpose="parking")
        await hub.call("top_up", wallet="w1", amount="12", channel="cash")
        await hub.call("issue_card", wallet="w1", plates=[PLATE])
        await subscribed(hub, broker_id)
        gate_in: Gate = BoardGate(
            board=board,
            line=modbus_line,
            coil=0,
            arrival_loop=LOOPS["entry_loop"],
            safety_loop=LOOPS["safety_loop"],
            exit_loop=LOOPS["exit_loop"],
            limit_open=LOOPS["limit_open"],
            limit_closed=LOOPS["limit_closed"],
        )
        gate_out: Gate = ShellyGate(shelly=shelly, arrival_loop=0, safety_loop=1)
        yard = Yard(
            hub,
            board,
            Lane(gate=gate_in, eye=FrigateEye(camera=eyes[0])),
            Lane(gate=gate_out, eye=FrigateEye(camera=eyes[1])),
        )
        lanes = hub.data.site.lanes
        await yard.until(lambda: all(run.inputs.keys() == run.fitted for run in lanes.values()))
        yield yard
        await hub.stop()


async def test_a_car_is_in_when_it_has_passed_and_out_when_it_has_left(yard: Yard) -> None:
    """Loops on Modbus on the way in, on MQTT on the way out: the car is counted once at each."""
    seen: set[str] = set()

    @callback
    def look(_: Event[EventStateChangedData]) -> None:
        seen.add(yard.state("cover", "barrier"))

    unsub = yard.hub.hass.bus.async_listen(EVENT_STATE_CHANGED, look)
    assert await yard.way_in.pass_through(PLATE, pace=1.0)
    await yard.until(lambda: yard.stays() == ["arrived"])
    await yard.until(lambda: yard.state("cover", "barrier") == "closed")
    unsub()
    assert seen == {"closed", "opening", "open", "closing"}
    assert await yard.way_out.pass_through(PLATE, PACE)
    await yard.until(lambda: yard.stays() == ["arrived", "departed"])
    admitted = [one for one in yard.passages() if one[1] == "admitted"]
    assert admitted == [("l1", "admitted"), ("l2", "admitted")]
    assert len(yard.board.pulses(0)) == 1
    assert yard.state("binary_sensor", "safety_loop") == "off"
    assert yard.state("cover", "barrier", "l2") == "unknown"


async def test_a_car_that_turns_back_was_never_in(yard: Yard) -> None:
    """Its next try is a new arrival, and nobody pays for the first."""
    assert await yard.way_in.turn_back(PLATE, PACE)
    await yard.until(lambda: ("l1", "backed_out") in yard.passages())
    assert not yard.stays()
    assert await yard.way_in.pass_through(PLATE, PACE)
    await yard.until(lambda: yard.stays() == ["arrived"])


async def test_a_car_right_behind_another_is_noticed(yard: Yard) -> None:
    """Two cars for one card is what the loops are for."""
    assert await yard.way_in.pass_with_another(PLATE, PACE)
    await yard.until(lambda: ("l1", "tailgated") in yard.passages())
    assert yard.stays() == ["arrived"]


async def test_fire_opens_and_holds_until_a_person_ends_it(yard: Yard) -> None:
    """Everybody leaves, whatever they owe; the arm does not come down between two cars."""
    yard.board.set_input(LOOPS["fire_alarm"], on=True)
    await yard.until(lambda: yard.board.relays[1].closed)
    assert yard.hub.data.site.emergency
    await yard.until(lambda: yard.state("binary_sensor", "fire_alarm") == "on")
    yard.board.set_input(LOOPS["fire_alarm"], on=False)
    await yard.until(lambda: yard.state("binary_sensor", "fire_alarm") == "off")
    assert yard.board.relays[1].closed
    await yard.hub.restart()
    await asyncio.sleep(1.5)
    assert yard.board.relays[1].closed


async def test_a_lane_is_held_open_by_its_switch_and_left_as_chosen_at_the_stop(yard: Yard) -> None:
    """The hub goes down for an update on market day; this lane was set to open then."""
    registry = er.async_get(yard.hub.hass)
    entity = registry.async_get_entity_id(
        "switch", "prepaid_parking", f"{yard.hub.entry.unique_id}_l1_free_flow"
    )
    for service, shown in (("turn_on", "on"), ("turn_off", "off")):
        await yard.hub.hass.services.async_call(
            "switch", service, {"entity_id": entity}, blocking=True
        )
        assert yard.board.relays[1].closed is (shown == "on")
        await yard.until(partial(yard.shows, "switch", "free_flow", shown))
    await yard.hub.stop()
    assert yard.board.relays[1].closed
    await yard.hub.start()
    await yard.until(lambda: not yard.board.relays[1].closed)


async def test_a_barrier_is_closed_only_while_nothing_stands_under_it(yard: Yard) -> None:
    """The button on the phone is pressed by somebody who is not there."""
    registry = er.async_get(yard.hub.hass)
    entity = registry.async_get_entity_id(
        "cover", "prepaid_parking", f"{yard.hub.entry.unique_id}_l1_barrier"
    )
    close = ("cover", "close_cover", {"entity_id": entity})
    yard.board.set_input(LOOPS["safety_loop"], on=True)
    await yard.until(lambda: yard.state("binary_sensor", "safety_loop") == "on")
    with pytest.raises(Exception, match="A car stands under the arm"):
        await yard.hub.hass.services.async_call(*close, blocking=True)
    yard.board.faults.delay_s = 1.5
    await yard.until(lambda: yard.state("binary_sensor", "safety_loop") == "unknown")
    yard.board.faults.clear()
    yard.board.set_input(LOOPS["safety_loop"], on=False)
    yard.board.set_input(LOOPS["limit_open"], on=True)
    yard.board.set_input(LOOPS["limit_closed"], on=False)
    await yard.until(lambda: yard.state("cover", "barrier") == "open")
    assert not yard.board.pulses(2)
    await yard.hub.hass.services.async_call(*close, blocking=True)
    await yard.until(lambda: len(yard.board.pulses(2)) == 1)
