"""A merchant at the fake Alipay, in tests: both keys are real, and made once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from aiohttp import ClientSession
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from custom_components.prepaid_parking.core.pay_channel import Asked
from custom_components.prepaid_parking.links.pay.alipay import Alipay
from custom_components.prepaid_parking.links.pay.alipay_line import AlipayMerchant
from custom_components.prepaid_parking.simulator.pay_alipay import FakeAlipay

from .hearing_hub import HearingHub, hearing_hub

APP = "2021000000000001"
SELLER = "2088102146225135"


@cache
def key(name: str) -> RSAPrivateKey:
    """Return a key by name; making one takes a moment."""
    return generate_private_key(65537, 2048)


def merchant(notify_url: str = "https://hub.example/notice", **changes: Any) -> AlipayMerchant:
    """Return a merchant that knows the provider's key."""
    known: dict[str, Any] = {
        "app": APP,
        "seller": SELLER,
        "key": key("merchant"),
        "provider_keys": (key("provider").public_key(),),
        "notify_url": notify_url,
    }
    return AlipayMerchant(**(known | changes))


def asked(out_no: str = "01JD0000000000000000000001", **changes: Any) -> Asked:
    """Return an order of 12.50 yuan."""
    known: dict[str, Any] = {
        "out_no": out_no,
        "amount_minor": 1250,
        "subject": "停车费 A/B=C&D",
        "expires_at": datetime.now(UTC) + timedelta(minutes=15),
    }
    return Asked(**(known | changes))


def fake(**changes: Any) -> FakeAlipay:
    """Return the provider, not yet started."""
    return fake_of(FakeAlipay, **changes)


def fake_of[F: FakeAlipay](kind: type[F], **changes: Any) -> F:
    """Return a provider of another kind."""
    known: dict[str, Any] = {
        "app": APP,
        "merchant": SELLER,
        "merchant_key": key("merchant").public_key(),
        "key": key("provider"),
        "retries_s": (0.01, 0.01),
    }
    return kind(**(known | changes))


@dataclass
class Desk:
    """Both ends: the provider, our channel, the hub that hears, and a phone."""

    fake: FakeAlipay
    channel: Alipay
    hub: HearingHub
    web: ClientSession

    def with_merchant(self, own: AlipayMerchant) -> Alipay:
        """Return another channel to the same provider."""
        return Alipay(self.web, own, self.fake.gateway, self.fake.base_url)


@asynccontextmanager
async def desk(provider: FakeAlipay | None = None) -> AsyncIterator[Desk]:
    """Run both ends."""
    async with hearing_hub() as hub, provider or fake() as server, ClientSession() as web:
        channel = Alipay(web, merchant(hub.url), server.gateway, server.base_url)
        yield Desk(server, channel, hub, web)
