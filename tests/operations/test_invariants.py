"""Whatever happens, in whatever order, killed at any step: what must hold does.

Two machines act on a site with real books. The first counts energy and money to the numerator, the
second looks over the shoulder of every relay.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
import tempfile
from typing import Any

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from custom_components.prepaid_parking.core.chart import wallet_account
from custom_components.prepaid_parking.core.errors import DeviceFault
from custom_components.prepaid_parking.core.identity import MeterId, WalletId
from custom_components.prepaid_parking.core.ledger import EntryKind
from custom_components.prepaid_parking.core.metering import Commodity
from custom_components.prepaid_parking.core.policy import ManualOn
from custom_components.prepaid_parking.core.reconcile import hold_in_force, protected
from custom_components.prepaid_parking.core.supply import CutBy, RestoreMode, SupplyState
from custom_components.prepaid_parking.core.wallet import Binding, Purpose
from custom_components.prepaid_parking.operations.cashier import deduct
from custom_components.prepaid_parking.operations.office import (
    Settlement,
    bind_meter,
    replace_meter,
    settle_doubt,
    unbind_meter,
)
from custom_components.prepaid_parking.operations.site import MeterRun
from custom_components.prepaid_parking.operations.supply import (
    confirm_restore,
    cut_supply,
    release_lockout,
    restore_supply,
    set_lockout,
    set_protection,
)
from custom_components.prepaid_parking.operations.usage import checkpoint, close_windows
from custom_components.prepaid_parking.operations.watching import FRESH_INTERVALS
from tests.operations.world import DAY, HOUR, KWH, MANAGER, MINUTE, SECOND, RelayDevice, World

PRICE = 731_377
ODD = {"tariff": "home", "quantity": "energy", "price": "0.731377"}
MODULUS = 200 * KWH
DENOMINATOR = 10**10
METERS = 2
EXAMPLES = settings(max_examples=settings().max_examples // 8, stateful_step_count=40)
meters = st.integers(0, METERS - 1)


class Machine(RuleBasedStateMachine):
    """A world of its own for each example, in an event loop of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.world = self.run(World.open(Path(self.folder.name), tariffs=(ODD,)))
        self.run(self.begin())

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for something."""
        return self.runner.run(work)

    async def begin(self) -> None:
        """Put up what the machine acts on."""
        raise NotImplementedError

    def teardown(self) -> None:
        """Check the chain and put the world away."""
        try:
            self.run(self.end())
        finally:
            self.run(self.world.close())
            self.runner.close()
            self.folder.cleanup()

    async def end(self) -> None:
        """Nothing in the books was lost, doubled or bent."""
        await self.world.keeper.stop()
        verdict = await self.world.books.verify()
        assert (verdict.first_bad, verdict.problem) == (None, "")
        entries = await self.world.books.entries(limit=100_000)
        events = [one.event for one in entries if one.kind is EntryKind.USAGE]
        assert len(events) == len(set(events))


@dataclass
class Tenancy:
    """A binding as the machine knows it: who pays, and what went through the meter meanwhile."""

    wallet: WalletId
    used: int = 0
    paid: int = 0
    ended: bool = False


class EnergyAndMoney(Machine):
    """Posted + accrued + carry = price x register, for every tenancy, always."""

    async def begin(self) -> None:
        self.tenancies: dict[MeterId, list[Tenancy]] = {}
        self.serials = 0
        for _ in range(METERS):
            run = await self.world.meter(
                register=150 * KWH, modulus=MODULUS, max_rate=100 * KWH, jitter=500
            )
            self.tenancies[run.meter.id] = []

    def meter(self, number: int) -> MeterRun:
        """One of the meters."""
        return self.world.run(MeterId(f"m{number + 1}"))

    def tenancy(self, run: MeterRun) -> Tenancy | None:
        """Who pays for a meter now."""
        tenancies = self.tenancies[run.meter.id]
        return tenancies[-1] if tenancies and not tenancies[-1].ended else None

    def shows(self, run: MeterRun) -> int:
        """What a meter shows, as it rolls over."""
        return self.world.registers[run.meter.id]

    @rule(number=meters, used=st.integers(0, 10 * KWH), after=st.integers(1, 5 * 3600))
    def read(self, number: int, used: int, after: int) -> None:
        """A meter counts on, over its end too, and is read."""
        run = self.meter(number)
        self.world.registers[run.meter.id] = (self.shows(run) + used) % MODULUS
        self.run(self.world.read(run.meter.id, 0, after * SECOND))
        if (tenancy := self.tenancy(run)) is not None:
            tenancy.used += used

    @rule(number=meters, below=st.integers(501, 10 * KWH))
    def dip(self, number: int, below: int) -> None:
        """A reading far too low, once; the next one is right."""
        run = self.meter(number)
        low = self.shows(run) - below
        if low >= 0:
            self.run(self.world.look(run.meter.id, register=low))
            self.run(self.world.read(run.meter.id))
        assert not self.world.site.doubts

    @rule(number=meters, more=st.integers(10**6 * KWH, 10**9 * KWH))
    def leap(self, number: int, more: int) -> None:
        """A reading far too high, once."""
        run = self.meter(number)
        self.run(self.world.look(run.meter.id, register=self.shows(run) + more))
        self.run(self.world.read(run.meter.id))
        assert not self.world.site.doubts

    @precondition(lambda self: not self.world.site.doubts)
    @rule(number=meters, start=st.integers(0, 9 * KWH))
    def reset(self, number: int, start: int) -> None:
        """A technician sets a counter back; a person says that it starts anew."""
        run = self.meter(number)
        if self.tenancy(run) is None or not 30 * KWH < self.shows(run) < 175 * KWH:
            return
        self.world.registers[run.meter.id] = start
        self.run(self.world.read(run.meter.id))
        (doubt,) = self.world.site.doubts
        self.run(
            settle_doubt(self.world.site, doubts=[doubt], how=Settlement.NEW_START, actor=MANAGER)
        )
        self.run(self.world.read(run.meter.id))

    @rule(number=meters, more=st.integers(0, 5 * KWH), start=st.integers(0, 199 * KWH))
    def swap(self, number: int, more: int, start: int) -> None:
        """A meter is exchanged, with its last register and the new one's first."""
        run, self.serials = self.meter(number), self.serials + 1
        final = self.shows(run) + more
        self.run(
            replace_meter(
                self.world.site,
                meter=run.meter.id,
                final_register=final,
                start_register=start,
                serial=f"S{self.serials}",
                reason="calibration",
                actor=MANAGER,
            )
        )
        if (tenancy := self.tenancy(run)) is not None:
            tenancy.used += more
        self.world.registers[run.meter.id] = start
        self.run(self.world.read(run.meter.id))

    @rule(number=meters)
    def move_in(self, number: int) -> None:
        """Somebody new pays from here on."""
        run = self.meter(number)
        if self.tenancy(run) is not None:
            return
        wallet = self.run(self.world.wallet())
        self.run(
            bind_meter(
                self.world.site,
                meter=run.meter.id,
                wallet=wallet.wallet.id,
                tariff="home",
                actor=MANAGER,
            )
        )
        self.tenancies[run.meter.id].append(Tenancy(wallet.wallet.id))

    @rule(number=meters)
    def move_out(self, number: int) -> None:
        """Nobody pays any more."""
        run, tenancy = self.meter(number), self.tenancy(self.meter(number))
        if tenancy is not None:
            self.run(unbind_meter(self.world.site, meter=run.meter.id, actor=MANAGER))
            tenancy.ended = True

    @rule(number=meters, minor=st.integers(1, 5000), reference=st.integers(0, 3))
    def pay(self, number: int, minor: int, reference: int) -> None:
        """A payment, announced twice."""
        tenancy = self.tenancy(self.meter(number))
        if tenancy is None:
            return
        wallet = self.world.site.wallets[tenancy.wallet]
        key = f"{tenancy.wallet}/{reference}/{minor}"
        receipts = [
            self.run(self.world.pay(wallet, self.world.text(minor), reference=key))
            for _ in range(2)
        ]
        assert receipts[1].repeated
        tenancy.paid += 0 if receipts[0].repeated else minor

    @rule()
    def post(self) -> None:
        """Somebody wants exact sums."""
        self.run(close_windows(self.world.site, list(self.world.site.meters.values())))

    @rule()
    def keep(self) -> None:
        """A minute has passed."""
        self.run(checkpoint(self.world.site))

    @rule(after=st.integers(1, 3600))
    def tick(self, after: int) -> None:
        """Time goes by."""
        self.run(self.world.tick(after * SECOND))

    @rule(number=meters, used=st.integers(0, 10 * KWH))
    def full_disk(self, number: int, used: int) -> None:
        """Nothing can be written for a while, and metering goes on."""
        run = self.meter(number)
        with self.world.full_disk():
            if self.shows(run) + used < MODULUS:  # a rollover has to be written down
                self.read(number=number, used=used, after=5 * 3600)

    @rule(lost=st.booleans())
    def die(self, lost: bool) -> None:
        """Killed without a word, and started again; sometimes the clock has lost an hour."""
        if lost:
            self.world.clock.now -= HOUR
        self.run(self.world.restart())
        for meter in self.tenancies:
            self.run(self.world.look(meter))

    @invariant()
    def every_unit_is_accounted_for(self) -> None:
        """Posted + accrued + carry = price x register; memory says what the books say."""
        bindings = self.run(self.world.books.load(Binding))
        balances = self.run(self.world.books.balances())
        carries = {one.wallet: one.carry for one in bindings}
        for meter, tenancies in self.tenancies.items():
            run = self.world.run(meter)
            for tenancy in tenancies:
                wallet = self.world.site.wallets[tenancy.wallet]
                in_books = balances.get(wallet_account(wallet.wallet.no), 0)
                assert wallet.posted_minor == in_books
                posted = tenancy.paid - in_books
                if tenancy.ended:
                    assert wallet.unposted_minor == 0
                    open_numerator = carries[tenancy.wallet]
                else:
                    assert run.window is not None
                    open_numerator = (
                        run.closing_minor * DENOMINATOR + run.window.carry + run.window.numerator
                    )
                    assert wallet.unposted_minor == open_numerator // DENOMINATOR
                assert posted * DENOMINATOR + open_numerator == PRICE * tenancy.used
        assert not self.world.site.doubts


