"""Notices of WeChat Pay: believed only as they were signed, and never a reason to ask the world."""

import asyncio
from datetime import UTC, datetime, timedelta
import json
import re
from typing import Final
from unittest.mock import Mock

from aiohttp import ClientSession
from hypothesis import given, strategies as st
from multidict import CIMultiDict
import pytest

from custom_components.prepaid_parking.core.pay_channel import ChannelError, ChannelFault, Notice
from custom_components.prepaid_parking.links.pay import wechat_keys
from custom_components.prepaid_parking.links.pay.wechat import WeChatPay
from custom_components.prepaid_parking.links.pay.wechat_sign import signed
from custom_components.prepaid_parking.simulator.pay_provider import Letter
from custom_components.prepaid_parking.simulator.pay_wechat import FakeWeChat
from custom_components.prepaid_parking.simulator.pay_wechat_keys import PlatformKey, packed
from tests.links.pay.wechat_peer import (
    OUT_NO,
    account,
    asked,
    letter_of_a_payment,
    merchant,
    shop,
)

SIGNED: Final = (
    "Wechatpay-Serial",
    "Wechatpay-Timestamp",
    "Wechatpay-Nonce",
    "Wechatpay-Signature",
)
CERTIFICATE: Final = re.compile("[0-9A-Fa-f]{8,40}")
JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


class Closed:
    """A platform with a public key, and a channel that cannot ask it anything."""

    def __init__(self) -> None:
        """Make keys once: they take a tenth of a second."""
        self.fake = FakeWeChat(account(), public_key=True)
        self.session = Mock(spec=ClientSession)
        self.pay = WeChatPay(self.session, merchant(self.fake, "http://127.0.0.1/"))
        self.letter = letter_of_a_payment(self.fake)

    def verify(self, headers: dict[str, str], body: bytes) -> Notice:
        """Read a notice; whatever it is, nothing may be asked for its sake."""
        try:
            return asyncio.run(self.pay.verify(CIMultiDict(headers), body))
        finally:
            self.session.request.assert_not_called()

    def refused(self, headers: dict[str, str], body: bytes) -> ChannelError:
        """Return why a notice is not believed."""
        with pytest.raises(ChannelError) as caught:
            self.verify(headers, body)
        assert caught.value.fault is ChannelFault.UNTRUSTED
        return caught.value

    def signed(self, letter: Letter) -> tuple[dict[str, str], bytes]:
        """Return the parts of a letter."""
        return dict(letter.headers), letter.body


@pytest.fixture(scope="module")
def closed() -> Closed:
    """Return one for all tests of this file: reading a notice changes nothing in it."""
    return Closed()


async def test_a_doubled_notice_is_the_same_and_a_stale_one_says_its_age() -> None:
    """Both are rightly signed; what becomes of them is decided by who keeps the books."""
    async with shop() as one:
        one.fake.faults.notice_duplicate = 2
        one.fake.faults.clock_skew = timedelta(minutes=-4)
        began = datetime.now(UTC) - timedelta(minutes=4, seconds=1)
        await one.channel.create(asked())
        await one.fake.pay(OUT_NO)
        await one.fake.told()
        heard = [await one.pay.verify(*letter) for letter in one.letters]
        assert len(heard) == 3
        assert len(set(heard)) == 1
        assert heard[0].sent_at is not None
        assert began <= heard[0].sent_at <= datetime.now(UTC) - timedelta(minutes=4)


async def test_a_probe_is_refused_and_the_notice_behind_it_is_not() -> None:
    """The provider drops merchants who believe what it signs wrongly on purpose."""
    async with shop() as one:
        one.fake.faults.signature_probe = 1
        await one.channel.create(asked())
        await one.fake.pay(OUT_NO)
        await one.fake.told()
        probes = [
            letter for letter in one.letters if "SIGNTEST" in letter[0]["Wechatpay-Signature"]
        ]
        assert (len(probes), len(one.letters)) == (1, 2)
        with pytest.raises(ChannelError) as caught:
            await one.pay.verify(*probes[0])
        assert caught.value.fault is ChannelFault.UNTRUSTED
        (real,) = [letter for letter in one.letters if letter not in probes]
        assert (await one.pay.verify(*real)).payment


