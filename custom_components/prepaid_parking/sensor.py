"""Sensors: what was counted, what it cost, what is left, and how the links are."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, override

from homeassistant.components.sensor import RestoreSensor, SensorEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import PrepaidConfigEntry, last_car
from .core.metering import UNIT
from .entity import PrepaidEntity
from .lane_inputs import ANSWER, DUE, AnswerSensor, DueSensor, waits_of
from .measures import VALUES, shown_total, total_of
from .operations.facts import Fact
from .operations.lane_facts import Passed
from .operations.overview import believed_register
from .park_sensors import ZONE, ZoneSensor, later_of
from .park_things import LaneThing, ParkThing, SpaceThing
from .roster import async_each, async_show, async_show_fitted
from .sensor_description import Native, PrepaidSensorDescription
from .sensor_tables import LINE, METER, SITE, WALLET
from .sensor_tables_park import LAST_PLATE, LIST_AGE, PARK, SPACE
from .things import LineThing, MeterThing, SiteThing, Thing, WalletThing
from .till_sensors import async_show_tills

# Everything is pushed; nothing is asked for.
PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PrepaidConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of a site."""
    await async_show(hass, entry, async_add_entities, _sensors)
    await async_show_fitted(hass, entry, async_add_entities, LaneThing, waits_of, _waiting)
    await async_show_fitted(hass, entry, async_add_entities, ParkThing, later_of, _later)
    await async_show_tills(hass, entry, async_add_entities)
    await async_each(hass, entry, partial(_async_show_values, entry, async_add_entities))


@callback
def _async_show_values(
    entry: PrepaidConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    thing: Thing,
) -> None:
    """Add a value's sensor when its meter has first said it: only the device knows what it can say."""
    if not isinstance(thing, MeterThing) or thing.brief:
        return
    said: set[str] = set()

    @callback
    def async_look() -> None:
        new = (VALUES.keys() & thing.run.values.keys()) - said if thing.showable else set()
        if new:
            said.update(new)
            sensors = [ValueSensor(thing, VALUES[key]) for key in sorted(new)]
            async_add_entities(
                entry.runtime_data.room.take(sensors), config_subentry_id=thing.subentry
            )

    async_look()
    entry.async_on_unload(entry.runtime_data.coordinator.subscribe(thing.published, async_look))


def _waiting(thing: LaneThing, key: str) -> Entity:
    return DueSensor(thing, DUE) if key == DUE.key else AnswerSensor(thing, ANSWER)


def _later(thing: ParkThing, key: str) -> Entity:
    if key == LIST_AGE.key:
        return PrepaidSensor(thing, LIST_AGE)
    return ZoneSensor(thing, key.removeprefix(f"{ZONE}_"))


def _sensors(thing: Thing) -> Iterator[Entity]:
    match thing:
        case SiteThing():
            yield from _table(thing, SITE)
        case MeterThing(brief=True):
            if not thing.switched:
                yield TotalSensor(thing)
        case MeterThing():
            yield TotalSensor(thing)
            yield from _table(thing, METER)
        case WalletThing():
            yield from _table(thing, WALLET)
        case ParkThing():
            yield from _table(thing, PARK)
        case SpaceThing():
            yield from _table(thing, SPACE)
        case LaneThing():
            yield LastPlateSensor(thing, LAST_PLATE)
        case LineThing():
            yield from _table(thing, LINE)


def _table[ThingT: Thing](
    thing: ThingT, table: tuple[PrepaidSensorDescription[ThingT], ...]
) -> Iterator[Entity]:
    return (PrepaidSensor[ThingT](thing, one) for one in table if one.has_fn(thing))


class PrepaidSensor[ThingT: Thing](PrepaidEntity[ThingT], SensorEntity):
    """A sensor from a table."""

    entity_description: PrepaidSensorDescription[ThingT]

    def __init__(self, thing: ThingT, description: PrepaidSensorDescription[ThingT]) -> None:
        """Give money the site's currency."""
        super().__init__(thing, description)
        currency = thing.site.currency
        if description.money:
            self._attr_native_unit_of_measurement = currency.code
            self._attr_suggested_display_precision = currency.digits
        elif description.key == "price" and isinstance(thing, MeterThing):
            unit = UNIT[thing.run.meter.quantity]
            self._attr_native_unit_of_measurement = f"{currency.code}/{unit}"

    @property
    @override
    def native_value(self) -> Native:
        return self.entity_description.value_fn(self.thing)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        return self.entity_description.more_fn(self.thing)

    @property
    @override
    def last_reset(self) -> datetime | None:
        return self.entity_description.since_fn(self.thing)


class TotalSensor(PrepaidEntity[MeterThing], SensorEntity):
    """What a meter has counted, as far as its readings are believed."""

    def __init__(self, thing: MeterThing) -> None:
        """Show the commodity's own unit."""
        super().__init__(thing, total_of(thing.run.meter))

    @property
    @override
    def available(self) -> bool:
        return super().available and self.thing.online

    @property
    @override
    def native_value(self) -> Decimal | None:
        register = believed_register(self.thing.run)
        return None if register is None else shown_total(register, self.thing.run.meter.quantity)


class ValueSensor(PrepaidEntity[MeterThing], SensorEntity):
    """A number that a meter says beside its total."""

    @property
    @override
    def available(self) -> bool:
        return super().available and self.thing.online

    @property
    @override
    def native_value(self) -> float | None:
        return self.thing.run.values.get(self.entity_description.key)


class LastPlateSensor(PrepaidEntity[LaneThing], RestoreSensor):
    """The plate that was read last at a lane, as far as people may see it."""

    @property
    @override
    def published(self) -> str:
        return last_car(self.thing.key)

    @override
    async def async_added_to_hass(self) -> None:
        """Listen for passages, beginning with the plate from before the restart."""
        await super().async_added_to_hass()
        if (last := await self.async_get_last_sensor_data()) is not None:
            self._attr_native_value = last.native_value
        coordinator = self.thing.data.coordinator
        self.async_on_remove(coordinator.listen(self._async_heard, self.thing.key))

    @callback
    def _async_heard(self, fact: Fact) -> None:
        if isinstance(fact, Passed) and fact.lane == self.thing.id and fact.masked:
            self._attr_native_value = fact.masked
