"""A switch of the hub as the level output that holds a barrier open."""

from collections.abc import Callable

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import Context, HomeAssistant, split_entity_id

from ...core.errors import CoreError, DeviceError, DeviceFault
from .barrier import LEVELS
from .meter import refuse_own
from .relay import call


def check_level_entity(hass: HomeAssistant, entity_id: str) -> None:
    """Refuse what does not stay as it was left: nothing else holds a barrier open."""
    refuse_own(hass, entity_id)
    if split_entity_id(entity_id)[0] not in LEVELS:
        raise CoreError("entity_not_a_level", entity=entity_id)


class EntityHolder:
    """On while the barrier is to stay open."""

    def __init__(
        self, hass: HomeAssistant, entity_id: str, *, context: Callable[[], Context] = Context
    ) -> None:
        """Prepare; what is no level is refused."""
        check_level_entity(hass, entity_id)
        self._hass = hass
        self._entity_id = entity_id
        self._context = context

    async def hold(self, is_open: bool) -> None:
        """Hold the barrier open, or stop holding it."""
        state = self._hass.states.get(self._entity_id)
        if state is None or state.state == STATE_UNAVAILABLE:
            raise DeviceError(DeviceFault.OFFLINE, self._entity_id)
        service = "turn_on" if is_open else "turn_off"
        await call(self._hass, self._entity_id, service, self._context())
