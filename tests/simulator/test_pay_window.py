"""A pretended provider and its payer's window, met by a plain client as by a browser."""

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, override

from aiohttp import ClientSession, web
import pytest

from tests.hub_free import stand_in_for_the_package

stand_in_for_the_package()

# ruff: disable[E402]
from custom_components.prepaid_parking.simulator.pay_books import (
    Order,
    OrderState,
    PayBooks,
    Refund,
    RefundState,
    RefusedError,
)
from custom_components.prepaid_parking.simulator.pay_memory import PayMemory
from custom_components.prepaid_parking.simulator.pay_provider import Letter, PayProvider

# ruff: enable[E402]

NOON: Final = datetime(2026, 7, 1, 12, tzinfo=UTC)


class PlainProvider(PayProvider):
    """One that speaks no particular language."""

    brand = "Plain <Pay>"

    @override
    def routes(self) -> Iterable[web.RouteDef]:
        async def ping(request: web.Request) -> web.Response:
            return web.Response(text="pong")

        async def hear(request: web.Request) -> web.Response:
            heard.append(await request.text())
            return web.Response(status=self.answer_with)

        heard = self.heard_notices = []
        return [web.get("/ping", ping), web.post("/hear", hear)]

    heard_notices: list[str]
    answer_with = 200

    @override
    def payment_letter(self, order: Order, *, probe: bool = False) -> Letter:
        return Letter(order.notify_url, {}, f"{'probe ' if probe else ''}{order.out_no}".encode())

    @override
    def refund_letter(self, refund: Refund) -> Letter | None:
        text = f"{refund.refund_no} {refund.state}"
        return Letter(refund.notify_url, {}, text.encode()) if refund.notify_url else None

    @override
    def rotate_key(self) -> None:
        pass


@pytest.fixture
async def provider() -> AsyncIterator[PlainProvider]:
    """One that is running."""
    async with PlainProvider(merchant="M", currency="CNY", retries_s=(0.01, 0.01)) as one:
        yield one


def order(provider: PlainProvider, out_no: str = "A1", subject: str = "Stay", **more: str) -> Order:
    """Ask for a payment."""
    return provider.books.place(
        Order(
            out_no=out_no,
            amount_minor=1205,
            currency=more.get("currency", "CNY"),
            subject=subject,
            notify_url=f"{provider.base_url}/hear",
            back_url=more.get("back_url", ""),
        )
    )


async def test_a_payer_finds_the_order_pays_and_goes_back(provider: PlainProvider) -> None:
    """What a new user does in a second window of the browser."""
    order(provider, subject="<b>Stay</b>", back_url="https://park.example/?a=1&b=2")
    async with ClientSession() as browser:
        async with browser.get(f"{provider.base_url}/window") as page:
            text = await page.text()
            assert "12.05 CNY" in text
            assert "&lt;b&gt;Stay" in text
            assert "Plain &lt;Pay&gt;" in text
            assert "<script" not in text
            assert 'action="/window/A1/pay"' in text
        async with browser.post(f"{provider.base_url}/window/A1/pay") as page:
            assert page.url.path == "/window/A1"
            assert 'href="https://park.example/?a=1&amp;b=2"' in await page.text()
        async with browser.post(f"{provider.base_url}/window/A1/pay") as page:
            assert page.status == 200
    await provider.told()
    assert provider.heard_notices == ["A1"]


async def test_a_payer_reads_chinese_where_the_browser_does(provider: PlainProvider) -> None:
    """Both languages say the same."""
    wanted = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}
    async with ClientSession(headers=wanted) as browser:
        async with browser.get(f"{provider.base_url}/window") as page:
            assert 'lang="zh-Hans"' in await page.text()
        order(provider)
        provider.books.close("A1")
        async with browser.post(f"{provider.base_url}/window/A1/pay") as page:
            assert (page.status, await page.text()) == (409, "该订单已无法付款。")
        async with browser.get(f"{provider.base_url}/window/NONE") as page:
            assert page.status == 404


