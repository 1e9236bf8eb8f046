"""Signatures of Alipay: what anybody changes on the way is refused."""

import asyncio
import base64
from contextlib import suppress
from functools import cache
import json
from typing import Final
from urllib.parse import parse_qsl, urlencode

from aiohttp import ClientSession
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import MD5, SHA1
from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.pay_channel import ChannelError, ChannelFault, Notice
from custom_components.prepaid_parking.links.pay.alipay import Alipay
from custom_components.prepaid_parking.links.pay.alipay_line import AlipayLine
from custom_components.prepaid_parking.links.pay.alipay_sign import (
    fields_text,
    is_signed,
    raw_parts,
    signed,
)
from custom_components.prepaid_parking.simulator.pay_books import Order, OrderState

from .alipay_peer import fake, key, merchant

URL: Final = "https://hub.example/notice"


@cache
def _body() -> bytes:
    order = Order(
        out_no="N1", amount_minor=1250, currency="CNY", subject="停车 +&=%", state=OrderState.PAID
    )
    order.reference = "42"
    return fake().letter(URL, fake().told_fields(order)).body


def _verify(body: bytes) -> Notice:
    async def verify() -> Notice:
        async with ClientSession() as session:
            return await Alipay(session, merchant()).verify({}, body)

    return asyncio.run(verify())


def _refused(body: bytes) -> None:
    with pytest.raises(ChannelError) as err:
        _verify(body)
    assert err.value.fault is ChannelFault.UNTRUSTED


def test_a_genuine_notice_is_believed() -> None:
    """The payer has paid; and the tests below must be able to fail."""
    payment = _verify(_body()).payment
    assert payment is not None
    assert (payment.out_no, payment.amount_minor) == ("N1", 1250)


@given(st.integers(0, len(_body()) - 1), st.integers(1, 255))
def test_a_notice_with_a_changed_byte_is_refused_or_says_the_same(place: int, change: int) -> None:
    """One byte is the difference between one yuan and nine: only its spelling may change (%2f)."""
    body = bytearray(_body())
    body[place] ^= change
    try:
        before, after = (dict(parse_qsl(part.decode(), True)) for part in (_body(), bytes(body)))
        same = before == after
    except ValueError:
        same = False
    if same:
        assert _verify(bytes(body)) == _verify(_body())
    else:
        _refused(bytes(body))


@given(st.integers(0, len(_body()) - 1))
def test_a_notice_that_was_cut_short_is_refused(length: int) -> None:
    """The end of a form is where the signature may be."""
    _refused(_body()[:length])


@given(st.binary(max_size=2000))
def test_any_bytes_are_refused(body: bytes) -> None:
    """The address is open to everybody."""
    _refused(body)


@pytest.mark.parametrize("more", [b"&total_amount=0.01", b"&x=1", b"&", b"&sign=", b"&&"])
def test_a_notice_with_something_behind_it_is_refused(more: bytes) -> None:
    """Of two amounts the one that is read must be the one that is signed."""
    _refused(_body() + more)


@pytest.mark.parametrize("before", [b"total_amount=99.00&", b"sign_type=RSA2&"])
def test_a_name_said_twice_is_refused(before: bytes) -> None:
    """Whoever kept the message would read another amount in it than we have booked."""
    _refused(before + _body())


def test_a_huge_form_is_refused() -> None:
    """Whoever sends a million fields must not occupy the hub."""
    _refused(b"&".join(b"a%d=1" % number for number in range(100_000)))


@pytest.mark.parametrize("kind", ["RSA", "MD5", "DSA", "", "rsa2"])
@pytest.mark.parametrize("digest", [SHA1(), MD5()])
def test_old_kinds_of_signatures_are_refused(kind: str, digest: SHA1 | MD5) -> None:
    """Both can be forged by now: the provider's own key must not make them believed."""
    fields = dict(parse_qsl(_body().decode(), True))
    del fields["sign"], fields["sign_type"]
    sign = key("provider").sign(fields_text(fields).encode(), PKCS1v15(), digest)
    told = fields | {"sign": base64.b64encode(sign).decode(), "sign_type": kind}
    _refused(urlencode(told).encode())
    _refused(urlencode(told | {"sign_type": "RSA2"}).encode())


def test_a_right_signature_under_another_name_is_refused() -> None:
    """What says that it is MD5 is not RSA2, whatever its signature."""
    _refused(_body().replace(b"sign_type=RSA2", b"sign_type=MD5"))


@pytest.mark.parametrize(
    "change",
    [
        {"notify_id": ""},
        {"notify_time": "soon"},
        {"out_trade_no": ""},
        {"trade_status": "TRADE_DREAMT"},
        {"total_amount": "1e3"},
        {"total_amount": ""},
        {"seller_id": ""},
        {"gmt_payment": "0000-00-00 00:00:00"},
        {"charset": "GBK"},
    ],
)
def test_what_is_signed_and_not_understood_is_refused(change: dict[str, str]) -> None:
    """It comes again and a person sees it; guessed, it would be in the books."""
    fields = dict(parse_qsl(_body().decode(), True))
    del fields["sign"], fields["sign_type"]
    _refused(fake().letter(URL, fields | change).body)


