"""Looking at a hub entity that is to be a meter, a supply or a barrier."""

from decimal import Decimal, InvalidOperation

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant, State

from .core.errors import CoreError
from .core.metering import Quantity, Sample
from .links.entity import (
    EntityBarrier,
    EntityRelay,
    check_meter_entity,
    check_runtime_entity,
)
from .links.units import base_units
from .subentry_probe import ProbeError


def probe_entity_meter(hass: HomeAssistant, entity_id: str) -> tuple[Sample, Quantity, str]:
    """Look at an entity as a meter; returns its reading, what it counts and in which unit."""
    try:
        quantity, unit = check_meter_entity(hass, entity_id)
    except CoreError as err:
        raise ProbeError(err.key, str(err)) from err
    state = _state(hass, entity_id)
    try:
        value = Decimal(state.state)
    except InvalidOperation as err:
        raise ProbeError("entity_not_a_register", state.state) from err
    register = base_units(value, unit) if value.is_finite() else None
    if register is None:
        raise ProbeError("entity_not_a_register", state.state)
    return Sample(at=state.last_reported, register=register), quantity, unit


def probe_entity_runtime(hass: HomeAssistant, entity_id: str) -> str:
    """Look at a thing whose running time is to be counted; returns its state as it stands."""
    try:
        return check_runtime_entity(hass, entity_id).state
    except CoreError as err:
        raise ProbeError(err.key, entity_id) from err


def probe_entity_relay(hass: HomeAssistant, entity_id: str, *, inverted: bool) -> bool:
    """Look at an entity as a supply; tells whether it lets through."""
    try:
        relay = EntityRelay(hass, entity_id, inverted=inverted)
    except CoreError as err:
        raise ProbeError(err.key, str(err)) from err
    supplied = relay.supplied
    if supplied is None:
        raise ProbeError("position_unknown", _state(hass, entity_id).state)
    return supplied


def probe_entity_barrier(hass: HomeAssistant, entity_id: str) -> str:
    """Look at an entity as a barrier; returns its state as it stands."""
    try:
        EntityBarrier(hass, entity_id)
    except CoreError as err:
        raise ProbeError(err.key, str(err)) from err
    return _state(hass, entity_id).state


def _state(hass: HomeAssistant, entity_id: str) -> State:
    state = hass.states.get(entity_id)
    if state is None or state.state == STATE_UNAVAILABLE:
        raise ProbeError("entity_unavailable", entity_id)
    return state
