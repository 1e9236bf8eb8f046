"""What every entity of a site shares: its name, its device, and when it is written."""

from typing import override

from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription

from .acting import acting
from .core.identity import Actor
from .things import Thing


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

    @property
    def published(self) -> str:
        """The key it is published under."""
        return self.thing.published

    @property
    @override
    def device_info(self) -> DeviceInfo:
        """Its thing's device; asked for once, so not kept."""
        return self.thing.device()

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
        self.async_on_remove(coordinator.subscribe(self.published, self.async_write_ha_state))

    @callback
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Nothing hangs on the entity id: a rename needs no removal."""

    async def acting(self) -> Actor:
        """Return who acts through this entity; a user who is no administrator is refused."""
        return await acting(self.hass, self._context)
