"""What a golden case is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

type Document = Mapping[str, Any]
type Use = tuple[str, str, str]
"""From, to (local times), and how much went through evenly between them, in display units."""
type Line = tuple[str, int, str, str]
"""Rate, tier (from 1), quantity and price per unit."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A tariff, what was used, and what a person with a pencil says that costs.

    `later` are further versions with the local time from which they hold. `lines` are in the order
    of time, neighbours of one rate, tier and price as one. `costs` is exact, before any rounding.
    """

    name: str
    tariff: Document
    uses: tuple[Use, ...]
    lines: tuple[Line, ...]
    costs: str
    zone: str = "Asia/Shanghai"
    later: tuple[tuple[str, Document], ...] = ()
    used: tuple[str, str] = ("", "0")
    persons: int = 0
    first: str | None = None
    holidays: Mapping[str, str] = field(default_factory=dict)

    @property
    def days(self) -> int:
        """How long the longest use is, to choose how finely the model looks."""
        return max(
            (datetime.fromisoformat(end) - datetime.fromisoformat(start)).days
            for start, end, _ in self.uses
        )
