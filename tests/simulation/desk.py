"""What happens at the desk: money in and out, under references, some of it announced twice."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.identity import WalletId
from custom_components.prepaid_parking.core.ledger import Receipt
from custom_components.prepaid_parking.core.promotion import Back, Step
from custom_components.prepaid_parking.core.shares import Member, ShareBy
from custom_components.prepaid_parking.core.supply_rules import Why
from custom_components.prepaid_parking.core.wallet import Purpose, Spending, WalletKind
from custom_components.prepaid_parking.operations.adjusting import adjust
from custom_components.prepaid_parking.operations.cashier import (
    close_wallet,
    deduct,
    refund,
    top_up,
)
from custom_components.prepaid_parking.operations.counting import use_package
from custom_components.prepaid_parking.operations.debts import (
    pay_debt,
    record_debt,
    write_off_debt,
)
from custom_components.prepaid_parking.operations.deposits import (
    claim_deposit,
    hold_deposit,
    release_deposit,
)
from custom_components.prepaid_parking.operations.moving import HandOver, move, move_in
from custom_components.prepaid_parking.operations.occupants import occupancy_of
from custom_components.prepaid_parking.operations.opening_wallet import open_wallet
from custom_components.prepaid_parking.operations.packages import sell_package
from custom_components.prepaid_parking.operations.promotions import set_promotion
from custom_components.prepaid_parking.operations.sharing import set_shares
from custom_components.prepaid_parking.operations.supply import confirm_restore
from custom_components.prepaid_parking.operations.transfers import transfer
from tests.operations.world import DAY, MANAGER, SECOND
from tests.simulation.accounts import same
from tests.simulation.metered import MeteredLife

WASHES = {"tariff": "washes", "kind": "counted", "counted": {"uses": 7, "price": "10.00"}}
PEOPLE = 3

type Ask = Callable[[str], Awaitable[Receipt]]
"""Does something under a reference."""


class DeskLife(MeteredLife):
    """People with wallets; one of them is shared, one is for the laundry."""

    expected: Counter[int]
    told: list[tuple[str, Ask]]

    async def furnish(self) -> None:
        """Open the wallets and let them pay for meters."""
        self.expected, self.told = Counter(), []
        world = self.world
        first = await world.wallet(person={"name": "Somebody"})
        self.people = [first.wallet.id]
        for number in range(1, PEOPLE):
            run = await world.wallet(
                customer=first.wallet.id, spending=list(Spending)[number % len(Spending)]
            )
            self.people.append(run.wallet.id)
        self.laundry = (await world.wallet(purpose=Purpose.PROPERTY)).wallet.id
        self.shared = (await world.wallet(kind=WalletKind.SHARED)).wallet.id
        members = [Member(member=one, weight=self.rng.randrange(1, 5)) for one in self.people]
        self.audit.weights[self.shared] = {number_of(one.member): one.weight for one in members}
        await set_shares(
            world.site, wallet=self.shared, by=ShareBy.FIXED, members=members, actor=MANAGER
        )
        await world.publish(WASHES)
        steps = (
            Step(least_minor=20_000, bonus_minor=1_111),
            Step(least_minor=50_000, bonus_minor=10_000),
        )
        changes = {"steps": steps, "back": self.rng.choice(list(Back))}
        await set_promotion(world.site, promotion="autumn", changes=changes, actor=MANAGER)
        await world.policy(grace_hours=self.rng.choice((0, 0, 24)), operations_per_day=500)
        for wallet in (*self.people, self.laundry):
            await self._pay_in(wallet, self.rng.randrange(1, 60_000))
        await self.act(
            lambda: move_in(world.site, HandOver(unit="u1", wallet=self.people[0], actor=MANAGER))
        )
        for number, device in enumerate(self.devices):
            payer = [*self.people, self.shared][number % 4]
            await self.bind(device, payer, f"tariff{self.rng.randrange(1, 4)}")

    def may_pay(self, wallet: str) -> bool:
        """All but the laundry's and those that are closed."""
        return wallet != self.laundry and number_of(wallet) not in self.audit.closed

    def check_wallets(self, worth: dict[int, int]) -> None:
        """What went in and out beside the use is what was asked for, once each."""
        for number in worth.keys() - self.audit.closed:
            same(f"money of w{number}", self.expected[number], self.audit.moved[number])

    async def check(self) -> None:
        """Ask for something again that was answered before: it must have been the same thing."""
        await super().check()
        if self.told and self.rng.random() < 0.1:
            reference, ask = self.rng.choice(self.told)
            again = await self.act(lambda: ask(reference))
            assert again is not None, f"{reference} was answered, and is refused now"
            assert again.repeated, f"{reference} was answered, and is done again"

    async def last_check(self) -> None:
        """All pay, and everybody has light again; then the whole of the books."""
        self.world.clock.now = max(self.now, self.latest) + DAY
        await self.settle()
        for wallet in (*self.people, self.laundry):
            await self._pay_in(wallet, 100_000_000)
        await self._wait()
        for device in self.devices:
            decided = self.run(device).decision
            if decided is not None and decided.why is Why.NOT_CONFIRMED:
                # Nobody saw that cut: somebody goes there and looks.
                await self.act(
                    partial(confirm_restore, self.world.site, meter=device.id, actor=MANAGER)
                )
        await self._wait()
        await self.check()
        today = self.now.astimezone(self.zone).date()
        for device in self.devices:
            if device.tenancy:
                same(f"light at {device.id}", True, self.world.relays[device.id].on)
                due = self.audit.charge_days(device.book, device.payer, today)
                same(f"days of {device.id} that are not charged", 0, due)
                minimums = self.audit.minimums
                minimums.check(device.book, device.payer, device.tenancy, today, ends=False)
        await super().last_check()

    async def _wait(self) -> None:
        """Let a while pass in which nothing goes wrong."""
        for _ in range(12):
            self.world.clock.now += 40 * SECOND
            for device in self.devices:
                self.hear(device, serial=True)
            await self.act(self.world.work)
            await self.act(self.keeper_ticks)
            await self.act(self.world.work)

    async def ask(self, work: Ask, *, twice: float = 0.2) -> Receipt | None:
        """Ask for something under a reference of its own; None where it is refused."""
        reference = self.reference()
        answer = await self.act(lambda: work(reference))
        if answer is not None:
            self.told.append((reference, work))
            if self.rng.random() < twice:
                again = await self.act(lambda: work(reference))
                assert again is not None, f"{reference} was answered, and is refused now"
                assert again.repeated, f"{reference} is done twice"
        return answer

    async def order(
        self, work: Callable[..., Awaitable[Receipt]], moved: Mapping[str, int], /, **fields: object
    ) -> bool:
        """Let the manager do something that moves money of wallets; whether it was not refused."""

        def asked(key: str) -> Awaitable[Receipt]:
            return work(self.world.site, actor=MANAGER, reference=key, **fields)

        if not await self.ask(asked):
            return False
        for wallet, amount in moved.items():
            self.expected[number_of(wallet)] += amount
        return True

    async def _pay_in(self, wallet: str, amount: int) -> None:
        await self.order(top_up, {wallet: amount}, wallet=wallet, amount_minor=amount)

    async def pay_in(self) -> None:
        """Somebody pays in, sometimes enough for a bonus."""
        wallet = self.rng.choice((*self.people, self.laundry))
        await self._pay_in(wallet, self.rng.choice((1, 999, 5_000, 20_000, 50_000, 77_777)))
        await self.act(self.world.work)

    async def move_house(self) -> None:
        """One family leaves the flat and another comes: its meters change hands at one register."""
        if self.now < self.latest:
            return
        inside = [one for one in self.devices if one.book.pool == "unit/u1"]
        deaths = -1
        while deaths != self.killer.kills:
            deaths = self.killer.kills
            for device in inside:
                self.hear(device, serial=True)
            await self.act(self.world.work)
        leaving = occupancy_of(self.world.site, "u1")
        if leaving is None or any(one.doubt or one.strange for one in inside):
            return
        wallet = self.rng.choice([one for one in self.people if one != leaving.wallet])
        asked = HandOver(unit="u1", wallet=wallet, actor=MANAGER, reference=self.reference())
        heard = {
            device.id: (self.now, device.total) if not device.tenancy else device.book.last
            for device in inside
        }

        async def work() -> None:
            for device in inside:
                if self.run(device).last is None:  # The hub has just been started.
                    self.hear(device)
                    await self.world.work()
            await move(self.world.site, asked)

        refused = self.refused
        await self.act(work)
        if self.refused > refused:
            return
        await self.read_books()
        for device in inside:
            tenants = device.book.tenancies
            if not tenants or (device.tenancy and device.payer.wallet != leaving.wallet):
                continue
            tariff = (device.payer if device.tenancy else list(tenants.values())[-1]).tariffs[-1]
            at, total = heard[device.id]
            same(f"who pays for {device.id}", wallet, self.begins(device, at, total, tariff[1]))

    async def come_and_go(self) -> None:
        """A guest opens a wallet, or closes it: what is left is paid out, what is owed paid up."""
        if len(self.people) == PEOPLE:
            fields = {"unit": "a guest", "purpose": Purpose.UTILITY, "customer": self.people[0]}
            receipt = await self.ask(lambda key: self._opens(key, **fields))
            if receipt is not None:
                guest = WalletId(str(receipt.detail["wallet"]))
                self.people.append(guest)
                await self.move_out()
                device = self.any_device(bound=False)
                if device is not None and self.now >= self.latest:
                    await self.bind(device, guest, f"tariff{self.rng.randrange(1, 4)}")
            return
        guest = self.people[-1]
        leaving = [one for one in self.devices if one.tenancy and one.payer.wallet == guest]
        for device in leaving:
            self.hear(device, serial=True)
        await self.act(self.world.work)
        living = occupancy_of(self.world.site, "u1")
        if any(one.doubt for one in leaving) or (living is not None and living.wallet == guest):
            return
        if await self.order(close_wallet, {}, wallet=guest, reason="goes home"):
            self.people.remove(guest)
            for device in leaving:
                device.tenancy = ""
                device.changes.clear()

    async def _opens(self, key: str, **fields: Any) -> Receipt:
        return await open_wallet(self.world.site, actor=MANAGER, reference=key, **fields)

    async def pay_out(self) -> None:
        """Somebody wants money back."""
        wallet, amount = self.rng.choice(self.people), self.rng.randrange(1, 30_000)
        fields = {"wallet": wallet, "amount_minor": amount, "reason": "asked for"}
        await self.order(refund, {wallet: -amount}, **fields)

    async def hand_over(self) -> None:
        """Money goes from one wallet of a customer to another."""
        source, target = self.rng.sample(self.people, 2)
        amount = self.rng.randrange(1, 20_000)
        fields = {"source": source, "target": target, "amount_minor": amount, "reason": "a gift"}
        await self.order(transfer, {source: -amount, target: amount}, **fields)

    async def take(self) -> None:
        """The office takes a fee, or corrects a balance."""
        wallet, amount = self.rng.choice(self.people), self.rng.randrange(1, 3_000)
        fields = {"wallet": wallet, "amount_minor": amount, "reason": "a key"}
        if self.rng.random() < 0.5:
            await self.order(deduct, {wallet: -amount}, **fields)
            return
        fields["amount_minor"] = signed = amount * self.rng.choice((-1, 1))
        await self.order(adjust, {wallet: signed}, **fields)

    async def owe(self) -> None:
        """A debt is written down, paid, or given up."""
        wallet, amount = self.rng.choice(self.people), self.rng.randrange(1, 5_000)
        fields = {"wallet": wallet, "category": Category.UTILITY, "amount_minor": amount}
        drawn = self.rng.random()
        if drawn < 0.5:
            more = {"reason": "last year", "share_bp": 3_333}
            await self.order(record_debt, {wallet: -amount}, **fields, **more)
        elif drawn < 0.8:
            await self.order(pay_debt, {}, **fields)
        else:
            await self.order(write_off_debt, {wallet: amount}, **fields, reason="never mind")

    async def wash(self) -> None:
        """Uses are sold and taken."""
        wallet = self.laundry
        if self.rng.random() < 0.3:
            await self.order(sell_package, {wallet: -1_000}, wallet=wallet, tariff="washes")
        else:
            await self.order(use_package, {}, wallet=wallet, uses=1)

    async def deposit(self) -> None:
        """A deposit is held, given back or kept."""
        held, wallet = sorted(self.world.site.using.deposits), self.laundry
        if not held or self.rng.random() < 0.5:
            amount = self.rng.randrange(1, 3_000)
            await self.order(hold_deposit, {}, wallet=wallet, amount_minor=amount, reason="a key")
            return
        one = self.world.site.using.deposits[self.rng.choice(held)]
        fields = {"deposit": one.id, "amount_minor": (part := self.rng.randint(1, one.held_minor))}
        if self.rng.random() < 0.5:
            await self.order(release_deposit, {}, **fields)
        else:
            await self.order(claim_deposit, {wallet: -part}, **fields, reason="lost")


def number_of(wallet: str) -> int:
    """Return the number of a wallet's accounts."""
    return int(wallet.removeprefix("w"))
