"""A lane's contact is looked at and never moved; an input that could close on a car is refused."""

from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.prepaid_parking.simulator.alpr_agent import AlprAgent
from custom_components.prepaid_parking.simulator.frigate import FrigateCamera
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.mqtt_device import MqttDevice
from custom_components.prepaid_parking.simulator.relay_board import WaveshareRelay
from custom_components.prepaid_parking.simulator.shelly import ShellyGen2
from tests.brokers import Mosquitto, alive, mosquitto
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


async def test_a_contact_is_read_shown_and_saved_without_moving(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, board: WaveshareRelay
) -> None:
    """Somebody may be standing under the boom while the lane is set up."""
    line_id = saved_gateway(hass, a_site, line)
    walk = Walk(hass, a_site, "lane")
    await walk.begin()
    walk.at("user")
    await walk.answer("barrier_modbus")
    walk.at("barrier_modbus")
    await walk.answer(contact(line_id))
    walk.at("lane")
    assert walk.shown()["said"] == "contact open"
    assert walk.shown()["currency"] == "CNY"
    await walk.answer(LANE)
    await walk.answer("reader")
    walk.at("reader")
    await walk.answer({"family": "none"})
    saved = walk.saved()
    assert saved.title == "North gate, in"
    assert saved.unique_id == f"lane:{line_id}:1:0:entry"
    assert saved.data == waveshare(line_id)
    assert all(not relay.moves for relay in board.relays)


async def test_a_board_without_a_name_is_taken_by_its_coil_and_is_never_the_first_choice(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, board: WaveshareRelay
) -> None:
    """Most boards in a gate house have no maker that anybody knows, and all count coils from 0."""
    line_id = saved_gateway(hass, a_site, line)
    board.relays[2].command(closed=True)
    walk = Walk(hass, a_site, "lane")
    await walk.begin()
    await walk.answer("barrier_modbus")
    assert walk.suggested("family") == "waveshare_relay"
    await walk.answer(contact(line_id, family="coil_relay", contact=33))
    walk.at("barrier_modbus", error="no_such_contact")
    await walk.answer(contact(line_id, family="coil_relay", contact=9))
    walk.at("barrier_modbus", error="refused")
    await walk.answer(contact(line_id, family="coil_relay", contact=3))
    walk.at("lane")
    assert walk.shown()["said"] == "contact closed"


async def test_an_input_that_toggles_is_refused(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine
) -> None:
    """Open, stop, close in turn: the second pulse comes down on the second car."""
    line_id = saved_gateway(hass, a_site, line)
    walk = Walk(hass, a_site, "lane")
    await walk.begin()
    await walk.answer("barrier_modbus")
    assert walk.suggested("wired_to") is None
    await walk.answer(contact(line_id, wired_to="step_input"))
    walk.at("barrier_modbus", error="toggle_refused")
    assert walk.suggested("contact") == 1
    await walk.answer(contact(line_id))
    walk.at("lane")


@pytest.mark.parametrize(
    ("more", "error"), [({"contact": 9}, "no_such_contact"), ({"unit_id": 8}, "no_answer")]
)
async def test_a_contact_that_is_not_there_is_said(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, more: dict[str, int], error: str
) -> None:
    """The first driver would find out otherwise, with ten cars behind."""
    line_id = saved_gateway(hass, a_site, line)
    walk = Walk(hass, a_site, "lane")
    await walk.begin()
    await walk.answer("barrier_modbus")
    await walk.answer(contact(line_id, **more))
    walk.at("barrier_modbus", error=error)
    await walk.answer(contact(line_id))
    walk.at("lane")


async def test_a_lane_makes_its_line_on_the_way(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine
) -> None:
    """A car park without meters has no line before its first lane."""
    walk = Walk(hass, a_site, "lane")
    await walk.begin()
    await walk.answer("barrier_modbus")
    walk.at("new_modbus_line")
    await walk.answer("modbus_tcp")
    await walk.answer(gateway(line))
    await walk.answer({"name": "Gate house"})
    walk.at("barrier_modbus")
    assert lines_of(a_site) == []
    line_id = walk.suggested("line_id")
    await walk.answer(contact(line_id))
    await walk.answer(LANE)
    await walk.answer("reader")
    await walk.answer({"family": "none"})
    assert walk.saved().data["line_id"] == line_id
    assert [one.subentry_id for one in lines_of(a_site)] == [line_id]


