"""Triggers and conditions of a car park: told once, about the right car, with a masked plate."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.condition import async_validate_condition_config
from homeassistant.setup import async_setup_component
from homeassistant.util import yaml
import pytest

from custom_components.prepaid_parking.condition import CONDITIONS
from custom_components.prepaid_parking.core.identity import CardId, LaneId, StayId, WalletId
from custom_components.prepaid_parking.core.stay import StayKind
from custom_components.prepaid_parking.operations.lane_facts import (
    PassageKind,
    Passed,
    StayEvent,
    StayFact,
)
from tests.hub.test_docs_visiting import asked, inside
from tests.hub.test_trigger import automation, ran, tell
from tests.journeys.conftest import Hub
from tests.repository.tree import FOLDER


def stayed(hub: Hub, event: StayEvent, **more: Any) -> StayFact:
    """Something became of a stay."""
    return StayFact(
        event=event,
        stay=StayId("st1"),
        at=hub.data.site.clock(),
        kind=StayKind.CARD,
        lane=LaneId("l1"),
        masked="粤****45",
        card=CardId("c1"),
        **{"wallet": WalletId("w1")} | more,
    )


@pytest.mark.parametrize(
    ("key", "event"),
    [
        ("vehicle_arrived", StayEvent.ARRIVED),
        ("vehicle_departed", StayEvent.DEPARTED),
        ("stay_overdue", StayEvent.OVERDUE),
    ],
)
async def test_a_stay_is_told_for_what_became_of_it_and_nothing_else(
    hub: Hub, key: str, event: StayEvent
) -> None:
    """Who waits for the car to come home is not told that it left."""
    runs = await automation(hub.hass, key, {"wallet": ["w1"]})
    for other in StayEvent:
        if other is not event:
            tell(hub, stayed(hub, other))
    tell(hub, stayed(hub, event, wallet=WalletId("w2")))
    tell(hub, stayed(hub, event, amount_minor=1_250))
    given = await ran(hub, runs)
    assert (given["stay"], given["plate"], given["amount"]) == ("st1", "粤****45", "12.50")
    assert (given["kind"], given["lane"], given["card"]) == ("card", "l1", "c1")


async def test_a_tailgater_is_told(hub: Hub) -> None:
    """The siren at the ramp is for the second car, not for the first."""
    runs = await automation(hub.hass, "tailgated", {})
    for kind in (PassageKind.ADMITTED, PassageKind.FORCED, PassageKind.TAILGATED):
        tell(hub, Passed(lane=LaneId("l1"), kind=kind, at=hub.data.site.clock(), reason=kind))
    assert (await ran(hub, runs))["reason"] == "tailgated"


async def test_a_review_is_told_with_what_a_message_needs(hub: Hub) -> None:
    """The attendant's phone says which car and why, and no whole plate."""
    runs = await automation(hub.hass, "review_opened", {})
    await asked(hub)
    given = await ran(hub, runs)
    assert (given["review"], given["why"]) == ("rv1", "second_entry")
    assert (given["plate"], given["lane"], given["stays"]) == ("粤****45", "l1", ["st1", "st2"])


async def full_sign(hass: HomeAssistant, options: dict[str, Any]) -> list[str]:
    """Set up an automation that runs when it is full; returns what was lit."""
    lit: list[str] = []
    hass.bus.async_listen("lit", lambda event: lit.append(str(event.event_type)))
    config = {
        "alias": "sign",
        "triggers": [{"trigger": "event", "event_type": "look"}],
        "conditions": [{"condition": "prepaid_parking.car_park_is_full", "options": options}],
        "actions": [{"event": "lit"}],
    }
    assert await async_setup_component(hass, "automation", {"automation": [config]})
    await hass.async_block_till_done()
    return lit


async def looks(hub: Hub) -> None:
    """Let the automation look."""
    hub.hass.bus.async_fire("look")
    await hub.hass.async_block_till_done()


async def test_the_sign_is_lit_when_it_is_full_and_not_when_nobody_counts(hub: Hub) -> None:
    """A sign that says "full" without knowing sends the customers to the neighbour."""
    lit = await full_sign(hub.hass, {"zone": "North"})
    await looks(hub)
    await hub.call("add_space", name="V1", location="open_air", tenure="temporary", zone="North")
    await looks(hub)
    assert not lit
    await inside(hub, 1)
    await looks(hub)
    assert lit == ["lit"]
    await hub.stop()
    await looks(hub)
    assert lit == ["lit"]


async def test_a_sign_of_one_site_is_not_lit_by_another(hub: Hub) -> None:
    """Two houses on one hub: the sign belongs to one of them."""
    lit = await full_sign(hub.hass, {"config_entry_id": "another"})
    await hub.call("add_space", name="V1", location="open_air", tenure="temporary", zone="North")
    await inside(hub, 1)
    await looks(hub)
    assert not lit


async def test_an_option_that_no_condition_has_is_refused(hub: Hub) -> None:
    """A misspelled zone would make the sign hear the whole car park."""
    config: Any = {"condition": "prepaid_parking.car_park_is_full", "options": {"zon": "North"}}
    with pytest.raises(Exception, match="zon"):
        await async_validate_condition_config(hub.hass, config)


def test_every_condition_is_described() -> None:
    """What is not described cannot be chosen."""
    described = yaml.load_yaml_dict(str(FOLDER / "conditions.yaml"))
    assert set(described) == set(CONDITIONS)
