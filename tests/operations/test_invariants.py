"""Whatever happens, in whatever order, killed at any step: every unit of energy and money is there.

A machine acts on a site with real books and counts along, to the numerator.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
import tempfile
from typing import Any

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from custom_components.prepaid_parking.core.chart import wallet_account
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.identity import MeterId, WalletId
from custom_components.prepaid_parking.core.wallet import Binding
from custom_components.prepaid_parking.operations.meter_run import MeterRun
from custom_components.prepaid_parking.operations.office import (
    Settlement,
    bind_meter,
    replace_meter,
    settle_doubt,
    unbind_meter,
)
from custom_components.prepaid_parking.operations.usage import checkpoint, close_windows
from tests.operations.world import HOUR, KWH, MANAGER, SECOND, World

PRICE = 731_377
ODD = {"tariff": "home", "quantity": "energy", "price": "0.731377"}
MODULUS = 200 * KWH
DENOMINATOR = 10**10
METERS = 2
EXAMPLES = settings(max_examples=settings().max_examples // 8, stateful_step_count=40)
meters = st.integers(0, METERS - 1)


@dataclass
class Tenancy:
    """A binding as the machine knows it: who pays, and what went through the meter meanwhile."""

    wallet: WalletId
    used: int = 0
    paid: int = 0
    ended: bool = False


class EnergyAndMoney(RuleBasedStateMachine):
    """Posted + accrued + carry = price x register, for every tenancy, always.

    A world of its own for each example, in an event loop of its own.
    """

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
        """Put up the meters."""
        self.tenancies: dict[MeterId, list[Tenancy]] = {}
        self.serials = 0
        for _ in range(METERS):
            run = await self.world.meter(
                register=150 * KWH, modulus=MODULUS, max_rate=100 * KWH, jitter=500
            )
            self.tenancies[run.meter.id] = []

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


EnergyAndMoney.TestCase.settings = EXAMPLES
TestEnergyAndMoney = EnergyAndMoney.TestCase
