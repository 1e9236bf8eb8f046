"""The site in memory: its wallets, meters, tariffs and ports. It holds them and computes nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Final

from ..core.access import Arrival
from ..core.accrual import ChargeLine
from ..core.assigned import PriceCorrection, TariffChange
from ..core.bill import Bill, BillingRules
from ..core.calendars import Holidays, no_holidays
from ..core.category import Category
from ..core.chart import Bucket, code_of, owner_of
from ..core.demand_state import DemandState
from ..core.deposit import Deposit
from ..core.errors import CoreError
from ..core.hours import HourMark, MeterDay
from ..core.identity import (
    BillId,
    CardId,
    DepositId,
    FeeId,
    InstallationId,
    LaneId,
    MeterId,
    PackageId,
    PointId,
    PolicyId,
    PromotionId,
    RecurringId,
    TariffId,
    UnitId,
    UseId,
    WalletId,
)
from ..core.layers import Layer
from ..core.ledger import AccountId, Act, Receipt
from ..core.metering import Cursor, Installation, OpenDoubt, Sample
from ..core.money import Currency
from ..core.package import Package
from ..core.points import Lot, PointsRule
from ..core.policy import Policy
from ..core.promotion import Granted, Promotion
from ..core.proof import Proof
from ..core.reconcile import Decision
from ..core.recovery import Recovery
from ..core.recurring_charge import RecurringCharge
from ..core.shares import Shares
from ..core.standing_cursor import StandingCursor
from ..core.supply import CutBy, Supply, SupplyState
from ..core.tamper import Habit, Hint, HintKind, Thresholds
from ..core.tariff import Pricer, TariffVersion
from ..core.tiers import NOBODY, Scope, Usage
from ..core.top_up_fee import TopUpFee
from ..core.unit import Occupancy, Unit
from ..core.use_point import UsePoint
from ..core.wallet import Binding, Card, Credential, Meter, Wallet, Watch
from .facts import BooksTrouble, Fact, StepRefused
from .no_things import NoThings
from .outlook import Outlook
from .ports import Barrier, Books, Clock, Privacy, Relay, Things
from .supply_book import LoadRun, QuotaRun, SupplyBook
from .use_run import Tapped, UseRun

ALWAYS: Final = datetime.min.replace(tzinfo=UTC)
NOTHING_USED: Final = Usage()


type LineKey = tuple[int, str, int, str, str]
"""Version, rate, tier, tier period and season: lines that agree in these are one line."""


@dataclass(slots=True)
class OpenWindow:
    """The growing charge window of an installation: its lines by price, and its end.

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
    lines: dict[LineKey, ChargeLine]
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
    sent leaves that as it was.
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


@dataclass(slots=True)
class WalletRun:
    """A wallet at work.

    `posted_minor` is the cash bucket in the books as entry `booked_to` left it, `bonus_minor` the
    bonus beside it, `others` what else it holds or owes, `unposted_minor` what its meters used since.
    `layers` are the top-ups it lives on, kept where a bonus or points came with one of them.
    """

    wallet: Wallet
    watch: Watch
    posted_minor: int = 0
    bonus_minor: int = 0
    others: dict[Bucket, int] = field(default_factory=dict)
    booked_to: int = 0
    unposted_minor: int = 0
    meters: list[MeterRun] = field(default_factory=list)
    watched_at: datetime | None = None
    bills: dict[BillId, Bill] = field(default_factory=dict)
    quota: QuotaRun | None = None
    days: tuple[datetime, Decimal | None] | None = None
    layers: tuple[Layer, ...] = ()
    lots: tuple[Lot, ...] = ()
    recoveries: dict[Category, Recovery] = field(default_factory=dict)

    @property
    def balance_minor(self) -> int:
        """What it can spend by the books: cash and bonus."""
        return self.posted_minor + self.bonus_minor

    @property
    def available_minor(self) -> int:
        """What is left at this moment, before any credit."""
        return self.posted_minor + self.bonus_minor - self.unposted_minor

    def booked(self, receipt: Receipt) -> None:
        """Take over the balances the books answered with; answers may come in any order."""
        if receipt.entry > self.booked_to:
            self.take_over(receipt.balances)
            self.booked_to = receipt.entry

    def take_over(self, balances: Mapping[AccountId, int]) -> None:
        """Take over those of these balances that are this wallet's."""
        for account, balance in balances.items():
            if owner_of(account) != self.wallet.no:
                continue
            bucket = Bucket(code_of(account))
            if bucket is Bucket.CASH:
                self.posted_minor = balance
            elif bucket is Bucket.BONUS:
                self.bonus_minor = balance
            else:
                self.others[bucket] = balance


