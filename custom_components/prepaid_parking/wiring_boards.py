"""The relay boards of a Modbus line at work: barriers that are pulsed, outputs that stay, inputs."""

import asyncio
from collections.abc import Callable, Mapping
import contextlib
from dataclasses import dataclass
from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant
from modbus_connection import ModbusUnit

from .const import (
    CONF_COIL,
    CONF_CONTACT,
    CONF_FAMILY,
    CONF_INVERTED,
    CONF_PULSE,
    CONF_UNIT_ID,
    DOMAIN,
)
from .coordinator import PrepaidConfigEntry
from .core.errors import CoreError, DeviceError
from .links.board_inputs import BoardInputs, InputsTold, WiredContact
from .links.contact import Contact
from .links.line import Line
from .links.modbus_barrier import ModbusBarrier, coil_address
from .links.profile import BarrierProfile
from .operations.lane_run import LaneRun
from .operations.ports import Barrier
from .wiring_line import is_busy


@dataclass(frozen=True, slots=True)
class PulsingFirst:
    """A barrier whose pulses go before every reading that waits on its line."""

    line: Line
    barrier: Barrier

    async def pulse(self) -> None:
        """Pulse in turn; the end of the pulse goes first as well."""
        await self.line.command(self.barrier.pulse)


@dataclass(frozen=True, slots=True)
class HoldingFirst:
    """A level output whose commands go before every reading that waits on its line."""

    line: Line
    contact: Contact

    async def hold(self, is_open: bool) -> None:
        """Hold the barrier open, or stop holding it."""
        await self.line.command(partial(self.contact.switch, is_open))


class Boards:
    """The boards of one line: each is asked for its inputs once, whoever wants them."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: PrepaidConfigEntry,
        line: Line,
        profiles: Mapping[str, BarrierProfile],
        unit: Callable[[int], ModbusUnit],
        *,
        request_timeout: float,
        spacing: float,
    ) -> None:
        """Prepare; nothing is asked before somebody wants to know."""
        self._hass = hass
        self._entry = entry
        self._line = line
        self._profiles = profiles
        self._unit = unit
        self._timeout = request_timeout
        self._spacing = spacing
        self._barriers: list[ModbusBarrier] = []
        self._inputs: dict[tuple[str, int], BoardInputs] = {}
        self._looking: list[asyncio.Task[None]] = []

    async def stop(self) -> None:
        """Look no more; a request that is on the wire and a pulse that is under way may end."""
        for board in self._inputs.values():
            board.end()
        if self._looking:
            await asyncio.wait(self._looking, timeout=self._timeout)
        for looking in self._looking:
            looking.cancel()
        for barrier in self._barriers:
            await barrier.settle()

    async def pulsed(self, data: Mapping[str, Any]) -> Barrier:
        """Return a contact that is pulsed; a pulse that an earlier run left on is ended first."""
        barrier = ModbusBarrier(
            self._unit(data[CONF_UNIT_ID]),
            self._profiles[data[CONF_FAMILY]],
            coil=data[CONF_COIL],
            pulse_seconds=data.get(CONF_PULSE),
            turn=self._line.turn,
            request_timeout=self._timeout,
            spacing=self._spacing,
        )
        self._barriers.append(barrier)
        with contextlib.suppress(DeviceError):
            await barrier.release()
        return PulsingFirst(self._line, barrier)

    def held(self, data: Mapping[str, Any]) -> HoldingFirst:
        """Return a contact that stays as it is left; it is not touched before somebody says so."""
        contact = Contact(
            self._unit(data[CONF_UNIT_ID]),
            coil=coil_address(self._profiles[data[CONF_FAMILY]], data[CONF_COIL]),
            turn=self._line.turn,
            request_timeout=self._timeout,
            spacing=self._spacing,
        )
        return HoldingFirst(self._line, contact)

    def watch(
        self, lane: LaneRun, inputs: Mapping[str, Mapping[str, Any]], told: InputsTold
    ) -> Callable[[], None]:
        """Tell of a lane's inputs from now on; returns how to stop that."""
        boards: dict[tuple[str, int], dict[str, WiredContact]] = {}
        for name, one in inputs.items():
            boards.setdefault((one[CONF_FAMILY], one[CONF_UNIT_ID]), {})[name] = WiredContact(
                contact=one[CONF_CONTACT], inverted=bool(one.get(CONF_INVERTED))
            )
        with contextlib.ExitStack() as undo:
            for key, wired in boards.items():
                undo.callback(self._board(*key).watch(wired, told, partial(is_busy, lane)))
            return undo.pop_all().close

    def _board(self, family: str, unit_id: int) -> BoardInputs:
        if (board := self._inputs.get((family, unit_id))) is not None:
            return board
        profile = self._profiles[family]
        if profile.inputs is None:
            raise CoreError("board_without_inputs", board=profile.about.name)
        board = self._inputs[family, unit_id] = BoardInputs(
            self._unit(unit_id),
            profile.inputs,
            turn=self._line.turn,
            request_timeout=self._timeout,
            spacing=self._spacing,
        )
        self._looking.append(
            self._entry.async_create_background_task(
                self._hass, board.run(), f"{DOMAIN} inputs", eager_start=False
            )
        )
        return board
