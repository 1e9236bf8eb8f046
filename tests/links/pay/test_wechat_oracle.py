"""WeChat Pay as somebody else has understood it: the library wechatpayv3, and published examples.

What it signs must be believed by our side, what we sign by it; and it pays at the pretended platform,
so that this one cannot have been made to fit our own mistakes.
"""

import asyncio
from collections.abc import Mapping
import json
from pathlib import Path
import time
from typing import Any, Final

import pytest
from wechatpayv3 import WeChatPay as Library, WeChatPayType
from wechatpayv3.utils import aes_decrypt, build_authorization, rsa_sign, rsa_verify

from custom_components.prepaid_parking.core.pay_channel import Outcome, RefundOutcome, Way
from custom_components.prepaid_parking.links.pay.told import Told
from custom_components.prepaid_parking.links.pay.wechat_bill import rows
from custom_components.prepaid_parking.links.pay.wechat_sign import (
    Sealed,
    authorization,
    opened,
    signed,
)
from custom_components.prepaid_parking.links.pay.wechat_told import refund_seen, seen
from custom_components.prepaid_parking.simulator.pay_wechat import FakeWeChat
from custom_components.prepaid_parking.simulator.pay_wechat_inside import OK
from custom_components.prepaid_parking.simulator.pay_wechat_told import BEIJING
from tests.links.pay.wechat_peer import (
    OUT_NO,
    REFUND_NO,
    RETRIES_S,
    Shop,
    account,
    asked,
    letter_of_a_payment,
    openid_of,
    refund_asked,
    shop,
)

PUBLISHED_KEY: Final = b"a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb"
"""Of the examples in the tests of the platform's own library for Java (wechatpay-java, TestConfig)."""


def library(fake: FakeWeChat, folder: Path, pay: WeChatPayType = WeChatPayType.NATIVE) -> Library:
    """Return the library as the same merchant; its certificates lie in a folder of its own."""
    given: dict[str, str] = {}
    if fake.signer.certificate:
        (folder / "one.pem").write_text(fake.signer.certificate)
    else:
        given = {
            "public_key": fake.signer.public_pem,
            "public_key_id": fake.signer.serial,
        }
    found = Library(
        wechatpay_type=pay,
        mchid=fake.account.merchant,
        private_key=fake.account.key_pem,
        cert_serial_no=fake.account.serial,
        apiv3_key=fake.account.api_key,
        appid=fake.account.app,
        notify_url="http://127.0.0.1:9/notice",
        cert_dir=str(folder),
        timeout=(5, 5),
        **given,
    )
    found._core._gate_way = fake.base_url
    return found


async def says(call: Any, **words: object) -> tuple[int, Any]:
    """Let the library ask, off the loop on which the platform answers; it checks the signature."""
    status, text = await asyncio.to_thread(call, **words)
    return status, json.loads(text) if text else None


@pytest.fixture(params=[False, True], ids=["certificates", "public key"])
def fake(request: pytest.FixtureRequest) -> FakeWeChat:
    """Return a platform of either kind."""
    return FakeWeChat(account(), public_key=request.param, retries_s=RETRIES_S)


async def test_the_library_and_we_see_the_same_order(fake: FakeWeChat, tmp_path: Path) -> None:
    """Made by one, looked at by both, closed by the other."""
    async with shop(fake) as one:
        other = library(fake, tmp_path)
        order = {"out_trade_no": OUT_NO, "amount": {"total": 1234, "currency": "CNY"}}
        status, told = await says(other.pay, description="停车费", **order)
        assert (status, told) == (200, {"code_url": (await one.channel.create(asked())).qr})
        await fake.pay(OUT_NO)
        status, told = await says(other.query, out_trade_no=OUT_NO)
        assert status == 200
        assert seen(Told(told)) == await one.channel.query(OUT_NO)
        await one.channel.create(asked("SECOND1"))
        status, told = await says(other.close, out_trade_no="SECOND1")
        assert (status, told) == (204, None)
        assert (await one.channel.query("SECOND1")).outcome is Outcome.CLOSED
        status, told = await says(other.query, out_trade_no="NOSUCH1")
        assert (status, told["code"]) == (404, "ORDER_NOT_EXIST")


