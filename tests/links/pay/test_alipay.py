"""Alipay over real sockets: what a payer, a bad line and a bad day do to an order."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
import json
import time
from typing import Any, override

import pytest

from custom_components.prepaid_parking.core.pay_channel import (
    ChannelError,
    ChannelFault,
    Outcome,
    RefundAsked,
    RefundOutcome,
    RowKind,
    Way,
)
from custom_components.prepaid_parking.links.pay.alipay import Alipay
from custom_components.prepaid_parking.links.pay.alipay_told import BEIJING
from custom_components.prepaid_parking.simulator.pay_alipay import FakeAlipay
from custom_components.prepaid_parking.simulator.pay_books import RefusedError

from .alipay_peer import SELLER, Desk, asked, desk, fake_of, key, merchant

NO = asked().out_no


@pytest.fixture(name="at")
async def _at() -> AsyncIterator[Desk]:
    """Both ends."""
    async with desk() as both:
        yield both


async def _paid(at: Desk) -> None:
    await at.channel.create(asked())
    await at.fake.pay(NO)


def _back(**changes: Any) -> RefundAsked:
    known: dict[str, Any] = {
        "refund_no": "R1", "out_no": NO, "amount_minor": 500, "total_minor": 1250, "reason": "多收",
    }  # fmt: skip
    return RefundAsked(**(known | changes))


async def test_a_code_is_scanned_and_paid(at: Desk) -> None:
    """The payer at the barrier: what was paid must be what is credited, to the right merchant."""
    offered = await at.channel.create(asked())
    assert offered.qr.endswith(f"/window/{NO}")
    assert (await at.channel.query(NO)).outcome is Outcome.MISSING
    at.fake.scan(NO)
    assert (await at.channel.query(NO)).outcome is Outcome.WAITING
    order = await at.fake.pay(NO)
    seen = await at.channel.query(NO)
    assert (seen.outcome, seen.amount_minor, seen.currency) == (Outcome.PAID, 1250, "CNY")
    assert (seen.merchant, seen.provider_ref, seen.out_no) == (SELLER, order.reference, NO)
    assert seen.paid_at is not None
    assert order.paid_at is not None
    assert abs(seen.paid_at - order.paid_at) < timedelta(seconds=1)


async def test_another_amount_under_the_same_number_is_refused(at: Desk) -> None:
    """Two amounts under one number would let the payer choose."""
    await at.channel.create(asked())
    with pytest.raises(ChannelError) as err:
        await at.channel.create(asked(amount_minor=1))
    assert err.value.fault is ChannelFault.REFUSED


async def test_a_phone_opens_the_page_of_an_order(at: Desk) -> None:
    """The link is all the phone has: it must carry an order that the provider takes."""
    offered = await at.channel.create(asked(way=Way.PAGE, back_url="https://hub.example/done?a=1"))
    assert not offered.qr
    async with at.web.get(offered.url) as page:
        assert page.status == 200
        assert page.url.path == f"/window/{NO}"
    order = at.fake.books.find(NO)
    assert (order.amount_minor, order.subject) == (1250, "停车费 A B C D")
    assert (order.back_url, order.notify_url) == ("https://hub.example/done?a=1", at.hub.url)
    assert (await at.channel.query(NO)).outcome is Outcome.WAITING


async def test_a_page_whose_amount_was_changed_is_refused(at: Desk) -> None:
    """A payer can edit the link: the provider must notice, for we would not."""
    offered = await at.channel.create(asked(way=Way.PAGE))
    async with at.web.get(offered.url.replace("12.50", "00.01")) as page:
        assert "invalid-signature" in await page.text()
    assert not at.fake.books.orders


async def test_an_order_dies_at_its_provider_too(at: Desk) -> None:
    """A code on a screen nobody closes is not payable for ever."""
    await at.channel.create(asked(expires_at=datetime.now(UTC) + timedelta(seconds=630)))
    await at.channel.create(asked("2", expires_at=datetime.now(UTC) - timedelta(days=1)))
    await at.channel.create(asked("3", expires_at=datetime.now(UTC) + timedelta(days=40)))
    lives = [_content(one)["timeout_express"] for one in at.fake.asked]
    assert lives == ["11m", "1m", "21600m"]
    assert [_content(one)["qr_code_timeout_express"] for one in at.fake.asked] == lives


async def test_closing(at: Desk) -> None:
    """What is closed cannot be paid; what is paid, or was never scanned, is not called closed."""
    await at.channel.create(asked())
    with pytest.raises(ChannelError) as err:
        await at.channel.close(NO)
    assert (err.value.fault, err.value.code) == (ChannelFault.REFUSED, "ACQ.TRADE_NOT_EXIST")
    at.fake.scan(NO)
    await at.channel.close(NO)
    await at.channel.close(NO)
    assert (await at.channel.query(NO)).outcome is Outcome.CLOSED
    with pytest.raises(RefusedError):
        await at.fake.pay(NO)
    at.fake.faults.paid_after_close = True
    await at.fake.pay(NO)
    assert (await at.channel.query(NO)).outcome is Outcome.PAID
    with pytest.raises(ChannelError) as err:
        await at.channel.close(NO)
    assert err.value.fault is ChannelFault.REFUSED


async def test_a_refund_refused_because_it_was_done_is_done(at: Desk) -> None:
    """What is held for it would be let go, and the payer given the money once more."""
    await _paid(at)
    await at.channel.refund(_back())
    found = await at.channel.refund(_back(amount_minor=501))
    assert (found.outcome, found.amount_minor) == (RefundOutcome.DONE, 500)


async def test_a_refund_nobody_heard_of_is_missing(at: Desk) -> None:
    """It may be asked for again: saying that it failed, or is done, would lose money."""
    assert (await at.channel.query_refund("R1", NO)).outcome is RefundOutcome.MISSING
    await _paid(at)
    assert (await at.channel.query_refund("R1", NO)).outcome is RefundOutcome.MISSING


async def test_an_order_given_back_whole_was_paid(at: Desk) -> None:
    """The provider calls it closed: the books must not say that no money ever came."""
    await _paid(at)
    await at.channel.refund(_back(amount_minor=1250))
    assert (await at.channel.query(NO)).outcome is Outcome.PAID


async def test_a_notice_of_a_refund_is_only_a_reason_to_ask(at: Desk) -> None:
    """It says what all refunds come to: taken for this one's amount, the books were wrong."""
    await _paid(at)
    await at.hub.heard.get()
    await at.channel.refund(_back())
    await at.channel.refund(_back(refund_no="R2"))
    notices = [await at.channel.verify(*await at.hub.heard.get()) for _ in range(2)]
    assert all(one.payment is None for one in notices)
    told = {(one.refund.refund_no, one.refund.outcome) for one in notices if one.refund}
    assert told == {("R1", RefundOutcome.PENDING), ("R2", RefundOutcome.PENDING)}


