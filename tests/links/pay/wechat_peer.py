"""A merchant's two ends of a pretended WeChat Pay: a channel that asks, an ear that hears notices."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

from aiohttp import ClientSession
from yarl import URL

from custom_components.prepaid_parking.core.pay_channel import Asked, Notice, RefundAsked, Way
from custom_components.prepaid_parking.links.pay.keys import private_key, public_key
from custom_components.prepaid_parking.links.pay.wechat import WeChatMerchant, WeChatPay
from custom_components.prepaid_parking.links.pay.wechat_payers import WeChatPayers
from custom_components.prepaid_parking.operations.pay_port import PayChannel
from custom_components.prepaid_parking.simulator.pay_books import Order
from custom_components.prepaid_parking.simulator.pay_provider import Letter
from custom_components.prepaid_parking.simulator.pay_wechat import FakeWeChat
from custom_components.prepaid_parking.simulator.pay_wechat_inside import IN_APP
from custom_components.prepaid_parking.simulator.pay_wechat_keys import PlatformKey, WeChatAccount
from tests.links.pay.hearing_hub import HearingHub, hearing_hub

RETRIES_S: Final = (0.01, 0.01, 0.01)
OUT_NO: Final = "01JD8Q6M3KX5T9V2W7Y4Z0ABCD"
REFUND_NO: Final = "01JD8Q6M3KX5T9V2W7Y4Z0REFU"


@cache
def account() -> WeChatAccount:
    """Return one merchant for all tests: a key takes a tenth of a second to make."""
    return WeChatAccount.new()


@cache
def platform_key() -> PlatformKey:
    """Return a key of the platform, of the newer kind."""
    return PlatformKey.of_public_key()


@dataclass(slots=True)
class Shop:
    """All of it."""

    fake: FakeWeChat
    pay: WeChatPay
    ear: HearingHub
    session: ClientSession
    _letters: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)

    @property
    def letters(self) -> Sequence[tuple[Mapping[str, str], bytes]]:
        """Return all notices that came so far, as they came."""
        while not self.ear.heard.empty():
            self._letters.append(self.ear.heard.get_nowait())
        return self._letters

    @property
    def channel(self) -> PayChannel:
        """Return it as the site knows it: the type says that nothing is missing."""
        return self.pay

    async def verify_last(self) -> Notice:
        """Read the last notice that came."""
        return await self.pay.verify(*self.letters[-1])

    def asked_for(self, path: str) -> int:
        """Return how often something was asked for."""
        return sum(one.startswith(path) for _, one in self.fake.requests)


def merchant(fake: FakeWeChat, notify_url: str) -> WeChatMerchant:
    """Return what the hub knows of the account: as its manager has typed it in."""
    signer = fake.signer
    given = {} if signer.certificate else {signer.serial: public_key(signer.public_pem)}
    return WeChatMerchant(
        merchant=fake.account.merchant,
        app=fake.account.app,
        serial=fake.account.serial,
        key=private_key(fake.account.key_pem),
        api_key=fake.account.api_key.encode(),
        notify_url=notify_url,
        provider_keys=given,
    )


@asynccontextmanager
async def shop(fake: FakeWeChat | None = None) -> AsyncIterator[Shop]:
    """Open a shop; certificates unless the given platform has a public key."""
    fake = fake or FakeWeChat(account(), retries_s=RETRIES_S)
    async with hearing_hub() as ear, fake, ClientSession() as session:
        pay = WeChatPay(session, merchant(fake, ear.url), fake.base_url)
        yield Shop(fake, pay, ear, session)


def asked(
    out_no: str = OUT_NO, amount_minor: int = 1234, way: Way = Way.QR, payer: str = ""
) -> Asked:
    """Return a payment to ask for."""
    return Asked(
        out_no=out_no,
        amount_minor=amount_minor,
        subject='停车费 粤B12345, "A" & 楼',
        expires_at=datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=15),
        way=way,
        payer_ip="203.0.113.9" if way is Way.PAGE else "",
        back_url="https://park.example/after?a=1&b=2" if way is Way.PAGE else "",
        payer=payer,
    )


def payers_of(one: Shop, **other: str) -> WeChatPayers:
    """Return who finds payers for the merchant's app."""
    known = {"app": one.fake.account.app, "secret": one.fake.account.app_secret}
    url = one.fake.base_url
    return WeChatPayers(one.session, **known | other, gate=url, base_url=url)


async def code_of(one: Shop, state: str = "S1") -> str:
    """Send the app's user over WeChat's page; returns the code they come back with."""
    address = payers_of(one).address("http://127.0.0.1:9/pay/visit?language=en", state)
    async with one.session.get(
        address, headers={"User-Agent": IN_APP}, allow_redirects=False
    ) as sent:
        assert sent.status == 302, await sent.text()
        back = URL(sent.headers["Location"])
    assert (back.port, back.path, back.query["language"]) == (9, "/pay/visit", "en")
    assert back.query["state"] == state
    return back.query["code"]


async def openid_of(one: Shop) -> str:
    """Find out who the app's user is."""
    return await payers_of(one).payer(await code_of(one))


def refund_asked(amount_minor: int = 1000, refund_no: str = REFUND_NO) -> RefundAsked:
    """Return a refund to ask for."""
    return RefundAsked(
        refund_no=refund_no,
        out_no=OUT_NO,
        amount_minor=amount_minor,
        total_minor=1234,
        reason="多付",
    )


def letter_of_a_payment(fake: FakeWeChat) -> Letter:
    """Return a notice of a payment without a server: the order is paid in the books alone."""
    fake.books.place(
        Order(
            out_no=OUT_NO,
            amount_minor=1234,
            currency="CNY",
            subject="停车费",
            told={"trade_type": "NATIVE", "prepay": "x"},
        )
    )
    fake.books.pay(OUT_NO, fake.now())
    return fake.payment_letter(fake.books.find(OUT_NO))