async def test_a_new_line_keeps_what_was_chosen_before(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine
) -> None:
    """Whoever notices late that the board hangs elsewhere does not start again."""
    saved_gateway(hass, a_site, line)
    async with ModbusLine([WaveshareRelay(unit=4)]) as other:
        walk = Walk(hass, a_site, "lane")
        await walk.begin()
        await walk.answer("barrier_modbus")
        await walk.answer(contact("new", unit_id=4, contact=3))
        await walk.answer("modbus_tcp")
        await walk.answer(gateway(other, test_unit=4))
        await walk.answer({"name": "Gate house"})
        walk.at("barrier_modbus")
        assert walk.suggested("unit_id") == 4
        assert walk.suggested("contact") == 3


@pytest.mark.parametrize("text", ["-1", "0.001", "free"])
async def test_a_fee_the_currency_cannot_hold_is_refused(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, text: str
) -> None:
    """A tenth of a cent per passage would be lost or made up somewhere."""
    line_id = saved_gateway(hass, a_site, line)
    walk = Walk(hass, a_site, "lane")
    await walk.begin()
    await walk.answer("barrier_modbus")
    await walk.answer(contact(line_id))
    await walk.answer(LANE | {"fee": text})
    walk.at("lane", error="amount_invalid")
    await walk.answer(LANE | {"fee": "2,5"})
    await walk.answer("reader")
    await walk.answer({"family": "none"})
    assert walk.saved().data["fee"] == "2.50"


async def test_a_relay_on_mqtt_is_asked_where_it_is(
    hass: HomeAssistant, a_site: MockConfigEntry, broker: Mosquitto
) -> None:
    """A Shelly ends its pulse by itself: the better choice where the hub may die."""
    line_id = saved_broker(hass, a_site, broker)
    form = {"topic": "shelly-gate", "channel": 0, "pulse": 0.7, "wired_to": "open_input"}
    async with alive(broker, ShellyGen2("shelly-gate", on=False)) as shelly:
        walk = Walk(hass, a_site, "lane")
        await walk.begin()
        await walk.answer("barrier_mqtt")
        await walk.answer({"line_id": line_id, "family": "shelly_gen2"})
        walk.at("barrier_device")
        await walk.answer(form | {"wired_to": "step_input"})
        walk.at("barrier_device", error="toggle_refused")
        await walk.answer(form | {"topic": "elsewhere"})
        walk.at("barrier_device", error="no_message")
        await walk.answer(form)
        walk.at("lane")
        assert walk.shown()["said"] == "contact open"
        await walk.answer(LANE)
        await walk.answer("reader")
        await walk.answer({"family": "none"})
        assert shelly.switched == []
    saved = walk.saved()
    assert saved.unique_id == f"lane:{line_id}:shelly-gate:0:entry"
    assert saved.data["barrier"] == {
        "family": "shelly_gen2",
        "topic": "shelly-gate",
        "channel": 0,
        "pulse": 0.7,
    }


async def test_the_broker_of_a_barrier_can_be_made_on_the_way(
    hass: HomeAssistant, a_site: MockConfigEntry, broker: Mosquitto
) -> None:
    """A car park with a Shelly and nothing else."""
    walk = Walk(hass, a_site, "lane")
    await walk.begin()
    await walk.answer("barrier_mqtt")
    walk.at("mqtt_broker")
    await walk.answer(broker_form(broker))
    await walk.answer({"name": "Yard"})
    walk.at("barrier_mqtt")
    with mosquitto() as other:
        await walk.answer({"line_id": "new", "family": "tasmota"})
        await walk.answer(broker_form(other))
        await walk.answer({"name": "Gate"})
    walk.at("barrier_mqtt")
    assert walk.suggested("family") == "tasmota"


async def test_a_barrier_described_by_hand_needs_settings_that_fit(
    hass: HomeAssistant, a_site: MockConfigEntry, broker: Mosquitto
) -> None:
    """A path that cannot be read would leave every passage unconfirmed."""
    line_id = saved_broker(hass, a_site, broker)
    form = {
        "command_topic": "gate/open", "command_on": "1", "state_topic": "gate/state",
        "state_on": "1", "state_off": "0", "pulse": 1.0, "wired_to": "open_input",
    }  # fmt: skip
    walk = Walk(hass, a_site, "lane")
    await walk.begin()
    await walk.answer("barrier_mqtt")
    await walk.answer({"line_id": line_id, "family": "generic_mqtt"})
    await walk.answer(form | {"state_path": "a[[0"})
    walk.at("barrier_device", error="settings_invalid")
    async with alive(broker, MqttDevice("gate")) as gate:
        await gate.publish("gate/state", "0", retain=True)
        await walk.answer(form)
        walk.at("lane")
        await walk.answer(LANE)
        await walk.answer("reader")
        await walk.answer({"family": "none"})
    assert walk.saved().unique_id == f"lane:{line_id}:gate/open:entry"


