"""Buttons: a person lets a car through."""

from collections.abc import Iterator
from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import PrepaidConfigEntry
from .lane_entity import BarrierEntity
from .roster import async_show
from .things import LaneThing, Thing

# A pulse is fired once; two at a time would be two pulses for one wish.
PARALLEL_UPDATES = 1

RELEASE: Final = ButtonEntityDescription(key="release", entity_category=EntityCategory.CONFIG)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PrepaidConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the release buttons of a site."""
    await async_show(hass, entry, async_add_entities, _buttons)


def _buttons(thing: Thing) -> Iterator[Entity]:
    if isinstance(thing, LaneThing):
        yield ReleaseButton(thing, RELEASE)


class ReleaseButton(BarrierEntity, ButtonEntity):
    """Opens a barrier by hand."""

    @override
    async def async_press(self) -> None:
        """Ask the barrier to open."""
        await self.async_release()
