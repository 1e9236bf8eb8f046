"""A large car park does not hold up its lanes by what it keeps in memory; a small one touches nothing."""

from collections.abc import Iterator
import gc
from unittest.mock import patch

import pytest

from custom_components.prepaid_parking import lasting
from tests.journeys.conftest import Hub


@pytest.fixture(autouse=True)
def nothing_spared() -> Iterator[None]:
    """Begin and end with all that is in memory looked through."""
    gc.unfreeze()
    yield
    gc.unfreeze()


async def test_a_large_car_park_is_spared_until_it_ends(hub: Hub) -> None:
    """Cars would wait half a second now and then; and what is reloaded must not stay for ever."""
    await hub.call("open_wallet", unit="Flat 3-201", purpose="parking")
    await hub.call("add_space", name="V1", location="open_air", tenure="temporary", zone="North")
    with patch.object(lasting, "MANY", 1):
        assert await hub.hass.config_entries.async_reload(hub.entry.entry_id)
    assert gc.get_freeze_count() > 0
    assert await hub.hass.config_entries.async_unload(hub.entry.entry_id)
    assert gc.get_freeze_count() == 0


async def test_a_house_with_a_few_cars_leaves_the_hub_as_it_is(hub: Hub) -> None:
    """What is in memory is the hub's business, where nobody waits for it."""
    await hub.call("add_space", name="V1", location="open_air", tenure="temporary", zone="North")
    assert await hub.hass.config_entries.async_reload(hub.entry.entry_id)
    assert gc.get_freeze_count() == 0