def test_a_notice_about_something_else_is_only_taken_note_of() -> None:
    """The provider sends more kinds than we asked for; none of them is a payment."""
    fields = {"notify_time": "2026-11-23 10:00:00", "notify_id": "1", "app_id": merchant().app}
    notice = _verify(fake().letter(URL, fields).body)
    assert (notice.payment, notice.refund) == (None, None)


@given(
    st.dictionaries(
        st.text("abc_", min_size=1), st.text(st.characters(exclude_categories=["Cs"])), min_size=1
    ),
    st.data(),
)
def test_a_signature_holds_for_its_text_alone(fields: dict[str, str], data: st.DataObject) -> None:
    """Another value, name or order of the same letters is another request."""
    text = fields_text(fields)
    keys = [key("merchant").public_key()]
    sign = signed(key("merchant"), text)
    assert is_signed(keys, text, sign)
    other = data.draw(st.text())
    if other != text:
        assert not is_signed(keys, other, sign)
    assert not is_signed([key("provider").public_key()], text, sign)
    assert not is_signed(keys, text, sign + "=")
    assert sign.endswith("==")
    assert not is_signed(keys, text, f"{sign[:-3]}{chr(ord(sign[-3]) + 1)}==")


NODE: Final = {"code": "10000", "out_trade_no": "N1", "total_amount": "12.50", "u": "a/b", "m": {}}


@given(st.data(), st.integers(1, 255))
def test_an_answer_with_a_changed_byte_is_refused_or_says_the_same(
    data: st.DataObject, change: int
) -> None:
    """Whoever sits on the line could let an order be paid, or take its amount away."""
    name = "alipay_trade_query_response"
    whole = fake().answer(name, NODE).encode()
    body = bytearray(whole)
    body[data.draw(st.integers(0, len(whole) - 1))] ^= change

    async def believed(body: bytes) -> object:
        async with ClientSession() as session:
            return AlipayLine(session, merchant())._believed(body, name).parts

    assert asyncio.run(believed(whole)) == NODE
    with suppress(ChannelError):
        assert asyncio.run(believed(bytes(body))) == NODE


def test_the_node_that_is_read_is_the_one_that_is_signed() -> None:
    """A signed answer inside another one's text, or behind it, is nobody's answer."""
    name = "alipay_trade_query_response"
    node = json.dumps(NODE)
    sign = fake().signed(node)
    forged = node.replace("12.50", "99.50")

    async def believed(text: str) -> object:
        async with ClientSession() as session:
            return AlipayLine(session, merchant())._believed(text.encode(), name).parts

    assert asyncio.run(believed(f'{{"{name}":{node},"sign":"{sign}"}}')) == NODE
    for text in (
        f'{{"{name}":{forged},"x":{{"{name}":{node}}},"sign":"{sign}"}}',
        f'{{"x":"{{\\"{name}\\":1}}","{name}":{forged},"{name}":{node},"sign":"{sign}"}}',
        f'{{"{name}":{forged},"error_response":{node},"sign":"{sign}"}}',
        f'{{"{name}":{forged},"sign":"{sign}"}}{{"{name}":{node},"sign":"{sign}"}}',
        f'{{"alipay_trade_close_response":{node},"sign":"{sign}"}}',
        f'{{"{name}":{node}}}',
        f'{{"{name}":{node},"sign":null}}',
        f'{{"{name}":{node},"sign":["{sign}"]}}',
    ):
        with pytest.raises(ChannelError):
            asyncio.run(believed(text))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON, min_size=1, max_size=4), st.sampled_from([None, 1]))
def test_the_parts_of_an_answer_are_given_as_they_are_written(
    told: dict[str, object], indent: int | None
) -> None:
    """A signature is over the text: a space that is lost refuses an honest answer."""
    text = json.dumps(told, indent=indent)
    parts = raw_parts(text)
    assert {name: json.loads(part) for name, part in parts.items()} == told
    assert all(part in text and part == part.strip(" \t\r\n") for part in parts.values())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{}",
        "[]",
        '{"a":1',
        '{"a":1}}',
        '{"a":1} {"a":2}',
        '{"a":1,"a":2}',
        '{"a":1,"\\u0061":2}',
        '{"a":1,}',
        "{1:2}",
        '{"a" 1}',
        '{"a":' + "[" * 100_000,
    ],
)
def test_an_answer_that_can_be_read_in_two_ways_is_not_read(text: str) -> None:
    """A second node of the same name would be read where the first one was signed."""
    with pytest.raises((ValueError, RecursionError)):
        raw_parts(text)
