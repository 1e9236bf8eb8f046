"""A thing of the hub at work as a meter of its own running time.

The count lives here and nowhere else: no device remembers it. So it goes on from what the books
know, and never from less than was handed on already.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from homeassistant.core import HomeAssistant

from .core.identity import InstallationId, MeterId
from .links.entity import EntityRuntime
from .links.poller import Outcome
from .operations.meter_run import MeterRun
from .wiring_line import FAST_S

type Counting = tuple[MeterId, InstallationId | None]
"""Which register goes on: a person may have a meter begin anew."""


class Runtimes:
    """The running times that are counted, by meter."""

    def __init__(
        self,
        hass: HomeAssistant,
        report: Callable[[MeterId, Outcome], None],
        clock: Callable[[], datetime],
    ) -> None:
        """Count nothing yet; `clock` stamps what is reported."""
        self._hass = hass
        self._report = report
        self._clock = clock
        self._running: dict[MeterId, EntityRuntime] = {}
        self._handed_on: dict[Counting, int] = {}

    def add(self, run: MeterRun, entity_id: str) -> Callable[[], None]:
        """Count the running time of a thing; returns how to stop that."""
        known = register_known(run)
        runtime = EntityRuntime(
            self._hass,
            entity_id,
            partial(self._report, run.meter.id),
            # What was handed on as a dialogue changed the meter may still wait for the books.
            register=max(known, self._handed_on.get(_counting(run), known)),
            every=_every(run),
            clock=self._clock,
            anew=_begun_anew(run),
        )
        stop = runtime.start()
        self._running[run.meter.id] = runtime

        def end() -> None:
            stop()
            self._handed_on[_counting(run)] = runtime.register
            self._running.pop(run.meter.id, None)

        return end

    def pace(self, run: MeterRun) -> None:
        """Report every second while that matters, else at the meter's own interval."""
        if (runtime := self._running.get(run.meter.id)) is not None:
            runtime.pace(_every(run))

    def look(self, run: MeterRun) -> None:
        """Report at once."""
        if (runtime := self._running.get(run.meter.id)) is not None:
            runtime.look()


def register_known(run: MeterRun) -> int:
    """Return the highest register that the books, or a look since they were opened, know.

    One in doubt counts too: a restart settles nothing.
    """
    installation = run.installation
    if installation is None:
        return 0
    known = [installation.from_register]
    if run.cursor is not None and run.cursor.installation == installation.id:
        known.append(run.cursor.register)
    if run.window is not None and run.binding is not None:
        known.append(run.window.to_register)
    if run.doubt is not None and run.doubt.installation == installation.id:
        known.append(run.doubt.register)
    if run.last is not None and run.last.register is not None:
        known.append(run.last.register)
    return max(known)


def _begun_anew(run: MeterRun) -> Callable[[], int | None]:
    """Return what tells, once for each new installation, where it began to count."""
    counting = run.installation

    def begun() -> int | None:
        nonlocal counting
        before, counting = counting, run.installation
        if before is None or counting is None or before.id == counting.id:
            return None
        return counting.from_register

    return begun


def _counting(run: MeterRun) -> Counting:
    return run.meter.id, run.installation.id if run.installation is not None else None


def _every(run: MeterRun) -> timedelta:
    return timedelta(seconds=FAST_S if run.fast else run.interval_s)
