"""Loops, limit switches and keys: what is wired to a lane is seen, and what is not seen is unknown."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
import pytest

from custom_components.prepaid_parking.core.errors import CoreError, DeviceError
from custom_components.prepaid_parking.links.board_inputs import (
    BUSY_S,
    IDLE_S,
    BoardInputs,
    WiredContact,
)
from custom_components.prepaid_parking.links.entity import (
    EntityHolder,
    EntityInputs,
    WiredEntity,
)
from custom_components.prepaid_parking.links.mqtt import MqttLine
from custom_components.prepaid_parking.links.mqtt_holder import MqttHolder
from custom_components.prepaid_parking.links.mqtt_inputs import MqttInputs, WiredTopic
from custom_components.prepaid_parking.links.payloads.contacts import (
    ContactSettings,
    contact_family,
    contact_settings,
)
from custom_components.prepaid_parking.links.payloads.family import RelaySettings
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.mqtt_device import MqttDevice
from custom_components.prepaid_parking.simulator.relay_board import WaveshareRelay
from custom_components.prepaid_parking.simulator.shelly import ShellyGen2
from custom_components.prepaid_parking.simulator.tasmota import Tasmota
from tests.brokers import Mosquitto, alive, mosquitto
from tests.links.modbus_peer import barrier_profile, connection
from tests.links.mqtt_peer import running, settings

LOOPS = {"entry_loop": WiredContact(contact=1), "safety_loop": WiredContact(contact=6)}


class Said:
    """What was told of the inputs, newest last, and a way to wait for it."""

    def __init__(self) -> None:
        self.now: dict[str, bool | None] = {}
        self.changes: list[dict[str, bool | None]] = []
        self._news = asyncio.Event()

    def __call__(self, changed: object) -> None:
        assert isinstance(changed, dict)
        self.now |= changed
        self.changes.append(changed)
        self._news.set()

    async def until(self, **wanted: bool | None) -> None:
        async with asyncio.timeout(5):
            while {name: self.now.get(name, "nothing") for name in wanted} != wanted:
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def watched(
    said: Said, wired: dict[str, WiredContact] | None = None, *, busy: bool = False
) -> AsyncIterator[tuple[ModbusLine, WaveshareRelay, BoardInputs]]:
    """A board whose inputs are watched."""
    board, profile = WaveshareRelay(unit=1), barrier_profile("waveshare_relay")
    assert profile.inputs is not None
    async with ModbusLine([board]) as line, connection(line) as link:
        inputs = BoardInputs(link.for_unit(1), profile.inputs, request_timeout=0.3)
        inputs.watch(wired or LOOPS, said, lambda: busy)
        watching = asyncio.create_task(inputs.run())
        try:
            yield line, board, inputs
        finally:
            inputs.end()
            await asyncio.wait_for(watching, 5)


async def test_all_inputs_of_a_board_are_one_request() -> None:
    """Two requests for two loops would stretch the cycle of every meter behind the same gateway."""
    said = Said()
    async with watched(said) as (line, board, _):
        await said.until(entry_loop=False, safety_loop=False)
        board.set_input(6, on=True)
        await said.until(entry_loop=False, safety_loop=True)
        assert {(frame.function, frame.address, frame.count) for frame in line.log} == {(2, 1, 6)}


async def test_a_normally_closed_contact_reads_the_other_way_round() -> None:
    """A loop detector that fails opens its contact: wired that way it says "car", not "clear"."""
    said = Said()
    wired = {"safety_loop": WiredContact(contact=0, inverted=True)}
    async with watched(said, wired) as (_, board, _):
        await said.until(safety_loop=True)
        board.set_input(0, on=True)
        await said.until(safety_loop=False)


async def test_a_contact_that_bounces_is_not_a_car(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each bounce would be a passage, and each passage a tailgater."""
    said = Said()
    async with watched(said, busy=True) as (line, board, _):
        await said.until(entry_loop=False, safety_loop=False)
        looks = len(line.log.find())
        board.set_input(6, on=True)
        await line.log.until(lambda: len(line.log.find()) > looks)
        board.set_input(6, on=False)
        await line.log.until(lambda: len(line.log.find()) > looks + 3)
        assert len(said.changes) == 1


