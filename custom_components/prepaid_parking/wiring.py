"""From the configuration to running lines, meters and lanes: the only place that names the links.

The configuration is compared with what runs, and only what differs is taken down or put up: a new
meter does not disturb its neighbours.
"""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
import logging
from typing import Any, Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from .const import (
    CONF_INTERVAL,
    CONF_KIND,
    CONF_LANE,
    CONF_LATENCY,
    CONF_LINE_ID,
    CONF_LINK,
    CONF_METER,
    CONF_RELAY,
    DEFAULT_LATENCY_S,
    LINK_MODBUS,
    RELAY_ENTITY,
    SUBENTRY_LANE,
    SUBENTRY_LINE,
    SUBENTRY_METER,
    SUBENTRY_OFFICE,
)
from .coordinator import ROSTER, PrepaidConfigEntry, PrepaidData
from .core.access import PlateRead
from .core.errors import CoreError, DeviceError, StoreError
from .core.identity import LaneId, MeterId
from .links.entity import EntityThings
from .operations.fail_level import fail_lanes
from .operations.following import attach_all, detach_all
from .operations.gently import gently
from .operations.meter_run import MeterRun
from .operations.usage import close_windows
from .wiring_books import enter_meter, follow_ratio, lane_of
from .wiring_commands import Commands
from .wiring_entity import EntityLine
from .wiring_lane import LaneWires, answer, attach_lane, lines_of
from .wiring_line import Detach, LineRun
from .wiring_modbus import ModbusLine
from .wiring_mqtt import MqttLineRun
from .wiring_office import attach_office
from .wiring_options import OptionsRun
from .wiring_pay import PayWiring
from .wiring_reports import MeterReports

_LOGGER: Final = logging.getLogger(__name__)
LAST_COMMAND_S: Final = 5.0
"""How long a command that was on its way when the hub stopped is waited for."""
HUB: Final = ""
"""The key of the link to the hub's own entities, which is no line of the configuration."""


@dataclass(slots=True)
class Attached:
    """What runs for a subentry: by which data, and how it is taken down."""

    title: str
    data: Mapping[str, Any]
    lines: frozenset[str]
    detach: Detach


