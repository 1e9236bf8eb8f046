"""A meter on MQTT or among the hub's entities is heard before it is saved."""

from typing import Any, override
from unittest.mock import patch

import aiomqtt
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.prepaid_parking.const import DOMAIN
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.simulator.esphome import EspHomeNumber
from custom_components.prepaid_parking.simulator.mqtt_device import Command, MqttDevice
from custom_components.prepaid_parking.simulator.shelly import ShellyGen2
from custom_components.prepaid_parking.simulator.tasmota import Tasmota
from tests.brokers import Mosquitto, alive, mosquitto
from tests.hub.flow_steps import PROBE, Walk, broker_form, lines_of, make, saved_broker

pytestmark = pytest.mark.usefixtures("little_patience")


@pytest.fixture
def on_broker(hass: HomeAssistant, a_site: MockConfigEntry, broker: Mosquitto) -> str:
    """The id of that broker as a line of the site."""
    return saved_broker(hass, a_site, broker)


def details(**more: Any) -> dict[str, Any]:
    """What a person adds to a meter that was heard."""
    return {
        "name": "Shop 4",
        "serial": "NP-4",
        "commodity": "electricity",
        "interval": 300,
        "max_power": "3.7",
    } | more


async def at_device(walk: Walk, line_id: str, family: str) -> None:
    """Walk up to the form of a family."""
    await walk.begin()
    await walk.answer("mqtt")
    await walk.answer({"line_id": line_id, "profile": family})
    walk.at("mqtt_device")


async def test_a_plug_is_heard_before_it_is_saved(
    hass: HomeAssistant, a_site: MockConfigEntry, broker: Mosquitto, on_broker: str
) -> None:
    """A wrong topic is silence for ever, and silence is never charged."""
    async with alive(broker, Tasmota("shop-4", start="6.294", period_s=0.05)):
        walk = Walk(hass, a_site, "meter")
        await at_device(walk, on_broker, "tasmota")
        await walk.answer({"topic": " shop-4 ", "channel": 0})
        walk.at("details")
        assert walk.shown()["register"] == "6.294 kWh"
        assert "ENERGY" in walk.shown()["said"]
        await walk.answer(details())
        walk.at("relay")
        await walk.answer({"kind": "profile"})
        walk.at("relay_mqtt")
        await walk.answer({"channel": 0, "inverted": False})
        walk.at("supply")
        await walk.answer({"restore": "auto", "latency": 5})
    saved = walk.saved()
    assert saved.unique_id == "meter:tasmota:NP-4"
    assert saved.data == {
        "source": "mqtt",
        "line_id": on_broker,
        "profile": "tasmota",
        "topic": "shop-4",
        "channel": 0,
        "serial": "NP-4",
        "commodity": "electricity",
        "quantity": "energy",
        "interval": 300,
        "max_power": "3.7",
        "relay": {"kind": "profile", "channel": 0, "inverted": False},
        "restore": "auto",
        "latency": 5,
        "consent": False,
    }


async def test_the_broker_can_be_made_on_the_way(
    hass: HomeAssistant, a_site: MockConfigEntry, broker: Mosquitto
) -> None:
    """The first meter of a site may be a plug."""
    async with alive(broker, EspHomeNumber("pulse-1", start=12)):
        walk = Walk(hass, a_site, "meter")
        await walk.begin()
        await walk.answer("mqtt")
        walk.at("mqtt_broker")
        await walk.answer(broker_form(broker))
        await walk.answer({"name": "Yard"})
        walk.at("mqtt")
        assert lines_of(a_site) == []
        line_id = walk.suggested("line_id")
        await walk.answer({"line_id": line_id, "profile": "esphome"})
        await walk.answer({"topic": "pulse-1", "component": "energy_total", "unit": "kWh"})
        walk.at("details")
        await walk.answer(details())
        await walk.answer({"kind": "none"})
    assert [one.subentry_id for one in lines_of(a_site)] == [line_id]
    assert walk.saved().data["line_id"] == line_id


async def test_another_broker_can_be_made_where_there_is_one(
    hass: HomeAssistant, a_site: MockConfigEntry, on_broker: str
) -> None:
    """The meters' network has a broker of its own."""
    with mosquitto() as other:
        walk = Walk(hass, a_site, "meter")
        await walk.begin()
        await walk.answer("mqtt")
        await walk.answer({"line_id": "new", "profile": "tasmota"})
        walk.at("mqtt_broker")
        await walk.answer(broker_form(other))
        await walk.answer({"name": "Meters"})
        walk.at("mqtt")
        assert walk.suggested("line_id") != on_broker
        assert walk.suggested("profile") == "tasmota"


