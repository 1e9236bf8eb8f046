"""A fake provider on a port of this machine: it takes orders, lets payers pay and sends notices.

What a real one says and how it signs is in `pay_wechat`, `pay_alipay` and `pay_stripe`; here is what
all of them do. Nothing in it knows the product, so that both sides cannot share a mistake.
"""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from types import TracebackType
from typing import Final, Self

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from .pay_books import Movement, Order, PayBooks, Refund, RefundState, RefusedError
from .pay_faults import Faults
from .pay_window import window_routes

RETRIES_S: Final = (15.0, 15.0, 30.0, 180.0, 600.0)
"""When a notice that was not answered with success is sent again; a test takes shorter ones."""
_PATIENCE: Final = ClientTimeout(total=10)

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice as it goes out; `body` is what its headers are signed over."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """How a hub answered a notice; status 0 is no answer."""

    letter: Letter
    status: int
    text: str


class PayProvider(ABC):
    """One merchant's account at a provider, as a server."""

    brand = ""
    zone: tzinfo = UTC
    """Whose days the files are of."""
    has_disputes = False
    """Whether a payer's bank may take a payment back, as of a card."""

    def __init__(
        self, *, merchant: str, currency: str, retries_s: Sequence[float] = RETRIES_S
    ) -> None:
        """Name the merchant; nothing listens before `start`."""
        self.merchant = merchant
        self.currency = currency
        self.retries_s = tuple(retries_s)
        self.faults = Faults()
        self.books = PayBooks()
        self.answers: list[Answered] = []
        self.requests: list[tuple[str, str]] = []
        """Method and path of whatever was asked, in its order."""
        self.base_url = ""
        self._runner: web.AppRunner | None = None
        self._session: ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: list[Letter] = []

    # What each provider has of its own.

    @abstractmethod
    def routes(self) -> Iterable[web.RouteDef]:
        """Return its interface."""

    @abstractmethod
    def payment_letter(self, order: Order, *, probe: bool = False) -> Letter:
        """Write a notice of a payment; a probe has a wrong signature."""

    @abstractmethod
    def refund_letter(self, refund: Refund) -> Letter | None:
        """Write a notice of a refund's end, good or bad, where the provider sends any."""

    @abstractmethod
    def rotate_key(self) -> None:
        """Sign with another key from now on."""

    # The server.

    async def start(self, port: int = 0) -> Self:
        """Listen on this machine only; on a free port unless one is given."""
        app = web.Application(middlewares=[self._spoiled])
        app.add_routes([*self.routes(), *window_routes(self)])
        self._session = ClientSession(timeout=_PATIENCE)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        host, bound = self._runner.addresses[0][:2]
        self.base_url = f"http://{host}:{bound}"
        return self

    async def stop(self) -> None:
        """Send nothing more and hear nothing more."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    @web.middleware
    async def _spoiled(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer as healthy as the faults let it; the payer's window is always healthy."""
        if request.path.startswith("/window"):
            return await handler(request)
        self.requests.append((request.method, request.path_qs))
        if self.faults.slow_s:
            await asyncio.sleep(self.faults.slow_s)
        if self.faults.struck("fail_before_booking"):
            return web.Response(status=503, text="try again")
        answer = await handler(request)
        if answer.status < 300 and self.faults.struck("fail_after_booking"):
            return web.Response(status=502, text="Bad Gateway")
        return answer

    # What happens at the provider.

    def now(self) -> datetime:
        """Return the time by the provider's clock."""
        return datetime.now(UTC) + self.faults.clock_skew

    async def pay(self, out_no: str) -> Order:
        """Do what a payer does: the payment is booked, a notice goes out."""
        fresh = self.books.pay(out_no, self.now(), though_closed=self.faults.paid_after_close)
        order = self.books.find(out_no)
        if fresh and order.notify_url:
            if self.faults.struck("signature_probe"):
                self._spawn(self._once(self.payment_letter(order, probe=True)))
            self.post(self.payment_letter(order))
        return order

    def dispute(self, out_no: str) -> Order:
        """Do what a payer's bank does: the payment is taken back, and a row of the day says so."""
        if not self.has_disputes:
            raise RefusedError("missing")
        return self.books.dispute(out_no, self.now())

    def take_back(
        self, refund_no: str, out_no: str, amount_minor: int, notify_url: str = ""
    ) -> Refund:
        """Accept a refund; it is complete a moment later, unless a fault holds it."""
        known = refund_no in self.books.refunds
        refund = self.books.refund(refund_no, out_no, amount_minor, self.now(), notify_url)
        if not known and not self.faults.refund_pending:
            self._spawn(self.complete(refund_no))
        return refund

    async def complete(self, refund_no: str) -> None:
        """Bring a refund to its end, good or bad, and send its notice."""
        refund = self.books.find_refund(refund_no)
        if refund.state in {RefundState.PENDING, RefundState.STUCK}:
            refund.state = RefundState.DONE
            if self.faults.refund_stuck:
                refund.state = RefundState.STUCK
            elif self.faults.refund_fails:
                refund.state = RefundState.FAILED
            letter = self.refund_letter(refund)
            if letter is not None:
                self.post(letter)

    def day(self, day: date) -> list[Movement]:
        """Return the rows of a day's file, as the faults have them."""
        rows = self.books.movements(day, self.zone)
        paid = [row for row in rows if row.refund is None][: self.faults.order_without_row]
        strangers = [
            self.books.stranger(day, self.zone, self.currency)
            for _ in range(self.faults.row_without_order)
        ]
        return [row for row in rows if row not in paid] + strangers

    def told_amount(self, order: Order) -> int:
        """Return the amount of a payment as it is told."""
        return order.amount_minor + self.faults.wrong_amount

    def told_merchant(self) -> str:
        """Return the merchant as it is told."""
        return self.faults.wrong_merchant or self.merchant

    def told_currency(self, order: Order) -> str:
        """Return the currency as it is told."""
        return self.faults.wrong_currency or order.currency

    # Notices.

    def post(self, letter: Letter) -> None:
        """Send a notice in the background, as the faults have it."""
        if self.faults.notice_lost:
            return
        if self.faults.notice_reordered and not self._held:
            self._held.append(letter)
            return
        letters, self._held = [letter, *self._held], []
        self._spawn(self._deliver(letters))

    async def told(self) -> None:
        """Wait until nothing is on its way, retries included."""
        while busy := [task for task in self._tasks if not task.done()]:
            await asyncio.gather(*busy)

    async def _deliver(self, letters: Sequence[Letter]) -> None:
        await asyncio.sleep(self.faults.notice_late_s)
        for letter in letters:
            for _ in range(1 + self.faults.notice_duplicate):
                await self._until_heard(letter)

    async def _until_heard(self, letter: Letter) -> None:
        for pause in (*self.retries_s, None):
            if await self._once(letter) or pause is None:
                return
            await asyncio.sleep(pause)

    async def _once(self, letter: Letter) -> bool:
        assert self._session is not None
        try:
            async with self._session.post(
                letter.url, data=letter.body, headers=letter.headers
            ) as answer:
                heard = Answered(letter, answer.status, await answer.text())
        except (ClientError, TimeoutError) as err:
            heard = Answered(letter, 0, str(err))
        self.answers.append(heard)
        return self.heard(heard)

    def heard(self, answer: Answered) -> bool:
        """Tell whether an answer means that the notice need not come again."""
        return 200 <= answer.status < 300

    def _spawn(self, work: Coroutine[object, object, object]) -> None:
        async def run() -> None:
            await work

        task = asyncio.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
