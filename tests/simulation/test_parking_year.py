"""A year of a car park with spaces of all kinds: bills have no gap and no duplicate, sums are the ledger's.

Owned spaces of every period and day of the month change hands, prices rise, rentals follow each
other, temporaries come and go; the hub is restarted each month, misses days and has its clock set
twice. A deed beside the books says who had what.
"""

from tests.hub_free import stand_in_for_the_package

stand_in_for_the_package()

from collections import defaultdict  # noqa: E402
from dataclasses import dataclass, field  # noqa: E402
from datetime import UTC, date, datetime, timedelta  # noqa: E402
from pathlib import Path  # noqa: E402
from random import Random  # noqa: E402
from typing import Final  # noqa: E402
from zoneinfo import ZoneInfo  # noqa: E402

import pytest  # noqa: E402

from custom_components.prepaid_parking.core.bill import Bill  # noqa: E402
from custom_components.prepaid_parking.core.bill_parts import Days  # noqa: E402
from custom_components.prepaid_parking.core.category import Category  # noqa: E402
from custom_components.prepaid_parking.core.chart import (  # noqa: E402
    Bucket,
    SiteAccount,
    site_account,
)
from custom_components.prepaid_parking.core.extent import By  # noqa: E402
from custom_components.prepaid_parking.core.identity import CardId, SpaceId  # noqa: E402
from custom_components.prepaid_parking.core.levies import Levy, LevyKind  # noqa: E402
from custom_components.prepaid_parking.core.periods import IN_MONTHS, Every, month_end  # noqa: E402
from custom_components.prepaid_parking.core.permit import Permit  # noqa: E402
from custom_components.prepaid_parking.core.space import (  # noqa: E402
    Grade,
    Location,
    SpaceFilter,
    Tenure,
)
from custom_components.prepaid_parking.core.space_bill import item_lines  # noqa: E402
from custom_components.prepaid_parking.core.stay import Stay  # noqa: E402
from custom_components.prepaid_parking.core.wallet import Purpose  # noqa: E402
from custom_components.prepaid_parking.operations.cards import issue_card  # noqa: E402
from custom_components.prepaid_parking.operations.fee_items import set_fee_item  # noqa: E402
from custom_components.prepaid_parking.operations.rentals import rent_space  # noqa: E402
from custom_components.prepaid_parking.operations.spaces import (  # noqa: E402
    SpaceDraft,
    import_spaces,
    set_space,
)
from tests.operations.staying import CITY, arrive, leave  # noqa: E402
from tests.operations.world import MANAGER, World  # noqa: E402

DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)
HOUR: Final = timedelta(hours=1)
BERLIN: Final = ZoneInfo("Europe/Berlin")
BEGIN: Final = datetime(2025, 12, 31, 23, 10, tzinfo=UTC)
"""Ten past midnight of New Year's Day, there."""
TAX: Final = (Levy(name="VAT", kind=LevyKind.TAX, share_micro=60_000, included=True),)
ITEMS: Final[dict[str, dict[str, object]]] = {
    "management": {"price_micro": 200_000_000, "category": Category.PROPERTY, "levies": TAX},
    "cleaning": {
        "price_micro": 1_370_000,
        "by": By.AREA,
        "filter": SpaceFilter(locations=(Location.UNDERGROUND,)),
    },
    "charging": {
        "price_micro": 365_000_000,
        "category": Category.PARKING,
        "every": Every.YEAR,
        "filter": SpaceFilter(uses=("charging",)),
    },
    "rent": {
        "price_micro": 350_000_000,
        "category": Category.RENT,
        "filter": SpaceFilter(tenures=(Tenure.RENTED,)),
    },
}
EVERYS: Final = list(IN_MONTHS)


@dataclass
class Deed:
    """Who owns a space from one day to another; open while `to` is None."""

    wallet: str
    since: date
    to: date | None = None


