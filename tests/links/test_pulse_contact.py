"""One contact, one pulse at a time; and it is opened again whatever happens."""

import asyncio

import pytest

from custom_components.prepaid_parking.core.errors import DeviceError, DeviceFault
from custom_components.prepaid_parking.links.pulse_contact import PulseContact


class Wire:
    """A contact that somebody else drives; the first so many offs are lost."""

    def __init__(self, lost: int = 0) -> None:
        """Count what arrives."""
        self.lost = lost
        self.offs = 0
        self.slept = 0

    async def release(self) -> None:
        """Take an off, or lose it."""
        if self.lost:
            self.lost -= 1
            raise DeviceError(DeviceFault.OFFLINE)
        self.offs += 1

    async def sleep(self, _seconds: float) -> None:
        """Let a second pass at once."""
        self.slept += 1
        await asyncio.sleep(0)


def contact(wire: Wire, *, ours: bool = True, patience: float = 1.0) -> PulseContact:
    """The contact; `ours` says that its pulses are ours to end."""
    return PulseContact(
        "gate",
        wire.release if ours else None,
        pulse_seconds=patience,
        confirm_seconds=0,
        sleep=wire.sleep,
    )


async def test_an_off_that_is_lost_is_sent_until_it_arrives_and_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A contact left closed holds the barrier open for everybody."""
    wire = Wire(lost=3)
    gate = contact(wire)
    await gate.begin()
    gate.end()
    await gate.begin()
    assert wire.offs == 1
    assert caplog.text.count("may still be on") == 1
    assert "gate is off" in caplog.text


async def test_a_pulse_waits_for_the_one_before_and_is_refused_where_that_does_not_end() -> None:
    """Two pulses in one let one car through, and two drivers believe it was theirs."""
    gate = contact(Wire(), ours=False, patience=0.01)
    await gate.begin()
    with pytest.raises(DeviceError) as refused:
        await gate.begin()
    assert refused.value.fault is DeviceFault.BUSY
    gate.end()
    await gate.begin()
    gate.leave()
    await gate.begin()


async def test_what_an_earlier_run_left_on_is_ended_but_no_pulse_under_way() -> None:
    """A broker that comes back must not cut the pulse short that lets a car in."""
    wire = Wire()
    gate = contact(wire)
    await gate.prepare()
    assert wire.offs == 1
    await gate.begin()
    await gate.prepare()
    assert wire.offs == 1
    gate.end()
    await gate.settle()
    assert wire.offs == 2
