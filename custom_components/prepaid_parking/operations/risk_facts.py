"""What a rule against misuse said, and what became of an operation that waits, as values."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ..core.held_operation import HeldOperation
from ..core.risk import RiskEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskFact:
    """A rule struck, or would have."""

    event: RiskEvent


class OperationEvent(StrEnum):
    """What became of an operation that waits for a confirmation, as triggers name it."""

    HELD = "held"
    CONFIRMED = "confirmed"
    DONE = "done"
    FAILED = "failed"
    WRONG_CODE = "wrong_code"
    BLOCKED = "blocked"
    EXPIRED = "expired"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationFact:
    """Something became of an operation. `code` is said once, to whoever sends it to a person.

    It is never printed with the fact, and goes into no state, log or answer.
    """

    event: OperationEvent
    operation: HeldOperation
    unit: str
    at: datetime
    code: str = field(default="", repr=False)
