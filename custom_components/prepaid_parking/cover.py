"""Covers: the barrier of a lane. The hub asks it to open; closing is the barrier's own affair."""

from collections.abc import Iterator
from typing import Any, Final, override

from homeassistant.components.cover import (
    CoverDeviceClass,
    CoverEntity,
    CoverEntityDescription,
    CoverEntityFeature,
)
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

BARRIER: Final = CoverEntityDescription(
    key="barrier",
    device_class=CoverDeviceClass.GATE,
    # So that "open everything" and a voice that hears half a sentence do not reach it.
    entity_category=EntityCategory.CONFIG,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PrepaidConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the barriers of a site."""
    await async_show(hass, entry, async_add_entities, _covers)


def _covers(thing: Thing) -> Iterator[Entity]:
    if isinstance(thing, LaneThing):
        yield BarrierCover(thing, BARRIER)


class BarrierCover(BarrierEntity, CoverEntity):
    """A barrier without limit switches: nobody knows where its arm is, and nobody claims to."""

    _attr_supported_features = CoverEntityFeature.OPEN
    _attr_assumed_state = True
    _attr_is_closed = None

    @override
    async def async_open_cover(self, **kwargs: Any) -> None:
        """Ask the barrier to open."""
        await self.async_release()
