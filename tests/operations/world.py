"""A site with real books, devices that behave like devices, and a clock that a test turns."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
import contextlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
import resource
import tempfile
from typing import Any, Final, Self

from custom_components.prepaid_parking.core.errors import DeviceError, DeviceFault
from custom_components.prepaid_parking.core.identity import Actor, ActorKind, LaneId, MeterId
from custom_components.prepaid_parking.core.ledger import Receipt
from custom_components.prepaid_parking.core.metering import (
    BASE_PER_UNIT,
    Commodity,
    Origin,
    Quantity,
    Sample,
)
from custom_components.prepaid_parking.core.money import Currency
from custom_components.prepaid_parking.core.supply import RestoreMode
from custom_components.prepaid_parking.core.tariff_format import read_tariff
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.cashier import top_up
from custom_components.prepaid_parking.operations.facts import Fact, WalletEvent, WalletFact
from custom_components.prepaid_parking.operations.keeper import Keeper
from custom_components.prepaid_parking.operations.lane_run import LaneRun
from custom_components.prepaid_parking.operations.loading import load_site
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.office import add_meter, bind_meter
from custom_components.prepaid_parking.operations.opening_wallet import open_wallet
from custom_components.prepaid_parking.operations.rules import ensure_standard, set_policy
from custom_components.prepaid_parking.operations.site import Site
from custom_components.prepaid_parking.operations.tariff_book import publish_tariff
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from custom_components.prepaid_parking.store.books import Books
from custom_components.prepaid_parking.store.opening import create_file
from custom_components.prepaid_parking.store.privacy import Privacy

KWH: Final = BASE_PER_UNIT[Quantity.ENERGY]
SECOND: Final = timedelta(seconds=1)
MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
NOON: Final = datetime(2026, 7, 1, 12, tzinfo=UTC)
"""A Wednesday."""
MANAGER: Final = Actor(kind=ActorKind.USER, id="manager")
SITE: Final = "0123456789abcdef0123456789abcdef"
CURRENCY: Final = "CNY"
BOOKS: Final = "site.db"
FLAT: Final = {"tariff": "home", "quantity": "energy", "price": "0.80"}
DAY_AND_NIGHT: Final = {
    "tariff": "banded",
    "quantity": "energy",
    "rates": {"day": "1.00", "night": "0.25"},
    "bands": [{"rate": "day", "from": "06:00", "to": "22:00"}],
    "otherwise": "night",
}


@cache
def _empty(currency: str) -> dict[str, bytes]:
    """Return the files of books that were just made: a hundred tables take longer than most tests."""
    with tempfile.TemporaryDirectory() as folder:
        create_file(Path(folder) / BOOKS, site=SITE, currency=currency)
        return {one.name: one.read_bytes() for one in Path(folder).iterdir()}


class Clock:
    """The site's clock."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@dataclass
class RelayDevice:
    """A relay as it behaves on a bus: it obeys, refuses, pretends, or loses its answer."""

    clock: Clock
    on: bool = True
    refuses: DeviceFault | None = None
    moves: bool = True
    answers: bool = True
    written: list[tuple[datetime, bool]] = field(default_factory=list)

    async def switch(self, on: bool) -> None:
        """Take a command."""
        if self.refuses is not None:
            raise DeviceError(self.refuses)
        self.written.append((self.clock(), on))
        if self.moves:
            self.on = on
        if not self.answers:
            raise DeviceError(DeviceFault.NO_ANSWER)


@dataclass
class BarrierDevice:
    """A barrier's OPEN input."""

    pulses: int = 0
    fault: DeviceFault | None = None
    opened: Callable[[], None] = lambda: None

    async def pulse(self) -> None:
        """Open once."""
        self.pulses += 1
        self.opened()
        if self.fault is not None:
            raise DeviceError(self.fault)


