"""Stripe: orders as Checkout sessions, refunds, the movements of the account.

Source: docs.stripe.com/api (checkout/sessions, refunds, balance_transactions). It knows a session by
its own number; ours is its `client_reference_id`, by which it cannot be asked for: a session whose
number is lost is looked for in the list of the last ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from aiohttp import ClientSession

from ...core.pay_channel import (
    Asked,
    ChannelError,
    ChannelFault,
    Notice,
    Offered,
    Outcome,
    RefundAsked,
    RefundOutcome,
    RefundSeen,
    Seen,
    SettlementRow,
    Way,
)
from .exchange import sendable
from .stripe_charge import charge, charge_seen, find_charge
from .stripe_line import HOST, StripeLine, plain
from .stripe_money import to_stripe
from .stripe_sign import Signatures
from .stripe_told import (
    is_our_refund,
    notice,
    our_number,
    refund_seen,
    row,
    session_seen,
)
from .told import LATEST, Told

SHORTEST: Final = timedelta(minutes=31)
"""No session ends within half an hour of its making; ours is closed by us at its own end.

It counts from the order's end and not from now: asked again, the request must be the same one.
"""
LOOKED_BACK: Final = timedelta(days=3)
"""A session lives for a day; one that is older than this cannot be paid any more."""
MOST_KNOWN: Final = 10_000
"""Numbers of sessions that are kept in mind."""
LONGEST_SUBJECT: Final = 250
LONGEST_REASON: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class StripeMerchant:
    """Who asks: the account (`acct_…`) and its currency, the secret key, the endpoint's secrets.

    While one of the endpoint's secrets replaces another there are two. `return_url` is where a phone
    goes afterwards, if the order does not say.
    """

    account: str
    currency: str
    key: str
    secrets: Sequence[str]
    return_url: str


class StripePay:
    """A merchant's account at the provider."""

    def __init__(
        self, session: ClientSession, merchant: StripeMerchant, base_url: str = HOST
    ) -> None:
        """Talk to the provider by a session of the hub."""
        self._own = merchant
        self._line = StripeLine(session, merchant.key, base_url)
        self._known: dict[str, str] = {}
        self.merchant: Final = merchant.account
        self.currency: Final = merchant.currency

    async def account(self) -> str:
        """Return whose key it is: whoever sets the channel up may have typed another account."""
        return (await self._line.get("/v1/account", ())).text("id")

    async def create(self, asked: Asked) -> Offered:
        """Ask for a payment; asked again under the same number it is the same order, for a day."""
        back = asked.back_url or self._own.return_url
        ends_at = int((asked.expires_at + SHORTEST).timestamp())
        item = "line_items[0]"
        form = [
            ("mode", "payment"),
            # Or the payer is asked in a currency of the provider's choice.
            ("adaptive_pricing[enabled]", "false"),
            ("client_reference_id", asked.out_no),
            ("metadata[out_no]", asked.out_no),
            ("payment_intent_data[metadata][out_no]", asked.out_no),
            ("expires_at", str(ends_at)),
            ("success_url", back),
            ("cancel_url", back),
            (f"{item}[quantity]", "1"),
            (f"{item}[price_data][currency]", self.currency.lower()),
            (f"{item}[price_data][unit_amount]", self._amount(asked.amount_minor)),
            (f"{item}[price_data][product_data][name]", sendable(asked.subject, LONGEST_SUBJECT)),
        ]
        session = await self._line.post("/v1/checkout/sessions", form, key=asked.out_no)
        self._own_session(session, asked.out_no)
        number, url = session.text("id"), session.text("url")
        if self._line.is_secure and not url.startswith("https://"):
            raise session.odd("url")
        self._keep(asked.out_no, number)
        if asked.way is Way.QR:
            return Offered(qr=url, provider_ref=number)
        return Offered(url=url, provider_ref=number)

    async def charge(self, asked: Asked, token: str) -> Seen:
        """Fetch a payment that the payer has agreed to, by the token of a saved card."""
        return await charge(self._line, asked, token, self.currency, self.merchant)

    async def query(self, out_no: str, session_id: str = "") -> Seen:
        """Ask what became of an order; by the number of its session, where the caller has kept it."""
        number = session_id or await self._find(out_no)
        if not number:
            fetched = await find_charge(self._line, out_no)
            if fetched is None:
                return Seen(out_no=out_no, outcome=Outcome.MISSING)
            self._own_mode(fetched)
            return charge_seen(fetched, self.merchant)
        path = f"/v1/checkout/sessions/{plain(number)}"
        expand = [("expand[]", "payment_intent"), ("expand[]", "payment_intent.latest_charge")]
        session = await self._line.get(path, expand)
        self._own_session(session, out_no)
        return session_seen(session, self.merchant)

    async def close(self, out_no: str, session_id: str = "") -> None:
        """Take an order back, so that nobody can pay it any more; a paid one is refused."""
        number = session_id or await self._find(out_no)
        if not number:
            raise ChannelError(ChannelFault.REFUSED, "resource_missing")
        try:
            session = await self._line.post(f"/v1/checkout/sessions/{plain(number)}/expire", ())
        except ChannelError as err:
            if err.fault is not ChannelFault.REFUSED:
                raise
            if (await self.query(out_no, number)).outcome is Outcome.CLOSED:
                return
            raise
        if session.text("status") != "expired":
            raise session.odd("status")

    async def refund(self, asked: RefundAsked) -> RefundSeen:
        """Give money back; asked again under the same number it is the same refund.

        The provider keeps a request's key for a day only: what was asked before is looked for first.
        """
        payment = asked.provider_ref or (await self.query(asked.out_no)).provider_ref
        if not payment:
            raise ChannelError(ChannelFault.REFUSED, "not_paid")
        found = await self._refund_of(payment, asked.refund_no)
        if found is not None:
            return _as_asked(found, asked)
        form = [
            ("payment_intent", payment),
            ("amount", self._amount(asked.amount_minor)),
            ("metadata[refund_no]", asked.refund_no),
            ("metadata[out_no]", asked.out_no),
            ("metadata[reason]", sendable(asked.reason, LONGEST_REASON)),
        ]
        told = await self._line.post("/v1/refunds", form, key=asked.refund_no)
        return _as_asked(refund_seen(told, self.currency), asked)

    async def query_refund(self, refund_no: str, out_no: str) -> RefundSeen:
        """Ask what became of a refund: it is one of its payment's."""
        payment = (await self.query(out_no)).provider_ref
        found = await self._refund_of(payment, refund_no) if payment else None
        if found is not None:
            return found
        return RefundSeen(refund_no=refund_no, out_no=out_no, outcome=RefundOutcome.MISSING)

    async def verify(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Read a notice, or raise where it is not the provider's.

        How old it is, or how far ahead, is told by `sent_at`: a hub with a wrong clock has to hear
        it all the same, and to ask.
        """
        sealed = Signatures.of(headers)
        if sealed is None or not sealed.is_of(self._own.secrets, body):
            raise ChannelError(ChannelFault.UNTRUSTED, "signature")
        event = Told.read(body, ChannelFault.UNTRUSTED)
        if event.text("object") != "event":
            raise event.odd("object")
        self._own_mode(event)
        sent_at = datetime.fromtimestamp(min(int(sealed.timestamp), LATEST), UTC)
        return notice(event, sent_at, self.merchant, self.currency)

    async def settlement(self, day: date) -> Sequence[SettlementRow]:
        """Return what the provider has booked on a day (of its own time zone, UTC)."""
        begin = datetime.combine(day, time(), UTC)
        query = [
            ("created[gte]", str(int(begin.timestamp()))),
            ("created[lt]", str(int((begin + timedelta(days=1)).timestamp()))),
            ("expand[]", "data.source"),
        ]
        pages = self._line.pages("/v1/balance_transactions", query)
        return [row(told, self.currency) async for told in pages]

    async def _find(self, out_no: str) -> str:
        """Return the number of a session; the list goes back from the newest."""
        if out_no in self._known:
            return self._known[out_no]
        newest: datetime | None = None
        async for session in self._line.pages("/v1/checkout/sessions", ()):
            made_at = session.moment("created")
            newest = newest or made_at
            if made_at < newest - LOOKED_BACK:
                break
            if number := our_number(session):
                self._keep(number, session.text("id"))
            if out_no in self._known:
                return self._known[out_no]
        return ""

    async def _refund_of(self, payment: str, refund_no: str) -> RefundSeen | None:
        async for refund in self._line.pages("/v1/refunds", [("payment_intent", payment)]):
            if is_our_refund(refund) and refund.part("metadata").text("refund_no") == refund_no:
                return refund_seen(refund, self.currency)
        return None

    def _keep(self, out_no: str, number: str) -> None:
        self._known.setdefault(out_no, number)
        if len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]

    def _amount(self, amount_minor: int) -> str:
        return str(to_stripe(amount_minor, self.currency))

    def _own_session(self, session: Told, out_no: str) -> None:
        self._own_mode(session)
        if our_number(session) != out_no:
            raise ChannelError(ChannelFault.UNTRUSTED, "another_order")

    def _own_mode(self, told: Told) -> None:
        """Refuse play money where real money is meant, and the reverse."""
        if told.yes("livemode") != ("_live_" in self._own.key):
            raise ChannelError(told.fault, "livemode")


def _as_asked(found: RefundSeen, asked: RefundAsked) -> RefundSeen:
    """Return a refund, if it is the one that was asked for."""
    if (found.out_no, found.amount_minor) != (asked.out_no, asked.amount_minor):
        raise ChannelError(ChannelFault.UNTRUSTED, "another_order")
    return found
