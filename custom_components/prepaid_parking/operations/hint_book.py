"""What hints at tampering and losses rest on, in memory."""

from dataclasses import dataclass, field
from datetime import date

from ..core.identity import (
    MeterId,
)
from ..core.tamper import Habit, Hint, HintKind, Thresholds


@dataclass(slots=True)
class HintBook:
    """What is usual of each meter, the hints that stand, and from where losses are told.

    `loss_days` are the days whose loss was told by main meter, `counted_back` how far registers ran
    backwards.
    """

    habits: dict[MeterId, Habit] = field(default_factory=dict)
    hints: dict[tuple[MeterId, HintKind], Hint] = field(default_factory=dict)
    thresholds: Thresholds = field(default_factory=Thresholds)
    loss_days: dict[MeterId, date] = field(default_factory=dict)
    counted_back: dict[MeterId, tuple[date, float]] = field(default_factory=dict)
