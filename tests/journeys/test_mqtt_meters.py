"""Journey 8: a broker that goes away, messages twice, late, shuffled and retained: one effect."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from custom_components.prepaid_parking.links.mqtt import MqttLine
from custom_components.prepaid_parking.links.mqtt_client import MqttSettings
from custom_components.prepaid_parking.simulator.broker import Broker
from custom_components.prepaid_parking.simulator.chirpstack import ChirpStackMeter
from custom_components.prepaid_parking.simulator.counter import Amount
from custom_components.prepaid_parking.simulator.mqtt_meter import MqttMeter
from custom_components.prepaid_parking.simulator.tasmota import Tasmota
from tests.brokers import Mosquitto
from tests.links.mqtt_peer import Inbox, running

from .conftest import Hub, connected_line, subscribed


@pytest.fixture
async def plug(broker: Mosquitto) -> AsyncIterator[Tasmota]:
    """A metering plug with a relay that has counted 1,000 kWh and reports when it is told to."""
    plug = Tasmota("plug-1", start="1000", period_s=3600)
    await plug.start(Broker.from_url(broker.url))
    await plug.connected.wait()
    yield plug
    await plug.stop()


async def bound(hub: Hub, line_id: str, profile: str, **more: Any) -> None:
    """Add a meter, a wallet with 100.00 and a price of 0.80, and bind them once it is read."""
    data = {
        "source": "mqtt",
        "line_id": line_id,
        "profile": profile,
        "serial": "plug-1",
        "commodity": "electricity",
        "quantity": "energy",
        "unit": "kWh",
        "interval": 10,
        "max_power": "13.8",
        "restore": "auto",
        "latency": 2,
        "consent": True,
        "relay": {"kind": "none"},
        **more,
    }
    await hub.add("meter", "Flat 3-202", f"meter:{profile}:plug-1", data)
    await hub.call("publish_tariff", tariff="home", quantity="energy", price="0.80")
    await hub.call("open_wallet", unit="Flat 3-202", purpose="utility")
    await hub.call("top_up", wallet="w1", amount="100", channel="cash")


async def bind_when_read(hub: Hub, device: MqttMeter) -> None:
    """Let the device report until a good reading was taken, then bind."""

    async def read() -> bool:
        await device.report()
        return (await hub.meter("m1"))["register"] is not None

    await hub.until(read, every=0.3)
    await hub.call("bind_meter", meter="m1", wallet="w1", tariff="home")


async def available(hub: Hub, amount: str) -> None:
    """Wait until so much is left."""

    async def left() -> bool:
        return bool((await hub.wallet("w1"))["available"] == amount)

    await hub.until(left)


async def test_readings_twice_and_retained_are_charged_once(
    hub: Hub, broker: Mosquitto, plug: Tasmota
) -> None:
    """A broker may deliver again what it delivered; nobody pays again for it."""
    line_id = await connected_line(hub, broker)
    await bound(hub, line_id, "tasmota", topic="plug-1", relay={"kind": "profile"})
    await bind_when_read(hub, plug)
    plug.add(kwh=5)
    now = datetime.now()  # noqa: DTZ005  a Tasmota device writes local time without an offset
    await plug.report_at(now, times=3)
    await available(hub, "96.00")
    await plug.report_at(now - timedelta(minutes=5), retain=True, times=2)
    await hub.restart()
    await subscribed(hub, line_id)
    plug.add(kwh=1)
    await plug.report()  # After all that the broker had kept: what was taken, was taken before it.
    await available(hub, "95.20")


async def test_a_broker_that_goes_away_loses_and_doubles_nothing(
    hub: Hub, broker: Mosquitto, plug: Tasmota
) -> None:
    """The register counts on while nobody can hear it; the next message has it all."""
    line_id = await connected_line(hub, broker)
    await bound(hub, line_id, "tasmota", topic="plug-1", relay={"kind": "profile"})
    await bind_when_read(hub, plug)
    broker.stop()
    plug.add(kwh=5)

    async def gone() -> bool:
        return not (await hub.meter("m1"))["connected"]

    await hub.until(gone)
    broker.start()
    await hub.until(lambda: _connected(hub, line_id), within=30)
    await asyncio.wait_for(plug.connected.wait(), 15)
    await plug.report()
    await available(hub, "96.00")


async def test_a_plug_is_cut_and_comes_back_over_mqtt(
    hub: Hub, broker: Mosquitto, plug: Tasmota
) -> None:
    """The loop of the product, without a wire."""
    line_id = await connected_line(hub, broker)
    await bound(hub, line_id, "tasmota", topic="plug-1", relay={"kind": "profile"})
    await hub.call("set_policy", policy="standard", grace_hours=0, alert="5", alert2="1")
    await bind_when_read(hub, plug)
    await hub.call("deduct", wallet="w1", amount="97", reason="test")
    plug.add(kwh=5)
    await plug.report()

    async def state(wanted: str) -> bool:
        return bool((await hub.meter("m1"))["supply"] == wanted)

    await hub.until(lambda: state("off"))
    assert not plug.on
    await hub.call("top_up", wallet="w1", amount="50", channel="cash")
    await hub.until(lambda: state("on"))
    assert plug.on


async def test_stored_readings_come_late_twice_and_shuffled_and_are_charged_once(
    hub: Hub, broker: Mosquitto
) -> None:
    """A meter in the cellar sends its day at night, in any order."""
    meter = ChirpStackMeter("70b3d57ed0000001", start="1000")
    await meter.start(Broker.from_url(broker.url))
    await asyncio.wait_for(meter.connected.wait(), 5)
    line_id = await connected_line(hub, broker)
    await bound(
        hub,
        line_id,
        "chirpstack_v4",
        topic=meter.root,
        serial="70b3d57ed0000001",
        value_path="energy_kwh",
        time_path="time",
    )
    try:
        await bind_when_read(hub, meter)
        meter.add(kwh=5)
        stored: list[tuple[timedelta, Amount]] = [
            (timedelta(seconds=0.2), "1004"),
            (timedelta(seconds=0.6), "1001"),
            (timedelta(seconds=0.1), "1005"),
            (timedelta(seconds=0.4), "1003"),
        ]
        await asyncio.sleep(1)
        await meter.back_fill(stored)
        await available(hub, "96.00")
        await meter.back_fill(stored)
        await meter.repeat()
        meter.add(kwh=1)
        await meter.report()  # After them, on the same way.
        await available(hub, "95.20")
    finally:
        await meter.stop()


async def test_what_a_meter_sends_while_the_hub_is_down_is_charged_when_it_is_back(
    hub: Hub, broker: Mosquitto
) -> None:
    """A meter that reports once a day is not asked again: the broker keeps its word for the hub."""
    meter = ChirpStackMeter("70b3d57ed0000001", start="1000")
    await meter.start(Broker.from_url(broker.url))
    await asyncio.wait_for(meter.connected.wait(), 5)
    line_id = await connected_line(hub, broker)
    profile = {"topic": meter.root, "serial": "70b3d57ed0000001", "value_path": "energy_kwh"}
    await bound(hub, line_id, "chirpstack_v4", **profile)
    try:
        await bind_when_read(hub, meter)
        await hub.stop()
        meter.add(kwh=5)
        await meter.report()
        await hub.start()
        await available(hub, "96.00")
    finally:
        await meter.stop()


async def test_a_site_that_is_removed_leaves_nothing_at_its_broker(
    hub: Hub, broker: Mosquitto, plug: Tasmota
) -> None:
    """A broker collects for a client that never comes back until its memory is full."""
    line_id = await connected_line(hub, broker)
    await bound(hub, line_id, "tasmota", topic="plug-1", relay={"kind": "profile"})
    await bind_when_read(hub, plug)
    await hub.hass.config_entries.async_remove(hub.entry.entry_id)
    topic = "tele/plug-1/SENSOR"
    await plug.publish(topic, "{}", qos=1)
    identifier = f"prepaid-{str(hub.entry.unique_id)[:16]}-{line_id}"
    line = MqttLine(MqttSettings(host=broker.host, port=broker.port, identifier=identifier))
    inbox = Inbox()
    line.attach(inbox.listener(topic))
    async with running(line):
        assert inbox.messages == []


async def _connected(hub: Hub, line_id: str) -> bool:
    return hub.data.lines[line_id].connected()
