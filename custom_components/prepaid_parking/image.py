"""Images: what a lane's camera saw last when somebody had to look. Off until a person wants them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, override

from homeassistant.components.image import ImageEntity, ImageEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .coordinator import PrepaidConfigEntry
from .core.identity import LaneId
from .core.picture import kind_of
from .entity import PrepaidEntity
from .lane_pictures import Last
from .park_things import LaneThing
from .roster import async_show
from .things import Thing

# Everything is pushed; nothing is asked for.
PARALLEL_UPDATES = 0

# Whoever has a login on the hub sees an entity; a picture of a stranger's car is for who needs it.
PICTURE: Final = ImageEntityDescription(key="picture", entity_registry_enabled_default=False)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PrepaidConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the images of a site's lanes."""

    def images(thing: Thing) -> Iterator[Entity]:
        if isinstance(thing, LaneThing):
            yield LanePicture(hass, thing)

    await async_show(hass, entry, async_add_entities, images)
    data = entry.runtime_data
    # Nothing waits for it: a year of passages is looked through.
    entry.async_create_background_task(
        hass, data.pictures.recall(data.books), f"{DOMAIN} last pictures"
    )


class LanePicture(PrepaidEntity[LaneThing], ImageEntity):
    """The picture that was kept last of a lane; unknown where none is left."""

    def __init__(self, hass: HomeAssistant, thing: LaneThing) -> None:
        """Begin without a picture."""
        PrepaidEntity.__init__(self, thing, PICTURE)
        ImageEntity.__init__(self, hass)

    @property
    @override
    def image_last_updated(self) -> datetime | None:
        last = self._last
        return last.at if last is not None else None

    @override
    async def async_image(self) -> bytes | None:
        """Return the picture."""
        if (last := self._last) is None:
            return None
        content = await self.thing.data.pictures.show(last.name)
        self._attr_content_type = (
            kind_of(content) if content is not None else None
        ) or "image/jpeg"
        return content

    @property
    def _last(self) -> Last | None:
        return self.thing.data.pictures.last.get(LaneId(self.thing.id))
