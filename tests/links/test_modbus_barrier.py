"""A pulse is on, then off, exactly once, whatever happens to whoever asked for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from custom_components.prepaid_parking.core.errors import DeviceError, DeviceFault
from custom_components.prepaid_parking.links.board_inputs import BoardInputs, WiredContact
from custom_components.prepaid_parking.links.line import Line
from custom_components.prepaid_parking.links.modbus_barrier import ModbusBarrier
from custom_components.prepaid_parking.simulator.line import ModbusLine
from custom_components.prepaid_parking.simulator.relay_board import WaveshareRelay
from custom_components.prepaid_parking.simulator.wire import Framing
from tests.links.modbus_peer import barrier_profile, connection

FRAMINGS = pytest.mark.parametrize("framing", list(Framing))
PULSE_S = 0.1
COIL = 2


@asynccontextmanager
async def gate(
    framing: Framing = Framing.TCP, **options: Any
) -> AsyncIterator[tuple[ModbusLine, WaveshareRelay, ModbusBarrier]]:
    board = WaveshareRelay(unit=1)
    async with ModbusLine([board], framing=framing) as line, connection(line) as link:
        options = {"coil": COIL, "pulse_seconds": PULSE_S, "request_timeout": 0.5} | options
        barrier = ModbusBarrier(link.for_unit(1), barrier_profile("waveshare_relay"), **options)
        yield line, board, barrier
        await barrier.settle()


def writes(line: ModbusLine) -> list[tuple[int, int]]:
    assert all(frame.function == 5 for frame in line.log.writes())
    return [(frame.address, frame.values[0]) for frame in line.log.writes()]


@FRAMINGS
async def test_a_pulse_is_on_and_then_off_after_its_time(framing: Framing) -> None:
    """Too short and the barrier does not hear it, too long and it is held open."""
    async with gate(framing) as (line, board, barrier):
        await barrier.pulse()
        assert writes(line) == [(COIL, 1)]
        await line.log.seen(function=5, values=(0,))
        (length,) = board.pulses(COIL)
    assert PULSE_S * 0.9 < length < PULSE_S + 0.1
    assert writes(line) == [(COIL, 1), (COIL, 0)]


@pytest.mark.parametrize("after", [0.0, 0.01, PULSE_S / 2])
async def test_whoever_asked_may_be_cancelled_and_the_off_is_sent(after: float) -> None:
    """The hub reloads between the on and its off: the barrier would stay open all night."""
    async with gate() as (line, board, barrier):
        asking = asyncio.create_task(barrier.pulse())
        await asyncio.sleep(after)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await barrier.settle()
        assert not board.relays[COIL].closed
        assert writes(line)[-1:] in ([(COIL, 0)], [])
        assert len(board.pulses(COIL)) == len(writes(line)) // 2


async def test_a_pulse_that_was_not_acknowledged_is_not_repeated_and_ends_all_the_same() -> None:
    """Nobody knows whether it opened: a second pulse could close what the first one opened."""
    async with gate() as (line, board, barrier):
        board.faults.delay_s = 0.8
        with pytest.raises(DeviceError) as caught:
            await barrier.pulse()
        assert caught.value.fault is DeviceFault.NO_ANSWER
        board.faults.clear()
        await line.log.seen(function=5, values=(0,))
        await barrier.settle()
        assert writes(line).count((COIL, 1)) == 1
        assert not board.relays[COIL].closed


async def test_the_off_is_tried_until_it_is_written(caplog: pytest.LogCaptureFixture) -> None:
    """A contact that stays closed holds the barrier open; an off does no harm when repeated."""
    async with gate() as (line, board, barrier):
        await barrier.pulse()
        board.faults.refuse_writes(0.3)
        await line.log.until(lambda: not board.relays[COIL].closed)
        assert "coil 2 may still be on" in caplog.text
        assert writes(line).count((COIL, 1)) == 1
        assert writes(line).count((COIL, 0)) >= 2
        await asyncio.sleep(0)


async def test_the_car_behind_gets_a_pulse_of_its_own() -> None:
    """Two pulses that run into each other are one long one, and the second car waits."""
    async with gate() as (_, board, barrier):
        await asyncio.gather(barrier.pulse(), barrier.pulse(), barrier.pulse())
        await barrier.settle()
        assert len(board.pulses(COIL)) == 3


async def test_a_contact_that_is_still_on_takes_no_new_pulse() -> None:
    """Writing on over on moves nothing: better to say so than to admit a car to a closed arm."""
    async with gate() as (_, board, barrier):
        await barrier.pulse()
        board.faults.refuse_writes(60)
        with pytest.raises(DeviceError) as caught:
            await barrier.pulse()
        assert caught.value.fault is DeviceFault.BUSY


async def test_at_start_the_contact_is_written_off() -> None:
    """A hub that died during a pulse left it on."""
    async with gate() as (_, board, barrier):
        board.relays[COIL].command(closed=True)
        await barrier.release()
        assert not board.relays[COIL].closed


async def test_a_contact_the_board_does_not_have_is_refused_at_set_up() -> None:
    """0x00FF is "all relays": a typing error must not open every lane."""
    with pytest.raises(DeviceError, match="no contact"):
        async with gate(coil=0xFF):
            pass


async def test_the_off_of_a_pulse_goes_before_the_readings() -> None:
    """Forty meters on the board's line must not stretch the pulse."""
    board = WaveshareRelay(unit=1)
    async with ModbusLine([board], wire_time_s=0.02) as bus, connection(bus) as link:
        line = Line()
        profile = barrier_profile("waveshare_relay")
        barrier = ModbusBarrier(
            link.for_unit(1), profile, coil=COIL, pulse_seconds=PULSE_S, turn=line.turn
        )
        assert profile.inputs is not None
        board_inputs = BoardInputs(link.for_unit(1), profile.inputs, turn=line.turn)
        board_inputs.watch({"loop": WiredContact(contact=0)}, lambda _: None)
        readings = [asyncio.create_task(board_inputs.look()) for _ in range(40)]
        await asyncio.sleep(0)
        await line.command(barrier.pulse)
        await barrier.settle()
        (length,) = board.pulses(COIL)
        assert length < PULSE_S + 0.08
        assert not all(reading.done() for reading in readings)
        await asyncio.gather(*readings)


async def test_settling_does_not_wait_for_a_board_that_is_gone() -> None:
    """The hub stops: it has seconds, and a dead gateway must not eat them."""
    async with gate() as (line, _, barrier):
        await barrier.pulse()
        await line.stop()
        async with asyncio.timeout(2):
            await barrier.settle()