class World:
    """What a test acts on. `restart` drops everything that is not on disk, without a word."""

    def __init__(self, folder: Path, clock: Clock, zone: tzinfo, currency: str) -> None:
        self.folder, self.clock, self.zone, self.currency = folder, clock, zone, currency
        self.facts: list[Fact] = []
        self.relays: dict[MeterId, RelayDevice] = {}
        self.registers: dict[MeterId, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._failures: list[BaseException] = []
        self.site: Site
        self.books: Books
        self.keeper: Keeper

    @classmethod
    async def open(
        cls,
        folder: Path,
        *,
        at: datetime = NOON,
        zone: tzinfo = UTC,
        currency: str = CURRENCY,
        tariffs: tuple[dict[str, Any], ...] = (FLAT,),
    ) -> Self:
        """Make a site with its standard policy and these tariffs."""
        world = cls(folder, Clock(at), zone, currency)
        await world._load()
        await ensure_standard(world.site)
        for document in tariffs:
            await world.publish(document, since=datetime(2026, 1, 1, tzinfo=UTC))
        return world

    @classmethod
    async def reopen(cls, folder: Path, *, at: datetime) -> Self:
        """Come back to a site that another process has left, or died over."""
        world = cls(folder, Clock(at), UTC, CURRENCY)
        await world._load()
        return world

    async def _load(self) -> None:
        path = self.folder / BOOKS
        if not path.exists():
            for name, content in _empty(self.currency).items():
                (self.folder / name).write_bytes(content)
        self.books = await Books.open(path, site=SITE, currency=self.currency, clock=self.clock)
        await self._load_site(path)

    async def _load_site(self, path: Path) -> None:
        self.site = Site(
            name="Site",
            currency=Currency.of(self.currency),
            zone=self.zone,
            books=self.books,
            privacy=await Privacy.open(
                self.books, path.with_suffix(".kek"), erased=path.with_suffix(".erased")
            ),
            clock=self.clock,
            tell=self.facts.append,
        )
        self.site.spawn = self._spawn
        await load_site(self.site)
        self.keeper = Keeper(self.site)
        for meter, relay in self.relays.items():
            self.site.meters[meter].relay = relay

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            self._failures.append(failure)

    async def restart(self) -> None:
        """Die and come back: memory is gone, the books are what they are."""
        for task in list(self._tasks):
            task.cancel()
        await self.books.close()
        await self._load()

    async def forget(self) -> None:
        """Lose what is in memory, the books stay open: a restart for rules that need many of them.

        To close the books and to open them again is nine tenths of a restart's time.
        """
        for task in list(self._tasks):
            task.cancel()
        await self._load_site(self.folder / BOOKS)

    async def close(self) -> None:
        """Close the books."""
        await self.books.close()

    @contextlib.contextmanager
    def full_disk(self) -> Iterator[None]:
        """Let no file of this process grow: what SQLite sees is a medium that takes nothing more."""
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    # --- time ----------------------------------------------------------------------------------

    async def work(self) -> None:
        """Let the keeper work until nothing is left to do."""
        while True:
            await self.keeper.work()
            while self._tasks:
                await asyncio.wait(self._tasks)
                await asyncio.sleep(0)
            if self._failures:
                raise self._failures.pop()
                await asyncio.sleep(0)  # Gathering what is done already does not yield.
            if not (self.site.woken or self.site.woken_wallets):
                return

    async def tick(self, after: timedelta = SECOND) -> None:
        """Let time pass and the keeper do what it brings."""
        self.clock.now += after
        await self.keeper.tick()
        await self.work()

    async def wait(self, length: timedelta, every: timedelta, *, reading: bool = True) -> None:
        """Let time pass in steps; each meter is read at every step."""
        end = self.clock.now + length
        while self.clock.now < end:
            await self.keeper.tick()
            self.clock.now += min(every, end - self.clock.now)
            if reading:
                for meter in self.registers:
                    self.offer(meter)
            await self.work()

    # --- readings ------------------------------------------------------------------------------

    def offer(self, meter: MeterId, **fields: Any) -> None:
        """Let a line deliver what the meter says now, with its relay."""
        relay = self.relays.get(meter)
        told: dict[str, Any] = {
            "at": self.clock.now,
            "origin": Origin.POLLED,
            "register": self.registers[meter],
            "supplied": relay.on if relay is not None else None,
        }
        self.keeper.offer(meter, Sample(**(told | fields)))

    async def read(self, meter: MeterId, used: int = 0, after: timedelta = SECOND) -> None:
        """Let a meter count on (base units) for a while and be read."""
        self.registers[meter] += used
        self.clock.now += after
        await self.look(meter)

    async def look(self, meter: MeterId, **fields: Any) -> None:
        """Read a meter as it is, or as given."""
        self.offer(meter, **fields)
        await self.work()

    # --- the desk ------------------------------------------------------------------------------

    async def publish(self, document: dict[str, Any], *, since: datetime | None = None) -> Receipt:
        """Publish a version of a tariff."""
        known = self.site.tariffs.get(document["tariff"])
        number = 1 + max((one.version for one in known.versions), default=0) if known else 1
        written = read_tariff(document, version=number, valid_from=since or self.clock.now)
        return await publish_tariff(self.site, version=written, actor=MANAGER)

    async def policy(self, name: str = "standard", **changes: Any) -> None:
        """Set a policy's next version."""
        await set_policy(self.site, policy=name, changes=changes, actor=MANAGER)

    async def wallet(
        self,
        money: str = "",
        *,
        unit: str = "",
        purpose: Purpose = Purpose.UTILITY,
        **fields: Any,
    ) -> WalletRun:
        """Open a wallet with some money in it."""
        receipt = await open_wallet(
            self.site,
            unit=unit or f"Flat {len(self.site.wallets) + 1}",
            purpose=purpose,
            actor=MANAGER,
            **fields,
        )
        run = self.site.wallet(str(receipt.detail["wallet"]))
        if money:
            await self.pay(run, money)
        return run

    async def pay(self, wallet: WalletRun, money: str, **fields: Any) -> Receipt:
        """Put money into a wallet."""
        return await top_up(
            self.site,
            wallet=wallet.wallet.id,
            amount_minor=self.site.currency.parse(money),
            actor=MANAGER,
            **fields,
        )

    async def meter(
        self,
        wallet: WalletRun | None = None,
        *,
        tariff: str = "home",
        register: int = 1000 * KWH,
        relay: bool = False,
        restore: RestoreMode = RestoreMode.AUTO,
        commodity: Commodity = Commodity.ELECTRICITY,
        max_rate: int = 10 * KWH,
        modulus: int | None = 1_000_000 * KWH,
        jitter: int = 1_000,
        serial: str = "",
    ) -> MeterRun:
        """Add a meter, read it, and let a wallet pay for it."""
        run = await add_meter(
            self.site,
            profile="acrel_ddsy1352",
            serial=serial or f"A{len(self.site.meters) + 1}",
            name=f"Meter {len(self.site.meters) + 1}",
            commodity=commodity,
            quantity=Quantity.ENERGY,
            max_rate=max_rate,
            modulus=modulus,
            jitter=jitter,
            restore=restore,
            actor=MANAGER,
        )
        meter = run.meter.id
        self.registers[meter] = register
        if relay:
            run.relay = self.relays[meter] = RelayDevice(self.clock)
        await self.look(meter)
        if wallet is not None:
            await bind_meter(
                self.site, meter=meter, wallet=wallet.wallet.id, tariff=tariff, actor=MANAGER
            )
            await self.work()
        return run

    def lane(
        self, *, fee: str = "0", least_score: int = 0, direction: str = "entry", **fields: Any
    ) -> tuple[LaneRun, BarrierDevice]:
        """Put a barrier up."""
        barrier = BarrierDevice()
        lane = LaneId(f"l{len(self.site.lanes) + 1}")
        run = self.site.lanes[lane] = LaneRun(
            id=lane,
            name="Gate",
            direction=direction,
            barrier=barrier,
            fee_minor=self.site.currency.parse(fee),
            least_score=least_score,
            **fields,
        )
        return run, barrier

    # --- what happened -------------------------------------------------------------------------

    def heard[F: Any](self, kind: type[F]) -> list[F]:
        """Return the facts of a kind, in order."""
        return [fact for fact in self.facts if isinstance(fact, kind)]

    def events(self, wallet: WalletRun) -> list[WalletEvent]:
        """Return what happened to a wallet, charges left out."""
        return [
            fact.event
            for fact in self.heard(WalletFact)
            if fact.wallet == wallet.wallet.id and fact.event is not WalletEvent.CHARGED
        ]

    def text(self, minor: int) -> str:
        """Write an amount as people do."""
        return self.site.currency.text(minor)

    def run(self, meter: MeterId) -> MeterRun:
        """Return a meter's run, which a restart makes anew."""
        return self.site.meters[meter]

    def wallet_now(self, wallet: WalletRun) -> WalletRun:
        """Return a wallet's run after a restart."""
        return self.site.wallets[wallet.wallet.id]
