"""How much is drawn at an hour of the day, the same for the same seed."""

from datetime import datetime
from random import Random
from typing import Final

from .demo import Curve

_PERCENT: Final[dict[Curve, tuple[int, ...]]] = {
    Curve.HOME: (
        8, 6, 5, 5, 6, 10, 35, 60, 45, 25, 20, 25, 45, 35, 22, 25, 35, 60, 95, 100, 85, 60, 35, 15,
    ),
    Curve.CAFE: (
        9, 9, 9, 9, 9, 20, 60, 90, 100, 85, 80, 90, 100, 90, 80, 85, 80, 70, 55, 35, 20, 12, 9, 9,
    ),
    Curve.SHOP: (
        25, 60, 95, 100, 100, 95, 85, 75, 65, 60, 55, 55, 50, 45, 40, 40, 35, 30, 15, 8, 8, 8, 8, 10,
    ),
    Curve.LAUNDRY: (
        2, 2, 2, 2, 2, 5, 40, 85, 100, 100, 95, 90, 60, 90, 100, 95, 85, 60, 30, 8, 2, 2, 2, 2,
    ),
    Curve.HEAT_PUMP: (
        45, 45, 50, 55, 65, 90, 100, 85, 60, 45, 35, 30, 30, 30, 35, 45, 60, 75, 80, 75, 65, 55, 50,
        45,
    ),
}  # fmt: skip
_LEAST_PERCENT: Final = 70
_MOST_PERCENT: Final = 130


def load(curve: Curve, peak: int, now: datetime, seed: str) -> int:
    """The rate at a moment: between the hours in a straight line, and restless by the minute."""
    percents = _PERCENT[curve]
    here, next_hour = percents[now.hour], percents[(now.hour + 1) % 24]
    steady = here * (60 - now.minute) + next_hour * now.minute
    restless = Random(f"{seed}/{now:%Y%m%d%H%M}").randint(_LEAST_PERCENT, _MOST_PERCENT)
    return peak * steady * restless // (60 * 100 * 100)