class SiteWiring:
    """Keeps what runs equal to what is configured."""

    def __init__(self, hass: HomeAssistant, entry: PrepaidConfigEntry, data: PrepaidData) -> None:
        """Begin with nothing attached."""
        self._hass = hass
        self._entry = entry
        self._data = data
        self._lines: dict[str, LineRun] = {}
        self._line_of: dict[MeterId, LineRun] = {}
        self._attached: dict[str, Attached] = {}
        self._line_data: dict[str, Mapping[str, Any]] = {}
        self._commands = Commands(hass, entry)
        self._report = MeterReports(data, self._commands.spawn, self._follow_ratio)
        self._hub_line = EntityLine(hass, self._report, self._now)
        self._turn = asyncio.Lock()
        self._stopped = False
        self._options = OptionsRun(hass, entry, data)
        self._paying = PayWiring(hass, entry, data)
        site = data.site
        site.hurry = self._hurry
        site.look_again = self._look_again
        site.spawn = self._commands.spawn
        site.using.things = EntityThings(hass)
        attach_all(site)

    async def sync(self) -> bool:
        """Take down what is gone or changed and put up what is new.

        False: a line's own settings changed, or the anchor's second place: what is opened with the
        entry, which has to be loaded anew. One at
        a time: two that saw the same new meter would both enter it into the books.
        """
        async with self._turn:
            return self._stopped or await self._sync()

    async def _sync(self) -> bool:
        wanted, site = self._entry.subentries, self._data.site
        if not await self._options.follow():
            return False
        for key in [key for key in self._attached if not self._runs(wanted.get(key))]:
            self._detach(key)
        gone = [run for run in site.meters.values() if run.meter.id not in self._line_of]
        await close_windows(site, gone)
        lines = {one.subentry_id: one for one in self._of(SUBENTRY_LINE)}
        for key in [key for key in self._line_data if key not in lines]:
            await self._drop_line(key)
        if any(lines[key].data != data for key, data in self._line_data.items()):
            return False
        if HUB not in self._lines:
            self._lines[HUB] = self._hub_line
        new = lines.keys() - self._line_data.keys()
        for key in new:
            self._add_line(lines[key])
        async for subentry in gently(self._devices()):
            if subentry.subentry_id not in self._attached:
                await self._attach(subentry)
        await self._paying.sync()
        # Now that all listen: what a broker has kept for us comes with the connection.
        for key in new:
            await self._lines[key].start()
        self._data.coordinator.touch(ROSTER)
        return True

    async def stop(self) -> None:
        """Touch no bus any more; what is on its way to a device may end."""
        async with self._turn:
            self._stopped = True
            self._options.stop()
            detach_all(self._data.site)
            for line in self._lines.values():
                line.keep()
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_COMMAND_S):
                    await fail_lanes(self._data.site)
            await self._paying.stop()
            for key in list(self._attached):
                self._detach(key)
            await self._commands.end(LAST_COMMAND_S)
            for line in self._lines.values():
                await line.stop()
            self._lines.clear()

    def _of(self, kind: str) -> list[ConfigSubentry]:
        return list(self._entry.get_subentries_of_type(kind))

    def _devices(self) -> list[ConfigSubentry]:
        kinds = (SUBENTRY_METER, SUBENTRY_LANE, SUBENTRY_OFFICE)
        return [one for kind in kinds for one in self._of(kind)]

    def _runs(self, subentry: ConfigSubentry | None) -> bool:
        if subentry is None:
            return False
        attached = self._attached[subentry.subentry_id]
        return attached.title == subentry.title and attached.data == subentry.data

    def _add_line(self, subentry: ConfigSubentry) -> None:
        line: LineRun
        if subentry.data[CONF_LINK] == LINK_MODBUS:
            line = ModbusLine(
                self._hass, self._entry, subentry.data, self._data.profiles, self._report
            )
        else:
            line = MqttLineRun(self._hass, self._entry, subentry, self._report)
        self._lines[subentry.subentry_id] = line
        self._line_data[subentry.subentry_id] = subentry.data
        self._data.lines[subentry.subentry_id] = line.state()

    async def _drop_line(self, key: str) -> None:
        for attached in [one for one, its in self._attached.items() if key in its.lines]:
            self._detach(attached)
        await self._lines.pop(key).forget()
        self._line_data.pop(key)
        self._data.lines.pop(key, None)

    async def _attach(self, subentry: ConfigSubentry) -> None:
        key = str(subentry.data.get(CONF_LINE_ID) or HUB)
        try:
            if subentry.subentry_type == SUBENTRY_METER:
                detach = await self._attach_meter(subentry, key)
            elif subentry.subentry_type == SUBENTRY_OFFICE:
                detach = await attach_office(self._hass, self._entry, subentry, self._lines[key])
            else:
                detach = await self._attach_lane(subentry)
        except (CoreError, StoreError, DeviceError, HomeAssistantError, KeyError) as err:
            # One device's bad settings must not keep the site from running.
            _LOGGER.warning("%s cannot be used: %s", subentry.title, err)
            return
        kept = self._entry.subentries[subentry.subentry_id]
        lines = frozenset({key})
        if kept.subentry_type == SUBENTRY_LANE:
            lines = lines_of(kept.data, HUB)
        self._attached[kept.subentry_id] = Attached(kept.title, kept.data, lines, detach)

    def _detach(self, key: str) -> None:
        self._attached.pop(key).detach()

    async def _attach_meter(self, subentry: ConfigSubentry, line_key: str) -> Detach:
        data, site, line = subentry.data, self._data.site, self._lines[line_key]
        run = await enter_meter(site, subentry, line)
        self._report.entered(run)
        self._remember(subentry, CONF_METER, run.meter.id)
        run.interval_s = int(data[CONF_INTERVAL])
        run.latency_s = int(data.get(CONF_LATENCY, DEFAULT_LATENCY_S))
        run.relay, run.seen = None, None
        with ExitStack() as undo:
            undo.callback(await line.add_meter(run, data))
            if data.get(CONF_RELAY, {}).get(CONF_KIND) == RELAY_ENTITY:
                undo.callback(self._hub_line.add_relay(run, data))
            running = undo.pop_all()
        self._line_of[run.meter.id] = line

        def detach() -> None:
            running.close()
            self._line_of.pop(run.meter.id, None)
            run.relay, run.seen, run.command, run.connected = None, None, None, False
            site.wake((run,))

        return detach

    async def _attach_lane(self, subentry: ConfigSubentry) -> Detach:
        site, coordinator = self._data.site, self._data.coordinator
        lane = await lane_of(site, subentry)
        touch = partial(coordinator.touch, f"lane:{lane.id}")
        wires = LaneWires(site, lane, self._commands.spawn, touch)
        pictures = self._data.pictures
        undo = await attach_lane(
            self._hass, site, lane, subentry.data, self._lines, HUB, self._heard, wires, pictures
        )
        site.lanes[lane.id] = lane
        self._remember(subentry, CONF_LANE, lane.id)
        touch()

        def detach() -> None:
            undo()
            site.lanes.pop(lane.id, None)

        return detach

    def _remember(self, subentry: ConfigSubentry, key: str, value: str) -> None:
        if subentry.data.get(key) != value:
            data = {**subentry.data, key: value}
            self._hass.config_entries.async_update_subentry(self._entry, subentry, data=data)

    def _now(self) -> datetime:
        """Readings are stamped by the one clock that charges and cuts go by."""
        return self._data.site.clock()

    async def _follow_ratio(self, run: MeterRun) -> None:
        """Let a register behind other transformers start over where it now does."""
        line = self._line_of.get(run.meter.id)
        for subentry in self._of(SUBENTRY_METER):
            if line is not None and subentry.data.get(CONF_METER) == run.meter.id:
                await follow_ratio(self._data.site, run, subentry, line)

    def _heard(self, lane: LaneId, read: PlateRead) -> None:
        if not self._stopped:
            self._commands.spawn(answer(self._data.site, lane, read))

    def _hurry(self, run: MeterRun) -> None:
        if (line := self._line_of.get(run.meter.id)) is not None:
            line.pace(run)

    def _look_again(self, run: MeterRun) -> None:
        if (line := self._line_of.get(run.meter.id)) is not None:
            line.look_again(run)
            self._hub_line.look_at_relay(run)


async def wire(hass: HomeAssistant, entry: PrepaidConfigEntry, data: PrepaidData) -> SiteWiring:
    """Attach everything that is configured; returns what keeps it so."""
    wiring = SiteWiring(hass, entry, data)
    data.closing.links = wiring
    await wiring.sync()

    async def moved(_: Event) -> None:
        """Tell the providers where the hub is now, if its address was changed."""
        await wiring.sync()

    entry.async_on_unload(hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, moved))
    return wiring
