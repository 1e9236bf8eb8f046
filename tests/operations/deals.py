"""What is sold, as a test does it and does it again: how it comes to that, and what is to be seen of it."""

from abc import ABC, abstractmethod
import contextlib
from typing import Final, override

from custom_components.prepaid_parking.core.agent import Agent
from custom_components.prepaid_parking.core.chart import SiteAccount
from custom_components.prepaid_parking.core.difference import Difference
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.pay_channel import (
    RefundOutcome,
    RowKind,
    SettlementRow,
)
from custom_components.prepaid_parking.core.pay_refund import PayRefund, RefundState, RefundStep
from custom_components.prepaid_parking.core.token_meter import Token
from custom_components.prepaid_parking.core.voucher import PaidBy, VoucherBatch, serial_of
from custom_components.prepaid_parking.operations.agents import (
    agent_top_up,
    pay_in_float,
    set_agent,
    settle_agent,
)
from custom_components.prepaid_parking.operations.cancelling_vouchers import cancel_vouchers
from custom_components.prepaid_parking.operations.pay_refund_people import settle_refund
from custom_components.prepaid_parking.operations.pay_refunds import refund_order
from custom_components.prepaid_parking.operations.terminals import answer, set_terminal
from custom_components.prepaid_parking.operations.tokens import sync_token_meter
from custom_components.prepaid_parking.operations.vouchers import sell_vouchers
from tests.operations.money import of_site
from tests.operations.provider import connect
from tests.operations.refunding import (
    ACCOUNT,
    OTHER,
    RefundingProvider,
    paid_order,
    payment_row,
)
from tests.operations.test_agreements import Fetching, agreed, put_up, spend
from tests.operations.test_bank_lines import take
from tests.operations.test_settlement import NINE, payout, reconcile, stranger
from tests.operations.test_tokens import buy, token_meter
from tests.operations.test_vouchers import batch_of, numbers, owed, redeem
from tests.operations.world import MANAGER, MINUTE, World


class Deal(ABC):
    """What is sold: how it comes to that, how it is done, by references, and what is to be seen of it."""

    @abstractmethod
    async def begin(self, world: World) -> None: ...
    @abstractmethod
    async def do(self, world: World) -> None: ...
    @abstractmethod
    async def seen(self, world: World) -> object: ...


class Slips(Deal):
    """Vouchers are sold, one is redeemed, one taken back."""

    @override
    async def begin(self, world: World) -> None:
        await world.wallet()
        batch = await batch_of(world, 3, sold=0)
        self.batch, self.slips = batch, await numbers(world, batch)

    @override
    async def do(self, world: World) -> None:
        batch = self.batch.id
        await sell_vouchers(world.site, batch=batch, count=2, actor=MANAGER, reference="s")
        await redeem(world, world.site.wallet("w1"), self.slips[0], reference="k")
        await cancel_vouchers(
            world.site,
            batch=batch,
            serial=serial_of(self.batch.no, 1),
            back=PaidBy.CASH,
            reason="lost",
            actor=MANAGER,
            reference="c",
        )

    @override
    async def seen(self, world: World) -> object:
        (batch,) = await world.books.load(VoucherBatch)
        counts = batch.sold, batch.redeemed, batch.cancelled, world.site.offline.batches[batch.id]
        return world.site.wallet("w1").posted_minor, await owed(world), counts


class Shop(Deal):
    """An agent pays in, tops a wallet up, and is paid its commission."""

    @override
    async def begin(self, world: World) -> None:
        await world.wallet()
        await set_agent(world.site, actor=MANAGER, name="Corner shop", rate_micro=20_000)

    @override
    async def do(self, world: World) -> None:
        site, told = world.site, {"agent": "ag1", "actor": MANAGER}
        await pay_in_float(site, amount_minor=10_000, reference="f", **told)  # type: ignore[arg-type]
        await agent_top_up(site, wallet="w1", amount_minor=4_000, reference="t", **told)  # type: ignore[arg-type]
        await settle_agent(site, reference="c", **told)  # type: ignore[arg-type]

    @override
    async def seen(self, world: World) -> object:
        (agent,) = await world.books.load(Agent)
        sums = agent.float_minor, agent.earned_micro, agent.sold_all_minor, agent.settled_minor
        assert await of_site(world, SiteAccount.AGENTS) == agent.float_minor
        return world.site.wallet("w1").posted_minor, sums


class Tokens(Deal):
    """Tokens are bought and made; what anybody is shown is in the books, and stays what it was."""

    @override
    async def begin(self, world: World) -> None:
        await world.wallet("100")
        await token_meter(world)
        self.shown: dict[str, Token] = {}

    @override
    async def do(self, world: World) -> None:
        run = world.site.wallet("w1")
        for reference, units in (("a", "5"), ("b", "1")):
            await self._is_shown(
                world, reference, await buy(world, run, units, reference=reference)
            )
        _, made = await sync_token_meter(
            world.site, meter="SL-1", reason="lost count", actor=MANAGER, reference="c"
        )
        await self._is_shown(world, "c", made)

    async def _is_shown(self, world: World, reference: str, token: Token) -> None:
        assert await world.books.load(Token, count=token.count) == [token]
        assert self.shown.setdefault(reference, token).digits == token.digits

    @override
    async def seen(self, world: World) -> object:
        made = sorted(await world.books.load(Token), key=lambda one: one.count)
        return world.site.wallet("w1").posted_minor, [(one.count, one.digits) for one in made]


