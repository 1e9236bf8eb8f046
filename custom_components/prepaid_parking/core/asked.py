"""What a lane is asked and what it answers: all that a decision rests on, and the trace that explains it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from .parking_rules import ParkingRules
from .permit import Permit
from .space import Space
from .stay import Stay, StayKind
from .vehicle import VehicleClass, VehicleRule
from .visiting import Invitation, Reservation
from .wallet import Card, CredentialKind


class Way(StrEnum):
    """Which way a car goes through a lane."""

    ENTRY = "entry"
    EXIT = "exit"


class Verdict(StrEnum):
    """What a lane does; `ask` stays closed and calls an attendant."""

    ADMIT = "admit"
    ASK = "ask"
    REFUSE = "refuse"


class Reason(StrEnum):
    """Why a lane answers as it does; the values are translation keys."""

    # It opens.
    CARD = "card"
    OWNER = "owner"
    RENTER = "renter"
    PACKAGE = "package"
    INVITED = "invited"
    FREE = "free"
    EMERGENCY_VEHICLE = "emergency_vehicle"
    EMERGENCY = "emergency"
    TEMPORARY = "temporary"
    OVERFLOW = "overflow"
    NOTHING_DUE = "nothing_due"
    PAID = "paid"
    # It stays closed.
    UNKNOWN = "unknown"
    LOW_SCORE = "low_score"
    TOO_OLD = "too_old"
    FROM_FUTURE = "from_future"
    REPLAYED = "replayed"
    NO_CAR = "no_car"
    BLOCKED = "blocked"
    CARD_BLOCKED = "card_blocked"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    OTHER_LANE = "other_lane"
    WALLET_CLOSED = "wallet_closed"
    WALLET_FROZEN = "wallet_frozen"
    NOT_ENOUGH_MONEY = "not_enough_money"
    LEDGER_CLOSED = "ledger_closed"
    BILL_UNPAID = "bill_unpaid"
    OUTSIDE_TIME = "outside_time"
    FULL = "full"
    STILL_INSIDE = "still_inside"
    OWES = "owes"
    NO_ENTRY = "no_entry"
    TO_PAY = "to_pay"
    NEAR_MATCH = "near_match"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the decision about one vehicle at one lane rests on; everything is looked up before.

    `at` is the read's own time, `car` whether a fitted arming loop sees a car (None: none fitted).
    `tracked` says that the site knows who is inside: its exits have readers. `card` is the one that
    is recognised, `near` says that one sign differs. `permit` is the card's best one for this lane
    and hour, `space` its space. `unpaid`: the bill behind that right is open. `inside` counts the
    card's other cars inside. `stay` is this vehicle's open stay. `lapsed` says why none of the card's
    permits holds now (expired, not yet valid; None: it has none, or one holds). `due_minor` is what it
    has to pay now to leave (or what a passage costs); `payable` that the card's wallet can pay it.
    `places` are the free places for temporaries (None: nobody counts). `tariff` is the name of the one
    a temporary would have ("": none). `owed_minor` is what it left behind at earlier exits.
    """

    kind: CredentialKind
    lane: str
    way: Way
    at: datetime
    now: datetime
    rules: ParkingRules
    score: int = 1000
    least_score: int = 0
    replayed: bool = False
    car: bool | None = None
    emergency: bool = False
    vehicle: VehicleClass = VehicleClass.CAR
    zone: str = ""
    tracked: bool = False
    rule: VehicleRule | None = None
    card: Card | None = None
    near: bool = False
    wallet_open: bool = True
    wallet_frozen: bool = False
    permit: Permit | None = None
    in_window: bool = True
    space: Space | None = None
    unpaid: bool = False
    lapsed: Reason | None = None
    inside: int = 0
    stay: Stay | None = None
    due_minor: int = 0
    payable: bool = False
    invitation: Invitation | None = None
    reservation: Reservation | None = None
    places: int | None = None
    tariff: str = ""
    owed_minor: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One rule that was looked at: its name, whether it decided, and the values it looked at."""

    rule: str
    decided: bool
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a lane answers: `kind` is the right of the stay that begins, `charge_minor` what is taken.

    `remind` says that somebody is let in who owes, and is told so; `review` that a person has to look.
    """

    verdict: Verdict
    reason: Reason
    kind: StayKind | None = None
    charge_minor: int = 0
    remind: bool = False
    review: str = ""
    trace: tuple[Step, ...] = ()

    @property
    def rule(self) -> str:
        """The name of the rule that decided."""
        return next((step.rule for step in self.trace if step.decided), "")

    @property
    def admits(self) -> bool:
        """Whether the barrier opens."""
        return self.verdict is Verdict.ADMIT
