"""Orders, refunds and day files at WeChat Pay, over real sockets, with genuine signatures."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from aiohttp import ClientSession
import pytest

from custom_components.prepaid_parking.core.pay_channel import (
    ChannelError,
    ChannelFault,
    Outcome,
    RefundOutcome,
    RowKind,
    Way,
)
from custom_components.prepaid_parking.links.pay.exchange import LARGEST
from custom_components.prepaid_parking.links.pay.wechat import WeChatPay
from custom_components.prepaid_parking.simulator.pay_wechat import FakeWeChat
from tests.links.pay.wechat_peer import (
    OUT_NO,
    REFUND_NO,
    RETRIES_S,
    account,
    asked,
    merchant,
    refund_asked,
    shop,
)

BEIJING = ZoneInfo("Asia/Shanghai")
OTHER_NO = "01JD8Q6M3KX5T9V2W7Y4Z0OTHE"


def fault_of(caught: pytest.ExceptionInfo[ChannelError]) -> ChannelFault:
    """Return what an error means."""
    return caught.value.fault


def _whole(at: datetime | None) -> datetime:
    """Return an instant as the platform says it: in whole seconds."""
    assert at is not None
    return at.replace(microsecond=0)


async def test_a_payer_scans_and_the_order_is_paid() -> None:
    """The whole way, with the hub behind a NAT: no notice ever reaches it."""
    async with shop() as one:
        one.fake.faults.notice_lost = True
        offered = await one.channel.create(asked())
        assert offered.qr.startswith("weixin://wxpay/bizpayurl?pr=")
        waiting = await one.channel.query(OUT_NO)
        assert (waiting.outcome, waiting.amount_minor) == (Outcome.WAITING, 0)
        await one.fake.pay(OUT_NO)
        paid = await one.channel.query(OUT_NO)
        assert paid.outcome is Outcome.PAID
        assert (paid.out_no, paid.amount_minor, paid.currency) == (OUT_NO, 1234, "CNY")
        assert paid.merchant == one.channel.merchant
        assert paid.provider_ref == one.fake.books.find(OUT_NO).reference
        assert paid.paid_at is not None
        assert paid.paid_at == _whole(one.fake.books.find(OUT_NO).paid_at)
        assert not one.letters


async def test_a_public_key_does_what_certificates_do() -> None:
    """New merchants have no certificates; theirs are never asked for."""
    fake = FakeWeChat(account(), public_key=True, retries_s=RETRIES_S)
    async with shop(fake) as one:
        await one.channel.create(asked())
        await one.fake.pay(OUT_NO)
        assert (await one.channel.query(OUT_NO)).outcome is Outcome.PAID
        await one.fake.told()
        assert (await one.verify_last()).payment is not None
        assert one.asked_for("/v3/certificates") == 0


async def test_a_phone_is_sent_to_a_page_and_back() -> None:
    """Without the address to come back to a driver stands before a page that says nothing."""
    async with shop() as one:
        offered = await one.channel.create(asked(way=Way.PAGE))
        url = urlsplit(offered.url)
        assert parse_qs(url.query)["redirect_url"] == ["https://park.example/after?a=1&b=2"]
        async with one.session.get(offered.url, headers={"Accept-Language": "zh-CN"}) as page:
            assert "付款" in await page.text()
        async with one.session.post(f"{one.fake.base_url}{url.path}/pay") as page:
            assert 'href="https://park.example/after?a=1&amp;b=2"' in await page.text()
        assert (await one.channel.query(OUT_NO)).outcome is Outcome.PAID


async def test_an_order_asked_for_twice_is_one() -> None:
    """After a lost answer the hub asks again: the payer must not find two debts."""
    async with shop() as one:
        first = await one.channel.create(asked())
        assert await one.channel.create(asked()) == first
        with pytest.raises(ChannelError) as caught:
            await one.channel.create(asked(amount_minor=999))
        assert fault_of(caught) is ChannelFault.REFUSED
        assert caught.value.code == "OUT_TRADE_NO_USED"
        assert len(one.fake.books.orders) == 1


@pytest.mark.parametrize("subject", ["🅿️" * 100, "half a sign \ud83c", 'a\n"b"\\', "x" * 500])
async def test_whatever_a_lot_is_called_its_payment_can_be_asked_for(subject: str) -> None:
    """Names are typed by people, and cut from elsewhere."""
    async with shop() as one:
        assert (await one.channel.create(replace(asked(), subject=subject))).qr
        assert one.fake.books.find(OUT_NO).subject == subject[:127]


async def test_an_order_that_was_never_heard_of_is_missing() -> None:
    """An answer, not an error: the ladder goes on until the order's end."""
    async with shop() as one:
        assert (await one.channel.query(OUT_NO)).outcome is Outcome.MISSING
        refund = await one.channel.query_refund(REFUND_NO, OUT_NO)
        assert refund.outcome is RefundOutcome.MISSING


