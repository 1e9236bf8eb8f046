"""Images of the codes to pay: a wallet's to top it up, a lane's for who has no ticket machine before him."""

from datetime import datetime
from typing import Final, override

from homeassistant.components.image import ImageEntity, ImageEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from .code_view import drawn
from .const import DOMAIN
from .coordinator import ROSTER
from .core.pay_code import PayFor
from .entity import PrepaidEntity
from .park_things import LaneThing
from .pay_links import code_link_for
from .things import Thing, WalletThing

FEW_WALLETS: Final = 20
"""Up to so many wallets each shows its code: the hub renews every image's address every five minutes,
and its recorder keeps that."""
WALLET_CODE: Final = ImageEntityDescription(key="top_up_code")
WALLET_CODE_OFF: Final = ImageEntityDescription(
    key="top_up_code", entity_registry_enabled_default=False
)
LANE_CODE: Final = ImageEntityDescription(key="pay_code")


class CodeImage(PrepaidEntity[Thing], ImageEntity):
    """The code that is in force for a thing; unknown where none is, or payers cannot come."""

    _attr_content_type = "image/png"

    def __init__(
        self, hass: HomeAssistant, thing: Thing, description: ImageEntityDescription, kind: PayFor
    ) -> None:
        """Begin without a picture."""
        PrepaidEntity.__init__(self, thing, description)
        ImageEntity.__init__(self, hass)
        self._kind = kind
        self._link = ""
        self._since: datetime | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Be written also when the payers' address may have changed."""
        await super().async_added_to_hass()
        coordinator = self.thing.data.coordinator
        self.async_on_remove(coordinator.subscribe(ROSTER, self.async_write_ha_state))

    @property
    @override
    def image_last_updated(self) -> datetime | None:
        code = self.thing.site.codes.targets.get((self._kind, self.thing.id))
        link = code_link_for(self.hass, self.thing.entry, self._kind, self.thing.id)
        if code is None or not link:
            self._link, self._since = "", None
        elif link != self._link:
            self._since = dt_util.utcnow() if self._link else code.made_at
            self._link = link
        return self._since

    @override
    async def async_image(self) -> bytes | None:
        """Return the picture."""
        link = code_link_for(self.hass, self.thing.entry, self._kind, self.thing.id)
        return await self.hass.async_add_executor_job(drawn, link) if link else None


def wallet_code(hass: HomeAssistant, thing: WalletThing, *, many: bool) -> CodeImage:
    """Return the image of a wallet's code."""
    return CodeImage(hass, thing, WALLET_CODE_OFF if many else WALLET_CODE, PayFor.WALLET)


def lane_keys(hass: HomeAssistant, thing: LaneThing) -> tuple[str, ...]:
    """Return the image that a lane has once a code was made for it, and keeps when that is revoked."""
    if (PayFor.LANE, thing.id) in thing.site.codes.targets:
        return (LANE_CODE.key,)
    unique_id = thing.unique_id(LANE_CODE.key)
    known = er.async_get(hass).async_get_entity_id("image", DOMAIN, unique_id)
    return (LANE_CODE.key,) if known is not None else ()


def lane_code(hass: HomeAssistant, thing: LaneThing) -> CodeImage:
    """Return the image of a lane's code."""
    return CodeImage(hass, thing, LANE_CODE, PayFor.LANE)
