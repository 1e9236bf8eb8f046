"""Binary sensors of the hub as inputs of a lane; what says nothing is unknown, never clear."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import (
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
    split_entity_id,
)
from homeassistant.helpers.event import async_track_state_change_event

from ...core.errors import CoreError
from ..board_inputs import InputsTold
from .meter import refuse_own

INPUT_DOMAINS: Final = ("binary_sensor", "input_boolean", "switch")
_STATES: Final = {STATE_ON: True, STATE_OFF: False}


@dataclass(frozen=True, slots=True, kw_only=True)
class WiredEntity:
    """An entity that is an input; `inverted` is one that is off while a car stands there."""

    entity_id: str
    inverted: bool = False


def check_input_entity(hass: HomeAssistant, entity_id: str) -> None:
    """Refuse what is no input."""
    refuse_own(hass, entity_id)
    if split_entity_id(entity_id)[0] not in INPUT_DOMAINS:
        raise CoreError("entity_not_an_input", entity=entity_id)


class EntityInputs:
    """Some inputs that are entities of the hub."""

    def __init__(
        self, hass: HomeAssistant, wired: Mapping[str, WiredEntity], told: InputsTold
    ) -> None:
        """Prepare; what is no input is refused."""
        for one in wired.values():
            check_input_entity(hass, one.entity_id)
        self._hass = hass
        self._wired = dict(wired)
        self._told = told

    def start(self) -> Callable[[], None]:
        """Tell how they are now, and of each change; returns how to stop that."""
        self._told({name: self._now(one) for name, one in self._wired.items()})
        entities = {one.entity_id for one in self._wired.values()}
        return async_track_state_change_event(self._hass, entities, self._changed)

    @callback
    def _changed(self, event: Event[EventStateChangedData]) -> None:
        entity_id = event.data["entity_id"]
        old, new = event.data["old_state"], event.data["new_state"]
        heard: dict[str, bool | None] = {}
        for name, one in self._wired.items():
            if one.entity_id == entity_id and _state(new, one) is not _state(old, one):
                heard[name] = _state(new, one)
        if heard:
            self._told(heard)

    def _now(self, one: WiredEntity) -> bool | None:
        return _state(self._hass.states.get(one.entity_id), one)


def _state(state: State | None, wired: WiredEntity) -> bool | None:
    said = _STATES.get(state.state) if state is not None else None
    return None if said is None else said is not wired.inverted
