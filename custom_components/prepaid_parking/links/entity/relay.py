"""A switch, valve or cover of the hub as a supply: commanded by its service, believed by its state."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple

from homeassistant.const import ATTR_ASSUMED_STATE, ATTR_ENTITY_ID, STATE_UNAVAILABLE
from homeassistant.core import (
    Context,
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
    split_entity_id,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_state_change_event
import probatio as vol

from ...core.errors import CoreError, DeviceError, DeviceFault
from ...core.metering import Origin, Sample
from .meter import refuse_own

SERVICE_S: Final = 10.0
"""Integrations wait this long for their devices at most; longer is no answer."""


class Level(NamedTuple):
    """The services and states of a thing with two positions."""

    on: str
    off: str
    is_on: str
    is_off: str


LEVELS: Final = {
    "switch": Level("turn_on", "turn_off", "on", "off"),
    "input_boolean": Level("turn_on", "turn_off", "on", "off"),
    "valve": Level("open_valve", "close_valve", "open", "closed"),
    "cover": Level("open_cover", "close_cover", "open", "closed"),
}
"""A button has no position: it can open a barrier, it cannot be a supply."""


class EntityRelay:
    """A supply. A state that is only assumed proves nothing, so such an entity is not commanded."""

    def __init__(
        self,
        hass: HomeAssistant,
        entity_id: str,
        *,
        told: Callable[[Sample], None] | None = None,
        inverted: bool = False,
        context: Callable[[], Context] = Context,
    ) -> None:
        """Prepare; `told` hears of every position, `inverted` lets through while the entity is off."""
        refuse_own(hass, entity_id)
        level = LEVELS.get(split_entity_id(entity_id)[0])
        if level is None:
            raise CoreError("entity_not_a_relay", entity=entity_id)
        self._hass = hass
        self._entity_id = entity_id
        self._level = level
        self._told = told
        self._inverted = inverted
        self._context = context

    @property
    def supplied(self) -> bool | None:
        """Whether it lets through, as it says itself; None while it moves, is away or only assumes."""
        state = self._hass.states.get(self._entity_id)
        return None if state is None else self._position(state)

    def start(self) -> Callable[[], None]:
        """Listen to its positions; the returned function ends it."""
        self._tell(self._hass.states.get(self._entity_id))
        return async_track_state_change_event(self._hass, [self._entity_id], self._changed)

    def look(self, at: datetime) -> None:
        """Tell where it is now: it may have moved while it was being told to."""
        supplied = self.supplied
        if supplied is not None and self._told is not None:
            self._told(Sample(at=at, origin=Origin.PUSHED, supplied=supplied))

    async def switch(self, on: bool) -> None:
        """Command the position; returns when its integration has done so. Raises DeviceError."""
        state = self._hass.states.get(self._entity_id)
        if state is None or state.state == STATE_UNAVAILABLE:
            raise DeviceError(DeviceFault.OFFLINE, self._entity_id)
        if state.attributes.get(ATTR_ASSUMED_STATE):
            raise DeviceError(DeviceFault.UNSUPPORTED, "its position is only assumed")
        service = self._level.on if on != self._inverted else self._level.off
        await call(self._hass, self._entity_id, service, self._context())

    @callback
    def _changed(self, event: Event[EventStateChangedData]) -> None:
        self._tell(event.data["new_state"])

    def _tell(self, state: State | None) -> None:
        if state is None or self._told is None:
            return
        if (supplied := self._position(state)) is not None:
            self._told(Sample(at=state.last_updated, origin=Origin.PUSHED, supplied=supplied))

    def _position(self, state: State) -> bool | None:
        if state.attributes.get(ATTR_ASSUMED_STATE):
            return None
        if state.state == self._level.is_on:
            return not self._inverted
        return self._inverted if state.state == self._level.is_off else None


async def call(
    hass: HomeAssistant,
    entity_id: str,
    service: str,
    context: Context,
    *,
    within: float = SERVICE_S,
) -> None:
    """Call a service of an entity's own domain and wait; every failure is a DeviceError."""
    try:
        async with asyncio.timeout(within):
            await hass.services.async_call(
                split_entity_id(entity_id)[0],
                service,
                {ATTR_ENTITY_ID: entity_id},
                blocking=True,
                context=context,
            )
    except TimeoutError as err:
        raise DeviceError(DeviceFault.NO_ANSWER, entity_id) from err
    except (HomeAssistantError, vol.Invalid) as err:
        raise DeviceError(DeviceFault.REFUSED, str(err)) from err
