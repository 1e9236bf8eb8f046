"""What every entity of a site shares: its name, its device, and when it is written."""

from collections.abc import Callable, Iterable
from typing import override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .acting import acting
from .coordinator import ROSTER, PrepaidConfigEntry
from .core.identity import Actor
from .things import Thing, things

type Build = Callable[[Thing], Iterable[Entity]]


class PrepaidEntity[ThingT: Thing = Thing](Entity):
    """A view of one thing: it reads the site in memory and computes nothing."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, thing: ThingT, description: EntityDescription) -> None:
        """Name the entity after its thing and its description."""
        self.thing = thing
        self.entity_description = description
        self._attr_unique_id = thing.unique_id(description.key)
        self._attr_translation_key = description.translation_key or description.key
        self._attr_device_info = thing.device()

    @property
    @override
    def available(self) -> bool:
        """Whether its thing is still there."""
        return self.thing.there

    @override
    async def async_added_to_hass(self) -> None:
        """Be written whenever the thing has changed."""
        await super().async_added_to_hass()
        coordinator = self.thing.data.coordinator
        self.async_on_remove(coordinator.subscribe(self.thing.published, self.async_write_ha_state))

    @callback
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Nothing hangs on the entity id: a rename needs no removal."""

    async def acting(self) -> Actor:
        """Return who acts through this entity; a user who is no administrator is refused."""
        return await acting(self.hass, self._context)


@callback
def async_show(
    hass: HomeAssistant,
    entry: PrepaidConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    build: Build,
) -> None:
    """Add the entities of everything there is, and of what comes while the site runs."""

    @callback
    def async_add(thing: Thing) -> None:
        if entities := entry.runtime_data.room.take(build(thing)):
            async_add_entities(entities, config_subentry_id=thing.subentry)

    async_each(hass, entry, async_add)


@callback
def async_each(
    hass: HomeAssistant, entry: PrepaidConfigEntry, async_found: Callable[[Thing], None]
) -> None:
    """Call back for everything there is, and for what comes while the site runs."""
    found: set[str] = set()

    @callback
    def async_look() -> None:
        here = {thing.key: thing for thing in things(hass, entry)}
        for key in here.keys() - found:
            async_found(here[key])
        found.clear()
        found.update(here)

    async_look()
    entry.async_on_unload(entry.runtime_data.coordinator.subscribe(ROSTER, async_look))
