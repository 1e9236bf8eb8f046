"""What every kind of line can do once it runs: the shape that the wiring works with."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from .coordinator import LineState
from .core.access import PlateRead
from .core.lane import LaneInput
from .links.board_inputs import InputsTold
from .operations.lane_run import LaneRun
from .operations.meter_run import MeterRun

FAST_S: Final = 1.0
"""How often a meter is looked at near the cut-off, and while its relay is told to move."""

_CAR: Final = (LaneInput.ENTRY_LOOP, LaneInput.SAFETY_LOOP, LaneInput.EXIT_LOOP)

type Detach = Callable[[], None]


class LineRun(Protocol):
    """A line at work."""

    async def start(self) -> None: ...
    def keep(self) -> None: ...
    async def stop(self) -> None: ...
    async def forget(self) -> None: ...
    def state(self) -> LineState: ...
    def pace(self, run: MeterRun) -> None: ...
    def look_again(self, run: MeterRun) -> None: ...
    async def add_meter(self, run: MeterRun, data: Mapping[str, Any]) -> Detach: ...
    async def add_barrier(self, lane: LaneRun, data: Mapping[str, Any]) -> Detach: ...
    async def add_holder(self, lane: LaneRun, data: Mapping[str, Any]) -> Detach: ...
    async def add_closer(self, lane: LaneRun, data: Mapping[str, Any]) -> Detach: ...
    async def add_inputs(
        self,
        lane: LaneRun,
        inputs: Mapping[str, Mapping[str, Any]],
        told: InputsTold,
    ) -> Detach: ...
    async def add_reader(
        self, data: Mapping[str, Any], heard: Callable[[PlateRead], None]
    ) -> Detach: ...


def is_busy(lane: LaneRun) -> bool:
    """Tell whether a car is about, or the arm is not down: then every moment counts."""
    return (
        bool(lane.crossing.grants)
        or any(lane.inputs.get(one) for one in _CAR)
        or lane.inputs.get(LaneInput.LIMIT_CLOSED) is False
    )
