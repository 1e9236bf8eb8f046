"""Cars come, pay, turn back, are helped and go, in any order: an account kept beside the books agrees."""

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

import pytest

from custom_components.prepaid_parking.core.access import PlateRead
from custom_components.prepaid_parking.core.chart import SiteAccount
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.stay import Stay, StayState, Worth
from custom_components.prepaid_parking.operations.gate import plate_read
from custom_components.prepaid_parking.operations.lane_run import LaneRun
from custom_components.prepaid_parking.operations.merchants import set_merchant
from custom_components.prepaid_parking.operations.occupancy import count
from custom_components.prepaid_parking.operations.releasing import release_barrier
from custom_components.prepaid_parking.operations.stay_finding import Which
from custom_components.prepaid_parking.operations.stay_paying import pay_stay
from custom_components.prepaid_parking.operations.stay_refunding import refund_stay
from custom_components.prepaid_parking.operations.validating import Gift, validate_stay
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.conftest import MakeWorld
from tests.operations.money import is_sound, of_site
from tests.operations.park import LOOPS, Park
from tests.operations.world import MANAGER, World

HOURLY: Final = {
    "tariff": "city",
    "kind": "duration",
    "duration": {"price": "5.00", "leave": 15},
}
LEAVE: Final = timedelta(minutes=15)
CARDS: Final = ("京A10001", "京A23002", "京A34503")
"""The first two share a wallet; the third has one of its own, with little in it."""
STRANGERS: Final = ("沪B98765", "粤C55544", "苏D12111")


