"""What has happened, as values: the shell makes events, repairs, states and notifications of them.

Facts carry ids, unit names and amounts; never a person's name and never a whole plate.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from ..core.errors import CoreError
from ..core.identity import CardId, MeterId, OrderId, PointId, UnmatchedId, UseId, WalletId
from ..core.ledger import Receipt
from ..core.metering import OpenDoubt, Quantity
from ..core.pay_order import Aim
from ..core.proof import Proof
from ..core.supply import SupplyState
from ..core.supply_rules import Why
from ..core.tamper import Hint
from .desk_facts import TillFact
from .lane_facts import Passed, ReviewOpened, ReviewSettled, StayFact
from .risk_facts import OperationFact, RiskFact
from .settling_facts import DifferenceFact, RefundFact


class WalletEvent(StrEnum):
    """What a wallet's activity shows; the values are event types and translation keys."""

    OPENED = "opened"
    TOPPED_UP = "topped_up"
    CHARGED = "charged"
    DEDUCTED = "deducted"
    REFUNDED = "refunded"
    LOW = "low"
    LOW_DAYS = "low_days"
    REMINDED = "reminded"
    QUOTA_BEGUN = "quota_begun"
    QUOTA_USED_UP = "quota_used_up"
    GRACE = "grace"
    GRACE_ENDED = "grace_ended"
    RECOVERED = "recovered"
    CUT_OFF = "cut_off"
    RESTORED = "restored"
    SCHEDULED_OFF = "scheduled_off"
    SCHEDULED_ON = "scheduled_on"
    OVERLOADED = "overloaded"
    CUT_VETOED = "cut_vetoed"
    PROMISED = "promised"
    FROZEN = "frozen"
    UNFROZEN = "unfrozen"
    CLOSED = "closed"
    MOVED_IN = "moved_in"
    MOVED_OUT = "moved_out"
    ADJUSTED = "adjusted"
    TRANSFERRED_OUT = "transferred_out"
    TRANSFERRED_IN = "transferred_in"
    POINTS_SPENT = "points_spent"
    DEBT_RECORDED = "debt_recorded"
    DEBT_PAID = "debt_paid"
    DEBT_WRITTEN_OFF = "debt_written_off"
    BILL_ISSUED = "bill_issued"
    BILL_PAID = "bill_paid"
    BILL_DUE = "bill_due"
    BILL_OVERDUE = "bill_overdue"
    BILL_VOIDED = "bill_voided"
    INVOICE_REQUESTED = "invoice_requested"
    INVOICE_ISSUED = "invoice_issued"
    INVOICE_VOIDED = "invoice_voided"
    DEPOSIT_HELD = "deposit_held"
    DEPOSIT_RELEASED = "deposit_released"
    DEPOSIT_CLAIMED = "deposit_claimed"
    PACKAGE_SOLD = "package_sold"
    PACKAGE_ENDED = "package_ended"
    USES_TAKEN = "uses_taken"
    USES_GIVEN_BACK = "uses_given_back"
    USES_EXPIRED = "uses_expired"
    USE_STARTED = "use_started"
    USE_ENDED = "use_ended"
    USE_REFUNDED = "use_refunded"
    PERMIT_ENDING = "permit_ending"
    PERMIT_NOT_FUNDED = "permit_not_funded"
    PERSON_CHANGED = "person_changed"


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
    days_left: Decimal | None = None
    receipt: Receipt | None = None
    reference: str = ""
    uses: int | None = None
    uses_left: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubted:
    """A reading could not be believed; a person has to decide."""

    doubt: OpenDoubt


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtEnded:
    """A doubt was settled, or the next reading showed that it was a passing one."""

    doubt: OpenDoubt


@dataclass(frozen=True, slots=True, kw_only=True)
class Hinted:
    """Something about a meter does not fit; somebody should look."""

    hint: Hint


@dataclass(frozen=True, slots=True, kw_only=True)
class HintEnded:
    """It fits again."""

    hint: Hint


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


class UseEvent(StrEnum):
    """What the site's use event shows; the values are event types and translation keys."""

    TAKEN = "taken"
    STARTED = "started"
    ENDED = "ended"
    REFUSED = "refused"
    REFUNDED = "refunded"
    LOW = "low"
    DOUBTED = "doubted"
    STUCK = "stuck"


@dataclass(frozen=True, slots=True, kw_only=True)
class UseFact:
    """Something was used, or was not: at a point, by a wallet; `reason` names why where that matters."""

    event: UseEvent
    at: datetime
    point: PointId | None = None
    name: str = ""
    use: UseId | None = None
    wallet: WalletId | None = None
    unit: str = ""
    card: CardId | None = None
    reason: str = ""
    amount_minor: int | None = None
    uses: int | None = None
    uses_left: int | None = None
    available_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksTrouble:
    """The books cannot be written (`key` names why) or can again (`key` empty)."""

    key: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRefused:
    """The rules refused what the site does by itself (`why` says it), or it goes again (`why` is None).

    `step` is what was to be done, `what` the meter or wallet it concerns, "" for the whole site.
    """

    step: str
    what: str
    why: CoreError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """The books were held against what belongs to the customers; a proof may have failed."""

    proof: Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class DayClosed:
    """A local day of the car park is over: what it came to, by lane and tariff."""

    report: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """An hour of a meter: base units, and what they cost as a numerator."""

    start: datetime
    quantity: int
    cost_numerator: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursNoted:
    """Hours of a meter have ended; `denominator` turns their costs into minor units."""

    meter: MeterId
    quantity: Quantity
    hours: tuple[Hour, ...]
    denominator: int


class OrderEvent(StrEnum):
    """What became of an order; the values are event types and translation keys."""

    CREATED = "created"
    PENDING = "pending"
    PAID = "paid"
    CREDITED = "credited"
    CLOSED = "closed"
    EXPIRED = "expired"
    UNMATCHED = "unmatched"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFact:
    """Something became of an order, or money came that has no place (`unmatched`, and why)."""

    event: OrderEvent
    at: datetime
    channel: str
    amount_minor: int
    order: OrderId | None = None
    aim: Aim | None = None
    wallet: WalletId | None = None
    unmatched: UnmatchedId | None = None
    reason: str = ""


type Fact = (
    HoursNoted
    | WalletFact
    | Doubted
    | DoubtEnded
    | Hinted
    | HintEnded
    | SupplyChanged
    | SupplyTrouble
    | Passed
    | StayFact
    | ReviewOpened
    | ReviewSettled
    | UseFact
    | BooksTrouble
    | StepRefused
    | OrderFact
    | Proved
    | DayClosed
    | OperationFact
    | RiskFact
    | RefundFact
    | DifferenceFact
    | TillFact
)
