"""A sensor for each drawer in use: what is in it, which shift has it, and since when."""

from collections.abc import Mapping
from typing import Any, Final, override

from homeassistant.components.sensor import (
    DOMAIN as SENSOR_DOMAIN,
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .coordinator import TILLS, PrepaidConfigEntry, published_till
from .core.identity import TillId
from .core.shift import Shift, Till
from .entity import PrepaidEntity
from .roster import async_each
from .sensor_description import Native
from .things import SiteThing, Thing

KEY: Final = "till"


class TillSensor(PrepaidEntity[SiteThing], SensorEntity):
    """What must lie in a drawer: by the books while somebody has it, else what was counted at the end.

    Who has it is said by the hub's id of the user: a name in a state is in everybody's history.
    """

    _unrecorded_attributes = frozenset({"cashier", "shift", "since"})

    def __init__(self, thing: SiteThing, till: Till) -> None:
        """Be named after the drawer, in the site's currency."""
        super().__init__(
            thing,
            SensorEntityDescription(
                key=f"{KEY}_{till.id}",
                translation_key=KEY,
                translation_placeholders={"till": till.name},
                device_class=SensorDeviceClass.MONETARY,
            ),
        )
        self.till = till
        currency = thing.site.currency
        self._attr_native_unit_of_measurement = currency.code
        self._attr_suggested_display_precision = currency.digits

    @property
    @override
    def published(self) -> str:
        return published_till(self.till.id)

    @property
    @override
    def native_value(self) -> Native:
        shift, desk = self._shift, self.thing.site.desk
        there = desk.left.get(self.till.id) if shift is None else shift.expected_minor
        return None if there is None else self.thing.money(there)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        shift = self._shift
        return {
            "till": self.till.id,
            "taken": shift is not None,
            "shift": shift.id if shift is not None else None,
            "cashier": shift.cashier if shift is not None else None,
            "since": shift.opened_at.isoformat() if shift is not None else None,
        }

    @property
    def _shift(self) -> Shift | None:
        shifts = self.thing.site.desk.shifts.values()
        return next((one for one in shifts if one.till == self.till.id), None)


class ShownTills:
    """The drawers of a site that are shown."""

    def __init__(
        self,
        hass: HomeAssistant,
        thing: SiteThing,
        async_add_entities: AddConfigEntryEntitiesCallback,
    ) -> None:
        """Begin with none."""
        self._hass = hass
        self._thing = thing
        self._async_add = async_add_entities
        self._shown: dict[TillId, TillSensor] = {}

    @callback
    def async_look(self) -> None:
        """Show what has come, take away what has gone; what has another name is shown anew."""
        tills = self._thing.site.desk.tills.values()
        here = {one.id: one for one in tills if one.closed_at is None}
        for gone in self._shown.keys() - here.keys():
            if entry := self._registered(self._shown.pop(gone)):
                er.async_get(self._hass).async_remove(entry.entity_id)
        for till in here.values():
            known = self._shown.get(till.id)
            if known is not None and known.till.name == till.name:
                continue
            sensor = TillSensor(self._thing, till)
            if known is None:
                if self._thing.data.room.take([sensor]):
                    self._shown[till.id] = sensor
                    self._async_add([sensor])
            else:
                self._shown[till.id] = sensor
                self._thing.entry.async_create_task(self._hass, self._replace(known, sensor))

    async def _replace(self, before: TillSensor, after: TillSensor) -> None:
        """Put an entity in the place of another: the hub asks for a name once."""
        if (entry := self._registered(before)) is not None and not entry.disabled:
            await before.async_remove()
        self._async_add([after])

    def _registered(self, sensor: TillSensor) -> er.RegistryEntry | None:
        """Return what the hub has of a sensor; it may be switched off there."""
        registry = er.async_get(self._hass)
        assert sensor.unique_id is not None
        entity_id = registry.async_get_entity_id(SENSOR_DOMAIN, DOMAIN, sensor.unique_id)
        return registry.async_get(entity_id) if entity_id is not None else None


async def async_show_tills(
    hass: HomeAssistant,
    entry: PrepaidConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Show each drawer in use, as it is taken up; one that is closed is taken away."""

    @callback
    def async_found(thing: Thing) -> None:
        if isinstance(thing, SiteThing):
            tills = ShownTills(hass, thing, async_add_entities)
            tills.async_look()
            coordinator = entry.runtime_data.coordinator
            entry.async_on_unload(coordinator.subscribe(TILLS, tills.async_look))

    await async_each(hass, entry, async_found)
