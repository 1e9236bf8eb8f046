"""A lane's wires at work: where each input comes from, what holds it open, what closes it."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from contextlib import ExitStack
from datetime import datetime
from functools import partial
import logging
from typing import Any, Final

from homeassistant.core import HomeAssistant

from .const import (
    CONF_BARRIER,
    CONF_CLOSE,
    CONF_FAMILY,
    CONF_INPUTS,
    CONF_LEVEL,
    CONF_LINE_ID,
    CONF_PAD,
    CONF_PICTURES,
    CONF_READER,
    FAMILY_ENTITY,
    FAMILY_NONE,
)
from .core.access import PlateRead
from .core.errors import CoreError, DeviceError, StoreError
from .core.identity import LaneId
from .lane_pad import attach_pad
from .lane_pictures import LanePictures
from .links.plates import WEBHOOKS
from .operations.gate import plate_read
from .operations.lane_run import LaneRun
from .operations.lane_watch import lane_inputs
from .operations.site import Site
from .plate_webhook import async_listen
from .wiring_line import Detach, LineRun

_LOGGER: Final = logging.getLogger(__name__)

type Spawn = Callable[[Coroutine[None, None, None]], None]
type Heard = Callable[[LaneId, PlateRead], None]


class LaneWires:
    """Hands on what changes at a lane's inputs, in its order: on before off, or nobody has passed."""

    def __init__(
        self, site: Site, lane: LaneRun, spawn: Spawn, changed: Callable[[], None]
    ) -> None:
        """Prepare; `changed` is called when a change has been taken in."""
        self._site = site
        self._lane = lane
        self._spawn = spawn
        self._changed = changed
        self._waiting: deque[tuple[Mapping[str, bool | None], datetime]] = deque()
        self._working = False

    def told(self, changed: Mapping[str, bool | None]) -> None:
        """Take a change; never waits."""
        self._waiting.append((dict(changed), self._site.clock()))
        if not self._working:
            self._working = True
            self._spawn(self._work())

    async def _work(self) -> None:
        try:
            # The lane may be told of its inputs while it is still being put up.
            await asyncio.sleep(0)
            while self._waiting:
                changed, at = self._waiting.popleft()
                if self._site.lanes.get(self._lane.id) is self._lane:
                    await self._take(changed, at)
        finally:
            self._working = False

    async def _take(self, changed: Mapping[str, bool | None], at: datetime) -> None:
        try:
            await lane_inputs(self._site, self._lane.id, changed, at)
        except (CoreError, DeviceError, StoreError) as err:
            _LOGGER.warning("An input of %s was not taken in: %s", self._lane.name, err)
        self._changed()


async def attach_lane(
    hass: HomeAssistant,
    site: Site,
    lane: LaneRun,
    data: Mapping[str, Any],
    lines: Mapping[str, LineRun],
    hub: str,
    heard: Heard,
    wires: LaneWires,
    pictures: LanePictures,
) -> Detach:
    """Give a lane its barrier, its other outputs, its reader and its inputs; returns how to undo it.

    `hub` is the key of the link to the hub's own entities.
    """
    barrier, reader = data[CONF_BARRIER], data.get(CONF_READER, {})
    line_key = str(data.get(CONF_LINE_ID) or hub)
    line = lines[hub if barrier[CONF_FAMILY] == FAMILY_ENTITY else line_key]
    with ExitStack() as undo:
        undo.callback(await line.add_barrier(lane, barrier))
        if level := data.get(CONF_LEVEL):
            undo.callback(await _of(level, line, lines[hub]).add_holder(lane, {**barrier, **level}))
        if close := data.get(CONF_CLOSE):
            undo.callback(await _of(close, line, lines[hub]).add_closer(lane, {**barrier, **close}))
        if reader and reader.get(CONF_FAMILY) != FAMILY_NONE:
            told = partial(heard, lane.id)
            # A camera's time without an offset is the one on the wall at the gate.
            reader = {**reader, "zone": site.zone}
            if reader[CONF_FAMILY] in WEBHOOKS:
                undo.callback(
                    async_listen(
                        hass, reader, told, name=lane.name, now=site.clock, hold=pictures.hold
                    )
                )
            else:
                source = lines[str(reader.get(CONF_LINE_ID) or line_key)]
                undo.callback(await source.add_reader(reader, told))
        if camera := data.get(CONF_PICTURES):
            undo.callback(pictures.watch(lane.id, camera))
        if pad := data.get(CONF_PAD):
            undo.callback(attach_pad(hass, site, lane, pad, lines))
        for key, inputs in _by_line(data.get(CONF_INPUTS, {}), hub).items():
            undo.callback(await _inputs(lane, inputs, lines.get(key), wires))
        return undo.pop_all().close


async def answer(site: Site, lane: LaneId, read: PlateRead) -> None:
    """Act on a plate that was read. Trouble is said: the next car is read all the same."""
    try:
        await plate_read(site, lane=lane, read=read)
    except (CoreError, StoreError) as err:
        _LOGGER.warning("A plate at lane %s was not answered: %s", lane, err)


def lines_of(data: Mapping[str, Any], hub: str) -> frozenset[str]:
    """Return the lines that a lane hangs on."""
    reader, pad = data.get(CONF_READER, {}), data.get(CONF_PAD, {})
    return frozenset(
        {
            str(data.get(CONF_LINE_ID) or hub),
            *(str(one[CONF_LINE_ID]) for one in (reader, pad) if one.get(CONF_LINE_ID)),
            *_by_line(data.get(CONF_INPUTS, {}), hub),
        }
    )


def _of(output: Mapping[str, Any], line: LineRun, hub: LineRun) -> LineRun:
    """Return where an output hangs: beside the barrier's own contact, or on an entity of the hub."""
    return hub if output.get(CONF_FAMILY) == FAMILY_ENTITY else line


def _by_line(
    inputs: Mapping[str, Mapping[str, Any]], hub: str
) -> dict[str, dict[str, Mapping[str, Any]]]:
    lines: dict[str, dict[str, Mapping[str, Any]]] = {}
    for name, one in inputs.items():
        lines.setdefault(str(one.get(CONF_LINE_ID) or hub), {})[name] = one
    return lines


async def _inputs(
    lane: LaneRun,
    inputs: Mapping[str, Mapping[str, Any]],
    line: LineRun | None,
    wires: LaneWires,
) -> Detach:
    """Watch inputs of one line. One that cannot be watched is unknown; the barrier works on."""
    try:
        if line is not None:
            return await line.add_inputs(lane, inputs, wires.told)
        _LOGGER.warning("%s: the line of %s is gone", lane.name, ", ".join(inputs))
    except (CoreError, DeviceError, KeyError) as err:
        _LOGGER.warning("%s: %s cannot be watched: %s", lane.name, ", ".join(inputs), err)
    return lambda: None