async def test_a_silent_device_can_be_waited_for_changed_or_taken_on_trust(
    hass: HomeAssistant, a_site: MockConfigEntry, broker: Mosquitto, on_broker: str
) -> None:
    """A battery meter speaks once a day; nobody stands beside it until then."""
    walk = Walk(hass, a_site, "meter")
    await at_device(walk, on_broker, "generic_mqtt")
    await walk.answer({"topic": "cellar/water", "unit": "m³"})
    walk.at("mqtt_silent")
    assert walk.shown()["topic"] == "cellar/water"
    await walk.answer("mqtt_again")
    walk.at("mqtt_silent")
    await walk.answer("mqtt_device")
    walk.at("mqtt_device")
    assert walk.suggested("unit") == "m³"
    await walk.answer({"topic": "cellar/water", "unit": "L"})
    walk.at("mqtt_silent")
    await walk.answer("mqtt_unheard")
    walk.at("details")
    assert walk.shown()["register"] == "–"
    await walk.answer(details(commodity="water"))
    await walk.answer({"kind": "none"})
    saved = walk.saved()
    assert saved.data["quantity"] == "volume"
    assert saved.data["unit"] == "L"


async def test_a_message_heard_at_the_second_try_is_shown(
    hass: HomeAssistant, a_site: MockConfigEntry, broker: Mosquitto, on_broker: str
) -> None:
    """The person presses the button on the device and tries again."""
    walk = Walk(hass, a_site, "meter")
    await at_device(walk, on_broker, "esphome")
    await walk.answer({"topic": "pulse-1", "component": "energy_total", "unit": "kWh"})
    walk.at("mqtt_silent")
    async with alive(broker, EspHomeNumber("pulse-1", start=12)):
        await walk.answer("mqtt_again")
    walk.at("details")
    assert walk.shown()["register"] == "12 kWh"


async def test_a_message_in_another_form_is_shown_as_it_came(
    hass: HomeAssistant, a_site: MockConfigEntry, broker: Mosquitto, on_broker: str
) -> None:
    """Seeing the payload, the person finds the path without a manual."""
    async with alive(broker, EspHomeNumber("pulse-1", start=12)) as counter:
        await counter.report_words("not today", retain=True)
        walk = Walk(hass, a_site, "meter")
        await at_device(walk, on_broker, "esphome")
        await walk.answer({"topic": "pulse-1", "component": "energy_total", "unit": "kWh"})
        walk.at("mqtt_device", error="not_understood")
        assert "not today" in walk.shown()["detail"]


async def test_settings_that_fit_no_device_are_refused(
    hass: HomeAssistant, a_site: MockConfigEntry, on_broker: str
) -> None:
    """An unclosed bracket in a path would read nothing for ever."""
    walk = Walk(hass, a_site, "meter")
    await at_device(walk, on_broker, "generic_mqtt")
    await walk.answer({"topic": "cellar/water", "unit": "m³", "value_path": "a[[0"})
    walk.at("mqtt_device", error="settings_invalid")
    await walk.answer({"topic": "cellar/water", "unit": "m³", "value_path": "total"})
    walk.at("mqtt_silent")


async def test_a_unit_that_does_not_fit_the_family_is_refused(
    hass: HomeAssistant, a_site: MockConfigEntry, on_broker: str
) -> None:
    """Stored settings of a later version must not reach the device half understood."""
    walk = Walk(hass, a_site, "meter")
    await at_device(walk, on_broker, "generic_mqtt")
    refusal = CoreError("family_unknown", family="x")
    with patch(f"{PROBE}_mqtt.meter_family", side_effect=refusal):
        await walk.answer({"topic": "cellar/water", "unit": "m³"})
    walk.at("mqtt_device", error="settings_invalid")


async def test_a_broker_that_is_away_is_said_at_the_meter_too(
    hass: HomeAssistant, a_site: MockConfigEntry, broker: Mosquitto, on_broker: str
) -> None:
    """Otherwise the meter is blamed for a broker without power."""
    broker.stop()
    walk = Walk(hass, a_site, "meter")
    await at_device(walk, on_broker, "tasmota")
    await walk.answer({"topic": "shop-4", "channel": 0})
    walk.at("mqtt_device", error="cannot_connect")