async def test_a_notice_comes_until_it_is_answered_in_the_right_words(at: Desk) -> None:
    """A hub that is still starting must be told again."""
    at.hub.words = "ok"
    await _paid(at)
    await at.fake.told()
    assert at.hub.heard.qsize() == 3


async def test_a_notice_for_another_application_is_not_ours(at: Desk) -> None:
    """Payments to somebody else's shop, signed by the same provider, open no gate."""
    await at.channel.create(asked())
    fields = at.fake.told_fields(at.fake.scan(NO)) | {"app_id": "2021999999999999"}
    letter = at.fake.letter(at.hub.url, fields)
    with pytest.raises(ChannelError, match="app_id"):
        await at.channel.verify(letter.headers, letter.body)


async def test_a_changed_key_is_not_believed_until_it_is_known(at: Desk) -> None:
    """While the provider's key changes both are right; afterwards the old one is not."""
    await _paid(at)
    old = at.fake.key
    at.fake.key = key("provider2")
    with pytest.raises(ChannelError) as err:
        await at.channel.query(NO)
    assert err.value.fault is ChannelFault.UNTRUSTED
    keys = (old.public_key(), key("provider2").public_key())
    both = at.with_merchant(merchant(provider_keys=keys))
    assert (await both.query(NO)).outcome is Outcome.PAID
    at.fake.key = old
    assert (await both.query(NO)).outcome is Outcome.PAID
    new = at.with_merchant(merchant(provider_keys=keys[1:]))
    with pytest.raises(ChannelError):
        await new.query(NO)


