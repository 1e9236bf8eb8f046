"""A provider in memory that gives money back: well, late, not at all, and with lost answers."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from custom_components.prepaid_parking.core.identity import Actor, ActorKind
from custom_components.prepaid_parking.core.pay_channel import (
    ChannelError,
    ChannelFault,
    Outcome,
    RefundAsked,
    RefundOutcome,
    RefundSeen,
    RowKind,
    Seen,
    SettlementRow,
)
from custom_components.prepaid_parking.core.pay_order import Aim, AimKind, PayOrder
from custom_components.prepaid_parking.core.pay_refund import PayRefund
from custom_components.prepaid_parking.operations.pay_orders import create_order, find_order, look
from custom_components.prepaid_parking.operations.pay_refunds import refund_order
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from tests.operations.provider import Provider
from tests.operations.world import MANAGER, SECOND, World

OTHER = Actor(kind=ActorKind.USER, id="owner")
ACCOUNT = {"holder": "Li Wei", "account": "6222 0200 1234 5678", "bank": "ICBC"}


class RefundingProvider(Provider):
    """It books what it is asked, unless `refund_fault` meets the question before that.

    With `answers_lost` it books and does not answer. `becomes` is what a refund is at once.
    """

    def __init__(self) -> None:
        super().__init__()
        self.refunds: dict[str, RefundSeen] = {}
        self.refund_asked: list[RefundAsked] = []
        self.looks = 0
        self.refund_fault: ChannelFault | None = None
        self.refund_code = ""
        self.answers_lost = False
        self.becomes = RefundOutcome.PENDING
        self.files: dict[date, list[SettlementRow]] = {}
        self.no_file: ChannelFault | None = None

    async def refund(self, asked: RefundAsked) -> RefundSeen:
        """Give money back, never more than was paid; the same number is the same refund."""
        self.refund_asked.append(asked)
        await self._answer()
        if self.refund_fault is not None:
            raise ChannelError(self.refund_fault, self.refund_code)
        known = self.refunds.get(asked.refund_no)
        if known is None:
            if asked.amount_minor > self.rest(asked.out_no):
                raise ChannelError(ChannelFault.REFUSED, "TOO_MUCH")
            known = RefundSeen(
                refund_no=asked.refund_no,
                out_no=asked.out_no,
                outcome=self.becomes,
                provider_ref=f"50{len(self.refunds)}",
                amount_minor=asked.amount_minor,
            )
            self.refunds[asked.refund_no] = known
        if self.answers_lost:
            raise ChannelError(ChannelFault.UNKNOWN)
        return known

    async def query_refund(self, refund_no: str, out_no: str) -> RefundSeen:
        """Say what became of a refund."""
        self.looks += 1
        await self._answer()
        if self.refund_fault is not None or self.answers_lost:
            raise ChannelError(ChannelFault.UNKNOWN)
        missing = RefundSeen(refund_no=refund_no, out_no=out_no, outcome=RefundOutcome.MISSING)
        return self.refunds.get(refund_no, missing)

    async def settlement(self, day: date) -> Sequence[SettlementRow]:
        """Hand out the file of a day."""
        await self._answer()
        if self.no_file is not None:
            raise ChannelError(self.no_file, "NOT_YET")
        return self.files.get(day, ())

    def end(self, refund_no: str, outcome: RefundOutcome, *, stuck: bool = False) -> RefundSeen:
        """Bring a refund to its end there."""
        ended = replace(self.refunds[refund_no], outcome=outcome, stuck=stuck)
        self.refunds[refund_no] = ended
        return ended

    def rest(self, out_no: str) -> int:
        """What may still go back of an order."""
        paid = self.orders.get(out_no)
        if paid is None or paid.outcome is not Outcome.PAID:
            return 0
        return paid.amount_minor - self.given(out_no)

    def given(self, out_no: str) -> int:
        """What has gone back of an order, or is on its way."""
        return sum(
            one.amount_minor
            for one in self.refunds.values()
            if one.out_no == out_no and one.outcome is not RefundOutcome.FAILED
        )


def of(wallet: WalletRun) -> Aim:
    """What fills a wallet."""
    return Aim(kind=AimKind.WALLET, id=wallet.wallet.id)


async def paid_order(
    world: World, provider: Provider, wallet: WalletRun, minor: int = 10_000
) -> PayOrder:
    """Have a payer pay an order for a wallet."""
    order = await create_order(
        world.site, aim=of(wallet), channel="ch1", amount_minor=minor, actor=MANAGER
    )
    provider.pay(order.out_no, minor, paid_at=world.clock.now)
    world.clock.now += 2 * SECOND
    await look(world.site, order.id)
    return await find_order(world.site, order.id)


async def part_back(world: World, order: PayOrder, minor: int = 4000) -> PayRefund:
    """Have a part of an order's money go back to its payer."""
    return await refund_order(
        world.site, order=order.id, amount_minor=minor, reason="left", actor=MANAGER
    )


def payment_row(seen: Seen, *, fee: int = 0, at: datetime | None = None) -> SettlementRow:
    """Return the row of a payment."""
    return SettlementRow(
        kind=RowKind.PAYMENT,
        out_no=seen.out_no,
        provider_ref=seen.provider_ref,
        amount_minor=seen.amount_minor,
        fee_minor=fee,
        at=at or seen.paid_at or datetime(2026, 7, 1, 12, tzinfo=UTC),
    )


def refund_row(seen: RefundSeen, *, fee: int = 0, at: datetime | None = None) -> SettlementRow:
    """Return the row of a refund."""
    return SettlementRow(
        kind=RowKind.REFUND,
        out_no=seen.out_no,
        provider_ref=seen.provider_ref,
        refund_no=seen.refund_no,
        amount_minor=seen.amount_minor,
        fee_minor=fee,
        at=at or datetime(2026, 7, 1, 13, tzinfo=UTC),
    )
