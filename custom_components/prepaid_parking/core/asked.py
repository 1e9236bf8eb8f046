"""What a lane is asked and what it answers: all that a decision rests on, and the trace that explains it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from .answers import Reason, Verdict
from .lane_list import Listed
from .parking_rules import ParkingRules
from .permit import Permit
from .space import Space
from .stay import Stay, StayKind
from .vehicle import VehicleClass, VehicleRule
from .visiting import Invitation, Reservation
from .wallet import Card, CredentialKind

__all__ = ["Asked", "Decision", "Reason", "Step", "Verdict", "Way"]


class Way(StrEnum):
    """Which way a car goes through a lane."""

    ENTRY = "entry"
    EXIT = "exit"


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
    a temporary would have ("": none). `owed_minor` is what it left behind at earlier exits. `listed` is
    what the list of an office at another hub says of it.
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
    listed: Listed | None = None


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
