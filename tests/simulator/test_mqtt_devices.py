"""MQTT devices on a real broker, heard by a plain client."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
import json

import aiomqtt
import pytest

from custom_components.prepaid_parking.simulator.broker import Broker
from custom_components.prepaid_parking.simulator.chirpstack import ChirpStackMeter
from custom_components.prepaid_parking.simulator.esphome import EspHomeNumber
from custom_components.prepaid_parking.simulator.frigate import FrigateCamera, PlateRead
from custom_components.prepaid_parking.simulator.mqtt_device import MqttDevice
from custom_components.prepaid_parking.simulator.shelly import ShellyGen2
from custom_components.prepaid_parking.simulator.tasmota import Tasmota
from custom_components.prepaid_parking.simulator.zigbee2mqtt import Zigbee2Mqtt
from tests.brokers import Mosquitto, mosquitto


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    """A broker of its own for each test: retained messages must not leak."""
    with mosquitto() as running:
        yield running


class Ear:
    """Hears everything and waits for what a test expects."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.client = client
        self.heard: list[aiomqtt.Message] = []

    async def next(self, topic: str) -> aiomqtt.Message:
        """The next message on a topic; others are kept."""
        for message in self.heard:
            if message.topic.matches(topic):
                self.heard.remove(message)
                return message
        async with asyncio.timeout(5):
            async for message in self.client.messages:
                if message.topic.matches(topic):
                    return message
                self.heard.append(message)
        raise AssertionError

    async def text(self, topic: str) -> str:
        payload = (await self.next(topic)).payload
        assert isinstance(payload, bytes)
        return payload.decode()

    async def json(self, topic: str) -> dict[str, object]:
        parsed: dict[str, object] = json.loads(await self.text(topic))
        return parsed

    async def say(
        self, topic: str, payload: str | dict[str, object], *, retain: bool = False
    ) -> None:
        text = payload if isinstance(payload, str) else json.dumps(payload)
        await self.client.publish(topic, text, retain=retain)


def address(broker: Mosquitto) -> Broker:
    return Broker.from_url(broker.url)


@asynccontextmanager
async def ear(broker: Mosquitto) -> AsyncIterator[Ear]:
    """A listener on all topics."""
    async with aiomqtt.Client(
        broker.host, broker.port, username=broker.username, password=broker.password
    ) as client:
        await client.subscribe("#")
        yield Ear(client)


@asynccontextmanager
async def alive[DeviceT: MqttDevice](device: DeviceT, broker: Mosquitto) -> AsyncIterator[DeviceT]:
    """A device that is connected."""
    await device.start(address(broker))
    try:
        async with asyncio.timeout(5):
            await device.connected.wait()
        yield device
    finally:
        await device.stop()


async def test_a_shelly_pulses_its_relay_and_turns_it_back_by_itself(broker: Mosquitto) -> None:
    """The barrier's contact must open again even if the hub dies after the command."""
    async with ear(broker) as listener, alive(ShellyGen2("gate-1", on=False), broker) as gate:
        assert await listener.text("gate-1/online") == "true"
        assert (await listener.json("gate-1/status/switch:0"))["output"] is False
        parameters = {"id": 0, "on": True, "toggle_after": 0.05}
        request = {"id": 7, "src": "hub", "method": "Switch.Set", "params": parameters}
        await listener.say("gate-1/rpc", request)
        assert (await listener.json("gate-1/status/switch:0"))["output"] is True
        reply = await listener.json("hub/rpc")
        assert reply["id"] == 7
        assert reply["result"] == {"was_on": False}
        assert (await listener.json("gate-1/status/switch:0"))["output"] is False
        assert gate.switched == [(True, "MQTT"), (False, "timer")]
        (command,) = await gate.commanded()
        assert command.json["params"] == parameters
        assert not command.retain


async def test_a_shelly_refuses_what_it_does_not_know(broker: Mosquitto) -> None:
    """A wrong method is an error answer, not silence; nonsense is ignored."""
    async with ear(broker) as listener, alive(ShellyGen2("plug"), broker) as plug:
        await listener.say("plug/rpc", "no json")
        await listener.say("plug/rpc", {"id": 1, "src": "hub", "method": "Gate.Open"})
        reply = await listener.json("hub/rpc")
        assert reply["error"] == {"code": 404, "message": "No handler for Gate.Open"}
        await listener.say("plug/rpc", {"id": 2, "src": "hub", "method": "Switch.Set"})
        assert "error" in await listener.json("hub/rpc")
        assert plug.on


