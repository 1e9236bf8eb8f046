"""What meters answer, or that they do not: handed to the keeper, and to the log where it changes."""

from collections.abc import Callable, Coroutine
import logging
from typing import Final

from .coordinator import PrepaidData
from .core.errors import DeviceError
from .core.identity import MeterId
from .links.poller import Outcome
from .operations.meter_run import MeterRun
from .wiring_lane import Spawn

_LOGGER: Final = logging.getLogger(__name__)


class MeterReports:
    """Takes what the lines hear of meters; `other_ratio` is spawned when a meter's transformers change."""

    def __init__(
        self,
        data: PrepaidData,
        spawn: Spawn,
        other_ratio: Callable[[MeterRun], Coroutine[None, None, None]],
    ) -> None:
        """Begin with no meter."""
        self._data = data
        self._spawn = spawn
        self._other_ratio = other_ratio
        self._ratios: dict[MeterId, str | None] = {}

    def entered(self, run: MeterRun) -> None:
        """Keep in mind behind which transformers a meter now counts."""
        self._ratios[run.meter.id] = _ratio_of(run)

    def __call__(self, meter: MeterId, heard: Outcome) -> None:
        """Take a reading, or the reason why there is none."""
        data = self._data
        run = data.site.meters.get(meter)
        if run is None:
            return
        silent = isinstance(heard, DeviceError)
        changed = silent is run.connected or run.last is None
        if silent and run.connected:
            _LOGGER.info("%s (%s) does not answer: %s", run.meter.name, meter, heard)
        elif changed and not silent:
            _LOGGER.info("%s (%s) answers", run.meter.name, meter)
        data.keeper.offer(meter, heard)
        ratio = _ratio_of(run)
        if ratio is not None and ratio != self._ratios.get(meter, ratio):
            self._ratios[meter] = ratio
            self._spawn(self._other_ratio(run))
        if changed:
            data.coordinator.touch(f"meter:{meter}")
        else:
            data.coordinator.count(meter, run.binding.wallet if run.binding is not None else None)


def _ratio_of(run: MeterRun) -> str | None:
    return run.installation.ratio if run.installation is not None else None
