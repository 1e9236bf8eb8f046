"""The reading of all meters of one line, in one task: who is due next, and who has to wait.

Appointments instead of a task per meter: a thousand meters cost what their requests cost. Meters
that fail are asked again after 2, 4 … 300 s, and a line on which everybody fails likewise.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
import logging
from statistics import median
from time import monotonic
from typing import Final

from ..core.errors import DeviceError, DeviceFault
from ..core.identity import MeterId
from ..core.metering import Sample
from .appointments import NEVER, Appointments, Polled, Readable

_LOGGER: Final = logging.getLogger(__name__)
SHORTEST_INTERVAL_S: Final = 1.0
LONGEST_INTERVAL_S: Final = 3600.0
FULL_EVERY_S: Final = 60.0
"""Volts and watts are for people: once a minute, not with every charged reading."""
_FIRST_BACK_OFF_S: Final = 2.0
_LONGEST_BACK_OFF_S: Final = 300.0
_RECENT: Final = 101
_RECYCLE_S: Final = 2.0

type Outcome = Sample | DeviceError
type Report = Callable[[MeterId, Outcome], None]
type Recycle = Callable[[], Awaitable[None]]
"""Drops the line's connection, so that the next request makes a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollerHealth:
    """Who stands aside, and how late readings start (seconds; None before there was any)."""

    meters: int
    backed_off: tuple[MeterId, ...]
    down_since: float | None
    lateness_last: float | None
    lateness_p50: float | None
    lateness_max: float | None


def back_off(failures: int) -> float:
    """Return how long to leave somebody alone after so many failures in a row: 2, 4 … 300 s."""
    return min(_FIRST_BACK_OFF_S * 2.0 ** min(failures - 1, 16), _LONGEST_BACK_OFF_S)


