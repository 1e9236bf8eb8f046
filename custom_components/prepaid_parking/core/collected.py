"""What of the bills that were due has been collected."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What bills came to, in minor units: asked for, paid, given up; what is left is open."""

    bills: int = 0
    due_minor: int = 0
    paid_minor: int = 0
    written_off_minor: int = 0

    @property
    def open_minor(self) -> int:
        """What is neither paid nor given up."""
        return self.due_minor - self.paid_minor - self.written_off_minor

    @property
    def percent(self) -> Decimal | None:
        """How much of a hundred has been paid; None where nothing was due."""
        if not self.due_minor:
            return None
        return (Decimal(100 * self.paid_minor) / self.due_minor).quantize(Decimal("0.1"))


def total(parts: Iterable[Collected]) -> Collected:
    """Return what several come to together."""
    known = list(parts)
    return Collected(
        bills=sum(one.bills for one in known),
        due_minor=sum(one.due_minor for one in known),
        paid_minor=sum(one.paid_minor for one in known),
        written_off_minor=sum(one.written_off_minor for one in known),
    )


NOTHING_DUE: Final = Collected()
