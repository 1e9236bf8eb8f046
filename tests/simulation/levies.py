"""Fees and taxes in fractions: what they come to exactly, and what of it was taken in whole cents."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any


@dataclass
class Levied:
    """The levies of one payer under their names; what is below a cent is carried."""

    taken: Counter[tuple[str, bool]] = field(default_factory=Counter)
    due: dict[tuple[str, bool], Fraction] = field(default_factory=dict)

    @property
    def carried(self) -> Fraction:
        """What of those on top is due and was not taken, in cents."""
        on_top = [name for name in self.due if not name[1]]
        return sum((self.due[name] - self.taken[name] for name in on_top), Fraction())

    def take(self, net: int, levies: Sequence[Mapping[str, Any]]) -> int:
        """Take fees, then taxes of both, of whole cents; returns what comes on top."""
        on_top = 0
        for kind in ("fee", "tax"):
            base = net + on_top
            for one in levies:
                if one["kind"] == kind:
                    on_top += self._take(base, one)
        return on_top

    def _take(self, base: int, one: Mapping[str, Any]) -> int:
        share, inside = Fraction(one["percent"]) / 100, one.get("included", False)
        key = (one["name"], inside)
        part = base * share / (1 + share if inside else 1)
        self.due[key] = self.due.get(key, Fraction()) + part
        whole = int(self.due[key] // 1) - self.taken[key]
        self.taken[key] += whole
        return 0 if inside else whole