async def test_a_broker_that_goes_away_meanwhile_is_said(
    hass: HomeAssistant, a_site: MockConfigEntry, broker: Mosquitto, on_broker: str
) -> None:
    """Whoever restarts the broker while somebody is waiting is told so."""
    walk = Walk(hass, a_site, "meter")
    await at_device(walk, on_broker, "tasmota")
    with patch(
        "custom_components.prepaid_parking.links.mqtt_client.BrokerClient.listen",
        side_effect=aiomqtt.MqttError("gone"),
    ):
        await walk.answer({"topic": "shop-4", "channel": 0})
    walk.at("mqtt_device", error="cannot_connect")


async def test_a_topic_the_broker_keeps_to_itself_is_said(
    hass: HomeAssistant, a_site: MockConfigEntry, on_broker: str
) -> None:
    """An access list at the broker looks like a dead device otherwise."""
    walk = Walk(hass, a_site, "meter")
    await at_device(walk, on_broker, "generic_mqtt")
    with patch(
        "custom_components.prepaid_parking.links.mqtt_client.BrokerClient.listen",
        return_value={"elsewhere/meter"},
    ):
        await walk.answer({"topic": "elsewhere/meter", "unit": "kWh"})
    walk.at("mqtt_device", error="topic_refused")
    assert walk.shown()["detail"] == "elsewhere/meter"


async def test_a_message_without_the_counter_is_shown_too(
    hass: HomeAssistant, a_site: MockConfigEntry, broker: Mosquitto, on_broker: str
) -> None:
    """A plug that reports its power alone counts nothing: the person sees that in the message."""
    async with alive(broker, Contact()) as device:
        await device.publish("zigbee2mqtt/shop", '{"power": 5}', retain=True)
        walk = Walk(hass, a_site, "meter")
        await at_device(walk, on_broker, "zigbee2mqtt")
        await walk.answer({"topic": "zigbee2mqtt/shop", "unit": "kWh"})
        walk.at("mqtt_device", error="not_understood")
        assert walk.shown()["detail"] == '{"power": 5}'


async def test_a_relay_that_does_not_say_where_it_is_is_not_taken(
    hass: HomeAssistant, a_site: MockConfigEntry, broker: Mosquitto, on_broker: str
) -> None:
    """What nobody sees is never verified, and every cut would be a fault."""
    async with alive(broker, Tasmota("shop-4", start=6, period_s=0.05)) as plug:
        walk = Walk(hass, a_site, "meter")
        await at_device(walk, on_broker, "tasmota")
        await walk.answer({"topic": "shop-4", "channel": 0})
        await walk.answer(details())
        await walk.answer({"kind": "profile"})
        plug.obeys = False
        await walk.answer({"channel": 3, "inverted": False})
        walk.at("relay_mqtt", error="no_message")
        plug.obeys = True
        await walk.answer({"channel": 0, "inverted": True})
        walk.at("supply")


async def test_relay_settings_that_fit_no_device_are_refused(
    hass: HomeAssistant, a_site: MockConfigEntry, broker: Mosquitto, on_broker: str
) -> None:
    """The same for the relay's half."""
    walk = Walk(hass, a_site, "meter")
    await at_device(walk, on_broker, "generic_mqtt")
    await walk.answer({"topic": "x/meter", "unit": "kWh"})
    await walk.answer("mqtt_unheard")
    await walk.answer(details())
    await walk.answer({"kind": "profile"})
    await walk.answer(generic_relay(state_path="a[[0"))
    walk.at("relay_mqtt", error="settings_invalid")


def generic_relay(**more: Any) -> dict[str, Any]:
    """The relay of a device nobody knows."""
    return {
        "command_topic": "x/set",
        "command_on": "1",
        "command_off": "0",
        "state_topic": "x/state",
        "state_on": "1",
        "state_off": "0",
        "inverted": False,
    } | more


class Contact(MqttDevice):
    """A relay that obeys `x/set` and says so on `x/state`, unless it is stuck."""

    def __init__(self) -> None:
        super().__init__("x")
        self.stuck_at: str | None = None
        self.moves: list[str] = []

    @property
    @override
    def command_topics(self) -> tuple[str, ...]:
        return ("x/set",)

    @override
    async def greet(self) -> None:
        await self.publish("x/state", "1", retain=True)

    @override
    async def obey(self, command: Command) -> None:
        said = self.stuck_at or command.payload
        self.moves.append(command.payload)
        await self.publish("x/state", said, retain=True)


