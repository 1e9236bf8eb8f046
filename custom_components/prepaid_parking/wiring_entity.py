"""Entities of the hub at work as meters, supplies and barriers."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

from homeassistant.const import CONF_ENTITY_ID, Platform
from homeassistant.core import HomeAssistant, split_entity_id

from .const import CONF_INVERTED, CONF_PULSE, CONF_QUANTITY, CONF_RELAY, CONF_UNIT
from .coordinator import LineState
from .core.access import PlateRead
from .core.errors import CoreError, DeviceError
from .core.identity import MeterId
from .core.metering import Quantity
from .links.board_inputs import InputsTold
from .links.entity import (
    EntityBarrier,
    EntityHolder,
    EntityInputs,
    EntityMeter,
    EntityRelay,
    WiredEntity,
)
from .links.poller import Outcome
from .operations.lane_run import LaneRun
from .operations.meter_run import MeterRun
from .wiring_runtime import Runtimes

PUSHED_S = 300
"""A sensor reports when it likes: what it said is believed for three times as long."""


class EntityLine:
    """The link to the hub's own entities: there is always one, and it is no line of the settings."""

    def __init__(
        self,
        hass: HomeAssistant,
        report: Callable[[MeterId, Outcome], None],
        clock: Callable[[], datetime],
    ) -> None:
        """Prepare; each thing listens for itself."""
        self._hass = hass
        self._report = report
        self._runtimes = Runtimes(hass, report, clock)
        self._clock = clock
        self._relays: dict[MeterId, EntityRelay] = {}
        self._barriers: list[EntityBarrier] = []

    async def start(self) -> None:
        """There is nothing to open."""

    def keep(self) -> None:
        """Nobody keeps anything for us: a state is what it is when we are back."""

    async def stop(self) -> None:
        """Let a pulse that is under way end."""
        for barrier in self._barriers:
            await barrier.settle()

    def state(self) -> LineState:
        """The hub is there as long as we are."""
        return LineState(connected=lambda: True, report=dict)

    async def add_meter(self, run: MeterRun, data: Mapping[str, Any]) -> Callable[[], None]:
        """Take readings from a sensor, or count how long a thing is on; returns how to stop that."""
        if split_entity_id(data[CONF_ENTITY_ID])[0] != Platform.SENSOR:
            return self._runtimes.add(run, data[CONF_ENTITY_ID])
        run.interval_s = max(run.interval_s, PUSHED_S)
        meter = EntityMeter(
            self._hass,
            data[CONF_ENTITY_ID],
            Quantity(data[CONF_QUANTITY]),
            data[CONF_UNIT],
            partial(self._report, run.meter.id),
        )
        return meter.start()

    def add_relay(self, run: MeterRun, data: Mapping[str, Any]) -> Callable[[], None]:
        """Let an entity switch a meter's supply, whatever link the meter itself is on."""
        relay = EntityRelay(
            self._hass,
            data[CONF_RELAY][CONF_ENTITY_ID],
            told=partial(self._report, run.meter.id),
            inverted=bool(data[CONF_RELAY].get(CONF_INVERTED)),
        )
        run.relay = self._relays[run.meter.id] = relay
        stop = relay.start()

        def end() -> None:
            stop()
            self._relays.pop(run.meter.id, None)

        return end

    async def forget(self) -> None:
        """The hub keeps nothing for us."""
        await self.stop()

    async def add_barrier(self, lane: LaneRun, data: Mapping[str, Any]) -> Callable[[], None]:
        """Give a lane a barrier that an entity opens; a pulse an earlier run left on is ended."""
        lane.barrier = await self._pulsed(data)
        return lambda: None

    async def add_holder(self, lane: LaneRun, data: Mapping[str, Any]) -> Callable[[], None]:
        """Give a lane a switch that holds its barrier open; returns how to take it away."""
        lane.holder = EntityHolder(self._hass, data[CONF_ENTITY_ID])
        return lambda: None

    async def add_closer(self, lane: LaneRun, data: Mapping[str, Any]) -> Callable[[], None]:
        """Give a lane an entity that asks its barrier to close; returns how to take it away."""
        lane.closer = await self._pulsed(data)
        return lambda: None

    async def add_inputs(
        self, lane: LaneRun, inputs: Mapping[str, Mapping[str, Any]], told: InputsTold
    ) -> Callable[[], None]:
        """Watch a lane's inputs; returns how to stop that."""
        wired = {
            name: WiredEntity(entity_id=one[CONF_ENTITY_ID], inverted=bool(one.get(CONF_INVERTED)))
            for name, one in inputs.items()
        }
        return EntityInputs(self._hass, wired, told).start()

    async def add_reader(
        self, data: Mapping[str, Any], heard: Callable[[PlateRead], None]
    ) -> Callable[[], None]:
        """No entity reads plates."""
        raise CoreError("reader_wrong_line")

    def pace(self, run: MeterRun) -> None:
        """Count up to the second where that matters; sensors keep their own pace."""
        self._runtimes.pace(run)

    def look_again(self, run: MeterRun) -> None:
        """Say how long a thing has run by now; a sensor says when it has something to say."""
        self._runtimes.look(run)

    async def _pulsed(self, data: Mapping[str, Any]) -> EntityBarrier:
        barrier = EntityBarrier(
            self._hass, data[CONF_ENTITY_ID], pulse_seconds=data.get(CONF_PULSE, 1.0)
        )
        self._barriers.append(barrier)
        with suppress(DeviceError):
            await barrier.prepare()
        return barrier

    def look_at_relay(self, run: MeterRun) -> None:
        """Say where an entity is that switches a supply, whatever link the meter itself is on.

        Most move while they are told to: nothing more would be heard of them after that.
        """
        if (relay := self._relays.get(run.meter.id)) is not None:
            relay.look(self._clock())
