"""Answers that WeChat Pay never gave so far: none becomes a guess, none another error."""

from collections.abc import Awaitable, Callable, Mapping
import json
from typing import Any, Final, override

from aiohttp import web
from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.pay_channel import (
    ChannelError,
    ChannelFault,
    RowKind,
    Way,
)
from custom_components.prepaid_parking.links.pay.exchange import LARGEST
from custom_components.prepaid_parking.links.pay.told import Told
from custom_components.prepaid_parking.links.pay.wechat_bill import rows
from custom_components.prepaid_parking.links.pay.wechat_told import refund_seen, seen
from custom_components.prepaid_parking.simulator.pay_wechat import FakeWeChat
from custom_components.prepaid_parking.simulator.pay_wechat_line import Act
from custom_components.prepaid_parking.simulator.pay_wechat_told import HEADS, SUM_HEADS
from tests.links.pay.wechat_peer import (
    OUT_NO,
    REFUND_NO,
    RETRIES_S,
    Shop,
    account,
    asked,
    platform_key,
    refund_asked,
    shop,
)

ASKING: Final[dict[str, Callable[[Shop], Awaitable[object]]]] = {
    "create": lambda one: one.channel.create(asked()),
    "page": lambda one: one.channel.create(asked(way=Way.PAGE)),
    "app": lambda one: one.channel.create(asked(way=Way.APP, payer="oNobody")),
    "query": lambda one: one.channel.query(OUT_NO),
    "close": lambda one: one.channel.close(OUT_NO),
    "refund": lambda one: one.channel.refund(refund_asked()),
    "query_refund": lambda one: one.channel.query_refund(REFUND_NO, OUT_NO),
    "settlement": lambda one: one.channel.settlement(one.fake.now().date()),
}
PAID: Final = {
    "out_trade_no": OUT_NO,
    "trade_state": "SUCCESS",
    "transaction_id": "4200",
    "mchid": "1900000109",
    "success_time": "2026-11-23T10:34:56+08:00",
    "amount": {"total": 1234, "currency": "CNY"},
}
RETURNED: Final = {
    "out_refund_no": REFUND_NO,
    "out_trade_no": OUT_NO,
    "refund_id": "5000",
    "status": "SUCCESS",
    "amount": {"refund": 1000, "total": 1234},
}
ODD: Final[tuple[object, ...]] = (
    None,
    "",
    3,
    -1,
    0,
    1.5,
    True,
    [],
    {},
    "1234",
    10**16,
    "NEW_STATE",
    "not a time",
)


class OddWeChat(FakeWeChat):
    """Answers whatever it is told to, with a right signature unless that is taken away."""

    body: bytes | None = None
    status = 200
    signs = True

    @override
    def _signed(self, act: Act) -> Callable[[web.Request], Awaitable[web.Response]]:
        usual = super()._signed(act)

        async def answer(request: web.Request) -> web.Response:
            if self.body is None or request.path == "/v3/certificates":
                return await usual(request)
            headers = self.signer.headers(self.body, self.now()) if self.signs else {}
            return web.Response(status=self.status, body=self.body, headers=headers)

        return answer


def odd_shop() -> OddWeChat:
    """Return a platform to spoil."""
    return OddWeChat(account(), key=platform_key(), retries_s=RETRIES_S)


async def raised(one: Shop, name: str) -> ChannelError:
    """Return what asking comes to."""
    with pytest.raises(ChannelError) as caught:
        await ASKING[name](one)
    return caught.value


@pytest.mark.parametrize("name", ASKING)
async def test_an_answer_of_another_shape_is_no_answer(name: str) -> None:
    """Neither a wrong entry nor an error that nobody catches: the order is looked at again."""
    fake = odd_shop()
    async with shop(fake) as one:
        for body in (b"[]", b"null", b"{", b"[" * 100_000, b'"x"', b"\xff\xfe", b"9" * 5000):
            fake.body = body
            assert (await raised(one, name)).fault is ChannelFault.UNKNOWN
        for body in (b"{}", b'{"amount":null,"data":3}'):
            fake.body = body
            if name != "close":  # nothing that it says counts
                err = await raised(one, name)
                assert (err.fault, err.code) == (ChannelFault.UNKNOWN, "not_understood")


