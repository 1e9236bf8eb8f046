"""A fake Alipay: the gateway, signed notices, the day's file; RSA with SHA-256 for real.

As at the real one an order that was asked for by QR code is not there before somebody scans it, the
answer's node is signed as it is written (slashes with a back slash before them), and a notice counts
as heard only by the word `success`.
"""

import base64
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import date, timedelta
import json
from typing import Final, override
from urllib.parse import urlencode

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256

from .pay_alipay_bill import packed
from .pay_alipay_told import BEIJING, REFUND_STATES, STATES, fen, written, yuan
from .pay_books import Order, OrderState, Refund, RefundState, RefusedError
from .pay_provider import Answered, Letter, PayProvider

_REFUSALS: Final = {
    "missing": "ACQ.TRADE_NOT_EXIST",
    "paid": "ACQ.TRADE_HAS_SUCCESS",
    "closed": "ACQ.TRADE_HAS_CLOSE",
    "other_order": "ACQ.CONTEXT_INCONSISTENT",
    "not_paid": "ACQ.TRADE_STATUS_ERROR",
    "too_much": "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL",
}

type Node = dict[str, object]
type Method = Callable[[Mapping[str, str], Mapping[str, str]], Awaitable[Node]]


class FakeAlipay(PayProvider):
    """One application's account at Alipay. `asked` holds the fields of each request."""

    brand = "支付宝 Alipay"
    zone = BEIJING

    def __init__(
        self,
        *,
        app: str,
        merchant: str,
        merchant_key: RSAPublicKey,
        key: RSAPrivateKey | None = None,
        retries_s: tuple[float, ...] = (240.0, 600.0, 600.0, 3600.0, 7200.0),
    ) -> None:
        """Know an application by its number and its public key."""
        super().__init__(merchant=merchant, currency="CNY", retries_s=retries_s)
        self.app = app
        self.merchant_key = merchant_key
        self.key = key or generate_private_key(65537, 2048)
        self.asked: list[Mapping[str, str]] = []
        self._methods: dict[str, Method] = {
            "alipay.trade.precreate": self._precreate,
            "alipay.trade.query": self._query,
            "alipay.trade.close": self._close,
            "alipay.trade.refund": self._refund,
            "alipay.trade.fastpay.refund.query": self._query_refund,
            "alipay.data.dataservice.bill.downloadurl.query": self._bill_url,
        }

    @property
    def gateway(self) -> str:
        """Return where it is asked."""
        return f"{self.base_url}/gateway.do"

    @override
    def rotate_key(self) -> None:
        self.key = generate_private_key(65537, 2048)

    @override
    def routes(self) -> Iterable[web.RouteDef]:
        return [
            web.post("/gateway.do", self._gateway),
            web.get("/gateway.do", self._gateway),
            web.get("/bill/{day}", self._bill),
        ]

    def scan(self, out_no: str) -> Order:
        """Let a payer scan a code, or open a page: from now on there is a trade."""
        order = self.books.find(out_no)
        order.reference = order.reference or self.books.number()
        return order

    def signed(self, text: str) -> str:
        """Sign a text as Alipay."""
        return base64.b64encode(self.key.sign(text.encode(), PKCS1v15(), SHA256())).decode()

    # Notices.

    def letter(self, url: str, fields: Mapping[str, str], *, probe: bool = False) -> Letter:
        """Write a notice of any content: a form, all of it signed but the signature and its kind."""
        text = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
        sign = self.signed(f"{text}x" if probe else text)
        body = urlencode({**fields, "sign": sign, "sign_type": "RSA2"})
        kind = "application/x-www-form-urlencoded; charset=utf-8"
        return Letter(url, {"Content-Type": kind}, body.encode())

    def told_fields(self, order: Order) -> dict[str, str]:
        """Return what a notice says of an order."""
        fields = {
            "notify_time": written(self.now()),
            "notify_type": "trade_status_sync",
            "notify_id": f"{self.books.number()}ab{order.out_no}",
            "app_id": self.app,
            "charset": "utf-8",
            "version": "1.0",
            "trade_no": order.reference,
            "out_trade_no": order.out_no,
            "seller_id": self.told_merchant(),
            "buyer_id": "2088102116773037",
            "trade_status": STATES[order.state],
            "total_amount": yuan(self.told_amount(order)),
            "receipt_amount": yuan(self.told_amount(order)),
            "subject": order.subject,
            "passback_params": "",
        }
        if order.paid_at is not None:
            fields["gmt_payment"] = written(order.paid_at)
        if self.faults.wrong_currency:
            fields["trans_currency"] = self.faults.wrong_currency
        return fields

    @override
    def payment_letter(self, order: Order, *, probe: bool = False) -> Letter:
        return self.letter(order.notify_url, self.told_fields(order), probe=probe)

    @override
    def refund_letter(self, refund: Refund) -> Letter | None:
        order = self.books.find(refund.out_no)
        if refund.state is not RefundState.DONE or not order.notify_url:
            return None
        returned = self.books.refunded(order.out_no)
        over = "TRADE_CLOSED" if returned == order.amount_minor else "TRADE_SUCCESS"
        more = {
            "trade_status": over,
            "out_biz_no": refund.refund_no,
            "refund_fee": yuan(returned),
            "gmt_refund": f"{written(self.now())}.320",
        }
        return self.letter(order.notify_url, self.told_fields(order) | more)

    @override
    def heard(self, answer: Answered) -> bool:
        return answer.status == 200 and answer.text == "success"

    # The gateway.

    async def _gateway(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        both = {**request.query, **{name: str(value) for name, value in form.items()}}
        self.asked.append(both)
        method = both.get("method", "")
        name = f"{method.replace('.', '_')}_response"
        if not self._is_merchants(both):
            return web.json_response({name: {"code": "40002", "sub_code": "isv.invalid-signature"}})
        node: Node = {"code": "10000", "msg": "Success"}
        content = json.loads(both.get("biz_content", "{}"))
        try:
            if method == "alipay.trade.wap.pay":
                order = self._place(both, content)
                raise web.HTTPSeeOther(f"/window/{self.scan(order.out_no).out_no}")
            node |= await self._methods[method](both, content)
        except RefusedError as err:
            code = _REFUSALS.get(err.code, err.code)
            node = {"code": "40004", "msg": "Business Failed", "sub_code": code, "sub_msg": "不行"}
        return web.Response(text=self.answer(name, node), content_type="application/json")

    def answer(self, name: str, node: Mapping[str, object]) -> str:
        """Write an answer: the node is signed as it stands there."""
        text = json.dumps(node, ensure_ascii=False).replace("/", "\\/")
        return f'{{"{name}":{text},"sign":"{self.signed(text)}"}}'

    def _is_merchants(self, fields: Mapping[str, str]) -> bool:
        said = {name: text for name, text in fields.items() if text and name != "sign"}
        text = "&".join(f"{name}={said[name]}" for name in sorted(said))
        if fields.get("app_id") != self.app or fields.get("sign_type") != "RSA2":
            return False
        try:
            sign = base64.b64decode(fields.get("sign", ""), validate=True)
            self.merchant_key.verify(sign, text.encode(), PKCS1v15(), SHA256())
        except ValueError, InvalidSignature:
            return False
        return True

    def _place(self, fields: Mapping[str, str], content: Mapping[str, str]) -> Order:
        minutes = int(content.get("timeout_express", "120m").removesuffix("m"))
        order = Order(
            out_no=content["out_trade_no"],
            amount_minor=fen(content["total_amount"]),
            currency=self.currency,
            subject=content["subject"],
            notify_url=fields.get("notify_url", ""),
            back_url=fields.get("return_url", ""),
            expires_at=self.now() + timedelta(minutes=minutes),
        )
        return self.books.place(order)

    async def _precreate(self, fields: Mapping[str, str], content: Mapping[str, str]) -> Node:
        order = self._place(fields, content)
        return {"out_trade_no": order.out_no, "qr_code": f"{self.base_url}/window/{order.out_no}"}

    def _scanned(self, content: Mapping[str, str]) -> Order:
        order = self.books.find(content["out_trade_no"])
        if not order.reference:
            raise RefusedError("missing")
        return order

    async def _query(self, fields: Mapping[str, str], content: Mapping[str, str]) -> Node:
        order = self._scanned(content)
        node: Node = {
            "out_trade_no": order.out_no,
            "trade_no": order.reference,
            "trade_status": STATES[order.state],
            "total_amount": yuan(self.told_amount(order)),
            "buyer_logon_id": "159****5620",
        }
        if order.paid_at is not None:
            node["send_pay_date"] = written(order.paid_at)
            if self.books.refunded(order.out_no) == order.amount_minor:
                node["trade_status"] = "TRADE_CLOSED"
        if self.faults.wrong_currency:
            node["trans_currency"] = self.faults.wrong_currency
        return node

    async def _close(self, fields: Mapping[str, str], content: Mapping[str, str]) -> Node:
        order = self._scanned(content)
        if order.state is not OrderState.WAITING:
            raise RefusedError("not_paid")
        self.books.close(order.out_no)
        return {"out_trade_no": order.out_no, "trade_no": order.reference}

    async def _refund(self, fields: Mapping[str, str], content: Mapping[str, str]) -> Node:
        number, amount = content["out_request_no"], fen(content["refund_amount"])
        known = number in self.books.refunds
        refund = self.books.refund(number, content["out_trade_no"], amount, self.now())
        if not known and not self.faults.refund_pending:
            await self.complete(number)
        moved = refund.state is RefundState.DONE and not known
        order = self.books.find(refund.out_no)
        return {
            "out_trade_no": order.out_no,
            "trade_no": order.reference,
            "fund_change": "Y" if moved else "N",
            "refund_fee": yuan(self.books.refunded(order.out_no)),
        }

    async def _query_refund(self, fields: Mapping[str, str], content: Mapping[str, str]) -> Node:
        order = self._scanned(content)
        refund = self.books.refunds.get(content["out_request_no"])
        if refund is None or refund.out_no != order.out_no:
            return {}
        return {
            "out_trade_no": order.out_no,
            "trade_no": order.reference,
            "out_request_no": refund.refund_no,
            "refund_amount": yuan(refund.amount_minor),
            "total_amount": yuan(order.amount_minor),
            "refund_status": REFUND_STATES[refund.state],
        }

    # The day's file.

    async def _bill_url(self, fields: Mapping[str, str], content: Mapping[str, str]) -> Node:
        day = content["bill_date"]
        if not self.day(date.fromisoformat(day)):
            raise RefusedError("isp.bill_not_exist")
        return {"bill_download_url": f"{self.base_url}/bill/{day}?fileType=csv.zip&userId=1"}

    async def _bill(self, request: web.Request) -> web.Response:
        day = date.fromisoformat(request.match_info["day"])
        return web.Response(body=packed(self.day(day), day, self.merchant))