async def test_an_entity_of_the_hub_opens_a_barrier(
    hass: HomeAssistant, a_site: MockConfigEntry
) -> None:
    """The gate somebody integrated already needs no second relay."""
    form = {"entity_id": "cover.gate", "pulse": 1.0, "wired_to": "open_input"}
    walk = Walk(hass, a_site, "lane")
    await walk.begin()
    await walk.answer("barrier_entity")
    await walk.answer(form | {"wired_to": "step_input"})
    walk.at("barrier_entity", error="toggle_refused")
    await walk.answer(form)
    walk.at("barrier_entity", error="entity_unavailable")
    hass.states.async_set("cover.gate", "closed")
    await walk.answer(form)
    walk.at("lane")
    assert walk.shown()["said"] == "closed"
    await walk.answer(LANE)
    await walk.answer("reader")
    await walk.answer({"family": "none"})
    saved = walk.saved()
    assert saved.unique_id == "lane::cover.gate:entry"
    assert saved.data["barrier"] == {"family": "entity", "entity_id": "cover.gate", "pulse": 1.0}
    assert "line_id" not in saved.data
    await walk.begin(changing=saved)
    await walk.answer("barrier_entity")
    assert walk.suggested("entity_id") == "cover.gate"


async def test_what_cannot_open_is_no_barrier(hass: HomeAssistant, a_site: MockConfigEntry) -> None:
    """A temperature opens no gate; the form offers none, a stored answer may."""
    walk = Walk(hass, a_site, "lane")
    await walk.begin()
    await walk.answer("barrier_entity")
    hass.states.async_set("cover.gate", "closed")
    with patch("custom_components.prepaid_parking.links.entity.barrier.OPENS", {}):
        await walk.answer({"entity_id": "cover.gate", "pulse": 1.0, "wired_to": "open_input"})
    walk.at("barrier_entity", error="entity_not_a_barrier")


async def to_the_reader(walk: Walk, line_id: str, family: str) -> None:
    """Walk up to the form of a reader."""
    await walk.begin()
    await walk.answer("barrier_modbus")
    await walk.answer(contact(line_id))
    await walk.answer(LANE)
    await walk.answer("reader")
    await walk.answer({"family": family})


async def test_a_camera_gives_a_sign_of_life_before_it_is_saved(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, broker: Mosquitto
) -> None:
    """A camera that is not heard lets nobody in, and nobody knows why."""
    line_id, broker_id = saved_gateway(hass, a_site, line), saved_broker(hass, a_site, broker)
    form = {"line_id": broker_id, "topic": "frigate", "camera": "gate_in", "least_percent": 90}
    async with alive(broker, FrigateCamera("gate_in")):
        walk = Walk(hass, a_site, "lane")
        await to_the_reader(walk, line_id, "frigate")
        walk.at("reader_device")
        await walk.answer(form)
        walk.at("reader_confirm")
        assert walk.shown()["said"] == "frigate/available: online"
        await walk.answer({})
    saved = walk.saved()
    assert saved.data["reader"] == {
        "family": "frigate",
        "line_id": broker_id,
        "topic": "frigate",
        "camera": "gate_in",
        "least_score": 900,
    }
    await walk.begin(changing=saved)
    await walk.answer("reader")
    assert walk.suggested("family") == "frigate"
    await walk.answer({"family": "frigate"})
    assert walk.suggested("least_percent") == 90
    await walk.answer(form | {"least_percent": 80})
    walk.at("reader_confirm")
    assert walk.shown()["said"] == "frigate/available: stopped"
    await walk.answer({})
    walk.changed()
    assert a_site.subentries[saved.subentry_id].data["reader"]["least_score"] == 800


