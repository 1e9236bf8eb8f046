"""Whatever becomes of a space, each day that somebody owns it is billed to them, once.

Owners, tenures, prices and terms change on any days; the hub is restarted, sleeps for weeks, its clock
is set, and it dies at any single write.
"""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
import tempfile
from typing import Final
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.bill import Bill
from custom_components.prepaid_parking.core.bill_parts import Days
from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.chart import Bucket, SiteAccount, site_account
from custom_components.prepaid_parking.core.errors import CoreError, StoreError
from custom_components.prepaid_parking.core.identity import SpaceId
from custom_components.prepaid_parking.core.periods import Every
from custom_components.prepaid_parking.core.space import Location, Space, Tenure
from custom_components.prepaid_parking.core.space_bill import item_lines
from custom_components.prepaid_parking.core.wallet import Purpose
from custom_components.prepaid_parking.operations.billing import run_billing
from custom_components.prepaid_parking.operations.fee_items import set_fee_item
from custom_components.prepaid_parking.operations.spaces import SpaceDraft, set_space
from tests.operations.conftest import MakeWorld
from tests.operations.dying import Dying
from tests.operations.test_space_billing import bills
from tests.operations.world import MANAGER, World

DAY: Final = timedelta(days=1)
OWNERS: Final = 3
SPACE: Final = SpaceId("sp1")
BERLIN: Final = ZoneInfo("Europe/Berlin")
ITEMS: Final[dict[str, dict[str, object]]] = {
    "management": {"price_micro": 200_000_000, "category": Category.PROPERTY},
    "charging": {
        "price_micro": 365_000_000,
        "category": Category.PARKING,
        "every": Every.YEAR,
    },
}
EXAMPLES: Final = settings(max_examples=max(10, settings().max_examples // 8))


@dataclass
class Tenancy:
    """Who owns a space from one day to another, as the deed says; open while `to` is None."""

    owner: int
    since: date
    to: date | None = None


@dataclass
class Life:
    """A space, and who should have had it when."""

    world: World
    tenancies: list[Tenancy] = field(default_factory=list)

    @property
    def today(self) -> date:
        """The site's local day."""
        return self.world.clock.now.astimezone(self.world.zone).date()

    @property
    def now(self) -> Space:
        """The space as it is."""
        return self.world.site.parking.spaces[SPACE]

    async def begin(self) -> None:
        """Three customers, each with a wallet for either purpose; two fee items; one space."""
        for number in range(OWNERS):
            run = await self.world.wallet("300", unit=f"Flat {number}", purpose=Purpose.PROPERTY)
            other = await self.world.wallet("100", unit=f"Flat {number}", purpose=Purpose.PARKING)
            for one in (run, other):
                one.wallet = replace(one.wallet, subject=f"customer{number}")
                await self.world.books.record(one.wallet)
        for name, terms in ITEMS.items():
            await set_fee_item(
                self.world.site,
                item=name,
                changes=terms,
                actor=MANAGER,
                valid_from=self.today - 300 * DAY,
            )
        changes: dict[str, object] = {
            "name": "B1-001",
            "location": Location.UNDERGROUND,
            "tenure": Tenure.OWNED,
            "wallet": "w1",
        }
        await self.set(changes, "")
        self.tenancies = [Tenancy(0, self.today)]

    async def set(
        self, changes: dict[str, object], space: str = "sp1", since: date | None = None
    ) -> None:
        """Change the space."""
        draft = SpaceDraft(space=space, changes=changes, since=since)
        await set_space(self.world.site, draft=draft, actor=MANAGER)

    async def sell(self, owner: int, back: int) -> None:
        """Hand the space over, some days ago."""
        last = self.tenancies[-1]
        since = max(self.today - back * DAY, last.to or last.since)
        if last.to is None and last.owner == owner:
            return
        wallet = f"w{owner * 2 + 1}"
        await self.set({"tenure": Tenure.OWNED, "wallet": wallet}, since=since)
        if last.to is None:
            last.to = since
        self.tenancies.append(Tenancy(owner, since))

    async def take(self, back: int) -> None:
        """Let nobody own it any more, since some days ago."""
        last = self.tenancies[-1]
        if last.to is None:
            since = max(self.today - back * DAY, last.since)
            await self.set({"tenure": Tenure.TEMPORARY}, since=since)
            last.to = since

    async def price(self, item: str, price: int) -> None:
        """Set a price for the days that are not billed yet."""
        begin = max(self.today, self.now.billed_to or self.today)
        changes: dict[str, object] = {"price_micro": price * 10_000}
        await set_fee_item(
            self.world.site, item=item, changes=changes, actor=MANAGER, valid_from=begin
        )

    async def check(self) -> None:
        """Bill what is due, and hold it against who had the space when."""
        await run_billing(self.world.site)
        known = await bills(self.world)
        alive = [bill for bill in known if not bill.credit_note]
        names = [bill.source for bill in alive]
        assert len(names) == len(set(names))
        asked: dict[date, set[str]] = {}
        for bill in alive:
            assert bill.from_day is not None
            assert bill.to_day is not None
            for number in range((bill.to_day - bill.from_day).days):
                asked.setdefault(bill.from_day + number * DAY, set()).add(bill.wallet)
        for one in self.tenancies:
            end = one.to or self.now.billed_to or one.since
            assert end > self.today or one.to is not None
            for number in range((end - one.since).days):
                whose = {f"w{one.owner * 2 + 1}", f"w{one.owner * 2 + 2}"}
                assert asked.pop(one.since + number * DAY) == whose
            total = sum(self.cost(one.since, end - DAY)) if end > one.since else 0
            mine = sum(bill.total_minor for bill in self.of(alive, one, end))
            assert mine == total
        assert not asked  # Nobody is asked for a day that was not theirs.
        await self.books_agree(known)

    def of(self, alive: list[Bill], one: Tenancy, end: date) -> list[Bill]:
        """The bills of a tenancy."""
        return [
            bill for bill in alive if bill.from_day is not None and one.since <= bill.from_day < end
        ]

    def cost(self, first: date, last: date) -> list[int]:
        """What some days cost by the fee items as they are now."""
        return [
            line.amount_minor
            for versions in self.world.site.parking.fee_items.values()
            for _, line in item_lines(
                versions, self.now, Days(first=first, last=last), self.world.site.currency
            )
        ]

    async def books_agree(self, known: list[Bill]) -> None:
        """What is earned is what bills ask for, and what is open stands in the wallets' accounts."""
        balances = await self.world.books.balances()
        alive = [bill for bill in known if not bill.credit_note]
        earned = {
            income: sum(
                line.amount_minor - line.tax_minor
                for bill in alive
                for line in bill.lines
                if line.income is income
            )
            for income in (SiteAccount.REVENUE_PROPERTY, SiteAccount.REVENUE_PARKING)
        }
        for income, amount in earned.items():
            assert balances.get(site_account(income), 0) == amount
        for run in self.world.site.wallets.values():
            owed = sum(bill.open_minor for bill in run.bills.values())
            assert run.others.get(Bucket.BILLED, 0) == -owed
            assert run.available_minor >= 0
        assert sum(balances.values()) == 0
        assert not (await self.world.books.verify()).problem


steps = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.integers(1, 80), st.booleans()),
        st.tuples(st.just("sell"), st.integers(0, OWNERS - 1), st.integers(0, 70)),
        st.tuples(st.just("take"), st.integers(0, 40), st.just(0)),
        st.tuples(st.just("price"), st.sampled_from([0, 1]), st.integers(1_000, 100_000)),
        st.tuples(st.just("every"), st.sampled_from(["month", "quarter", "year"]), st.just(0)),
        st.tuples(st.just("restart"), st.just(0), st.just(0)),
        st.tuples(st.just("clock"), st.integers(1, 40), st.just(0)),
    ),
    max_size=14,
)