class LinePoller:
    """Reads the meters of a line, each at its own interval, for as long as `run` runs."""

    def __init__(
        self,
        report: Report,
        *,
        recycle: Recycle | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Hand every outcome to `report`, which must be quick: the bus waits for it.

        `recycle` is called while nobody at all answers on a line that seems open: a gateway that
        was switched off and on may never say that it has forgotten the connection.
        """
        self._report = report
        self._recycle = recycle
        self._stale = False
        self._clock = clock
        self._meters: dict[MeterId, Polled] = {}
        self._appointments = Appointments()
        self._line_failures = 0
        self._line_due = 0.0
        self._down_since: float | None = None
        self._lateness: deque[float] = deque(maxlen=_RECENT)
        self._wake = asyncio.Event()
        self._stopped = False

    def add(
        self,
        meter_id: MeterId,
        meter: Readable,
        interval: float,
        *,
        full_every: float = FULL_EVERY_S,
    ) -> None:
        """Begin to read a meter, at once and in full; replaces one of the same id."""
        self.remove(meter_id)
        now = self._clock()
        interval = _within(interval)
        polled = Polled(meter_id, meter, interval, full_every, last=now - interval, full_due=now)
        self._meters[meter_id] = polled
        self._appoint(polled, now)

    def remove(self, meter_id: MeterId) -> None:
        """Read a meter no more."""
        if (polled := self._meters.pop(meter_id, None)) is not None:
            polled.number = 0

    def set_interval(self, meter_id: MeterId, seconds: float) -> None:
        """Read a meter more often or less, from now on; one that stands aside stays there."""
        polled = self._meters[meter_id]
        interval = _within(seconds)
        if interval == polled.interval:
            return
        polled.interval = interval
        if not polled.failures:
            self._appoint(polled, polled.last + polled.interval)

    def set_full_every(self, meter_id: MeterId, seconds: float) -> None:
        """Read all that a meter tells more often or less, 0 with every reading."""
        polled = self._meters[meter_id]
        polled.full_due += seconds - polled.full_every
        polled.full_every = seconds

    def hurry(self, meter_id: MeterId) -> None:
        """Read a meter next, even one that stands aside: money moved, or a command was sent."""
        now = self._clock()
        self._line_due = min(self._line_due, now)
        self._appoint(self._meters[meter_id], now, before_all=True)

    def stop(self) -> None:
        """Let `run` end after the reading that is under way."""
        self._stopped = True
        self._wake.set()

    def health(self) -> PollerHealth:
        """Return who stands aside and how late readings start."""
        late = self._lateness
        return PollerHealth(
            meters=len(self._meters),
            backed_off=tuple(one.id for one in self._meters.values() if one.failures),
            down_since=self._down_since,
            lateness_last=late[-1] if late else None,
            lateness_p50=median(late) if late else None,
            lateness_max=max(late) if late else None,
        )

    async def run(self) -> None:
        """Read whoever is due, one after another, until stopped."""
        while not self._stopped:
            self._wake.clear()
            polled = self._next(self._clock())
            if polled is None:
                await self._until(self._next_due())
                continue
            if self._stale:
                await self._drop_connection()
            await self._read(polled)

    async def _read(self, polled: Polled) -> None:
        """Read one meter, make its next appointment, hand on what it said."""
        began = self._clock()
        late = max(0.0, began - polled.due)
        self._lateness.append(late)
        # The first round spreads the meters over the interval; later ones keep to that.
        polled.last = began if polled.fresh or late >= polled.interval else polled.due
        polled.fresh = False
        full = began >= polled.full_due
        outcome = await self._outcome(polled, full=full)
        if self._meters.get(polled.id) is not polled:
            return
        if isinstance(outcome, DeviceError):
            self._failed(polled, outcome)
        else:
            self._succeeded(polled)
            if full:
                polled.full_due = began + polled.full_every
        self._tell(polled.id, outcome)

    @staticmethod
    async def _outcome(polled: Polled, *, full: bool) -> Outcome:
        try:
            return await polled.meter.read(full=full)
        except DeviceError as err:
            return err
        except Exception as err:
            # One meter's unforeseen trouble must not end the reading of all the others.
            _LOGGER.exception("Reading meter %s failed unexpectedly", polled.id)
            return DeviceError(DeviceFault.GARBLED, repr(err))

    def _succeeded(self, polled: Polled) -> None:
        polled.failures = 0
        if not polled.number:
            self._appoint(polled, polled.last + polled.interval)
        self._line_failures = 0
        self._down_since = None

    def _failed(self, polled: Polled, err: DeviceError) -> None:
        now = self._clock()
        if err.fault is DeviceFault.OFFLINE:
            # It is the line that failed: nobody can be blamed, and nobody can be read.
            if not self._line_failures:
                self._tell_others(polled, err)
            self._appoint(polled, polled.due)
            self._line_failed(now)
            return
        polled.failures += 1
        self._appoint(polled, now + back_off(polled.failures), aside=True)
        if all(other.failures for other in self._meters.values()):
            # One silence may be chance, or the only meter; from the second on the way is suspect.
            self._stale = bool(self._line_failures)
            self._line_failed(now)

    def _line_failed(self, now: float) -> None:
        self._line_failures += 1
        self._line_due = now + back_off(self._line_failures)
        if self._down_since is None:
            self._down_since = now

    async def _drop_connection(self) -> None:
        self._stale = False
        if self._recycle is None:
            return
        try:
            async with asyncio.timeout(_RECYCLE_S):
                await self._recycle()
        except Exception:
            _LOGGER.debug("Dropping the connection failed", exc_info=True)

    def _tell_others(self, polled: Polled, err: DeviceError) -> None:
        for other in list(self._meters.values()):
            if other is not polled and not other.failures:
                self._tell(other.id, err)

    def _tell(self, meter_id: MeterId, outcome: Outcome) -> None:
        try:
            self._report(meter_id, outcome)
        except Exception:
            # Whoever listens must not stop the reading either.
            _LOGGER.exception("Reporting meter %s failed", meter_id)

    def _appoint(
        self, polled: Polled, due: float, *, aside: bool = False, before_all: bool = False
    ) -> None:
        self._appointments.make(polled, due, aside=aside, before_all=before_all)
        self._wake.set()

    def _next(self, now: float) -> Polled | None:
        """Take who is to be read now; nobody while a line that is down is left alone."""
        if self._line_failures and now < self._line_due:
            return None
        return self._appointments.take(now)

    def _next_due(self) -> float:
        due = self._appointments.next_due()
        return max(due, self._line_due) if self._line_failures else due

    async def _until(self, due: float) -> None:
        """Sleep until a time, or until somebody changes the appointments."""
        if due == NEVER:
            await self._wake.wait()
            return
        loop = asyncio.get_running_loop()
        timer = loop.call_later(max(0.0, due - self._clock()), self._wake.set)
        try:
            await self._wake.wait()
        finally:
            timer.cancel()


def _within(seconds: float) -> float:
    return min(max(seconds, SHORTEST_INTERVAL_S), LONGEST_INTERVAL_S)
