"""Whatever order notices, looks, closings, restarts and deaths come in: every payment counts once."""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
import contextlib
from itertools import permutations
from pathlib import Path
import tempfile
from typing import Any, Final

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
import pytest

from custom_components.prepaid_parking.core.bill import Bill
from custom_components.prepaid_parking.core.chart import Channel, SiteAccount, site_account
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.pay_channel import ChannelFault, Outcome, Seen
from custom_components.prepaid_parking.core.pay_notice import Misfit, Unmatched
from custom_components.prepaid_parking.core.pay_order import Aim, AimKind, OrderState, PayOrder
from custom_components.prepaid_parking.core.stay import Stay
from custom_components.prepaid_parking.operations.bill_paying import pay_bill
from custom_components.prepaid_parking.operations.cashier import close_wallet
from custom_components.prepaid_parking.operations.pay_notices import hear
from custom_components.prepaid_parking.operations.pay_orders import close_order, create_order, look
from custom_components.prepaid_parking.operations.pay_settling import settle_payment
from custom_components.prepaid_parking.operations.stay_finding import Which
from custom_components.prepaid_parking.operations.stay_paying import pay_stay
from tests.operations.money import is_sound, of_site
from tests.operations.provider import SIGNED, Provider, connect
from tests.operations.staying import CITY, arrive, leave
from tests.operations.test_bills import bill_for, landlord
from tests.operations.world import HOUR, MANAGER, MINUTE, SECOND, World

EXAMPLES: Final = settings(
    max_examples=settings().max_examples // 4, stateful_step_count=25, deadline=None
)
REFUSED: Final = {
    *("stay_nothing_due", "bill_not_open", "wallet_closed", "order_amount", "order_not_closed"),
    *("payment_settled", "payment_more_than_due", "payment_less_left", "bill_overpaid"),
}
"""What may be answered; anything else is a mistake."""
deaths = st.none() | st.integers(0, 9)
"""At which step the hub dies: before or after a write, before or after a word of the provider."""
some = st.integers(0, 30)


