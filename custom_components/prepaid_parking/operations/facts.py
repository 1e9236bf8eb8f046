"""What has happened, as values: the shell makes events, repairs, states and notifications of them.

Facts carry ids, unit names and amounts; never a person's name and never a whole plate.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ..core.identity import CardId, LaneId, MeterId, WalletId
from ..core.ledger import Receipt
from ..core.metering import OpenDoubt
from ..core.reconcile import Why
from ..core.supply import SupplyState


class WalletEvent(StrEnum):
    """What a wallet's activity shows; the values are event types and translation keys."""

    OPENED = "opened"
    TOPPED_UP = "topped_up"
    CHARGED = "charged"
    DEDUCTED = "deducted"
    REFUNDED = "refunded"
    LOW = "low"
    REMINDED = "reminded"
    GRACE = "grace"
    GRACE_ENDED = "grace_ended"
    RECOVERED = "recovered"
    CUT_OFF = "cut_off"
    RESTORED = "restored"
    FROZEN = "frozen"
    UNFROZEN = "unfrozen"
    CLOSED = "closed"
    DEPOSIT_HELD = "deposit_held"
    DEPOSIT_RELEASED = "deposit_released"
    DEPOSIT_CLAIMED = "deposit_claimed"


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletFact:
    """Something happened to a wallet."""

    event: WalletEvent
    wallet: WalletId
    unit: str
    at: datetime
    available_minor: int
    amount_minor: int | None = None
    meter: MeterId | None = None
    level: int = 0
    cutoff_at: datetime | None = None
    receipt: Receipt | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubted:
    """A reading could not be believed; a person has to decide."""

    doubt: OpenDoubt


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtEnded:
    """A doubt was settled, or the next reading showed that it was a passing one."""

    doubt: OpenDoubt


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyChanged:
    """A supply stands otherwise than before, and why."""

    meter: MeterId
    wallet: WalletId | None
    unit: str
    at: datetime
    before: SupplyState
    state: SupplyState
    why: Why
    actor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyTrouble:
    """A relay did not do what it was told: `fault` is set while that lasts."""

    meter: MeterId
    fault: bool
    wanted: bool
    detail: str = ""


class PassageKind(StrEnum):
    """What a lane's passage shows; the values are event types and translation keys."""

    ADMITTED = "admitted"
    REFUSED = "refused"
    NOT_CONFIRMED = "not_confirmed"
    RELEASED = "released"
    RECORDED = "recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A car was answered at a lane."""

    lane: LaneId
    kind: PassageKind
    at: datetime
    reason: str
    masked: str = ""
    card: CardId | None = None
    wallet: WalletId | None = None
    fee_minor: int = 0
    actor: str = ""
    trace: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksTrouble:
    """The books cannot be written (`key` names why) or can again (`key` empty)."""

    key: str
    detail: str = ""


type Fact = (
    WalletFact | Doubted | DoubtEnded | SupplyChanged | SupplyTrouble | Passed | BooksTrouble
)
