"""The hours that are being counted, in memory."""

from dataclasses import dataclass, field

from ..core.hours import HourMark, MeterDay
from ..core.identity import (
    MeterId,
)


@dataclass(slots=True)
class HourBook:
    """From where each meter's hour is counted, what it has cost, and its day as it was last written down."""

    marks: dict[MeterId, HourMark] = field(default_factory=dict)
    costs: dict[MeterId, int] = field(default_factory=dict)
    noted: dict[MeterId, MeterDay] = field(default_factory=dict)