async def test_what_a_hub_did_not_take_comes_again_and_can_be_read_again() -> None:
    """The books were busy: 503, and the same notice comes later."""
    async with shop() as one:
        one.ear.status = 503
        await one.channel.create(asked())
        await one.fake.pay(OUT_NO)
        await one.fake.told()
        assert [answer.status for answer in one.fake.answers] == [503] * 4
        assert len({await one.pay.verify(*letter) for letter in one.letters}) == 1


async def test_a_renewed_certificate_is_learned_and_the_old_one_still_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every few years: without it all payments stop on that day until somebody restarts the hub."""
    async with shop() as one:
        await one.channel.create(asked())
        await one.fake.pay(OUT_NO)
        await one.fake.told()
        await one.verify_last()
        one.fake.rotate_key()
        with pytest.raises(ChannelError):
            await one.channel.query(OUT_NO)
        monkeypatch.setattr(wechat_keys, "REFRESH_S", 0.0)
        await one.channel.query(OUT_NO)
        assert one.asked_for("/v3/certificates") == 2
        await one.verify_last()


async def test_a_hundred_forged_notices_cause_one_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else whoever finds the address makes the hub shout at the provider until it is locked out."""
    now = 1000.0
    monkeypatch.setattr(wechat_keys, "monotonic", lambda: now)
    async with shop() as one:
        forger = FakeWeChat(account())

        async def forge(at: int) -> None:
            body = b"{}"
            headers = forger.signer.headers(body, datetime.now(UTC))
            headers["Wechatpay-Serial"] = f"{at:040X}"
            with pytest.raises(ChannelError) as caught:
                await one.pay.verify(CIMultiDict(headers), body)
            assert caught.value.fault is ChannelFault.UNTRUSTED

        await asyncio.gather(*(forge(at) for at in range(1, 101)))
        assert one.asked_for("/v3/certificates") == 1
        now += wechat_keys.REFRESH_S - 1
        await forge(101)
        assert one.asked_for("/v3/certificates") == 1
        now += 1
        await forge(102)
        assert one.asked_for("/v3/certificates") == 2


async def test_who_gives_up_waiting_leaves_the_answer_to_the_next() -> None:
    """A view waits for four seconds; else one slow answer would stop payments for ten minutes."""
    async with shop() as one:
        letter = letter_of_a_payment(one.fake)
        one.fake.faults.slow_s = 0.3
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await one.pay.verify(CIMultiDict(letter.headers), letter.body)
        assert (await one.pay.verify(CIMultiDict(letter.headers), letter.body)).payment
        assert one.asked_for("/v3/certificates") == 1


@pytest.mark.parametrize("serial", ["", "PUB_KEY_ID_0123", "../../x", "G" * 40, "A" * 41, "粤"])
async def test_a_serial_that_no_certificate_has_is_not_asked_for(serial: str) -> None:
    """Not even once."""
    async with shop() as one:
        headers = FakeWeChat(account()).signer.headers(b"{}", datetime.now(UTC))
        headers["Wechatpay-Serial"] = serial
        with pytest.raises(ChannelError):
            await one.pay.verify(CIMultiDict(headers), b"{}")
        assert not one.fake.requests


async def test_the_number_of_a_certificate_may_be_written_small_or_with_a_nought() -> None:
    """As some programs write it: the same certificate, and no second question."""
    key = PlatformKey.of_certificate(0x0ABCDEF0123456789ABCDEF0123456789ABCDEF)
    async with shop(FakeWeChat(account(), key=key)) as one:
        letter = letter_of_a_payment(one.fake)
        for serial in (key.serial, key.serial.lower(), f"0{key.serial}"):
            headers = CIMultiDict({**letter.headers, "Wechatpay-Serial": serial})
            assert (await one.pay.verify(headers, letter.body)).payment
        assert one.asked_for("/v3/certificates") == 1


