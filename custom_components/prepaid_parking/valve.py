"""Valves: the supply of what flows."""

from collections.abc import Iterator
from typing import Final, override

from homeassistant.components.valve import (
    ValveDeviceClass,
    ValveEntity,
    ValveEntityDescription,
    ValveEntityFeature,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import PrepaidConfigEntry
from .core.metering import Commodity
from .core.supply import SupplyState
from .roster import async_show
from .supply_entity import VALVES, SupplyEntity
from .things import MeterThing, Thing

# An act is one entry in the books; their order is kept there.
PARALLEL_UPDATES = 0

SUPPLY: Final = ValveEntityDescription(
    key="supply",
    # So that "close all valves" and a voice that hears half a sentence do not reach it.
    entity_category=EntityCategory.CONFIG,
    reports_position=False,
)
DEVICE_CLASSES: Final = {
    Commodity.WATER: ValveDeviceClass.WATER,
    Commodity.GAS: ValveDeviceClass.GAS,
}


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PrepaidConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the supply valves of a site."""
    await async_show(hass, entry, async_add_entities, _valves)


def _valves(thing: Thing) -> Iterator[Entity]:
    if not isinstance(thing, MeterThing) or not thing.switched:
        return
    if thing.run.meter.commodity in VALVES:
        yield SupplyValve(thing)


class SupplyValve(SupplyEntity, ValveEntity):
    """The supply of a meter with a valve."""

    _attr_supported_features = ValveEntityFeature.OPEN | ValveEntityFeature.CLOSE

    def __init__(self, thing: MeterThing) -> None:
        """Say what flows."""
        super().__init__(thing, SUPPLY)
        self._attr_device_class = DEVICE_CLASSES.get(thing.run.meter.commodity)

    @property
    @override
    def is_closed(self) -> bool | None:
        through = self.lets_through
        return None if through is None else not through

    @property
    @override
    def is_opening(self) -> bool:
        return self.state_of_supply is SupplyState.RESTORING

    @property
    @override
    def is_closing(self) -> bool:
        return self.state_of_supply is SupplyState.CUTTING

    @override
    async def async_open_valve(self) -> None:
        """Open the supply, whatever was holding it closed."""
        await self.async_let_through()

    @override
    async def async_close_valve(self) -> None:
        """Hold the supply closed."""
        await self.async_hold_back()
