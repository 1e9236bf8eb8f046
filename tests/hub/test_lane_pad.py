"""Tags and codes at a lane: shown once they count once, and who guesses is kept waiting."""

from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall
from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.lane_pad import LOCKED_FOR, MOST_WRONG
from custom_components.prepaid_parking.links.message import Message
from custom_components.prepaid_parking.links.mqtt_codes import MqttCodes
from custom_components.prepaid_parking.links.payloads.reading import PayloadError
from custom_components.prepaid_parking.operations.lane_facts import Passed
from custom_components.prepaid_parking.simulator.broker import Broker
from custom_components.prepaid_parking.simulator.mqtt_device import MqttDevice
from tests.brokers import Mosquitto
from tests.hub.flow_steps import Walk, make
from tests.journeys.clock import Clock
from tests.journeys.conftest import Hub, connected_line, subscribed

KEYPAD = "event.keypad"
LANE = {
    "barrier": {"family": "entity", "entity_id": "cover.gate", "pulse": 1.0},
    "reader": {"family": "none"},
    "direction": "entry",
    "fee": "0",
}


async def lane(hub: Hub, **pad: Any) -> None:
    """A lane with a pad, and a card with a tag and a code."""
    await hub.add("lane", "Gate", "lane:gate", LANE | {"pad": pad})
    await hub.call("open_wallet", unit="Flat 3-201", purpose="parking")
    await hub.call("issue_card", wallet="w1", tags=["04-A2-24"], codes=["4711-0815"])


def answers(hub: Hub) -> list[str]:
    """What the lane answered so far."""
    return [str(fact.kind) for fact in hub.facts if isinstance(fact, Passed)]


async def answered(hub: Hub, count: int) -> list[str]:
    """Wait for so many answers."""

    async def enough() -> bool:
        return len(answers(hub)) >= count

    await hub.until(enough)
    await hub.hass.async_block_till_done()
    return answers(hub)


def scan(hub: Hub, tag: object, reader: str = "reader-1") -> None:
    """A tag is held to a reader."""
    hub.hass.bus.async_fire("tag_scanned", {"tag_id": tag, "name": None, "device_id": reader})


def typed(
    hass: HomeAssistant, code: str, *, at: datetime | None = None, name: str = "code"
) -> None:
    """A keypad says what was typed."""
    state = (at or datetime.now(UTC)).isoformat(timespec="milliseconds")
    hass.states.async_set(KEYPAD, state, {"event_type": "code_entered", name: code})


async def test_a_tag_at_the_lanes_own_reader_opens_it_once(
    hub: Hub, pulses: list[ServiceCall]
) -> None:
    """A tag is read ten times a second while it is held there."""
    await lane(hub, tag_reader="reader-1")
    scan(hub, "04-A2-24", "reader-2")
    scan(hub, None)
    for _ in range(10):
        scan(hub, "04-A2-24")
    assert await answered(hub, 1) == ["admitted"]
    assert len(pulses) == 1


@pytest.mark.parametrize("attribute", ["code", "action_code"])
async def test_a_code_of_a_keypads_event_opens(
    hub: Hub, pulses: list[ServiceCall], attribute: str
) -> None:
    """Each maker's keypad calls it by another name."""
    hub.hass.states.async_set(KEYPAD, "unknown")
    await lane(hub, entity_id=KEYPAD)
    typed(hub.hass, "4711-0815", name=attribute)
    assert await answered(hub, 1) == ["admitted"]
    assert len(pulses) == 1


async def test_a_code_in_a_text_opens(hub: Hub, pulses: list[ServiceCall]) -> None:
    """A wall panel with a text field is a keypad too."""
    hub.hass.states.async_set("input_text.gate", "")
    await lane(hub, entity_id="input_text.gate")
    hub.hass.states.async_set("input_text.gate", "4711-0815")
    assert await answered(hub, 1) == ["admitted"]
    hub.hass.states.async_set("input_text.gate", "")
    await hub.hass.async_block_till_done()
    assert len(answers(hub)) == len(pulses) == 1


async def test_a_code_that_was_typed_before_opens_nothing(
    hub: Hub, pulses: list[ServiceCall]
) -> None:
    """The hub was restarted, or the keypad comes back with what it last said; nobody stands there."""
    await lane(hub, entity_id=KEYPAD)
    typed(hub.hass, "4711-0815")
    hub.hass.states.async_set(KEYPAD, "unavailable")
    typed(hub.hass, "4711-0815")
    typed(hub.hass, "4711-0815", at=datetime.now(UTC) - timedelta(seconds=30))
    await hub.hass.async_block_till_done()
    assert not answers(hub)
    typed(hub.hass, "4711-0815")
    assert await answered(hub, 1) == ["admitted"]
    assert len(pulses) == 1