async def at_the_trip(walk: Walk, line_id: str) -> None:
    """Walk up to the question about the test trip of a generic relay."""
    await at_device(walk, line_id, "generic_mqtt")
    await walk.answer({"topic": "x/meter", "unit": "kWh"})
    await walk.answer("mqtt_unheard")
    await walk.answer(details())
    await walk.answer({"kind": "profile"})
    await walk.answer(generic_relay())
    await walk.answer({"restore": "auto", "latency": 5})
    walk.at("trip")


async def trip(walk: Walk) -> None:
    """Agree, and wait for the end of the trip."""
    await walk.answer("trip_consent")
    await walk.answer({"sure": True})
    assert walk.result["type"] is FlowResultType.SHOW_PROGRESS
    await walk.wait()


async def test_a_relay_described_by_hand_is_switched_only_after_a_test_trip(
    hass: HomeAssistant, a_site: MockConfigEntry, broker: Mosquitto, on_broker: str
) -> None:
    """A payload copied from a forum may switch the pump instead of the flat."""
    async with alive(broker, Contact()) as contact:
        walk = Walk(hass, a_site, "meter")
        await at_the_trip(walk, on_broker)
        assert contact.moves == []
        await trip(walk)
        walk.at("trip_done")
        await walk.answer({})
        assert contact.moves == ["0", "1"]
    assert walk.saved().data["consent"] is True


@pytest.mark.parametrize(
    ("stuck_at", "problem"), [("1", "did not cut"), ("0", "did not come back")]
)
async def test_a_relay_that_fails_its_test_trip_is_only_read(
    hass: HomeAssistant, a_site: MockConfigEntry, broker: Mosquitto, on_broker: str,
    stuck_at: str, problem: str,
) -> None:  # fmt: skip
    """Whatever failed, the last command was to supply."""
    async with alive(broker, Contact()) as contact:
        walk = Walk(hass, a_site, "meter")
        await at_the_trip(walk, on_broker)
        contact.stuck_at = stuck_at
        with patch(f"{PROBE}_mqtt.LONGEST_TRIP_S", 0.2):
            await trip(walk)
        walk.at("trip_failed")
        assert problem in walk.shown()["problem"]
        assert contact.moves[-1] == "1"
        await walk.answer("trip_skip")
    assert walk.saved().data["consent"] is False


async def test_a_meter_behind_a_broker_may_change_its_topic(
    hass: HomeAssistant, a_site: MockConfigEntry, broker: Mosquitto, on_broker: str
) -> None:
    """Renamed in its own menu, it is still the meter of the same shop."""
    meter = make(
        hass, a_site, "meter", "Shop 4", "meter:shelly_gen2:NP-4",
        {
            "source": "mqtt", "line_id": on_broker, "profile": "shelly_gen2", "topic": "old",
            "component": "switch", "channel": 0, "serial": "NP-4", "commodity": "electricity",
            "quantity": "energy", "interval": 300, "max_power": "3.7",
            "relay": {"kind": "none"}, "restore": "by_hand", "latency": 5, "consent": False,
        },
    )  # fmt: skip
    async with alive(broker, ShellyGen2("new", start=5)):
        walk = Walk(hass, a_site, "meter")
        await walk.begin(changing=meter)
        await walk.answer("mqtt")
        walk.at("mqtt")
        assert walk.fields() == {"line_id"}
        await walk.answer({"line_id": on_broker})
        assert walk.suggested("topic") == "old"
        await walk.answer({"topic": "new", "component": "switch", "channel": 0})
        walk.at("confirm")
        assert walk.shown()["register"] == "5 kWh"
        await walk.answer({})
        walk.changed()
    assert a_site.subentries[meter.subentry_id].data["topic"] == "new"


