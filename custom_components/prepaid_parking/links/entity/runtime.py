"""How long a thing of the hub has been on, as a register in milliseconds.

For what is sold by time: a sauna, a pump, a charger without a meter. It counts only while it sees
the thing on; what happened while the hub was down is not known and not charged.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from homeassistant.core import (
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
    split_entity_id,
)
from homeassistant.helpers.event import async_track_state_change_event, async_track_time_interval
from homeassistant.util import dt as dt_util

from ...core.metering import Origin, Sample
from .meter import refuse_own

RUNS: Final = frozenset({"on", "open", "opening", "heat", "cool", "auto", "playing", "cleaning"})


class EntityRuntime:
    """Counts on from the register that the books know.

    The clock of the loop measures, not the clock on the wall: setting the latter makes nobody pay.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entity_id: str,
        told: Callable[[Sample], None],
        *,
        register: int = 0,
        every: timedelta = timedelta(seconds=60),
    ) -> None:
        """Prepare; `register` is the last one the books have, `every` how often it is reported."""
        refuse_own(hass, entity_id)
        split_entity_id(entity_id)
        self._hass = hass
        self._entity_id = entity_id
        self._told = told
        self._register = register
        self._every = every
        self._on_since: float | None = None

    def start(self) -> Callable[[], None]:
        """Count from now on; the returned function ends it and hands on the last stretch."""
        self._take(self._hass.states.get(self._entity_id))
        ends = (
            async_track_state_change_event(self._hass, [self._entity_id], self._changed),
            async_track_time_interval(self._hass, self._tick, self._every),
        )

        def stop() -> None:
            for end in ends:
                end()
            self._take(None)

        return stop

    @callback
    def _changed(self, event: Event[EventStateChangedData]) -> None:
        self._take(event.data["new_state"])

    @callback
    def _tick(self, _: datetime) -> None:
        self._take(self._hass.states.get(self._entity_id))

    def _take(self, state: State | None) -> None:
        now = self._hass.loop.time()
        if self._on_since is not None:
            ran = int((now - self._on_since) * 1000)
            self._register += ran
            # What does not make a whole millisecond yet stays on the clock.
            self._on_since += ran / 1000
        runs = state is not None and state.state in RUNS
        self._on_since = (self._on_since or now) if runs else None
        self._told(Sample(at=dt_util.utcnow(), origin=Origin.PUSHED, register=self._register))