@pytest.mark.parametrize("name", ASKING)
async def test_an_answer_without_a_signature_is_not_believed(name: str) -> None:
    """Somebody between the hub and the provider says that all is paid."""
    fake = odd_shop()
    async with shop(fake) as one:
        fake.signs = False
        for content in (b"", json.dumps(PAID).encode(), json.dumps(RETURNED).encode()):
            fake.body = content
            assert (await raised(one, name)).fault is ChannelFault.UNTRUSTED


@pytest.mark.parametrize("name", ASKING)
@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (400, b'{"code":"PARAM_ERROR","message":"x"}', ChannelFault.REFUSED),
        (403, b'{"code":"NOT_ENOUGH"}', ChannelFault.REFUSED),
        (429, b'{"code":"FREQUENCY_LIMITED"}', ChannelFault.REFUSED),
        (403, b"<html>blocked</html>", ChannelFault.UNKNOWN),
        (404, b"", ChannelFault.UNKNOWN),
        (404, b'{"code":404}', ChannelFault.UNKNOWN),
        (400, b'{"code":"SYSTEM_ERROR"}', ChannelFault.UNKNOWN),
        (202, b'{"code":"USERPAYING"}', ChannelFault.UNKNOWN),
        (302, b'{"code":"ORDER_NOT_EXIST"}', ChannelFault.UNKNOWN),
        (500, b'{"code":"ORDER_NOT_EXIST"}', ChannelFault.UNKNOWN),
        (502, b'{"code":"ORDER_CLOSED"}', ChannelFault.UNKNOWN),
    ],
)
async def test_only_the_providers_own_no_is_one(
    name: str, status: int, body: bytes, fault: ChannelFault
) -> None:
    """What is held for a refund is let go on a no: a firewall's must not do that."""
    fake = odd_shop()
    async with shop(fake) as one:
        fake.status, fake.body = status, body
        assert (await raised(one, name)).fault is fault


@pytest.mark.parametrize("code", ["ORDER_CLOSED", "ORDERCLOSED"])
async def test_a_provider_that_says_it_was_closed_has_closed_it(code: str) -> None:
    """What was wanted is so: after a lost answer the hub asks once more."""
    fake = odd_shop()
    async with shop(fake) as one:
        fake.status, fake.body = 400, json.dumps({"code": code}).encode()
        await one.channel.close(OUT_NO)
        assert (await raised(one, "create")).fault is ChannelFault.REFUSED


async def test_an_answer_without_end_is_cut() -> None:
    """A hub has little memory."""
    fake = odd_shop()
    async with shop(fake) as one:
        fake.body = b" " * (LARGEST + 1)
        err = await raised(one, "query")
        assert (err.fault, err.code) == (ChannelFault.UNKNOWN, "too_large")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("query", PAID | {"out_trade_no": "ANOTHER"}),
        ("refund", RETURNED | {"out_refund_no": "ANOTHER"}),
        ("refund", RETURNED | {"out_trade_no": "ANOTHER"}),
        ("query_refund", RETURNED | {"out_refund_no": "ANOTHER"}),
        ("query_refund", RETURNED | {"out_trade_no": "ANOTHER"}),
    ],
)
async def test_an_answer_about_another_order_is_not_believed(
    name: str, content: Mapping[str, object]
) -> None:
    """A signature says who speaks, not what was asked: an answer that was kept would fit anywhere."""
    fake = odd_shop()
    async with shop(fake) as one:
        fake.body = json.dumps(content).encode()
        err = await raised(one, name)
        assert (err.fault, err.code) == (ChannelFault.UNTRUSTED, "another_order")


