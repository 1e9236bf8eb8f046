"""A meter on Modbus, read and switched as its profile says."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, tzinfo
from time import monotonic
from typing import Final

from modbus_connection import ModbusUnit

from ..core.errors import DeviceError, DeviceFault
from ..core.metering import Sample
from .blocks import Block, Plan
from .look import Look, read_ratio, sample_of
from .profile import MeterProfile
from .registers import Register
from .request import REQUEST_TIMEOUT_S, Requests, Turn

IDENTITY_EVERY_S: Final = 60.0
"""A meter that was swapped while the line was up is found within a minute."""
_CHEAP_REGISTERS: Final = 4
"""What may lengthen every short reading to check the identity each time: 8 ms on 9600 baud."""
_AT_ONCE: Final = float("-inf")


class ModbusMeter:
    """What operations and the poller ask of a meter: `read` and `switch`.

    Reads in three lengths. Short: the billed register and the relay. Identity: type, ratio and
    serial number as well, at every first contact, after every failure and once a minute. Full:
    everything the profile knows.
    """

    def __init__(
        self,
        unit: ModbusUnit,
        profile: MeterProfile,
        *,
        turn: Turn = nullcontext,
        request_timeout: float = REQUEST_TIMEOUT_S,
        spacing: float = 0.0,
        tested: bool = False,
        zone: tzinfo = UTC,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Take a unit of a connection that somebody else owns.

        `turn` is the line's (`Line.turn`), `tested` says that an experimental profile passed its
        test trip on this very meter, `zone` is where the meter's own clock lives.
        """
        self.profile = profile
        self._requests = Requests(unit, turn=turn, timeout=request_timeout, spacing=spacing)
        self._tested = tested
        self._zone = zone
        self._now = now
        self._clock = clock
        self._identity_due = _AT_ONCE
        self._ratio: str | None = None
        self._untold: set[Block] = set()
        billed, identity = _billed(profile), _identity(profile)
        self._short = self._with_cheap(billed, identity)
        self._identity = self._plan([*billed, *identity])
        self._full = self._plan([*billed, *identity, *_rest(profile)])
        blocks = {
            block for plan in (self._short, self._identity, self._full) for block in plan.blocks
        }
        counting = [part.register for part in profile.billed.parts]
        self._billed_blocks = {one for one in blocks if any(map(one.holds, counting))}
        # What must be told, or was told before: a refusal of these is no matter of firmware.
        self._told = {one for one in blocks if any(map(one.holds, _must(profile)))}

    def requests(self, *, full: bool) -> int:
        """Return how many requests a reading takes when no identity check is due."""
        return len((self._full if full else self._short).blocks)

    async def read(self, *, full: bool = False) -> Sample:
        """Look at the device once. Raises DeviceError; after that the next look is a first one."""
        identify = full or self._clock() >= self._identity_due
        plan = self._full if full else self._identity if identify else self._short
        try:
            look = await self._look(plan)
            self._ratio = read_ratio(self.profile, look) or self._ratio
            sample = sample_of(self.profile, look, full=full, ratio=self._ratio, zone=self._zone)
        except DeviceError:
            self._identity_due = _AT_ONCE
            self._untold.clear()
            raise
        if identify:
            self._identity_due = self._clock() + IDENTITY_EVERY_S
        return sample

    async def switch(self, on: bool) -> None:
        """Command the relay or valve; returns when it acknowledged, which is not when it moved."""
        relay = self.profile.relay
        if relay is None:
            raise DeviceError(DeviceFault.UNSUPPORTED, "it has no relay")
        if self.profile.about.experimental and not self._tested:
            raise DeviceError(DeviceFault.UNSUPPORTED, "its relay has not passed a test trip here")
        await self._requests.write(relay.write, relay.write.restore if on else relay.write.cut)

    async def own_prepaid(self) -> bool | None:
        """Return whether the meter's own prepaid mode is on; None where it does not say.

        Asked when a relay is commissioned: a mode left on would cut a supply that is paid here.
        """
        relay = self.profile.relay
        if relay is None or relay.own_prepaid is None:
            return None
        look = await self._look(self._plan([relay.own_prepaid.register]))
        return look.state(relay.own_prepaid)

    async def _look(self, plan: Plan) -> Look:
        """Fetch the blocks of a plan.

        A block that holds nothing needed may be refused, as firmware differs: it is then left out
        until the next first contact. Unless it was told before: that smells of another meter.
        """
        content: list[Sequence[int]] = []
        at = self._now()
        for block in plan.blocks:
            words: Sequence[int] = ()
            try:
                if block not in self._untold:
                    words = await self._requests.read(block)
            except DeviceError as err:
                if block in self._told or err.fault is not DeviceFault.REFUSED:
                    raise
                self._untold.add(block)
            else:
                self._told.add(block)
            content.append(words)
            if block in self._billed_blocks:
                at = self._now()
        return Look(plan, content, at)

    def _plan(self, registers: Iterable[Register]) -> Plan:
        profile = self.profile
        return Plan.of(registers, stretches=profile.stretches, most=profile.most_registers)

    def _with_cheap(self, billed: Sequence[Register], identity: Iterable[Register]) -> Plan:
        """Plan the short reading; what of the identity lies next to it comes along."""
        taken, plan = list(billed), self._plan(billed)
        for register in identity:
            longer = self._plan([*taken, register])
            if (
                len(longer.blocks) == len(plan.blocks)
                and longer.size <= plan.size + _CHEAP_REGISTERS
            ):
                taken, plan = [*taken, register], longer
        return plan


def _billed(profile: MeterProfile) -> list[Register]:
    """Return what every reading needs: what is charged, and whether the supply is on."""
    registers = [part.register for part in profile.billed.parts]
    if profile.relay is not None:
        registers.append(profile.relay.state.register)
    return registers


def _identity(profile: MeterProfile) -> list[Register]:
    """Return what tells this meter from another, and what its register means."""
    registers = [factor.register for factor in profile.ratio.factors] if profile.ratio else []
    if profile.type_code is not None:
        registers.append(profile.type_code.register)
    if profile.serial_number is not None:
        registers.append(profile.serial_number)
    return registers


def _rest(profile: MeterProfile) -> list[Register]:
    """Return what is for people and for checks."""
    registers = [value.register for value in profile.values.values()]
    registers += [rate.register for rate in profile.rates]
    if profile.clock is not None:
        registers.append(profile.clock)
    return registers


def _must(profile: MeterProfile) -> list[Register]:
    """Return what a reading is worth nothing without."""
    registers = _billed(profile)
    if profile.type_code is not None:
        registers.append(profile.type_code.register)
    if profile.ratio is not None and profile.ratio.multiply:
        registers += [factor.register for factor in profile.ratio.factors]
    return registers
