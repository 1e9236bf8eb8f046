"""The site in memory: its wallets, meters, tariffs and ports. It holds them and computes nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Final, Literal, override

from ..core.calendars import Holidays, no_holidays
from ..core.errors import CoreError
from ..core.identity import (
    CardId,
    InstallationId,
    LaneId,
    MeterId,
    PolicyId,
    TariffId,
    UnitId,
    WalletId,
)
from ..core.metering import Installation, OpenDoubt
from ..core.money import Currency
from ..core.policy import Policy
from ..core.proof import Proof
from ..core.tariff import Pricer
from ..core.unit import Unit
from ..core.wallet import Card, Credential, Wallet
from .billing_book import BillingBook
from .desk_book import DeskBook
from .extras_book import ExtrasBook
from .facts import BooksTrouble, Fact, StepRefused
from .hint_book import HintBook
from .hour_book import HourBook
from .house_book import HouseBook
from .lane_run import LaneRun
from .meter_run import MeterRun, Pool
from .offline_book import OfflineBook
from .outlook import Outlook
from .parking_book import ParkingBook
from .pay_book import PayBook
from .pay_code_book import PayCodeBook
from .pay_visit_book import PayVisits
from .period_book import PeriodBook
from .ports import Books, Clock, Privacy
from .price_book import PriceBook
from .risk_book import RiskBook
from .settling_book import SettlingBook
from .supply_book import SupplyBook
from .use_book import UseBook
from .wallet_run import WalletRun

ALWAYS: Final = datetime.min.replace(tzinfo=UTC)


async def _no_calendars(calendar: str) -> None:
    raise CoreError("unknown_calendar", calendar=calendar)


def _no_tasks(work: Coroutine[None, None, None]) -> None:
    work.close()
    raise RuntimeError("the site has nobody to run tasks")


class Turn(asyncio.Lock):
    """What is held by whoever changes meters, wallets or rules, and begun on what is in the books."""

    recall: Callable[[], Awaitable[None]] | None = None

    @override
    async def acquire(self) -> Literal[True]:
        """Wait for the turn, then for what nobody heard the end of (`recalling.py`)."""
        await super().acquire()
        try:
            if self.recall is not None:
                await self.recall()
        except BaseException:
            self.release()
            raise
        return True


@dataclass(slots=True, kw_only=True)
class Site:
    """Everything an operation works on. One event loop uses it; nothing in it is shared with a thread.

    `tell` receives every fact. `wake` marks a meter whose supply has to be decided anew,
    `look_again` asks for a reading at once, `hurry` says that a meter's `fast` has changed, `spawn`
    runs what must not hold up the others. `holidays` knows the calendars that were learned by
    `learn_calendar`. `can_pay` and `emergency` are said by the shell; a clock before `not_before`
    is not believed.

    `turn` is held by whoever changes meters, wallets or rules: see `turn.py`. `unheard` are the
    numbers of wallets that a failed write was about, 0 for the site itself: see `unheard.py`.
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
    policies: dict[PolicyId, list[Policy]] = field(default_factory=dict)
    proof: Proof | None = None
    audited: Proof | None = None
    cards: dict[CardId, Card] = field(default_factory=dict)
    credentials: dict[bytes, Credential] = field(default_factory=dict)
    lanes: dict[LaneId, LaneRun] = field(default_factory=dict)
    doubts: dict[str, OpenDoubt] = field(default_factory=dict)
    pools: dict[tuple[str, TariffId], Pool] = field(default_factory=dict)
    began: dict[str, datetime] = field(default_factory=dict)
    house: HouseBook = field(default_factory=HouseBook)
    hinting: HintBook = field(default_factory=HintBook)
    using: UseBook = field(default_factory=UseBook)
    billing: BillingBook = field(default_factory=BillingBook)
    periodic: PeriodBook = field(default_factory=PeriodBook)
    extras: ExtrasBook = field(default_factory=ExtrasBook)
    hours: HourBook = field(default_factory=HourBook)
    pricing: PriceBook = field(default_factory=PriceBook)
    supplying: SupplyBook = field(default_factory=SupplyBook)
    outlook: Outlook = field(default_factory=Outlook)
    offline: OfflineBook = field(default_factory=OfflineBook)
    parking: ParkingBook = field(default_factory=ParkingBook)
    desk: DeskBook = field(default_factory=DeskBook)
    codes: PayCodeBook = field(default_factory=PayCodeBook)
    pay_visits: PayVisits = field(default_factory=PayVisits)
    risking: RiskBook = field(default_factory=RiskBook)
    paying: PayBook = field(default_factory=PayBook)
    settling: SettlingBook = field(default_factory=SettlingBook)
    woken: set[MeterId] = field(default_factory=set)
    woken_wallets: set[WalletId] = field(default_factory=set)
    turn: Turn = field(default_factory=Turn)
    unheard: set[int] = field(default_factory=set)
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
        known = self.house.units.get(UnitId(unit))
        if known is None:
            raise CoreError("unknown_unit", unit=unit)
        return known

    def lane(self, lane: str) -> LaneRun:
        """Return a lane by id, or refuse in words."""
        run = self.lanes.get(LaneId(lane))
        if run is None:
            raise CoreError("unknown_lane", lane=lane)
        return run

    def on_the_wall(self, at: datetime) -> str:
        """Write an instant for a person: as the clock on the site's wall shows it."""
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M}"

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
