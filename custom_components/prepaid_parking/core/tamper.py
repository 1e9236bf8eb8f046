"""What a meter usually counts in a day, and what makes a look at it worth somebody's while.

A hint accuses nobody and moves no money: it says a number that does not fit, once, until it fits again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from .identity import InstallationId, MeterId
from .loss import DEFAULT_ALARM_MICRO
from .metering import BASE_PER_UNIT, Quantity

KEPT_DAYS: Final = 28
"""Four weeks: each weekday counts alike, and a habit follows the seasons."""
HABIT_DAYS: Final = 7
"""Fewer days make no habit: a week has all its weekdays."""
MORE_DAYS: Final = 3
"""One evening with guests is no more than that; three days are a way of living."""
OFF_PART: Final = 50
"""A fiftieth of a unit (20 Wh, 20 L) beyond what was shown when the supply was first seen off: a
coarse register still steps once for what went through before."""
LEAST_PART: Final = 20
"""A habit below a twentieth of a unit a day (50 Wh, 50 L) is none that could be missed."""


class HintKind(StrEnum):
    """What does not fit; the values are translation keys."""

    USED_WHILE_OFF = "used_while_off"
    REVERSE = "reverse"
    NOTHING_USED = "nothing_used"
    MUCH_MORE = "much_more"
    COVER_OPEN = "cover_open"
    LOSS = "loss"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """From when on something is said: days without use, a multiple of the habit, a part lost.

    `reverse` is off where meters count back lawfully: under solar panels.
    """

    idle_days: int = 7
    more_percent: int = 300
    loss_micro: int = DEFAULT_ALARM_MICRO
    reverse: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """What a meter counted on each of the last whole local days (base units, the latest last).

    `register` is what it showed at the first good reading of the running day.
    """

    meter: MeterId
    installation: InstallationId
    register: int
    at: datetime
    days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """Something that does not fit: what was found and what was to be expected.

    Both in base units: of a day for what goes by habit, of the stretch for the others. Of a loss
    they are millionths of what went in.
    """

    meter: MeterId
    kind: HintKind
    since: datetime
    found: int
    expected: int = 0
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Misfit:
    """What was found and what was to be expected."""

    found: int
    expected: int


def usual(days: Sequence[int]) -> int:
    """Return what a usual day is: the middle one, which a feast or a holiday does not move."""
    ordered = sorted(days)
    return ordered[(len(ordered) - 1) // 2] if ordered else 0


def nothing_used(
    days: Sequence[int], thresholds: Thresholds, quantity: Quantity, open_hint: Hint | None
) -> Misfit | None:
    """Tell whether a meter that used to count has stood still for days."""
    if open_hint is not None:
        return Misfit(0, open_hint.expected) if days and not days[-1] else None
    idle = thresholds.idle_days
    habit = days[:-idle]
    if len(habit) < HABIT_DAYS or any(days[-idle:]):
        return None
    expected = usual(habit)
    return Misfit(0, expected) if expected * LEAST_PART >= BASE_PER_UNIT[quantity] else None


def much_more(
    days: Sequence[int], thresholds: Thresholds, quantity: Quantity, open_hint: Hint | None
) -> Misfit | None:
    """Tell whether a meter has counted a multiple of its habit for days: more people than agreed."""
    habit, last = days[:-MORE_DAYS], days[-MORE_DAYS:]
    if open_hint is None and len(habit) < HABIT_DAYS:
        return None
    expected = usual(habit) if open_hint is None else open_hint.expected
    found = sum(last) // max(1, len(last))
    if expected * LEAST_PART < BASE_PER_UNIT[quantity]:
        return None
    return Misfit(found, expected) if found * 100 >= expected * thresholds.more_percent else None


def used_while_off(
    off_register: int, register: int, jitter: int, quantity: Quantity
) -> Misfit | None:
    """Tell whether a meter counts on behind a supply that was seen off."""
    used = register - off_register
    least = max(jitter + 1, BASE_PER_UNIT[quantity] // OFF_PART)
    return Misfit(used, 0) if used >= least else None


def flowed_back(reverse: int, quantity: Quantity) -> Misfit | None:
    """Tell whether a meter has counted a whole unit backwards in a day."""
    return Misfit(reverse, 0) if reverse >= BASE_PER_UNIT[quantity] else None


def lost(
    part_micro: int, counted: int, thresholds: Thresholds, quantity: Quantity
) -> Misfit | None:
    """Tell whether too much is lost behind a main meter, or more comes out than went in."""
    limit = thresholds.loss_micro
    if counted < BASE_PER_UNIT[quantity] or abs(part_micro) <= limit:
        return None
    return Misfit(part_micro, limit)


def days_after(days: Sequence[int], quantity: int, passed: int) -> tuple[int, ...]:
    """Return the kept days after `passed` local days in which a meter counted so much.

    Over several days it is spread evenly: that it was nothing, or how much, is known all the same.
    """
    if passed < 1:
        return tuple(days)
    even, odd = divmod(quantity, passed)
    fresh = [even + (place < odd) for place in range(min(passed, KEPT_DAYS))]
    return (*days, *fresh)[-KEPT_DAYS:]