async def test_a_board_that_is_silent_is_unknown_and_never_clear() -> None:
    """A cable pulled out under a car must not look like a car that drove off."""
    said = Said()
    async with watched(said) as (_, board, _):
        board.set_input(6, on=True)
        await said.until(safety_loop=True)
        board.faults.delay_s = 1.0
        await said.until(safety_loop=None, entry_loop=None)
        board.faults.clear()
        await said.until(safety_loop=True, entry_loop=False)


async def test_a_board_is_looked_at_quickly_only_while_a_car_is_about() -> None:
    """Five looks a second all night take the line from the meters for nothing."""
    for busy, pace in ((True, BUSY_S), (False, IDLE_S)):
        said = Said()
        async with watched(said, busy=busy) as (line, _, _):
            await said.until(entry_loop=False)
            looks, loop = len(line.log.find()), asyncio.get_running_loop()
            began = loop.time()
            await line.log.until(lambda at=looks: len(line.log.find()) >= at + 3)  # type: ignore[misc]
            assert pace * 2.5 < loop.time() - began < pace * 4.5


async def test_an_input_the_board_does_not_have_is_refused() -> None:
    """A lane that waits for an input that is not there counts nobody."""
    said = Said()
    async with watched(said) as (_, _, inputs):
        with pytest.raises(DeviceError, match="no input 8"):
            inputs.watch({"exit_loop": WiredContact(contact=8)}, said)


async def test_two_lanes_watch_one_board() -> None:
    """One board serves the entry and the exit; when one lane is taken away the other goes on."""
    here, there = Said(), Said()
    async with watched(here) as (_, board, inputs):
        unwatch = inputs.watch({"entry_loop": WiredContact(contact=7)}, there)
        board.set_input(7, on=True)
        await there.until(entry_loop=True)
        await here.until(entry_loop=False, safety_loop=False)
        unwatch()
        board.set_input(1, on=True)
        await here.until(entry_loop=True)
        assert there.changes[-1] == {"entry_loop": True}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(persistence=tmp_path / "kept") as running_broker:
        yield running_broker


def wired(inverted: bool = False, **fields: object) -> WiredTopic:
    """An input as it is configured."""
    family = contact_family(contact_settings(fields), "prepaid-test-line1-l1-input")
    return WiredTopic(family=family, inverted=inverted)


async def test_a_shelly_says_where_its_inputs_are_when_asked_and_when_they_move(
    broker: Mosquitto,
) -> None:
    """A car that stood on the loop before the hub came is there all the same."""
    said, line = Said(), MqttLine(settings(broker))
    inputs = MqttInputs(line, {
        "entry_loop": wired(family="shelly_gen2", topic="gate", channel=0),
        "safety_loop": wired(family="shelly_gen2", topic="gate", channel=1, inverted=True),
    }, said)  # fmt: skip
    line.attach(inputs.listener)
    async with alive(broker, ShellyGen2("gate", on=False)) as shelly:
        shelly.inputs[0] = True
        async with running(line):
            await said.until(entry_loop=True, safety_loop=True)
            await shelly.set_input(1, on=True)
            await said.until(safety_loop=False)
            shelly.status_ntf = False
            await shelly.set_input(0, on=False)
            await said.until(entry_loop=False)
            await shelly.stop()
            await said.until(entry_loop=None, safety_loop=None)
            inputs.lost()
            assert said.changes[-1] == {"entry_loop": None, "safety_loop": None}


async def test_a_tasmota_tells_its_switches(broker: Mosquitto) -> None:
    """Also the one that closed while nobody listened."""
    said, line = Said(), MqttLine(settings(broker))
    inputs = MqttInputs(line, {"entry_loop": wired(family="tasmota", topic="loops")}, said)
    line.attach(inputs.listener)
    device = Tasmota("loops")
    device.inputs = [True]
    async with alive(broker, device), running(line):
        await said.until(entry_loop=True)
        await device.set_input(0, on=False)
        await said.until(entry_loop=False)


