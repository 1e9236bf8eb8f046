"""Visiting a broker before a line or a device on it is saved: a short stay that leaves nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import aiomqtt
from homeassistant.const import (
    CONF_HOST,
    CONF_PASSWORD,
    CONF_PORT,
    CONF_PROTOCOL,
    CONF_USERNAME,
)
from homeassistant.util.ssl import client_context

from .const import CONF_TLS, PROTOCOL_5
from .core.errors import CoreError, DeviceError, DeviceFault
from .core.metering import Sample
from .core.plate import masked_plate
from .links.message import Message
from .links.mqtt_client import BrokerClient, MqttSettings
from .links.payloads import meter_family, relay_family
from .links.payloads.family import ONCE, MeterSettings, Publish, RelayFamily, RelaySettings
from .links.plate_reading import FRIGATE, PlateSettings
from .links.plates import DECODERS
from .links.topics import check_topic, matches
from .subentry_probe import LONGEST_TRIP_S, READ_BACK_S, ProbeError

BROKER_VERSION: Final = "$SYS/broker/version"
BROKER_NAME_S: Final = 1.0
"""A broker that says its version says it at once, as a retained message."""
BAD_LOGIN: Final = frozenset({134, 135})
"""CONNACK reasons "bad user name or password" and "not authorized", version 5 numbering."""
LISTEN_S: Final = 10.0
"""A person waits this long in front of a form; a device that was asked answers in a second."""
FRIGATE_TOPICS: Final = ("tracked_object_update", "events")
LONGEST_SHOWN: Final = 400
"""Characters of a payload that are shown."""


def broker_client(line: Mapping[str, Any]) -> BrokerClient:
    """Return a client for one short visit: no session is left behind at the broker."""
    settings = MqttSettings(
        host=line[CONF_HOST],
        port=line[CONF_PORT],
        identifier=f"prepaid-probe-{uuid4().hex[:12]}",
        username=line[CONF_USERNAME] or None,
        password=line[CONF_PASSWORD] or None,
        version_5=line[CONF_PROTOCOL] == PROTOCOL_5,
    )
    return BrokerClient(settings, tls=client_context() if line[CONF_TLS] else None, lasting=False)


async def async_open(client: BrokerClient) -> None:
    """Connect to a broker, or say in a person's words why not."""
    try:
        await client.open()
    except DeviceError as err:
        raise ProbeError(_refusal(err), err.detail) from err


async def async_probe_broker(line: Mapping[str, Any]) -> str:
    """Connect to a broker and hang up; returns what it calls itself, "" where it does not say."""
    client = broker_client(line)
    await async_open(client)
    try:
        await client.subscribe(BROKER_VERSION)
        async with asyncio.timeout(BROKER_NAME_S):
            message = await anext(aiter(client.messages))
        return message.payload.decode(errors="replace")
    except TimeoutError, aiomqtt.MqttError:
        return ""
    finally:
        await client.close()


def _refusal(err: DeviceError) -> str:
    if err.fault is not DeviceFault.REFUSED:
        return "cannot_connect"
    reason = getattr(err.__cause__, "rc", None)
    return "invalid_auth" if getattr(reason, "value", reason) in BAD_LOGIN else "broker_refused"


async def async_probe_mqtt_meter(
    line: Mapping[str, Any], settings: MeterSettings
) -> tuple[Sample, str]:
    """Wait for one message that holds a register; returns the reading and the payload itself."""
    try:
        family, settings = meter_family(settings)
        topics = [check_topic(topic) for topic in family.topics(settings)]
    except CoreError as err:
        raise ProbeError("settings_invalid", str(err)) from err

    def reading(message: Message) -> Sample | None:
        said = family.decode(settings, message)
        one = next((one for one in said if one.register is not None), None)
        if one is None:
            return None
        return Sample(at=message.at, register=one.register, serial=one.serial, values=one.values)

    async with _visit(line) as client:
        await _listen(client, topics)
        await _send(client, family.ask(settings))
        return await _first(client, reading, LISTEN_S)


async def async_probe_mqtt_relay(line: Mapping[str, Any], settings: RelaySettings) -> bool:
    """Ask a relay where it is; tells whether it lets through."""
    async with _visit(line) as client:
        relay = relay_family(settings, client.identifier)
        try:
            for topic in (*relay.topics, *relay.commands):
                check_topic(topic)
        except CoreError as err:
            raise ProbeError("settings_invalid", str(err)) from err
        await _listen(client, relay.topics)
        await _send(client, relay.ask(1))
        closed, _ = await _first(client, relay.state, LISTEN_S)
        return closed is not settings.inverted


