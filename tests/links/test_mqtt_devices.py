"""Meters, supplies, barriers and cameras on a real broker, played by the simulator's devices."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
from typing import Any

import pytest

from custom_components.prepaid_parking.core.access import PlateRead
from custom_components.prepaid_parking.core.errors import DeviceError, DeviceFault
from custom_components.prepaid_parking.core.identity import InstallationId
from custom_components.prepaid_parking.core.metering import (
    Consumption,
    Cursor,
    Limits,
    Origin,
    Sample,
    advance,
)
from custom_components.prepaid_parking.links.mqtt import MqttLine
from custom_components.prepaid_parking.links.mqtt_barrier import MqttBarrier
from custom_components.prepaid_parking.links.mqtt_meter import MqttMeter
from custom_components.prepaid_parking.links.mqtt_relay import MqttRelay
from custom_components.prepaid_parking.links.payloads.family import (
    KEPT,
    ONCE,
    MeterSettings,
    RelaySettings,
)
from custom_components.prepaid_parking.links.plate_reading import PlateSettings
from custom_components.prepaid_parking.links.plates import MqttPlates
from custom_components.prepaid_parking.simulator.chirpstack import ChirpStackMeter
from custom_components.prepaid_parking.simulator.esphome import EspHomeNumber
from custom_components.prepaid_parking.simulator.frigate import FrigateCamera, PlateRead as Look
from custom_components.prepaid_parking.simulator.shelly import ShellyGen2
from custom_components.prepaid_parking.simulator.tasmota import Tasmota
from custom_components.prepaid_parking.simulator.zigbee2mqtt import Zigbee2Mqtt
from tests.brokers import Mosquitto, alive, mosquitto
from tests.links.mqtt_peer import peer, running, settings, until

KWH = 1_000_000


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(persistence=tmp_path / "kept") as running_broker:
        yield running_broker


class Desk:
    """Keeps the samples of a meter and charges them as the site does."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []
        self.cursor: Cursor | None = None
        self.charged = 0
        self.doubts: list[object] = []

    def told(self, samples: Sequence[Sample]) -> None:
        for sample in samples:
            self.samples.append(sample)
            if sample.register is not None and sample.origin is not Origin.RETAINED:
                self._charge(sample, sample.register)

    def _charge(self, sample: Sample, register: int) -> None:
        if self.cursor is None:
            self.cursor = Cursor(
                installation=InstallationId("m1.1"), register=register, at=sample.at
            )
            return
        moved = advance(
            self.cursor, sample, Limits(max_rate_per_hour=100 * KWH), serial="", ratio=None
        )
        if isinstance(moved, Consumption):
            self.charged += moved.quantity
            self.cursor = Cursor(
                installation=self.cursor.installation, register=moved.to_register, at=moved.to_at
            )
        elif moved is not None:
            self.doubts.append(moved)

    @property
    def registers(self) -> list[int]:
        return [one.register for one in self.samples if one.register is not None]


DEVICES = {
    "shelly_gen2": (
        ShellyGen2("shelly-1", start=10),
        MeterSettings(family="shelly_gen2", topic="shelly-1"),
        RelaySettings(family="shelly_gen2", topic="shelly-1"),
    ),
    "tasmota": (
        Tasmota("plug", start=10),
        MeterSettings(family="tasmota", topic="plug"),
        RelaySettings(family="tasmota", topic="plug"),
    ),
    "zigbee2mqtt": (
        Zigbee2Mqtt("plug", start=10),
        MeterSettings(family="zigbee2mqtt", topic="zigbee2mqtt/plug"),
        RelaySettings(family="zigbee2mqtt", topic="zigbee2mqtt/plug"),
    ),
}


def made(family: str) -> tuple[Any, MeterSettings, RelaySettings]:
    device, meter, relay = DEVICES[family]
    return type(device)(device.identity, start=10), meter, relay


