"""Alipay as an independent library speaks it: our signatures verify there, and theirs here."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import ClientSession
from alipay import AliPay
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given, strategies as st

from custom_components.prepaid_parking.core.pay_channel import Outcome, RefundOutcome, Way
from custom_components.prepaid_parking.links.pay.alipay import Alipay
from custom_components.prepaid_parking.links.pay.alipay_sign import (
    fields_text,
    is_signed,
    signed,
)

from .alipay_peer import APP, asked, desk, key, merchant


def _private(own: RSAPrivateKey) -> str:
    return own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _public(own: RSAPrivateKey) -> str:
    raw = own.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return raw.decode()


def _library(own: str = "merchant", other: str = "provider") -> Any:
    """Return the library as a merchant; or, the other way round, as the provider."""
    return AliPay(
        appid=APP,
        app_notify_url="https://hub.example/notice",
        app_private_key_string=_private(key(own)),
        alipay_public_key_string=_public(key(other)),
        sign_type="RSA2",
    )


async def test_our_request_verifies_there() -> None:
    """The provider checks as the library does: a request that fails here takes no payment."""
    async with ClientSession() as session:
        offered = await Alipay(session, merchant()).create(asked(way=Way.PAGE))
    fields = dict(parse_qsl(offered.url.partition("?")[2], keep_blank_values=True))
    sign, text = fields.pop("sign"), fields_text(fields)
    provider = _library("provider", "merchant")
    assert provider._verify(text, sign)
    assert not provider._verify(f"{text}x", sign)


@given(
    st.dictionaries(st.text("abcdefgh_", min_size=1), st.text("停车 +&=%/\"'\\\n19", min_size=1))
)
def test_the_same_fields_have_the_same_signature(fields: dict[str, str]) -> None:
    """RSA with this padding has one signature for a text: both must make it."""
    library = _library()
    theirs = dict(parse_qsl(library.sign_data(dict(fields))))["sign"]
    assert theirs == signed(key("merchant"), fields_text(fields))
    assert is_signed([key("merchant").public_key()], fields_text(fields), theirs)


async def test_their_notice_is_believed_here() -> None:
    """Signed by the library in the provider's place."""
    fields = {
        "notify_time": "2026-11-23 10:00:00",
        "notify_id": "1",
        "app_id": APP,
        "out_trade_no": "N1",
        "trade_no": "42",
        "trade_status": "TRADE_SUCCESS",
        "total_amount": "12.50",
        "seller_id": "2088102146225135",
        "gmt_payment": "2026-11-23 09:59:58",
        "subject": "停车 +&=%",
    }
    body = f"{_library('provider').sign_data(fields)}&sign_type=RSA2".encode()
    async with ClientSession() as session:
        notice = await Alipay(session, merchant()).verify({}, body)
    assert notice.payment is not None
    assert notice.payment.paid_at == datetime(2026, 11, 23, 1, 59, 58, tzinfo=UTC)


async def test_the_pretended_providers_notice_verifies_there() -> None:
    """Or the tests would prove that two mistakes agree."""
    async with desk() as at:
        await at.channel.create(asked())
        await at.fake.pay(asked().out_no)
        _, body = await at.hub.heard.get()
    fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
    assert _library().verify(fields, fields.pop("sign"))


async def test_the_library_deals_with_the_pretended_provider() -> None:
    """It signs requests that the fake believes, and believes the fake's answers."""
    async with desk() as at:
        library = _library()
        library._gateway = at.fake.gateway
        made = await asyncio.to_thread(
            library.api_alipay_trade_precreate,
            subject="停车/费",
            out_trade_no="L1",
            total_amount="3.00",
        )
        assert made["qr_code"].endswith("/window/L1")
        await at.fake.pay("L1")
        told = await asyncio.to_thread(library.api_alipay_trade_query, out_trade_no="L1")
        seen = await at.channel.query("L1")
        assert (told["trade_status"], seen.outcome) == ("TRADE_SUCCESS", Outcome.PAID)
        assert told["trade_no"] == seen.provider_ref
        back = await asyncio.to_thread(
            library.api_alipay_trade_refund, "1.00", out_trade_no="L1", out_request_no="R1"
        )
        assert back["fund_change"] == "Y"
        assert (await at.channel.query_refund("R1", "L1")).outcome is RefundOutcome.DONE