async def test_a_message_with_another_serial_number_is_another_meter(
    hass: HomeAssistant, a_site: MockConfigEntry, broker: Mosquitto, on_broker: str
) -> None:
    """A moved gateway must not hand one tenant's register to another."""
    meter = make(
        hass, a_site, "meter", "Shop 4", "meter:generic_mqtt:A1",
        {
            "source": "mqtt", "line_id": on_broker, "profile": "generic_mqtt", "topic": "m/1",
            "unit": "kWh", "value_path": "total", "serial_path": "id", "serial": "A1",
            "commodity": "electricity", "quantity": "energy", "interval": 300,
            "max_power": "3.7", "relay": {"kind": "none"}, "restore": "by_hand",
            "latency": 5, "consent": False,
        },
    )  # fmt: skip
    form = {"topic": "m/1", "unit": "kWh", "value_path": "total", "serial_path": "id"}
    async with alive(broker, Contact()) as device:
        await device.publish("m/1", '{"total": 7, "id": "B2"}', retain=True)
        walk = Walk(hass, a_site, "meter")
        await walk.begin(changing=meter)
        await walk.answer("mqtt")
        await walk.answer({"line_id": on_broker})
        await walk.answer(form)
        walk.at("mqtt_device", error="other_serial")
        assert walk.shown()["detail"] == "B2"
        await device.publish("m/1", '{"total": 7, "id": "A1"}', retain=True)
        await walk.answer(form)
        walk.at("confirm")


async def test_a_sensor_of_the_hub_is_a_meter_with_the_unit_it_shows(
    hass: HomeAssistant, a_site: MockConfigEntry
) -> None:
    """The meter somebody integrated years ago is charged without a new cable."""
    counts = {"unit_of_measurement": "kWh", "device_class": "energy"}
    hass.states.async_set("sensor.shop", "1234.5", counts | {"state_class": "total_increasing"})
    hass.states.async_set("switch.shop", "on")
    walk = Walk(hass, a_site, "meter")
    await walk.begin()
    await walk.answer("hub_entity")
    walk.at("hub_entity")
    await walk.answer({"entity_id": "sensor.shop"})
    walk.at("details")
    assert walk.shown()["register"] == "1234.5 kWh"
    assert walk.suggested("serial") == "sensor.shop"
    await walk.answer(details(serial="sensor.shop"))
    await walk.answer({"kind": "entity"})
    await walk.answer({"entity_id": "switch.shop", "inverted": False})
    await walk.answer({"restore": "auto", "latency": 2})
    saved = walk.saved()
    assert saved.unique_id == "meter:hub_entity:sensor.shop"
    assert saved.data["source"] == "entity"
    assert saved.data["entity_id"] == "sensor.shop"
    assert saved.data["unit"] == "kWh"
    assert saved.data["relay"] == {
        "kind": "entity",
        "entity_id": "switch.shop",
        "inverted": False,
    }
    await walk.begin(changing=saved)
    await walk.answer("hub_entity")
    hass.states.async_set("sensor.shop", "1.2", counts | {"unit_of_measurement": "MWh"})
    await walk.answer({"entity_id": "sensor.shop"})
    walk.at("hub_entity", error="other_unit")
    hass.states.async_set("sensor.shop", "1300", counts)
    await walk.answer({"entity_id": "sensor.shop"})
    walk.at("confirm")
    await walk.answer({})
    walk.changed()


async def test_a_thing_that_goes_on_and_off_is_a_meter_of_its_running_time(
    hass: HomeAssistant, a_site: MockConfigEntry
) -> None:
    """A sauna without a meter is sold by the hour, and its own switch is what cuts it."""
    walk = Walk(hass, a_site, "meter")
    await walk.begin()
    await walk.answer("hub_entity")
    for entity, state, error in (
        ("cover.door", "open", "entity_does_not_run"),
        ("switch.sauna", "unavailable", "entity_unavailable"),
    ):
        hass.states.async_set(entity, state)
        await walk.answer({"entity_id": entity})
        walk.at("hub_entity", error=error)
    hass.states.async_set("switch.sauna", "off")
    await walk.answer({"entity_id": "switch.sauna"})
    walk.at("details")
    shown = walk.shown()
    assert (shown["register"], shown["per_hour"]) == ("0 h", "h/h")
    assert shown["said"].endswith("off")
    assert walk.suggested("serial") == "switch.sauna"
    assert walk.suggested("commodity") == "runtime"
    assert walk.suggested("max_power") == "1.1"
    form = {"commodity": "runtime", "max_power": "1.1", "serial": "switch.sauna"}
    await walk.answer(details(**form))
    await walk.answer({"kind": "entity"})
    walk.at("relay_entity")
    assert walk.suggested("entity_id") == "switch.sauna"
    await walk.answer({"entity_id": "switch.sauna", "inverted": False})
    await walk.answer({"restore": "auto", "latency": 2})
    saved = walk.saved()
    assert saved.unique_id == "meter:hub_entity:switch.sauna"
    assert saved.data["quantity"] == "duration"
    assert saved.data["unit"] == "h"
    await walk.begin(changing=saved)
    await walk.answer("hub_entity")
    hass.states.async_set("climate.sauna", "heat")
    await walk.answer({"entity_id": "climate.sauna"})
    walk.at("confirm")
    assert walk.shown()["register"] == "–"
    await walk.answer({})
    walk.changed()