async def test_who_guesses_codes_is_kept_waiting(hub: Hub, pulses: list[ServiceCall]) -> None:
    """Four digits are ten thousand tries; a machine would need an hour without this."""
    hub.hass.states.async_set("text.pad", "")
    await lane(hub, entity_id="text.pad")
    clock = Clock(hub, datetime(2027, 6, 1, 12, tzinfo=UTC))
    for number in range(MOST_WRONG):
        hub.hass.states.async_set("text.pad", f"000{number}")
        await answered(hub, number + 1)
    hub.hass.states.async_set("text.pad", "4711-0815")
    await hub.hass.async_block_till_done()
    assert set(answers(hub)) == {"refused"}
    clock.ahead(LOCKED_FOR + timedelta(seconds=1))
    hub.hass.states.async_set("text.pad", "")
    hub.hass.states.async_set("text.pad", "4711-0815")
    assert (await answered(hub, MOST_WRONG + 1))[-1] == "admitted"
    assert len(pulses) == 1


async def test_a_keypad_on_mqtt_opens_by_what_is_typed_now(
    hub: Hub, broker: Mosquitto, pulses: list[ServiceCall]
) -> None:
    """What the broker has kept was typed by somebody who has left."""
    keypad = MqttDevice("keypad")
    await keypad.start(Broker.from_url(broker.url))
    await keypad.connected.wait()
    await keypad.publish("gate/keypad", {"action_code": "4711-0815"}, retain=True)
    line_id = await connected_line(hub, broker)
    await lane(hub, line_id=line_id, topic="gate/keypad", code_path="action_code")
    await subscribed(hub, line_id)
    await keypad.publish("gate/keypad", {"action": "disarm"})
    await keypad.publish("gate/keypad", {"action_code": 4711})
    await keypad.publish("gate/keypad", {"action_code": "4711-0815"})
    assert await answered(hub, 2) == ["refused", "admitted"]
    assert len(pulses) == 1
    await keypad.stop()


@given(path=st.sampled_from(["", "code", "a[0]"]), payload=st.binary(max_size=80) | st.sampled_from(
    [b'{"code":[]}', b'{"code":true}', b'{"code":1e9}', b'{"a":["7"]}', b'{"code":"\\u0007"}']
))  # fmt: skip
def test_whatever_a_keypad_says_only_a_payload_error_comes_out(path: str, payload: bytes) -> None:
    """A broken keypad must not take its broker's meters along."""
    now = datetime(2026, 11, 22, tzinfo=UTC)
    codes = MqttCodes("t", path, lambda _: None)
    try:
        code = codes.code(Message(topic="t", payload=payload, at=now, connected_at=now))
    except PayloadError:
        return
    assert len(code) <= 64


async def test_what_reads_tags_and_codes_is_named_in_the_dialogue(hub: Hub) -> None:
    """A reader is added to a lane that has worked for a year; its camera stays as it is."""
    made = make(hub.hass, hub.entry, "lane", "Gate", "lane::cover.gate:entry", LANE)
    await hub.hass.async_block_till_done()
    walk = Walk(hub.hass, hub.entry, "lane")
    await walk.begin(changing=hub.entry.subentries[made.subentry_id])
    await walk.answer("pad")
    walk.at("pad")
    await walk.answer({"topic": "gate/keypad"})
    walk.at("pad", error="settings_invalid")
    await walk.answer({"entity_id": KEYPAD, "code_path": "a[[0"})
    walk.at("pad", error="settings_invalid")
    await walk.answer({"tag_reader": "reader-1", "entity_id": KEYPAD})
    walk.changed()
    saved = hub.entry.subentries[made.subentry_id]
    assert saved.data["pad"] == {"tag_reader": "reader-1", "entity_id": KEYPAD}
    assert saved.data["reader"] == LANE["reader"]
    await walk.begin(changing=saved)
    await walk.answer("pad")
    assert walk.suggested("tag_reader") == "reader-1"
    await walk.answer({})
    walk.changed()
    assert "pad" not in hub.entry.subentries[made.subentry_id].data
