"""Sensors: what was counted, what it cost, what is left, and how the links are."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final, override

from homeassistant.components.sensor import (
    RestoreSensor,
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfRatio, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType

from .coordinator import PrepaidConfigEntry
from .core.metering import UNIT
from .core.money import price_text
from .core.policy import WalletState
from .core.supply import SupplyState
from .entity import PrepaidEntity
from .measures import VALUES, shown_total, total_of
from .operations.facts import Fact, Passed
from .operations.overview import (
    believed_register,
    cost_month,
    cost_today,
    days_left,
    price_micro,
    revenue_today,
)
from .operations.watching import cutoff_of, state_of
from .roster import async_each, async_show
from .things import LaneThing, LineThing, MeterThing, SiteThing, Thing, WalletThing

# Everything is pushed; nothing is asked for.
PARALLEL_UPDATES = 0

type Native = StateType | Decimal | datetime


@dataclass(frozen=True, kw_only=True)
class PrepaidSensorDescription[ThingT: Thing](SensorEntityDescription):
    """A sensor: what it reads, what it adds to explain itself, and whether a thing has it.

    `money` gives it the site's currency. `since_fn` says since when a sum that starts over is
    counted.
    """

    value_fn: Callable[[ThingT], Native]
    more_fn: Callable[[ThingT], Mapping[str, Any] | None] = lambda _: None
    has_fn: Callable[[ThingT], bool] = lambda _: True
    since_fn: Callable[[ThingT], datetime | None] = lambda _: None
    money: bool = False


def _money[ThingT: Thing](
    key: str,
    minor_fn: Callable[[ThingT], int],
    since_fn: Callable[[ThingT], datetime | None] = lambda _: None,
) -> PrepaidSensorDescription[ThingT]:
    return PrepaidSensorDescription[ThingT](
        key=key,
        device_class=SensorDeviceClass.MONETARY,
        state_class=SensorStateClass.TOTAL,
        money=True,
        value_fn=lambda thing: thing.money(minor_fn(thing)),
        since_fn=since_fn,
    )


def _supply_state(state: SupplyState) -> str | None:
    """Name a supply's state; nobody knows is the hub's own word."""
    return None if state is SupplyState.UNKNOWN else str(state)


def _reason(thing: MeterThing) -> Mapping[str, Any] | None:
    """Say why a supply stands as it does."""
    decision = thing.run.decision
    return None if decision is None else {"reason": str(decision.why)}


def _number(thing: LineThing, name: str) -> float | int | None:
    """Return a number of a line's report."""
    value = thing.state.report().get(name)
    return value if isinstance(value, int | float) else None


def _price(thing: MeterThing) -> str | None:
    micro = price_micro(thing.site, thing.run, thing.now)
    return None if micro is None else price_text(micro)


METER: Final[tuple[PrepaidSensorDescription[MeterThing], ...]] = (
    PrepaidSensorDescription(
        key="supply_state",
        device_class=SensorDeviceClass.ENUM,
        options=[str(state) for state in SupplyState if state is not SupplyState.UNKNOWN],
        has_fn=lambda thing: thing.switched,
        value_fn=lambda thing: _supply_state(thing.run.state),
        more_fn=_reason,
    ),
    _money(
        "cost_today",
        lambda thing: cost_today(thing.run, thing.data.tally, thing.now),
        lambda thing: thing.midnight,
    ),
    _money(
        "cost_month",
        lambda thing: cost_month(thing.run, thing.data.tally, thing.now),
        lambda thing: thing.midnight.replace(day=1),
    ),
    PrepaidSensorDescription(
        key="price",
        entity_registry_enabled_default=False,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=4,
        value_fn=_price,
    ),
    PrepaidSensorDescription(
        key="last_reading",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda thing: thing.run.good_at,
    ),
)

