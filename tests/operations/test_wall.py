"""The wall: whatever is done in whatever order, money stays with its purpose and its customer.

A machine does everything that moves money, with wallets and categories taken at random. No rent,
property or parking debt ever cuts a supply or takes a cent of utility money; the balances are the
folds of the entries; nobody is paid out more than they may be. New actions that move money belong
here as further rules: `acting` says whose purpose acts, and sees to it that nobody else's changes.
"""

import asyncio
from collections.abc import Coroutine
import contextlib
from datetime import date
from pathlib import Path
import tempfile
from typing import Any, Final

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from custom_components.prepaid_parking.core.access import PlateRead
from custom_components.prepaid_parking.core.batch import read_rows
from custom_components.prepaid_parking.core.bill import INCOME, BillLine
from custom_components.prepaid_parking.core.category import Category
from custom_components.prepaid_parking.core.chart import (
    Bucket,
    Channel,
    owner_of,
    wallet_account,
)
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import EntryId, MeterId
from custom_components.prepaid_parking.core.ledger import AccountId, Posting
from custom_components.prepaid_parking.core.periods import Every
from custom_components.prepaid_parking.core.promotion import Back, Step
from custom_components.prepaid_parking.core.recurring import Fixed
from custom_components.prepaid_parking.core.shares import Member, ShareBy
from custom_components.prepaid_parking.core.top_up_fee import FeeBack
from custom_components.prepaid_parking.core.use_point import PointKind
from custom_components.prepaid_parking.core.wallet import Frozen, Purpose, Spending, WalletKind
from custom_components.prepaid_parking.operations.adjusting import adjust, reverse_entry
from custom_components.prepaid_parking.operations.adjusting_usage import adjust_usage
from custom_components.prepaid_parking.operations.batch import Batch, batch_top_up
from custom_components.prepaid_parking.operations.bill_paying import pay_bill
from custom_components.prepaid_parking.operations.bills import (
    create_bill,
    void_bill,
    write_off_bill,
)
from custom_components.prepaid_parking.operations.buckets import debts
from custom_components.prepaid_parking.operations.cards import issue_card
from custom_components.prepaid_parking.operations.cashier import (
    close_wallet,
    deduct,
    freeze,
    refund,
    unfreeze,
    update_wallet,
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
from custom_components.prepaid_parking.operations.gate import plate_read
from custom_components.prepaid_parking.operations.layering import refundable_minor
from custom_components.prepaid_parking.operations.moving import (
    HandOver,
    move,
    move_in,
    move_out,
)
from custom_components.prepaid_parking.operations.occupants import occupancy_of
from custom_components.prepaid_parking.operations.office import bind_meter
from custom_components.prepaid_parking.operations.packages import end_package, sell_package
from custom_components.prepaid_parking.operations.points import set_points, spend_points
from custom_components.prepaid_parking.operations.promotions import set_promotion
from custom_components.prepaid_parking.operations.setting_recurring import set_recurring
from custom_components.prepaid_parking.operations.sharing import set_shares
from custom_components.prepaid_parking.operations.top_up_fees import set_top_up_fee
from custom_components.prepaid_parking.operations.transfers import transfer
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.money import is_sound
from tests.operations.shop import HOURLY, WASHER, Shop
from tests.operations.test_units import set_
from tests.operations.wall import holds, owes_its_own
from tests.operations.world import DAY, FLAT, HOUR, KWH, MANAGER, SECOND, World

EXAMPLES = settings(max_examples=settings().max_examples // 8, stateful_step_count=30)
WASHES: Final = {
    "tariff": "washes",
    "kind": "counted",
    "counted": {"uses": 5, "price": "10", "after": "refuse"},
}
PLATE: Final = "京A12345"
wallets = st.integers(0, 5)
minors = st.integers(1, 9_000)
categories = st.sampled_from(Category)
numbers = st.integers(0, 9)


class Wall(RuleBasedStateMachine):
    """Two customers, each with a wallet for every purpose; three meters, a lane, and a busy office."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.world = self.run(World.open(Path(self.folder.name), tariffs=(FLAT, WASHES)))
        self.shop = Shop(self.world)
        self.poor: set[MeterId] = set()
        self.checked = EntryId(0)
        self.run(self.begin())

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for something."""
        return self.runner.run(work)

    async def begin(self) -> None:
        """Open the wallets, put up the meters and the gate."""
        world = self.world
        await world.policy(grace_hours=0)
        self.wallets = [
            (await world.wallet("50", purpose=purpose, **self.of(number, purpose))).wallet.id
            for number in range(2)
            for purpose in Purpose
        ]
        common = await world.wallet(unit="Stairwell", kind=WalletKind.SHARED)
        self.common = common.wallet.id
        self.meters = [
            (await world.meter(payer, relay=True)).meter.id
            for payer in (self.wallet(0), self.wallet(3), common)
        ]
        await set_shares(
            world.site,
            wallet=common.wallet.id,
            by=ShareBy.FIXED,
            members=[Member(member=self.wallets[one], weight=1) for one in (0, 3)],
            actor=MANAGER,
        )
        lane, _ = world.lane(fee="3")
        self.lane = lane.id
        await issue_card(world.site, wallet=self.wallets[2], plates=(PLATE,), actor=MANAGER)
        await set_(world, name="Flat 1", meters=(self.meters[0],))
        await move_in(world.site, HandOver(unit="u1", wallet=self.wallets[0], actor=MANAGER))
        await self.shop.open(HOURLY)
        await self.shop.point(PointKind.METERED, tariff="hourly", switch=WASHER)
        await self.poster(Back.RATIO, 100, 100)

    def of(self, number: int, purpose: Purpose) -> dict[str, Any]:
        """Return whose a wallet is: each customer's first one brings the person."""
        if purpose is Purpose.UTILITY:
            return {"person": {"name": f"Customer {number}"}}
        return {"customer": f"w{1 + number * len(Purpose)}"}

    def teardown(self) -> None:
        """Check the chain and put the world away."""
        try:
            self.run(self.end())
        finally:
            self.run(self.world.close())
            self.runner.close()
            self.folder.cleanup()

    async def end(self) -> None:
        """The books are whole."""
        await self.world.keeper.stop()
        verdict = await self.world.books.verify()
        assert (verdict.first_bad, verdict.problem) == (None, "")
        await is_sound(self.world)

    def wallet(self, number: int) -> WalletRun:
        """One of the six: utility, property and parking of the one customer, then of the other."""
        return self.world.site.wallets[self.wallets[number]]

    def acting(self, run: WalletRun, work: Coroutine[Any, Any, Any]) -> str:
        """Do something with a wallet; nobody's money of another purpose moves by it.

        Returns why it was refused, "" where it was not.
        """
        return self.run(self._acting(run.wallet.purpose, work))

    async def _acting(self, purpose: Purpose, work: Coroutine[Any, Any, Any]) -> str:
        await self.world.work()
        others = await self.others_of(purpose)
        refusal = ""
        try:
            await work
        except CoreError as err:
            refusal = err.key
        await self.world.work()
        assert await self.others_of(purpose) == others
        return refusal

    async def others_of(self, purpose: Purpose) -> dict[int, int]:
        """What the wallets of the other purposes hold, in every account."""
        return {
            account: balance
            for account, balance in (await self.world.books.balances()).items()
            if (owner := owner_of(account))
            and self.world.site.wallet(f"w{owner}").wallet.purpose is not purpose
        }

    # --- money in, out and across ----------------------------------------------------------------

    @rule(number=wallets, minor=minors, reference=numbers)
    def pay(self, number: int, minor: int, reference: int) -> None:
        """A payment; now and then one that was announced before."""
        run = self.wallet(number)
        self.acting(run, self.world.pay(run, self.world.text(minor), reference=f"{reference}"))

    @rule(numbers=st.lists(wallets, min_size=1, max_size=4), minor=minors, key=numbers)
    def batch(self, numbers: list[int], minor: int, key: int) -> None:
        """An enterprise pays for several at once, of any purpose: each wallet gets its row."""
        rows = [{"wallet": self.wallets[one], "amount": self.world.text(minor)} for one in numbers]
        wanted = Batch(
            rows=read_rows(rows), channel=Channel.TRANSFER, reference=f"b{key}", actor=MANAGER
        )
        self.run(self.quietly(batch_top_up(self.world.site, wanted)))

    async def quietly(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do what may be refused."""
        with contextlib.suppress(CoreError):
            await work
        await self.world.work()

    @rule(number=wallets, minor=minors)
    def give_back(self, number: int, minor: int) -> None:
        """A refund: never more than may leave."""
        run = self.wallet(number)
        self.run(self.world.work())
        most = refundable_minor(run) + max(0, run.unposted_minor)
        refusal = self.acting(
            run,
            refund(
                self.world.site,
                wallet=run.wallet.id,
                amount_minor=minor,
                reason="asked for",
                actor=MANAGER,
            ),
        )
        assert refusal or minor <= most

    @rule(number=wallets, minor=minors)
    def take(self, number: int, minor: int) -> None:
        """A charge by hand."""
        run = self.wallet(number)
        self.acting(
            run,
            deduct(
                self.world.site,
                wallet=run.wallet.id,
                amount_minor=minor,
                reason="key",
                actor=MANAGER,
            ),
        )

    @rule(number=wallets, to=wallets, minor=minors)
    def hand_on(self, number: int, to: int, minor: int) -> None:
        """A transfer: within one customer and one purpose there is no second wallet here."""
        run = self.wallet(number)
        assert self.acting(
            run,
            transfer(
                self.world.site,
                source=run.wallet.id,
                target=self.wallets[to],
                amount_minor=minor,
                reason="rent is due",
                actor=MANAGER,
            ),
        )

    @rule(number=wallets, minor=st.integers(-9_000, 9_000).filter(bool))
    def correct(self, number: int, minor: int) -> None:
        """The office corrects."""
        run = self.wallet(number)
        self.acting(
            run,
            adjust(
                self.world.site,
                wallet=run.wallet.id,
                amount_minor=minor,
                reason="counted wrong",
                actor=MANAGER,
            ),
        )

    @rule(back=st.integers(0, 12))
    def undo(self, back: int) -> None:
        """An entry is taken back, whichever it is."""
        newest = self.run(self.world.books.entries(limit=back + 1, newest_first=True))[-1]
        owner = next(
            (one for leg in newest.postings for one in map(owner_of, _accounts(leg)) if one), 1
        )
        self.acting(
            self.world.site.wallet(f"w{owner}"),
            reverse_entry(self.world.site, entry=newest.id, reason="wrong", actor=MANAGER),
        )

    @rule(back=numbers, quantity=st.integers(0, 5 * KWH))
    def correct_usage(self, back: int, quantity: int) -> None:
        """A quantity was wrong."""
        used = self.run(
            self.world.books.entries(kinds=[EntryKind.USAGE], limit=back + 1, newest_first=True)
        )
        if used:
            self.acting(
                self.wallet(0),
                adjust_usage(
                    self.world.site,
                    entry=used[-1].id,
                    quantity=quantity,
                    reason="lift",
                    actor=MANAGER,
                ),
            )

    # --- gifts, points, debts ----------------------------------------------------------------------

    @rule(back=st.sampled_from(Back), bonus=st.integers(1, 500), per=st.integers(50, 500))
    def promise(self, back: Back, bonus: int, per: int) -> None:
        """A poster is put up, and points are given."""
        self.run(self.poster(back, bonus, per))

    async def poster(self, back: Back, bonus: int, per: int) -> None:
        """From 10.00 on a bonus, and a point for each so much; a point buys a cent."""
        steps = (Step(least_minor=1_000, bonus_minor=bonus),)
        await set_promotion(
            self.world.site,
            promotion="poster",
            changes={"steps": steps, "back": back, "total_cap_minor": 3_000},
            actor=MANAGER,
        )
        changes = {"points": 1, "per_minor": per, "worth_minor": 1, "expires_days": 20}
        await set_points(self.world.site, changes=changes, actor=MANAGER)

    @rule(
        back=st.sampled_from(FeeBack),
        on_top=st.booleans(),
        share=st.integers(0, 2_000),
        fixed=st.integers(0, 300),
    )
    def ask_a_fee(self, back: FeeBack, share: int, fixed: int, *, on_top: bool) -> None:
        """Top-ups cost something from now on, with its tax, or nothing again."""
        changes = {
            "share_bp": share,
            "fixed_minor": fixed,
            "on_top": on_top,
            "back": back,
            "tax_bp": 600,
            "tax_name": "VAT",
        }
        self.run(set_top_up_fee(self.world.site, fee="desk", changes=changes, actor=MANAGER))

    @rule(number=wallets, points=st.integers(1, 9))
    def buy(self, number: int, points: int) -> None:
        """Points become bonus."""
        run = self.wallet(number)
        self.acting(
            run,
            spend_points(self.world.site, wallet=run.wallet.id, points=points, actor=MANAGER),
        )

    @rule(number=wallets, spending=st.sampled_from(Spending))
    def declare(self, number: int, spending: Spending) -> None:
        """Another order of spending."""
        run = self.wallet(number)
        changes = {"spending": spending}
        self.acting(
            run,
            update_wallet(self.world.site, wallet=run.wallet.id, changes=changes, actor=MANAGER),
        )

    @rule(number=wallets, category=categories, minor=minors, share=st.integers(0, 10_000))
    def owe(self, number: int, category: Category, minor: int, share: int) -> None:
        """A debt: of the wallet's own purpose, or refused."""
        run = self.wallet(number)
        refusal = self.acting(
            run,
            record_debt(
                self.world.site,
                wallet=run.wallet.id,
                category=category,
                amount_minor=minor,
                share_bp=share,
                reason="old bill",
                actor=MANAGER,
            ),
        )
        assert (refusal == "wallet_wrong_purpose") is (category.purpose is not run.wallet.purpose)

    @rule(number=wallets, category=categories, off=st.booleans(), minor=minors)
    def clear(self, number: int, category: Category, minor: int, *, off: bool) -> None:
        """A debt is paid or given up, as far as there is one."""
        run, act = self.wallet(number), write_off_debt if off else pay_debt
        owed = debts(run)
        category = next(iter(owed), category)
        refusal = self.acting(
            run,
            act(
                self.world.site,
                wallet=run.wallet.id,
                category=category,
                amount_minor=min(minor, owed.get(category, minor)),
                reason="x",
                actor=MANAGER,
            ),
        )
        assert refusal or category in owed

    @rule(number=wallets, way=st.sampled_from([None, *Frozen]))
    def shut(self, number: int, way: Frozen | None) -> None:
        """A court, and its second thoughts."""
        run, site = self.wallet(number), self.world.site
        if way is None:
            work = unfreeze(site, wallet=run.wallet.id, reason="over", actor=MANAGER)
        else:
            work = freeze(site, wallet=run.wallet.id, reason="court", actor=MANAGER, way=way)
        self.acting(run, work)

    # --- deposits and packages ---------------------------------------------------------------------

    @rule(number=wallets, minor=minors)
    def hold(self, number: int, minor: int) -> None:
        """A deposit."""
        run = self.wallet(number)
        refusal = self.acting(
            run,
            hold_deposit(
                self.world.site,
                wallet=run.wallet.id,
                amount_minor=minor,
                reason="key",
                actor=MANAGER,
            ),
        )
        assert refusal or run.wallet.purpose is not Purpose.UTILITY

    @rule(claim=st.booleans(), minor=st.integers(1, 2_000))
    def end_deposit(self, *, claim: bool, minor: int) -> None:
        """A deposit goes back, or a part of it is kept."""
        site = self.world.site
        known = next(iter(site.using.deposits.values()), None)
        if known is None:
            return
        work = (
            claim_deposit(
                site, deposit=known.id, amount_minor=minor, reason="scratch", actor=MANAGER
            )
            if claim
            else release_deposit(site, deposit=known.id, actor=MANAGER)
        )
        self.acting(site.wallets[known.wallet], work)

    @rule(number=wallets, use=st.booleans(), minor=st.booleans())
    def wash(self, number: int, *, use: bool, minor: bool) -> None:
        """A package is sold, used, or ended."""
        run, site = self.wallet(number), self.world.site
        if use:
            work = use_package(site, wallet=run.wallet.id, tariff="washes", actor=MANAGER)
        elif minor and site.using.packages:
            package = next(iter(site.using.packages.values()))
            run = site.wallets[package.wallet]
            work = end_package(
                site, package=package.id, refund=package.no % 2 > 0, reason="left", actor=MANAGER
            )
        else:
            work = sell_package(site, wallet=run.wallet.id, tariff="washes", actor=MANAGER)
        refusal = self.acting(run, work)
        assert refusal or run.wallet.purpose is not Purpose.UTILITY

    @rule(number=wallets)
    def start(self, number: int) -> None:
        """A machine is started with a wallet: that of its own purpose, or not at all."""
        run = self.wallet(number)
        refusal = self.acting(run, self.shop.start(run))
        assert refusal or run.wallet.purpose is Purpose.PROPERTY

    @rule()
    def stop(self) -> None:
        """Somebody ends the use that is running."""
        for use, running in list(self.world.site.using.uses.items()):
            self.acting(self.world.site.wallets[running.use.wallet], self.shop.end(use))

    # --- bills -------------------------------------------------------------------------------------

    @rule(number=wallets, category=categories, minor=minors)
    def bill(self, number: int, category: Category, minor: int) -> None:
        """A bill: in the wallet's own purpose, or refused."""
        run = self.wallet(number)
        line = BillLine(text="by hand", amount_minor=minor, income=INCOME[category], trace={})
        refusal = self.acting(
            run,
            create_bill(
                self.world.site,
                wallet=run.wallet.id,
                category=category,
                lines=(line,),
                actor=MANAGER,
            ),
        )
        assert refusal or category.purpose is run.wallet.purpose

    @rule(number=wallets, what=st.sampled_from(["pay", "bring", "void", "off"]))
    def settle_bill(self, number: int, what: str) -> None:
        """An open bill is paid, out of the wallet or with money brought, taken back or given up."""
        run, site = self.wallet(number), self.world.site
        known = next(iter(run.bills), None)
        if known is None:
            return
        match what:
            case "pay":
                work: Coroutine[Any, Any, Any] = pay_bill(site, bill=known, actor=MANAGER)
            case "bring":
                work = pay_bill(site, bill=known, actor=MANAGER, channel=Channel.CASH)
            case "void":
                work = void_bill(site, bill=known, reason="wrong", actor=MANAGER)
            case _:
                work = write_off_bill(site, bill=known, reason="gone", actor=MANAGER)
        self.acting(run, work)

    @rule(number=wallets, category=categories)
    def rent(self, number: int, category: Category) -> None:
        """Something recurs from the next month on, in the wallet's own purpose or not at all."""
        run = self.wallet(number)
        refusal = self.acting(
            run,
            set_recurring(
                self.world.site,
                changes={
                    "name": "Rent",
                    "category": category,
                    "wallet": run.wallet.id,
                    "fixed": Fixed(price_micro=3_000_000, every=Every.WEEK, day=1),
                    "first": date(2026, 7, 6),
                },
                actor=MANAGER,
            ),
        )
        assert refusal or category.purpose is run.wallet.purpose

    @rule(category=categories, minor=minors)
    def bill_of_all(self, category: Category, minor: int) -> None:
        """A bill of the stairwell: its members' utility money, or refused."""
        common = self.world.site.wallets[self.common]
        line = BillLine(text="by hand", amount_minor=minor, income=INCOME[category], trace={})
        refusal = self.acting(
            common,
            create_bill(
                self.world.site, wallet=self.common, category=category, lines=(line,), actor=MANAGER
            ),
        )
        assert refusal or category.purpose is common.wallet.purpose

    @rule()
    def fee_of_the_flat(self) -> None:
        """A fee that whoever lives in the flat pays: divided by days when it changes hands."""
        self.acting(
            self.wallet(0),
            set_recurring(
                self.world.site,
                changes={
                    "name": "Lift",
                    "category": Category.UTILITY,
                    "unit": "u1",
                    "fixed": Fixed(price_micro=3_010_000, every=Every.WEEK, day=1),
                },
                actor=MANAGER,
            ),
        )

    # --- what happens by itself ----------------------------------------------------------------------

    @rule(number=st.integers(0, 2), used=st.integers(0, 8 * KWH))
    def use(self, number: int, used: int) -> None:
        """Somebody switches the light on."""
        meter = self.meters[number]
        self.acting(self.wallet(0), self.world.read(meter, used, HOUR))
        self.note()

    @rule(after=st.integers(1, 90))
    def drive_up(self, after: int) -> None:
        """The one customer's car stands at the gate."""
        self.world.clock.now += after * SECOND
        read = PlateRead(plate=PLATE, at=self.world.clock.now)
        self.acting(self.wallet(2), plate_read(self.world.site, lane=self.lane, read=read))

    @rule(days=st.integers(1, 9))
    def wait(self, days: int) -> None:
        """Days go by: points end, bills fall due and are paid, the books are proven."""
        for _ in range(days):
            self.run(self.world.tick(DAY))
        for meter in self.meters:
            self.run(self.world.look(meter))

    @rule(number=wallets, channel=st.sampled_from([Channel.CASH, Channel.TRANSFER]))
    def leave(self, number: int, channel: Channel) -> None:
        """A customer closes a wallet, and opens a new one for the same."""
        run = self.wallet(number)
        meters = [meter.meter.id for meter in run.meters]
        refusal = self.acting(
            run,
            close_wallet(self.world.site, wallet=run.wallet.id, channel=channel, actor=MANAGER),
        )
        if refusal:
            return
        self.run(self.arrive(number, meters))

    async def arrive(self, number: int, meters: list[MeterId]) -> None:
        """Somebody new comes to where one has left."""
        world, left = self.world, self.wallet(number)
        balances = await world.books.balances()
        assert not any(balances.get(wallet_account(left.wallet.no, bucket), 0) for bucket in Bucket)
        new = await world.wallet("20", purpose=left.wallet.purpose, customer=left.wallet.id)
        self.wallets[number] = new.wallet.id
        for meter in meters:
            await world.look(meter)
            await bind_meter(
                world.site, meter=meter, wallet=new.wallet.id, tariff="home", actor=MANAGER
            )
        await world.work()

    @rule(number=wallets, out=st.booleans())
    def hand_over(self, number: int, *, out: bool) -> None:
        """The flat changes hands: to a utility wallet, or to nobody."""
        run, site = self.wallet(number), self.world.site
        asked = HandOver(unit="u1", wallet="" if out else run.wallet.id, actor=MANAGER)
        vacant = occupancy_of(site, "u1") is None
        act = move_out if out else (move_in if vacant else move)
        refusal = self.acting(self.wallet(0), act(site, asked))
        assert refusal or out or run.wallet.purpose is Purpose.UTILITY

    @rule()
    def die(self) -> None:
        """Killed without a word, and started again."""
        self.run(self.shop.restart())
        lane, _ = self.world.lane(fee="3")
        self.lane = lane.id
        for meter in self.meters:
            self.run(self.world.look(meter))

    # --- what always holds -----------------------------------------------------------------------------

    def note(self) -> None:
        """Note whose utility money has run out by their own use, corrections and refunds."""
        for meter in self.meters:
            binding = self.world.run(meter).binding
            payer = self.world.site.wallets[binding.wallet] if binding is not None else None
            if payer is not None and payer.available_minor < 0:
                self.poor.add(meter)

    @invariant()
    def money_is_where_it_belongs(self) -> None:
        """Balances are the folds of the entries, memory is the file, no entry reaches over the wall."""
        self.note()
        self.run(is_sound(self.world))
        new = self.run(self.world.books.entries(after=self.checked, limit=100_000))
        holds(self.world, new)
        if new:
            self.checked = new[-1].id
        owes_its_own(self.world)

    @invariant()
    def only_an_empty_utility_wallet_cuts(self) -> None:
        """Whoever's light is off has had no light money; no rent, no bill and no car ever did it."""
        for meter in self.meters:
            cut = any(not on for _, on in self.world.relays[meter].written)
            assert not cut or meter in self.poor


def _accounts(leg: Posting) -> tuple[AccountId, AccountId]:
    return leg.source, leg.target


Wall.TestCase.settings = EXAMPLES
TestWall = Wall.TestCase