@pytest.mark.parametrize(
    "url",
    [
        "https://files.example/v3/billdownload/file?token=x",
        "{base}.files.example/v3/billdownload/file?token=x",
        "{base}@files.example/file",
        "{base}/v3/file?token=x\r\nX-Evil: 1",
        "{base}/v3/file?token=粤",
        "/v3/billdownload/file?token=x",
        "",
        7,
    ],
)
async def test_a_day_file_lies_on_the_host_that_was_asked(url: object) -> None:
    """The request for it is signed with the merchant's key: it goes to nobody else."""
    fake = odd_shop()
    async with shop(fake) as one:
        text = url.format(base=fake.base_url) if isinstance(url, str) else url
        told = {"hash_type": "SHA1", "hash_value": "0" * 40, "download_url": text}
        fake.body = json.dumps(told).encode()
        err = await raised(one, "settlement")
        assert len(fake.requests) == 1
        assert err.code == ("download_url" if isinstance(url, str) and url else "not_understood")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "http://wx.example/", "//x", "https://a b", 3]
)
async def test_a_payer_is_sent_to_no_page_without_encryption(url: object) -> None:
    """The address becomes a link on our own page."""
    fake = odd_shop()
    async with shop(fake) as one:
        fake.body = json.dumps({"h5_url": url}).encode()
        assert (await raised(one, "page")).fault is ChannelFault.UNKNOWN


@given(
    name=st.sampled_from([*PAID, "total", "currency"]),
    value=st.sampled_from(ODD),
)
def test_a_paid_order_with_an_odd_part_is_not_understood(name: str, value: object) -> None:
    """Each part counts: without one the money would go to nobody, or twice."""
    told: dict[str, Any] = json.loads(json.dumps(PAID))
    holder = told if name in told else told["amount"]
    holder[name] = value
    if fits(name, value):
        seen(Told(told))
        return
    with pytest.raises(ChannelError) as caught:
        seen(Told(told))
    assert caught.value.code == "not_understood"


def fits(name: str, value: object) -> bool:
    """Tell whether an odd value is one that a part may have."""
    match name:
        case "total":
            return value == 3
        case "currency":
            return value is None or isinstance(value, str)
        case "out_trade_no" | "transaction_id" | "mchid":
            return isinstance(value, str) and value != ""
        case _:
            return False


@given(
    name=st.sampled_from([*RETURNED, "refund"]),
    value=st.sampled_from(ODD),
)
def test_a_refund_with_an_odd_part_is_not_understood(name: str, value: object) -> None:
    """Held money is let go, or taken as returned, by these words alone."""
    told: dict[str, Any] = json.loads(json.dumps(RETURNED))
    holder = told if name in told else told["amount"]
    holder[name] = value
    texts = name in {"out_refund_no", "out_trade_no", "refund_id"}
    if (name == "refund" and value == 3) or (texts and isinstance(value, str) and value):
        refund_seen(Told(told))
        return
    with pytest.raises(ChannelError) as caught:
        refund_seen(Told(told))
    assert caught.value.code == "not_understood"