class Life:
    """A hub from its start to its death: at a given step everything stands still for ever."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.dead = asyncio.Event()

    async def step(self) -> None:
        """Go on, or never."""
        if self.left is None:
            return
        self.left -= 1
        if self.left < 0:
            self.dead.set()
            await asyncio.Future()

    def through(self, thing: object, *names: str) -> None:
        """Have these calls of a thing be steps, before they are done and before they are answered."""
        for name in names:
            setattr(thing, name, self._stepped(getattr(thing, name)))

    def _stepped(self, call: Any) -> Any:
        async def stepped(*args: Any, **options: Any) -> Any:
            await self.step()
            answer = await call(*args, **options)
            await self.step()
            return answer

        return stepped


class Line:
    """A provider as one life of the hub knows it."""

    def __init__(self, provider: Provider) -> None:
        self.merchant, self.currency = provider.merchant, provider.currency
        self.create, self.query, self.close = provider.create, provider.query, provider.close
        self.refund, self.query_refund = provider.refund, provider.query_refund
        self.verify, self.settlement = provider.verify, provider.settlement


class Payments(RuleBasedStateMachine):
    """Payers, a provider, and a hub that dies: what was paid is in the books once, and nothing else.

    Every rule may come at any time, and does nothing where there is nothing: how far two tasks came
    when the hub died is chance, and what is drawn must not depend on it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.provider = Provider()
        self.payments: list[Seen] = []
        self.run(self.begin())

    async def begin(self) -> None:
        """Two wallets, a car inside and a bill."""
        self.world = await World.open(Path(self.folder.name), tariffs=(CITY,))
        wallets = [await self.world.wallet(), await self.world.wallet()]
        self.wallets = [Aim(kind=AimKind.WALLET, id=one.wallet.id) for one in wallets]
        stay = await arrive(self.world)
        bill = await bill_for(self.world, await landlord(self.world), 100_00)
        self.stay = Aim(kind=AimKind.STAY, id=stay.id)
        self.bill = Aim(kind=AimKind.BILL, id=bill.id)
        self.world.clock.now += HOUR
        self.live()

    def live(self) -> None:
        """Begin a life."""
        self.life, line = Life(), Line(self.provider)
        self.life.through(self.world.books, "commit", "commit_all", "record")
        self.life.through(line, "create", "query", "close")
        connect(self.world.site, line)

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in this example's loop."""
        return self.runner.run(work)

    def does(self, work: Coroutine[Any, Any, Any], die_at: int | None = None) -> None:
        """Do something, and all that follows from it, until it is done or the hub has died over it."""
        self.run(self._does(work, die_at))

    async def _does(self, work: Coroutine[Any, Any, Any], die_at: int | None) -> None:
        self.life.left = die_at
        doing = asyncio.ensure_future(self._done(work))
        dying = asyncio.ensure_future(self.life.dead.wait())
        await asyncio.wait({doing, dying}, return_when=asyncio.FIRST_COMPLETED)
        dying.cancel()
        self.life.left = self.life.left if self.life.dead.is_set() else None
        if not self.life.dead.is_set():
            await doing
            return
        doing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await doing
        await self.world.restart()
        self.live()

    async def _done(self, work: Coroutine[Any, Any, Any]) -> None:
        try:
            await work
        except CoreError as err:
            if err.key not in REFUSED:
                raise
        await self.world.work()

    def teardown(self) -> None:
        """Let everything arrive at last, and put the world away."""
        self.everything_arrives()
        self.run(self.world.close())
        self.runner.close()
        self.folder.cleanup()

    # --- what happens --------------------------------------------------------------------------

    @rule(which=st.integers(0, 3), minor=st.integers(1, 60_00), lost=st.booleans(), die_at=deaths)
    def asks(self, which: int, minor: int, lost: bool, die_at: int | None) -> None:
        """Somebody is asked for money; the provider's answer may get lost."""
        aim = (*self.wallets, self.stay, self.bill)[which]
        self.provider.create_fault = ChannelFault.UNKNOWN if lost else None
        amount = None if aim == self.stay else minor
        work = create_order(
            self.world.site, aim=aim, channel="ch1", actor=MANAGER, amount_minor=amount
        )
        self.does(work, die_at)

    @rule(which=some, wrong=st.sampled_from([0, 0, 0, -1, 100]), late=st.booleans())
    def pays(self, which: int, wrong: int, late: bool) -> None:
        """Somebody pays: too late, twice, or not what was asked for."""
        if not self.provider.asked:
            return
        asked = self.of(self.provider.asked, which)
        known = self.provider.orders.get(asked.out_no)
        if known is None or (known.outcome is not Outcome.WAITING and not late):
            return
        amount = max(1, asked.amount_minor + wrong)
        self.payments.append(self.provider.pay(asked.out_no, amount))

    @rule(which=some, old=st.booleans(), again=st.booleans(), die_at=deaths)
    def is_told(self, which: int, old: bool, again: bool, die_at: int | None) -> None:
        """The provider tells of a payment, late, twice, in any order."""
        if self.payments:
            self.does(self.told(self.of(self.payments, which), old=old, again=again), die_at)

    @rule(which=some, together=st.booleans(), die_at=deaths)
    def is_looked_at(self, which: int, together: bool, die_at: int | None) -> None:
        """A page asks, perhaps while a notice comes in."""
        if self.provider.asked:
            self.does(self.looks(which, together=together), die_at)

    @rule(which=some, die_at=deaths)
    def is_closed(self, which: int, die_at: int | None) -> None:
        """The desk takes an order back."""
        if self.provider.asked:
            self.does(self.closes(self.of(self.provider.asked, which).out_no), die_at)

    @rule(length=st.sampled_from([SECOND, 6 * SECOND, MINUTE, 6 * MINUTE, HOUR]), die_at=deaths)
    def time_passes(self, length: Any, die_at: int | None) -> None:
        """Orders are looked at, and end."""
        self.does(self.world.tick(length), die_at)

    @rule(fault=st.sampled_from([None, None, *ChannelFault]))
    def the_line_changes(self, fault: ChannelFault | None) -> None:
        """The provider is out of reach, or is there again."""
        self.provider.fault = fault

    @rule()
    def dies(self) -> None:
        """The hub goes down and comes back."""
        self.does(self.life.step(), 0)

    @rule(die_at=deaths)
    def a_tenant_leaves(self, die_at: int | None) -> None:
        """His wallet is closed, what is in it is paid out."""
        wallet = self.wallets[1].id
        self.does(close_wallet(self.world.site, wallet=wallet, actor=MANAGER), die_at)

    @rule(goes=st.booleans())
    def the_desk_is_quicker(self, goes: bool) -> None:
        """The stay and the bill are paid in cash, and the car may go."""
        self.does(self.at_the_desk(goes=goes))

    @rule(which=some, to=st.integers(0, 3), die_at=deaths)
    def a_person_settles(self, which: int, to: int, die_at: int | None) -> None:
        """Money without a place gets one."""
        held = list(self.world.site.paying.unmatched)
        if held:
            aim = (self.wallets[0], *self.wallets, self.bill)[to]
            self.does(self.settles(self.of(held, which), aim), die_at)

    @rule()
    def everything_arrives(self) -> None:
        """The line is there again: each order is looked at, then each notice comes."""
        self.provider.fault = None
        self.does(self.all_looked_at())
        once = [seen for seen in self.payments if self.times_paid(seen.out_no) == 1]
        booked = self.run(self.booked())
        assert {seen.provider_ref for seen in once} <= booked.keys()
        self.does(self.all_told())
        assert self.run(self.booked()) == {
            seen.provider_ref: seen.amount_minor for seen in self.payments
        }

    # --- what must hold ------------------------------------------------------------------------

    @invariant()
    def every_payment_counts_once(self) -> None:
        """Each is one entry; orders, wallets, stay, bill and suspense say what the entries say."""
        self.run(self.check())

    async def check(self) -> None:
        """Hold everything against everything."""
        await is_sound(self.world)
        books, site = self.world.books, self.world.site
        booked = await self.booked()
        told = {seen.provider_ref: seen.amount_minor for seen in self.payments}
        assert booked.items() <= told.items()
        assert await of_site(self.world, SiteAccount.CLEARING_WECHAT) == -sum(booked.values())
        held = {one.id: one for one in await books.load(Unmatched)}
        orders = await books.load(PayOrder)
        came = await self.settled()
        for order in orders:
            taken = [one for one in held.values() if one.provider_ref == order.provider_ref]
            if order.state is OrderState.CREDITED and not taken:
                assert order.paid_minor == order.amount_minor == booked[order.provider_ref]
                came[order.aim] = came.get(order.aim, 0) + order.paid_minor
            elif order.state is OrderState.PAID:
                assert [one.order for one in taken] == [order.id]
        by_id = {order.id: order for order in orders}
        for one in held.values():
            if one.order is not None and one.why is not Misfit.TWICE:
                known = by_id[one.order]
                expected = OrderState.PAID if one.left_minor else OrderState.CREDITED
                assert (known.state, known.provider_ref) == (expected, one.provider_ref)
        stay, bill = (await books.load(Stay))[0], (await books.load(Bill))[0]
        left = sum(one.left_minor for one in held.values())
        assert sum(booked.values()) == sum(came.values()) + left
        assert await of_site(self.world, SiteAccount.SUSPENSE) == left + stay.over_minor
        wallets = [site.wallets[one.id] for one in self.wallets]  # type: ignore[index]
        assert wallets[0].posted_minor == came.get(self.wallets[0], 0)
        out = await self.paid_out()
        assert wallets[1].posted_minor == came.get(self.wallets[1], 0) - out
        cash = -await of_site(self.world, SiteAccount.CASH) + out
        by_phone = came.get(self.stay, 0) + came.get(self.bill, 0)
        assert cash + by_phone == stay.paid_minor + stay.over_minor + bill.paid_minor
        open_ones = {one.id for one in held.values() if one.settled_at is None}
        assert site.paying.unmatched.keys() == open_ones

    async def booked(self) -> dict[str, int]:
        """The payments that are in the books, by the provider's number; each at most once."""
        clearing = site_account(SiteAccount.CLEARING_WECHAT)
        found: dict[str, int] = {}
        for entry in await self.world.books.entries(account=clearing, limit=100_000):
            ref = str(entry.detail.get("payment", entry.event)).rpartition("/")[2]
            if entry.kind is EntryKind.PAYMENT_UNMATCHED:
                ref = entry.event.rpartition("/")[2]
            assert ref not in found
            found[ref] = sum(leg.amount_minor for leg in entry.postings if leg.source == clearing)
        return found

    async def settled(self) -> dict[Aim, int]:
        """What persons gave its place, by what they gave it to."""
        suspense = site_account(SiteAccount.SUSPENSE)
        found: dict[Aim, int] = {}
        for entry in await self.world.books.entries(account=suspense, limit=100_000):
            if entry.kind is EntryKind.TOP_UP:
                aim = Aim(kind=AimKind.WALLET, id=str(entry.detail["wallet"]))
            elif entry.kind is EntryKind.BILL_PAID:
                aim = self.bill
            else:
                continue
            part = sum(leg.amount_minor for leg in entry.postings if leg.source == suspense)
            found[aim] = found.get(aim, 0) + part
        return found

    async def paid_out(self) -> int:
        """What left by the till."""
        cash = site_account(SiteAccount.CASH)
        entries = await self.world.books.entries(account=cash, limit=100_000)
        legs = (leg for entry in entries for leg in entry.postings)
        return sum(leg.amount_minor for leg in legs if leg.target == cash)

    # --- how it is done ------------------------------------------------------------------------

    def of[T](self, things: Sequence[T], which: int) -> T:
        """One of these."""
        return things[which % len(things)]

    def times_paid(self, out_no: str) -> int:
        """How often an order was paid."""
        return sum(seen.out_no == out_no for seen in self.payments)

    async def told(self, seen: Seen, *, old: bool = False, again: bool = False) -> None:
        """Let the provider tell of a payment; twice at once, where it is in a hurry."""
        at = self.world.clock.now - (HOUR if old else 0 * HOUR)
        body = self.provider.notice(seen, at)
        heard = [hear(self.world.site, "ch1", SIGNED, body) for _ in range(1 + again)]
        await asyncio.gather(*heard)

    async def looks(self, which: int, *, together: bool) -> None:
        """Look at an order, where the books know it; one look or several, and a notice beside it."""
        asked = self.of(self.provider.asked, which)
        (order,) = await self.world.books.load(PayOrder, out_no=asked.out_no)
        work: list[Coroutine[Any, Any, Any]] = [look(self.world.site, order.id)]
        paid = [seen for seen in self.payments if seen.out_no == asked.out_no]
        if together:
            work += [look(self.world.site, order.id), *map(self.told, paid)]
        await asyncio.gather(*work)

    async def closes(self, out_no: str) -> None:
        """Take an order back."""
        await close_order(self.world.site, order=out_no, actor=MANAGER)

    async def at_the_desk(self, *, goes: bool) -> None:
        """Pay what is due in cash."""
        site, now = self.world.site, self.world.site.parking.stays
        if self.stay.id in now:
            with contextlib.suppress(CoreError):
                await pay_stay(site, which=Which(stay=self.stay.id), actor=MANAGER)
            if goes:
                await leave(self.world, now[self.stay.id])  # type: ignore[index]
        await pay_bill(
            site, bill=self.bill.id, amount_minor=1_00, channel=Channel.CASH, actor=MANAGER
        )

    async def settles(self, payment: str, aim: Aim) -> None:
        """Give money its place."""
        await settle_payment(self.world.site, payment=payment, aim=aim, actor=MANAGER)

    async def all_looked_at(self) -> None:
        """Ask about every order that is in the books."""
        self.world.clock.now += 2 * SECOND
        for order in await self.world.books.load(PayOrder):
            await look(self.world.site, order.id)

    async def all_told(self) -> None:
        """Tell of every payment, the latest first."""
        for seen in reversed(self.payments):
            await self.told(seen)


