"""Messages of any shape: they are read, or refused; no other error comes out of them."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.pay_channel import ChannelError, ChannelFault
from custom_components.prepaid_parking.links.pay import alipay_told, stripe_told
from custom_components.prepaid_parking.links.pay.told import Told

NOW: Final = datetime(2026, 11, 23, tzinfo=UTC)
WORDS: Final = (
    "", "1", "0.01", "12.50", "N1", "R1", "eur", "EUR", "TRADE_SUCCESS", "TRADE_CLOSED",
    "WAIT_BUYER_PAY", "REFUND_SUCCESS", "2026-11-23 10:00:00", "9999-99-99 99:99:99", "open",
    "complete", "expired", "paid", "unpaid", "succeeded", "charge", "refund", "payout",
    "checkout.session.completed", "refund.updated", "requires_payment_method", "\x00", "\ud800", "一",
)  # fmt: skip
NAMES: Final = (
    "out_trade_no", "trade_no", "trade_status", "total_amount", "send_pay_date", "gmt_payment",
    "trans_currency", "refund_status", "refund_amount", "out_request_no", "notify_time", "notify_id",
    "refund_fee", "gmt_refund", "out_biz_no", "seller_id", "id", "type", "status", "payment_status",
    "payment_intent", "latest_charge", "created", "amount_total", "amount", "fee", "currency",
    "client_reference_id", "metadata", "out_no", "refund_no", "source", "data", "object", "account",
)  # fmt: skip
ANY: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.integers(10**20, 10**40)
    | st.sampled_from(WORDS),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=8)
    ),
    max_leaves=30,
)
READERS: Final[dict[str, Callable[[Told], object]]] = {
    "alipay order": lambda told: alipay_told.seen(told, "2088", "send_pay_date"),
    "alipay refund": lambda told: alipay_told.refund_seen(told, "R1", "N1"),
    "alipay notice": lambda told: alipay_told.notice({k: str(v) for k, v in told.parts.items()}),
    "stripe session": lambda told: stripe_told.session_seen(told, "acct_1"),
    "stripe refund": lambda told: stripe_told.refund_seen(told, "EUR"),
    "stripe event": lambda told: stripe_told.notice(told, NOW, "acct_1", "EUR"),
    "stripe movement": lambda told: stripe_told.row(told, "EUR"),
}


@pytest.mark.parametrize("name", READERS)
@given(st.dictionaries(st.sampled_from(NAMES), ANY))
def test_whatever_is_told_is_read_or_refused(name: str, parts: dict[str, object]) -> None:
    """Another error would end the chore that looks at everybody's orders."""
    with suppress(ChannelError):
        READERS[name](Told(parts))


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_any_bytes_are_an_object_or_refused(body: bytes | str) -> None:
    """What comes over the line is anybody's."""
    with suppress(ChannelError):
        assert isinstance(Told.read(body).parts, dict)


def test_whoever_reads_says_what_a_fault_means() -> None:
    """An answer leaves the outcome open; a notice is not believed."""
    for fault in (ChannelFault.UNKNOWN, ChannelFault.UNTRUSTED):
        told = Told.read('{"a":{"b":[{}]}}', fault)
        with pytest.raises(ChannelError) as err:
            told.part("a").rows("b")[0].text("c")
        assert err.value.fault is fault


def test_a_refusal_does_not_repeat_what_it_refuses() -> None:
    """It goes into the log, and a value may be a payer's name."""
    with pytest.raises(ChannelError) as err:
        Told({"buyer": "Zhang San"}).whole("buyer")
    assert "Zhang" not in str(err.value)


def test_true_is_no_number_and_nothing_is_no_text() -> None:
    """Python would let both pass, and book one cent."""
    told = Told({"a": True, "b": "", "c": None, "d": 1.0})
    for name in ("a", "b", "c", "d", "e"):
        with pytest.raises(ChannelError):
            told.whole(name)
        with pytest.raises(ChannelError):
            told.text(name)
    assert not any(told.has(name) for name in ("b", "c", "e"))
    assert told.text_or("b", "x") == "x"
