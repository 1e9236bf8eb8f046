"""What happens to meters in a life, and to their readings on the way."""

from datetime import datetime, timedelta

from custom_components.prepaid_parking.core.identity import TariffId
from custom_components.prepaid_parking.core.metering import DoubtKind, Origin
from custom_components.prepaid_parking.operations.assigning import Selection, assign_tariff
from custom_components.prepaid_parking.operations.office import (
    Settlement,
    bind_meter,
    import_readings,
    replace_meter,
    settle_doubt,
    unbind_meter,
)
from custom_components.prepaid_parking.operations.units import Draft, set_unit
from custom_components.prepaid_parking.operations.usage import checkpoint, close_windows
from tests.operations.world import HOUR, KWH, MANAGER, MINUTE, SECOND
from tests.simulation.accounts import Tenancy, same
from tests.simulation.days import DAY, begins
from tests.simulation.devices import JITTER, MODULUS, Device
from tests.simulation.documents import draw
from tests.simulation.life import LONG_AGO, Life
from tests.simulation.prices import Home


class MeteredLife(Life):
    """Readings come, or not; meters are swapped, tariffs change, tenants come and go."""

    deaths = 0

    # --- readings --------------------------------------------------------------------------------

    async def read(self) -> None:
        """Some time passes, and each meter is read; not every reading arrives as it was sent."""
        self.pass_time(self._while())
        for device in self.rng.sample(self.devices, len(self.devices)):
            self._arrives(device)
        await self.act(self.world.work)

    async def burst(self) -> None:
        """Readings every few minutes."""
        for _ in range(self.rng.randrange(2, 6)):
            self.pass_time(self.rng.randrange(10, 1_200) * SECOND)
            for device in self.devices:
                self.hear(device, serial=self.rng.random() < 0.2)
            await self.act(self.world.work)

    async def silence(self) -> None:
        """Nothing arrives for half a day; what the meters kept may be told later."""
        for _ in range(self.rng.randrange(2, 6)):
            self.pass_time(self.rng.randrange(1, 5) * HOUR + self.rng.randrange(3_600) * SECOND)
        if self.rng.random() < 0.5:
            await self.act(self.keeper_ticks)

    async def tell_late(self) -> None:
        """A meter tells what it kept: in any order, some of it twice, before or after a new reading."""
        device = self.any_device()
        if device is None or device.strange or not device.kept:
            return
        if self.rng.random() < 0.5:
            self.hear(device)
        stored = self.rng.choices(device.kept, k=self.rng.randrange(1, 8))
        if self.rng.random() < 0.5:
            stored.sort()
        for at, register, _ in stored:
            self.hear(device, at=at, register=register, origin=Origin.BACKFILL)
        await self.act(self.world.work)
        await self.act(self.keeper_ticks)
        await self.act(self.world.work)

    async def import_list(self) -> None:
        """Somebody brings a list of readings of one meter."""
        device = self.any_device(bound=True, sure=True)
        if device is None or not device.kept:
            return
        stored = sorted({(at, register) for at, register, _ in device.kept if at <= self.now})
        meter = device.id
        if not stored:
            return

        async def work() -> None:
            for at, register in stored:
                device.hears(at, register, None, Origin.BACKFILL, self.now)
            await import_readings(self.world.site, meter=meter, readings=stored, actor=MANAGER)

        await self.act(work)

    def _while(self) -> timedelta:
        draw_ = self.rng.random()
        if draw_ < 0.3:
            return self.rng.randrange(1, 3_600) * SECOND
        if draw_ < 0.9:
            return self.rng.randrange(30, 600) * MINUTE
        return self.rng.randrange(10, 28) * HOUR

    def _arrives(self, device: Device) -> None:
        """Deliver a reading: as it is, twice, not at all, garbled, or an old one once more."""
        draw_ = self.rng.random()
        if draw_ < 0.6:
            self.hear(device, serial=self.rng.random() < 0.2)
        elif draw_ < 0.7:
            self.hear(device)
            self.hear(device)
        elif draw_ < 0.8:
            return
        elif draw_ < 0.86:
            register = max(0, device.shows - self.rng.randint(1, JITTER // 2))
            self.hear(device, register=register)
        elif draw_ < 0.9:
            self.hear(device, register=self._too_low(device))
        elif draw_ < 0.93:
            self.hear(device, register=device.shows + self.rng.randint(MODULUS, 10**6 * KWH))
        elif draw_ < 0.96:
            self.hear(device, register=self.rng.randrange(MODULUS), origin=Origin.RETAINED)
        elif device.kept:
            at, register, _ = self.rng.choice(device.kept)
            self.hear(device, at=at, register=register, origin=Origin.BACKFILL)

    def _too_low(self, device: Device) -> int:
        """A register that no meter of this kind can show now, and that is no start of a new round."""
        return max(device.shows - self.rng.randint(1, 400 * KWH), MODULUS // 9)

    # --- the technician ----------------------------------------------------------------------------

    async def swap(self) -> None:
        """A meter is exchanged: last register and first one, in one step."""
        device = self.any_device()
        if device is None:
            return
        self.hear(device, serial=True)
        await self.act(self.world.work)
        if device.doubt is not None or device.strange:
            return
        self.pass_time(self.rng.randrange(60, 9_000) * SECOND)
        final, before = device.shows, device.register
        if final < before and device.tenancy:
            return
        self.serials += 1
        serial, start = f"N{self.serials}", self.rng.choice((0, 7, 990)) * KWH
        total, meter, at = device.total, device.id, max(self.now, device.book.last[0])

        async def replace() -> None:
            installation = self.run(device).installation
            if installation is not None and installation.serial == serial:
                return
            if device.tenancy and device.book.last != (at, total):
                device.charged(at, total, final)
            await replace_meter(
                self.world.site,
                meter=meter,
                final_register=final,
                start_register=start,
                serial=serial,
                reason="calibration",
                actor=MANAGER,
            )

        await self.act(replace)
        device.replaced(serial, start)
        device.known, device.register = serial, start
        self.world.registers[device.id] = start

    async def tamper(self) -> None:
        """Somebody puts another meter there, or sets the register back, and tells nobody."""
        device = self.any_device(bound=True, sure=True)
        if device is None or not 150 * KWH < device.shows < 850 * KWH:
            return
        self.serials += 1
        serial = f"X{self.serials}" if self.rng.random() < 0.5 else device.serial
        device.replaced(serial, self.rng.randrange(9 * KWH))
        self.world.registers[device.id] = device.shows

    async def settle(self) -> None:
        """Somebody looks at the doubts."""
        for device in self.devices:
            if device.doubt is None and not device.strange:
                continue
            deaths = -1
            while deaths != self.killer.kills:
                deaths = self.killer.kills
                self.hear(device, serial=True)
                await self.act(self.world.work)
            if device.doubt is not None:
                await self._settle(device)

    async def _settle(self, device: Device) -> None:
        leap = device.doubt is DoubtKind.LEAP
        how = Settlement.ACCEPT if leap else Settlement.NEW_START
        (since, total), shown = device.book.last, device.shows
        if leap:
            total += shown - device.register
        there = (max(self.now, since), total)

        async def say() -> None:
            run = self.run(device)
            if run.doubt is not None and run.last is None:  # The hub has just been started.
                self.hear(device, serial=True)
                await self.world.work()
            if run.doubt is None:
                return
            if device.book.last != there:
                if leap:
                    device.charged(*there, shown)
                else:
                    device.book.points.append(there)
            await settle_doubt(self.world.site, doubts=[run.doubt.id], how=how, actor=MANAGER)

        await self.act(say)
        if device.book.last != there:  # Half of it was written: the next reading says the rest.
            return
        device.behind += total - device.total
        device.known, device.register = device.serial, shown
        device.doubt = device.doubted_at = None

    # --- the desk of meters ------------------------------------------------------------------------

    async def move_in(self) -> None:
        """Somebody pays for a meter from its last good reading on."""
        device = self.any_device(bound=False)
        if device is None or self.now < self.latest:
            return
        wallets = [run for run in self.world.site.wallets.values() if self.may_pay(run.wallet.id)]
        wallet, tariff = self.rng.choice(wallets), f"tariff{self.rng.randrange(1, 4)}"
        await self.bind(device, wallet.wallet.id, tariff)

    def may_pay(self, wallet: str) -> bool:
        """Whether meters may be bound to a wallet."""
        return True

    async def bind(self, device: Device, wallet: str, tariff: str) -> None:
        """Bind a meter, once."""
        meter, at, total = device.id, self.now, device.total

        async def work() -> None:
            if self.run(device).binding is None:
                self.world.offer(device.id, at=at, serial=device.serial)
                await self.world.work()
                await bind_meter(
                    self.world.site, meter=meter, wallet=wallet, tariff=tariff, actor=MANAGER
                )

        if device.strange:
            return
        refused = self.refused
        await self.act(work)
        if self.refused > refused:
            return
        await self.read_books()
        same("who pays", wallet, self.begins(device, at, total, tariff))
        await self.act(self.world.work)

    def begins(self, device: Device, at: datetime, total: int, tariff: str) -> str:
        """Keep that somebody pays from a reading on; returns who it is in the books."""
        binding = self.run(device).binding
        assert binding is not None, f"nobody pays for {device.id}"
        self._ended(device)
        device.tenancy, device.doubt = binding.id, None
        device.changes.clear()
        device.register = device.shows
        device.book.points.append((at, total))
        device.book.tenancies[binding.id] = Tenancy(binding.wallet, [(at, tariff)], total)
        day = at.astimezone(self.zone).date()
        whole = begins(day, self.zone) >= at
        first = day if whole else day + DAY
        device.book.day = max(device.book.day, first)
        device.book.least = max(device.book.least, first)
        home = self.audit.homes.get(device.book.pool, Home())
        if home.first is None:
            self.audit.homes[device.book.pool] = Home(home.persons, day)
        return binding.wallet

    async def move_out(self) -> None:
        """Nobody pays for a meter any more."""
        device = self.any_device(bound=True, sure=True)
        if device is None:
            return

        async def work() -> None:
            if self.run(device).binding is not None:
                await unbind_meter(self.world.site, meter=device.id, actor=MANAGER)

        # From here on readings say nothing of money; what the hub forgot in a crash, nobody paid.
        self.hear(device)
        await self.act(self.world.work)
        if device.doubt is not None:
            return
        await self.act(work)
        await self.read_books()
        self._ended(device)
        device.tenancy = ""
        device.changes.clear()

    async def check(self) -> None:
        """Nobody's period was judged before it was over, but of who left, or was to when the hub died."""
        deaths, self.deaths = self.deaths, self.killer.kills
        await super().check()
        if deaths == self.killer.kills:
            for device in self.devices:
                uses = self.audit.minimums.uses.get(device.id)
                early = uses.early if uses is not None else ""
                assert not early or early != device.tenancy, f"{early} is asked for more too early"

    def _ended(self, device: Device) -> None:
        """Who pays no longer has paid for the days until today."""
        if device.tenancy:
            today = self.now.astimezone(self.zone).date()
            minimums = self.audit.minimums
            minimums.check(device.book, device.payer, device.tenancy, today, ends=True)

    async def people_change(self) -> None:
        """A child is born in the flat."""
        persons, reference = self.rng.randrange(7), self.reference()
        draft = Draft(unit="u1", changes={"persons": persons})
        refused = self.refused
        await self.act(
            lambda: set_unit(self.world.site, draft=draft, actor=MANAGER, reference=reference)
        )
        if self.refused == refused:
            await self.read_books()
            first = self.audit.homes["unit/u1"].first
            self.audit.homes["unit/u1"] = Home(persons, first)

    # --- tariffs -----------------------------------------------------------------------------------

    async def publish(self) -> None:
        """A tariff gets its next version, from now on or from some time to come."""
        if self.now < self.latest:
            return  # Days that were charged already would be of the past, and cost otherwise.
        name, since = f"tariff{self.rng.randrange(1, 4)}", self._some_time()
        written = self.audit.prices.written[name]
        document = draw(self.rng, name, written[0][1])
        count = len(written)

        async def work() -> None:
            known = self.world.site.tariffs[TariffId(name)]
            if max(one.version for one in known.versions) == count:
                await self.world.publish(document, since=since)

        refused = self.refused
        await self.act(work)
        if self.refused == refused:
            await self.read_books()
            self.audit.prices.publish(document, since)

    async def assign(self) -> None:
        """A meter goes over to another tariff at an instant."""
        device = self.any_device(bound=True, sure=True)
        if device is None or device.changes or self.now < self.latest:
            return
        at, tariff = self._some_time(), f"tariff{self.rng.randrange(1, 4)}"

        async def work() -> bool:
            if any(one.at == at for one in self.run(device).changes):
                return True
            selection = Selection(meters=(device.id,))
            done = await assign_tariff(
                self.world.site, tariff=tariff, selection=selection, at=at, actor=MANAGER
            )
            return done.receipt is not None

        if await self.act(work):
            device.changes.append((at, tariff))

    def _some_time(self) -> datetime:
        if self.rng.random() < 0.3:
            return self.now
        return self.now + self.rng.randrange(1, self.rng.choice((9_000, 90_000))) * SECOND

    # --- the hub -----------------------------------------------------------------------------------

    async def tick(self) -> None:
        """Time passes, and the keeper does what it brings."""
        self.pass_time(self.rng.randrange(1, 9_000) * SECOND)
        await self.act(self.keeper_ticks)
        await self.act(self.world.work)

    async def post(self) -> None:
        """Somebody wants exact sums, or a minute has passed."""
        runs = list(self.world.site.meters.values())
        if self.rng.random() < 0.5:
            await self.act(lambda: close_windows(self.world.site, runs))
        else:
            await self.act(lambda: checkpoint(self.world.site))

    async def die_soon(self) -> None:
        """The hub will be killed at some statement of what comes."""
        if not self.killer.armed:
            self.arm(self.world.folder)

    async def stop(self) -> None:
        """The hub is stopped in order, and is started a while later."""
        await self.act(self.keeper_stops)
        self.pass_time(self.rng.randrange(60, 40_000) * SECOND)
        if not self.killer.died:
            await self.world.restart()
        self.awake_to = LONG_AGO
        if self.killer.died:
            await self.rise()

    async def set_clock(self) -> None:
        """The clock of the hub jumps, ahead or back."""
        hours = self.rng.choice((-3, -1, 1, 2, 26))
        for device in self.devices:
            device.kept.clear()  # What they kept is from a time that the hub now tells otherwise.
        self.latest = max(self.latest, self.now)
        await self.act(self.keeper_ticks)
        self.world.clock.now += hours * HOUR + self.rng.randrange(60) * SECOND
        await self.act(self.keeper_ticks)

    async def a_quiet_week(self) -> None:
        """Days pass in which meters are read seldom."""
        for _ in range(self.rng.randrange(3, 9)):
            self.pass_time(self.rng.randrange(12, 26) * HOUR)
            for device in self.devices:
                self.hear(device, serial=True)
            await self.act(self.world.work)
