"""Any counting sensor of the hub as a meter.

A state is somebody else's work: its unit may be changed in a menu, its number comes as text, and
after a restart it shows what another program remembered.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
import logging
from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.components.sensor.const import ATTR_LAST_RESET, ATTR_STATE_CLASS
from homeassistant.const import (
    ATTR_DEVICE_CLASS,
    ATTR_UNIT_OF_MEASUREMENT,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import (
    Event,
    EventStateChangedData,
    EventStateReportedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import (
    async_track_state_change_event,
    async_track_state_report_event,
)
from homeassistant.util import dt as dt_util

from ...core.errors import CoreError, DeviceError, DeviceFault
from ...core.metering import Origin, Quantity, Sample
from ..units import UNITS, base_units

_LOGGER = logging.getLogger(__name__)

OWN_PLATFORM: Final = "prepaid_parking"
"""Our own sensors follow our own readings: a meter made of them would charge itself."""
NO_VALUE: Final = frozenset({STATE_UNAVAILABLE, STATE_UNKNOWN, ""})
QUANTITIES: Final[Mapping[str, Quantity]] = {
    SensorDeviceClass.ENERGY: Quantity.ENERGY,
    SensorDeviceClass.REACTIVE_ENERGY: Quantity.REACTIVE,
    SensorDeviceClass.GAS: Quantity.VOLUME,
    SensorDeviceClass.WATER: Quantity.VOLUME,
    SensorDeviceClass.VOLUME: Quantity.VOLUME,
    SensorDeviceClass.WEIGHT: Quantity.MASS,
    SensorDeviceClass.DURATION: Quantity.DURATION,
    SensorDeviceClass.DISTANCE: Quantity.LENGTH,
}
"""What a device class counts; a gas sensor in kWh counts energy, so the unit has the last word."""


def check_meter_entity(hass: HomeAssistant, entity_id: str) -> tuple[Quantity, str]:
    """Return what an entity counts and in which unit, or refuse it as a meter with the reason."""
    refuse_own(hass, entity_id)
    state = hass.states.get(entity_id)
    if state is None or state.state in NO_VALUE:
        raise CoreError("entity_unavailable", entity=entity_id)
    quantity, unit = _quantity(state), _unit(state)
    if quantity is None:
        raise CoreError("unit_unknown", unit=unit, quantity="")
    starts_over = state.attributes.get(ATTR_LAST_RESET) is not None
    if starts_over or state.attributes.get(ATTR_STATE_CLASS) == SensorStateClass.MEASUREMENT:
        raise CoreError("entity_not_a_register", entity=entity_id)
    return quantity, unit


def refuse_own(hass: HomeAssistant, entity_id: str) -> None:
    """Refuse an entity of this integration as anybody's meter, supply or barrier."""
    entry = er.async_get(hass).async_get(entity_id)
    if entry is not None and entry.platform == OWN_PLATFORM:
        raise CoreError("own_entity", entity=entity_id)


class EntityMeter:
    """Turns what a sensor reports into samples, from now on.

    What it shows when we come was reported before, perhaps by a program that only remembered it: it
    is handed on as retained. The unit is part of the sample's meaning (`ratio`): another unit, or a
    device class that contradicts it, is another meaning, and a person decides.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entity_id: str,
        quantity: Quantity,
        unit: str,
        told: Callable[[Sample | DeviceError], None],
    ) -> None:
        """Prepare to take readings in the unit the meter was set up with."""
        refuse_own(hass, entity_id)
        if unit not in UNITS or UNITS[unit][0] is not quantity:
            raise CoreError("unit_unknown", unit=unit, quantity=quantity)
        self._hass = hass
        self._entity_id = entity_id
        self._quantity = quantity
        self._unit = unit
        self._told = told
        self._since = dt_util.utcnow()
        self._silent: str | None = None

    def start(self) -> Callable[[], None]:
        """Listen; the returned function ends it."""
        self._since = dt_util.utcnow()
        if (state := self._hass.states.get(self._entity_id)) is not None:
            self._look(state, state.last_reported)
        ends = (
            async_track_state_change_event(self._hass, [self._entity_id], self._changed),
            async_track_state_report_event(self._hass, [self._entity_id], self._reported),
        )

        def stop() -> None:
            for end in ends:
                end()

        return stop

    @callback
    def _changed(self, event: Event[EventStateChangedData]) -> None:
        if (state := event.data["new_state"]) is None:
            self._say(DeviceError(DeviceFault.OFFLINE, "removed"))
        else:
            self._look(state, state.last_reported)

    @callback
    def _reported(self, event: Event[EventStateReportedData]) -> None:
        self._look(event.data["new_state"], event.data["last_reported"])

    def _look(self, state: State, at: datetime) -> None:
        if state.state in NO_VALUE:
            self._say(DeviceError(DeviceFault.OFFLINE, state.state))
            return
        try:
            sample = self._sample(state, at)
        except DeviceError as err:
            self._say(err)
            return
        self._silent = None
        self._told(sample if at >= self._since else replace(sample, origin=Origin.RETAINED))

    def _sample(self, state: State, at: datetime) -> Sample:
        unit = _unit(state)
        same = _quantity(state) is self._quantity
        meaning = unit if same else f"{unit} ({state.attributes.get(ATTR_DEVICE_CLASS)})"
        try:
            number = Decimal(state.state)
        except InvalidOperation as err:
            raise DeviceError(DeviceFault.GARBLED, "not a number") from err
        register = base_units(number, unit if same else self._unit)
        if register is None:
            raise DeviceError(DeviceFault.GARBLED, "not a register")
        return Sample(at=at, origin=Origin.PUSHED, register=register, ratio=meaning)

    def _say(self, err: DeviceError) -> None:
        """Tell a trouble once when it starts."""
        if self._silent != str(err):
            self._silent = str(err)
            if err.fault is DeviceFault.GARBLED:
                _LOGGER.warning("%s cannot be read as a meter: %s", self._entity_id, err)
            self._told(err)


def _unit(state: State) -> str:
    return str(state.attributes.get(ATTR_UNIT_OF_MEASUREMENT) or "")


def _quantity(state: State) -> Quantity | None:
    """Return what a state counts: its unit says it, its device class may not contradict."""
    unit = _unit(state)
    if unit not in UNITS:
        return None
    quantity = UNITS[unit][0]
    device_class = state.attributes.get(ATTR_DEVICE_CLASS)
    if device_class is None or device_class == SensorDeviceClass.GAS:
        return quantity
    return quantity if QUANTITIES.get(device_class) is quantity else None
