"""What is wired to a lane is looked at before it is saved, and what would be unsafe is refused."""

from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.prepaid_parking.flow_meter_draft import NOTHING
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.mqtt_device import MqttDevice
from custom_components.prepaid_parking.simulator.relay_board import WaveshareRelay
from custom_components.prepaid_parking.simulator.shelly import ShellyGen2
from tests.brokers import Mosquitto, alive
from tests.hub.flow_steps import (
    Walk,
    broker_form,
    gateway,
    lines_of,
    make,
    saved_broker,
    saved_gateway,
)
from tests.hub.lane_steps import LANE, contact, waveshare

pytestmark = pytest.mark.usefixtures("little_patience")
SHELLY = {"family": "shelly_gen2", "topic": "gate", "channel": 0, "pulse": 1.0}


def saved_lane(
    hass: HomeAssistant, site: MockConfigEntry, line_id: str, **more: Any
) -> ConfigSubentry:
    """A lane that is there already."""
    data = waveshare(line_id, lane="l1") | more
    return make(hass, site, "lane", "North", f"lane:{line_id}:1:0:entry", data)


async def to_the_wires(walk: Walk, lane: ConfigSubentry) -> None:
    """Open the dialogue at what is wired."""
    await walk.begin(changing=lane)
    await walk.answer("wires")
    walk.at("wires")


def wires_of(site: MockConfigEntry, lane: ConfigSubentry) -> dict[str, Any]:
    """Return what is saved as wired."""
    return dict(site.subentries[lane.subentry_id].data.get("inputs", {}))


async def test_a_new_lane_gets_its_loops_and_its_zone(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, board: WaveshareRelay
) -> None:
    """Who sets the lane up stands beside the loop with a piece of iron and sees it on the screen."""
    line_id = saved_gateway(hass, a_site, line)
    board.set_input(1, on=True)
    walk = Walk(hass, a_site, "lane")
    await walk.begin()
    await walk.answer("barrier_modbus")
    await walk.answer(contact(line_id))
    await walk.answer(LANE | {"zone": "B1"})
    walk.at("wires")
    assert walk.shown()["wired"] == NOTHING
    await walk.answer("inputs_modbus")
    form = {"line_id": line_id, "family": "waveshare_relay", "unit_id": 1}
    await walk.answer(form | {"entry_loop": 9})
    walk.at("inputs_modbus", error="no_such_contact")
    await walk.answer(form | {"unit_id": 7, "entry_loop": 1})
    walk.at("inputs_modbus", error="no_answer")
    assert walk.suggested("entry_loop") == 1
    await walk.answer(
        form
        | {"entry_loop": 1, "safety_loop": 2, "fire_alarm": 3, "normally_closed": ["fire_alarm"]}
    )
    walk.at("inputs_confirm")
    assert walk.shown()["said"] == (
        "- Loop before the barrier: **off**\n- Loop under the arm: **on**\n- Fire alarm: **on**"
    )
    await walk.answer({})
    walk.at("wires")
    assert walk.shown()["wired"] == "Loop before the barrier, Loop under the arm, Fire alarm"
    await walk.answer("reader")
    await walk.answer({"family": "none"})
    saved = walk.saved()
    place = {"line_id": line_id, "family": "waveshare_relay", "unit_id": 1}
    assert saved.data == waveshare(line_id) | {
        "zone": "B1",
        "inputs": {
            "entry_loop": {**place, "contact": 0, "inverted": False},
            "safety_loop": {**place, "contact": 1, "inverted": False},
            "fire_alarm": {**place, "contact": 2, "inverted": True},
        },
    }
    assert all(not relay.moves for relay in board.relays)


