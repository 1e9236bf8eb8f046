"""The to-do list of reviews: what waits is on it, and who ticks it off has decided it."""

from typing import Any

from homeassistant.core import Context
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.prepaid_parking.core.review import Suspicion
from tests.hub.test_docs_visiting import asked
from tests.hub.test_sensor import shows
from tests.journeys.conftest import Hub


async def the_list(hub: Hub) -> str:
    """Make a car park with a question in it; returns the list's entity."""
    await hub.call("add_space", name="V1", location="open_air", tenure="temporary", zone="North")
    await asked(hub)
    await shows(hub, "todo", "park", "reviews", "1")
    unique_id = f"{hub.entry.unique_id}_park_reviews"
    found = er.async_get(hub.hass).async_get_entity_id("todo", "prepaid_parking", unique_id)
    assert found is not None
    return found


async def items(hub: Hub, entity_id: str) -> list[dict[str, Any]]:
    """Return what is on the list."""
    answer = await hub.hass.services.async_call(
        "todo", "get_items", {"entity_id": entity_id}, blocking=True, return_response=True
    )
    assert isinstance(answer, dict)
    told = answer[entity_id]
    assert isinstance(told, dict)
    listed: Any = told["items"]
    return list(listed)


async def ticks(hub: Hub, entity_id: str, context: Context | None = None, **fields: str) -> None:
    """Tick the question off."""
    await hub.hass.services.async_call(
        "todo",
        "update_item",
        {"entity_id": entity_id, "item": "rv1", "status": "completed"} | fields,
        blocking=True,
        context=context,
    )


async def test_an_item_says_what_is_wrong_with_which_car_and_what_the_lane_saw(hub: Hub) -> None:
    """Whoever has to decide at the phone sees both sides; nobody sees a whole plate."""
    (item,) = await items(hub, await the_list(hub))
    assert item["uid"] == "rv1"
    assert item["summary"] == "粤****45: came in again without having left"
    seen, name = item["description"].split("  \n")
    # As Markdown, which the hub shows it as: the stars of two plates would make bold what is between.
    assert seen.endswith(r"l1: 粤\*\*\*\*45 (93.4 %)")
    assert name == "Review rv1"


async def test_who_ticks_it_off_has_decided_by_name(hub: Hub) -> None:
    """Months later somebody asks who let that one go."""
    entity_id = await the_list(hub)
    user = MockUser(is_owner=True).add_to_hass(hub.hass)
    await ticks(hub, entity_id, Context(user_id=user.id))
    await shows(hub, "todo", "park", "reviews", "0")
    (review,) = (await hub.call("list_reviews", settled=True))["reviews"]
    assert (review["verdict"], review["settled_by"]) == ("dismissed", f"user:{user.id}")
    assert [stay["state"] for stay in review["stays"]] == ["inside", "inside"]


async def test_who_is_no_administrator_decides_nothing(hub: Hub) -> None:
    """A tenant's login sees the list on a wall panel and could clear the own car."""
    entity_id = await the_list(hub)
    guest = MockUser(system_generated=False).add_to_hass(hub.hass)
    with pytest.raises(Unauthorized):
        await ticks(hub, entity_id, Context(user_id=guest.id))
    assert len(await items(hub, entity_id)) == 1


async def test_what_somebody_else_has_settled_is_said_in_words(hub: Hub) -> None:
    """Two attendants at two screens."""
    entity_id = await the_list(hub)
    await hub.call("review_stay", review="rv1", verdict="closed", reason="left")
    with pytest.raises(ServiceValidationError):
        await ticks(hub, entity_id)


async def test_an_open_item_that_is_only_reworded_stays_as_it_is(hub: Hub) -> None:
    """What the lanes saw is no text to be edited."""
    entity_id = await the_list(hub)
    await ticks(hub, entity_id, status="needs_action")
    (item,) = await items(hub, entity_id)
    assert item["status"] == "needs_action"


@pytest.mark.parametrize("why", list(Suspicion))
async def test_every_suspicion_is_said_in_both_languages(hub: Hub, why: Suspicion) -> None:
    """A list that falls over on one of its items shows none."""
    hub.hass.config.language = "zh-Hans"
    await hub.restart()
    await hub.call("add_space", name="V1", location="open_air", tenure="temporary", zone="North")
    await asked(hub, why)
    await shows(hub, "todo", "park", "reviews", "1")
    entity_id = er.async_get(hub.hass).async_get_entity_id(
        "todo", "prepaid_parking", f"{hub.entry.unique_id}_park_reviews"
    )
    assert entity_id is not None
    (item,) = await items(hub, entity_id)
    assert "复核 rv1" in item["description"]
