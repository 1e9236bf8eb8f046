"""Main meters against what lies behind them: exact differences of registers, and at which times.

Nothing is interpolated: a period runs from the first reading at or after its beginning to the first
at or after its end, for each meter its own, and a report says which those were.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from .identity import InstallationId, MeterId, installation_id
from .metering import Installation
from .money import MICRO

DEFAULT_ALARM_MICRO: Final = 80_000
"""8 %: cables and transformers of a house lose less; more is a wrong meter, or a tapped line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A register a meter showed: taken down once a local day, at its first good reading."""

    meter: MeterId
    at: datetime
    installation: InstallationId
    register: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """What a meter counted between two of its readings (base units).

    `late` says that a reading came more than a day after the boundary it stands for.
    """

    meter: MeterId
    begin: Mark
    end: Mark
    quantity: int
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What a main meter counted more than all that lie directly behind it."""

    main: Metered
    subs: tuple[Metered, ...]

    @property
    def quantity(self) -> int:
        """Base units that went in and came out nowhere; below zero where more came out."""
        return self.main.quantity - sum(one.quantity for one in self.subs)

    @property
    def part_micro(self) -> int:
        """The loss in millionths of what went in, rounded down."""
        return self.quantity * MICRO // self.main.quantity if self.main.quantity else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LossShare:
    """That the loss behind a main meter was passed on, from where to where its register stood.

    `carry` is what was left below the minor unit; the next period begins with it.
    """

    main: MeterId
    from_at: datetime
    to_at: datetime
    quantity: int
    shared: int
    amount_minor: int
    carry: int


def counted(
    installations: Mapping[InstallationId, Installation], begin: Mark, end: Mark
) -> int | None:
    """Return what went through between two readings of a meter, over all its swaps and rollovers.

    None where nobody knows at which register an installation in between ended.
    """
    total, register, now = 0, end.register, end.installation
    while now != begin.installation:
        here = installations[now]
        before = installations.get(installation_id(here.meter, here.number - 1))
        if before is None or before.to_register is None:
            return None
        total += register - here.from_register
        now, register = before.id, before.to_register
    return total + register - begin.register


def first_from(marks: Sequence[Mark], at: datetime) -> Mark | None:
    """Return a meter's first reading at or after an instant, of marks in the order of time."""
    return next((one for one in marks if one.at >= at), None)
