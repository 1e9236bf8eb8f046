"""Images: codes to pay, and what a lane's camera saw last (that is off until a person wants it)."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Final, override

from homeassistant.components.image import ImageEntity, ImageEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .code_images import FEW_WALLETS, lane_code, lane_keys, wallet_code
from .const import DOMAIN
from .coordinator import PrepaidConfigEntry
from .core.identity import LaneId
from .core.picture import kind_of
from .entity import PrepaidEntity
from .lane_pictures import Last
from .park_things import LaneThing
from .roster import async_show, async_show_fitted
from .things import Thing, WalletThing

# Everything is pushed; nothing is asked for.
PARALLEL_UPDATES = 0

# Whoever has a login on the hub sees an entity; a picture of a stranger's car is for who needs it.
PICTURE: Final = ImageEntityDescription(key="picture", entity_registry_enabled_default=False)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PrepaidConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the images of a site's lanes and wallets."""
    data = entry.runtime_data
    exposed = sum(1 for run in data.site.wallets.values() if run.wallet.exposed)

    def images(thing: Thing) -> Iterator[Entity]:
        if isinstance(thing, LaneThing):
            yield LanePicture(hass, thing)
        elif isinstance(thing, WalletThing):
            yield wallet_code(hass, thing, many=exposed > FEW_WALLETS)

    await async_show(hass, entry, async_add_entities, images)
    await async_show_fitted(
        hass,
        entry,
        async_add_entities,
        LaneThing,
        partial(lane_keys, hass),
        lambda thing, _: lane_code(hass, thing),
    )
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