async def live(folder: Path, story: list[tuple[str, int | str, int | bool]], *, each: bool) -> None:
    """Live through a story, and bill and look at the books after each step, or at the end only."""
    world = await World.open(folder, at=datetime(2026, 3, 10, 9, tzinfo=UTC), zone=BERLIN)
    life = Life(world)
    try:
        await life.begin()
        await life.check()
        for kind, what, how in story:
            await step(life, kind, what, how)
            if each:
                await life.check()
        await life.check()
    finally:
        await world.close()


async def step(life: Life, kind: str, what: int | str, how: int | bool) -> None:
    """Do one thing."""
    match kind, what:
        case "pass", int(days):
            if how:  # The hub was there each day.
                for _ in range(days):
                    await life.world.tick(DAY)
            else:
                await life.world.tick(days * DAY)
        case "sell", int(owner):
            await life.sell(owner, how)
        case "take", int(back):
            await life.take(back)
        case "price", int(item):
            await life.price(list(ITEMS)[item], how)
        case "every", str(every):
            await life.set({"every": Every(every)})
        case "restart", _:
            await life.world.restart()
        case "clock", int(days):
            await life.world.tick(-min(days, 5) * timedelta(hours=1))
            await life.world.tick(min(days, 5) * timedelta(hours=1))
        case _:
            raise AssertionError(kind)


