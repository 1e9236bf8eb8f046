"""A fake Stripe: Checkout sessions, refunds, movements, signed webhooks; keys that make requests safe.

As at the real one a webhook goes to the endpoint of the account and not to an address of the order, a
request that is sent again under its key gets the first answer, and a session lives for half an hour
at least. Amounts are Stripe's own (its hundredths of a króna). Unlike there, one number of the
merchant's (`client_reference_id`) is one session.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
import hashlib
import hmac
import json
import secrets
from typing import Final, override

from aiohttp import web

from .pay_books import Order, OrderState, Refund, RefundState, RefusedError
from .pay_provider import Letter
from .pay_stripe_line import Answers, Form, form_of, listed, refused
from .pay_stripe_told import Node, StripeObjects, seconds

REFUSING_CARDS: Final = {
    "pm_card_chargeDeclined": "card_declined",
    "pm_card_authenticationRequired": "authentication_required",
}
"""Cards of the test mode that no payment is taken off."""


class FakeStripe(StripeObjects):
    """One account at Stripe, in test mode. `movements_more` are those that no order has made."""

    brand = "Stripe"

    def __init__(
        self,
        *,
        merchant: str = "acct_1Fake",
        currency: str = "EUR",
        key: str = "sk_test_fake",
        secret: str = "",
        notify_url: str = "",
        retries_s: Sequence[float] = (60.0, 300.0, 1800.0, 7200.0),
    ) -> None:
        """Know an account by its key, and where its webhooks go."""
        super().__init__(merchant=merchant, currency=currency, retries_s=retries_s)
        self.key = key
        self.secrets = [secret or _new_secret()]
        self.notify_url = notify_url
        self.movements_more: list[Node] = []
        self._answers = Answers()

    # Webhooks.

    @override
    def rotate_key(self) -> None:
        """Sign by a new secret and, for the time of the change, by the one before it too."""
        self.secrets = [_new_secret(), self.secrets[0]]

    def event(self, kind: str, told: Node) -> Node:
        """Return an event about an object."""
        event: Node = {
            "id": f"evt_{self.books.number()}",
            "object": "event",
            "api_version": "2024-06-20",
            "created": seconds(self.now()),
            "type": kind,
            "livemode": False,
            "data": {"object": told},
        }
        if self.faults.wrong_merchant:
            event["account"] = self.faults.wrong_merchant
        return event

    def letter(self, event: Mapping[str, object], *, probe: bool = False) -> Letter:
        """Write a webhook: a signature by each secret that is in use."""
        body = json.dumps(event, indent=2).encode()
        at = f"{seconds(self.now())}"
        signed = at.encode() + b"." + body + (b"x" if probe else b"")
        values = [
            hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in self.secrets
        ]
        header = ",".join([f"t={at}", *(f"v1={value}" for value in values), f"v0={'0' * 64}"])
        kind = "application/json; charset=utf-8"
        return Letter(self.notify_url, {"Content-Type": kind, "Stripe-Signature": header}, body)

    @override
    def payment_letter(self, order: Order, *, probe: bool = False) -> Letter:
        event = self.event("checkout.session.completed", self.session(order))
        return self.letter(event, probe=probe)

    @override
    def refund_letter(self, refund: Refund) -> Letter | None:
        if not self.notify_url:
            return None
        kind = "refund.failed" if refund.state is RefundState.FAILED else "refund.updated"
        return self.letter(self.event(kind, self.refund(refund)))

    # The interface.

    @override
    def routes(self) -> Iterable[web.RouteDef]:
        sessions = "/v1/checkout/sessions"
        return [
            web.post(sessions, self._create),
            web.get(sessions, self._list),
            web.get(f"{sessions}/{{id}}", self._one),
            web.post(f"{sessions}/{{id}}/expire", self._expire),
            web.post("/v1/payment_intents", self._fetch),
            web.get("/v1/payment_intents", self._intents),
            web.post("/v1/refunds", self._give_back),
            web.get("/v1/refunds", self._refunds),
            web.get("/v1/account", self._account),
            web.post("/v1/webhook_endpoints", self._endpoint),
            web.get("/v1/balance_transactions", self._movements),
        ]

    def forget_keys(self) -> None:
        """Do what it does after a day: a request under an old key is a new request."""
        self._answers.forget()

    async def _account(self, request: web.Request) -> web.Response:
        await self._form(request)
        return web.json_response({"id": self.merchant, "object": "account"})

    async def _endpoint(self, request: web.Request) -> web.Response:
        """Send webhooks to an address from now on; the answer has what they are signed with."""
        form = await self._form(request)
        self.notify_url = form["url"]
        return web.json_response(
            {
                "id": f"we_{self.books.number()}",
                "object": "webhook_endpoint",
                "livemode": False,
                "secret": self.secrets[0],
                "status": "enabled",
                "url": self.notify_url,
            }
        )

    async def _create(self, request: web.Request) -> web.Response:
        form = await self._form(request)
        return await self._answers.once(request, form, self._placed)

    async def _placed(self, form: Form) -> Node:
        now, ends_at = self.now(), datetime.fromtimestamp(int(form["expires_at"]), UTC)
        if not timedelta(minutes=30) <= ends_at - now <= timedelta(hours=24):
            raise RefusedError("parameter_invalid_integer")
        number = f"cs_test_{self.books.number()}"
        item = "line_items[0][price_data]"
        order = Order(
            out_no=form.get("client_reference_id", number),
            amount_minor=int(form[f"{item}[unit_amount]"]),
            currency=form[f"{item}[currency]"].upper(),
            subject=form[f"{item}[product_data][name]"],
            notify_url=self.notify_url,
            back_url=form["success_url"],
            expires_at=ends_at,
        )
        order.told.update(
            session=number,
            created=str(seconds(now)),
            metadata=form.get("metadata[out_no]", ""),
            adaptive=form.get("adaptive_pricing[enabled]", ""),
        )
        return self.session(self.books.place(order))

    async def _list(self, request: web.Request) -> web.Response:
        await self._form(request)
        newest_first = list(self.books.orders.values())[::-1]
        made = [order for order in newest_first if order.told["session"]]
        return listed([self.session(order) for order in made], request)

    async def _fetch(self, request: web.Request) -> web.Response:
        form = await self._form(request)
        return await self._answers.once(request, form, self._fetched)

    async def _fetched(self, form: Form) -> Node:
        """Take a payment off a saved card whose owner is not there."""
        if (form.get("off_session"), form.get("confirm")) != ("true", "true"):
            raise RefusedError("parameter_missing")
        if not form.get("customer", "").startswith("cus_"):
            raise RefusedError("missing")
        if refusal := REFUSING_CARDS.get(form["payment_method"]):
            raise RefusedError(refusal)
        now = self.now()
        order = Order(
            out_no=form["metadata[out_no]"],
            amount_minor=int(form["amount"]),
            currency=form["currency"].upper(),
            subject=form.get("description", ""),
        )
        order.told.update(
            session="", created=str(seconds(now)), metadata=order.out_no, agreement="1"
        )
        self.books.place(order)
        self.books.pay(order.out_no, now)
        return self.intent(order)

    async def _intents(self, request: web.Request) -> web.Response:
        await self._form(request)
        newest_first = list(self.books.orders.values())[::-1]
        made = [order for order in newest_first if order.state is OrderState.PAID]
        return listed([self.intent(order) for order in made], request)

    async def _one(self, request: web.Request) -> web.Response:
        await self._form(request)
        expand = ",".join(request.query.getall("expand[]", []))
        return web.json_response(self.session(self._order(request), expand))

    async def _expire(self, request: web.Request) -> web.Response:
        await self._form(request)
        order = self._order(request)
        if order.state is not OrderState.WAITING:
            raise refused(400, "", "Only sessions that are open can be expired.")
        self.books.close(order.out_no)
        return web.json_response(self.session(order))

    async def _give_back(self, request: web.Request) -> web.Response:
        form = await self._form(request)
        return await self._answers.once(request, form, self._given_back)

    async def _given_back(self, form: Form) -> Node:
        order = self._paid_by(form["payment_intent"])
        number = form.get("metadata[refund_no]", f"re{self.books.number()}")
        amount = int(form.get("amount", order.amount_minor))
        if self.faults.refund_fails or self.faults.refund_pending:
            return self.refund(self.take_back(number, order.out_no, amount, self.notify_url))
        refund = self.books.refund(number, order.out_no, amount, self.now(), self.notify_url)
        await self.complete(number)
        return self.refund(refund)

    async def _refunds(self, request: web.Request) -> web.Response:
        await self._form(request)
        order = self._paid_by(request.query["payment_intent"])
        found = [one for one in self.books.refunds.values() if one.out_no == order.out_no]
        return listed([self.refund(one) for one in found[::-1]], request)

    async def _movements(self, request: web.Request) -> web.Response:
        await self._form(request)
        begin, end = (int(request.query[f"created[{name}]"]) for name in ("gte", "lt"))
        day = self.day(datetime.fromtimestamp(begin, UTC).date())
        whole = "data.source" in request.query.getall("expand[]", [])
        rows = [self.movement(move, whole=whole) for move in day] + self.movements_more
        rows += [
            self.disputed(order, order.disputed_at, whole=whole)
            for order in self.books.orders.values()
            if order.disputed_at is not None
        ]
        newest_first = sorted(rows, key=lambda row: str(row["created"]), reverse=True)
        return listed([row for row in newest_first if begin <= _made(row) < end], request)

    async def _form(self, request: web.Request) -> Form:
        return await form_of(request, self.key)

    def _order(self, request: web.Request) -> Order:
        number = request.match_info["id"]
        for order in self.books.orders.values():
            if order.told["session"] == number != "":
                return order
        raise refused(404, "resource_missing", "No such checkout.session")

    def _paid_by(self, intent: str) -> Order:
        for order in self.books.orders.values():
            if order.reference and intent == f"pi_{order.reference}":
                return order
        raise refused(404, "resource_missing", "No such payment_intent")


def _new_secret() -> str:
    return f"whsec_{secrets.token_hex(12)}"


def _made(row: Node) -> int:
    return int(str(row["created"]))
