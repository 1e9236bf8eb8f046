"""Stripe as its own library speaks it: our signatures verify there, and theirs here."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
import time
from typing import Any

from aiohttp import ClientSession
from hypothesis import given, strategies as st
from multidict import CIMultiDict
import pytest
import stripe
from stripe import StripeClient, WebhookSignature

from custom_components.prepaid_parking.core.pay_channel import (
    Outcome,
    RefundAsked,
    RefundOutcome,
    RowKind,
)
from custom_components.prepaid_parking.links.pay.stripe import StripePay
from custom_components.prepaid_parking.links.pay.stripe_sign import HEADER, Signatures, signature

from .stripe_peer import KEY, SECRET, Desk, asked, desk, merchant

NO = asked().out_no


@pytest.fixture(name="at")
async def _at(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    """Both ends; the library tells nobody that it was here."""
    monkeypatch.setattr(stripe, "enable_telemetry", False)
    async with desk() as both:
        yield both


def _library(at: Desk) -> Any:
    return StripeClient(
        KEY,
        base_addresses={"api": at.fake.base_url},
        http_client=stripe.RequestsClient(),
        max_network_retries=0,
    )


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 4_000_000_000))
def test_signatures_are_the_same(text: str, at: int) -> None:
    """Each must verify what the other has signed, whatever it says."""
    theirs = WebhookSignature.generate_signature_header(text, SECRET, at)
    signatures = Signatures.of({HEADER: theirs})
    assert signatures is not None
    assert signatures.is_of([SECRET], text.encode())
    assert not signatures.is_of(["whsec_other"], text.encode())
    ours = f"t={at},v1={signature(SECRET, str(at), text.encode())}"
    assert WebhookSignature.verify_header(text, ours, SECRET)


async def test_their_notice_is_believed_here(at: Desk) -> None:
    """Signed by the library in the provider's place."""
    await at.channel.create(asked())
    await at.fake.pay(NO)
    _, body = await at.hub.heard.get()
    header = WebhookSignature.generate_signature_header(body.decode(), SECRET)
    notice = await at.channel.verify(CIMultiDict({HEADER: header}), body)
    assert notice.payment is not None


async def test_the_pretended_providers_notice_is_believed_there(at: Desk) -> None:
    """Or the tests would prove that two mistakes agree."""
    await at.channel.create(asked())
    await at.fake.pay(NO)
    headers, body = await at.hub.heard.get()
    event: Any = stripe.Webhook.construct_event(body, headers[HEADER], SECRET)
    assert event.type == "checkout.session.completed"
    assert event.data.object.client_reference_id == NO


async def test_a_stale_message_is_refused_there_and_a_hint_here() -> None:
    """Theirs looks at the age on one side only; ours tells it, and believes neither more."""
    body = b'{"object":"event","livemode":false,"id":"e","type":"x","data":{"object":{}}}'
    for shift in (-3600, 3600):
        sent_at = int(time.time()) + shift
        header = WebhookSignature.generate_signature_header(body.decode(), SECRET, sent_at)
        async with ClientSession() as session:
            notice = await StripePay(session, merchant()).verify({HEADER: header}, body)
        assert notice.sent_at == datetime.fromtimestamp(sent_at, UTC)
    with pytest.raises(stripe.SignatureVerificationError):
        WebhookSignature.verify_header(body, f"t=1,v1={signature(SECRET, '1', body)}", SECRET, 300)


async def test_the_library_asks_as_we_do(at: Desk) -> None:
    """A session that it makes is ours to query, refund and close; one of ours is its."""
    library = _library(at)
    made: Any = await asyncio.to_thread(
        library.v1.checkout.sessions.create,
        params={
            "mode": "payment",
            "client_reference_id": "L1",
            "metadata": {"out_no": "L1"},
            "success_url": "https://hub.example/done",
            "expires_at": int((datetime.now(UTC) + timedelta(hours=1)).timestamp()),
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": "eur",
                        "unit_amount": 300,
                        "product_data": {"name": "Parking"},
                    },
                }
            ],
        },
        options={"idempotency_key": "L1"},
    )
    assert (await at.channel.query("L1")).outcome is Outcome.WAITING
    await at.fake.pay("L1")
    seen = await at.channel.query("L1")
    told: Any = await asyncio.to_thread(library.v1.checkout.sessions.retrieve, made.id)
    assert (told.payment_status, told.amount_total) == ("paid", seen.amount_minor)
    assert told.payment_intent == seen.provider_ref

    offered = await at.channel.create(asked())
    ours: Any = await asyncio.to_thread(library.v1.checkout.sessions.expire, offered.provider_ref)
    assert ours.client_reference_id == NO
    assert (await at.channel.query(NO)).outcome is Outcome.CLOSED


async def test_the_library_sees_our_refunds_and_movements(at: Desk) -> None:
    """What the merchant reads in the console must be what the hub has booked."""
    library = _library(at)
    await at.channel.create(asked())
    await at.fake.pay(NO)
    back = await at.channel.refund(
        RefundAsked(refund_no="R1", out_no=NO, amount_minor=500, total_minor=1250)
    )
    assert back.outcome is RefundOutcome.DONE
    payment = (await at.channel.query(NO)).provider_ref
    listed: Any = await asyncio.to_thread(
        library.v1.refunds.list, params={"payment_intent": payment}
    )
    assert [(one.id, one.metadata["refund_no"]) for one in listed.data] == [
        (back.provider_ref, "R1")
    ]
    day = datetime.now(UTC).date()
    begin = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    moves: Any = await asyncio.to_thread(
        library.v1.balance_transactions.list,
        params={"created": {"gte": begin, "lt": begin + 86_400}, "expand": ["data.source"]},
    )
    ours = await at.channel.settlement(day)
    assert sorted(one.net for one in moves.data) == sorted(
        (row.amount_minor if row.kind is RowKind.PAYMENT else -row.amount_minor) - row.fee_minor
        for row in ours
    )