async def test_a_board_is_changed_where_it_is_and_an_empty_field_takes_an_input_away(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine
) -> None:
    """A loop that was dug up must not be waited for."""
    line_id = saved_gateway(hass, a_site, line)
    place = {"line_id": line_id, "family": "waveshare_relay", "unit_id": 1}
    lane = saved_lane(hass, a_site, line_id, inputs={
        "entry_loop": {**place, "contact": 4, "inverted": True},
        "exit_loop": {**place, "contact": 5, "inverted": False},
        "manual_key": {"family": "entity", "entity_id": "binary_sensor.key", "inverted": False},
    })  # fmt: skip
    walk = Walk(hass, a_site, "lane")
    await to_the_wires(walk, lane)
    await walk.answer("inputs_modbus")
    assert walk.suggested("entry_loop") == 5
    assert walk.suggested("normally_closed") == ["entry_loop"]
    await walk.answer(place | {"entry_loop": 5})
    await walk.answer({})
    await walk.answer("wires_done")
    walk.changed()
    assert set(wires_of(a_site, lane)) == {"entry_loop", "manual_key"}
    await to_the_wires(walk, a_site.subentries[lane.subentry_id])
    await walk.answer("inputs_modbus")
    await walk.answer(place)
    walk.at("wires")
    await walk.answer("wires_done")
    assert set(wires_of(a_site, lane)) == {"manual_key"}


async def test_a_line_for_the_inputs_is_made_on_the_way(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, broker: Mosquitto
) -> None:
    """The barrier is a Shelly, the loops end at a board nobody has named yet."""
    broker_id = saved_broker(hass, a_site, broker)
    lane = saved_lane(hass, a_site, broker_id, barrier=SHELLY)
    walk = Walk(hass, a_site, "lane")
    await to_the_wires(walk, lane)
    await walk.answer("inputs_modbus")
    walk.at("new_modbus_line")
    await walk.answer("modbus_tcp")
    await walk.answer(gateway(line))
    await walk.answer({"name": "Loops"})
    walk.at("inputs_modbus")
    line_id = walk.suggested("line_id")
    await walk.answer(
        {"line_id": line_id, "family": "waveshare_relay", "unit_id": 1, "entry_loop": 1}
    )
    await walk.answer({})
    await walk.answer("wires_done")
    walk.changed()
    assert [one.title for one in lines_of(a_site)][-1] == "Loops"
    assert wires_of(a_site, lane)["entry_loop"]["line_id"] == lines_of(a_site)[-1].subentry_id


async def test_a_shelly_is_asked_how_its_inputs_are(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, broker: Mosquitto
) -> None:
    """A wrong number is a loop that nobody hears."""
    line_id, broker_id = saved_gateway(hass, a_site, line), saved_broker(hass, a_site, broker)
    lane = saved_lane(hass, a_site, line_id)
    walk = Walk(hass, a_site, "lane")
    await to_the_wires(walk, lane)
    await walk.answer("inputs_mqtt")
    await walk.answer({"line_id": broker_id, "family": "shelly_gen2"})
    walk.at("inputs_device")
    async with alive(broker, ShellyGen2("gate", on=False)) as shelly:
        await shelly.set_input(1, on=True)
        await walk.answer({"topic": "gate", "entry_loop": 0, "safety_loop": 5})
        walk.at("inputs_device", error="input_silent")
        assert walk.shown()["detail"] == "safety_loop"
        await walk.answer({"topic": "gate", "entry_loop": 0, "safety_loop": 1})
        walk.at("inputs_confirm")
        assert (
            walk.shown()["said"]
            == "- Loop before the barrier: **off**\n- Loop under the arm: **on**"
        )
        await walk.answer({})
    await walk.answer("inputs_mqtt")
    await walk.answer({"line_id": broker_id, "family": "shelly_gen2"})
    assert walk.suggested("topic") == "gate"
    assert walk.suggested("safety_loop") == 1