WALLET: Final[tuple[PrepaidSensorDescription[WalletThing], ...]] = (
    _money("balance", lambda thing: thing.run.posted_minor),
    _money("available", lambda thing: thing.run.available_minor),
    PrepaidSensorDescription(
        key="state",
        device_class=SensorDeviceClass.ENUM,
        options=[str(state) for state in WalletState],
        value_fn=lambda thing: str(state_of(thing.site, thing.run)),
    ),
    PrepaidSensorDescription(
        key="days_left",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.DAYS,
        suggested_display_precision=0,
        value_fn=lambda thing: days_left(thing.run, thing.data.tally, thing.now),
    ),
    PrepaidSensorDescription(
        key="cutoff_at",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda thing: _whole_minute(cutoff_of(thing.site, thing.run)),
    ),
)

SITE: Final[tuple[PrepaidSensorDescription[SiteThing], ...]] = (
    _money("float_total", lambda thing: thing.overview.float_minor),
    _money("arrears", lambda thing: thing.overview.arrears_minor),
    _money(
        "revenue_today",
        lambda thing: revenue_today(thing.site, thing.data.tally, thing.now),
        lambda thing: thing.midnight,
    ),
    PrepaidSensorDescription(
        key="wallets_low",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda thing: thing.overview.wallets_low,
    ),
    PrepaidSensorDescription(
        key="reading_rate",
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        suggested_display_precision=0,
        value_fn=lambda thing: thing.overview.reading_percent,
    ),
)

LINE: Final[tuple[PrepaidSensorDescription[LineThing], ...]] = (
    PrepaidSensorDescription(
        key="latency",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_unit_of_measurement=UnitOfTime.MILLISECONDS,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        suggested_display_precision=0,
        has_fn=lambda thing: "latency" in thing.state.report(),
        value_fn=lambda thing: _number(thing, "latency"),
    ),
    PrepaidSensorDescription(
        key="failures",
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        has_fn=lambda thing: "failures" in thing.state.report(),
        value_fn=lambda thing: _number(thing, "failures"),
    ),
    PrepaidSensorDescription(
        key="backed_off",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        has_fn=lambda thing: "backed_off" in thing.state.report(),
        value_fn=lambda thing: _number(thing, "backed_off"),
    ),
)

LAST_PLATE: Final = SensorEntityDescription(key="last_plate")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PrepaidConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of a site."""
    async_show(hass, entry, async_add_entities, _sensors)
    async_each(hass, entry, partial(_async_show_values, entry, async_add_entities))


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
        new = (VALUES.keys() & thing.run.values.keys()) - said if thing.there else set()
        if new:
            said.update(new)
            sensors = [ValueSensor(thing, VALUES[key]) for key in sorted(new)]
            async_add_entities(
                entry.runtime_data.room.take(sensors), config_subentry_id=thing.subentry
            )

    async_look()
    entry.async_on_unload(entry.runtime_data.coordinator.subscribe(thing.published, async_look))


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
        case LaneThing():
            yield LastPlateSensor(thing, LAST_PLATE)
        case LineThing():
            yield from _table(thing, LINE)


def _table[ThingT: Thing](
    thing: ThingT, table: tuple[PrepaidSensorDescription[ThingT], ...]
) -> Iterator[Entity]:
    return (PrepaidSensor[ThingT](thing, one) for one in table if one.has_fn(thing))


def _whole_minute(at: datetime | None) -> datetime | None:
    """Drop the seconds: what counts down by the second would be written every second."""
    return None if at is None else at.replace(second=0, microsecond=0)


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

    @override
    async def async_added_to_hass(self) -> None:
        """Listen for passages, beginning with the plate from before the restart."""
        await super().async_added_to_hass()
        if (last := await self.async_get_last_sensor_data()) is not None:
            self._attr_native_value = last.native_value
        self.async_on_remove(self.thing.data.coordinator.listen(self._async_heard))

    @callback
    def _async_heard(self, fact: Fact) -> None:
        if isinstance(fact, Passed) and fact.lane == self.thing.id and fact.masked:
            self._attr_native_value = fact.masked
            self.async_write_ha_state()
