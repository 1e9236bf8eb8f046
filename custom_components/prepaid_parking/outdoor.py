"""How cold it is outside: heat is never cut below a temperature that the site sets."""

from collections.abc import Callable
from typing import Final

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, UnitOfTemperature
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util.unit_conversion import TemperatureConverter

from .const import CONF_OUTDOOR, CONF_OUTDOOR_LEAST, DEFAULT_OUTDOOR_LEAST
from .coordinator import PrepaidConfigEntry

NOTHING: Final[CALLBACK_TYPE] = lambda: None  # noqa: E731  there is nothing to stop


@callback
def async_watch_outdoor(
    hass: HomeAssistant, entry: PrepaidConfigEntry, told: Callable[[bool | None], None]
) -> CALLBACK_TYPE:
    """Tell whether it is warm enough to cut heat, now and on every change; returns how to stop.

    None where nobody knows: no thermometer, or one that says nothing. Then no heat is cut.
    """
    entity_id = entry.options.get(CONF_OUTDOOR)
    if not entity_id:
        told(None)
        return NOTHING
    least = float(entry.options.get(CONF_OUTDOOR_LEAST, DEFAULT_OUTDOOR_LEAST))

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        told(_warm(event.data["new_state"], least))

    told(_warm(hass.states.get(entity_id), least))
    return async_track_state_change_event(hass, [entity_id], changed)


def _warm(state: State | None, least: float) -> bool | None:
    if state is None:
        return None
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT, UnitOfTemperature.CELSIUS)
    try:
        celsius = TemperatureConverter.convert(float(state.state), unit, UnitOfTemperature.CELSIUS)
    except ValueError, HomeAssistantError:
        return None
    return celsius >= least
