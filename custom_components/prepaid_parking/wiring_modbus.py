"""A Modbus line at work: the hub's shared connection, one poller, commands before readings."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from homeassistant.components.modbus import async_get_unit
from homeassistant.const import CONF_TIMEOUT
from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey
from modbus_connection import ModbusUnit

from .const import (
    CONF_COIL,
    CONF_CONSENT,
    CONF_GENERIC,
    CONF_INTERVAL,
    CONF_INVERTED,
    CONF_KIND,
    CONF_PROFILE,
    CONF_RELAY,
    CONF_SPACING,
    CONF_UNIT_ID,
    DOMAIN,
    GENERIC_MODBUS,
    RELAY_COIL,
    RELAY_PROFILE,
)
from .coordinator import LineState, PrepaidConfigEntry
from .core.access import PlateRead
from .core.errors import CoreError
from .core.identity import MeterId
from .links.appointments import Readable
from .links.board_inputs import InputsTold
from .links.contact import Contact, MeterWithContact
from .links.generic import generic_modbus
from .links.line import Line, Wires
from .links.modbus import ModbusMeter
from .links.poller import FULL_EVERY_S, LinePoller, Outcome
from .links.profile import MeterProfile
from .links.profile_file import Profiles
from .operations.lane_run import LaneRun
from .operations.meter_run import MeterRun
from .operations.ports import Relay
from .subentry_probe import modbus_params
from .wiring_boards import Boards
from .wiring_line import FAST_S

WIRES: Final[HassKey[Wires]] = HassKey(f"{DOMAIN}_wires")
"""The turns on every endpoint, hub-wide: two sites behind one gateway must not talk at once."""


@dataclass(frozen=True, slots=True)
class GoingFirst:
    """A relay whose commands go before every reading that waits on its line."""

    line: Line
    relay: Relay

    async def switch(self, on: bool) -> None:
        """Switch in turn."""
        await self.line.command(partial(self.relay.switch, on))


class ModbusLine:
    """One line: its meters are polled one after another by one task."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: PrepaidConfigEntry,
        data: Mapping[str, Any],
        profiles: Profiles,
        report: Callable[[MeterId, Outcome], None],
    ) -> None:
        """Prepare; the first request opens the connection."""
        self._hass = hass
        self._entry = entry
        self._data = data
        self._profiles = profiles
        self._params = modbus_params(data)
        self.line = Line(hass.data.setdefault(WIRES, Wires()).of(self._params.endpoint))
        self.poller = LinePoller(report, recycle=self._recycle)
        self._polling: asyncio.Task[None] | None = None
        self._link: ModbusUnit | None = None
        self._boards = Boards(
            hass,
            entry,
            self.line,
            profiles.barriers,
            self._unit,
            request_timeout=data[CONF_TIMEOUT],
            spacing=data[CONF_SPACING],
        )

    async def start(self) -> None:
        """Begin to poll."""
        self._polling = self._entry.async_create_background_task(
            self._hass, self.poller.run(), f"{DOMAIN} poller", eager_start=False
        )

    def keep(self) -> None:
        """Nobody keeps anything for us on a Modbus line."""

    async def stop(self) -> None:
        """Poll no more; a request that is on the wire and a pulse that is under way may end."""
        self.poller.stop()
        if self._polling is not None:
            await asyncio.wait({self._polling}, timeout=self._data[CONF_TIMEOUT])
            self._polling.cancel()
        await self._boards.stop()

    def state(self) -> LineState:
        """Return how the line is asked for its health."""
        return LineState(
            connected=lambda: self.poller.health().down_since is None,
            report=self._report,
        )

    async def add_meter(self, run: MeterRun, data: Mapping[str, Any]) -> Callable[[], None]:
        """Read a meter from now on; returns how to stop that."""
        profile = self.profile_of(data)
        tested = bool(data.get(CONF_CONSENT))
        meter = ModbusMeter(
            self._unit(data[CONF_UNIT_ID]),
            profile,
            turn=self.line.turn,
            request_timeout=self._data[CONF_TIMEOUT],
            spacing=self._data[CONF_SPACING],
            tested=tested,
            zone=self._entry.runtime_data.site.zone,
            now=self._now,
        )
        relay = data.get(CONF_RELAY, {})
        kind = relay.get(CONF_KIND)
        if kind == RELAY_COIL:
            contact = Contact(
                self._unit(relay[CONF_UNIT_ID]),
                coil=relay[CONF_COIL],
                inverted=bool(relay.get(CONF_INVERTED)),
                turn=self.line.turn,
                request_timeout=self._data[CONF_TIMEOUT],
                spacing=self._data[CONF_SPACING],
            )
            run.relay = GoingFirst(self.line, contact)
            self._poll(run, MeterWithContact(meter, contact), data[CONF_INTERVAL])
        else:
            if kind == RELAY_PROFILE and profile.relay and (profile.can_switch or tested):
                run.relay = GoingFirst(self.line, meter)
            self._poll(run, meter, data[CONF_INTERVAL])
        return partial(self.poller.remove, run.meter.id)

    async def forget(self) -> None:
        """Stop for good: nobody keeps anything for us on a Modbus line."""
        await self.stop()

    async def add_barrier(self, lane: LaneRun, data: Mapping[str, Any]) -> Callable[[], None]:
        """Give a lane a barrier on a relay board of this line; returns how to take it away."""
        lane.barrier = await self._boards.pulsed(data)
        return lambda: None

    async def add_holder(self, lane: LaneRun, data: Mapping[str, Any]) -> Callable[[], None]:
        """Give a lane a contact that holds its barrier open; returns how to take it away."""
        lane.holder = self._boards.held(data)
        return lambda: None

    async def add_closer(self, lane: LaneRun, data: Mapping[str, Any]) -> Callable[[], None]:
        """Give a lane a contact that asks its barrier to close; returns how to take it away."""
        lane.closer = await self._boards.pulsed(data)
        return lambda: None

    async def add_inputs(
        self, lane: LaneRun, inputs: Mapping[str, Mapping[str, Any]], told: InputsTold
    ) -> Callable[[], None]:
        """Watch a lane's inputs; returns how to stop that."""
        return self._boards.watch(lane, inputs, told)

    async def add_reader(
        self, data: Mapping[str, Any], heard: Callable[[PlateRead], None]
    ) -> Callable[[], None]:
        """There are no plates on a Modbus line."""
        raise CoreError("reader_wrong_line")

    def pace(self, run: MeterRun) -> None:
        """Read a meter every second while that matters, else at its own interval.

        One whose load is limited tells its power with every reading.
        """
        self.poller.set_interval(run.meter.id, FAST_S if run.fast else run.interval_s)
        self.poller.set_full_every(run.meter.id, _full_every(run))

    def look_again(self, run: MeterRun) -> None:
        """Read a meter at once."""
        self.poller.hurry(run.meter.id)

    def profile_of(self, data: Mapping[str, Any]) -> MeterProfile:
        """Return a meter's profile: a file's, or the one described in its data."""
        if data[CONF_PROFILE] == GENERIC_MODBUS:
            return generic_modbus(data[CONF_GENERIC])
        profile = self._profiles.meters.get(data[CONF_PROFILE])
        if profile is None:
            raise CoreError("unknown_profile", profile=data[CONF_PROFILE])
        return profile

    def _poll(self, run: MeterRun, meter: Readable, interval: float) -> None:
        self.poller.add(run.meter.id, meter, interval, full_every=_full_every(run))

    def _now(self) -> datetime:
        """Readings are stamped by the one clock that charges and cuts go by."""
        return self._entry.runtime_data.site.clock()

    async def _recycle(self) -> None:
        """Drop the connection: a gateway that was switched off and on may never say so."""
        if self._link is not None:
            await self._link.disconnect()

    def _unit(self, unit_id: int) -> ModbusUnit:
        self._link = async_get_unit(self._hass, self._entry, self._params, unit_id)
        return self._link

    def _report(self) -> dict[str, object]:
        line, poller = self.line.health(), self.poller.health()
        return {
            "requests": line.requests,
            "failures": line.failures,
            "latency": line.latency_p50,
            "backed_off": len(poller.backed_off),
            "lateness": poller.lateness_p50,
        }


def _full_every(run: MeterRun) -> float:
    return 0.0 if run.load_limited else FULL_EVERY_S
