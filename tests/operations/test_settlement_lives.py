"""Whatever is paid, refunded, told, asked and broken off: the sums of provider, books and bank are one."""

import asyncio
import contextlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, example, given, settings, strategies as st

from custom_components.prepaid_parking.core.chart import Channel, SiteAccount
from custom_components.prepaid_parking.core.difference import DifferenceKind, Resolution, SettledRow
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.pay_channel import (
    ChannelFault,
    RefundOutcome,
    RowKind,
    SettlementRow,
)
from custom_components.prepaid_parking.core.pay_order import PayOrder
from custom_components.prepaid_parking.core.pay_refund import PayRefund, RefundState
from custom_components.prepaid_parking.core.settlement_rows import net_minor
from custom_components.prepaid_parking.operations.adjusting import reverse_entry
from custom_components.prepaid_parking.operations.cashier import deduct, top_up
from custom_components.prepaid_parking.operations.differences import settle_difference
from custom_components.prepaid_parking.operations.pay_orders import create_order, look
from custom_components.prepaid_parking.operations.pay_refunds import refund_order
from custom_components.prepaid_parking.operations.pay_settling import settle_payment
from custom_components.prepaid_parking.operations.settlement_days import reconcile_payments
from tests.operations.money import is_sound, of_site
from tests.operations.provider import connect
from tests.operations.refunding import (
    RefundingProvider,
    of,
    paid_order,
    payment_row,
    refund_row,
)
from tests.operations.test_settlement import TODAY, stranger
from tests.operations.test_settlement_stories import way_back
from tests.operations.world import DAY, HOUR, MANAGER, MINUTE, World

STEP = st.one_of(
    st.tuples(st.just("pay"), st.integers(1, 5000)),
    st.tuples(st.just("refund"), st.integers(1, 3000), st.integers(0, 3)),
    st.tuples(st.just("spend"), st.integers(1, 2000)),
    st.tuples(st.just("end"), st.integers(0, 5), st.sampled_from(RefundOutcome)),
    st.tuples(st.just("notice"), st.integers(0, 5)),
    st.tuples(st.just("line"), st.sampled_from(["good", "lost", "down", "no", "not now"])),
    st.tuples(st.just("tick"), st.sampled_from([MINUTE, HOUR, DAY])),
    st.tuples(st.just("mispay"), st.integers(1, 3000)),
    st.tuples(st.just("place"), st.integers(1, 2000)),
    st.tuples(st.just("return"), st.integers(1, 2000)),
    st.tuples(st.just("hand"), st.integers(1, 900)),
    st.tuples(st.just("reverse"), st.integers(0, 5)),
    st.tuples(st.just("never"), st.integers(0, 5)),
    st.tuples(st.just("lose"), st.integers(0, 5)),
    st.tuples(st.just("crash")),
    st.tuples(st.just("file"), st.integers(0, 100), st.integers(0, 8)),
)


