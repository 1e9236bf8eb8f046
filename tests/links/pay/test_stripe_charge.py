"""Stripe fetches by agreement: once under one number, found again, refused where the owner is needed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import stripe
from stripe import StripeClient

from custom_components.prepaid_parking.core.pay_channel import (
    ChannelError,
    ChannelFault,
    Outcome,
    RefundAsked,
)

from .stripe_peer import ACCOUNT, KEY, Desk, asked, desk

NO = asked().out_no
TOKEN = "cus_Tenant/pm_card_visa"


@pytest.fixture(name="at")
async def _at(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    """Both ends; the library tells nobody that it was here."""
    monkeypatch.setattr(stripe, "enable_telemetry", False)
    async with desk() as both:
        yield both


async def test_a_payment_is_fetched_once_and_found_again(at: Desk) -> None:
    """An answer was lost: the tenant's card must not be charged a second time for it."""
    order = asked()
    at.fake.faults.fail_after_booking = 1
    with pytest.raises(ChannelError) as err:
        await at.channel.charge(order, TOKEN)
    assert err.value.fault is ChannelFault.UNKNOWN
    found = await at.anew().query(NO)
    assert await at.anew().charge(order, TOKEN) == found
    assert (found.outcome, found.amount_minor, found.currency) == (Outcome.PAID, 1250, "EUR")
    assert (found.merchant, found.provider_ref[:3]) == (ACCOUNT, "pi_")
    assert found.paid_at is not None
    assert len(at.fake.books.orders) == 1


async def test_what_was_fetched_can_be_given_back(at: Desk) -> None:
    """The tenant says that it was wrong: the money goes back to the card it was taken off."""
    seen = await at.channel.charge(asked(), TOKEN)
    back = RefundAsked(
        refund_no="R1",
        out_no=NO,
        amount_minor=500,
        total_minor=1250,
        reason="Wrong",
        provider_ref=seen.provider_ref,
    )
    assert (await at.channel.refund(back)).amount_minor == 500


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("pm_card_chargeDeclined", "card_declined"),
        ("pm_card_authenticationRequired", "authentication_required"),
    ],
)
async def test_a_card_that_says_no_or_asks_its_owner_is_refused(
    at: Desk, card: str, code: str
) -> None:
    """Nobody is there to answer the bank: nothing was taken, and nothing is waited for."""
    with pytest.raises(ChannelError) as err:
        await at.channel.charge(asked(), f"cus_Tenant/{card}")
    assert (err.value.fault, err.value.code) == (ChannelFault.REFUSED, code)
    assert (await at.channel.query(NO)).outcome is Outcome.MISSING


async def test_a_token_goes_into_no_other_field(at: Desk) -> None:
    """A token that was typed wrongly must not become another request."""
    for token in ("cus_1", "cus_1/pm_1&amount=1", "../x/pm_1", ""):
        with pytest.raises(ChannelError):
            await at.channel.charge(asked(), token)
    assert at.fake.books.orders == {}


async def test_somebody_elses_payment_is_not_ours(at: Desk) -> None:
    """The account sells other things too: their numbers are not our orders."""
    client: Any = StripeClient(
        KEY,
        base_addresses={"api": at.fake.base_url},
        http_client=stripe.RequestsClient(),
        max_network_retries=0,
    )
    made = await asyncio.to_thread(
        client.v1.payment_intents.create,
        {
            "amount": 1250,
            "currency": "eur",
            "customer": "cus_Tenant",
            "payment_method": "pm_card_visa",
            "off_session": True,
            "confirm": True,
            "metadata": {"out_no": NO},
        },
    )
    assert made.status == "succeeded"
    at.fake.books.orders[NO].told.pop("agreement")
    assert (await at.channel.query(NO)).outcome is Outcome.MISSING


async def test_the_library_reads_what_we_have_fetched(at: Desk) -> None:
    """Their own program must see the payment as we see it."""
    seen = await at.channel.charge(asked(), TOKEN)
    client: Any = StripeClient(
        KEY,
        base_addresses={"api": at.fake.base_url},
        http_client=stripe.RequestsClient(),
        max_network_retries=0,
    )
    listed = await asyncio.to_thread(client.v1.payment_intents.list, {"limit": 3})
    (one,) = listed.data
    assert (one.id, one.amount_received, one.status) == (seen.provider_ref, 1250, "succeeded")
    assert one.metadata["out_no"] == NO