async def test_a_payer_has_a_payment_taken_back_once(provider: PlainProvider) -> None:
    """A manager who wants to see what a chargeback does must not wait for a payer's bank."""
    order(provider)
    window = f"{provider.base_url}/window/A1"
    async with ClientSession() as browser:

        async def dispute() -> tuple[int, str]:
            async with browser.post(f"{window}/dispute") as page:
                return page.status, await page.text()

        refused = (409, "This payment cannot be taken back.")
        assert await dispute() == refused  # Of whom no bank takes anything back, as of an app.
        provider.has_disputes = True
        assert await dispute() == refused  # Nothing is paid yet.
        await provider.pay("A1")
        async with browser.get(window) as page:
            assert 'action="/window/A1/dispute"' in await page.text()
        for _ in range(2):
            status, text = await dispute()
            assert status == 200
            assert "Taken back by the bank" in text
            assert "/dispute" not in text
    taken = provider.books.find("A1").disputed_at
    assert taken is not None
    assert provider.dispute("A1").disputed_at == taken
    with pytest.raises(RefusedError, match="too_much"):
        provider.take_back("R1", "A1", 1)


async def test_what_went_back_to_a_payer_is_not_taken_once_more(provider: PlainProvider) -> None:
    """A bank that takes a refunded payment back would pay its customer twice."""
    order(provider)
    provider.has_disputes = True
    await provider.pay("A1")
    provider.take_back("R1", "A1", 5)
    with pytest.raises(RefusedError, match="too_much"):
        provider.dispute("A1")
    assert provider.books.find("A1").disputed_at is None


def test_what_a_bank_took_back_is_taken_back_after_a_restart() -> None:
    """The demo starts again tomorrow: its day's file must still have it, with books of before as well."""
    books = PayBooks()
    books.place(Order(out_no="A1", amount_minor=5, currency="CNY", subject="Stay"))
    books.pay("A1", NOON)
    older = PayMemory(books).state()
    books.dispute("A1", NOON)
    for state, taken in ((PayMemory(books).state(), NOON), (older, None)):
        again = PayBooks()
        PayMemory(again).restore(
            {key: str(text).replace(', "disputed_at": null', "") for key, text in state.items()}
        )
        assert again.find("A1").disputed_at == taken
        assert again.find("A1").paid_at == NOON


async def test_a_link_back_that_is_none_is_not_shown(provider: PlainProvider) -> None:
    """It comes from whoever asks."""
    order(provider, back_url="javascript:alert(1)")
    await provider.pay("A1")
    async with (
        ClientSession() as browser,
        browser.get(f"{provider.base_url}/window/A1") as page,
    ):
        assert "javascript" not in await page.text()


@pytest.mark.parametrize(("currency", "text"), [("JPY", "1205 JPY"), ("KWD", "1.205 KWD")])
async def test_amounts_have_the_digits_of_their_currency(
    provider: PlainProvider, currency: str, text: str
) -> None:
    """1205 yen are not twelve."""
    order(provider, currency=currency)
    async with ClientSession() as browser, browser.get(f"{provider.base_url}/window") as page:
        assert text in await page.text()


async def test_notices_come_as_the_faults_have_them(provider: PlainProvider) -> None:
    """Doubled, lost, probed, in the wrong order."""
    for number in ("A1", "A2", "A3", "A4", "A5"):
        order(provider, number)
    provider.faults.notice_duplicate = 1
    await provider.pay("A1")
    await provider.told()
    provider.faults.notice_duplicate = 0
    provider.faults.notice_lost = True
    await provider.pay("A2")
    provider.faults.notice_lost = False
    provider.faults.signature_probe = 1
    await provider.pay("A3")
    await provider.told()
    assert provider.heard_notices[:2] == ["A1", "A1"]
    assert sorted(provider.heard_notices[2:]) == ["A3", "probe A3"]
    provider.faults.notice_reordered = True
    await provider.pay("A4")
    await provider.pay("A5")
    await provider.told()
    assert provider.heard_notices[4:] == ["A5", "A4"]