class Life:
    """A site and its provider through any sequence of these."""

    def __init__(self, world: World) -> None:
        self.world, self.provider = world, RefundingProvider()
        connect(world.site, self.provider)
        self.orders: list[PayOrder] = []
        self.never: set[str] = set()

    async def step(self, name: str, *how: object) -> None:
        """Do one thing; what the rules refuse is refused."""
        with contextlib.suppress(CoreError):
            await getattr(self, f"_{name}")(*how)

    async def _pay(self, minor: int) -> None:
        run = self.world.site.wallet("w1")
        self.orders.append(await paid_order(self.world, self.provider, run, minor))

    async def _refund(self, minor: int, which: int) -> None:
        if self.orders:
            order = self.orders[which % len(self.orders)]
            if order.out_no in self.never:
                return
            await refund_order(
                self.world.site, order=order.id, amount_minor=minor, reason="r", actor=MANAGER
            )

    async def _spend(self, minor: int) -> None:
        await deduct(self.world.site, wallet="w1", amount_minor=minor, reason="k", actor=MANAGER)

    async def _mispay(self, minor: int) -> None:
        """A payer types another amount: it lies there without a place."""
        site, run = self.world.site, self.world.site.wallet("w1")
        asked = {"aim": of(run), "channel": "ch1", "amount_minor": minor + 7, "actor": MANAGER}
        order = await create_order(site, **asked)  # type: ignore[arg-type]
        self.provider.pay(order.out_no, minor, paid_at=self.world.clock.now)
        self.world.clock.now += MINUTE
        self.orders.append(await look(site, order.id))

    async def _place(self, minor: int) -> None:
        """A person gives a part of what lies there its place."""
        for held in list(self.world.site.paying.unmatched.values())[:1]:
            told = {"amount_minor": minor, "actor": MANAGER}
            aim = of(self.world.site.wallet("w1"))
            await settle_payment(self.world.site, payment=held.id, aim=aim, **told)  # type: ignore[arg-type]

    async def _return(self, minor: int) -> None:
        """A part of what lies there goes back to its payer."""
        for held in list(self.world.site.paying.unmatched.values())[:1]:
            if held.out_no in self.never:
                return
            told = {"amount_minor": minor, "reason": "r", "actor": MANAGER}
            await refund_order(self.world.site, payment=held.id, **told)  # type: ignore[arg-type]

    async def _hand(self, minor: int) -> None:
        """Somebody books a payment by hand that the provider knows nothing of."""
        told = {"amount_minor": minor, "channel": Channel.WECHAT, "actor": MANAGER}
        await top_up(self.world.site, wallet="w1", **told)  # type: ignore[arg-type]

    async def _reverse(self, which: int) -> None:
        """Somebody takes back by hand what came in, by hand or by the provider."""
        came = await self.world.books.entries(kinds=[EntryKind.TOP_UP])
        if came:
            entry = came[which % len(came)].id
            await reverse_entry(self.world.site, entry=entry, reason="r", actor=MANAGER)

    async def _never(self, which: int) -> None:
        """A provider said that it was paid, and does not pay it out, whatever it is asked."""
        settled = {one.out_no for one in await self.world.books.load(SettledRow)}
        gone = settled | {one.out_no for one in self.provider.refunds.values()}
        gone |= {one.out_no for one in await self.world.books.load(PayRefund)}
        left = [one.out_no for one in self.orders if one.out_no not in gone]
        if left:
            self.never.add(left[which % len(left)])

    async def _lose(self, which: int) -> None:
        """A person says that the provider never paid it, though some of it comes later."""
        unpaid = [one for one in self.world.site.settling.differences.values() if one.unpaid_minor]
        if unpaid:
            await self._settle(unpaid[which % len(unpaid)].id)

    async def _settle(self, difference: str) -> None:
        told = {"resolution": Resolution.WRITTEN_OFF, "reason": "r", "actor": MANAGER}
        await settle_difference(self.world.site, difference=difference, **told)  # type: ignore[arg-type]

    async def _end(self, which: int, outcome: RefundOutcome) -> None:
        """Only forwards, as providers go: what has failed stays so, what is done may come back."""
        if not self.provider.refunds or outcome is RefundOutcome.MISSING:
            return
        number = list(self.provider.refunds)[which % len(self.provider.refunds)]
        now = self.provider.refunds[number].outcome
        back = (now, outcome) == (RefundOutcome.DONE, RefundOutcome.FAILED)
        if now is RefundOutcome.PENDING or back:
            self.provider.end(number, outcome)

    async def _notice(self, which: int) -> None:
        if self.provider.refunds:
            told = list(self.provider.refunds.values())
            await self.world.site.paying.refund_heard("ch1", told[which % len(told)])

    async def _line(self, how: str) -> None:
        self.provider.answers_lost = how == "lost"
        faults = {"down": ChannelFault.UNREACHABLE}
        refusals = {"no": "NO", "not now": "NOT_ENOUGH"}
        self.provider.refund_code = refusals.get(how, "")
        self.provider.refund_fault = faults.get(how) or (
            ChannelFault.REFUSED if how in refusals else None
        )

    async def _tick(self, length: object) -> None:
        await self.world.tick(length)  # type: ignore[arg-type]  # one of the three

    async def _crash(self) -> None:
        await self.world.restart()
        connect(self.world.site, self.provider)

    async def _file(self, fee: int, most: int) -> None:
        """The provider hands out a file, of the first rows or of the last, and the bank got nothing yet."""
        rows = self.rows(fee)
        part = rows[:most] if most % 2 else rows[-most:]
        self.provider.files = {TODAY: part}
        await reconcile_payments(self.world.site, first=TODAY, last=TODAY)

    def rows(self, fee: int) -> list[SettlementRow]:
        """All that the provider has booked; its fee is what the first file said it is."""
        self.fee = getattr(self, "fee", fee)
        there = [one.out_no for one in self.orders if one.out_no not in self.never]
        paid = [payment_row(self.provider.orders[number], fee=self.fee) for number in there]
        gone = [refund_row(one, fee=2) for one in self.provider.refunds.values()]
        back = [
            way_back(one.provider_ref, one.amount_minor, fee=3)
            for one in self.provider.refunds.values()
            if one.outcome is RefundOutcome.FAILED
        ]
        return [*paid, *gone, stranger(minor=1000), *back]

    async def never_more_than_was_paid(self) -> None:
        """What is to go back of an order, by our books and by the provider's."""
        refunds = await self.world.books.load(PayRefund)
        for order in self.orders:
            ours = sum(one.amount_minor for one in refunds if one.order == order.id and one.counts)
            assert ours <= order.paid_minor
            assert self.provider.given(order.out_no) <= order.paid_minor
        held = sum(
            one.amount_minor for one in refunds if one.state in {RefundState.HELD, RefundState.SENT}
        )
        assert await of_site(self.world, SiteAccount.REFUNDS) == held

    async def all_is_paid_out(self) -> None:
        """Everything comes to its end, and the provider pays out what it holds."""
        await self._line("good")
        self.provider.becomes = RefundOutcome.DONE
        for number, one in self.provider.refunds.items():
            if one.outcome is RefundOutcome.PENDING:
                self.provider.end(number, RefundOutcome.DONE)
        for _ in range(4):
            await self.world.tick(DAY)
        rows = self.rows(0)
        holds = sum(net_minor(one) for one in rows)
        at = datetime(2026, 7, 1, 15, tzinfo=UTC)
        out = SettlementRow(
            kind=RowKind.PAYOUT, out_no="", provider_ref="po", amount_minor=holds, at=at
        )
        self.provider.files = {TODAY: [*rows, replace(out, word="payout")]}
        until = self.world.clock.now.date() + DAY
        for _ in range(2):
            await reconcile_payments(self.world.site, first=TODAY, last=until)
        known = list(self.world.site.settling.differences.values())
        for found in known:
            if found.unpaid_minor or found.kind is DifferenceKind.ENTRY_DIFFERS:
                await self._settle(found.id)
        lost = sum(one.paid_minor for one in self.orders if one.out_no in self.never)
        assert await of_site(self.world, SiteAccount.WRITE_OFF) == -lost
        assert await of_site(self.world, SiteAccount.CLEARING_WECHAT) == 0
        assert await of_site(self.world, SiteAccount.BANK) == -holds
        fees = sum(one.fee_minor for one in rows)
        assert await of_site(self.world, SiteAccount.PROVIDER_FEES) == -fees
        left = self.world.site.settling.differences.values()
        lies = sum(one.left_minor for one in self.world.site.paying.unmatched.values())
        assert await of_site(self.world, SiteAccount.SUSPENSE) == lies + sum(
            one.suspended_minor for one in left
        )
        held = [one for one in left if one.suspended_minor]
        assert {one.kind for one in held} <= {
            DifferenceKind.ROW_WITHOUT_ORDER,
            DifferenceKind.ENTRY_WITHOUT_ROW,
        }
        assert [one.found_minor for one in held if one.found_minor] == [1000]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEP, max_size=14))
@example(steps=[("pay", 1), ("pay", 1), ("mispay", 1), ("place", 1), ("reverse", 2)])
def test_never_more_goes_back_than_was_paid_and_clearing_comes_to_zero(
    steps: list[tuple[object, ...]],
) -> None:
    """Partial refunds, lost answers, notices, looks, files and crashes in any order."""

    async def live() -> None:
        # A hub that was killed may still be closing its file.
        with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            world = await World.open(Path(folder))
            try:
                await world.wallet()
                life = Life(world)
                for step in steps:
                    await life.step(*step)  # type: ignore[arg-type]  # a name and how
                    await life.never_more_than_was_paid()
                await life.all_is_paid_out()
                await life.never_more_than_was_paid()
                await is_sound(world)
            finally:
                await world.close()

    asyncio.run(live())
