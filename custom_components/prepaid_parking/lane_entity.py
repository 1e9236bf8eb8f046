"""What the entities of a lane share: a recorded pulse to the barrier, and that wires come and go."""

from collections.abc import Callable, Collection
from typing import Final, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import PrepaidConfigEntry
from .entity import PrepaidEntity
from .errors import translated
from .operations.closing_barrier import close_barrier
from .operations.releasing import release_barrier
from .park_things import LaneThing
from .roster import async_each
from .things import Thing

BY_ENTITY: Final = "entity"
"""The reason that is written down for what is done through the hub's own cover, button or switch."""


class BarrierEntity(PrepaidEntity[LaneThing]):
    """A lane's barrier, as far as a person may ask it to open."""

    @property
    @override
    def available(self) -> bool:
        return super().available and self.thing.run.barrier is not None

    async def async_release(self) -> None:
        """Ask the barrier to open, once; who and why is written down first."""
        actor = await self.acting()
        with translated():
            await release_barrier(
                self.thing.site, lane=self.thing.id, reason=BY_ENTITY, actor=actor
            )

    async def async_ask_to_close(self) -> None:
        """Ask the barrier to close, where a loop says that nobody is under it."""
        actor = await self.acting()
        with translated():
            await close_barrier(self.thing.site, lane=self.thing.id, reason=BY_ENTITY, actor=actor)


async def async_show_fitted(
    hass: HomeAssistant,
    entry: PrepaidConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    fitted: Callable[[LaneThing], Collection[str]],
    build: Callable[[LaneThing, str], Entity],
) -> None:
    """Add what a lane has as soon as it has it: loops are wired while the site runs."""

    @callback
    def async_found(thing: Thing) -> None:
        if not isinstance(thing, LaneThing):
            return
        shown: set[str] = set()

        @callback
        def async_look() -> None:
            new = [key for key in fitted(thing) if key not in shown] if thing.there else []
            if new:
                shown.update(new)
                entities = entry.runtime_data.room.take([build(thing, key) for key in new])
                async_add_entities(entities, config_subentry_id=thing.subentry)

        async_look()
        entry.async_on_unload(entry.runtime_data.coordinator.subscribe(thing.published, async_look))

    await async_each(hass, entry, async_found)
