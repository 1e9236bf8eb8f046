"""A large site does not hold up its lanes by what it keeps in memory; a small one touches nothing."""

from collections.abc import Iterator
import gc
from unittest.mock import patch
import weakref

from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
import pytest

import custom_components.prepaid_parking as integration
from custom_components.prepaid_parking import lasting
from custom_components.prepaid_parking.coordinator import PrepaidConfigEntry
from custom_components.prepaid_parking.core.errors import StoreError
from custom_components.prepaid_parking.roster import async_begin
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


async def test_many_flats_are_spared_as_cars_are(hub: Hub) -> None:
    """Five thousand meters are as much to look through as ten thousand cards."""
    await hub.call("open_wallet", unit="Flat 3-201")
    with patch.object(lasting, "MANY", 1):
        assert await hub.hass.config_entries.async_reload(hub.entry.entry_id)
    assert gc.get_freeze_count() > 0


async def test_a_hub_that_starts_looks_through_nothing_while_a_site_is_set_up(hub: Hub) -> None:
    """With 5,000 meters that held the starting hub for a third of a second, several times."""
    usual, seen = gc.get_threshold(), []

    async def begun(hass: HomeAssistant, entry: PrepaidConfigEntry) -> None:
        seen.append(gc.get_threshold())
        await async_begin(hass, entry)

    assert await hub.hass.config_entries.async_unload(hub.entry.entry_id)
    hub.hass.set_state(CoreState.starting)
    with (
        patch.object(lasting, "MANY", 1),
        patch.object(integration, "async_begin", begun),
        patch.object(gc, "collect") as search,
    ):
        assert await hub.hass.config_entries.async_setup(hub.entry.entry_id)
        assert gc.get_freeze_count() > 0
        search.assert_not_called()
        hub.hass.set_state(CoreState.running)
        hub.hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
        await hub.hass.async_block_till_done()
        search.assert_called_once()
    assert seen == [(usual[0], usual[1], usual[2] + lasting.PUT_OFF)]
    assert gc.get_threshold() == usual


async def test_a_site_that_cannot_be_set_up_leaves_the_search_as_it_was(hub: Hub) -> None:
    """A ledger that another program holds is tried again and again: the hub's memory must not fill."""
    usual = gc.get_threshold()
    assert await hub.hass.config_entries.async_unload(hub.entry.entry_id)
    with patch.object(integration, "open_site", side_effect=StoreError("locked", "in use")):
        assert not await hub.hass.config_entries.async_setup(hub.entry.entry_id)
    assert gc.get_threshold() == usual


def test_two_sites_that_are_set_up_at_once_put_it_off_until_both_are() -> None:
    """Whichever is ready first must not leave the hub without a search for ever."""
    usual = gc.get_threshold()
    first, second = lasting.unsearched(), lasting.unsearched()
    with first:
        second.__enter__()
    assert gc.get_threshold()[2] >= lasting.PUT_OFF
    second.__exit__(None, None, None)
    assert gc.get_threshold() == usual


async def test_a_large_site_that_is_loaded_anew_is_not_there_twice(hub: Hub) -> None:
    """A hub whose memory grows by a site at each change of a line is killed one day."""
    with patch.object(lasting, "MANY", 1):
        assert await hub.hass.config_entries.async_reload(hub.entry.entry_id)
        before = weakref.ref(hub.data.coordinator)
        assert await hub.hass.config_entries.async_reload(hub.entry.entry_id)
        await hub.hass.async_block_till_done()
        gc.collect()
    assert before() is None