async def test_a_merchant_who_changes_over_hears_both_kinds() -> None:
    """For weeks the provider signs some notices by the old certificate, some by the new key."""
    old = FakeWeChat(account())
    async with shop(old) as one:
        new = FakeWeChat(account(), public_key=True)
        settings = merchant(new, one.ear.url)
        pay = WeChatPay(one.session, settings, old.base_url)
        for fake in (old, new):
            letter = letter_of_a_payment(fake)
            assert (await pay.verify(CIMultiDict(letter.headers), letter.body)).payment


@pytest.mark.parametrize("spoil", ["serial_no", "ciphertext", "nonce", "data", "pem"])
async def test_certificates_that_are_not_understood_are_none(spoil: str) -> None:
    """Neither a wrong key nor an error of another kind may come of it."""
    fake = FakeWeChat(account())
    real = fake._certificates

    async def odd(request: object, form: object) -> object:
        told = json.loads(packed(await real(request, form)))  # type: ignore[arg-type]
        one = told["data"][0]
        match spoil:
            case "data":
                return {"data": [3]}
            case "serial_no":
                one["serial_no"] = "ABCDEF0123"
            case "pem":
                one["encrypt_certificate"] = dict(account().sealed(b"no pem", "certificate"))
            case name:
                one["encrypt_certificate"][name] = "AAAA"
        return told

    fake._certificates = odd  # type: ignore[assignment, method-assign]
    async with shop(fake) as one:
        if spoil == "serial_no":
            # The number beside it is not protected; the certificate's own counts.
            assert (await one.channel.create(asked())).qr
            return
        with pytest.raises(ChannelError) as caught:
            await one.channel.create(asked())
        assert caught.value.fault is ChannelFault.UNTRUSTED


@given(data=st.data())
def test_a_changed_body_is_refused(closed: Closed, data: st.DataObject) -> None:
    """Each bit: an amount is only a few of them."""
    headers, body = closed.signed(closed.letter)
    at = data.draw(st.integers(0, len(body) - 1))
    bit = data.draw(st.integers(0, 7))
    changed = body[:at] + bytes([body[at] ^ (1 << bit)]) + body[at + 1 :]
    assert closed.refused(headers, changed).code == "signature"


@given(cut=st.integers(0, 2000), more=st.binary(max_size=20))
def test_a_body_that_is_cut_or_longer_is_refused(closed: Closed, cut: int, more: bytes) -> None:
    """A proxy that cut it, a stranger who added to it."""
    headers, body = closed.signed(closed.letter)
    changed = body[:cut] + more
    if changed != body:
        assert closed.refused(headers, changed).code == "signature"


@given(name=st.sampled_from(SIGNED), data=st.data())
def test_a_changed_header_is_refused(closed: Closed, name: str, data: st.DataObject) -> None:
    """Each sign of each header: the time too, or an old notice is made a new one."""
    headers, body = closed.signed(closed.letter)
    text = headers[name]
    at = data.draw(st.integers(0, len(text) - 1))
    sign = data.draw(st.characters().filter(lambda found: found != text[at]))
    headers[name] = text[:at] + sign + text[at + 1 :]
    assert closed.refused(headers, body).code == "signature"


@given(
    parts=st.dictionaries(st.sampled_from(SIGNED), st.text(max_size=400)).filter(
        # The number of a certificate may be asked for once: told apart above.
        lambda parts: not CERTIFICATE.fullmatch(parts.get("Wechatpay-Serial", ""))
    ),
    body=st.binary(max_size=300),
)
def test_whatever_a_stranger_sends_is_refused(
    closed: Closed, parts: dict[str, str], body: bytes
) -> None:
    """Any bytes under any headers, surrogates and letters of other scripts included."""
    real, _ = closed.signed(closed.letter)
    closed.refused(parts, body)
    closed.refused({**real, **parts}, body)


def test_a_signature_is_written_in_one_way_only(closed: Closed) -> None:
    """The last sign before the padding has four bits that mean nothing: they are not for others."""
    headers, body = closed.signed(closed.letter)
    text = headers["Wechatpay-Signature"]
    assert text.endswith("==")
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = signs[signs.index(text[-3]) ^ 1]
    for changed in (f"{text[:-3]}{other}==", f"{text} ", f"{text}==", text.rstrip("=")):
        closed.refused({**headers, "Wechatpay-Signature": changed}, body)


