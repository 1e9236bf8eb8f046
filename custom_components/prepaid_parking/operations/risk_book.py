"""What guards the money, in memory: rules, what waits for a confirmation, agreements, and counts."""

from dataclasses import dataclass, field
from datetime import datetime

from ..core.agreement import Agreement, AgreementCharge
from ..core.held_operation import HeldOperation
from ..core.identity import AgreementId, HeldId, OrderId, WalletId
from ..core.risk import RiskEvent, RiskHold, RiskKind, RiskRule
from ..core.velocity import Velocity


@dataclass(slots=True)
class RiskBook:
    """Rules that were set and what they said (the oldest first), operations that are open, wallets that are held, agreements in force.

    `counts` is by network, visit and channel and ends with the run: the books know what concerns
    money. `said` is when each rule last said a thing of somebody, so that a flood fills no disk.
    `carrying` are operations that are being carried out now. `asked` are orders that were judged and
    are not yet in the books. `cooling` holds channels until an instant. `unasked` are fetches that may
    be written down and that nobody has asked for in this run.
    """

    rules: dict[RiskKind, list[RiskRule]] = field(default_factory=dict)
    events: list[RiskEvent] = field(default_factory=list)
    held: dict[HeldId, HeldOperation] = field(default_factory=dict)
    holds: dict[str, RiskHold] = field(default_factory=dict)
    agreements: dict[AgreementId, Agreement] = field(default_factory=dict)
    unasked: dict[str, AgreementCharge] = field(default_factory=dict)
    counts: Velocity = field(default_factory=Velocity)
    said: dict[str, datetime] = field(default_factory=dict)
    carrying: set[HeldId] = field(default_factory=set)
    asked: dict[OrderId, tuple[WalletId, int, datetime]] = field(default_factory=dict)
    cooling: dict[str, datetime] = field(default_factory=dict)

    def agreement_of(self, wallet: str) -> Agreement | None:
        """Return the agreement in force of a wallet: it has one at most."""
        return next((one for one in self.agreements.values() if one.wallet == wallet), None)