async def test_a_closed_order_is_closed_once_more_and_a_paid_one_is_refused() -> None:
    """The hub closes at an order's end, and again after a restart."""
    async with shop() as one:
        await one.channel.create(asked())
        await one.channel.close(OUT_NO)
        await one.channel.close(OUT_NO)
        assert (await one.channel.query(OUT_NO)).outcome is Outcome.CLOSED
        one.fake.faults.paid_after_close = True
        await one.fake.pay(OUT_NO)
        assert (await one.channel.query(OUT_NO)).outcome is Outcome.PAID
        with pytest.raises(ChannelError) as caught:
            await one.channel.close(OUT_NO)
        assert (fault_of(caught), caught.value.code) == (ChannelFault.REFUSED, "ORDERPAID")


async def test_after_a_booked_order_without_an_answer_the_same_is_asked_again() -> None:
    """5xx behind a booking: who takes it for a no makes the payer pay twice."""
    async with shop() as one:
        one.fake.faults.fail_after_booking = 1
        with pytest.raises(ChannelError) as caught:
            await one.channel.create(asked())
        assert fault_of(caught) is ChannelFault.UNKNOWN
        assert (await one.channel.query(OUT_NO)).outcome is Outcome.WAITING
        assert (await one.channel.create(asked())).qr


async def test_a_refund_is_pending_and_then_done() -> None:
    """Its end comes by looking as well as by notice."""
    async with shop() as one:
        one.fake.faults.refund_pending = True
        await one.channel.create(asked())
        await one.fake.pay(OUT_NO)
        begun = await one.channel.refund(refund_asked())
        assert (begun.outcome, begun.amount_minor) == (RefundOutcome.PENDING, 1000)
        assert await one.channel.refund(refund_asked()) == begun
        await one.fake.complete(REFUND_NO)
        done = await one.channel.query_refund(REFUND_NO, OUT_NO)
        assert done.outcome is RefundOutcome.DONE
        assert (await one.channel.query(OUT_NO)).outcome is Outcome.PAID
        await one.fake.told()
        told = await one.verify_last()
        assert told.refund == done
        with pytest.raises(ChannelError) as caught:
            await one.channel.refund(refund_asked(235, OTHER_NO))
        assert fault_of(caught) is ChannelFault.REFUSED


async def test_a_refund_that_fails_afterwards_says_so_and_a_stuck_one_does_not() -> None:
    """Stuck money has left the merchant: let go as failed, it would be paid out twice."""
    async with shop() as one:
        await one.channel.create(asked())
        await one.fake.pay(OUT_NO)
        one.fake.faults.refund_fails = True
        await one.channel.refund(refund_asked())
        await one.fake.told()
        failed = await one.channel.query_refund(REFUND_NO, OUT_NO)
        assert failed.outcome is RefundOutcome.FAILED
        assert (await one.verify_last()).refund == failed
        one.fake.faults.refund_fails = False
        one.fake.faults.refund_stuck = True
        await one.channel.refund(refund_asked(500, OTHER_NO))
        await one.fake.told()
        stuck = (await one.verify_last()).refund
        assert stuck is not None
        assert (stuck.outcome, stuck.stuck) == (RefundOutcome.PENDING, True)
        one.fake.faults.refund_stuck = False
        await one.fake.complete(OTHER_NO)
        seen = await one.channel.query_refund(OTHER_NO, OUT_NO)
        assert (seen.outcome, seen.stuck) == (RefundOutcome.DONE, False)


