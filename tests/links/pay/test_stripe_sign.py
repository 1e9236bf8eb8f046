"""Signatures of Stripe's webhooks: what anybody changes on the way is refused."""

import asyncio
from functools import cache
import json
from typing import Any, Final

from aiohttp import ClientSession
from hypothesis import given, strategies as st
from multidict import CIMultiDict
import pytest

from custom_components.prepaid_parking.core.pay_channel import ChannelError, ChannelFault, Notice
from custom_components.prepaid_parking.links.pay.stripe import StripePay
from custom_components.prepaid_parking.links.pay.stripe_sign import HEADER, signature
from custom_components.prepaid_parking.simulator.pay_books import Order, OrderState

from .stripe_peer import SECRET, fake, merchant

AT: Final = "1795399200"


def _event(**session: Any) -> bytes:
    provider = fake()
    order = Order(out_no="N1", amount_minor=1250, currency="EUR", subject="", state=OrderState.PAID)
    order.reference = "42"
    order.told.update(session="cs_test_1", created=AT, metadata="N1")
    told = provider.session(order) | session
    return json.dumps(provider.event("checkout.session.completed", told)).encode()


@cache
def _body() -> bytes:
    return _event()


def _header(body: bytes, at: str = AT, secret: str = SECRET) -> str:
    return f"t={at},v1={signature(secret, at, body)}"


def _verify(header: str | None, body: bytes) -> Notice:
    async def verify() -> Notice:
        async with ClientSession() as session:
            headers = {} if header is None else {HEADER: header}
            return await StripePay(session, merchant()).verify(CIMultiDict(headers), body)

    return asyncio.run(verify())


def _refused(header: str | None, body: bytes) -> None:
    with pytest.raises(ChannelError) as err:
        _verify(header, body)
    assert err.value.fault is ChannelFault.UNTRUSTED


def test_a_genuine_notice_is_believed() -> None:
    """The payer has paid; and the tests below must be able to fail."""
    payment = _verify(_header(_body()), _body()).payment
    assert payment is not None
    assert (payment.out_no, payment.amount_minor) == ("N1", 1250)


@given(st.integers(0, len(_body()) - 1), st.integers(1, 255))
def test_a_body_with_a_changed_byte_is_refused(place: int, change: int) -> None:
    """One byte is the difference between one euro and nine."""
    body = bytearray(_body())
    body[place] ^= change
    _refused(_header(_body()), bytes(body))


@given(st.integers(0, len(_header(_body())) - 1), st.characters())
def test_a_changed_header_is_refused(place: int, letter: str) -> None:
    """The time is signed too: an old message is not made young."""
    header = _header(_body())
    if header[place] != letter:
        _refused(header[:place] + letter + header[place + 1 :], _body())


@given(st.integers(0, len(_body()) - 1))
def test_what_was_cut_short_is_refused(length: int) -> None:
    """Half a message may read like another one."""
    _refused(_header(_body()), _body()[:length])


@given(st.text(), st.binary(max_size=200))
def test_anything_else_is_refused(header: str, body: bytes) -> None:
    """The address is open to everybody."""
    _refused(header, body)
    _refused(None, body)


@pytest.mark.parametrize(
    "header",
    [
        "",
        f"t={AT}",
        f"v1={signature(SECRET, AT, _body())}",
        f"t={AT},v0={signature(SECRET, AT, _body())}",
        f"t={AT},v1={signature(SECRET, AT, _body()).upper()}",
        f"t={AT},t={AT},v1={signature(SECRET, AT, _body())}",
        f"t={AT}," + "v1=00," * 100 + f"v1={signature(SECRET, AT, _body())}",
        f"t={AT},v1={signature('whsec_other', AT, _body())}",
        f"t={AT},v1=\udce9{signature(SECRET, AT, _body())}",
        f"t=,v1={signature(SECRET, '', _body())}",
        f"t=-1,v1={signature(SECRET, '-1', _body())}",
        f"t=1e9,v1={signature(SECRET, '1e9', _body())}",
        f"t={'9' * 12},v1={signature(SECRET, '9' * 12, _body())}",
    ],
    ids=range(13),
)
def test_a_header_that_is_not_as_it_should_be_is_refused(header: str) -> None:
    """Some of them are signed rightly, and still are none the provider makes."""
    _refused(header, _body())


