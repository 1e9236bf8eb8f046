"""A meter on Modbus, read and switched as its profile says."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, tzinfo
from time import monotonic
from typing import Final

from modbus_connection import ModbusUnit

from ..core.errors import DeviceError, DeviceFault
from ..core.metering import Sample
from .blocks import Block, Plan
from .lengths import lengths_of, plan_of
from .look import Look, read_ratio, sample_of
from .profile import MeterProfile
from .request import REQUEST_TIMEOUT_S, Requests, Turn

IDENTITY_EVERY_S: Final = 60.0
"""A meter that was swapped while the line was up is found within a minute."""
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
        self._lengths = lengths_of(profile)
        self._told: set[Block] = set()
        self._untold: set[Block] = set()

    def requests(self, *, full: bool) -> int:
        """Return how many requests a reading takes when no identity check is due."""
        return len((self._lengths.full if full else self._lengths.short).blocks)

    async def read(self, *, full: bool = False) -> Sample:
        """Look at the device once. Raises DeviceError; after that the next look is a first one."""
        identify = full or self._clock() >= self._identity_due
        lengths = self._lengths
        plan = lengths.full if full else lengths.identity if identify else lengths.short
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
        look = await self._look(plan_of(self.profile, [relay.own_prepaid.register]))
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
                # What must be told, or was told before: a refusal of these is no matter of firmware.
                if (
                    block in self._lengths.must
                    or block in self._told
                    or err.fault is not DeviceFault.REFUSED
                ):
                    raise
                self._untold.add(block)
            else:
                self._told.add(block)
            content.append(words)
            if block in self._lengths.billed:
                at = self._now()
        return Look(plan, content, at)