async def test_a_notice_that_is_not_taken_comes_again_and_ends(provider: PlainProvider) -> None:
    """As often as there are pauses, then never more."""
    order(provider)
    provider.answer_with = 503
    await provider.pay("A1")
    await provider.told()
    assert [answer.status for answer in provider.answers] == [503, 503, 503]


async def test_requests_fail_before_or_after_they_are_booked(provider: PlainProvider) -> None:
    """Each as often as it is said; the window stays healthy."""
    provider.faults.fail_before_booking = 1
    provider.faults.fail_after_booking = 1
    async with ClientSession() as hub:
        statuses = []
        for _ in range(3):
            async with hub.get(f"{provider.base_url}/ping") as answer:
                statuses.append(answer.status)
        async with hub.get(f"{provider.base_url}/window") as page:
            assert page.status == 200
    assert statuses == [503, 502, 200]
    assert provider.requests == [("GET", "/ping")] * 3


async def test_an_order_is_paid_once_and_not_after_its_end(provider: PlainProvider) -> None:
    """Unless a fault says that the payer came through."""
    found = order(provider)
    found.expires_at = provider.now() - timedelta(seconds=1)
    with pytest.raises(RefusedError, match="closed"):
        await provider.pay("A1")
    provider.faults.paid_after_close = True
    await provider.pay("A1")
    reference = found.reference
    await provider.pay("A1")
    assert (found.state, found.reference) == (OrderState.PAID, reference)
    with pytest.raises(RefusedError, match="paid"):
        order(provider)
    with pytest.raises(RefusedError, match="missing"):
        await provider.pay("NONE")


async def test_refunds_never_come_to_more_than_was_paid(provider: PlainProvider) -> None:
    """One that failed leaves its money free again; a stuck one does not."""
    order(provider)
    url = f"{provider.base_url}/hear"
    with pytest.raises(RefusedError, match="not_paid"):
        provider.take_back("R0", "A1", 5)
    await provider.pay("A1")
    provider.faults.refund_fails = True
    provider.take_back("R1", "A1", 1205, url)
    await provider.told()
    provider.faults.refund_fails = False
    provider.faults.refund_stuck = True
    provider.take_back("R2", "A1", 1200, url)
    await provider.told()
    with pytest.raises(RefusedError, match="too_much"):
        provider.take_back("R3", "A1", 6)
    provider.faults.refund_stuck = False
    await provider.complete("R2")
    await provider.told()
    assert provider.take_back("R2", "A1", 1200).state is RefundState.DONE
    with pytest.raises(RefusedError, match="other_order"):
        provider.take_back("R2", "A1", 1)
    assert provider.heard_notices == ["A1", "R1 failed", "R2 stuck", "R2 done"]


async def test_a_day_has_its_rows_and_the_faults_change_them(provider: PlainProvider) -> None:
    """Payments and what really went back; the fee of both."""
    for number in ("A1", "A2"):
        order(provider, number)
        await provider.pay(number)
    provider.take_back("R1", "A2", 1205)
    await provider.told()
    day = provider.now().date()
    rows = provider.day(day)
    assert [(row.out_no, row.fee_minor, row.refund is None) for row in rows] == [
        ("A1", 7, True),
        ("A2", 7, True),
        ("A2", -7, False),
    ]
    provider.faults.order_without_row = 1
    provider.faults.row_without_order = 1
    assert [row.out_no for row in provider.day(day)][:2] == ["A2", "A2"]
    assert provider.day(day)[2].out_no not in provider.books.orders
    provider.faults.row_without_order = 0
    assert provider.day(day + timedelta(days=1)) == []