async def test_a_day_is_told_to_the_cent() -> None:
    """Payments, refunds and fees: what the night's comparison of the books is made from."""
    async with shop() as one:
        day = one.fake.now().astimezone(BEIJING).date()
        assert await one.channel.settlement(day) == ()
        await one.channel.create(asked())
        await one.fake.pay(OUT_NO)
        await one.channel.refund(refund_asked())
        await one.fake.told()
        payment, refund = await one.channel.settlement(day)
        assert (payment.kind, payment.out_no) == (RowKind.PAYMENT, OUT_NO)
        assert (payment.amount_minor, payment.fee_minor) == (1234, 7)
        assert payment.provider_ref == one.fake.books.find(OUT_NO).reference
        assert (refund.kind, refund.refund_no) == (RowKind.REFUND, REFUND_NO)
        assert (refund.amount_minor, refund.fee_minor) == (1000, -6)
        assert payment.at is not None
        assert payment.at == _whole(one.fake.books.find(OUT_NO).paid_at)
        assert await one.channel.settlement(day - timedelta(days=1)) == ()


async def test_a_day_file_shows_rows_that_no_order_has_and_lacks_others() -> None:
    """Differences are found by comparing, so the file must come through as it is."""
    async with shop() as one:
        day = one.fake.now().astimezone(BEIJING).date()
        await one.channel.create(asked())
        await one.fake.pay(OUT_NO)
        one.fake.faults.order_without_row = 1
        one.fake.faults.row_without_order = 2
        found = await one.channel.settlement(day)
        assert [row.out_no == OUT_NO for row in found] == [False, False]


async def test_a_busy_day_comes_whole() -> None:
    """A file is larger than any other answer may be."""
    async with shop() as one:
        one.fake.faults.row_without_order = 6000
        found = await one.channel.settlement(one.fake.now().astimezone(BEIJING).date())
        assert len({row.out_no for row in found}) == 6000
        (content,) = one.fake._files.values()
        assert len(content) > LARGEST


async def test_a_file_that_was_changed_on_its_way_is_not_read() -> None:
    """It has no signature of its own: its digest is all that vouches for it."""
    async with shop() as one:
        day = one.fake.now().astimezone(BEIJING).date()
        await one.channel.create(asked())
        await one.fake.pay(OUT_NO)
        one.fake.faults.file_changed = True
        with pytest.raises(ChannelError) as caught:
            await one.channel.settlement(day)
        assert (fault_of(caught), caught.value.code) == (ChannelFault.UNTRUSTED, "hash_value")


async def test_a_clock_that_is_wrong_is_refused_by_the_provider() -> None:
    """More than five minutes: nothing happens, and the reason can be shown."""
    async with shop() as one:
        one.fake.faults.clock_skew = timedelta(minutes=6)
        with pytest.raises(ChannelError) as caught:
            await one.channel.create(asked())
        assert (fault_of(caught), caught.value.code) == (ChannelFault.REFUSED, "SIGN_ERROR")


async def test_another_merchants_key_signs_nothing_here() -> None:
    """A key of another console must be found out when the channel is set up."""
    fake = FakeWeChat(account())
    async with fake, ClientSession() as session:
        stranger = FakeWeChat(type(account()).new())
        pay = WeChatPay(session, merchant(stranger, "http://127.0.0.1/"), fake.base_url)
        with pytest.raises(ChannelError) as caught:
            await pay.query(OUT_NO)
        assert fault_of(caught) is ChannelFault.REFUSED


@pytest.mark.parametrize(
    "url", ["http://api.mch.weixin.qq.com", "http://192.0.2.1:8080", "ftp://x", "127.0.0.1", ""]
)
async def test_secrets_go_nowhere_without_encryption(url: str) -> None:
    """A mistyped address would carry every payment in clear text."""
    async with ClientSession() as session:
        with pytest.raises(ValueError, match="https"):
            WeChatPay(session, merchant(FakeWeChat(account()), "http://127.0.0.1/"), url)


async def test_fifty_drivers_at_once_each_pay_their_own() -> None:
    """Nothing of one order may be found in another's, and the certificates are fetched once."""
    async with shop() as one:
        numbers = [f"RUSH{no:06d}" for no in range(50)]
        shown = await asyncio.gather(
            *(one.channel.create(asked(no, 100 + at)) for at, no in enumerate(numbers))
        )
        assert len({offered.qr for offered in shown}) == 50
        await asyncio.gather(*(one.fake.pay(no) for no in numbers))
        found = await asyncio.gather(*(one.channel.query(no) for no in numbers))
        assert [seen.amount_minor for seen in found] == [100 + at for at in range(50)]
        await one.fake.told()
        heard = await asyncio.gather(*(one.pay.verify(*letter) for letter in one.letters))
        assert {notice.payment for notice in heard} == set(found)
        assert len({notice.event_id for notice in heard}) == 50
        assert one.asked_for("/v3/certificates") == 1