@pytest.mark.parametrize("family", sorted(DEVICES))
async def test_a_meter_is_read_cut_and_restored(broker: Mosquitto, family: str) -> None:
    """The spine: what was used is charged, what is commanded is seen at the contact."""
    device, meter_settings, relay_settings = made(family)
    desk, line = Desk(), MqttLine(settings(broker))
    relay = MqttRelay(line, relay_settings, "m1")
    meter = MqttMeter(line, meter_settings, desk.told, relay=relay)
    line.attach(meter.listener)
    async with alive(broker, device), running(line):
        await until(lambda: meter.supplied is True)
        await device.report()
        await until(lambda: 10 * KWH in desk.registers)
        device.add(kwh="0.25")
        await device.report()
        await until(lambda: desk.charged == KWH // 4)
        await meter.switch(False)
        await until(lambda: meter.supplied is False)
        assert not device.on
        assert any(one.supplied is False for one in desk.samples)
        await meter.switch(True)
        await until(lambda: meter.supplied is True)
        assert device.on
        await device.switch(on=False)
        await until(lambda: meter.supplied is False)
    assert not desk.doubts
    assert not line.health.bad_payloads


@pytest.mark.parametrize("family", sorted(DEVICES))
async def test_readings_twice_late_and_queued_are_charged_once(
    broker: Mosquitto, family: str
) -> None:
    """Broker down and up, messages twice, kept and out of the queue: one effect."""
    device, meter_settings, _ = made(family)
    desk, line = Desk(), MqttLine(settings(broker), first_retry_s=0.05)
    meter = MqttMeter(line, meter_settings, desk.told)
    line.attach(meter.listener)
    topic = meter.family.topics(meter.settings)[0]
    async with alive(broker, device):
        async with running(line):
            await device.report()
            await until(lambda: desk.cursor is not None)
            for _ in range(3):
                device.add(kwh="0.1")
                await device.report()
                await device.report()
            await until(lambda: desk.charged == 300_000)
            broker.stop()
            await until(lambda: not line.connected)
            device.add(kwh="0.1")
            broker.start()
            await line.in_step()
            async with asyncio.timeout(5):
                await device.connected.wait()
            await device.report()
            await until(lambda: desk.charged == 400_000)
        async with peer(broker) as collector:
            await collector.subscribe(topic)
            said: list[bytes] = []
            for kwh in ("0.2", "0.2", "0.2"):
                device.add(kwh=kwh)
                await device.report()
                said.append((await anext(aiter(collector.messages))).payload)
            # A broker that never heard our acknowledgements delivers the three again.
            for payload in (*said, *said):
                await collector.publish(topic, payload, qos=1)
            await collector.publish(topic, said[0], qos=1, retain=True)
            for payload in said:
                await collector.publish(topic, payload, qos=1)
        async with running(line):
            await until(lambda: desk.charged == 1_000_000)
    assert not desk.doubts


async def test_a_tasmota_is_asked_for_a_reading_when_the_line_connects(broker: Mosquitto) -> None:
    """Telemetry comes every five minutes; after a restart nobody wants to wait for it."""
    line = MqttLine(settings(broker))
    desk = Desk()
    line.attach(MqttMeter(line, MeterSettings(family="tasmota", topic="plug"), desk.told).listener)
    async with alive(broker, Tasmota("plug", start=3)) as device, running(line):
        asked = await device.commanded(lambda one: one.topic == "cmnd/plug/STATUS")
    assert asked[0].payload == "10"


async def test_a_kept_state_is_shown_and_never_charged(broker: Mosquitto) -> None:
    """ESPHome keeps its states at the broker: what is there at a connect may be from last year."""
    desk, line = Desk(), MqttLine(settings(broker))
    meter_settings = MeterSettings(family="esphome", topic="node", component="energy_total")
    line.attach(MqttMeter(line, meter_settings, desk.told).listener)
    async with alive(broker, EspHomeNumber("node", start=5)) as device, running(line):
        await until(lambda: desk.samples)
        assert desk.samples[0].origin is Origin.RETAINED
        assert desk.cursor is None
        await device.report()
        await until(lambda: desk.cursor is not None)
        await device.report_words("nan")
        await until(lambda: line.health.bad_payloads == 1)
        device.add(kwh=1)
        await device.report()
        await until(lambda: desk.charged == KWH)


async def test_stored_readings_are_taken_in_time_order_once(broker: Mosquitto) -> None:
    """A meter out of radio reach sends its day late, mixed up and twice; energy is charged once."""
    desk, line = Desk(), MqttLine(settings(broker))
    device = ChirpStackMeter("0101010101010101", start=100)
    meter_settings = MeterSettings(
        family="chirpstack_v4", topic=device.root, value_path="energy_kwh", time_path="time"
    )
    line.attach(MqttMeter(line, meter_settings, desk.told).listener)
    async with alive(broker, device), running(line):
        await device.uplink(times=2)
        await until(lambda: desk.cursor is not None)
        device.add(kwh=5)
        await device.uplink()
        await device.back_fill([(timedelta(hours=1), 103), (timedelta(hours=2), 101)])
        await device.repeat()
        device.add(kwh=1)
        await device.uplink(times=3)
        await until(lambda: desk.charged == 6 * KWH)
    assert not desk.doubts
    assert [one.origin for one in desk.samples] == [
        Origin.PUSHED,
        Origin.PUSHED,
        Origin.BACKFILL,
        Origin.BACKFILL,
        Origin.PUSHED,
    ]


async def test_a_kept_reading_does_not_hide_its_queued_twin(broker: Mosquitto) -> None:
    """A water meter that reports once a day would be charged a day late."""
    desk, line = Desk(), MqttLine(settings(broker))
    meter_settings = MeterSettings(
        family="generic_mqtt", topic="water", value_path="v", time_path="t"
    )
    line.attach(MqttMeter(line, meter_settings, desk.told).listener)
    async with running(line), peer(broker) as meter:
        now = datetime.now(UTC)
        for value, retain in ((1, False), (2, True)):
            at = now + timedelta(microseconds=value)
            payload = json.dumps({"t": at.isoformat(), "v": value})
            await meter.publish("water", payload, qos=1, retain=retain)
        await until(lambda: desk.charged == KWH)
        fresh = Desk()
        line.attach(MqttMeter(line, meter_settings, fresh.told).listener)
        await line.in_step()
        await meter.publish("water", payload, qos=1)
        await until(lambda: len(fresh.samples) == 2)
    assert [one.origin for one in fresh.samples] == [Origin.RETAINED, Origin.PUSHED]


async def test_an_uplink_is_known_by_its_name(broker: Mosquitto) -> None:
    """Two gateways of two networks hear it at two times; it is one uplink."""
    desk, line = Desk(), MqttLine(settings(broker))
    meter_settings = MeterSettings(family="chirpstack_v4", topic="d", value_path="energy")
    line.attach(MqttMeter(line, meter_settings, desk.told).listener)
    now = datetime.now(UTC)
    async with running(line), peer(broker) as network:
        for second, name in enumerate(("a", "a", "b")):
            event = {
                "deduplicationId": name,
                "time": (now + timedelta(seconds=second)).isoformat(),
                "object": {"energy": 5},
            }
            await network.publish("d/event/up", json.dumps(event), qos=1)
        await until(lambda: line.health.messages == 4)
    assert len(desk.samples) == 2


async def test_a_list_of_stored_readings_comes_sorted(broker: Mosquitto) -> None:
    """Sent newest first, they would all but one be older than the cursor."""
    desk, line = Desk(), MqttLine(settings(broker))
    meter_settings = MeterSettings(
        family="generic_mqtt", topic="log", list_path="log", value_path="v", time_path="t"
    )
    line.attach(MqttMeter(line, meter_settings, desk.told).listener)
    now = datetime.now(UTC)
    log = [
        {"t": (now - timedelta(hours=hours)).isoformat(), "v": 10 - hours} for hours in range(1, 6)
    ]
    async with running(line), peer(broker) as device:
        for _ in range(2):
            await device.publish("log", json.dumps({"log": log}), qos=1)
        await device.publish("log", json.dumps({"log": log[:2]}), qos=1)
        await device.publish("log", json.dumps({"log": [{"t": now.isoformat(), "v": 10}]}), qos=1)
        await until(lambda: desk.charged == 5 * KWH)
    assert desk.registers == [5 * KWH, 6 * KWH, 7 * KWH, 8 * KWH, 9 * KWH, 10 * KWH]
    assert {one.origin for one in desk.samples} == {Origin.BACKFILL}


async def test_a_clock_that_was_set_back_loses_no_energy(broker: Mosquitto) -> None:
    """A device that restarts in the past would otherwise be read for ever and never charged."""
    desk, line = Desk(), MqttLine(settings(broker))
    meter_settings = MeterSettings(family="generic_mqtt", topic="t", value_path="v", time_path="t")
    line.attach(MqttMeter(line, meter_settings, desk.told).listener)
    now = datetime.now(UTC)
    said = [(now, 1), (now - timedelta(days=400), 2), (now + timedelta(days=3), 3)]
    async with running(line), peer(broker) as device:
        for at, value in said:
            payload = json.dumps({"t": at.isoformat(), "v": value})
            await device.publish("t", payload, qos=1)
        await until(lambda: desk.charged == 2 * KWH)
    assert all(abs(one.at - now) < timedelta(seconds=30) for one in desk.samples)
    assert [one.clock for one in desk.samples] == [at for at, _ in said]


async def test_a_relay_that_refuses_or_is_gone_says_so(broker: Mosquitto) -> None:
    """Nobody may believe that a supply was cut because a message was sent."""
    line = MqttLine(settings(broker))
    bad = MqttRelay(line, RelaySettings(family="shelly_gen2", topic="shelly", channel=3), "m1")
    gone = MqttRelay(line, RelaySettings(family="shelly_gen2", topic="nobody"), "m2")
    wild = MqttRelay(
        line, RelaySettings(family="generic_mqtt", command_topic="x", state_topic="y"), "m3"
    )
    for one in (bad, gone, wild):
        line.attach(one.listener(lambda _: None))
    with pytest.raises(DeviceError) as caught:
        await bad.switch(False)
    assert caught.value.fault is DeviceFault.OFFLINE
    async with alive(broker, ShellyGen2("shelly")), running(line):
        with pytest.raises(DeviceError) as caught:
            await bad.switch(False)
        assert caught.value.fault is DeviceFault.REFUSED
        assert "argument" in caught.value.detail
        with pytest.raises(DeviceError) as caught:
            await gone.switch(False)
        assert caught.value.fault is DeviceFault.NO_ANSWER
        with pytest.raises(DeviceError) as caught:
            await wild.switch(False)
        assert caught.value.fault is DeviceFault.UNSUPPORTED


async def test_an_answer_to_somebody_else_confirms_nothing(broker: Mosquitto) -> None:
    """Two hubs on one broker, or a late answer to an earlier run: another number, not ours."""
    line = MqttLine(settings(broker))
    relay = MqttRelay(line, RelaySettings(family="shelly_gen2", topic="shelly"), "m1")
    line.attach(relay.listener(lambda _: None))
    async with running(line), peer(broker) as stranger:
        waiting = asyncio.create_task(relay.switch(True))
        await asyncio.sleep(0.05)
        for number in (0, 1, None, "x"):
            answer = json.dumps({"id": number, "result": {"was_on": False}})
            await stranger.publish(f"{line.identifier}-m1/rpc", answer)
        with pytest.raises(DeviceError) as caught:
            await waiting
    assert caught.value.fault is DeviceFault.NO_ANSWER


async def test_a_kept_or_queued_position_proves_nothing(broker: Mosquitto) -> None:
    """A plug that died while on is "on" at the broker for ever."""
    line = MqttLine(settings(broker))
    seen: list[bool | None] = []
    relay = MqttRelay(line, RelaySettings(family="tasmota", topic="plug"), "m1")
    line.attach(relay.listener(lambda _: seen.append(relay.supplied)))
    async with peer(broker) as plug:
        await plug.publish("stat/plug/POWER", "ON", qos=1, retain=True)
        async with running(line):
            assert relay.supplied is None
            await plug.publish("stat/plug/POWER", "OFF", qos=1)
            await until(lambda: relay.supplied is False)
        await plug.publish("stat/plug/POWER", "ON", qos=1)
        async with running(line):
            assert relay.supplied is False
    assert seen == [False]


BARRIERS = {
    "shelly_gen2": (ShellyGen2, RelaySettings(family="shelly_gen2", topic="gate")),
    "tasmota": (Tasmota, RelaySettings(family="tasmota", topic="gate")),
    "zigbee2mqtt timed": (
        Zigbee2Mqtt,
        RelaySettings(family="zigbee2mqtt", topic="zigbee2mqtt/gate", timed=True),
    ),
    "zigbee2mqtt": (Zigbee2Mqtt, RelaySettings(family="zigbee2mqtt", topic="zigbee2mqtt/gate")),
    "generic": (
        Zigbee2Mqtt,
        RelaySettings(
            family="generic_mqtt",
            state_topic="zigbee2mqtt/gate",
            state_path="state",
            state_on="ON",
            state_off="OFF",
            command_topic="zigbee2mqtt/gate/set",
            command_on='{"state": "ON"}',
            command_off='{"state": "OFF"}',
        ),
    ),
}


@pytest.mark.parametrize("name", sorted(BARRIERS))
async def test_a_barrier_that_answers_need_not_be_acknowledged(
    broker: Mosquitto, name: str
) -> None:
    """Two acknowledgements for each car were most of what a rush sent; others tell it no other way."""
    _, relay_settings = BARRIERS[name]
    barrier = MqttBarrier(MqttLine(settings(broker)), relay_settings, "l1")
    wanted = {ONCE} if name == "shelly_gen2" else {KEPT}
    assert set(barrier.listener.topics.values()) == wanted


@pytest.mark.parametrize("name", sorted(BARRIERS))
async def test_a_barrier_gets_one_pulse_that_ends(broker: Mosquitto, name: str) -> None:
    """One opening for one car, confirmed, and a contact that does not hold the barrier open."""
    kind, relay_settings = BARRIERS[name]
    line = MqttLine(settings(broker))
    barrier = MqttBarrier(line, relay_settings, "l1", pulse_seconds=0.2)
    line.attach(barrier.listener)
    async with alive(broker, kind("gate", on=False)) as device, running(line):
        await asyncio.gather(barrier.pulse())
        changes = list(device.switched)
        await until(lambda: not device.on and len(device.switched) == len(changes) + 1)
        await barrier.settle()
        await barrier.pulse()
        await until(lambda: not device.on)
        await barrier.settle()
    closed = [bool(one[0] if isinstance(one, tuple) else one) for one in device.switched]
    assert closed == [True, False, True, False]
    assert not [one for one in device.commands if one.retain]
    openings = [one for one in device.commands if "ON" in one.payload or "true" in one.payload]
    assert len(openings) == 2
    assert {one.qos for one in openings} == {0}


@pytest.mark.parametrize("name", sorted(BARRIERS))
async def test_the_car_behind_gets_a_pulse_of_its_own(broker: Mosquitto, name: str) -> None:
    """While the contact is closed another press would not be seen by the barrier: it comes after."""
    kind, relay_settings = BARRIERS[name]
    line = MqttLine(settings(broker))
    barrier = MqttBarrier(line, relay_settings, "l1", pulse_seconds=0.1)
    line.attach(barrier.listener)
    async with alive(broker, kind("gate", on=False)) as device, running(line):
        await asyncio.gather(barrier.pulse(), barrier.pulse(), barrier.pulse())
        await barrier.settle()
        await until(lambda: not device.on)
    openings = [one for one in device.commands if "ON" in one.payload or "true" in one.payload]
    assert len(openings) == 3


async def test_a_car_behind_a_pulse_that_does_not_end_opens_nothing_later(
    broker: Mosquitto,
) -> None:
    """A contact that nobody can open again must not be pressed for a car that has turned round."""

    async def never(_: float) -> None:
        await asyncio.Event().wait()

    line = MqttLine(settings(broker))
    barrier = MqttBarrier(
        line,
        RelaySettings(family="zigbee2mqtt", topic="zigbee2mqtt/gate"),
        "l1",
        pulse_seconds=0.1,
        confirm_seconds=0.3,
        sleep=never,
    )
    line.attach(barrier.listener)
    async with alive(broker, Zigbee2Mqtt("gate", on=False)) as device, running(line):
        await barrier.pulse()
        with pytest.raises(DeviceError) as caught:
            await barrier.pulse()
        assert caught.value.fault is DeviceFault.BUSY
        assert device.switched == [True]
        await barrier.settle(within=0)


@pytest.mark.parametrize("name", sorted(BARRIERS))
async def test_a_barrier_that_does_not_move_is_not_confirmed(broker: Mosquitto, name: str) -> None:
    """The attendant sees "admitted, not confirmed"; a second pulse might let two cars through."""
    kind, relay_settings = BARRIERS[name]
    line = MqttLine(settings(broker))
    barrier = MqttBarrier(line, relay_settings, "l1", pulse_seconds=0.1, confirm_seconds=0.3)
    line.attach(barrier.listener)
    async with alive(broker, kind("gate", on=False)) as device, running(line):
        device.obeys = False
        with pytest.raises(DeviceError) as caught:
            await barrier.pulse()
        assert caught.value.fault is DeviceFault.NO_ANSWER
        await barrier.settle()
    sent = [one for one in device.commands if "ON" in one.payload or "true" in one.payload]
    assert len(sent) == 1


async def test_a_barrier_that_says_it_is_closed_is_not_confirmed(broker: Mosquitto) -> None:
    """Any sign of life is not the sign of an opening."""
    line = MqttLine(settings(broker))
    barrier = MqttBarrier(
        line, RelaySettings(family="tasmota", topic="gate"), "l1", confirm_seconds=0.3
    )
    line.attach(barrier.listener)
    async with running(line), peer(broker) as gate:
        pulse = asyncio.create_task(barrier.pulse())
        for word in ("OFF", "ON ?", "OFF"):
            await gate.publish("stat/gate/POWER", word, qos=1)
        with pytest.raises(DeviceError) as caught:
            await pulse
    assert caught.value.fault is DeviceFault.NO_ANSWER


async def test_a_tasmota_that_forgot_its_pulse_time_is_told_again(broker: Mosquitto) -> None:
    """A device that was reset would hold the barrier open with its first pulse."""
    line = MqttLine(settings(broker))
    barrier = MqttBarrier(
        line, RelaySettings(family="tasmota", topic="gate"), "l1", pulse_seconds=0.2
    )
    line.attach(barrier.listener)
    async with alive(broker, Tasmota("gate", on=False)) as device, running(line):
        await until(lambda: device.pulse_time == 2)
        device.pulse_time = 0
        await barrier.pulse()
        await until(lambda: device.switched == [True, False])


async def test_a_barrier_without_a_state_is_never_confirmed(broker: Mosquitto) -> None:
    """Where nothing comes back, nobody may claim that it opened; nor wait for it."""
    line = MqttLine(settings(broker))
    barrier = MqttBarrier(
        line, RelaySettings(family="generic_mqtt", command_topic="gate", command_on="open"), "l1"
    )
    line.attach(barrier.listener)
    async with running(line), peer(broker) as gate:
        await gate.subscribe("gate")
        began = asyncio.get_running_loop().time()
        with pytest.raises(DeviceError) as caught:
            await barrier.pulse()
        assert caught.value.fault is DeviceFault.NO_ANSWER
        assert asyncio.get_running_loop().time() - began < 1
        assert (await anext(aiter(gate.messages))).payload == b"open"


@pytest.mark.parametrize("name", sorted(BARRIERS))
async def test_a_pulse_made_offline_opens_nothing_later(broker: Mosquitto, name: str) -> None:
    """The car has long turned round when the broker comes back."""
    kind, relay_settings = BARRIERS[name]
    line = MqttLine(settings(broker), first_retry_s=0.05)
    barrier = MqttBarrier(line, relay_settings, "l1", pulse_seconds=0.1)
    line.attach(barrier.listener)
    async with alive(broker, kind("gate", on=False)) as device, running(line):
        broker.stop()
        await until(lambda: not line.connected)
        with pytest.raises(DeviceError) as caught:
            await barrier.pulse()
        assert caught.value.fault is DeviceFault.OFFLINE
        broker.start()
        await line.in_step()
        async with asyncio.timeout(5):
            await device.connected.wait()
        await asyncio.sleep(0.3)
        assert not device.switched
        await barrier.settle()
        await barrier.pulse()
        await barrier.settle()
    assert device.switched


async def test_a_contact_left_on_by_a_hub_that_died_is_opened_at_start(broker: Mosquitto) -> None:
    """A barrier held open all night because a computer crashed between on and off."""
    line = MqttLine(settings(broker))
    barrier = MqttBarrier(line, RelaySettings(family="zigbee2mqtt", topic="zigbee2mqtt/gate"), "l1")
    line.attach(barrier.listener)
    async with alive(broker, Zigbee2Mqtt("gate", on=True)) as device, running(line):
        await until(lambda: not device.on)
        assert device.switched == [False]


async def test_plates_come_with_their_own_time_and_score(broker: Mosquitto) -> None:
    """Whether a car is still there is judged by when it was seen, not by when we heard of it."""
    reads: list[PlateRead] = []
    line = MqttLine(settings(broker))
    plates = MqttPlates(PlateSettings(family="frigate", camera="entry"), reads.append)
    line.attach(plates.listener)
    async with alive(broker, FrigateCamera("entry")) as camera, running(line):
        other = FrigateCamera("exit")
        await camera.publish(
            "frigate/tracked_object_update", other.lpr(Look(plate="X-XX 1"), object_id="9-x")
        )
        track = await camera.see([Look(plate="B-AB 123", score=0.93, late_s=4)], times=2)
        await camera.leave(track)
        await until(lambda: len(reads) == 2)
    first, known = reads
    assert (first.plate, first.score, first.camera) == ("B-AB 123", 930, "entry")
    assert first.event_id == known.event_id == track
    assert timedelta(seconds=3) < datetime.now(UTC) - first.at < timedelta(seconds=9)
    assert not first.burst
    assert not first.retained


async def test_plates_queued_or_kept_are_marked(broker: Mosquitto) -> None:
    """Plates read while the hub was down open nothing."""
    reads: list[PlateRead] = []
    line = MqttLine(settings(broker))
    line.attach(MqttPlates(PlateSettings(family="frigate"), reads.append).listener)
    async with running(line):
        pass
    async with alive(broker, FrigateCamera("entry")) as camera:
        await camera.see([Look(plate="B-AB 123")], qos=1)
        await camera.see([Look(plate="B-AB 124")], qos=1, retain=True)
        async with running(line):
            await until(lambda: len(reads) >= 4)
            assert all(read.burst or read.retained for read in reads)
            await camera.see([Look(plate="B-AB 125")])
            await until(lambda: reads[-1].plate == "B-AB 125")
    assert not reads[-1].burst


async def test_a_camera_without_a_clock_is_not_believed_right_after_a_connect(
    broker: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    """It lost the broker with us and sends now what it kept: the cars are gone."""
    reads: list[PlateRead] = []
    line = MqttLine(settings(broker))
    generic = PlateSettings(
        family="generic_mqtt",
        topic="lane/1",
        list_path="results",
        plate_path="plate",
        score_path="confidence",
        score_full=100,
    )
    line.attach(MqttPlates(generic, reads.append).listener)
    async with running(line), peer(broker) as camera:
        results = [{"plate": "b-ab 1", "confidence": 87.5}]
        await camera.publish("lane/1", json.dumps({"results": results}))
        await until(lambda: len(reads) == 1)
        await camera.publish("lane/1", json.dumps({"results": [{"plate": "SECRET" * 20}]}))
        await until(lambda: line.health.bad_payloads == 1)
    assert reads[0].burst
    assert reads[0].score == 875
    assert "SECRET" not in caplog.text
