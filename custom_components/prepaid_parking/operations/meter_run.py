"""A meter at work: its durable state, its open window, its relay's command, and what was last seen."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ..core.accrual import ChargeLine
from ..core.assigned import TariffChange
from ..core.identity import (
    TariffId,
)
from ..core.ledger import AccountId, Act
from ..core.metering import Cursor, Installation, OpenDoubt, Sample
from ..core.reconcile import Decision
from ..core.supply import CutBy, Supply, SupplyState
from ..core.tiers import NOBODY, Scope, Usage
from ..core.wallet import Binding, Meter
from .ports import Relay
from .supply_book import LoadRun

NOTHING_USED: Final = Usage()


type LineKey = tuple[int, str, int, str, str]
"""Version, rate, tier, tier period and season: lines that agree in these are one line."""


@dataclass(slots=True)
class OpenWindow:
    """The growing charge window of an installation: its lines in the order of their use, and its end.

    `denominator` turns its carry and numerator into minor units. `on_top_minor` is what fees and taxes
    add to `levied_minor` of them. `rated_to` is the register up to which the meter's own rate
    registers have said what had which price: what lies behind it, our clock says. `points` are the
    readings before and after a change of price: what comes late may lie between others only. `price_end`
    is when the price next changes.
    """

    from_register: int
    from_at: datetime
    to_register: int
    to_at: datetime
    carry: int
    lines: list[ChargeLine]
    numerator: int
    denominator: int
    levied_minor: int = 0
    on_top_minor: int = 0
    rated_to: int | None = None
    points: tuple[tuple[datetime, int], ...] = ()
    price_end: datetime | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing went through since the window was opened."""
        return self.to_register == self.from_register

    @property
    def minor(self) -> int:
        """What it comes to in whole minor units, fees and taxes on top left out."""
        return (self.carry + self.numerator) // self.denominator


@dataclass(slots=True)
class Pool:
    """What the meters of a place have used together under one tariff, by tier period.

    `posted` is what the books say. One act of a pool is written at a time, `closing` says whose, and
    `ahead` is what the books will say then. `live` counts also what is used and not posted.
    """

    name: str
    tariff: TariffId
    posted: dict[str, int] = field(default_factory=dict)
    ahead: dict[str, int] = field(default_factory=dict)
    live: Usage = NOTHING_USED
    runs: list[MeterRun] = field(default_factory=list)
    closing: MeterRun | None = None
    levied: bool = False


@dataclass(frozen=True, slots=True)
class Closing:
    """A charge window on its way into the books, and what follows once it is there.

    Who gets how much (`dues`) is settled; out of which money it is paid is said as it is written.
    """

    act: Act
    dues: tuple[tuple[AccountId, int], ...]
    minor: int
    counts: dict[str, int]
    carries: dict[str, int]
    rates: tuple[int, ...]


@dataclass(slots=True)
class Command:
    """The one outstanding command of a relay: how often it was tried and when it is tried again.

    `sent_at` is when it may first have moved the relay, `acknowledged` whether the device has said so
    for the write that line `log` stands for. `blocked` says that the day's operations are used up.
    `before` is whose cut it was, and how proven, when the command was recorded: one that was never
    sent leaves that as it was. `looked_at` is when it was looked after last.
    """

    on: bool
    log: int
    since: datetime
    reason: str
    sent_at: datetime | None = None
    tries: int = 0
    refused: int = 0
    acknowledged: bool = False
    next_at: datetime | None = None
    sending: bool = False
    faulted: bool = False
    blocked: bool = False
    before: tuple[CutBy, bool | None] = (CutBy.NOTHING, None)
    looked_at: datetime | None = None


@dataclass(slots=True)
class Pace:
    """How fast a meter earns: its money counted so far, now, a while ago and a longer while ago.

    Two marks instead of every reading: the rate is taken over the last minutes, from the older one.
    """

    counted: int = 0
    marked: int = 0
    marked_at: datetime | None = None
    older: int = 0
    older_at: datetime | None = None
    minor_per_h: int = 0


@dataclass(slots=True)
class MeterRun:
    """A meter at work: its durable state, its open window, and what was last seen of it.

    `cursor` is what the installation is charged up to, also after the meter was unbound. `pool` counts
    its tiers since it was last `pooled`, `scope` says whose limits they are, `carries` what of its fees
    and taxes lies below the minor unit, `rates` how much of each rate register is charged, `changes`
    which tariffs are to come.
    `believed` is the last register to be believed while nobody pays for it.
    `relay` is None for a meter that only counts. `latency_s` is how long a device may take to show
    that its relay moved. `seen_at` is when it was looked at since it was last told to; `cut_at` when a
    cut of ours, of which no look has proven anything, may last have left.
    """

    meter: Meter
    supply: Supply
    installation: Installation | None = None
    cursor: Cursor | None = None
    binding: Binding | None = None
    window: OpenWindow | None = None
    pool: Pool | None = None
    pooled: Binding | None = None
    scope: Scope = NOBODY
    carries: dict[str, int] = field(default_factory=dict)
    rates: tuple[int, ...] = ()
    changes: list[TariffChange] = field(default_factory=list)
    closing: Closing | None = None
    doubt: OpenDoubt | None = None
    last: Sample | None = None
    believed: tuple[int, datetime] | None = None
    values: dict[str, float] = field(default_factory=dict)
    good_at: datetime | None = None
    interval_s: int = 10
    latency_s: int = 5
    relay: Relay | None = None
    seen: bool | None = None
    seen_at: datetime | None = None
    cut_at: datetime | None = None
    off_from: int | None = None
    fast: bool = False
    state: SupplyState = SupplyState.UNKNOWN
    decision: Decision | None = None
    command: Command | None = None
    written_today: int = 0
    written_day: int = 0
    unposted_minor: int = 0
    pace: Pace = field(default_factory=Pace)
    late: list[tuple[datetime, int]] = field(default_factory=list)
    checkpointed: bool = True
    connected: bool = True
    load: LoadRun | None = None
    load_limited: bool = False

    @property
    def closing_minor(self) -> int:
        """What is on its way into the books."""
        return self.closing.minor if self.closing is not None else 0
