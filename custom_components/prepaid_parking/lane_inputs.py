"""What is wired to a lane, and what it waits for, as sensors: tables and what they read."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any, Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory

from .coordinator import last_car
from .core.asked import Reason
from .core.lane import LaneInput
from .entity import PrepaidEntity
from .operations.lane_run import AtLane
from .operations.releasing import standing
from .park_things import LaneThing

CLASSES: Final = {
    LaneInput.ENTRY_LOOP: BinarySensorDeviceClass.OCCUPANCY,
    LaneInput.SAFETY_LOOP: BinarySensorDeviceClass.OCCUPANCY,
    LaneInput.EXIT_LOOP: BinarySensorDeviceClass.OCCUPANCY,
    LaneInput.BOOM_OFF: BinarySensorDeviceClass.PROBLEM,
    LaneInput.FIRE_ALARM: BinarySensorDeviceClass.SAFETY,
}
"""What an input is to the hub; the others are for who looks for a fault."""
LANE_INPUTS: Final = tuple(
    BinarySensorEntityDescription(
        key=one,
        device_class=CLASSES.get(one),
        entity_category=None if one in CLASSES else EntityCategory.DIAGNOSTIC,
    )
    for one in LaneInput
)
ANSWER: Final = SensorEntityDescription(
    key="answer", device_class=SensorDeviceClass.ENUM, options=[str(one) for one in Reason]
)
DUE: Final = SensorEntityDescription(
    key="due", device_class=SensorDeviceClass.MONETARY, state_class=SensorStateClass.TOTAL
)


def inputs_of(thing: LaneThing) -> Collection[str]:
    """Return the inputs that a lane has."""
    return [one.key for one in LANE_INPUTS if one.key in thing.run.fitted]


def waits_of(thing: LaneThing) -> Collection[str]:
    """Return what is told of the car that waits: why, where plates are read, and how much, at exits."""
    if not thing.run.reads:
        return ()
    return (ANSWER.key, DUE.key) if thing.run.leads_out else (ANSWER.key,)


class LaneInputSensor(PrepaidEntity[LaneThing], BinarySensorEntity):
    """An input of a lane; unknown while it cannot be read."""

    @property
    @override
    def available(self) -> bool:
        return super().available and self.entity_description.key in self.thing.run.fitted

    @property
    @override
    def is_on(self) -> bool | None:
        return self.thing.run.inputs.get(self.entity_description.key)


class AnswerSensor(PrepaidEntity[LaneThing], SensorEntity):
    """Why the lane answered as it did, for the car that was there last."""

    @property
    @override
    def published(self) -> str:
        return last_car(self.thing.key)

    @property
    @override
    def native_value(self) -> str | None:
        last = self.thing.run.last
        return str(last.reason) if last is not None and last.reason in Reason else None


class DueSensor(PrepaidEntity[LaneThing], SensorEntity):
    """What the car that waits at an exit must pay to leave; nothing where none waits."""

    def __init__(self, thing: LaneThing, description: SensorEntityDescription) -> None:
        """Show the site's currency."""
        super().__init__(thing, description)
        self._attr_native_unit_of_measurement = thing.site.currency.code
        self._attr_suggested_display_precision = thing.site.currency.digits

    @property
    @override
    def native_value(self) -> Decimal:
        waiting = self._waiting
        return self.thing.money(waiting.due_minor if waiting is not None else 0)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        waiting = self._waiting
        if waiting is None or not waiting.due_minor:
            return {}
        return {"stay": waiting.stay, "reason": str(waiting.reason)}

    @property
    def _waiting(self) -> AtLane | None:
        return standing(self.thing.site, self.thing.run) if self.thing.there else None