def json_reader(line_id: str, **more: Any) -> dict[str, Any]:
    """The form of a camera that speaks JSON of its own."""
    return {
        "line_id": line_id,
        "topic": "cam/plates",
        "plate_path": "plate",
        "score_path": "confidence",
        "score_full": "1",
        "least_percent": 85,
    } | more


async def test_a_plate_that_was_heard_is_shown_masked(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, broker: Mosquitto
) -> None:
    """Whose car it was is nobody's business at the keyboard."""
    line_id, broker_id = saved_gateway(hass, a_site, line), saved_broker(hass, a_site, broker)
    async with alive(broker, MqttDevice("cam")) as camera:
        said = '{"plate": "BA12345", "confidence": 0.97}'
        await camera.publish("cam/plates", said, retain=True)
        walk = Walk(hass, a_site, "lane")
        await to_the_reader(walk, line_id, "generic_mqtt")
        await walk.answer(json_reader(broker_id))
        walk.at("reader_confirm")
        assert walk.shown()["said"] == "B****45"
        await walk.answer({})
    saved = walk.saved()
    assert saved.data["reader"]["score_full"] == 1
    await walk.begin(changing=saved)
    await walk.answer("reader")
    await walk.answer({"family": "generic_mqtt"})
    assert walk.suggested("score_full") == "1"


async def test_an_alpr_agent_is_known_by_a_frame_with_a_plate(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, broker: Mosquitto
) -> None:
    """Its heartbeat says that it lives, not that it sees this gate."""
    line_id, broker_id = saved_gateway(hass, a_site, line), saved_broker(hass, a_site, broker)
    form = {"line_id": broker_id, "topic": "alpr", "least_percent": 80, "pattern": "european"}
    async with alive(broker, AlprAgent("alpr")) as agent:
        walk = Walk(hass, a_site, "lane")
        await to_the_reader(walk, line_id, "openalpr")
        await walk.answer(form)
        walk.at("reader_silent")
        await agent.see("BA12345", retain=True)
        await walk.answer("reader_again")
        walk.at("reader_confirm")
        assert walk.shown()["said"] == "B****45"
        await walk.answer({})
    assert walk.saved().data["reader"] == {
        "family": "openalpr",
        "line_id": broker_id,
        "topic": "alpr",
        "least_score": 800,
        "pattern": "european",
    }


async def test_a_silent_camera_can_be_waited_for_changed_or_taken_on_trust(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, broker: Mosquitto
) -> None:
    """No car comes by in ten seconds at night."""
    line_id, broker_id = saved_gateway(hass, a_site, line), saved_broker(hass, a_site, broker)
    walk = Walk(hass, a_site, "lane")
    await to_the_reader(walk, line_id, "generic_mqtt")
    await walk.answer(json_reader(broker_id))
    walk.at("reader_silent")
    assert walk.shown()["topic"] == "cam/plates"
    await walk.answer("reader_again")
    walk.at("reader_silent")
    async with alive(broker, MqttDevice("cam")) as camera:
        await camera.publish("cam/plates", '{"plate": "BA12345"}', retain=True)
        await walk.answer("reader_again")
        walk.at("reader_confirm")
        await walk.answer({})
    walk.saved()


@pytest.mark.parametrize("path", ["a[[0", "number"])
async def test_a_message_without_a_plate_is_said_and_not_repeated(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, broker: Mosquitto, path: str
) -> None:
    """A wrong path reads no plate for ever, and every tenant rings the bell."""
    line_id, broker_id = saved_gateway(hass, a_site, line), saved_broker(hass, a_site, broker)
    async with alive(broker, MqttDevice("cam")) as camera:
        await camera.publish("cam/plates", '{"plate": "BA12345"}', retain=True)
        walk = Walk(hass, a_site, "lane")
        await to_the_reader(walk, line_id, "generic_mqtt")
        await walk.answer(json_reader(broker_id, plate_path=path))
        walk.at("reader_device", error="not_understood")
        assert "BA12345" not in walk.shown()["detail"]
        assert walk.suggested("topic") == "cam/plates"