async def test_the_library_and_we_see_the_same_refund(fake: FakeWeChat, tmp_path: Path) -> None:
    """And to ask for it a second time is nobody's second refund."""
    async with shop(fake) as one:
        other = library(fake, tmp_path)
        fake.faults.refund_pending = True
        await one.channel.create(asked())
        await fake.pay(OUT_NO)
        ours = await one.channel.refund(refund_asked())
        status, told = await says(
            other.refund,
            out_refund_no=REFUND_NO,
            out_trade_no=OUT_NO,
            amount={"refund": 1000, "total": 1234, "currency": "CNY"},
        )
        assert (status, refund_seen(Told(told))) == (200, ours)
        await fake.complete(REFUND_NO)
        status, told = await says(other.query_refund, out_refund_no=REFUND_NO)
        assert refund_seen(Told(told)).outcome is RefundOutcome.DONE
        assert refund_seen(Told(told)) == await one.channel.query_refund(REFUND_NO, OUT_NO)


async def test_the_library_fetches_the_day_that_we_fetch(fake: FakeWeChat, tmp_path: Path) -> None:
    """Its bytes, read by us, are our rows."""
    async with shop(fake) as one:
        other = library(fake, tmp_path)
        await one.channel.create(asked())
        await fake.pay(OUT_NO)
        day = fake.now().astimezone(BEIJING).date()
        status, told = await says(other.trade_bill, bill_date=day.isoformat())
        assert status == 200
        status, content = await asyncio.to_thread(other.download_bill, told["download_url"])
        assert status == 200
        assert rows(content, fake.merchant) == await one.channel.settlement(day)


async def test_the_library_opens_a_page_as_we_do(fake: FakeWeChat, tmp_path: Path) -> None:
    """The same form, for browsers."""
    async with shop(fake):
        other = library(fake, tmp_path, WeChatPayType.H5)
        status, told = await says(
            other.pay,
            description="停车费",
            out_trade_no=OUT_NO,
            amount={"total": 1234},
            scene_info={"payer_client_ip": "203.0.113.9", "h5_info": {"type": "Wap"}},
        )
        assert status == 200
        assert told["h5_url"].startswith("http")


async def test_the_library_asks_for_an_order_inside_the_app_as_we_do(
    fake: FakeWeChat, tmp_path: Path
) -> None:
    """Named by the same payer; and what a page hands to the app is the library's to the letter."""
    async with shop(fake) as one:
        payer = await openid_of(one)
        other = library(fake, tmp_path, WeChatPayType.JSAPI)
        order = {"out_trade_no": OUT_NO, "amount": {"total": 1234}, "payer": {"openid": payer}}
        status, told = await says(other.pay, description="停车费", **order)
        call = json.loads((await one.channel.create(asked(way=Way.APP, payer=payer))).app)
        assert (status, f"prepay_id={told['prepay_id']}") == (200, call["package"])
        lines = [call["appId"], call["timeStamp"], call["nonceStr"], call["package"]]
        assert call["paySign"] == other.sign(lines)
        theirs = call | {"nonceStr": "THEIRS"}
        lines[2] = "THEIRS"
        assert (await fake.inside.call(theirs))["err_msg"].endswith(":fail")
        assert (await fake.inside.call(theirs | {"paySign": other.sign(lines)})) == {"err_msg": OK}
        assert (await one.channel.query(OUT_NO)).outcome is Outcome.PAID


async def heard_by(one: Shop, other: Library) -> Mapping[str, Any] | None:
    """Return what the library makes of the last notice."""
    headers, body = one.letters[-1]
    found: Mapping[str, Any] | None = await asyncio.to_thread(other.callback, dict(headers), body)
    return found


async def test_a_notice_says_the_same_to_the_library(fake: FakeWeChat, tmp_path: Path) -> None:
    """Of payments and refunds; and a changed byte says nothing to either."""
    async with shop(fake) as one:
        other = library(fake, tmp_path)
        await one.channel.create(asked())
        await fake.pay(OUT_NO)
        await fake.told()
        told, ours = await heard_by(one, other), await one.verify_last()
        assert told is not None
        assert (told["id"], seen(Told(told["resource"]))) == (ours.event_id, ours.payment)
        await one.channel.refund(refund_asked())
        await fake.told()
        told, ours = await heard_by(one, other), await one.verify_last()
        assert told is not None
        assert refund_seen(Told(told["resource"]), "refund_status") == ours.refund
        headers, body = one.letters[-1]
        changed = body.replace(b"EV-", b"EX-")
        assert await asyncio.to_thread(other.callback, dict(headers), changed) is None


