"""Entities of the hub as what is sold by the use: switched on and off, counted, and proven to run.

A use names an entity, and nothing runs here between two looks: what an entity shows is asked for.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.helpers.event import async_track_state_change_event

from ...core.errors import CoreError
from ...core.metering import Quantity
from ..units import UNITS, base_units
from .meter import NO_VALUE, refuse_own
from .relay import EntityRelay

PIECES = "pcs"
"""What a counter without a unit counts."""


class EntityThings:
    """The hub's entities, each by its id."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Know of all of them."""
        self._hass = hass

    def check_switch(self, entity: str) -> None:
        """Refuse what cannot be switched on and off, and our own supplies."""
        EntityRelay(self._hass, entity)

    def check_number(self, entity: str) -> None:
        """Refuse what is not there, or one of ours; what it shows may be away for now."""
        refuse_own(self._hass, entity)
        if self._hass.states.get(entity) is None:
            raise CoreError("entity_unavailable", entity=entity)

    def check_counter(self, entity: str) -> tuple[Quantity, str]:
        """Return what an entity counts and in which unit, or refuse it with the reason.

        A counter of a use need not count for ever, only from its start to its end; one without a
        unit counts pieces.
        """
        refuse_own(self._hass, entity)
        state = self._hass.states.get(entity)
        if state is None or state.state in NO_VALUE:
            raise CoreError("entity_unavailable", entity=entity)
        unit = _unit(state)
        if unit not in UNITS:
            raise CoreError("unit_unknown", unit=unit, quantity="")
        return UNITS[unit][0], unit

    def is_on(self, entity: str) -> bool | None:
        """Whether it is on, as it says itself; None while it moves, is away or only assumes."""
        return EntityRelay(self._hass, entity).supplied

    def count(self, entity: str, unit: str) -> int | None:
        """Return what a counter shows in base units; None where that cannot be believed."""
        state = self._hass.states.get(entity)
        if state is None or _unit(state) != unit:
            return None
        number = _number(state)
        return None if number is None else base_units(number, unit)

    def number(self, entity: str) -> Decimal | None:
        """Return the number that an entity shows."""
        state = self._hass.states.get(entity)
        return None if state is None else _number(state)

    async def switch(self, entity: str, on: bool) -> None:
        """Switch it; returns when its integration has done so. Raises DeviceError."""
        await EntityRelay(self._hass, entity).switch(on)

    def watch(self, entities: Sequence[str], changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` when one of them shows something else; returns how to stop that."""

        @callback
        def async_changed(_: Event[EventStateChangedData]) -> None:
            changed()

        return async_track_state_change_event(self._hass, entities, async_changed)


def _unit(state: State) -> str:
    return str(state.attributes.get(ATTR_UNIT_OF_MEASUREMENT) or PIECES)


def _number(state: State) -> Decimal | None:
    if state.state in NO_VALUE:
        return None
    try:
        number = Decimal(state.state)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
