"""How long a thing of the hub has been on, as a register in milliseconds.

For what is sold by time: a sauna, a pump, a charger without a meter. It counts only while it sees
the thing on; what happened while the hub was down is not known and not charged.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from time import monotonic_ns
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

from ...core.errors import CoreError, DeviceError, DeviceFault
from ...core.metering import Origin, Sample
from .meter import NO_VALUE, refuse_own

_ON: Final = frozenset({"on"})
NS_PER_MS: Final = 1_000_000
RUNS: Final[Mapping[str, frozenset[str]]] = {
    "switch": _ON,
    "light": _ON,
    "fan": _ON,
    "input_boolean": _ON,
    "binary_sensor": _ON,
    "humidifier": _ON,
    "siren": _ON,
    "climate": frozenset({"heat", "cool", "heat_cool", "auto", "dry", "fan_only"}),
    "water_heater": frozenset(
        {"on", "eco", "electric", "gas", "heat_pump", "high_demand", "performance"}
    ),
    "valve": frozenset({"open", "opening"}),
    "media_player": frozenset({"on", "playing"}),
    "vacuum": frozenset({"cleaning", "returning"}),
    "lawn_mower": frozenset({"mowing", "returning"}),
}
"""Kinds of things that go on and off, and the states in which each runs: in doubt, it does not."""


def check_runtime_entity(hass: HomeAssistant, entity_id: str) -> State:
    """Return the state of a thing whose running time can be counted, or refuse it with the reason."""
    _check_kind(hass, entity_id)
    state = hass.states.get(entity_id)
    if state is None or state.state in NO_VALUE:
        raise CoreError("entity_unavailable", entity=entity_id)
    return state


def _check_kind(hass: HomeAssistant, entity_id: str) -> None:
    refuse_own(hass, entity_id)
    if split_entity_id(entity_id)[0] not in RUNS:
        raise CoreError("entity_does_not_run", entity=entity_id)


class EntityRuntime:
    """Counts on from the register that the books know.

    A clock that only goes on measures, not the clock on the wall: setting the latter makes nobody
    pay. A thing that is away is silent: it was not seen on.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entity_id: str,
        told: Callable[[Sample | DeviceError], None],
        *,
        register: int = 0,
        every: timedelta = timedelta(seconds=60),
        clock: Callable[[], datetime] = dt_util.utcnow,
        anew: Callable[[], int | None] = lambda: None,
    ) -> None:
        """Prepare; `register` is the last one the books have, `every` how often it is reported.

        `anew` says where to count on from, once, when a person has begun the counting anew.
        """
        _check_kind(hass, entity_id)
        self._hass = hass
        self._entity_id = entity_id
        self._runs = RUNS[split_entity_id(entity_id)[0]]
        self._told = told
        self._register = register
        self._every = every
        self._clock = clock
        self._anew = anew
        self._on_since: int | None = None
        self._away = False
        self._end_ticks: Callable[[], None] | None = None

    def start(self) -> Callable[[], None]:
        """Count from now on; the returned function ends it and hands on the last stretch."""
        self.look()
        self._end_ticks = self._tick_on()
        end = async_track_state_change_event(self._hass, [self._entity_id], self._changed)

        def stop() -> None:
            end()
            if self._end_ticks is not None:
                self._end_ticks()
                self._end_ticks = None
            if self._on_since is not None:
                self._count()
                self._on_since = None
                self._tell()

        return stop

    @property
    def register(self) -> int:
        """What was handed on last."""
        return self._register

    def pace(self, every: timedelta) -> None:
        """Report so often from now on."""
        if every == self._every:
            return
        self._every = every
        if self._end_ticks is not None:
            self._end_ticks()
            self._end_ticks = self._tick_on()

    @callback
    def look(self) -> None:
        """Report at once."""
        self._take(self._hass.states.get(self._entity_id))

    def _tick_on(self) -> Callable[[], None]:
        return async_track_time_interval(self._hass, self._tick, self._every)

    @callback
    def _changed(self, event: Event[EventStateChangedData]) -> None:
        self._take(event.data["new_state"])

    @callback
    def _tick(self, _: datetime) -> None:
        self.look()

    def _take(self, state: State | None) -> None:
        ran = self._on_since is not None
        self._count()
        if state is None or state.state in NO_VALUE:
            self._on_since = None
            if ran:
                self._tell()
            self._say_away(state)
            return
        self._away = False
        if state.state not in self._runs:
            self._on_since = None
        elif self._on_since is None:
            self._on_since = monotonic_ns()
        self._tell()

    def _count(self) -> None:
        """Add what it ran since it was last looked at."""
        begun = self._anew()
        if begun is not None:
            self._register = begun
        if self._on_since is None:
            return
        ran = (monotonic_ns() - self._on_since) // NS_PER_MS
        self._register += ran
        # What does not make a whole millisecond yet stays on the clock.
        self._on_since += ran * NS_PER_MS

    def _tell(self) -> None:
        self._told(Sample(at=self._clock(), origin=Origin.PUSHED, register=self._register))

    def _say_away(self, state: State | None) -> None:
        """Tell once that it is away."""
        if not self._away:
            self._away = True
            said = "removed" if state is None else state.state
            self._told(DeviceError(DeviceFault.OFFLINE, said))
