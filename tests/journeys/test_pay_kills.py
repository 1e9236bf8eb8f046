"""Journey: killed at any instant while payers pay, the books hold what the provider holds, each cent once."""

import asyncio
from asyncio.subprocess import Process
from contextlib import suppress
from datetime import timedelta
from itertools import count
from pathlib import Path
import random
from typing import Final, override

import pytest

from custom_components.prepaid_parking.core.chart import SiteAccount, site_account, wallet_account
from custom_components.prepaid_parking.core.ledger import BooksState
from custom_components.prepaid_parking.core.pay_order import OrderState, PayOrder
from custom_components.prepaid_parking.core.pay_refund import RefundState
from custom_components.prepaid_parking.core.wallet import Wallet
from custom_components.prepaid_parking.simulator.pay_alipay import FakeAlipay
from custom_components.prepaid_parking.simulator.pay_books import (
    OrderState as There,
    RefusedError,
)
from tests.links.pay.alipay_peer import fake

from .accounts import is_sound
from .kill_world import open_books
from .killing import Killing, cradle
from .pay_kill_books import (
    CLEARING,
    VOUCHERS,
    given_back,
    kept_there,
    paid_there,
    payments,
    redeemed,
    returned_there,
)
from .pay_kill_world import SLIP_MINOR, SLIPS, WALLETS, found

CUSTOMERS: Final = 8
ANSWERS_A_LIFE: Final = 60
OUTAGES_S: Final = (0, 5, 30, 400)
"""So long the site may be gone by the clocks; after the longest what was told before is only a hint."""
LATER_S: Final = 7200
"""What nobody knew the outcome of has surely ended at the provider by then."""
REFUSALS: Final = {"refund_not_credited", "refund_more_than_rest", "voucher_used"}
"""What customers may hear; anything else is a mistake."""


class Town(Killing):
    """Customers who order, pay, ask, want money back and redeem slips, whether or not there is a site.

    Whoever was not answered asks the next life under the same name; somebody else just does so.
    """

    def __init__(
        self, folder: Path, process: Process, seed: int, provider: FakeAlipay, slips: list[str]
    ) -> None:
        """Begin with nothing paid, and every slip sold."""
        super().__init__(folder, process, seed)
        self.provider = provider
        self.slips = slips
        self.closing = False
        self.ahead_s = 0
        self.unanswered = 0
        self.wallets: dict[str, str] = {}
        self.credited: set[str] = set()
        self.refunds: dict[str, tuple[str, int]] = {}
        self.returned: set[str] = set()
        self.redeemed: dict[str, str] = {}
        self._names = count(1)
        self._waiting: dict[str, asyncio.Future[list[str]]] = {}
        self._heard = asyncio.Event()

    # --- the site's lives ----------------------------------------------------------------------

    @override
    def first_words(self) -> str:
        return f"{self.ahead_s} {self.provider.base_url}"

    @override
    async def live(self) -> None:
        for _ in range(int(ANSWERS_A_LIFE * self.rng.random() ** 2)):
            self._heard.clear()
            await self._heard.wait()

    @override
    def heard(self, words: list[str]) -> None:
        name, *answer = words
        self._waiting.pop(name).set_result(answer)
        self._heard.set()

    @override
    def lost(self) -> None:
        self.came.clear()
        self.unanswered += len(self._waiting)
        for answer in self._waiting.values():
            answer.set_result([])
        self._waiting.clear()

    def time_passes(self, seconds: int) -> None:
        """Let the clocks go on while there is no site."""
        self.ahead_s += seconds
        self.provider.faults.clock_skew = timedelta(seconds=self.ahead_s)

    async def ask(self, what: str, *said: object, name: str = "") -> tuple[str, str]:
        """Ask until there is an answer: what one life took with it is asked of the next."""
        name = name or f"ask{next(self._names)}"
        while True:
            await self.came.wait()
            waiting = self._waiting[name] = asyncio.get_running_loop().create_future()
            self.say(" ".join(map(str, (what, name, *said))))
            if answer := await waiting:
                word, about = answer
                assert word != "broke", (self.told, what, said, about)
                assert word != "refused" or about in REFUSALS, (self.told, what, said, about)
                return word, about

    # --- what customers do ---------------------------------------------------------------------

    async def customer(self) -> None:
        """Do this and that until the town closes."""
        deeds = (self.orders, self.pays, self.looks, self.wants_back, self.redeems)
        while not self.closing:
            faults = self.provider.faults
            faults.fail_after_booking = int(self.rng.random() < 0.05)
            faults.fail_before_booking = int(self.rng.random() < 0.05)
            (deed,) = self.rng.choices(deeds, weights=(4, 4, 3, 3, 2))
            await deed()
            await asyncio.sleep(0)

    async def orders(self) -> None:
        """Be asked for money."""
        wallet = self._wallet()
        _, out_no = await self.ask("order", wallet, self.rng.randrange(1, 50_00))
        self.wallets[out_no] = wallet

    def ordered_for(self, wallet: str) -> list[str]:
        """Return the orders that were for a wallet, by their numbers at the provider."""
        return [out_no for out_no, aim in self.wallets.items() if aim == wallet]

    async def pays(self) -> None:
        """Pay what the provider has been asked for, whoever was shown it; some notices are lost."""
        waiting = [
            one.out_no for one in self.provider.books.orders.values() if one.state is There.WAITING
        ]
        if waiting:
            self.provider.faults.notice_lost = self.rng.random() < 0.3
            with suppress(RefusedError):
                await self.provider.pay(self.rng.choice(waiting))
            self.provider.faults.notice_lost = False

    async def looks(self) -> None:
        """Ask whether it is paid."""
        if self.wallets:
            await self.look(self.rng.choice(list(self.wallets)))

    async def look(self, out_no: str) -> None:
        """Ask about this one."""
        state, _ = await self.ask("look", out_no)
        if state == OrderState.CREDITED:
            self.credited.add(out_no)

    async def wants_back(self) -> None:
        """Have a part of a payment back."""
        paid = [one for one in self.provider.books.orders.values() if one.state is There.PAID]
        if paid:
            order = self.rng.choice(paid)
            amount = self.rng.randint(1, order.amount_minor)
            name = f"refund{len(self.refunds)}"
            self.refunds[name] = order.out_no, amount
            await self.refund(name)

    async def refund(self, name: str) -> str:
        """Ask for this refund, and return where it stands."""
        state, refund_no = await self.ask("refund", *self.refunds[name], name=name)
        if state == RefundState.DONE:
            self.returned.add(refund_no)
        return state

    async def redeems(self) -> None:
        """Redeem a slip, perhaps for two at once; many have been redeemed before."""
        slip = self.rng.choice(self.slips)
        await asyncio.gather(*(self.redeem(slip) for _ in range(self.rng.randint(1, 2))))

    async def redeem(self, slip: str) -> None:
        """Redeem this slip."""
        wallet = self._wallet()
        word, serial = await self.ask("redeem", wallet, slip)
        if word == "redeemed":
            assert serial not in self.redeemed, (self.told, serial)
            self.redeemed[serial] = wallet

    def _wallet(self) -> str:
        return f"w{self.rng.randint(1, WALLETS)}"

    # --- the end -------------------------------------------------------------------------------

    async def comes_to_rest(self, customers: list[asyncio.Task[None]]) -> None:
        """Let the last be served, every notice arrive, and what is under way come to its end."""
        self.closing = True
        self.provider.faults.fail_after_booking = self.provider.faults.fail_before_booking = 0
        await self.bear()
        await asyncio.gather(*customers)
        await self.provider.told()
        await self.end_in_peace()
        self.time_passes(LATER_S)
        await self.bear()
        for out_no in self.wallets:
            await self.look(out_no)
        for name in self.refunds:
            while await self.refund(name) in {RefundState.HELD, RefundState.SENT}:
                pass  # Asked again it goes on by a step.
        await self.provider.told()
        await self.end_in_peace()