@pytest.fixture
def payments() -> Iterator[Payments]:
    """A hub and a provider, to be taken through their lives by hand."""
    made = Payments()
    yield made
    made.run(made.check())
    made.teardown()


EVENTS: Final = {
    "is_told": {"old": False, "again": False},
    "is_told_again": {"old": False, "again": True},
    "is_looked_at": {"together": False},
    "is_looked_at_beside": {"together": True},
    "is_closed": {},
    "dies": None,
}
"""What may happen to an order that was paid."""


def happens(payments: Payments, name: str, die_at: int | None = None) -> None:
    """Let one of these happen to the order that was asked for last."""
    options = EVENTS[name]
    happening = getattr(payments, name.removesuffix("_again").removesuffix("_beside"))
    if options is None:
        happening()
    else:
        happening(which=-1, die_at=die_at, **options)


def paid_in_full(payments: Payments, which: int = 0) -> None:
    """One order, and who was asked pays it."""
    payments.asks(which=which, minor=50_00, lost=False, die_at=None)
    payments.pays(which=-1, wrong=0, late=False)


ORDERS: Final = tuple(
    permutations(("is_told", "is_told_again", "is_looked_at", "is_closed", "dies"))
)


def test_in_whatever_order_it_is_heard_of_a_payment_counts_once(payments: Payments) -> None:
    """Networks reorder, repeat and lose: no order of events is worth more than one payment."""
    for order in ORDERS:
        paid_in_full(payments)
        for name in order:
            happens(payments, name)
    assert len(payments.run(payments.booked())) == len(payments.payments) == len(ORDERS)
    assert not payments.world.site.paying.unmatched


