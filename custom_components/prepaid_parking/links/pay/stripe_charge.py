"""Stripe: payments that are fetched by an agreement, while the payer is not there (off-session).

Source: docs.stripe.com/payments/save-and-reuse and /api/payment_intents. The token is the payer's
`cus_…/pm_…`: a customer and the card saved for later. A card that asks for its owner is refused at once
(`error_on_requires_action`), for nobody is there to answer.
"""

from datetime import datetime, timedelta
from typing import Final

from ...core.pay_channel import Asked, ChannelError, ChannelFault, Outcome, Seen
from .exchange import sendable
from .stripe_line import Form, StripeLine, plain
from .stripe_money import from_stripe, to_stripe
from .stripe_told import charged_at
from .told import Told

PATH: Final = "/v1/payment_intents"
WHOLE: Final = ("expand[]", "latest_charge")
LONGEST_SUBJECT: Final = 250
LOOKED_BACK: Final = timedelta(days=3)
"""What is asked about was fetched a moment ago, or when the hub went down."""
OUTCOMES: Final = {
    "succeeded": Outcome.PAID,
    "processing": Outcome.WAITING,
    "canceled": Outcome.CLOSED,
    "requires_payment_method": Outcome.CLOSED,
    "requires_confirmation": Outcome.CLOSED,
    "requires_action": Outcome.CLOSED,
}
"""Whatever still requires somebody ends as nothing: nobody was given a way to do it."""
MARK: Final = "agreement"


async def charge(line: StripeLine, asked: Asked, token: str, currency: str, merchant: str) -> Seen:
    """Fetch a payment; asked again under the same number it is the same payment, for a day."""
    customer, _, method = token.partition("/")
    form: Form = [
        ("amount", str(to_stripe(asked.amount_minor, currency))),
        ("currency", currency.lower()),
        ("customer", plain(customer)),
        ("payment_method", plain(method)),
        ("off_session", "true"),
        ("confirm", "true"),
        ("error_on_requires_action", "true"),
        ("description", sendable(asked.subject, LONGEST_SUBJECT)),
        ("metadata[out_no]", asked.out_no),
        (f"metadata[{MARK}]", "1"),
        WHOLE,
    ]
    told = await line.post(PATH, form, key=asked.out_no)
    if number_of(told) != asked.out_no:
        raise ChannelError(ChannelFault.UNTRUSTED, "another_order")
    return charge_seen(told, merchant)


async def find_charge(line: StripeLine, out_no: str) -> Told | None:
    """Return a payment that was fetched under our number; the list goes back from the newest."""
    newest: datetime | None = None
    async for told in line.pages(PATH, [("expand[]", "data.latest_charge")]):
        made_at = told.moment("created")
        newest = newest or made_at
        if made_at < newest - LOOKED_BACK:
            break
        if number_of(told) == out_no:
            return told
    return None


def charge_seen(told: Told, merchant: str) -> Seen:
    """Read a payment that was fetched."""
    status, currency = told.text("status"), told.text("currency").upper()
    if status not in OUTCOMES:
        raise told.odd("status")
    is_paid = OUTCOMES[status] is Outcome.PAID
    amount = from_stripe(
        told.whole("amount_received" if is_paid else "amount"), currency, told.fault
    )
    if amount <= 0:
        raise told.odd("amount_received")
    return Seen(
        out_no=number_of(told),
        outcome=OUTCOMES[status],
        provider_ref=told.text("id") if is_paid else "",
        amount_minor=amount,
        currency=currency,
        merchant=merchant,
        paid_at=charged_at(told) if is_paid else None,
    )


def number_of(told: Told) -> str:
    """Return our number of a payment that was fetched by us; none of any other one."""
    if not isinstance(told.parts.get("metadata"), dict):
        return ""
    ours = told.part("metadata")
    return ours.text_or("out_no") if ours.text_or(MARK) else ""
