"""What is used by the piece or by the time, in memory: deposits, packages, points and their uses."""

from dataclasses import dataclass, field
from datetime import datetime

from ..core.deposit import Deposit
from ..core.identity import (
    DepositId,
    PackageId,
    PointId,
    UseId,
)
from ..core.package import Package
from ..core.use_point import UsePoint
from .no_things import NoThings
from .ports import Things
from .use_run import Tapped, UseRun


@dataclass(slots=True)
class UseBook:
    """What is held, what was sold beforehand, where it is used, and the uses that run.

    `taps` are the latest at each point, `things` is how the hub's own entities are asked.
    """

    deposits: dict[DepositId, Deposit] = field(default_factory=dict)
    packages: dict[PackageId, Package] = field(default_factory=dict)
    points: dict[PointId, UsePoint] = field(default_factory=dict)
    uses: dict[UseId, UseRun] = field(default_factory=dict)
    taps: dict[tuple[PointId, bytes], tuple[datetime, Tapped]] = field(default_factory=dict)
    things: Things = field(default_factory=NoThings)
