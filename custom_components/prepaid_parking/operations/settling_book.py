"""Refunds on their way, and what does not fit between providers' files and the books, in memory."""

from dataclasses import dataclass, field

from ..core.difference import Difference, SettledDays
from ..core.identity import DifferenceId, RefundId
from ..core.pay_refund import PayRefund


@dataclass(slots=True)
class SettlingBook:
    """What somebody, or the next file, still has to do something about.

    `refunds` are those that are not over, `differences` those that nobody has settled; the others are
    in the books alone. `days` says how far each merchant's files were taken up. `asking` and
    `fetching` are the questions that are out. `unreconciled_minor` is how much money is in question
    between the files and the books, kept along: a bad file has thousands of differences.
    """

    refunds: dict[RefundId, PayRefund] = field(default_factory=dict)
    doubtful: bool = False
    """A write failed: there may be refunds in the books that nobody has heard of."""
    differences: dict[DifferenceId, Difference] = field(default_factory=dict)
    days: dict[str, SettledDays] = field(default_factory=dict)
    asking: set[RefundId] = field(default_factory=set)
    fetching: set[str] = field(default_factory=set)
    unreconciled_minor: int = 0

    @property
    def stuck(self) -> list[PayRefund]:
        """Refunds that do not reach their payers by themselves: a person has to see to them."""
        return [one for one in self.refunds.values() if one.stuck]

    def hold(self, *records: PayRefund | Difference | SettledDays) -> None:
        """Take over what was written down."""
        for one in records:
            if isinstance(one, SettledDays):
                self.days[one.account] = one
            elif isinstance(one, Difference):
                self._hold_difference(one)
            else:
                self.refunds[one.id] = one
                if one.state.over:
                    del self.refunds[one.id]

    def _hold_difference(self, difference: Difference) -> None:
        before = self.differences.pop(difference.id, None)
        if before is not None:
            self.unreconciled_minor -= before.open_minor
        if difference.settled_at is None:
            self.differences[difference.id] = difference
            self.unreconciled_minor += difference.open_minor