async def test_what_the_broker_kept_of_a_contact_is_not_believed(broker: Mosquitto) -> None:
    """A sensor without a battery was clear once; the car under the arm is there now."""
    said, line = Said(), MqttLine(settings(broker))
    inputs = MqttInputs(line, {
        "safety_loop": wired(family="zigbee2mqtt", topic="z/loop", inverted=True),
        "manual_key": wired(family="generic_mqtt", topic="key", state_path="in[0]",
                            state_on="1", state_off="0"),
    }, said)  # fmt: skip
    line.attach(inputs.listener)
    async with alive(broker, MqttDevice("bridge")) as bridge:
        await bridge.publish("z/loop", {"contact": True}, retain=True)
        await bridge.publish("key", {"in": [0]}, retain=True)
        async with running(line):
            await bridge.publish("key", {"in": [1]})
            await said.until(manual_key=True)
            assert "safety_loop" not in said.now
            await bridge.publish("z/loop", {"contact": False})
            await said.until(safety_loop=True)
            await bridge.publish("z/loop/availability", {"state": "offline"})
            await said.until(safety_loop=None)


@pytest.mark.parametrize("fields", [
    {"family": "shelly_gen2"}, {"family": "shelly_gen2", "topic": "a", "channel": "1"},
    {"family": "abacus", "topic": "a"}, {"family": "generic_mqtt", "topic": "a", "state_path": "["},
])  # fmt: skip
def test_an_input_that_makes_no_sense_is_refused(fields: dict[str, object]) -> None:
    """A lane whose loop is never heard counts nobody, and nobody knows why."""
    with pytest.raises(CoreError):
        contact_family(contact_settings(fields), "me")


async def test_a_level_output_on_mqtt_stays_and_is_set_again_after_a_connect(
    broker: Mosquitto,
) -> None:
    """A device that lost power during the alarm must come back open."""
    line = MqttLine(settings(broker))
    holder = MqttHolder(
        line, RelaySettings(family="shelly_gen2", topic="gate", channel=1), "l1-hold"
    )
    line.attach(holder.listener)
    async with alive(broker, ShellyGen2("gate", on=False, level=True)) as shelly:
        async with running(line):
            await holder.hold(True)
            assert shelly.level
            shelly.level = False
        async with running(line):
            async with asyncio.timeout(5):
                while not shelly.level:
                    await asyncio.sleep(0.02)
            await holder.hold(False)
            assert shelly.level is False


async def test_an_entity_is_an_input_and_what_says_nothing_is_unknown(hass: HomeAssistant) -> None:
    """A detector that another integration reads needs no second wire."""
    said = Said()
    hass.states.async_set("binary_sensor.loop", "on")
    inputs = EntityInputs(hass, {
        "entry_loop": WiredEntity(entity_id="binary_sensor.loop"),
        "safety_loop": WiredEntity(entity_id="binary_sensor.arm", inverted=True),
    }, said)  # fmt: skip
    stop = inputs.start()
    assert said.now == {"entry_loop": True, "safety_loop": None}
    hass.states.async_set("binary_sensor.arm", "on")
    await said.until(safety_loop=False)
    hass.states.async_set("binary_sensor.loop", STATE_UNAVAILABLE)
    await said.until(entry_loop=None)
    stop()
    with pytest.raises(CoreError, match="entity_not_an_input"):
        EntityInputs(hass, {"entry_loop": WiredEntity(entity_id="sensor.heat")}, said)


async def test_only_what_stays_on_holds_a_barrier_open(hass: HomeAssistant) -> None:
    """A button that is pressed once holds nothing."""
    with pytest.raises(CoreError, match="entity_not_a_level"):
        EntityHolder(hass, "button.open")
    with pytest.raises(DeviceError):
        await EntityHolder(hass, "switch.hold").hold(True)
    calls: list[str] = []
    hass.states.async_set("switch.hold", "off")
    for service in ("turn_on", "turn_off"):
        hass.services.async_register("switch", service, lambda call: calls.append(call.service))
    await EntityHolder(hass, "switch.hold").hold(True)
    await EntityHolder(hass, "switch.hold").hold(False)
    assert calls == ["turn_on", "turn_off"]


def test_a_contact_has_all_it_was_given() -> None:
    """A setting that is dropped on the way is a loop at the wrong place."""
    given = {"family": "tasmota", "topic": "a", "channel": 2, "full_topic": "x/%topic%/%prefix%"}
    assert contact_settings(given) == ContactSettings(**given)  # type: ignore[arg-type]  # a test names fields