@dataclass
class Car:
    """What a car has done and given, kept by hand."""

    plate: str
    wallet: WalletRun | None = None
    inside: bool = False
    entered: datetime | None = None
    paid: int = 0
    paid_at: datetime | None = None
    gifts: int = 0
    back: int = 0

    def due(self, now: datetime) -> int:
        """What it has to pay to leave now: 5.00 for each hour begun."""
        assert self.entered is not None
        end = now
        if self.paid_at is not None and now - self.paid_at <= LEAVE:
            end = self.paid_at
        hours = -((self.entered - end) // timedelta(hours=1))
        return max(0, hours * 5_00 - self.paid - self.gifts)


class Lives:
    """A car park, its cars, and the account of them that nobody else keeps."""

    def __init__(self, park: Park, random: Random) -> None:
        self.park, self.world, self.random = park, park.world, random
        self.cars: list[Car] = []
        self.earned = 0
        self.unpaid = 0
        self.spent: dict[str, int] = {}

    @classmethod
    async def begin(cls, world: World, random: Random, fitted: tuple[str, ...]) -> Lives:
        """Open the car park."""
        park = await Park.open(world, fitted=fitted)
        await world.publish(HOURLY)
        lives = cls(park, random)
        rich, poor = await park.customer("500", CARDS[:2]), await park.customer("12", CARDS[2:])
        wallets = [rich, rich, poor]
        lives.cars = [
            *(Car(plate, wallet) for plate, wallet in zip(CARDS, wallets, strict=True)),
            *(Car(plate) for plate in STRANGERS),
        ]
        await set_merchant(world.site, merchant="bakery", changes={"name": "Bakery"}, actor=MANAGER)
        return lives

    @property
    def now(self) -> datetime:
        """The time."""
        return self.world.clock.now

    async def step(self) -> str:
        """Do something that happens in a car park; returns what it was."""
        minutes = self.random.choice([1, 5, 14, 16, 40, 59, 61, 130])
        self.world.clock.now += timedelta(minutes=minutes)
        car = self.random.choice(self.cars)
        deeds = [self.go, self.go, self.pay, self.gift, self.refund, self.turn_back]
        deeds += [self.by_hand, self.pay_at_the_exit, self.restart]
        deed = self.random.choice(deeds) if car.inside else self.come
        told = f"{self.now:%d %H:%M:%S} {deed.__name__} {car.plate}"
        await deed(car)
        await self.world.tick()
        return told

    async def read(self, lane: LaneRun, car: Car) -> int:
        """Let cameras read a plate several times at once; returns how often the barrier went up."""
        device = self.park.into if lane is self.park.entry else self.park.out
        before = device.pulses
        read = PlateRead(plate=car.plate, at=self.now)
        times = self.random.randint(1, 3)
        await asyncio.gather(
            *(plate_read(self.world.site, lane=lane.id, read=read) for _ in range(times))
        )
        await self.world.work()
        return device.pulses - before

    async def through(self, lane: LaneRun) -> None:
        """Drive over the loops, where there are any."""
        if lane.counts:
            await self.park.drive(lane)

    async def come(self, car: Car) -> None:
        """Drive in."""
        entered = self.now
        assert await self.read(self.park.entry, car) == 1
        await self.through(self.park.entry)
        car.inside, car.entered = True, entered
        car.paid = car.gifts = car.back = 0
        car.paid_at = None

    def charged(self, car: Car, now: datetime) -> bool:
        """Whether a car may leave; its wallet pays for that."""
        due = car.due(now)
        if not due:
            return True
        if car.wallet is None or self.left(car.wallet) < due:
            return False
        self.take(car, due, now)
        return True

    def take(self, car: Car, due: int, now: datetime) -> None:
        """Let a wallet pay."""
        assert car.wallet is not None
        self.spent[car.wallet.wallet.id] = self.spent.get(car.wallet.wallet.id, 0) + due
        self.earned += due
        car.paid, car.paid_at = car.paid + due, now

    def left(self, wallet: WalletRun) -> int:
        """What a wallet has left, after all that its cars were charged."""
        return {CARDS[0]: 500_00}.get(self.first(wallet), 12_00) - self.spent.get(
            wallet.wallet.id, 0
        )

    def first(self, wallet: WalletRun) -> str:
        """The first car of a wallet."""
        return next(car.plate for car in self.cars if car.wallet is wallet)

    async def go(self, car: Car) -> None:
        """Drive out, where that may be."""
        now = self.now
        may = self.charged(car, now)
        assert await self.read(self.park.exit, car) == int(may)
        if may:
            await self.through(self.park.exit)
            car.inside = False

    async def turn_back(self, car: Car) -> None:
        """Be let out, and stay inside after all."""
        if not self.park.exit.counts:
            return
        may = self.charged(car, self.now)
        assert await self.read(self.park.exit, car) == int(may)
        await self.world.tick(timedelta(seconds=31))

    async def pay(self, car: Car) -> None:
        """Pay at the desk, all of it or a part, announced twice."""
        due = car.due(self.now)
        part = self.random.choice([None, 2_00])
        amount = due if part is None else part
        reference = f"r{self.random.random()}"
        fits = bool(due) and amount <= due
        refused = pytest.raises(CoreError, match=r"stay_nothing_due|stay_more_than_due")
        for _ in range(2):
            with contextlib.nullcontext() if fits else refused:
                await pay_stay(
                    self.world.site,
                    which=Which(plate=car.plate),
                    amount_minor=part,
                    reference=reference,
                    actor=MANAGER,
                )
        if fits:
            self.earned, car.paid = self.earned + amount, car.paid + amount
            car.paid_at = self.now if amount == due else car.paid_at

    async def pay_at_the_exit(self, car: Car) -> None:
        """Be refused, pay by phone, and drive out."""
        if self.charged(car, self.now):
            assert await self.read(self.park.exit, car) == 1
            await self.through(self.park.exit)
            car.inside = False
            return
        pulses = self.park.out.pulses
        assert await self.read(self.park.exit, car) == 0
        self.world.clock.now += timedelta(seconds=20)
        due = car.due(self.now)
        which = Which(plate=car.plate)
        await asyncio.gather(
            *(
                pay_stay(self.world.site, which=which, reference=f"p{self.now}", actor=MANAGER)
                for _ in range(2)
            )
        )
        await self.world.work()
        self.earned, car.paid = self.earned + due, car.paid + due
        car.paid_at = self.now
        assert self.park.out.pulses == pulses + 1
        await self.through(self.park.exit)
        car.inside = False

    async def gift(self, car: Car) -> None:
        """Let a merchant pay a part."""
        if not car.gifts:
            gift = Gift(kind=Worth.AMOUNT, amount_minor=3_00)
            which = Which(plate=car.plate)
            await validate_stay(
                self.world.site, merchant="bakery", which=which, gift=gift, actor=MANAGER
            )
            car.gifts = 3_00

    async def refund(self, car: Car) -> None:
        """Give something back."""
        if car.paid - car.back < 1_00 or car.wallet is not None:
            return
        which = Which(plate=car.plate)
        await refund_stay(
            self.world.site, which=which, amount_minor=1_00, reason="kind", actor=MANAGER
        )
        car.back += 1_00
        self.earned -= 1_00

    async def by_hand(self, car: Car) -> None:
        """Be refused, and let out by the attendant: what is due is owed."""
        if self.charged(car, self.now):
            assert await self.read(self.park.exit, car) == 1
            await self.through(self.park.exit)
            car.inside = False
            return
        assert await self.read(self.park.exit, car) == 0
        due = car.due(self.now)
        await release_barrier(
            self.world.site, lane=self.park.exit.id, reason="queue", actor=MANAGER
        )
        await self.through(self.park.exit)
        self.earned += due
        car.inside = False
        if car.wallet is None:
            self.unpaid += due

    async def restart(self, car: Car) -> None:
        """Lose all memory."""
        await self.world.work()
        await self.park.restart()
        for one in self.cars:
            if one.wallet is not None:
                one.wallet = self.world.wallet_now(one.wallet)

    async def agree(self) -> None:
        """Hold the books against the account."""
        await is_sound(self.world)
        inside = [car for car in self.cars if car.inside]
        kept = self.world.site.parking.stays.values()
        stays = {stay.plate: stay for stay in kept if stay.state is not StayState.UNPAID}
        assert count(self.world.site).inside == len(inside)
        assert all(line.taken >= 0 and line.free >= 0 for line in count(self.world.site).lines)
        for car in inside:
            stay = stays[self.world.site.privacy.blind("plate", car.plate)]
            assert (stay.state, stay.paid_minor) == (StayState.INSIDE, car.paid)
            assert stay.refunded_minor == car.back
        for car in self.cars:
            if car.wallet is not None:
                assert car.wallet.posted_minor == self.left(car.wallet)
        assert await of_site(self.world, SiteAccount.UNPAID_EXITS) == -self.unpaid
        assert await of_site(self.world, SiteAccount.REVENUE_PARKING) == self.earned
        open_now = [one for one in await self.world.books.load(Stay) if one.state.inside]
        assert len(open_now) == len(inside)
        assert not self.world.site.parking.reviews


@pytest.mark.parametrize("fitted", [(), LOOPS], ids=["no loops", "loops"])
@pytest.mark.parametrize("seed", range(3))
async def test_whatever_cars_do_the_account_beside_the_books_agrees(
    make_world: MakeWorld, caplog: pytest.LogCaptureFixture, seed: int, fitted: tuple[str, ...]
) -> None:
    """Charged twice, forgotten inside, let out for nothing: somebody loses money, or cannot go home.

    Nor does anybody find out afterwards which cars they were: no plate is anywhere in the clear.
    """
    caplog.set_level("DEBUG")
    world = await make_world()
    lives = await Lives.begin(world, Random(seed), fitted)
    told: list[str] = []
    for _ in range(60):
        told.append(await lives.step())
        try:
            await lives.agree()
        except (AssertionError, KeyError) as err:
            raise AssertionError("\n".join(told)) from err
    verdict = await world.books.verify()
    assert not verdict.problem
    kept = b"".join(file.read_bytes() for file in world.folder.rglob("*") if file.is_file())
    said = f"{world.facts}{caplog.text}{await world.books.load(Stay)}"
    for plate in (*CARDS, *STRANGERS):
        assert plate.encode() not in kept
        assert plate not in said
