"""A cover, button or switch of the hub as a barrier: asked to open once, never again by itself."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from homeassistant.const import ATTR_ASSUMED_STATE, STATE_UNAVAILABLE
from homeassistant.core import (
    Context,
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
    split_entity_id,
)
from homeassistant.helpers.event import async_track_state_change_event

from ...core.errors import CoreError, DeviceError, DeviceFault
from ..pulse_contact import CONFIRM_S, PULSE_S, SETTLE_S, PulseContact
from .meter import refuse_own
from .relay import call

OPENS: Final = {
    "cover": ("open_cover", frozenset({"opening", "open"})),
    "button": ("press", frozenset[str]()),
    "input_button": ("press", frozenset[str]()),
    "switch": ("turn_on", frozenset({"on"})),
    "input_boolean": ("turn_on", frozenset({"on"})),
}
"""The service that opens and the states that show it; a button shows nothing but that it was pressed."""
LEVELS: Final = frozenset({"switch", "input_boolean"})
"""What stays on until it is switched off: its pulse is ours to end."""


class EntityBarrier:
    """Presses OPEN through the hub."""

    def __init__(
        self,
        hass: HomeAssistant,
        entity_id: str,
        *,
        pulse_seconds: float = PULSE_S,
        confirm_seconds: float = CONFIRM_S,
        context: Callable[[], Context] = Context,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Prepare; a thing that cannot be opened is refused."""
        refuse_own(hass, entity_id)
        self._domain = split_entity_id(entity_id)[0]
        if self._domain not in OPENS:
            raise CoreError("entity_not_a_barrier", entity=entity_id)
        self._service, self._shows = OPENS[self._domain]
        self._hass = hass
        self._entity_id = entity_id
        self._confirm_seconds = confirm_seconds
        self._context = context
        self._contact = PulseContact(
            entity_id,
            None if self.ends_pulse else self._release,
            pulse_seconds=pulse_seconds,
            confirm_seconds=confirm_seconds,
            sleep=sleep,
            spawn=hass.async_create_background_task,
        )

    @property
    def ends_pulse(self) -> bool:
        """Whether the pulse ends even if the hub dies."""
        return self._domain not in LEVELS

    async def prepare(self) -> None:
        """End what an earlier run may have left on; never opens anything."""
        await self._contact.prepare()

    async def pulse(self) -> None:
        """Ask to open once; returns when the entity shows it (a button: when it was pressed).

        The car behind waits for the pulse before to end: two in one would be seen as one. Raises
        DeviceError: OFFLINE and BUSY mean that nothing was done. NO_ANSWER means that nobody knows
        whether it opened; it is not asked again.
        """
        self._check()
        await self._contact.begin()
        try:
            self._check()
        except DeviceError:
            self._contact.leave()
            raise
        seen: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        @callback
        def changed(event: Event[EventStateChangedData]) -> None:
            if _shown(event.data["new_state"], self._shows) and not seen.done():
                seen.set_result(None)

        ignore = async_track_state_change_event(self._hass, [self._entity_id], changed)
        try:
            async with asyncio.timeout(self._confirm_seconds):
                await call(self._hass, self._entity_id, self._service, self._context())
                if self._shows and not _shown(self._hass.states.get(self._entity_id), self._shows):
                    await seen
        except TimeoutError as err:
            raise DeviceError(DeviceFault.NO_ANSWER, self._entity_id) from err
        finally:
            ignore()
            self._contact.end()

    async def settle(self, within: float = SETTLE_S) -> None:
        """Wait a moment for a pulse under way to end, as before a stop; the next start ends it else."""
        await self._contact.settle(within)

    def _check(self) -> None:
        state = self._hass.states.get(self._entity_id)
        if state is None or state.state == STATE_UNAVAILABLE:
            raise DeviceError(DeviceFault.OFFLINE, self._entity_id)

    async def _release(self) -> None:
        await call(self._hass, self._entity_id, "turn_off", self._context())


def _shown(state: State | None, shows: frozenset[str]) -> bool:
    """Tell whether a state proves that it opened; what is only assumed proves nothing."""
    return (
        state is not None and state.state in shows and not state.attributes.get(ATTR_ASSUMED_STATE)
    )