async def test_a_shelly_counts_watt_hours_and_hears_inputs(broker: Mosquitto) -> None:
    """`aenergy.total` is in Wh with decimals; a loop on an input is told at once."""
    plug = ShellyGen2("plug", start="1.234567", three_phase=True)
    async with ear(broker) as listener, alive(plug, broker):
        status = await listener.json("plug/status/switch:0")
        energy = status["aenergy"]
        assert isinstance(energy, dict)
        assert energy["total"] == 1234.567
        assert (await listener.json("plug/status/emdata:0"))["total_act"] == 1234.567
        await listener.json("plug/status/input:1")
        await plug.set_input(1, on=True)
        assert await listener.json("plug/status/input:1") == {"id": 1, "state": True}
        await listener.say("plug/command/switch:0", "off")
        assert (await listener.json("plug/status/switch:0"))["output"] is False
        plug.set_load(1)
        plug.advance(3600)
        assert plug.counter.total == 1_234_567


async def test_a_tasmota_reports_energy_and_obeys_power(broker: Mosquitto) -> None:
    """Total is in kWh with three decimals; its time has no offset."""
    plug = Tasmota("flat-1", start="6.2949")
    async with ear(broker) as listener, alive(plug, broker):
        assert await listener.text("tele/flat-1/LWT") == "Online"
        assert await listener.text("stat/flat-1/POWER") == "ON"
        await plug.report_at(datetime(2026, 2, 15, 17, 37, 10, tzinfo=UTC))
        sensor = await listener.json("tele/flat-1/SENSOR")
        assert sensor["Time"] == "2026-02-15T17:37:10"
        energy = sensor["ENERGY"]
        assert isinstance(energy, dict)
        assert energy["Total"] == 6.294
        await listener.say("cmnd/flat-1/POWER", "OFF")
        assert await listener.text("stat/flat-1/POWER") == "OFF"
        await listener.say("cmnd/flat-1/POWER", "")
        assert await listener.text("stat/flat-1/POWER") == "OFF"
        await listener.say("cmnd/flat-1/PulseTime", "1")
        await listener.say("cmnd/flat-1/POWER1", "TOGGLE")
        assert await listener.text("stat/flat-1/POWER") == "ON"
        assert await listener.text("stat/flat-1/POWER") == "OFF"
        assert plug.switched == [False, True, False]


async def test_a_stuck_relay_hears_commands_and_stays(broker: Mosquitto) -> None:
    """A command delivered is not a command done."""
    async with ear(broker) as listener, alive(Tasmota("flat-1"), broker) as plug:
        plug.obeys = False
        await listener.say("cmnd/flat-1/POWER", "OFF")
        await plug.commanded(lambda command: command.payload == "OFF")
        assert plug.on


async def test_a_retained_command_reaches_a_device_that_connects_later(broker: Mosquitto) -> None:
    """Why nobody may retain a gate command: it opens again at every restart."""
    async with ear(broker) as listener:
        await listener.say("cmnd/gate/POWER", "ON", retain=True)
        async with alive(Tasmota("gate", on=False), broker) as gate:
            (command,) = await gate.commanded()
            assert command.retain
            assert await listener.text("stat/gate/RESULT") == '{"POWER":"OFF"}'
            assert await listener.text("stat/gate/RESULT") == '{"POWER":"ON"}'


async def test_the_will_speaks_for_a_device_that_is_cut_off(broker: Mosquitto) -> None:
    """Offline must be known without polling, and orderly goodbyes say it too."""
    async with ear(broker) as listener:
        async with alive(Tasmota("flat-1"), broker) as plug:
            assert await listener.text("tele/flat-1/LWT") == "Online"
            async with aiomqtt.Client(broker.host, broker.port, identifier="flat-1"):
                assert await listener.text("tele/flat-1/LWT") == "Offline"
            assert await listener.text("tele/flat-1/LWT") == "Online"
            await plug.connected.wait()
        assert await listener.text("tele/flat-1/LWT") == "Offline"


