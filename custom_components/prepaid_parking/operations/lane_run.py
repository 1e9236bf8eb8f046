"""A lane at work: its barrier, its wires, its price, and whom it has just answered."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ..core.access import Arrival, PlateRead
from ..core.asked import Way
from ..core.identity import (
    CardId,
    LaneId,
    StayId,
)
from ..core.lane import Crossing, FailPolicy, LaneInput
from ..core.wallet import CredentialKind
from .ports import Barrier, Holder

BOTH: Final = "both"
LEADS_OUT: Final = frozenset({"exit", BOTH})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What stands at a lane, as it was recognised: by its plate, or by what its driver showed.

    The plate itself is in memory only, and no longer than the car is the last one at its lane. `office`
    is what the list of an office at another hub finds it by.
    """

    kind: CredentialKind
    digest: bytes
    read: PlateRead
    masked: str = ""
    office: bytes = b""

    @property
    def plate(self) -> bytes:
        """The blind index of its plate; empty where it was recognised by something else."""
        return self.digest if self.kind is CredentialKind.PLATE else b""

    @property
    def ticket(self) -> bytes:
        """The blind index of the ticket, tag or code it was recognised by instead of its plate."""
        return b"" if self.kind is CredentialKind.PLATE else self.digest


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLane:
    """The car that was last answered at a lane: what a payment, a help call or a forced exit is about.

    `at` is by the site's clock.
    """

    vehicle: Shown
    way: Way
    at: datetime
    admitted: bool
    reason: str
    card: CardId | None = None
    stay: StayId | None = None
    due_minor: int = 0


@dataclass(slots=True)
class LaneRun:
    """A lane at work: its barrier, what a passage costs, and whom it has just answered.

    `reads` says that something recognises vehicles there. `fitted` are the inputs that are wired (the
    names of `LaneInput`), `inputs` their last known state: one that cannot be read is not in there.
    `holder` holds the barrier open by a level, `closer` asks it to close;
    `fail` is what it does while nobody decides. `crossing`
    counts who was let through against who has passed, `last` is the car last answered, `pulsed_at` and
    `passed_at` when it was last opened and when a car last passed by right, `poor` how many reads in a
    row were too unsure. `held` says whether the barrier was told to stay open (None: nobody knows since
    the start).
    """

    id: LaneId
    name: str
    direction: str
    barrier: Barrier | None = None
    fee_minor: int = 0
    least_score: int = 0
    recent: list[Arrival] = field(default_factory=list)
    zone: str = ""
    reads: bool = False
    holder: Holder | None = None
    closer: Barrier | None = None
    fail: FailPolicy = FailPolicy.HOLD_LAST
    fitted: frozenset[str] = frozenset()
    inputs: dict[str, bool] = field(default_factory=dict)
    crossing: Crossing = field(default_factory=Crossing)
    resumed: bool = False
    last: AtLane | None = None
    poor: int = 0
    pulsed_at: datetime | None = None
    passed_at: datetime | None = None
    held: bool | None = None

    @property
    def leads_out(self) -> bool:
        """Whether it sees who leaves."""
        return self.reads and self.direction in LEADS_OUT

    @property
    def both_ways(self) -> bool:
        """Whether the same barrier lets in and out."""
        return self.direction == BOTH

    @property
    def counts(self) -> bool:
        """Whether loops tell who has passed: until then nobody is in, and nobody is out."""
        return LaneInput.SAFETY_LOOP in self.fitted

    @property
    def armed(self) -> bool | None:
        """Whether a car stands before the barrier; None where no loop tells."""
        return self.inputs.get(LaneInput.ENTRY_LOOP)

    def let_through(self, plate: str, at: datetime) -> None:
        """Note that a car goes through by another way than a read: its next reads are no new arrival."""
        self.recent[:] = [seen for seen in self.recent if seen.plate != plate]
        self.recent.append(Arrival(plate=plate, at=at, admitted=True, watched=self.counts))
