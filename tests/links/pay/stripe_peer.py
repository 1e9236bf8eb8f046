"""A merchant at the fake Stripe, in tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import ClientSession

from custom_components.prepaid_parking.core.pay_channel import Asked
from custom_components.prepaid_parking.links.pay.stripe import StripeMerchant, StripePay
from custom_components.prepaid_parking.simulator.pay_stripe import FakeStripe

from .hearing_hub import HearingHub, hearing_hub

ACCOUNT = "acct_1Garage"
KEY = "sk_test_garage"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def merchant(**changes: Any) -> StripeMerchant:
    """Return a merchant that takes euros."""
    known: dict[str, Any] = {
        "account": ACCOUNT,
        "currency": "EUR",
        "key": KEY,
        "secrets": (SECRET,),
        "return_url": "https://hub.example/done",
    }
    return StripeMerchant(**(known | changes))


def asked(out_no: str = "01JD0000000000000000000001", **changes: Any) -> Asked:
    """Return an order of 12.50."""
    known: dict[str, Any] = {
        "out_no": out_no,
        "amount_minor": 1250,
        "subject": "Parking at the old garage & co.",
        "expires_at": datetime.now(UTC) + timedelta(minutes=15),
    }
    return Asked(**(known | changes))


def fake(**changes: Any) -> FakeStripe:
    """Return the provider, not yet started."""
    return fake_of(FakeStripe, **changes)


def fake_of[F: FakeStripe](kind: type[F], **changes: Any) -> F:
    """Return a provider of another kind."""
    known: dict[str, Any] = {
        "merchant": ACCOUNT,
        "key": KEY,
        "secret": SECRET,
        "retries_s": (0.01, 0.01),
    }
    return kind(**(known | changes))


@dataclass
class Desk:
    """Both ends: the provider, our channel, the hub that hears, and a phone."""

    fake: FakeStripe
    channel: StripePay
    hub: HearingHub
    web: ClientSession

    def anew(self, **changes: Any) -> StripePay:
        """Return another channel to the same provider, as after a restart."""
        return StripePay(self.web, merchant(**changes), self.fake.base_url)


@asynccontextmanager
async def desk(provider: FakeStripe | None = None, **changes: Any) -> AsyncIterator[Desk]:
    """Run both ends."""
    async with hearing_hub() as hub, provider or fake() as server, ClientSession() as web:
        server.notify_url = hub.url
        yield Desk(server, StripePay(web, merchant(**changes), server.base_url), hub, web)