class Kiosk(Deal):
    """A terminal tells what was paid, over and over until it is answered."""

    @override
    async def begin(self, world: World) -> None:
        await world.wallet()
        await set_terminal(world.site, actor=MANAGER, name="Lobby kiosk")

    @override
    async def do(self, world: World) -> None:
        for number, amount in enumerate(("12.50", "7.00"), start=1):
            told = {"do": "pay", "wallet": "w1", "amount": amount, "channel": "terminal"}
            terminal = world.site.desk.terminals[next(iter(world.site.desk.terminals))]
            said = await answer(world.site, terminal, told | {"reference": f"slip {number}"})
            assert (said["receipt"], said["amount"]) == (number, amount)

    @override
    async def seen(self, world: World) -> object:
        return world.site.wallet("w1").posted_minor, await of_site(world, SiteAccount.CLEARING)


class Statement(Deal):
    """A bank's statement with a transfer, one that names nobody, and a provider's payout."""

    @override
    async def begin(self, world: World) -> None:
        await world.wallet()

    @override
    async def do(self, world: World) -> None:
        await take(
            world,
            "2026-07-01,100.00,B1,rent w1",
            "2026-07-01,40.00,B2,water",
            "2026-07-02,55.00,B3,Tenpay payout",
            "2026-07-02,-9.00,B4,fee",
            "2026-07-02,20.00,B5,w1",
        )

    @override
    async def seen(self, world: World) -> object:
        names = SiteAccount.SUSPENSE, SiteAccount.BANK, SiteAccount.CLEARING
        held = len(await world.books.load(Difference))
        return (
            world.site.wallet("w1").posted_minor,
            held,
            [await of_site(world, one) for one in names],
        )


class ProvidersFile(Deal):
    """A day's file, written row by row: payments, a stranger's, a dispute, a payout."""

    @override
    async def begin(self, world: World) -> None:
        self.provider, wallet = RefundingProvider(), await world.wallet()
        connect(world.site, self.provider)
        orders = [await paid_order(world, self.provider, wallet, minor) for minor in (1000, 2000)]
        paid = [self.provider.orders[one.out_no] for one in orders]
        self.provider.files[NINE.date()] = [
            *(payment_row(one, fee=6, at=NINE) for one in paid),
            stranger(),
            SettlementRow(
                kind=RowKind.DISPUTE,
                out_no=paid[0].out_no,
                provider_ref=paid[0].provider_ref,
                amount_minor=-1000,
                at=NINE,
            ),
            payout(1500),
        ]

    @override
    async def do(self, world: World) -> None:
        connect(world.site, self.provider)
        await reconcile(world)

    @override
    async def seen(self, world: World) -> object:
        names = SiteAccount.SUSPENSE, SiteAccount.BANK, SiteAccount.CLEARING_WECHAT
        told = sorted(str(one.kind) for one in await world.books.load(Difference))
        sums, run = [await of_site(world, one) for one in names], world.site.wallet("w1")
        return run.posted_minor, run.wallet.frozen_reason, told, sums


class Refunds(Deal):
    """One refund goes back by the provider, another by the bank, with two persons."""

    @override
    async def begin(self, world: World) -> None:
        self.provider, wallet = RefundingProvider(), await world.wallet()
        self.provider.becomes = RefundOutcome.DONE
        connect(world.site, self.provider)
        self.order = await paid_order(world, self.provider, wallet)

    @override
    async def do(self, world: World) -> None:
        connect(world.site, self.provider)
        site, told = world.site, {"order": self.order.id, "reason": "left", "actor": MANAGER}
        await refund_order(site, amount_minor=3000, reference="r", **told)  # type: ignore[arg-type]
        await world.tick(MINUTE)
        bank = await refund_order(site, amount_minor=2000, account=ACCOUNT, reference="b", **told)  # type: ignore[arg-type]
        for step, who in ((RefundStep.ALLOW, OTHER), (RefundStep.PAID, MANAGER)):
            with contextlib.suppress(CoreError):  # It was allowed, or paid, before.
                await settle_refund(site, refund=bank.id, step=step, actor=who)

    @override
    async def seen(self, world: World) -> object:
        states = [one.state for one in await world.books.load(PayRefund)]
        assert states == [RefundState.DONE] * 2
        names = SiteAccount.REFUNDS, SiteAccount.BANK, SiteAccount.CLEARING_WECHAT
        given = self.provider.given(self.order.out_no)
        return (
            world.site.wallet("w1").posted_minor,
            given,
            [await of_site(world, one) for one in names],
        )


class Fetched(Deal):
    """A balance has fallen below its mark: what is agreed is fetched."""

    @override
    async def begin(self, world: World) -> None:
        self.port, wallet = Fetching(), await world.wallet("20")
        put_up(world, self.port)
        await agreed(world, wallet)
        await world.tick()
        await spend(world, wallet, 1500)

    @override
    async def do(self, world: World) -> None:
        put_up(world, self.port)
        for _ in range(3):
            await world.tick(MINUTE)

    @override
    async def seen(self, world: World) -> object:
        return world.site.wallet("w1").posted_minor, [one.amount_minor for one in self.port.fetched]


DEALS: Final = {
    Slips: "(5000, 0, (2, 1, 1",
    Shop: "(4000, (6080, 0, 4000, 80))",
    Tokens: "(9100, [(2, '177073015'), (4, ",
    Kiosk: "(1950, -1950)",
    Statement: "(12000, 1, [4000, -21500, 0])",
    ProvidersFile: "(2000, 'risk: chargeback', ['chargeback', 'row_without_order'], [990, -1500, -1472])",
    Refunds: "(5000, 3000, [0, 2000, -7000])",
    Fetched: "(5500, [5000])",
}
"""What each has come to."""