@dataclass(slots=True)
class LaneRun:
    """A lane at work: its barrier, what a passage costs, and whom it has just answered."""

    id: LaneId
    name: str
    direction: str
    barrier: Barrier | None = None
    fee_minor: int = 0
    least_score: int = 0
    recent: list[Arrival] = field(default_factory=list)


async def _no_calendars(calendar: str) -> None:
    raise CoreError("unknown_calendar", calendar=calendar)


def _no_tasks(work: Coroutine[None, None, None]) -> None:
    work.close()
    raise RuntimeError("the site has nobody to run tasks")


@dataclass(slots=True, kw_only=True)
class Site:
    """Everything an operation works on. One event loop uses it; nothing in it is shared with a thread.

    `tell` receives every fact. `wake` marks a meter whose supply has to be decided anew, `look_again`
    asks for a reading at once, `hurry` says that a meter's `fast` has changed, `spawn` runs what must
    not hold up the others. `holidays` knows the calendars that were learned by `learn_calendar`. `can_pay` and `emergency` are said by the shell; a clock before
    `not_before` is not believed.

    `turn` is held by whoever changes meters, wallets or rules: see `turn.py`.
    """

    name: str
    currency: Currency
    zone: tzinfo
    books: Books
    privacy: Privacy
    clock: Clock
    tell: Callable[[Fact], None]
    wallets: dict[WalletId, WalletRun] = field(default_factory=dict)
    meters: dict[MeterId, MeterRun] = field(default_factory=dict)
    installations: dict[InstallationId, Installation] = field(default_factory=dict)
    tariffs: dict[TariffId, Pricer] = field(default_factory=dict)
    published: dict[TariffId, list[TariffVersion]] = field(default_factory=dict)
    withdrawn: set[tuple[TariffId, int]] = field(default_factory=set)
    corrections: dict[str, PriceCorrection] = field(default_factory=dict)
    correcting: set[str] = field(default_factory=set)
    policies: dict[PolicyId, list[Policy]] = field(default_factory=dict)
    promotions: dict[PromotionId, list[Promotion]] = field(default_factory=dict)
    granted: dict[tuple[PromotionId, WalletId], Granted] = field(default_factory=dict)
    granted_minor: dict[PromotionId, int] = field(default_factory=dict)
    points_rules: list[PointsRule] = field(default_factory=list)
    top_up_fees: dict[FeeId, list[TopUpFee]] = field(default_factory=dict)
    proof: Proof | None = None
    audited: Proof | None = None
    units: dict[UnitId, Unit] = field(default_factory=dict)
    occupancies: dict[UnitId, list[Occupancy]] = field(default_factory=dict)
    shares: dict[WalletId, Shares] = field(default_factory=dict)
    share_counts: dict[tuple[WalletId, str], int] = field(default_factory=dict)
    habits: dict[MeterId, Habit] = field(default_factory=dict)
    hints: dict[tuple[MeterId, HintKind], Hint] = field(default_factory=dict)
    thresholds: Thresholds = field(default_factory=Thresholds)
    loss_days: dict[MeterId, date] = field(default_factory=dict)
    counted_back: dict[MeterId, tuple[date, float]] = field(default_factory=dict)
    cards: dict[CardId, Card] = field(default_factory=dict)
    credentials: dict[bytes, Credential] = field(default_factory=dict)
    lanes: dict[LaneId, LaneRun] = field(default_factory=dict)
    doubts: dict[str, OpenDoubt] = field(default_factory=dict)
    deposits: dict[DepositId, Deposit] = field(default_factory=dict)
    packages: dict[PackageId, Package] = field(default_factory=dict)
    points: dict[PointId, UsePoint] = field(default_factory=dict)
    uses: dict[UseId, UseRun] = field(default_factory=dict)
    taps: dict[tuple[PointId, bytes], tuple[datetime, Tapped]] = field(default_factory=dict)
    things: Things = field(default_factory=NoThings)
    pools: dict[tuple[str, TariffId], Pool] = field(default_factory=dict)
    began: dict[str, datetime] = field(default_factory=dict)
    billing: dict[Category, BillingRules] = field(default_factory=dict)
    bill_series: dict[str, int] = field(default_factory=dict)
    bills_doubtful: bool = False
    closed_month: str = ""
    recurring: dict[RecurringId, RecurringCharge] = field(default_factory=dict)
    billed_day: date | None = None
    to_bill: list[tuple[str, str]] = field(default_factory=list)
    standing: dict[MeterId, StandingCursor] = field(default_factory=dict)
    standing_doubtful: bool = False
    demands: dict[MeterId, DemandState] = field(default_factory=dict)
    demands_unkept: set[MeterId] = field(default_factory=set)
    demands_ended: set[MeterId] = field(default_factory=set)
    hour_marks: dict[MeterId, HourMark] = field(default_factory=dict)
    hour_costs: dict[MeterId, int] = field(default_factory=dict)
    hours_noted: dict[MeterId, MeterDay] = field(default_factory=dict)
    supplying: SupplyBook = field(default_factory=SupplyBook)
    outlook: Outlook = field(default_factory=Outlook)
    woken: set[MeterId] = field(default_factory=set)
    woken_wallets: set[WalletId] = field(default_factory=set)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    wake_up: Callable[[], None] = lambda: None
    look_again: Callable[[MeterRun], None] = lambda _: None
    hurry: Callable[[MeterRun], None] = lambda _: None
    spawn: Callable[[Coroutine[None, None, None]], None] = _no_tasks
    not_before: datetime = ALWAYS
    clock_ok: bool = True
    can_pay: bool = True
    emergency: bool = False
    outdoor_warm: bool | None = None
    holidays: Holidays = no_holidays
    learn_calendar: Callable[[str], Awaitable[None]] = _no_calendars
    trouble: str = ""
    refusals: dict[tuple[str, str], CoreError] = field(default_factory=dict)

    def wallet(self, wallet: str) -> WalletRun:
        """Return a wallet by id, or refuse in words."""
        run = self.wallets.get(WalletId(wallet))
        if run is None:
            raise CoreError("unknown_wallet", wallet=wallet)
        return run

    def meter(self, meter: str) -> MeterRun:
        """Return a meter by id, or refuse in words."""
        run = self.meters.get(MeterId(meter))
        if run is None:
            raise CoreError("unknown_meter", meter=meter)
        return run

    def unit(self, unit: str) -> Unit:
        """Return a unit by id, or refuse in words."""
        known = self.units.get(UnitId(unit))
        if known is None:
            raise CoreError("unknown_unit", unit=unit)
        return known

    def lane(self, lane: str) -> LaneRun:
        """Return a lane by id, or refuse in words."""
        run = self.lanes.get(LaneId(lane))
        if run is None:
            raise CoreError("unknown_lane", lane=lane)
        return run

    def policy_of(self, wallet: Wallet) -> Policy:
        """Return the newest version in effect of a wallet's policy."""
        now = self.clock()
        versions = self.policies[wallet.policy]
        return next((one for one in reversed(versions) if one.valid_from <= now), versions[0])

    def books_trouble(self, key: str, detail: str = "") -> None:
        """Say once that the books cannot be written and why, and once that they can again."""
        if key != self.trouble:
            self.trouble = key
            self.tell(BooksTrouble(key=key, detail=detail))

    def refused(self, step: str, what: str, why: CoreError | None) -> None:
        """Say once that the rules refused what the site does by itself, and once that it goes again."""
        known = self.refusals.get((step, what))
        if str(known) == str(why):
            return
        if why is None:
            del self.refusals[step, what]
        else:
            self.refusals[step, what] = why
        self.tell(StepRefused(step=step, what=what, why=why))

    def books_written(self) -> None:
        """Say that trouble is over when something was written and nothing waits to be posted."""
        if self.trouble and all(run.closing is None for run in self.meters.values()):
            self.books_trouble("")

    def wake(self, meters: Iterable[MeterRun]) -> None:
        """Ask for these meters' supplies to be decided at once."""
        self.woken.update(run.meter.id for run in meters)
        self.wake_up()

    def wake_wallet(self, wallet: WalletRun) -> None:
        """Ask for a wallet's watch and its meters' supplies to be looked at: its money has moved."""
        self.woken_wallets.add(wallet.wallet.id)
        self.wake_up()


def utc_now() -> datetime:
    """Return the present instant: the clock a running site is given."""
    return datetime.now(UTC)
