"""Looking at what is wired to a lane before it is saved: every input, as it is at this moment."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import aiomqtt
from homeassistant.const import CONF_ENTITY_ID
from homeassistant.core import HomeAssistant

from . import subentry_probe_mqtt
from .const import CONF_CONTACT, CONF_INVERTED, CONF_SPACING, CONF_UNIT_ID
from .core.errors import CoreError
from .links.board_inputs import BoardInputs, WiredContact
from .links.entity import EntityInputs, WiredEntity
from .links.message import Message
from .links.mqtt_client import BrokerClient
from .links.payloads.contacts import ContactFamily, contact_family, contact_settings
from .links.profile import BarrierProfile
from .links.topics import check_topic
from .subentry_probe import ProbeError, a_unit

type Seen = dict[str, bool | None]
"""Inputs by name; None is one that said nothing."""


async def async_probe_board_inputs(
    hass: HomeAssistant,
    line: Mapping[str, Any],
    board: BarrierProfile,
    inputs: Mapping[str, Mapping[str, Any]],
) -> Seen:
    """Read the inputs of one board once."""
    if board.inputs is None:
        raise ProbeError("board_without_inputs", board.about.name)
    unit_id = next(iter(inputs.values()))[CONF_UNIT_ID]
    wired = {
        name: WiredContact(contact=one[CONF_CONTACT], inverted=bool(one.get(CONF_INVERTED)))
        for name, one in inputs.items()
    }
    async with a_unit(hass, line, unit_id) as (unit, timeout):
        board_inputs = BoardInputs(
            unit, board.inputs, request_timeout=timeout, spacing=line[CONF_SPACING]
        )
        board_inputs.watch(wired, lambda _: None)
        bits = await board_inputs.look()
    return {name: bits[one.contact] is not one.inverted for name, one in wired.items()}


async def async_probe_mqtt_inputs(
    line: Mapping[str, Any], inputs: Mapping[str, Mapping[str, Any]]
) -> Seen:
    """Ask devices where their contacts are, and wait a moment for those that cannot be asked.

    What the broker has kept is shown as well: a person stands beside the loop and sees whether it is
    so.
    """
    client = subentry_probe_mqtt.broker_client(line)
    try:
        families = {
            name: contact_family(contact_settings(one), f"prepaid-probe-{uuid4().hex[:12]}")
            for name, one in inputs.items()
        }
        for one in families.values():
            for topic in one.topics:
                check_topic(topic)
    except CoreError as err:
        raise ProbeError("settings_invalid", str(err)) from err
    seen: Seen = dict.fromkeys(inputs)
    await subentry_probe_mqtt.async_open(client)
    try:
        topics = sorted({topic for one in families.values() for topic in one.topics})
        refused = await client.listen([(topic, 0) for topic in topics])
        if refused:
            raise ProbeError("topic_refused", ", ".join(sorted(refused)))
        for one in families.values():
            for asked in one.ask():
                await client.send(asked.topic, asked.payload, qos=0, timeout=5.0)
        with suppress(TimeoutError):
            async with asyncio.timeout(subentry_probe_mqtt.LISTEN_S):
                await _hear(client, families, inputs, seen)
    except aiomqtt.MqttError as err:
        raise ProbeError("cannot_connect", str(err)) from err
    finally:
        await client.close()
    silent = [name for name, family in families.items() if family.answers and seen[name] is None]
    if silent:
        raise ProbeError("input_silent", ", ".join(silent))
    return seen


async def _hear(
    client: BrokerClient,
    families: Mapping[str, ContactFamily],
    inputs: Mapping[str, Mapping[str, Any]],
    seen: Seen,
) -> None:
    connected_at = datetime.now(UTC)
    async for raw in client.messages:
        message = Message(
            topic=raw.topic.value,
            payload=raw.payload,
            at=datetime.now(UTC),
            connected_at=connected_at,
            retained=raw.retain,
        )
        for name, family in families.items():
            with suppress(CoreError):
                if (state := family.state(message)) is not None:
                    seen[name] = state is not bool(inputs[name].get(CONF_INVERTED))
        if None not in seen.values():
            return


def probe_entity_inputs(hass: HomeAssistant, inputs: Mapping[str, Mapping[str, Any]]) -> Seen:
    """Look at entities as inputs; one that says nothing now may be asleep."""
    seen: Seen = {}
    wired = {
        name: WiredEntity(entity_id=one[CONF_ENTITY_ID], inverted=bool(one.get(CONF_INVERTED)))
        for name, one in inputs.items()
    }
    try:
        EntityInputs(hass, wired, seen.update).start()()
    except CoreError as err:
        raise ProbeError(err.key, str(err)) from err
    return seen
