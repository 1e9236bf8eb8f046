"""What happened to refunds, and what does not fit, as facts: ids and amounts only."""

from dataclasses import dataclass
from datetime import datetime

from ..core.difference import Difference
from ..core.identity import OrderId, RefundId
from ..core.pay_refund import RefundState


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFact:
    """A refund stands otherwise than before; `stuck` says that a person has to see to it."""

    state: RefundState
    at: datetime
    refund: RefundId
    order: OrderId
    channel: str
    amount_minor: int
    wallet: str = ""
    stuck: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceFact:
    """Something does not fit between a provider's file, the orders and the books, or fits again."""

    difference: Difference
    at: datetime