@pytest.mark.parametrize(
    ("state", "attributes", "error"),
    [
        ("unavailable", {"unit_of_measurement": "kWh"}, "entity_unavailable"),
        ("5", {"unit_of_measurement": "W"}, "unit_unknown"),
        (
            "5",
            {"unit_of_measurement": "kWh", "state_class": "measurement"},
            "entity_not_a_register",
        ),
        ("a lot", {"unit_of_measurement": "kWh"}, "entity_not_a_register"),
        ("NaN", {"unit_of_measurement": "kWh"}, "entity_not_a_register"),
    ],
)
async def test_a_sensor_that_is_no_register_is_refused_with_the_reason(
    hass: HomeAssistant, a_site: MockConfigEntry, state: str, attributes: dict[str, str], error: str
) -> None:
    """Power charged as energy is a bill a thousand times too high."""
    hass.states.async_set("sensor.shop", state, attributes)
    walk = Walk(hass, a_site, "meter")
    await walk.begin()
    await walk.answer("hub_entity")
    await walk.answer({"entity_id": "sensor.shop"})
    walk.at("hub_entity", error=error)


async def test_our_own_sensors_are_nobodys_meter(
    hass: HomeAssistant, a_site: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    """A meter made of our own reading would charge itself for ever."""
    own = entity_registry.async_get_or_create("sensor", DOMAIN, "m1-energy").entity_id
    hass.states.async_set(own, "5", {"unit_of_measurement": "kWh"})
    switch = entity_registry.async_get_or_create("switch", DOMAIN, "m1-supply").entity_id
    hass.states.async_set(switch, "on")
    walk = Walk(hass, a_site, "meter")
    await walk.begin()
    await walk.answer("hub_entity")
    await walk.answer({"entity_id": own})
    walk.at("hub_entity", error="own_entity")
    hass.states.async_set("sensor.shop", "5", {"unit_of_measurement": "kWh"})
    await walk.answer({"entity_id": "sensor.shop"})
    await walk.answer(details())
    await walk.answer({"kind": "entity"})
    await walk.answer({"entity_id": switch, "inverted": False})
    walk.at("relay_entity", error="own_entity")


async def test_a_probe_is_no_secret_listener(
    hass: HomeAssistant, a_site: MockConfigEntry, broker: Mosquitto, on_broker: str
) -> None:
    """A visit leaves no session at the broker: it would collect for a client that never returns."""
    walk = Walk(hass, a_site, "meter")
    with patch("uuid.UUID.hex", "0" * 32):
        for _ in range(2):
            await at_device(walk, on_broker, "generic_mqtt")
            await walk.answer({"topic": "cellar/water", "unit": "m³"})
            walk.at("mqtt_silent")
            async with alive(broker, Contact()) as device:
                await device.publish("cellar/water", "12.5", qos=1)


async def test_a_topic_for_many_devices_is_no_meter(
    hass: HomeAssistant, a_site: MockConfigEntry, on_broker: str
) -> None:
    """A wildcard would charge one tenant for whatever the whole house reports last."""
    walk = Walk(hass, a_site, "meter")
    await at_device(walk, on_broker, "generic_mqtt")
    await walk.answer({"topic": "meters/#", "unit": "kWh"})
    walk.at("mqtt_device", error="settings_invalid")
    await walk.answer({"topic": "meters/1", "unit": "kWh"})
    await walk.answer("mqtt_unheard")
    await walk.answer(details())
    await walk.answer({"kind": "profile"})
    await walk.answer(generic_relay(command_topic="set/+"))
    walk.at("relay_mqtt", error="settings_invalid")


async def test_a_meter_whose_broker_was_removed_says_so(
    hass: HomeAssistant, a_site: MockConfigEntry, on_broker: str
) -> None:
    """Between the menu and the probe another window may have removed it."""
    walk = Walk(hass, a_site, "meter")
    await at_device(walk, on_broker, "tasmota")
    hass.config_entries.async_remove_subentry(a_site, on_broker)
    await walk.answer({"topic": "shop-4", "channel": 0})
    walk.at("mqtt_device", error="line_gone")
