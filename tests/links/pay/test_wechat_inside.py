"""Paying inside WeChat, over real sockets: who pays is found out, and only they can pay it."""

import asyncio
import json
import traceback
from typing import Any, Final

import pytest

from custom_components.prepaid_parking.core.pay_channel import (
    ChannelError,
    ChannelFault,
    Outcome,
    Way,
)
from custom_components.prepaid_parking.links.pay.wechat import WeChatPay
from custom_components.prepaid_parking.links.pay.wechat_payers import WeChatPayers
from custom_components.prepaid_parking.simulator.pay_wechat_inside import FAIL, OK
from tests.links.pay.wechat_peer import (
    OUT_NO,
    Shop,
    asked,
    code_of,
    merchant,
    openid_of,
    payers_of,
    shop,
)

SECRET: Final = "5ec0e7" * 5 + "00"
CODE: Final = "c0de" * 8


async def refused(payers: WeChatPayers, code: str) -> tuple[ChannelFault, str]:
    """Return why a code is nobody's."""
    with pytest.raises(ChannelError) as caught:
        await payers.payer(code)
    return caught.value.fault, caught.value.code


async def call_of(one: Shop) -> dict[str, Any]:
    """Ask for an order of the app's user; returns what their page hands to the app."""
    offered = await one.channel.create(asked(way=Way.APP, payer=await openid_of(one)))
    assert (offered.qr, offered.url) == ("", "")
    call: dict[str, Any] = json.loads(offered.app)
    return call


async def test_who_opens_the_page_inside_wechat_pays_there() -> None:
    """A driver who scans with WeChat has no other browser at hand, and a queue behind the car."""
    async with shop() as one:
        call = await call_of(one)
        assert set(call) == {
            *("appId", "timeStamp", "nonceStr", "package", "signType", "paySign"),
        }
        assert all(isinstance(part, str) for part in call.values())
        assert (await one.channel.query(OUT_NO)).outcome is Outcome.WAITING
        assert await one.fake.inside.call(call) == {"err_msg": OK}
        paid = await one.channel.query(OUT_NO)
        assert (paid.outcome, paid.amount_minor) == (Outcome.PAID, 1234)
        await one.fake.told()
        assert (await one.verify_last()).payment == paid
        assert one.fake.inside.openid not in repr(paid)


@pytest.mark.parametrize("part", ["appId", "timeStamp", "nonceStr", "package", "signType"])
async def test_a_changed_call_pays_nothing(part: str) -> None:
    """The page is on a phone: whatever is changed there must not be paid in the merchant's name."""
    async with shop() as one:
        call = await call_of(one)
        assert (await one.fake.inside.call(call | {part: "MD5"}))["err_msg"] == FAIL
        assert (await one.channel.query(OUT_NO)).outcome is Outcome.WAITING


async def test_an_order_names_a_payer_of_this_app() -> None:
    """Without one, with one that is none, and with another app's id nobody could pay it."""
    async with shop() as one:
        for payer in ("", "oSomebodyElse"):
            with pytest.raises(ChannelError) as caught:
                await one.channel.create(asked(way=Way.APP, payer=payer))
            assert (caught.value.fault, caught.value.code) == (ChannelFault.REFUSED, "PARAM_ERROR")
        payer = await openid_of(one)
        own = merchant(one.fake, one.ear.url)
        object.__setattr__(own, "app", "wx0000000000000000")
        other = WeChatPay(one.session, own, one.fake.base_url)
        with pytest.raises(ChannelError) as caught:
            await other.create(asked(way=Way.APP, payer=payer))
        assert caught.value.code == "APPID_MCHID_NOT_MATCH"
        assert not one.fake.books.orders


async def test_who_pays_stands_in_no_text_about_an_order() -> None:
    """Whatever is logged of what was asked for, it says nothing about a person."""
    assert "oPerson" not in repr(asked(way=Way.APP, payer="oPerson"))


async def test_a_code_is_good_for_once() -> None:
    """Who has read it off an address, or makes one up, is nobody."""
    async with shop() as one:
        payers, code = payers_of(one), await code_of(one)
        assert await payers.payer(code) == one.fake.inside.openid
        assert await refused(payers, code) == (ChannelFault.REFUSED, "40163")
        assert await refused(payers, "f" * 32) == (ChannelFault.REFUSED, "40029")
        for odd in ("", "a b", "x" * 513, "\n", "💰"):
            assert await refused(payers, odd) == (ChannelFault.REFUSED, "code")


async def test_a_secret_is_proven_by_a_code_that_is_none() -> None:
    """A wrong one would be found by the first payer, who sees a code instead of WeChat's payment."""
    async with shop() as one:
        await payers_of(one).prove()
        for other, code in (({"secret": SECRET}, "40125"), ({"app": "wx00"}, "40013")):
            with pytest.raises(ChannelError) as caught:
                await payers_of(one, **other).prove()
            assert (caught.value.fault, caught.value.code) == (ChannelFault.REFUSED, code)


@pytest.mark.parametrize(
    ("body", "fault", "code"),
    [
        (b"{}", ChannelFault.UNKNOWN, "not_understood"),
        (b"[]", ChannelFault.UNKNOWN, "not_json"),
        (b'{"openid":3}', ChannelFault.UNKNOWN, "not_understood"),
        (b'{"openid":"o\\u0000\\n\\u0000<>"}', ChannelFault.UNKNOWN, "not_understood"),
        (b'{"errcode":-1,"errmsg":"busy"}', ChannelFault.UNKNOWN, "-1"),
        (b'{"errcode":"x"}', ChannelFault.UNKNOWN, "not_understood"),
    ],
)
async def test_an_answer_of_another_shape_is_nobody(
    body: bytes, fault: ChannelFault, code: str
) -> None:
    """A guess would ask somebody else for the money."""
    answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body
    with pytest.raises(ChannelError) as caught:
        await _asked_of(answer)
    assert (caught.value.fault, caught.value.code) == (fault, code)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 xyz\r\n\r\n", b"HTTP/1.1 500 No\r\n\r\n"])
async def test_whatever_goes_wrong_the_secret_is_not_told(answer: bytes) -> None:
    """It stands in the address that is asked, and a library's errors like to name addresses."""
    with pytest.raises(ChannelError) as caught:
        await _asked_of(answer)
    told = "".join(traceback.format_exception(caught.value))
    assert SECRET not in told
    assert CODE not in told


async def _asked_of(answer: bytes) -> str:
    """Exchange a code at somebody who gives this answer."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with shop() as one, await asyncio.start_server(speak, "127.0.0.1", 0) as odd:
        url = f"http://127.0.0.1:{odd.sockets[0].getsockname()[1]}"
        payers = WeChatPayers(one.session, "wx1", SECRET, gate=url, base_url=url)
        return await payers.payer(CODE)


def test_the_payer_and_the_secret_go_to_wechat_alone() -> None:
    """By https, whatever else was typed."""
    payers = WeChatPayers(None, "wx1", SECRET)  # type: ignore[arg-type]  # nothing is asked
    address = payers.address("https://park.example/pay/1?a=b&c", "S1")
    assert address == (
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1"
        "&redirect_uri=https%3A%2F%2Fpark.example%2Fpay%2F1%3Fa%3Db%26c"
        "&response_type=code&scope=snsapi_base&state=S1#wechat_redirect"
    )
    for named in ({"gate": "http://open.weixin.qq.com"}, {"base_url": "http://example.com"}):
        with pytest.raises(ValueError, match="https only"):
            WeChatPayers(None, "wx1", SECRET, **named)  # type: ignore[arg-type]