async def kill_often(folder: Path, times: int, seed: int) -> Town:
    """Kill one site again and again; after each time its books hold nothing that is not true."""
    slips = await found(folder)
    provider = fake(retries_s=(0.05,) * 20)
    provider.faults.notice_duplicate = 1
    async with (
        provider,
        cradle("tests.journeys.pay_kill_child") as process,
        Town(folder, process, seed, provider, slips) as town,
        asyncio.TaskGroup() as group,
    ):
        customers = [group.create_task(town.customer()) for _ in range(CUSTOMERS)]
        for turn in range(times):
            async with asyncio.timeout(30):
                await town.live_and_die()
            town.time_passes(town.rng.choice(OUTAGES_S))
            await books_are_true(town, f"{town.told}, kill {turn}")
        async with asyncio.timeout(60):
            await town.comes_to_rest(customers)
        await books_are_whole(town, f"{town.told}, at the end")
    return town


async def books_are_true(town: Town, told: str) -> None:
    """What is in the books has happened, once; what was answered is in them."""
    books = await open_books(town.folder)
    try:
        assert books.state is BooksState.OK, (told, books.problem, books.detail)
        await is_sound(books)
        paid = paid_there(town.provider)
        assert (await payments(books)).items() <= paid.items(), told
        assert (await given_back(books)).items() <= returned_there(town.provider).items(), told
        credited = await books.load(PayOrder, state=OrderState.CREDITED)
        assert town.credited <= {one.out_no for one in credited}, told
        assert town.redeemed.keys() <= (await redeemed(books)).keys(), told
    finally:
        await books.close()


async def books_are_whole(town: Town, told: str) -> None:
    """All that has happened is in the books, and every account says so."""
    books = await open_books(town.folder)
    try:
        await is_sound(books)
        paid, returned = paid_there(town.provider), returned_there(town.provider)
        slips = await redeemed(books)
        assert await payments(books) == paid, told
        assert await given_back(books) == returned, told
        assert slips == town.redeemed, told
        balances = await books.balances()
        assert balances[CLEARING] == sum(returned.values()) - sum(paid.values()), told
        for empty in (SiteAccount.REFUNDS, SiteAccount.SUSPENSE):
            assert not balances.get(site_account(empty)), (told, empty)
        assert balances[VOUCHERS] == (SLIPS - len(slips)) * SLIP_MINOR, told
        for wallet in await books.load(Wallet):
            there = kept_there(town.provider, town.ordered_for(wallet.id))
            brought = SLIP_MINOR * list(slips.values()).count(wallet.id)
            assert balances[wallet_account(wallet.no)] == there + brought, (told, wallet.id)
    finally:
        await books.close()


async def test_killed_20_times_while_payers_pay_each_payment_is_booked_once(
    tmp_path: Path, socket_enabled: None
) -> None:
    """A power cut while somebody pays must cost neither the payer nor the site a cent."""
    town = await kill_often(tmp_path, times=20, seed=random.randrange(10**6))
    assert all((town.credited, town.returned, town.redeemed, town.unanswered)), town.told


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(20))
async def test_killed_400_times_on_twenty_sites(
    tmp_path: Path, socket_enabled: None, seed: int
) -> None:
    """What goes wrong once in a hundred power cuts goes wrong every week on a thousand sites."""
    await kill_often(tmp_path, times=20, seed=seed)
