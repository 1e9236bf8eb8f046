"""Buttons: a person lets a car through, or says that a paid supply may come on."""

from collections.abc import Iterator
from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import PrepaidConfigEntry
from .entity import PrepaidEntity
from .errors import translated
from .lane_entity import BarrierEntity
from .operations.supply import confirm_restore
from .park_things import LaneThing
from .roster import async_show
from .things import MeterThing, Thing

# A pulse is fired once; two at a time would be two pulses for one wish.
PARALLEL_UPDATES = 1

CONFIRM: Final = ButtonEntityDescription(
    key="confirm_restore", entity_category=EntityCategory.CONFIG
)
RELEASE: Final = ButtonEntityDescription(key="release", entity_category=EntityCategory.CONFIG)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PrepaidConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the buttons of a site."""
    await async_show(hass, entry, async_add_entities, _buttons)


def _buttons(thing: Thing) -> Iterator[Entity]:
    match thing:
        case LaneThing():
            yield ReleaseButton(thing, RELEASE)
        case MeterThing(brief=False, switched=True):
            yield ConfirmButton(thing, CONFIRM)


class ReleaseButton(BarrierEntity, ButtonEntity):
    """Opens a barrier by hand."""

    @override
    async def async_press(self) -> None:
        """Ask the barrier to open."""
        await self.async_release()


class ConfirmButton(PrepaidEntity[MeterThing], ButtonEntity):
    """Says that somebody has looked, and that a paid supply that waits may come on."""

    @override
    async def async_press(self) -> None:
        """Confirm the restore."""
        actor = await self.acting()
        with translated():
            await confirm_restore(self.thing.site, meter=self.thing.id, actor=actor)