async def test_a_wrong_key_of_ours_is_said(at: Desk) -> None:
    """Who sets the channel up must read why; an unsigned no is believed no further."""
    wrong = at.with_merchant(merchant(key=key("provider2")))
    with pytest.raises(ChannelError) as err:
        await wrong.query(NO)
    assert err.value.fault is ChannelFault.UNTRUSTED
    assert err.value.detail == "isv.invalid-signature"


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Pacific/Kiritimati"])
async def test_requests_carry_the_time_of_beijing(
    at: Desk, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider refuses a time of another zone: a hub abroad could take no payment."""
    began = datetime.now(UTC) - timedelta(seconds=1)  # It says no parts of a second.
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        await _paid(at)
        seen = await at.channel.query(NO)
    finally:
        monkeypatch.undo()
        time.tzset()
    said = datetime.fromisoformat(at.fake.asked[0]["timestamp"]).replace(tzinfo=BEIJING)
    assert began <= said <= datetime.now(UTC)
    assert seen.paid_at is not None
    assert began <= seen.paid_at <= datetime.now(UTC)


async def test_the_day_is_settled(at: Desk) -> None:
    """Each row with its number, its fee and its sign: or the books never come to nothing."""
    today = datetime.now(BEIJING).date()
    await _paid(at)
    await at.channel.create(asked("A2", amount_minor=100_000))
    await at.fake.pay("A2")
    await at.channel.refund(_back())
    at.fake.faults.row_without_order = 1
    rows = {(row.kind, row.out_no): row for row in await at.channel.settlement(today)}
    paid, back = rows[RowKind.PAYMENT, NO], rows[RowKind.REFUND, NO]
    assert (paid.amount_minor, paid.fee_minor, paid.refund_no) == (1250, 8, "")
    assert (back.amount_minor, back.fee_minor, back.refund_no) == (500, -3, "R1")
    assert paid.provider_ref == (await at.channel.query(NO)).provider_ref
    assert paid.at is not None
    assert rows[RowKind.PAYMENT, "A2"].fee_minor == 600
    assert len(rows) == 4
    at.fake.faults.order_without_row = 1
    assert (RowKind.PAYMENT, NO) not in {
        (row.kind, row.out_no) for row in await at.channel.settlement(today)
    }


async def test_a_day_without_a_file_is_empty_once_it_would_be_there(at: Desk) -> None:
    """Taken for empty in the night, each payment of the day would be called missing."""
    today = datetime.now(BEIJING).date()
    assert not await at.channel.settlement(today - timedelta(days=2))
    with pytest.raises(ChannelError) as err:
        await at.channel.settlement(today)
    assert err.value.fault is ChannelFault.REFUSED


async def test_a_day_file_is_fetched_from_its_own_host_only(at: Desk) -> None:
    """A signed answer with a strange address would send the hub anywhere."""
    await _paid(at)
    pinned = Alipay(at.web, merchant(), at.fake.gateway)
    with pytest.raises(ChannelError, match="download_url"):
        await pinned.settlement(datetime.now(BEIJING).date())
    assert not [path for _, path in at.fake.requests if path.startswith("/bill")]


class OddAlipay(FakeAlipay):
    """It signs rightly what nobody understands."""

    odd: Mapping[str, object] = {}
    drop = ""

    @override
    def answer(self, name: str, node: Mapping[str, object]) -> str:
        spoiled = {key: value for key, value in node.items() if key != self.drop}
        return super().answer(name, {**spoiled, **self.odd})


@pytest.mark.parametrize(
    "odd",
    [
        {"trade_status": "TRADE_DREAMT"},
        {"trade_status": None},
        {"total_amount": "1e3"},
        {"total_amount": "12.505"},
        {"total_amount": "0.00"},
        {"total_amount": "-12.50"},
        {"total_amount": "１２.50"},
        {"total_amount": 12.5},
        {"send_pay_date": "yesterday"},
        {"send_pay_date": "2026-02-30 10:00:00"},
        {"send_pay_date": 7},
        {"out_trade_no": "A2"},
        {"out_trade_no": ["x"]},
        {"trade_no": {}},
        {"code": 10000},
        {"code": "12345"},
        {"code": "20000"},
        {"code": "40004", "sub_code": "ACQ.SYSTEM_ERROR"},
        {"code": "40004", "sub_code": 5},
    ],
)
async def test_what_is_signed_and_not_understood_is_no_answer(odd: Mapping[str, object]) -> None:
    """An interface changes: the order stays open and is asked about, nothing is guessed."""
    provider = fake_of(OddAlipay)
    async with desk(provider) as at:
        await _paid(at)
        provider.odd = odd
        with pytest.raises(ChannelError) as err:
            await at.channel.query(NO)
    assert err.value.fault in {ChannelFault.UNKNOWN, ChannelFault.UNTRUSTED}


@pytest.mark.parametrize(
    "name", ["code", "out_trade_no", "trade_no", "trade_status", "total_amount"]
)
async def test_what_is_missing_is_not_made_up(name: str) -> None:
    """An order without an amount is not one of nothing."""
    provider = fake_of(OddAlipay)
    async with desk(provider) as at:
        await _paid(at)
        provider.drop = name
        with pytest.raises(ChannelError) as err:
            await at.channel.query(NO)
    assert err.value.fault in {ChannelFault.UNKNOWN, ChannelFault.UNTRUSTED}


@pytest.mark.parametrize(
    ("drop", "odd", "state"),
    [
        ("refund_status", {}, RefundOutcome.PENDING),
        ("", {"refund_status": "REFUND_PROCESSING"}, RefundOutcome.PENDING),
        ("", {"refund_status": "REFUND_FAIL"}, RefundOutcome.FAILED),
    ],
)
async def test_a_refund_without_a_state_is_neither_done_nor_failed(
    drop: str, odd: Mapping[str, object], state: RefundOutcome
) -> None:
    """It meant success once and means failure now: either guess would lose the money of one side."""
    provider = fake_of(OddAlipay)
    async with desk(provider) as at:
        await _paid(at)
        await at.channel.refund(_back())
        provider.drop, provider.odd = drop, odd
        assert (await at.channel.query_refund("R1", NO)).outcome is state


@pytest.mark.parametrize(
    "odd",
    [
        {"refund_status": "DREAMT"},
        {"refund_amount": "5e0"},
        {"out_request_no": "R2"},
        {"out_trade_no": "A2"},
    ],
    ids=str,
)
async def test_an_answer_about_another_refund_is_no_answer(odd: Mapping[str, object]) -> None:
    """Signed rightly, and about somebody else's money."""
    provider = fake_of(OddAlipay)
    async with desk(provider) as at:
        await _paid(at)
        await at.channel.refund(_back())
        provider.odd = odd
        with pytest.raises(ChannelError):
            await at.channel.query_refund("R1", NO)


def _content(fields: Mapping[str, str]) -> dict[str, str]:
    """Return what a request asked for."""
    found: dict[str, str] = json.loads(fields["biz_content"])
    return found