async def test_the_broker_of_a_camera_can_be_made_on_the_way(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, broker: Mosquitto
) -> None:
    """The relay hangs on Modbus, the camera on a broker nobody has named yet."""
    line_id = saved_gateway(hass, a_site, line)
    walk = Walk(hass, a_site, "lane")
    await to_the_reader(walk, line_id, "generic_mqtt")
    walk.at("mqtt_broker")
    await walk.answer(broker_form(broker))
    await walk.answer({"name": "Cameras"})
    walk.at("reader_device")
    with mosquitto() as other:
        await walk.answer(json_reader("new"))
        walk.at("mqtt_broker")
        await walk.answer(broker_form(other))
        await walk.answer({"name": "Other cameras"})
        walk.at("reader_device")
        await walk.answer(json_reader(walk.suggested("line_id")))
        await walk.answer("reader_unheard")
    saved = walk.saved()
    assert [one.title for one in lines_of(a_site)] == [lines_of(a_site)[0].title, "Other cameras"]
    assert saved.data["reader"]["line_id"] == lines_of(a_site)[1].subentry_id


async def test_two_lanes_the_same_way_through_one_contact_are_one(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine
) -> None:
    """Two cameras that both open one boom for arriving cars count every car twice."""
    line_id = saved_gateway(hass, a_site, line)
    make(hass, a_site, "lane", "North", f"lane:{line_id}:1:0:entry", waveshare(line_id))
    walk = Walk(hass, a_site, "lane")
    await walk.begin()
    await walk.answer("barrier_modbus")
    await walk.answer(contact(line_id))
    await walk.answer(LANE)
    walk.at("lane", error="already_configured")
    await walk.answer(LANE | {"direction": "exit"})
    await walk.answer("reader")
    walk.at("reader")


async def test_a_barrier_may_move_to_another_contact(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine, board: WaveshareRelay
) -> None:
    """A burnt contact is replaced by its neighbour; the lane, its fee and its history stay."""
    line_id = saved_gateway(hass, a_site, line)
    data = waveshare(line_id, lane="l1", fee="3.00")
    lane = make(hass, a_site, "lane", "North", f"lane:{line_id}:1:0:entry", data)
    walk = Walk(hass, a_site, "lane")
    await walk.begin(changing=lane)
    walk.at("reconfigure")
    await walk.answer("barrier_modbus")
    assert walk.suggested("contact") == 1
    assert walk.suggested("wired_to") == "open_input"
    board.relays[1].command(closed=True)
    await walk.answer(contact(line_id, contact=2))
    walk.at("barrier_confirm")
    assert walk.shown()["said"] == "contact closed"
    await walk.answer({})
    walk.changed()
    changed = a_site.subentries[lane.subentry_id]
    assert changed.data["barrier"]["coil"] == 1
    assert changed.data["lane"] == "l1"
    assert changed.data["fee"] == "3.00"
    assert changed.unique_id == f"lane:{line_id}:1:1:entry"


async def test_a_lane_can_be_renamed_and_repriced(
    hass: HomeAssistant, a_site: MockConfigEntry, line: ModbusLine
) -> None:
    """What needs no device is changed without one."""
    line_id = saved_gateway(hass, a_site, line)
    lane = make(hass, a_site, "lane", "North", f"lane:{line_id}:1:0:entry", waveshare(line_id))
    walk = Walk(hass, a_site, "lane")
    await walk.begin(changing=lane)
    await walk.answer("lane")
    assert walk.suggested("name") == "North"
    await walk.answer({"name": "North gate", "direction": "both", "fee": "1"})
    walk.changed()
    changed = a_site.subentries[lane.subentry_id]
    assert changed.title == "North gate"
    assert changed.data["fee"] == "1.00"
    assert changed.unique_id == f"lane:{line_id}:1:0:both"


async def test_a_lane_on_mqtt_is_changed_where_it_is(
    hass: HomeAssistant, a_site: MockConfigEntry, broker: Mosquitto
) -> None:
    """The menu offers the barrier by what it hangs on."""
    line_id = saved_broker(hass, a_site, broker)
    data = waveshare(line_id) | {
        "barrier": {"family": "shelly_gen2", "topic": "gate", "channel": 0, "pulse": 1.0}
    }
    lane = make(hass, a_site, "lane", "North", f"lane:{line_id}:gate:0:entry", data)
    walk = Walk(hass, a_site, "lane")
    result = await walk.begin(changing=lane)
    assert result["menu_options"] == ["barrier_mqtt", "lane", "wires", "reader", "pad"]
    await walk.answer("barrier_mqtt")
    assert walk.suggested("family") == "shelly_gen2"
    await walk.answer({"line_id": line_id, "family": "shelly_gen2"})
    assert walk.suggested("topic") == "gate"