async def async_test_mqtt_trip(
    line: Mapping[str, Any], settings: RelaySettings, interval: int
) -> None:
    """Cut, read back, restore, read back, as for a meter on Modbus."""
    async with _visit(line) as client:
        relay = relay_family(settings, client.identifier)
        latency = relay.latency_seconds or relay.latency_polls * interval
        within = min(latency + READ_BACK_S, LONGEST_TRIP_S)
        await _listen(client, relay.topics)
        try:
            if not await _moved(client, relay, supplied=False, within=within):
                raise ProbeError("trip_not_cut")
        finally:
            if not await _moved(client, relay, supplied=True, within=within):
                raise ProbeError("trip_not_restored")


def plate_settings(reader: Mapping[str, Any]) -> PlateSettings:
    """Return where a reader's plates come from."""
    known = {one.name for one in fields(PlateSettings)}
    return PlateSettings(**{key: one for key, one in reader.items() if key in known})


async def async_probe_plates(line: Mapping[str, Any], reader: Mapping[str, Any]) -> str:
    """Wait for a plate, which is shown masked, or for the camera's system to say how it is."""
    settings = plate_settings(reader)
    alive = f"{settings.topic}/available"

    topics = [settings.topic]
    if settings.family == FRIGATE:
        topics = [alive, *(f"{settings.topic}/{name}" for name in FRIGATE_TOPICS)]

    def sign(message: Message) -> str | None:
        # Some brokers send a new client what it did not ask for.
        if not any(matches(topic, message.topic) for topic in topics):
            return None
        if message.topic == alive:
            return f"{alive}: {message.payload.decode(errors='replace')[:LONGEST_SHOWN]}"
        reads = DECODERS[settings.family](settings, message)
        ours = (one for one in reads if settings.camera in ("", one.camera))
        return next((masked_plate(one.plate) for one in ours), None)

    async with _visit(line) as client:
        await _listen(client, topics)
        said, _ = await _first(client, sign, LISTEN_S, private=True)
        return said


@asynccontextmanager
async def _visit(line: Mapping[str, Any]) -> AsyncIterator[BrokerClient]:
    client = broker_client(line)
    await async_open(client)
    try:
        yield client
    except aiomqtt.MqttError as err:
        raise ProbeError("cannot_connect", str(err)) from err
    finally:
        await client.close()


async def _listen(client: BrokerClient, topics: Sequence[str] | Mapping[str, int]) -> None:
    refused = await client.listen([(topic, ONCE) for topic in topics])
    if refused:
        raise ProbeError("topic_refused", ", ".join(sorted(refused)))


async def _send(client: BrokerClient, messages: Sequence[Publish]) -> None:
    for one in messages:
        await client.send(one.topic, one.payload, qos=ONCE, timeout=LISTEN_S)


async def _first[T](
    client: BrokerClient,
    read: Callable[[Message], T | None],
    within: float,
    *,
    private: bool = False,
) -> tuple[T, str]:
    """Return what the first message that says it says, and its payload.

    A message that is not understood is shown, so that a person finds the path; a private one (a
    plate) is never.
    """
    heard = ""
    connected_at = datetime.now(UTC)
    try:
        async with asyncio.timeout(within):
            async for raw in client.messages:
                text = raw.payload.decode(errors="replace")[:LONGEST_SHOWN]
                message = Message(
                    topic=raw.topic.value,
                    payload=raw.payload,
                    at=datetime.now(UTC),
                    connected_at=connected_at,
                    retained=raw.retain,
                )
                try:
                    found = read(message)
                except CoreError as err:
                    heard = str(err) if private else f"{text} ({err})"
                    continue
                if found is not None:
                    return found, text
                heard = heard or ("" if private else text)
    except TimeoutError as err:
        if heard:
            raise ProbeError("not_understood", heard) from err
    raise ProbeError("no_message")


async def _moved(
    client: BrokerClient, relay: RelayFamily, *, supplied: bool, within: float
) -> bool:
    """Command a relay and wait until it shows that it moved."""
    closed = supplied is not relay.settings.inverted

    def there(message: Message) -> bool | None:
        return True if relay.state(message) is closed else None

    await _send(client, relay.switch(closed, 1))
    await _send(client, relay.ask(2))
    try:
        await _first(client, there, within)
    except ProbeError:
        return False
    return True