async def test_a_device_comes_back_with_the_broker(broker: Mosquitto) -> None:
    """A broker that restarts finds all devices again, without anybody's help."""
    async with alive(EspHomeNumber("node"), broker) as node:
        broker.stop()
        async with asyncio.timeout(5):
            await node.disconnected.wait()
        with pytest.raises(aiomqtt.MqttError):
            await node.report()
        broker.start()
        async with asyncio.timeout(5):
            await node.connected.wait()
        await node.report()


async def test_a_broker_with_a_password_is_served_too() -> None:
    """Real sites do not run open brokers."""
    with mosquitto(username="meter", password="s3cret & more") as broker:
        login = Broker(
            host=broker.host, port=broker.port, username="meter", password="s3cret & more"
        )
        node = EspHomeNumber("node")
        await node.start(login)
        async with asyncio.timeout(5):
            await node.connected.wait()
        await node.stop()
        with pytest.raises(aiomqtt.MqttError):
            async with aiomqtt.Client(broker.host, broker.port):
                pass


def test_a_broker_address_is_read_from_a_url() -> None:
    """The command line gives one address with everything in it."""
    broker = Broker.from_url("mqtt://me:a%20b@10.0.0.5:1884")
    assert broker == Broker(host="10.0.0.5", port=1884, username="me", password="a b")
    assert Broker.from_url("mqtt://broker").port == 1883
    with pytest.raises(ValueError, match="not an mqtt"):
        Broker.from_url("localhost:1883")


async def test_a_zigbee_plug_reports_and_obeys(broker: Mosquitto) -> None:
    """One JSON object in, one out; energy has two decimals."""
    async with ear(broker) as listener, alive(Zigbee2Mqtt("shop", start="12.349"), broker) as plug:
        assert await listener.json("zigbee2mqtt/shop/availability") == {"state": "online"}
        state = await listener.json("zigbee2mqtt/shop")
        assert (state["state"], state["energy"]) == ("ON", 12.34)
        await listener.say("zigbee2mqtt/shop/set", {"state": "OFF"})
        assert (await listener.json("zigbee2mqtt/shop"))["state"] == "OFF"
        await listener.say("zigbee2mqtt/shop/set", {"state": "ON", "on_time": 0.05})
        assert (await listener.json("zigbee2mqtt/shop"))["state"] == "ON"
        assert (await listener.json("zigbee2mqtt/shop"))["state"] == "OFF"
        await listener.say("zigbee2mqtt/shop/set", "nonsense")
        await listener.say("zigbee2mqtt/shop/get", {"state": ""})
        assert (await listener.json("zigbee2mqtt/shop"))["state"] == "OFF"
        assert plug.switched == [False, True, False]


async def test_an_esphome_number_is_a_bare_number(broker: Mosquitto) -> None:
    """And sometimes no number at all."""
    async with ear(broker) as listener, alive(EspHomeNumber("node", start="7.5"), broker) as node:
        topic = "node/sensor/energy_total/state"
        assert await listener.text(topic) == "7.500"
        node.add(kwh="0.25")
        await node.report()
        assert await listener.text(topic) == "7.750"
        await node.report_words("nan")
        assert await listener.text(topic) == "nan"


async def test_a_meter_reports_by_itself(broker: Mosquitto) -> None:
    """A site that runs for a day needs no one to ask."""
    node = EspHomeNumber("node", period_s=0.02)
    async with ear(broker) as listener, alive(node, broker):
        for _ in range(3):
            await listener.text("node/sensor/energy_total/state")


async def test_a_lorawan_meter_sends_its_register_and_hears_after_it_spoke(
    broker: Mosquitto,
) -> None:
    """A class A device is deaf between uplinks: a cut takes until the next one."""
    meter = ChirpStackMeter("70b3d57ed0012345", start="100.5", name="Flat 2-101")
    meter.set_load(1)
    async with ear(broker) as listener, alive(meter, broker):
        await meter.uplink()
        up = await listener.json(f"{meter.root}/event/up")
        assert up["object"] == {"energy_kwh": 100.5, "relay": True}
        assert up["data"] == "AAGIlA=="
        down = {"devEui": meter.identity, "confirmed": True, "fPort": 10, "data": "AA=="}
        await listener.say(f"{meter.root}/command/down", down)
        await meter.commanded()
        assert meter.watts == 1000
        await meter.uplink()
        assert (await listener.json(f"{meter.root}/event/ack"))["acknowledged"] is True
        assert meter.watts == 0
        on = {"devEui": meter.identity, "confirmed": False, "object": {"relay": True}}
        await listener.say(f"{meter.root}/command/down", on)
        await meter.commanded(times=2)
        await meter.uplink()
        assert meter.watts == 1000


