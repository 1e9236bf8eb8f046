"""Numbers: a wallet's own thresholds, which outrank those of its policy."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.number import (
    NumberDeviceClass,
    NumberEntity,
    NumberEntityDescription,
    NumberMode,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import PrepaidConfigEntry
from .core.policy import Policy
from .entity import PrepaidEntity
from .errors import translated
from .operations.cashier import update_wallet
from .operations.watching import policy_for
from .roster import async_show
from .things import Thing, WalletThing

# An act is one entry in the books; their order is kept there.
PARALLEL_UPDATES = 0

MOST: Final = 1_000_000
"""More than any household owes; a larger limit belongs into a policy of its own."""


@dataclass(frozen=True, kw_only=True)
class ThresholdDescription(NumberEntityDescription):
    """A threshold: what applies now, and the wallet's field that outranks the policy."""

    field: str
    minor_fn: Callable[[Policy], int]


def _threshold(key: str, field: str, minor_fn: Callable[[Policy], int]) -> ThresholdDescription:
    return ThresholdDescription(
        key=key,
        device_class=NumberDeviceClass.MONETARY,
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=key == "alert_threshold",
        mode=NumberMode.BOX,
        native_min_value=0,
        native_max_value=MOST,
        field=field,
        minor_fn=minor_fn,
    )


WALLET: Final = (
    _threshold("alert_threshold", "alert_minor", lambda policy: policy.alert_minor),
    _threshold("credit_limit", "credit_limit_minor", lambda policy: policy.credit_limit_minor),
    _threshold("exempt_quota", "exempt_quota_minor", lambda policy: policy.exempt_quota_minor),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PrepaidConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the thresholds of a site's wallets."""
    await async_show(hass, entry, async_add_entities, _numbers)


def _numbers(thing: Thing) -> Iterator[Entity]:
    if isinstance(thing, WalletThing):
        yield from (Threshold(thing, one) for one in WALLET)


class Threshold(PrepaidEntity[WalletThing], NumberEntity):
    """A wallet's threshold, its own or its policy's."""

    entity_description: ThresholdDescription

    def __init__(self, thing: WalletThing, description: ThresholdDescription) -> None:
        """Count in the site's currency."""
        super().__init__(thing, description)
        currency = thing.site.currency
        self._attr_native_unit_of_measurement = currency.code
        self._attr_native_step = 10**-currency.digits

    @property
    @override
    def native_value(self) -> float:
        policy = policy_for(self.thing.site, self.thing.run)
        return float(self.thing.money(self.entity_description.minor_fn(policy)))

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Give the wallet a threshold of its own."""
        actor = await self.acting()
        currency = self.thing.site.currency
        with translated():
            await update_wallet(
                self.thing.site,
                wallet=self.thing.id,
                changes={
                    self.entity_description.field: currency.parse(f"{value:.{currency.digits}f}")
                },
                actor=actor,
            )
        self.thing.data.coordinator.touch(self.thing.published)
