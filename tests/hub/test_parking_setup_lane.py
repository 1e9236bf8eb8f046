"""The end of the set-up of a car park: a lane that is asked, and whose barrier goes up once."""

import asyncio
from typing import Any

from homeassistant.core import ServiceCall
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.prepaid_parking import flow_park_lane
from custom_components.prepaid_parking.operations.lane_facts import PassageKind, Passed
from tests.journeys.conftest import Hub

from .park_guide import Guide

LANE: dict[str, Any] = {
    "barrier": {"family": "entity", "entity_id": "cover.gate", "pulse": 1.0},
    "reader": {"family": "none"},
    "direction": "entry",
    "fee": "0",
}
LIMIT = {"family": "entity", "entity_id": "binary_sensor.up", "inverted": False}


async def ready(hub: Hub, **more: Any) -> Guide:
    """A manager with a lane and a card, before the form that tries a lane."""
    await hub.add("lane", "North_gate", "lane:gate", LANE | more)
    await hub.call("open_wallet", unit="Flat 3-201", purpose="parking")
    await hub.call("issue_card", wallet="w1", plates=["BKL4821"])
    guide = await Guide.opened(hub)
    await guide.chooses("lane_test")
    return guide


def released(hub: Hub) -> list[Passed]:
    """What was opened by hand so far."""
    return [one for one in hub.facts if isinstance(one, Passed) and one.reason == "set-up"]


@pytest.mark.parametrize("given", [{"card": "c1"}, {"plate": " bkl-4821 "}])
async def test_a_lane_says_what_it_would_answer_and_moves_nothing(
    hub: Hub, pulses: list[ServiceCall], given: dict[str, str]
) -> None:
    """Whoever asks sits at a desk: somebody may be standing under the arm."""
    guide = await ready(hub)
    await guide.answers(lane="l1", **given)
    assert guide.shown["step_id"] == "lane_answer"
    head, *said = guide.said("answer").splitlines()
    assert head == "**North\\_gate would let it in.**"
    assert "- The card c1 is in force at this lane." in said
    await guide.answers(open=False)
    assert guide.shown["step_id"] == "summary"
    assert not pulses
    assert not [one for one in hub.facts if isinstance(one, Passed)]


async def test_a_stranger_is_refused_with_its_reason(hub: Hub, pulses: list[ServiceCall]) -> None:
    """A set-up that only ever says yes proves nothing."""
    guide = await ready(hub)
    await guide.answers(lane="l1", plate="WAW58E2")
    assert guide.said("answer").startswith("**North\\_gate would not let it in.**\n\n- ")
    assert "WAW58E2" not in guide.said("answer")


async def test_the_barrier_is_opened_once_by_a_tick_and_by_no_second_click(
    hub: Hub, pulses: list[ServiceCall]
) -> None:
    """Two pulses for one wish may bring an arm down again."""
    guide = await ready(hub)
    await guide.answers(lane="l1", card="c1")
    options, flow = hub.hass.config_entries.options, guide.shown["flow_id"]
    first, second = await asyncio.gather(
        options.async_configure(flow, {"open": True}),
        options.async_configure(flow, {"open": True}),
    )
    assert first["step_id"] == second["step_id"] == "lane_opened"
    await hub.hass.async_block_till_done()
    assert len(pulses) == len(released(hub)) == 1
    placeholders = first["description_placeholders"]
    assert placeholders is not None
    assert placeholders["answer"] == (
        "North\\_gate: the relay has confirmed the order to open.\n\n"
        "No limit switch is wired, so only you can see whether the arm went up."
    )
    (passage,) = released(hub)
    assert passage.kind is PassageKind.RELEASED


async def test_the_next_try_may_open_again(hub: Hub, pulses: list[ServiceCall]) -> None:
    """Both gates are tried on the same evening."""
    guide = await ready(hub)
    for _ in range(2):
        await guide.answers(lane="l1", card="c1")
        await guide.answers(open=True)
        await guide.chooses("lane_test")
        hub.hass.states.async_set("cover.gate", "closed")
    assert len(released(hub)) == 2


@pytest.mark.parametrize(
    ("goes_up", "said"),
    [
        (True, "Its limit switch says that the arm is up."),
        (False, "Its limit switches do not say that the arm went up"),
    ],
)
async def test_limit_switches_say_whether_the_arm_went_up(
    hub: Hub,
    pulses: list[ServiceCall],
    monkeypatch: pytest.MonkeyPatch,
    *,
    goes_up: bool,
    said: str,
) -> None:
    """A relay that clicked is not yet an arm that moved."""
    monkeypatch.setattr(flow_park_lane, "_ARM_S", 5.0 if goes_up else 0.2)
    hub.hass.states.async_set("binary_sensor.up", "off")
    guide = await ready(hub, inputs={"limit_open": LIMIT})
    await guide.answers(lane="l1", card="c1")
    opening = asyncio.create_task(guide.answers(open=True))

    async def pulsed() -> bool:
        return bool(pulses)

    await hub.until(pulsed)
    if goes_up:
        hub.hass.states.async_set("binary_sensor.up", "on")
    await opening
    assert said in guide.said("answer")


async def test_a_barrier_that_does_not_confirm_is_said_so(hub: Hub) -> None:
    """Nobody drives at an arm because a page says it is open."""

    async def refuse(call: ServiceCall) -> None:
        raise HomeAssistantError(call.service)

    guide = await ready(hub)
    hub.hass.services.async_register("cover", "open_cover", refuse)
    hub.hass.states.async_set("cover.gate", "closed")
    await guide.answers(lane="l1", card="c1")
    await guide.answers(open=True)
    assert guide.shown["step_id"] == "lane_opened"
    assert "nothing confirmed it" in guide.said("answer")


async def test_a_lane_that_went_away_meanwhile_is_answered_in_words(
    hub: Hub, pulses: list[ServiceCall]
) -> None:
    """A dialogue may stand open overnight."""
    guide = await ready(hub)
    await guide.answers(lane="l1", card="c1")
    (lane,) = hub.entry.subentries
    hub.hass.config_entries.async_remove_subentry(hub.entry, lane)
    await hub.hass.async_block_till_done()
    await guide.answers(open=True)
    assert guide.shown["errors"] == {"base": "refused"}
    assert not pulses


@pytest.mark.parametrize("given", [{}, {"plate": "WAW58E2", "card": "c1"}])
async def test_one_of_a_plate_and_a_card_is_asked_about(hub: Hub, given: dict[str, str]) -> None:
    """An answer about the wrong one of two would be believed."""
    guide = await ready(hub)
    await guide.answers(lane="l1", **given)
    assert guide.shown["errors"] == {"base": "plate_or_card"}


async def test_without_a_lane_the_summary_says_where_to_add_one(hub: Hub) -> None:
    """An empty list to choose from would be the end of the way."""
    guide = await Guide.opened(hub)
    await guide.chooses("lane_test")
    assert guide.shown["step_id"] == "summary"
    assert "There is no lane yet" in guide.said("missing")