@pytest.mark.parametrize("which", [2, 3], ids=["stay", "bill"])
@pytest.mark.parametrize("order", ORDERS[::12], ids="-".join)
def test_a_stay_and_a_bill_are_paid_once_as_well(
    payments: Payments, which: int, order: tuple[str, ...]
) -> None:
    """They cannot be paid again and again: each order of events gets a car and a tenant of its own."""
    paid_in_full(payments, which)
    for name in order:
        happens(payments, name)
    payments.run(payments.check())
    assert len(payments.run(payments.booked())) == 1
    assert not payments.world.site.paying.unmatched


@pytest.mark.parametrize("which", [0, 2, 3], ids=["wallet", "stay", "bill"])
@pytest.mark.parametrize("name", [name for name in EVENTS if name != "dies"])
def test_a_hub_that_dies_at_any_step_credits_once(
    payments: Payments, name: str, which: int
) -> None:
    """The current fails between two words: what was written is there, what was not comes again."""
    for step in range(20):
        payments.teardown()
        payments.__init__()  # type: ignore[misc]
        paid_in_full(payments, which)
        life = payments.life
        happens(payments, name, die_at=step)
        payments.run(payments.check())
        payments.everything_arrives()
        payments.run(payments.check())
        assert not payments.world.site.paying.unmatched
        if not life.dead.is_set():
            assert step
            return
    raise AssertionError


def test_a_hub_that_dies_over_a_wrong_amount_holds_it_once(payments: Payments) -> None:
    """What nobody can guess the use of is held once, and its order says so after the restart too."""
    for step in range(20):
        payments.asks(which=0, minor=50_00, lost=False, die_at=None)
        payments.pays(which=-1, wrong=-1, late=False)
        life = payments.life
        happens(payments, "is_told", die_at=step)
        payments.everything_arrives()
        payments.run(payments.check())
        assert len(payments.world.site.paying.unmatched) == step + 1
        if not life.dead.is_set():
            return
    raise AssertionError


def test_a_hub_that_dies_while_it_asks_has_a_number_to_ask_about(payments: Payments) -> None:
    """Who was shown a code may pay it, whatever became of the hub that showed it."""
    for step in range(20):
        life = payments.life
        payments.asks(which=0, minor=step + 1, lost=False, die_at=step)
        if payments.provider.asked:
            payments.pays(which=-1, wrong=0, late=False)
        payments.everything_arrives()
        payments.run(payments.check())
        if not life.dead.is_set():
            return
    raise AssertionError


TestPayments = Payments.TestCase
TestPayments.settings = EXAMPLES