@pytest.mark.timeout(600)
@EXAMPLES
@given(story=steps, each=st.booleans())
def test_each_owned_day_is_billed_to_its_owner_once(
    story: list[tuple[str, int | str, int | bool]], *, each: bool
) -> None:
    """Neither the seller nor the buyer nor the office pays for a day that another has paid."""
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        runner.run(live(Path(folder), story, each=each))


async def test_a_year_with_a_restart_each_month_and_a_clock_that_is_set(
    make_world: MakeWorld,
) -> None:
    """Twelve months, two nights in which the clock is set, and a hub that dies in each of them."""
    world = await make_world(at=datetime(2025, 12, 31, 23, 30, tzinfo=UTC), zone=BERLIN)
    life = Life(world)
    await life.begin()
    for number in range(1, 366):
        await world.tick(timedelta(hours=12))
        await world.tick(timedelta(hours=12))
        if life.today.month in (3, 10) and life.today.day > 24:
            await world.tick(timedelta(hours=-2))
            await world.tick(timedelta(hours=2))
        if number % 30 == 0:
            await world.restart()
    await life.check()
    found = [bill for bill in await bills(world) if bill.category is Category.PROPERTY]
    assert [bill.from_day for bill in found][:12] == [
        date(2026, month, 1) for month in range(1, 13)
    ]
    assert all(bill.total_minor == 20_000 for bill in found)


@pytest.mark.parametrize("at", range(14))
async def test_a_hub_that_dies_at_any_write_bills_each_day_once(
    make_world: MakeWorld, at: int
) -> None:
    """Between a bill and the day it is billed to, between taking back and asking anew: all or nothing."""
    world = await make_world(at=datetime(2026, 3, 10, 9, tzinfo=UTC), zone=BERLIN)
    life = Life(world)
    await life.begin()
    world.clock.now += 3 * DAY
    Dying(world, at)
    try:
        await run_billing(world.site)
        world.clock.now += 30 * DAY
        await run_billing(world.site)
        await life.sell(1, 5)
        await run_billing(world.site)
    except CoreError, StoreError:
        pass
    world.clock.now = datetime(2026, 4, 12, 9, tzinfo=UTC)
    await world.restart()
    if life.now.wallet == "w3" and len(life.tenancies) == 1:
        since = life.now.first
        assert since is not None
        life.tenancies[-1].to = since
        life.tenancies.append(Tenancy(1, since))
    await life.check()
    if len(life.tenancies) == 1:
        await life.sell(1, 5)
    await life.check()
    assert [one.owner for one in life.tenancies] == [0, 1]