@dataclass
class Park:
    """A car park for a year, and what should come of it."""

    world: World
    random: Random
    count: int
    deeds: dict[SpaceId, list[Deed]] = field(default_factory=lambda: defaultdict(list))
    rentals: list[Permit] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    owners: list[str] = field(default_factory=list)
    cards: list[str] = field(default_factory=list)

    @property
    def today(self) -> date:
        """The local day."""
        return self.world.clock.now.astimezone(BERLIN).date()

    def spaces_of(self, tenure: Tenure) -> list[SpaceId]:
        """The spaces of a tenure."""
        return [one.id for one in self.world.site.parking.spaces.values() if one.tenure is tenure]

    async def begin(self) -> None:
        """Customers, fee items, and the spaces from a list: half owned, a third rented."""
        world = self.world
        for number in range(max(4, self.count // 5)):
            pair = [
                await world.wallet(
                    "400",
                    unit=f"Flat {number}",
                    purpose=Purpose.PROPERTY,
                    person={"name": f"Owner {number}"},
                ),
            ]
            pair.append(
                await world.wallet(
                    "100",
                    unit=f"Flat {number}",
                    purpose=Purpose.PARKING,
                    customer=pair[0].wallet.id,
                )
            )
            self.owners.append(pair[0].wallet.id)
        for number in range(max(4, self.count // 10)):
            pays = await world.wallet(
                "20000", purpose=Purpose.PROPERTY, person={"name": f"Tenant {number}"}
            )
            own = await world.wallet("50000", purpose=Purpose.PARKING, customer=pays.wallet.id)
            plate = f"京B{number:05}"
            receipt = await issue_card(
                world.site, wallet=own.wallet.id, plates=[plate], actor=MANAGER
            )
            self.cards.append(str(receipt.detail["card"]))
        for name, terms in ITEMS.items():
            await set_fee_item(world.site, item=name, changes=terms, actor=MANAGER)
        await import_spaces(
            world.site, drafts=[self.draft(number) for number in range(self.count)], actor=MANAGER
        )
        for space in world.site.parking.spaces.values():
            if space.tenure is Tenure.OWNED:
                self.deeds[space.id].append(Deed(space.wallet, self.today))

    def draft(self, number: int) -> SpaceDraft:
        """A space of the list."""
        tenure = (Tenure.OWNED, Tenure.RENTED, Tenure.OWNED, Tenure.TEMPORARY)[number % 4]
        changes: dict[str, object] = {
            "name": f"P-{number:03}",
            "location": list(Location)[number % 3],
            "tenure": tenure,
            "grade": (Grade.ORDINARY, Grade.TANDEM, Grade.TRIPLE)[number % 3],
            "area_cm2": 100_000 + 777 * number,
            "use": "charging" if number % 5 == 0 else "",
            "every": EVERYS[number // 2 % len(EVERYS)],
            "day": 1 + number * 7 % 31,
        }
        if tenure is Tenure.OWNED:
            changes["wallet"] = self.random.choice(self.owners)
        return SpaceDraft(space="", changes=changes)

    async def day(self) -> None:
        """Let a day come, and what it brings."""
        await self.world.tick(DAY)
        while self.world.site.billing.waiting:
            await self.world.tick(SECOND)
        if self.random.random() < 0.3:
            await self.sell()
        if self.today.day == 1:
            await self.let()
        await self.park()

    async def sell(self) -> None:
        """A space changes hands, or is taken back by the office, some days ago or today."""
        space = self.random.choice(sorted(self.deeds))
        last = self.deeds[space][-1]
        back = self.random.choice((0, 0, 3, 40)) * DAY
        since = max(self.today - back, last.to or last.since)
        draft = SpaceDraft(space=space, changes={"tenure": Tenure.TEMPORARY}, since=since)
        if last.to is not None or self.random.random() < 0.7:
            wallet = self.random.choice(self.owners)
            if last.to is None and wallet == last.wallet:
                return
            changes: dict[str, object] = {"tenure": Tenure.OWNED, "wallet": wallet}
            draft = SpaceDraft(space=space, changes=changes, since=since)
            self.deeds[space].append(Deed(wallet, since))
        await set_space(self.world.site, draft=draft, actor=MANAGER)
        if last.to is None:
            last.to = since

    async def let(self) -> None:
        """Each rented space is let for the month, or stays empty for it."""
        last = month_end(self.today.year, self.today.month)
        for space in self.spaces_of(Tenure.RENTED):
            if self.random.random() < 0.8:
                _, permit = await rent_space(
                    self.world.site,
                    space=space,
                    card=self.random.choice(self.cards),
                    first=self.today,
                    last=last,
                    actor=MANAGER,
                )
                self.rentals.append(permit)

    async def park(self) -> None:
        """Temporaries come, and those of the day before leave and are charged."""
        for stay in list(self.world.site.parking.stays.values()):
            self.stays.append(await leave(self.world, stay))
        for number in range(self.random.randrange(3)):
            card = self.world.site.cards[CardId(self.random.choice(self.cards))]
            run = self.world.site.wallets[card.wallet]
            await arrive(self.world, f"京C{len(self.stays):04}{number}", wallet=run)

    async def live(self, days: int) -> None:
        """Live through a year: a restart each month, a week without the hub, a clock that is set."""
        for number in range(1, days + 1):
            if self.today == date(2026, 8, 10):
                self.world.clock.now += 7 * DAY
            await self.day()
            if self.today.month in (3, 10) and self.today.day > 24:
                await self.world.tick(-2 * HOUR)
                await self.world.tick(2 * HOUR)
            if number % 30 == 0:
                await self.world.restart()
            if number == 180:
                await self.raise_price()
        while self.world.site.billing.waiting:
            await self.world.tick(SECOND)

    async def raise_price(self) -> None:
        """Management costs more from next year on, whatever is billed ahead until then."""
        await set_fee_item(
            self.world.site,
            item="management",
            changes={"price_micro": 230_000_000},
            valid_from=self.today + 2 * 366 * DAY,
            actor=MANAGER,
        )

    # --- what should have come of it -------------------------------------------------------------

    async def check(self) -> None:
        """Hold the bills against the deeds, and the ledger against the bills."""
        known = await self.world.books.load(Bill)
        alive = [bill for bill in known if not bill.credit_note]
        sources = [bill.source for bill in alive]
        assert len(sources) == len(set(sources))
        numbers = sorted(bill.number for bill in known)
        assert len(numbers) == len(set(numbers))
        of_space: dict[str, list[Bill]] = defaultdict(list)
        for bill in alive:
            kind, _, rest = bill.source.partition("/")
            if kind == "space":
                of_space[rest.partition("/")[0]].append(bill)
        assert set(of_space) <= set(self.deeds)
        for space, deeds in self.deeds.items():
            self.check_space(space, deeds, of_space[space])
        rented = [bill for bill in alive if not bill.source.startswith("space/")]
        assert sorted(bill.id for bill in rented) == sorted(
            one.bill for one in self.rentals if one.bill is not None
        )
        assert all(one.bill is not None for one in self.rentals)
        await self.check_ledger(alive)

    def check_space(self, name: SpaceId, deeds: list[Deed], mine: list[Bill]) -> None:
        """Each owned day up to the last that is billed stands in one bill of each purpose, at its price."""
        space = self.world.site.parking.spaces[name]
        for deed in deeds:
            end = deed.to or space.billed_to
            assert end is not None
            assert deed.to is not None or end > self.today
            theirs = sorted(
                (
                    one
                    for one in mine
                    if one.from_day is not None and deed.since <= one.from_day < end
                ),
                key=lambda one: (one.from_day, one.no),
            )
            mine = [one for one in mine if one not in theirs]
            if end == deed.since:
                assert not theirs
                continue
            for category in {one.category for one in theirs}:
                day = deed.since
                for bill in theirs:
                    if bill.category is category:
                        assert bill.from_day == day
                        assert bill.to_day is not None
                        day = bill.to_day
                assert day == end
            lines = [
                line
                for versions in self.world.site.parking.fee_items.values()
                for _, line in item_lines(
                    versions,
                    space,
                    Days(first=deed.since, last=end - DAY),
                    self.world.site.currency,
                )
                if "rent" not in str(line.trace["item"])
            ]
            assert sum(one.total_minor for one in theirs) == sum(one.amount_minor for one in lines)
            subject = self.world.site.wallet(deed.wallet).wallet.subject
            for bill in theirs:
                payer = self.world.site.wallets[bill.wallet].wallet
                assert payer.id == deed.wallet or payer.subject == subject
        assert not mine  # Nobody is asked for a day that was not theirs.

    async def check_ledger(self, alive: list[Bill]) -> None:
        """What was earned is what bills and stays ask for; what is open stands in the wallets."""
        balances = await self.world.books.balances()
        earned: dict[SiteAccount, int] = defaultdict(int)
        for bill in alive:
            for line in bill.lines:
                earned[line.income] += line.amount_minor - line.tax_minor
                earned[SiteAccount.TAX] += line.tax_minor
        earned[SiteAccount.REVENUE_PARKING] += sum(stay.paid_minor for stay in self.stays)
        for account, amount in earned.items():
            assert balances.get(site_account(account), 0) == amount, account
        for run in self.world.site.wallets.values():
            owed = sum(bill.open_minor for bill in run.bills.values())
            assert run.others.get(Bucket.BILLED, 0) == -owed
        assert sum(balances.values()) == 0
        assert not (await self.world.books.verify()).problem


async def year(folder: Path, *, spaces: int, seed: int, days: int = 365) -> Park:
    """Live a year of a car park."""
    world = await World.open(folder, at=BEGIN, zone=BERLIN, tariffs=(CITY,))
    try:
        park = Park(world, Random(seed), spaces)
        await park.begin()
        await park.live(days)
        await park.check()
    finally:
        await world.close()
    return park


@pytest.mark.timeout(300)
async def test_a_year_of_forty_spaces_ends_with_true_books(tmp_path: Path) -> None:
    """Whoever owns, rents or visits pays for what they had, once."""
    park = await year(tmp_path, spaces=40, seed=1)
    assert park.rentals
    assert park.stays


@pytest.mark.long
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("seed", range(5))
async def test_a_year_of_five_hundred_spaces_ends_with_true_books(
    tmp_path: Path, seed: int
) -> None:
    """What happens to one space in a thousand happens to somebody."""
    await year(tmp_path, spaces=500, seed=seed)