class Supplies(Machine):
    """No sequence of acts, faults and restarts switches a supply outside the rules (N1)."""

    async def begin(self) -> None:
        await self.world.policy(grace_hours=0, alert_minor=100, alert2_minor=10)
        self.parking = await self.world.wallet("5", purpose=Purpose.PARKING)
        self.wallets: list[WalletId] = []
        self.by_hand: dict[MeterId, bool] = {}
        for number in range(METERS):
            wallet = await self.world.wallet("1")
            run = await self.world.meter(
                wallet,
                relay=True,
                restore=(RestoreMode.AUTO, RestoreMode.ARMED)[number],
                commodity=(Commodity.ELECTRICITY, Commodity.WATER)[number],
            )
            self.wallets.append(wallet.wallet.id)
            self.guard(run.meter.id)

    def guard(self, meter: MeterId) -> None:
        """Look over the relay's shoulder: who commands it, and may they?"""
        relay = self.world.relays[meter]
        switch = relay.switch

        async def watched(on: bool) -> None:
            self.judge(self.world.run(meter), relay, on)
            await switch(on)

        relay.switch = watched  # type: ignore[method-assign]

    def judge(self, run: MeterRun, relay: RelayDevice, on: bool) -> None:
        """What must hold at the moment a command leaves."""
        site, supply, now = self.world.site, run.supply, self.world.clock.now
        assert not site.emergency
        assert run.seen is not on
        assert run.seen is not None
        if on:
            assert not supply.lockout_by
            ours = supply.cut_by is CutBy.BALANCE and supply.verified is False
            assert supply.hold_on or (ours and self.by_hand.get(run.meter.id) is not False)
            return
        assert run.good_at is not None
        assert now - run.good_at <= FRESH_INTERVALS * run.interval_s * SECOND
        assert not protected(supply, now)
        if hold_in_force(supply, now):
            assert supply.hold_on is False
            return
        assert run.binding is not None
        watch = site.wallets[run.binding.wallet].watch
        assert watch.crossed_at is not None
        assert watch.grace_ended_at is not None
        assert site.wallets[run.binding.wallet].wallet.purpose is Purpose.UTILITY

    def meter(self, number: int) -> MeterRun:
        """One of the meters."""
        return self.world.run(MeterId(f"m{number + 1}"))

    @rule(number=meters, used=st.integers(0, 5 * KWH), after=st.integers(1, 7200))
    def read(self, number: int, used: int, after: int) -> None:
        """Something is used, where the relay lets it through."""
        run = self.meter(number)
        through = used if self.world.relays[run.meter.id].on else 0
        self.run(self.world.read(run.meter.id, through, after * SECOND))

    @rule(times=st.integers(1, 20))
    def wait(self, times: int) -> None:
        """Time goes by, meters are read."""
        self.run(self.world.wait(times * 4 * MINUTE, 4 * MINUTE))

    @rule(seconds=st.integers(1, 12))
    def wait_a_moment(self, seconds: int) -> None:
        """A few readings, second by second."""
        self.run(self.world.wait(seconds * SECOND, SECOND))

    @rule(days=st.integers(0, 3))
    def silence(self, days: int) -> None:
        """Nothing is read; the keeper goes on."""
        self.world.clock.now += days * DAY
        self.run(self.world.tick(timedelta(minutes=5)))

    @rule(number=meters, minor=st.integers(1, 200), clears=st.booleans())
    def pay(self, number: int, minor: int, clears: bool) -> None:
        """A payment: some coins, or all that is owed and some coins."""
        wallet = self.world.site.wallets[self.wallets[number]]
        owed = max(0, -wallet.available_minor) if clears else 0
        self.run(self.world.pay(wallet, self.world.text(owed + minor)))
        self.run(self.world.work())

    @rule()
    def park(self) -> None:
        """A parking fee is taken, down to the last cent."""
        parking = self.world.site.wallets[self.parking.wallet.id]
        if parking.posted_minor:
            self.run(
                deduct(
                    self.world.site,
                    wallet=parking.wallet.id,
                    amount_minor=parking.posted_minor,
                    reason="fee",
                    actor=MANAGER,
                )
            )

    @rule(
        number=meters,
        moves=st.booleans(),
        answers=st.booleans(),
        refuses=st.sampled_from([None, None, DeviceFault.BUSY, DeviceFault.OFFLINE]),
    )
    def trouble(self, number: int, moves: bool, answers: bool, refuses: DeviceFault | None) -> None:
        """A relay behaves otherwise from here on."""
        relay = self.world.relays[self.meter(number).meter.id]
        relay.moves, relay.answers, relay.refuses = moves, answers, refuses

    @rule(number=meters, on=st.booleans(), seen=st.booleans())
    def hand(self, number: int, on: bool, seen: bool) -> None:
        """Somebody stands at the box; what was off by their hand, seen so, is theirs."""
        run = self.meter(number)
        relay = self.world.relays[run.meter.id]
        if run.command is not None or relay.on is on:
            return
        theirs = not on and run.seen is True
        relay.on = on
        if on:
            self.by_hand.pop(run.meter.id, None)
        if seen:
            if theirs:
                self.by_hand[run.meter.id] = False
            self.run(self.world.look(run.meter.id))

    @rule(number=meters, pays=st.booleans())
    def electrician(self, number: int, pays: bool) -> None:
        """On by hand, a look inside, off by hand again; and then somebody pays."""
        self.hand(number=number, on=True, seen=True)
        self.hand(number=number, on=False, seen=True)
        if pays:
            self.pay(number=number, minor=100, clears=True)
            self.wait_a_moment(seconds=6)

    @rule(number=meters, what=st.sampled_from(["off", "on", "lock", "unlock", "guard", "free"]))
    def say(self, number: int, what: str) -> None:
        """A named person says something."""
        run, site = self.meter(number), self.world.site
        meter, supply = run.meter.id, run.supply
        until = self.world.clock.now + 20 * MINUTE
        if site.emergency and what in ("off", "on"):
            return
        match what:
            case "off" if not protected(supply, self.world.clock.now):
                self.run(cut_supply(site, meter=meter, reason="r", actor=MANAGER, until=until))
            case "on" if not supply.lockout_by:
                self.by_hand.pop(meter, None)
                self.run(restore_supply(site, meter=meter, reason="r", actor=MANAGER))
            case "lock":
                self.run(set_lockout(site, meter=meter, reason="r", actor=MANAGER))
            case "unlock" if supply.lockout_by:
                self.run(release_lockout(site, meter=meter, reason="r", actor=MANAGER))
            case "guard" | "free":
                self.run(
                    set_protection(
                        site, meter=meter, protected=what == "guard", reason="r", actor=MANAGER
                    )
                )
        self.run(self.world.work())

    @rule(number=meters)
    def confirm(self, number: int) -> None:
        """Somebody has looked at the stove."""
        run = self.meter(number)
        if run.state is SupplyState.ARMED:
            self.run(confirm_restore(self.world.site, meter=run.meter.id, actor=MANAGER))
            self.run(self.world.work())

    @rule(on=st.booleans())
    def fire(self, on: bool) -> None:
        """An emergency begins or is reset."""
        self.world.site.emergency = on
        self.run(self.world.tick())

    @initialize(manual_on=st.sampled_from(ManualOn))
    def first_policy(self, manual_on: ManualOn) -> None:
        """What becomes of supplies that are switched on by hand."""
        self.new_policy(manual_on=manual_on)

    @rule(manual_on=st.sampled_from(ManualOn))
    def new_policy(self, manual_on: ManualOn) -> None:
        """The manager changes his mind."""
        self.run(self.world.policy(manual_on=manual_on))

    @rule()
    def die(self) -> None:
        """Killed and started again."""
        emergency = self.world.site.emergency
        self.run(self.world.restart())
        self.world.site.emergency = emergency
        self.run(self.world.tick())

    @invariant()
    def off_is_only_said_of_what_was_seen_off(self) -> None:
        """A supply that is shown as off was read back as off."""
        for run in self.world.site.meters.values():
            if run.state is SupplyState.OFF:
                assert run.seen is False


EnergyAndMoney.TestCase.settings = EXAMPLES
Supplies.TestCase.settings = EXAMPLES
TestEnergyAndMoney = EnergyAndMoney.TestCase
TestSupplies = Supplies.TestCase
