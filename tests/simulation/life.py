"""One life: what is drawn happens to a site, and after every step its books must be true."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
import random
from typing import Final, override
from zoneinfo import ZoneInfo

from custom_components.prepaid_parking.core.chart import Measure, measure_of, owner_of
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import MeterId, WalletId
from custom_components.prepaid_parking.core.ledger import AccountId
from custom_components.prepaid_parking.core.metering import DoubtKind, Origin
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.places import update_meter_place
from custom_components.prepaid_parking.operations.site import Site
from custom_components.prepaid_parking.operations.units import Draft, set_unit
from tests.operations.money import is_sound
from tests.operations.world import KWH, MANAGER, World
from tests.simulation.accounts import Meter, same
from tests.simulation.audit import Audit
from tests.simulation.devices import JITTER, MAX_RATE, MODULUS, Device, Relay
from tests.simulation.documents import draw
from tests.simulation.faults import Killer, Surprises
from tests.simulation.prices import Home, Prices

ZONES: Final = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Shanghai",
    "America/St_Johns",
)
BEGINNINGS: Final = (
    datetime(2026, 3, 6, 9, tzinfo=UTC),
    datetime(2026, 3, 25, 20, tzinfo=UTC),
    datetime(2026, 10, 1, 3, tzinfo=UTC),
    datetime(2026, 10, 22, 16, tzinfo=UTC),
    datetime(2026, 12, 28, 11, tzinfo=UTC),
)
FIRST: Final = "hub0"
"""Where the files of the first hub lie."""
METERS: Final = 4
TARIFFS: Final = 3
LONG_AGO: Final = datetime(2026, 1, 1, tzinfo=UTC)


class SimulatedWorld(World):
    """A world whose hub may be killed: it goes on from the files as they lay there.

    Whoever lives in it is told of each site that is `loaded`, to connect it with what is outside.
    """

    loaded: Callable[[Site], object] = staticmethod(lambda _: None)

    @override
    async def _load(self) -> None:
        await super()._load()
        self.loaded(self.site)

    async def rest(self) -> None:
        """Let what goes on beside the keeper come to its end."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def take_over(self, folder: Path) -> None:
        """Put the dream of the dead process away, and start from its files."""
        for task in list(self._tasks):
            task.cancel()
        await self.books.close()
        self.folder = folder
        self._failures.clear()
        await self._load()


