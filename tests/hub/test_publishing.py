"""States are written in steps, and only those of entities that are still there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from unittest.mock import patch

from homeassistant.core import HomeAssistant
import pytest

from custom_components.prepaid_parking.coordinator import SiteCoordinator
from custom_components.prepaid_parking.operations import gently

THINGS = 6


@pytest.fixture
async def coordinator(hass: HomeAssistant) -> AsyncIterator[SiteCoordinator]:
    """A publisher at work, that lets others have the loop after each write."""
    coordinator = SiteCoordinator(hass)
    with patch.object(gently, "STEP_S", -1.0):
        running = asyncio.create_task(coordinator.run())
        yield coordinator
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_others_have_the_loop_while_many_states_are_written(
    coordinator: SiteCoordinator,
) -> None:
    """Fifty meters that answer for the first time are hundreds of new entities; a barrier waits."""
    written: list[str] = []
    for number in range(THINGS):
        key = f"meter:m{number}"
        coordinator.subscribe(key, lambda key=key: written.append(key))  # type: ignore[misc]
        coordinator.touch(key)
    seen = [0]
    async with asyncio.timeout(10):
        while len(written) < THINGS:
            await asyncio.sleep(0)
            seen.append(len(written))
    assert list(dict.fromkeys(seen)) == list(range(THINGS + 1))
    assert written == [f"meter:m{number}" for number in range(THINGS)]


async def test_an_entity_that_goes_between_two_writes_is_not_written(
    coordinator: SiteCoordinator,
) -> None:
    """A meter that is removed while others are written has no state any more to write."""
    written: list[str] = []
    coordinator.subscribe("meter:m1", lambda: written.append("m1"))
    gone = coordinator.subscribe("meter:m2", lambda: written.append("m2"))
    coordinator.subscribe("meter:m3", lambda: written.append("m3"))
    for key in ("meter:m1", "meter:m2", "meter:m3"):
        coordinator.touch(key)
    async with asyncio.timeout(10):
        while not written:
            await asyncio.sleep(0)
        gone()
        while "m3" not in written:
            await asyncio.sleep(0)
    assert written == ["m1", "m3"]
