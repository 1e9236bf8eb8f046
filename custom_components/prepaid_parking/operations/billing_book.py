"""What bills are made by, in memory."""

from dataclasses import dataclass, field
from datetime import date, datetime

from ..core.bill import BillingRules
from ..core.category import Category
from ..core.collected import NOTHING_DUE, Collected
from ..core.identity import EntryId, RecurringId, UnitId, WalletId
from ..core.recurring_charge import RecurringCharge


@dataclass(slots=True)
class BillingBook:
    """The rules by category, the last number of each series, recurring charges, and what waits.

    `doubtful` says that a write had no answer: the books are asked before the next one. `undivided`
    names the units whose fees are still to be divided, and from which day. `collected` is what came of
    this month's bills so far. `returns` says when money last went back out of wallets, as far as the
    books were gone through for it (`returns_to`).
    """

    rules: dict[Category, BillingRules] = field(default_factory=dict)
    series: dict[str, int] = field(default_factory=dict)
    doubtful: bool = False
    closed_month: str = ""
    recurring: dict[RecurringId, RecurringCharge] = field(default_factory=dict)
    undivided: dict[UnitId, date] = field(default_factory=dict)
    day: date | None = None
    collected: Collected = NOTHING_DUE
    waiting: list[tuple[str, str]] = field(default_factory=list)
    returns: dict[WalletId, datetime] = field(default_factory=dict)
    returns_to: EntryId | None = None

    def rules_of(self, category: Category) -> BillingRules:
        """Return how bills of a category are asked for."""
        return self.rules.get(category) or BillingRules(category=category)