class Life:
    """A site with its people, made of one seed."""

    def __init__(self, seed: int, folder: Path) -> None:
        """Draw where and when it is."""
        self.rng = random.Random(seed)
        self.folder = folder
        self.killer = Killer()
        self._surprises = Surprises()
        self.zone = ZoneInfo(self.rng.choice(ZONES))
        self.audit = Audit(Prices(self.zone))
        self.devices: list[Device] = []
        self.world: SimulatedWorld
        self.cuts = 0
        self.awake_to = LONG_AGO
        self.wrongs: list[str] = []
        self.serials = self.references = self.refused = 0
        self.steps = 0
        self.latest = self.rng.choice(BEGINNINGS)

    async def begin(self) -> None:
        """Build the site: meters, a flat with two of them, tariffs, wallets."""
        first = self.folder / FIRST
        self.world = await SimulatedWorld.open(first, at=self.latest, zone=self.zone, tariffs=())
        for number in range(1, TARIFFS + 1):
            document = draw(self.rng, f"tariff{number}")
            await self.world.publish(document, since=LONG_AGO)
            self.audit.prices.publish(document, LONG_AGO)
        for number in range(METERS):
            await self._put_up(number)
        await self.furnish()

    async def furnish(self) -> None:
        """Let people move in."""

    async def end(self) -> None:
        """Put the world away."""
        self.killer.close()
        self._surprises.close()
        if hasattr(self, "world"):
            await self.world.close()

    async def _put_up(self, number: int) -> None:
        rng, begun = self.rng, self.rng.choice((0, 500, 930, 985, 999)) * KWH
        run = await self.world.meter(
            register=begun,
            relay=True,
            max_rate=MAX_RATE,
            modulus=MODULUS,
            jitter=JITTER,
            serial=f"S{number}",
        )
        pool = f"meter/{run.meter.id}"
        if number < 2:
            pool = "unit/u1"
            if number == 0:
                persons = rng.randrange(6)
                draft = Draft(changes={"name": "Flat 1", "persons": persons})
                await set_unit(self.world.site, draft=draft, actor=MANAGER)
                self.audit.homes[pool] = Home(persons)
            await update_meter_place(self.world.site, meter=run.meter.id, unit="u1", actor=MANAGER)
        relay = Relay(self.world.clock, killer=self.killer)
        relay.judge = partial(self.judge, run.meter.id)
        run.relay = self.world.relays[run.meter.id] = relay
        book = Meter(run.meter.id, pool, [(self.now, 0)])
        self.audit.meters[book.id] = book
        device = Device(book, f"S{number}", begun, register=begun, known=f"S{number}")
        device.per_hour = rng.choice((KWH // 7, KWH, 3 * KWH))
        self.devices.append(device)

    def reference(self) -> str:
        """A reference that was never used."""
        self.references += 1
        return f"r{self.references}"

    # --- time and readings -----------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """What the hub's clock shows."""
        return self.world.clock.now

    def run(self, device: Device) -> MeterRun:
        """What the site knows of a meter."""
        return self.world.site.meters[device.id]

    def any_device(self, *, bound: bool | None = None, sure: bool = False) -> Device | None:
        """One of the meters, or None: bound or not, without a doubt."""
        those = [
            one
            for one in self.devices
            if bound in (None, bool(one.tenancy)) and not (sure and (one.doubt or one.strange))
        ]
        return self.rng.choice(those) if those else None

    def pass_time(self, length: timedelta) -> None:
        """Let the meters count; each keeps what it showed at times, to be told later."""
        self.world.clock.now += length
        for device in self.devices:
            if not self.world.relays[device.id].on:
                continue
            most = device.per_hour * (length // timedelta(seconds=1)) // 3_600
            if self.rng.random() < 0.8:
                device.counted += self.rng.randint(0, most)
            self.world.registers[device.id] = device.shows
            if self.rng.random() < 0.5:
                device.kept.append((self.now, device.shows, device.total))
                del device.kept[:-12]

    def hear(
        self,
        device: Device,
        *,
        at: datetime | None = None,
        register: int | None = None,
        serial: bool = False,
        origin: Origin = Origin.POLLED,
    ) -> None:
        """Let the line deliver a reading: what the meter shows now, or something else."""
        shown = device.shows if register is None else register
        said = device.serial if serial or device.strange else None
        when = self.now if at is None else at
        device.hears(when, shown, said, origin, self.now)
        self.world.offer(device.id, at=when, register=shown, serial=said, origin=origin)

    async def keeper_ticks(self) -> None:
        """Let whoever keeps the hub by then do what time brings."""
        self.awake_to = max(self.awake_to, self.now)
        await self.world.keeper.tick()
        await self.world.rest()

    async def keeper_stops(self) -> None:
        """Let whoever keeps the hub by then stop in order."""
        await self.world.keeper.stop()

    # --- death -----------------------------------------------------------------------------------

    def arm(self, folder: Path, within: int = 60) -> None:
        """Let the hub die soon, after a drawn number of statements."""
        image = self.folder / f"hub{self.killer.kills + 1}"
        self.killer.arm(self.rng.randrange(within), folder, image)

    async def act[R](self, work: Callable[[], Awaitable[R]]) -> R | None:
        """Do something at the hub; if it dies meanwhile, no answer is heard, and it is done again."""
        while True:
            answer: R | None = None
            failure: Exception | None = None
            try:
                answer = await work()
            except CoreError as err:
                failure = err
            if not self.killer.died:
                if failure is not None:
                    self.refused += 1
                return answer
            await self.rise()

    def judge(self, meter: MeterId, on: bool) -> None:
        """Say whether a supply may be switched now: only for money, and not by a clock that lies."""
        site = self.world.site
        device = next(one for one in self.devices if one.id == meter)
        owing = False
        if device.tenancy and self.run(device).binding is not None:
            owing = site.wallets[WalletId(device.payer.wallet)].available_minor < 0
        if not on:
            self.cuts += 1
            if not owing:
                self.wrongs.append(f"{meter} is cut off and has paid")
            if device.tenancy and device.payer.wallet in self.audit.weights:
                self.wrongs.append(f"{meter} is cut off, and several pay for it")
            if self.now < self.awake_to - timedelta(minutes=1):
                self.wrongs.append(f"{meter} is cut off by a clock that was set back")

    async def rise(self) -> None:
        """Start the hub again from what lies on the disk, and see what it still knows."""
        while True:
            image = self.killer.reborn()
            if self.rng.random() < 0.1:
                self.arm(image)
            await self.world.take_over(image)
            if not self.killer.died:
                break
        self._surprises.forget()
        self.wrongs.clear()
        self.awake_to = LONG_AGO
        await self.read_books()
        for device in self.devices:
            run = self.run(device)
            doubt = run.doubt
            device.doubt = DoubtKind(doubt.kind) if doubt is not None else None
            device.doubted_at = doubt.at if doubt is not None else None
            window = run.window
            if not device.tenancy or window is None:
                continue
            device.changes[:] = [
                (one.at, str(one.tariff)) for one in run.changes if one.binding == device.tenancy
            ]
            device.payer.tariffs = [
                one for one in device.payer.tariffs if one not in device.changes
            ]
            total = device.payer.posted + window.to_register - window.from_register
            points, there = device.book.points, (window.to_at, total)
            assert there in points, f"{device.id} stands at {there}, where nobody read it"
            while points[-1] != there:
                points.pop()
            device.register = window.to_register

    # --- what must hold --------------------------------------------------------------------------

    async def read_books(self) -> None:
        """Audit what was booked since."""
        self.audit.read(await self.world.books.entries(after=self.audit.seen, limit=10_000))

    async def check(self) -> None:
        """Every unit of energy and of money is where it must be."""
        self._surprises.raise_first()
        assert not self.wrongs, self.wrongs[0]
        await self.read_books()
        balances = await self.world.books.balances()
        same("the balances", _not_empty(self.audit.balances), _not_empty(balances))
        for measure in Measure:
            whole = sum(one for account, one in balances.items() if measure_of(account) is measure)
            same(f"the sum of all {measure}", 0, whole)
        worth = dict.fromkeys((one.wallet.no for one in self.world.site.wallets.values()), 0)
        for account, balance in balances.items():
            if owner_of(account) and measure_of(account) is Measure.MONEY:
                worth[owner_of(account)] += balance
        self.check_wallets(worth)
        for device in self.devices:
            self._check_meter(device)
        if self.killer.died:  # While it was asked for its books: who acts next finds it alive.
            await self.rise()

    def check_wallets(self, worth: dict[int, int]) -> None:
        """Compare what wallets have with what happened to them."""

    def _check_meter(self, device: Device) -> None:
        run = self.run(device)
        doubt = None if run.doubt is None else run.doubt.kind
        same(f"the doubt of {device.id}", device.doubt, doubt)
        same(f"{device.id} is bound", bool(device.tenancy), run.binding is not None)
        if not device.tenancy:
            return
        window, (at, total) = run.window, device.book.last
        assert window is not None
        assert run.closing is None, f"{device.id} waits for books that can be written"
        used = device.payer.posted + window.to_register - window.from_register
        same(f"what went through {device.id}", (at, total), (window.to_at, used))
        if run.pool is not None and len(run.pool.runs) == 1:
            minor = self.audit.open_cost(device.book, device.payer)
            found = window.carry + window.numerator
            same(f"the open window of {device.id}", minor * window.denominator, found)

    async def last_check(self) -> None:
        """At the end of a life, the whole of its books."""
        verdict = await self.world.books.verify()
        same("the chain", (None, ""), (verdict.first_bad, verdict.problem))
        await is_sound(self.world)


def _not_empty(balances: Mapping[AccountId, int]) -> dict[AccountId, int]:
    return {account: balance for account, balance in balances.items() if balance}