@pytest.mark.parametrize("missing", SIGNED)
def test_a_notice_without_one_of_its_headers_is_refused(closed: Closed, missing: str) -> None:
    """A reverse proxy that strips them is found out, not trusted."""
    headers, body = closed.signed(closed.letter)
    del headers[missing]
    closed.refused(headers, body)


def test_another_scheme_is_refused(closed: Closed) -> None:
    """No falling back to what is weaker."""
    headers, body = closed.signed(closed.letter)
    headers["Wechatpay-Signature-Type"] = "WECHATPAY2-SM2-WITH-SM3"
    closed.refused(headers, body)


def test_headers_of_any_case_are_read(closed: Closed) -> None:
    """Proxies write them small."""
    headers, body = closed.signed(closed.letter)
    small = {name.lower(): value for name, value in headers.items()}
    assert closed.verify(small, body).payment


def test_an_event_of_another_kind_is_taken_note_of(closed: Closed) -> None:
    """Else it comes again for a day."""
    letter = closed.fake.letter("", "COUPON.USE", {"stock_id": "1"}, event_id="EV-9")
    notice = closed.verify(*closed.signed(letter))
    assert (notice.event_id, notice.payment, notice.refund) == ("EV-9", None, None)


@pytest.mark.parametrize("part", ["id", "event_type", "resource"])
def test_a_message_without_a_part_that_counts_is_not_believed(closed: Closed, part: str) -> None:
    """Without a number of its own two payments would look like one that came twice."""
    message = json.loads(closed.letter.body)
    for value in (None, "", 3):
        body = packed({**message, part: value})
        headers = closed.fake.signer.headers(body, datetime.now(UTC))
        assert closed.refused(headers, body).code == "not_understood"


def test_a_content_for_another_merchant_is_not_read(closed: Closed) -> None:
    """Rightly signed, but under another's key."""
    other = FakeWeChat(type(account()).new(), public_key=True)
    _, body = closed.signed(letter_of_a_payment(other))
    headers = closed.fake.signer.headers(body, datetime.now(UTC))
    assert closed.refused(headers, body).code == "resource"


@given(event=st.sampled_from(["TRANSACTION.SUCCESS", "REFUND.SUCCESS", "OTHER"]), content=JSON)
def test_a_signed_content_of_any_shape_is_a_notice_or_a_refusal(
    closed: Closed, event: str, content: object
) -> None:
    """The provider's next version must not bring the view down."""
    body = json.dumps(content).encode()
    sealed = {"id": "EV-1", "event_type": event, "resource": account().sealed(body, "x")}
    message = packed(sealed)
    headers = closed.fake.signer.headers(message, datetime.now(UTC))
    if event == "OTHER" and isinstance(content, dict):
        notice = closed.verify(headers, message)
        assert (notice.payment, notice.refund) == (None, None)
    else:
        closed.refused(headers, message)


@given(body=JSON)
def test_a_signed_message_of_any_shape_is_refused(closed: Closed, body: object) -> None:
    """As above, one layer further out."""
    message = json.dumps(body).encode()
    closed.refused(closed.fake.signer.headers(message, datetime.now(UTC)), message)


@pytest.mark.parametrize(
    "body", [b"[" * 200_000, b"9" * 10_000, b'{"id":' + b"[" * 100_000, b" " * 2_000_000, b"\xff"]
)
def test_a_signed_message_that_would_exhaust_a_parser_is_refused(
    closed: Closed, body: bytes
) -> None:
    """Deep, long, and no text at all."""
    closed.refused(closed.fake.signer.headers(body, datetime.now(UTC)), body)


@pytest.mark.parametrize("stamp", ["now", "1e9", "-1", "９９", "9" * 12, "", " 1", "1\n"])
def test_a_time_that_is_no_number_is_refused(closed: Closed, stamp: str) -> None:
    """Even where the signature over it is right."""
    _, body = closed.signed(closed.letter)
    headers = {
        "Wechatpay-Serial": closed.fake.signer.serial,
        "Wechatpay-Timestamp": stamp,
        "Wechatpay-Nonce": "n",
        "Wechatpay-Signature": signed(closed.fake.signer.key, stamp, "n", body),
    }
    closed.refused(headers, body)
