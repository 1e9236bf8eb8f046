"""Two hubs are connected in a dialogue: what a person sees who types in the code."""

import json

import aiomqtt

from custom_components.prepaid_parking.diagnostics import async_get_config_entry_diagnostics
from custom_components.prepaid_parking.links.pairing import Pairing, new_code
from tests.brokers import Mosquitto
from tests.hub.flow_steps import Walk
from tests.journeys.conftest import Hub, connected_line


async def test_a_code_is_shown_and_saved_before_the_other_hub_is_there(
    hub: Hub, broker: Mosquitto
) -> None:
    """Whoever sets up the first hub must not be kept waiting for the second."""
    line_id = await connected_line(hub, broker)
    walk = Walk(hub.hass, hub.entry, "office")
    await walk.begin()
    walk.at("user")
    code = walk.suggested("code")
    answer = {"name": "Gate house", "role": "office", "line_id": line_id, "code": code}
    await walk.answer(answer | {"code": code[:-1]})
    walk.at("user", error="pairing_code_invalid")
    await walk.answer(answer)
    walk.at("greeting_silent")
    assert walk.shown()["code"] == code
    await walk.answer("save")
    (made,) = hub.entry.get_subentries_of_type("office")
    told = await async_get_config_entry_diagnostics(hub.hass, hub.entry)
    assert code not in json.dumps(told, default=str)
    assert dict(made.data) == {"line_id": line_id, "role": "office", "code": code}


async def test_the_other_hub_is_heard_and_another_code_is_said(hub: Hub, broker: Mosquitto) -> None:
    """A mistyped sign is found in front of the form, not in front of the barrier."""
    line_id = await connected_line(hub, broker)
    code = new_code()
    pairing = Pairing.of(code)
    topic = pairing.topic("office")
    async with aiomqtt.Client(broker.host, broker.port) as other:
        greeting = pairing.seal(topic, '{"role": "office", "site": "Tower"}')
        await other.publish(topic, greeting, qos=1, retain=True)
    walk = Walk(hub.hass, hub.entry, "office")
    await walk.begin()
    answer = {"name": "Office", "role": "lane", "line_id": line_id}
    typo = code[:-1] + ("A" if code[-1] != "A" else "B")

    await walk.answer(answer | {"code": typo})
    walk.at("user", error="pairing_code_wrong")
    await walk.answer(answer | {"code": code.lower()})
    walk.at("greeting_heard")
    assert walk.shown()["said"] == "Tower"
    await walk.answer({})
    assert len(hub.entry.get_subentries_of_type("office")) == 1
    again = Walk(hub.hass, hub.entry, "office")
    await again.begin()
    await again.answer(answer | {"code": new_code()})
    again.at("user", error="office_known")
    await again.answer(answer | {"role": "office", "code": code})
    again.at("user", error="already_configured")
