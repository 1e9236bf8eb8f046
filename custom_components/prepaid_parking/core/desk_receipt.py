"""The receipt of a payment at the desk: numbered without a gap, printed again at will, voided once."""

from dataclasses import dataclass, replace
from datetime import datetime

from .chart import Channel
from .entry_kind import EntryKind
from .errors import CoreError
from .identity import InstallationId
from .ledger import CursorMove
from .shift import RECEIPTS


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskReceipt:
    """What a payer was given. `kind` and `event` are those of its entry; "" is what it is not about.

    `actor` took the money, in `shift` where one was open. `prints` counts its printing: the first
    is the original, any other a copy.
    """

    no: int
    at: datetime
    kind: str
    event: str
    channel: Channel
    amount_minor: int
    actor: str
    wallet: str = ""
    stay: str = ""
    bill: str = ""
    shift: str = ""
    prints: int = 0
    voided_at: datetime | None = None
    voided_by: str = ""
    void_reason: str = ""

    @property
    def batch(self) -> str:
        """The batch whose slips were sold; "" where it is for something else."""
        return self._meant(EntryKind.VOUCHERS_SOLD)

    @property
    def agent(self) -> str:
        """The agent that paid in; "" where it is for something else."""
        return self._meant(EntryKind.AGENT_FLOAT)

    def _meant(self, kind: EntryKind) -> str:
        """Return what an event of this kind happened to, which stands second in its id."""
        return self.event.split("/")[1] if self.kind == kind else ""


def next_receipt(last: int, at: datetime) -> CursorMove:
    """Return the step to the number after `last`: a compare-and-set, so none is doubled or missing."""
    return CursorMove(
        installation=InstallationId(RECEIPTS),
        from_register=last,
        to_register=last + 1,
        to_at=at,
        carry=0,
    )


def voided(receipt: DeskReceipt, *, by: str, reason: str, at: datetime) -> DeskReceipt:
    """Return a receipt that is taken back; that is done once."""
    if receipt.voided_at is not None:
        raise CoreError("receipt_void", receipt=receipt.no)
    return replace(receipt, voided_at=at, voided_by=by, void_reason=reason)
