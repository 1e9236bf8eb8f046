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
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import PrepaidConfigEntry
from .core.arm import Arm, arm_of, has_limits
from .lane_entity import BarrierEntity
from .operations.closing_barrier import can_close
from .park_things import LaneThing
from .roster import async_show
from .things import Thing

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
    """A barrier: where its limit switches say; without them nobody knows, and nobody claims to."""

    _arm: Arm | None = None

    @property
    @override
    def supported_features(self) -> CoverEntityFeature:
        closes = self.thing.there and can_close(self.thing.run)
        more = CoverEntityFeature.CLOSE if closes else CoverEntityFeature(0)
        return CoverEntityFeature.OPEN | more

    @property
    @override
    def assumed_state(self) -> bool:
        return not (self.thing.there and has_limits(self.thing.run.fitted))

    @property
    @override
    def is_closed(self) -> bool | None:
        return None if self._arm is None else self._arm is Arm.CLOSED

    @property
    @override
    def is_opening(self) -> bool:
        return self._arm is Arm.OPENING

    @property
    @override
    def is_closing(self) -> bool:
        return self._arm is Arm.CLOSING

    @override
    async def async_added_to_hass(self) -> None:
        """See where the arm is, now and with every change: before that is written."""
        self._async_look()
        coordinator = self.thing.data.coordinator
        self.async_on_remove(coordinator.subscribe(self.thing.published, self._async_look))
        await super().async_added_to_hass()

    @callback
    def _async_look(self) -> None:
        run = self.thing.run if self.thing.there else None
        self._arm = None if run is None else arm_of(run.fitted, run.inputs, self._arm)

    @override
    async def async_open_cover(self, **kwargs: Any) -> None:
        """Ask the barrier to open."""
        await self.async_release()

    @override
    async def async_close_cover(self, **kwargs: Any) -> None:
        """Ask the barrier to close, where a loop says that nobody is under it."""
        await self.async_ask_to_close()