@pytest.mark.parametrize(
    "text",
    ["2026-11-23T10:34:56", "2026-11-23", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"],
)
def test_a_time_without_its_offset_or_beyond_all_calendars_is_not_understood(text: str) -> None:
    """Taken for the hub's own time, it would be eight hours off."""
    with pytest.raises(ChannelError):
        seen(Told(PAID | {"success_time": text}))


MERCHANT: Final = "1900000109"
LINE: Final = (
    "`2026-11-22 10:34:56,`wx1,`1900000109,`0,`,`4200,`01JD,`o1,`NATIVE,`SUCCESS,`OTHERS,`CNY,"
    '`12.34,`0.00,`0,`0,`0.00,`0.00,`,`,`停车费, "A",`,`0.07404,`0.60%,`12.34,`0.00,`'
)
REFUND_LINE: Final = (
    "`2026-11-22 10:34:56,`wx1,`1900000109,`0,`,`4200,`01JD,`o1,`NATIVE,`REFUND,`OTHERS,`CNY,"
    "`0.00,`0.00,`5000,`R1,`10.00,`0.00,`ORIGINAL,`SUCCESS,`停车费,`,`-0.06000,`0.60%,`0.00,`10.00,`"
)


def day_file(*lines: str, count: int | str | None = None) -> bytes:
    """Write a file of these lines."""
    said = len(lines) if count is None else count
    sums = f"`{said},`12.34,`0.00,`0.00,`0.07404,`12.34,`0.00"
    return ("\ufeff" + "\r\n".join((HEADS, *lines, SUM_HEADS, sums, ""))).encode()


def test_a_day_file_is_read_with_commas_in_its_names() -> None:
    """What a driver's subject is called must not cost the whole day's comparison."""
    payment, refund = rows(day_file(LINE, REFUND_LINE), MERCHANT)
    assert (payment.out_no, payment.amount_minor, payment.fee_minor) == ("01JD", 1234, 7)
    assert (refund.kind, refund.refund_no, refund.amount_minor) == (RowKind.REFUND, "R1", 1000)
    assert (refund.provider_ref, refund.fee_minor) == ("5000", -6)
    assert payment.at is not None
    assert payment.at.isoformat() == "2026-11-22T10:34:56+08:00"


def test_a_refund_that_failed_has_moved_nothing() -> None:
    """Its row is there, its money is where it was."""
    failed = REFUND_LINE.replace("`ORIGINAL,`SUCCESS", "`ORIGINAL,`FAIL")
    assert [row.kind for row in rows(day_file(LINE, failed), MERCHANT)] == [RowKind.PAYMENT]


SPOILED: Final[dict[str, bytes]] = {
    "empty": b"",
    "no text": b"\xff",
    "a page": b"<html></html>",
    "fewer rows than said": day_file(LINE, count=2),
    "no count": day_file(LINE, count="x"),
    "another script's count": day_file(LINE, count="１"),
    "cut in its sums": day_file(LINE)[:-8],
    "cut before its sums": day_file(LINE)[:-200],
    "a short row": day_file(LINE[:-8]),
    "another amount": day_file(LINE.replace("`12.34,`0.00,`", "`12.3,`0.00,`")),
    "an exponent": day_file(LINE.replace("`12.34,`0.00,`", "`1e1,`0.00,`")),
    "below zero": day_file(LINE.replace("`12.34,`0.00,`", "`-12.34,`0.00,`")),
    "no fee": day_file(LINE.replace("0.07404", "x")),
    "another currency": day_file(LINE.replace("CNY", "USD")),
    "a reversal": day_file(LINE.replace("SUCCESS", "REVOKED")),
    "another merchant": day_file(LINE.replace("1900000109", "1900000999")),
    "no such month": day_file(LINE.replace("2026-11-22 10:34:56", "2026-13-22 10:34:56")),
    "a day without a time": day_file(LINE.replace("2026-11-22 10:34:56", "2026-11-22")),
    "no number": day_file(LINE.replace("`01JD", "`")),
}


@pytest.mark.parametrize("content", SPOILED.values(), ids=SPOILED)
def test_a_day_file_that_is_not_understood_is_not_read_in_part(content: bytes) -> None:
    """Half a day compared is a list of differences that are none."""
    with pytest.raises(ChannelError) as caught:
        rows(content, MERCHANT)
    assert (caught.value.fault, caught.value.code) == (ChannelFault.UNTRUSTED, "bill")


@given(
    content=st.binary(max_size=400)
    | st.text(max_size=400).map(lambda text: text.encode("utf-8", "replace"))
)
def test_any_bytes_are_a_day_file_or_a_refusal(content: bytes) -> None:
    """Nothing else may come of them."""
    for whole in (content, day_file(content.decode("utf-8", "replace"))):
        with pytest.raises(ChannelError):
            rows(whole, MERCHANT)


@given(at=st.integers(0, 600), more=st.sampled_from(["`", ",", "\n", "0", "-", "'"]))
def test_a_day_file_with_a_sign_too_many_is_read_or_refused(at: int, more: str) -> None:
    """The parser itself must not fall over."""
    text = day_file(LINE, REFUND_LINE).decode()
    changed = text[:at] + more + text[at:]
    try:
        found = rows(changed.encode(), MERCHANT)
    except ChannelError:
        return
    assert len(found) == 2