def test_a_header_is_found_in_any_spelling() -> None:
    """A proxy writes names as it likes."""

    async def verify() -> Notice:
        async with ClientSession() as session:
            header = {"stripe-signature": _header(_body())}
            return await StripePay(session, merchant()).verify(header, _body())

    assert asyncio.run(verify()).payment is not None


def test_one_right_signature_among_several_is_enough() -> None:
    """While the secret changes the provider signs with both; the order is not said."""
    right = signature(SECRET, AT, _body())
    for header in (
        f"t={AT},v1={'0' * 64},v1={right}",
        f"v1={right}, v1={'0' * 64}, t={AT}, v0=x, scheme=y",
    ):
        assert _verify(header, _body()).payment is not None


@pytest.mark.parametrize("at", ["0", "1", "99999999999"])
def test_a_message_of_any_time_is_heard_and_its_time_told(at: str) -> None:
    """A hub whose clock is wrong would lose every notice; whoever hears it judges."""
    sent_at = _verify(_header(_body(), at), _body()).sent_at
    assert sent_at is not None
    assert sent_at.timestamp() == int(at)


@pytest.mark.parametrize(
    "change",
    [
        {"status": "dreamt"},
        {"payment_status": None},
        {"amount_total": "1250"},
        {"amount_total": 1250.0},
        {"currency": ""},
        {"payment_intent": 3},
    ],
    ids=str,
)
def test_what_is_signed_and_not_understood_is_refused(change: dict[str, object]) -> None:
    """It comes again and a person sees it; guessed, it would be in the books."""
    body = _event(**change)
    _refused(_header(body), body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b"{}",
        b'{"object":"event"}',
        b'{"object":"event","livemode":false,"id":"e","type":"x","data":[]}',
        b'{"object":"charge","livemode":false,"id":"e","type":"x","data":{"object":{}}}',
        b'{"object":"event","livemode":true,"id":"e","type":"x","data":{"object":{}}}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"object":"event","x":"' + b"x" * 2_000_000 + b'"}',
        b'{"object":' + b"9" * 10_000 + b"}",
    ],
    ids=range(13),
)
def test_other_contents_are_refused_whoever_signed_them(body: bytes) -> None:
    """A message that is none must end in a refusal and in no other error."""
    _refused(_header(body), body)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("charge.dispute.created", {"id": "dp_1"}),
        ("checkout.session.completed", {"client_reference_id": None}),
        ("checkout.session.completed", {"client_reference_id": "N1", "metadata": {}}),
        ("checkout.session.completed", {"client_reference_id": 7, "metadata": {"out_no": "7"}}),
        ("refund.updated", {"id": "re_1", "metadata": {}}),
        ("refund.updated", {"id": "re_1", "metadata": None}),
        ("payout.paid", {}),
    ],
)
def test_what_is_not_about_an_order_of_ours_is_only_taken_note_of(
    kind: str, told: dict[str, object]
) -> None:
    """The account may have a web shop too: its sales are nobody's parking."""
    body = json.dumps(fake().event(kind, told)).encode()
    notice = _verify(_header(body), body)
    assert (notice.payment, notice.refund) == (None, None)
    assert notice.event_id.startswith("evt_")


def test_a_session_that_failed_or_ended_is_told_as_closed() -> None:
    """The screen can stop waiting; what is paid afterwards all the same is found by asking."""
    unpaid = {"payment_status": "unpaid", "payment_intent": None}
    for kind, status in (
        ("checkout.session.async_payment_failed", "complete"),
        ("checkout.session.expired", "expired"),
    ):
        event = json.loads(_event(status=status, **unpaid)) | {"type": kind}
        body = json.dumps(event).encode()
        payment = _verify(_header(body), body).payment
        assert payment is not None
        assert payment.outcome == "closed"