async def test_a_renewed_certificate_is_learned_by_the_library_too(tmp_path: Path) -> None:
    """So it is handed out as the real ones are."""
    fake = FakeWeChat(account(), retries_s=RETRIES_S)
    async with shop(fake) as one:
        other = library(fake, tmp_path)
        fake.rotate_key()
        await one.channel.create(asked())
        status, _ = await says(other.query, out_trade_no=OUT_NO)
        assert status == 200


def test_our_header_is_the_librarys_to_the_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The signature has no chance in it: same words, same header."""
    monkeypatch.setattr(time, "time", lambda: 1_795_000_000.9)
    body = json.dumps({"mchid": "1900000109", "description": "停车费"})
    path = f"/v3/pay/transactions/out-trade-no/{OUT_NO}?mchid=1900000109"
    for method, sent in (("GET", ""), ("POST", body)):
        theirs = build_authorization(
            path, method, "1900000109", "ABC", account().key, data=sent, nonce_str="N1"
        )
        ours = authorization(
            account().key,
            merchant="1900000109",
            serial="ABC",
            timestamp="1795000000",
            nonce="N1",
            method=method,
            path=path,
            body=sent.encode(),
        )
        assert ours == theirs


def test_what_either_signs_the_other_believes() -> None:
    """And what neither has signed neither does."""
    body = '{"金额":1234}'
    ours = signed(account().key, "1795000000", "N1", body)
    public = account().key.public_key()
    assert rsa_verify("1795000000", "N1", body, ours, public)
    assert not rsa_verify("1795000001", "N1", body, ours, public)
    theirs = rsa_sign(account().key, f"1795000000\nN1\n{body}\n")
    assert Sealed("S", "1795000000", "N1", theirs).is_of(public, body.encode())
    assert not Sealed("S", "1795000000", "N2", theirs).is_of(public, body.encode())


def test_what_is_sealed_for_the_merchant_the_library_opens_too() -> None:
    """Contents of notices and certificates."""
    sealed = account().sealed("内容".encode(), "transaction")
    text = aes_decrypt(
        sealed["nonce"], sealed["ciphertext"], sealed["associated_data"], account().api_key
    )
    ours = opened(account().api_key.encode(), sealed)
    assert ours is not None
    assert text == ours.decode() == "内容"


def test_the_platforms_published_examples_are_read() -> None:
    """From its own library's tests: a short text, and a whole answer with a certificate."""
    short = {
        "algorithm": "AEAD_AES_256_GCM",
        "nonce": "uluk4a9R25RW",
        "associated_data": "associatedData",
        "ciphertext": "ulwSiIajGClcvcOYvOQ7+l+0PAbzzwI=",
    }
    assert opened(PUBLISHED_KEY, short) == b"message"
    for name in ("nonce", "associated_data", "ciphertext"):
        assert opened(PUBLISHED_KEY, short | {name: "AAAAAAAAAAAAAAAA"}) is None


async def test_the_platforms_published_certificate_is_learned() -> None:
    """Under the number that the certificate has, which is the one published beside it."""
    published = json.loads(Path(__file__).with_name("wechat_published.json").read_text())
    (row,) = published["data"]
    fake = FakeWeChat(account())

    async def handed_out(request: object, form: object) -> object:
        return published

    fake._certificates = handed_out  # type: ignore[assignment, method-assign]
    async with shop(fake) as one:
        line = one.pay._line
        object.__setattr__(line._own, "api_key", PUBLISHED_KEY)
        assert set(await line._certificates()) == {row["serial_no"]}


def test_a_probe_is_believed_by_neither() -> None:
    """A signature that begins like one of the platform's probes is no signature."""
    fake = FakeWeChat(account(), public_key=True)
    letter_of_a_payment(fake)
    probe = fake.payment_letter(fake.books.find(OUT_NO), probe=True)
    stamp, nonce = probe.headers["Wechatpay-Timestamp"], probe.headers["Wechatpay-Nonce"]
    signature = probe.headers["Wechatpay-Signature"]
    public = fake.signer.key.public_key()
    assert not rsa_verify(stamp, nonce, probe.body.decode(), signature, public)
    assert not Sealed("S", stamp, nonce, signature).is_of(public, probe.body)
