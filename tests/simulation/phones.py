"""Money by phone, slips and drawers in a life: asked for, paid, told late or never, given back, settled.

The provider is outside: what it has booked it knows, whoever dies. A hub that is dead already and does
not know it is not heard by it.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, override

from custom_components.prepaid_parking.core.chart import SiteAccount, site_account
from custom_components.prepaid_parking.core.desk_receipt import DeskReceipt
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.identity import WalletId, number_of as number
from custom_components.prepaid_parking.core.ledger import Entry
from custom_components.prepaid_parking.core.pay_channel import (
    Asked,
    ChannelError,
    ChannelFault,
    Offered,
    RefundAsked,
    RefundOutcome,
    RefundSeen,
    RowKind,
    Seen,
    SettlementRow,
)
from custom_components.prepaid_parking.core.pay_order import Aim, AimKind, OrderState, PayOrder
from custom_components.prepaid_parking.core.pay_refund import PayRefund
from custom_components.prepaid_parking.core.settlement_rows import net_minor
from custom_components.prepaid_parking.core.voucher import VoucherBatch
from custom_components.prepaid_parking.operations.pay_notices import hear
from custom_components.prepaid_parking.operations.pay_orders import close_order, create_order, look
from custom_components.prepaid_parking.operations.pay_refunds import refund_order
from custom_components.prepaid_parking.operations.pay_settling import settle_payment
from custom_components.prepaid_parking.operations.redeeming_vouchers import redeem_voucher
from custom_components.prepaid_parking.operations.settlement_days import reconcile_payments
from custom_components.prepaid_parking.operations.tills import (
    close_shift,
    open_shift,
    set_till,
)
from custom_components.prepaid_parking.operations.vouchers import (
    Wanted,
    make_vouchers,
    numbers_of,
    sell_vouchers,
)
from tests.operations.provider import SIGNED, connect
from tests.operations.refunding import RefundingProvider, payment_row, refund_row
from tests.operations.world import DAY, HOUR, MANAGER, SECOND
from tests.simulation.accounts import same
from tests.simulation.faults import Killer
from tests.simulation.fees import FeeLife

CLEARING: Final = site_account(SiteAccount.CLEARING_WECHAT)
REFUNDS: Final = (EntryKind.REFUND_HELD, EntryKind.REFUND_FAILED)
FEE: Final = 200
"""The provider keeps half a percent."""
FAULTS: Final = (None, None, None, ChannelFault.UNREACHABLE, ChannelFault.UNKNOWN)


class Bank(RefundingProvider):
    """The provider; who is dead is not heard."""

    def __init__(self, killer: Killer) -> None:
        """Listen to the living."""
        super().__init__()
        self._killer = killer

    def _alive(self) -> None:
        if self._killer.died:
            raise ChannelError(ChannelFault.UNKNOWN)

    @override
    async def create(self, asked: Asked) -> Offered:
        self._alive()
        return await super().create(asked)

    @override
    async def query(self, out_no: str) -> Seen:
        self._alive()
        return await super().query(out_no)

    @override
    async def close(self, out_no: str) -> None:
        self._alive()
        await super().close(out_no)

    @override
    async def refund(self, asked: RefundAsked) -> RefundSeen:
        self._alive()
        return await super().refund(asked)


class PhoneLife(FeeLife):
    """People who pay by phone and by slip, and a cashier with a drawer."""

    provider: Bank
    paid: list[Seen]
    booked: dict[str, Entry]
    batches: list[str]
    shift: str

    @override
    async def furnish(self) -> None:
        self.provider, self.paid, self.booked = Bank(self.killer), [], {}
        self.batches, self.shift = [], ""
        self.world.loaded = partial(connect, provider=self.provider)
        connect(self.world.site, self.provider)
        await super().furnish()
        await set_till(self.world.site, actor=MANAGER, changes={"name": "Front"})

    # --- what is read in the books ---------------------------------------------------------------

    @override
    async def read_books(self) -> None:
        entries = await self.world.books.entries(after=self.audit.seen, limit=10_000)
        self.audit.read(entries)
        for entry in entries:
            self._read(entry)

    def _read(self, entry: Entry) -> None:
        """What came by phone or by slip is there once; what goes back is what was asked for."""
        wallet = number(WalletId(str(entry.detail.get("wallet") or "w0")))
        if entry.event.startswith(("pay/", "voucher/", "settle_payment/")):
            assert entry.event not in self.booked, f"{entry.event} is booked twice"
            self.booked[entry.event] = entry
        name = entry.event
        if entry.kind is EntryKind.TOP_UP and name in self.booked:
            amount, purpose = self.audit.fees.asked[name]
            self.expected[wallet] += self.audit.fees.credited(amount, purpose, beside=False)
        elif entry.kind in REFUNDS and wallet not in self.audit.closed:
            self.expected[wallet] -= self._moved(entry)

    def _moved(self, entry: Entry) -> int:
        """What a wallet gave for a refund, its fee left out; below zero, what it got back."""
        legs = [leg for leg in entry.postings if leg.source > 255 or leg.target > 255]
        promised = {site_account(SiteAccount.PROMOTION), site_account(SiteAccount.POINTS)}
        out = sum(
            leg.amount_minor * ((leg.source > 255) - (leg.target > 255))
            for leg in legs
            if not promised & {leg.source, leg.target}
        )
        told = int(str(entry.detail["amount"]))
        beside = sum(leg.amount_minor for leg in entry.postings if leg not in legs)
        same(f"what {entry.event} moves", told, abs(out) + beside)
        return out

    # --- what happens ----------------------------------------------------------------------------

    async def ask_by_phone(self) -> None:
        """Somebody is shown a code, and perhaps pays it."""
        wallet, amount = self._anybody(), self.rng.choice((1, 700, 5_000, 20_000, 60_000))
        aim, reference = Aim(kind=AimKind.WALLET, id=wallet), self.reference()
        self.provider.create_fault = self.rng.choice(FAULTS)
        self.provider.takes_up = self.rng.random() < 0.5
        await self.act(
            lambda: create_order(
                self.world.site,
                aim=aim,
                channel="ch1",
                amount_minor=amount,
                actor=MANAGER,
                reference=reference,
            )
        )
        self.provider.create_fault = None
        if self.provider.asked and self.rng.random() < 0.8:
            self._pays(wallet)
        await self._hears()

    def _pays(self, wallet: str) -> None:
        """Whoever was shown the last code pays, sometimes another amount than was asked for."""
        asked = self.provider.asked[-1]
        if any(one.out_no == asked.out_no for one in self.paid):
            return
        amount = asked.amount_minor + self.rng.choice((0,) * 9 + (1,))
        seen = self.provider.pay(asked.out_no, amount, paid_at=self.now)
        self.paid.append(seen)
        self._asked(_event(seen), amount, wallet)

    async def _hears(self) -> None:
        """The provider tells of some payment: now, twice, an hour late, or not at all."""
        if not self.paid or self.rng.random() < 0.3:
            return
        seen = self.rng.choice(self.paid[-3:])
        late = self.rng.choice((0, 0, 0, 1)) * HOUR
        for _ in range(self.rng.choice((1, 1, 2))):
            await self._told(seen, late)
        await self.act(self.world.work)

    async def _told(self, seen: Seen, late: timedelta = 0 * HOUR) -> None:
        body = self.provider.notice(seen, self.now - late)
        await self.act(lambda: hear(self.world.site, "ch1", SIGNED, body))

    async def look_by_phone(self) -> None:
        """A payer waits before the page; or takes the order back."""
        orders = await self.world.books.load(PayOrder)
        if not orders:
            return
        order = self.rng.choice(sorted(orders, key=lambda one: one.no)[-4:])
        if self.rng.random() < 0.3:
            await self.act(lambda: close_order(self.world.site, order=order.id, actor=MANAGER))
        else:
            self.world.clock.now += 2 * SECOND
            await self.act(lambda: look(self.world.site, order.id))

    async def give_back_by_phone(self) -> None:
        """A part goes back the way it came: at once, later, or not at all."""
        credited = await self.world.books.load(PayOrder, state=OrderState.CREDITED)
        self.provider.becomes = self.rng.choice((RefundOutcome.DONE, RefundOutcome.PENDING))
        self.provider.refund_fault = self.rng.choice(FAULTS)
        self.provider.answers_lost = self.rng.random() < 0.3
        if credited:
            order = self.rng.choice(sorted(credited, key=lambda one: one.no))
            part, reference = self.rng.randint(1, order.paid_minor), self.reference()
            await self.act(
                lambda: refund_order(
                    self.world.site,
                    order=order.id,
                    amount_minor=part,
                    reason="asked for",
                    actor=MANAGER,
                    reference=reference,
                )
            )
        self.provider.refund_fault, self.provider.answers_lost = None, False
        for refund_no, one in list(self.provider.refunds.items()):
            if one.outcome is RefundOutcome.PENDING and self.rng.random() < 0.5:
                ends = self.rng.choice((RefundOutcome.DONE, RefundOutcome.FAILED))
                told = self.provider.end(refund_no, ends)
                await self.act(partial(self._refund_told, told))

    async def _refund_told(self, told: RefundSeen) -> None:
        if self.rng.random() < 0.5:
            await self.world.site.paying.refund_heard("ch1", told)

    async def match(self) -> None:
        """The provider's file is brought, or what has no place is given one."""
        waiting = sorted(self.world.site.paying.unmatched)
        if waiting and self.rng.random() < 0.6:
            payment, wallet = self.rng.choice(waiting), self._anybody()
            held, reference = self.world.site.paying.unmatched[payment], self.reference()
            self._asked(f"settle_payment/{reference}", held.left_minor, wallet)
            aim = Aim(kind=AimKind.WALLET, id=wallet)
            await self.act(
                lambda: settle_payment(
                    self.world.site, payment=payment, aim=aim, actor=MANAGER, reference=reference
                )
            )
            return
        await self._takes_file(self._rows())

    def _rows(self) -> list[SettlementRow]:
        """All that the provider has booked until now."""
        ended = [one for one in self.provider.refunds.values() if one.outcome is RefundOutcome.DONE]
        paid = [payment_row(one, fee=one.amount_minor // FEE) for one in self.paid]
        return [*paid, *(refund_row(one) for one in ended)]

    async def _takes_file(self, rows: list[SettlementRow]) -> None:
        day = self.now.date()
        self.provider.files = {day: rows}
        await self.act(lambda: reconcile_payments(self.world.site, first=day, last=day))

    async def slips(self) -> None:
        """Slips are made and sold, or one is redeemed."""
        if not self.batches or self.rng.random() < 0.3:
            wanted = Wanted(count=3, amount_minor=self.rng.choice((500, 5_000, 50_000)))
            reference = self.reference()
            made = await self.act(
                lambda: make_vouchers(
                    self.world.site, wanted, actor=MANAGER, reference=f"{reference}/made"
                )
            )
            assert made is not None
            batch = str(made[1].id)
            await self.act(
                lambda: sell_vouchers(
                    self.world.site, batch=batch, count=2, actor=MANAGER, reference=reference
                )
            )
            self.batches.append(batch)
            return
        wallet, site = self._anybody(), self.world.site
        known = site.offline.batches[self.rng.choice(self.batches)]  # type: ignore[index]
        open_ones = await numbers_of(site, known)
        if open_ones:
            serial, slip = self.rng.choice(open_ones)
            self._asked(f"voucher/{serial}", known.amount_minor, wallet)
            reference = self.reference()
            await self.act(
                lambda: redeem_voucher(
                    self.world.site, number=slip, wallet=wallet, actor=MANAGER, reference=reference
                )
            )

    async def change_shift(self) -> None:
        """The cashier takes the drawer over, or counts it and goes home; the count may be wrong."""
        reference, site = self.reference(), self.world.site
        if not self.shift:
            floating = self.rng.randrange(50_000)
            told = await self.act(
                lambda: open_shift(
                    self.world.site,
                    till="Front",
                    counted_minor=floating,
                    actor=MANAGER,
                    reference=reference,
                )
            )
            assert told is not None
            self.shift = str(told[1].id)
            return
        there = site.desk.shifts[self.shift].expected_minor  # type: ignore[index]
        counted = max(0, there + self.rng.choice((0, 0, 0, -100, 50)))
        shift, self.shift = self.shift, ""
        await self.act(
            lambda: close_shift(
                self.world.site,
                shift=shift,
                counted_minor=counted,
                reason="counted",
                actor=MANAGER,
                reference=reference,
            )
        )

    # --- what must hold --------------------------------------------------------------------------

    @override
    async def last_check(self) -> None:
        """Everything is told in the end: what the provider holds is what the books say it holds."""
        for one in list(self.provider.refunds.values()):
            if one.outcome is RefundOutcome.PENDING:
                self.provider.end(one.refund_no, RefundOutcome.DONE)
        self.provider.becomes = RefundOutcome.DONE
        for seen in self.paid:
            await self._told(seen)
        for _ in range(4):
            self.pass_time(DAY)
            await self.act(self.keeper_ticks)
            await self.act(self.world.work)
        await self._takes_file(self._rows())
        await self.read_books()
        for seen in self.paid:
            assert _event(seen) in self.booked, f"{seen} was paid and never booked"
        rows = self._rows()
        holds = sum(net_minor(one) for one in rows)
        same("what the provider holds", -holds, self.audit.balances[CLEARING])
        at = datetime.combine(self.now.date(), datetime.min.time(), UTC)
        out = SettlementRow(
            kind=RowKind.PAYOUT, out_no="", provider_ref="out", amount_minor=holds, at=at
        )
        await self._takes_file([*rows, replace(out, word="payout")])
        await self.read_books()
        same("what is left in clearing", 0, self.audit.balances[CLEARING])
        await self._check_papers()
        await super().last_check()

    async def _check_papers(self) -> None:
        """Receipts have no gap, orders their entries, refunds and slips their money."""
        books = self.world.books
        receipts = sorted(one.no for one in await books.load(DeskReceipt))
        same("the receipts", list(range(1, len(receipts) + 1)), receipts)
        for order in await books.load(PayOrder, state=OrderState.CREDITED):
            assert order.entry in self.booked, f"{order.id} is credited by {order.entry}"
        refunds = await books.load(PayRefund)
        waiting = sum(one.amount_minor for one in refunds if not one.state.over)
        balances = self.audit.balances
        same("refunds on their way", waiting, balances[site_account(SiteAccount.REFUNDS)])
        batches = await books.load(VoucherBatch)
        slips = sum(one.open * one.amount_minor for one in batches)
        same("slips not redeemed", slips, balances[site_account(SiteAccount.VOUCHERS)])

    # --- helpers ---------------------------------------------------------------------------------

    def _anybody(self) -> str:
        return self.rng.choice((*self.people, self.laundry))

    def _asked(self, event: str, amount: int, wallet: str) -> None:
        purpose = self.world.site.wallets[WalletId(wallet)].wallet.purpose
        self.audit.fees.asked[event] = amount, purpose.value


def _event(seen: Seen) -> str:
    return f"pay/wechat/{seen.merchant}/{seen.provider_ref}"
