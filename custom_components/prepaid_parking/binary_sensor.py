"""Binary sensors: what is wrong, and who answers."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import PrepaidConfigEntry
from .core.identity import SpaceId
from .core.money import quantity_text
from .core.policy import is_low
from .core.space import Tenure
from .core.tamper import HintKind
from .core.wallet import WalletKind
from .entity import PrepaidEntity
from .lane_inputs import LANE_INPUTS, LaneInputSensor, inputs_of
from .operations.loss_views import hint_view
from .operations.quota import is_exempt
from .operations.supply_views import quota_view
from .operations.watching import policy_for
from .park_things import LaneThing, SpaceThing
from .roster import async_show, async_show_fitted
from .things import LineThing, MeterThing, SiteThing, Thing, WalletThing
from .troubles import proof_shown, troubles

# Everything is pushed; nothing is asked for.
PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class PrepaidBinarySensorDescription[ThingT: Thing](BinarySensorEntityDescription):
    """A binary sensor: what it reads, what it adds to explain itself, and whether a thing has it."""

    is_on_fn: Callable[[ThingT], bool | None]
    more_fn: Callable[[ThingT], Mapping[str, Any] | None] = lambda _: None
    has_fn: Callable[[ThingT], bool] = lambda _: True


def _doubt(thing: MeterThing) -> Mapping[str, Any] | None:
    """Return what a person needs to settle the meter's doubt."""
    doubt, quantity = thing.run.doubt, thing.run.meter.quantity
    if doubt is None:
        return None
    return {
        "doubt": doubt.id,
        "kind": str(doubt.kind),
        "since": doubt.at.isoformat(),
        "register": quantity_text(doubt.register, quantity),
        "charged_to": quantity_text(doubt.cursor_register, quantity),
    }


def _hints(thing: MeterThing) -> list[dict[str, object]]:
    """Return what does not fit about the meter."""
    known = (thing.site.hinting.hints.get((thing.run.meter.id, kind)) for kind in HintKind)
    return [hint_view(thing.site, hint) for hint in known if hint is not None]


def _occupied(thing: SpaceThing) -> bool | None:
    """Tell whether a car of the space's card is inside; who stands in a temporary one nobody knows."""
    if not thing.there or thing.space.tenure is Tenure.TEMPORARY:
        return None
    return SpaceId(thing.id) in thing.data.park.at(thing.site).cars


METER: Final[tuple[PrepaidBinarySensorDescription[MeterThing], ...]] = (
    PrepaidBinarySensorDescription(
        key="link",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        is_on_fn=lambda thing: thing.run.connected,
    ),
    PrepaidBinarySensorDescription(
        key="doubt",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        is_on_fn=lambda thing: thing.run.doubt is not None,
        more_fn=_doubt,
    ),
    PrepaidBinarySensorDescription(
        key="hint",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        is_on_fn=lambda thing: bool(_hints(thing)),
        more_fn=lambda thing: {"hints": _hints(thing)},
    ),
)

WALLET: Final[tuple[PrepaidBinarySensorDescription[WalletThing], ...]] = (
    PrepaidBinarySensorDescription(
        key="low_balance",
        device_class=BinarySensorDeviceClass.PROBLEM,
        is_on_fn=lambda thing: is_low(thing.run.watch) or thing.run.watch.crossed_at is not None,
    ),
    PrepaidBinarySensorDescription(
        key="on_exemption",
        is_on_fn=lambda thing: is_exempt(thing.run, policy_for(thing.site, thing.run)),
        more_fn=lambda thing: quota_view(thing.site, thing.run),
        has_fn=lambda thing: thing.run.wallet.kind is WalletKind.SPECIAL,
    ),
)

SITE: Final[tuple[PrepaidBinarySensorDescription[SiteThing], ...]] = (
    PrepaidBinarySensorDescription(
        key="ledger",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        is_on_fn=lambda thing: bool(troubles(thing.site)),
        more_fn=lambda thing: {"problems": troubles(thing.site)} | proof_shown(thing.site),
    ),
)

SPACE: Final[tuple[PrepaidBinarySensorDescription[SpaceThing], ...]] = (
    PrepaidBinarySensorDescription(
        key="occupied",
        device_class=BinarySensorDeviceClass.OCCUPANCY,
        is_on_fn=_occupied,
        more_fn=lambda thing: {
            "cars": thing.data.park.at(thing.site).cars.get(SpaceId(thing.id), 0)
        },
    ),
)

LINE: Final[tuple[PrepaidBinarySensorDescription[LineThing], ...]] = (
    PrepaidBinarySensorDescription(
        key="link",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        is_on_fn=lambda thing: thing.state.connected(),
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PrepaidConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensors of a site."""
    await async_show(hass, entry, async_add_entities, _binary_sensors)
    await async_show_fitted(hass, entry, async_add_entities, LaneThing, inputs_of, _lane_input)


def _lane_input(thing: LaneThing, key: str) -> Entity:
    return LaneInputSensor(thing, next(one for one in LANE_INPUTS if one.key == key))


def _binary_sensors(thing: Thing) -> Iterator[Entity]:
    match thing:
        case SiteThing():
            yield from (PrepaidBinarySensor(thing, one) for one in SITE)
        case MeterThing(brief=False):
            yield from (PrepaidBinarySensor(thing, one) for one in METER)
        case WalletThing():
            yield from (PrepaidBinarySensor(thing, one) for one in WALLET if one.has_fn(thing))
        case SpaceThing():
            yield from (PrepaidBinarySensor(thing, one) for one in SPACE)
        case LineThing():
            yield from (PrepaidBinarySensor(thing, one) for one in LINE)


class PrepaidBinarySensor[ThingT: Thing](PrepaidEntity[ThingT], BinarySensorEntity):
    """A binary sensor from a table."""

    entity_description: PrepaidBinarySensorDescription[ThingT]

    @property
    @override
    def is_on(self) -> bool | None:
        return self.entity_description.is_on_fn(self.thing)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        return self.entity_description.more_fn(self.thing)