async def test_an_input_on_a_topic_is_waited_for_and_may_sleep(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, broker: Mosquitto
) -> None:
    """A contact on a battery speaks when it moves; it is shown as unknown, not as clear."""
    line_id = saved_gateway(hass, a_site, line)
    lane = saved_lane(hass, a_site, line_id)
    walk = Walk(hass, a_site, "lane")
    await to_the_wires(walk, lane)
    await walk.answer("inputs_mqtt")
    await walk.answer(broker_form(broker))
    await walk.answer({"name": "Yard"})
    broker_id = walk.suggested("line_id")
    await walk.answer({"line_id": broker_id, "family": "generic_mqtt"})
    form = {
        "input": "manual_key",
        "topic": "key",
        "state_on": "1",
        "state_off": "0",
        "inverted": False,
    }
    await walk.answer(form | {"state_path": "a[["})
    walk.at("inputs_topic", error="settings_invalid")
    await walk.answer(form)
    walk.at("inputs_confirm")
    assert walk.shown()["said"] == "- Key switch: **unknown**"
    await walk.answer({})
    await walk.answer("inputs_mqtt")
    await walk.answer({"line_id": broker_id, "family": "generic_mqtt"})
    async with alive(broker, MqttDevice("key")) as key:
        await key.publish("key", "1", retain=True)
        await walk.answer(form)
    assert walk.shown()["said"] == "- Key switch: **on**"


async def test_sensors_of_the_hub_are_inputs(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine
) -> None:
    """A fire panel that is integrated already needs no second wire to us."""
    lane = saved_lane(hass, a_site, saved_gateway(hass, a_site, line))
    hass.states.async_set("binary_sensor.fire", "off")
    walk = Walk(hass, a_site, "lane")
    await to_the_wires(walk, lane)
    await walk.answer("inputs_entity")
    await walk.answer({"fire_alarm": "binary_sensor.fire", "manual_key": "binary_sensor.key"})
    assert walk.shown()["said"] == "- Fire alarm: **off**\n- Key switch: **unknown**"
    await walk.answer({})
    await walk.answer("inputs_entity")
    assert walk.suggested("fire_alarm") == "binary_sensor.fire"


async def test_holding_and_closing_need_what_makes_them_safe(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, board: WaveshareRelay
) -> None:
    """An arm that comes down on a car, or stays down in a fire, is worse than no remote at all."""
    line_id = saved_gateway(hass, a_site, line)
    lane = saved_lane(hass, a_site, line_id)
    hass.states.async_set("switch.hold", "off")
    walk = Walk(hass, a_site, "lane")
    await to_the_wires(walk, lane)
    await walk.answer("outputs")
    for wrong, error in (
        ({"fail": "open"}, "open_needs_level"),
        ({"fail": "closed", "level_number": 1}, "same_contact"),
        ({"fail": "closed", "close_number": 3}, "close_needs_safety_loop"),
        ({"fail": "closed", "level_number": 9}, "no_such_contact"),
        ({"fail": "closed", "level_entity": "input_boolean.gone"}, "entity_unavailable"),
    ):
        await walk.answer(wrong)
        walk.at("outputs", error=error)
    await walk.answer({"fail": "open", "level_entity": "switch.hold"})
    walk.at("wires")
    await walk.answer("inputs_modbus")
    await walk.answer(
        {"line_id": line_id, "family": "waveshare_relay", "unit_id": 1, "safety_loop": 2}
    )
    await walk.answer({})
    await walk.answer("outputs")
    assert walk.suggested("level_entity") == "switch.hold"
    await walk.answer({"fail": "open", "level_number": 2, "close_number": 3})
    await walk.answer("wires_done")
    walk.changed()
    data = a_site.subentries[lane.subentry_id].data
    assert (data["level"], data["close"], data["fail"]) == ({"coil": 1}, {"coil": 2}, "open")
    assert all(not relay.moves for relay in board.relays)


async def test_another_board_for_the_barrier_forgets_the_contacts_of_the_old_one(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine
) -> None:
    """Contact 2 of the new board may be somebody's heating."""
    line_id = saved_gateway(hass, a_site, line)
    line.add(WaveshareRelay(unit=4))
    lane = saved_lane(hass, a_site, line_id, level={"coil": 1}, fail="open")
    walk = Walk(hass, a_site, "lane")
    await walk.begin(changing=lane)
    await walk.answer("barrier_modbus")
    await walk.answer(contact(line_id, unit_id=4))
    await walk.answer({})
    walk.changed()
    data = a_site.subentries[lane.subentry_id].data
    assert "level" not in data
    assert "fail" not in data