async def test_a_lorawan_meter_repeats_and_back_fills(broker: Mosquitto) -> None:
    """The same uplink twice has one id; stored registers come late, in any order, with times."""
    meter = ChirpStackMeter("70b3d57ed0012345", start=10)
    async with ear(broker) as listener, alive(meter, broker):
        await meter.uplink(times=2)
        await meter.repeat()
        same = [await listener.json(f"{meter.root}/event/up") for _ in range(3)]
        assert same[0] == same[1] == same[2]
        await meter.back_fill([(timedelta(hours=1), "9.5"), (timedelta(hours=2), "9.25")])
        late = [await listener.json(f"{meter.root}/event/up") for _ in range(2)]
        taken = [up["object"]["time"] for up in late]  # type: ignore[index]  # an object of JSON
        assert taken[0] > taken[1]
        assert len({up["deduplicationId"] for up in (*same, *late)}) == 3


async def test_a_camera_reads_one_car_several_times_with_a_misread(broker: Mosquitto) -> None:
    """Five looks in two seconds, one of them wrong, are one car."""
    async with ear(broker) as listener, alive(FrigateCamera("entry"), broker) as camera:
        assert await listener.text("frigate/available") == "online"
        car = await camera.see(camera.looks("WOB·ZK295"))
        updates = [await listener.json("frigate/tracked_object_update") for _ in range(5)]
        assert {update["id"] for update in updates} == {car}
        assert sorted(update["plate"] == "WOB·ZK295" for update in updates) == [False, *[True] * 4]
        assert all(one["timestamp"] <= two["timestamp"] for one, two in pairwise(updates))  # type: ignore[operator]  # numbers of JSON
        assert updates[-1]["score"] == 0.98
        assert (await listener.json("frigate/events"))["type"] == "new"
        after = (await listener.json("frigate/events"))["after"]
        assert isinstance(after, dict)
        assert after["recognized_license_plate"] == "WOB·ZK295"
        await camera.leave(car)
        assert (await listener.json("frigate/events"))["type"] == "end"


async def test_a_camera_may_be_late_retained_and_double(broker: Mosquitto) -> None:
    """What a reconnecting broker delivers must be tellable from what happens now."""
    async with alive(FrigateCamera("entry"), broker) as camera:
        await camera.see([PlateRead(plate="沪A12345", late_s=60)], retain=True, times=2)
        async with ear(broker) as listener:
            message = await listener.next("frigate/tracked_object_update")
            assert message.retain
            assert isinstance(message.payload, bytes)
            assert json.loads(message.payload)["plate"] == "沪A12345"


def test_the_same_seed_reads_the_same() -> None:
    """A demo that can be repeated."""
    one, two = FrigateCamera("entry", seed=5), FrigateCamera("entry", seed=5)
    assert one.looks("B-PP 42", misreads=2) == two.looks("B-PP 42", misreads=2)
    assert one.misread("HH-GG 77") != "HH-GG 77"


async def test_a_device_that_is_switched_off_begins_nothing(broker: Mosquitto) -> None:
    """A relay's timer fired while its device went off: its work outlived the test that had it."""
    device, waits, begun = MqttDevice("relay"), asyncio.Event(), list[str]()

    async def turns_back() -> None:
        begun.append("turned back")

    async def ends_late() -> None:
        waits.set()
        try:
            await asyncio.Event().wait()
        finally:
            device.chore(turns_back())

    await device.start(address(broker))
    await device.connected.wait()
    device.chore(ends_late())
    await waits.wait()
    await device.stop()
    await asyncio.sleep(0)
    assert not begun
    await device.start(address(broker))
    device.chore(turns_back())
    await asyncio.sleep(0)
    await device.stop()
    assert begun == ["turned back"]
