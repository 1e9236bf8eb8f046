"""A pretended WeChat Pay, interface version 3, with genuine signatures and genuine encryption.

It refuses what the platform refuses: a wrong or repeated signature, a clock more than five minutes
off, another merchant, an order under a number that is another order's.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import date, datetime
import hashlib
import re
import secrets
from typing import Final, override

from aiohttp import web

from .pay_books import Order, Refund, RefundState, RefusedError
from .pay_provider import RETRIES_S, Letter, PayProvider
from .pay_wechat_inside import WeChatInside
from .pay_wechat_keys import PlatformKey, WeChatAccount, packed
from .pay_wechat_line import Act, Form, Told, WeChatLine
from .pay_wechat_told import BEIJING, day_file, moment, refund_notice, refund_told, transaction

_EVENTS: Final = {
    RefundState.DONE: "REFUND.SUCCESS",
    RefundState.FAILED: "REFUND.CLOSED",
    RefundState.STUCK: "REFUND.ABNORMAL",
}


class FakeWeChat(PayProvider):
    """A merchant's account at the pretended platform.

    With `public_key` the platform signs by a key the merchant was given; else by certificates that
    it renews (`rotate_key`) and hands out.
    """

    brand = "微信支付 WeChat Pay"
    zone = BEIJING

    def __init__(
        self,
        account: WeChatAccount,
        *,
        public_key: bool = False,
        key: PlatformKey | None = None,
        retries_s: Sequence[float] = RETRIES_S,
    ) -> None:
        """Take a merchant on; the platform signs by `key` first, or makes one."""
        super().__init__(merchant=account.merchant, currency="CNY", retries_s=retries_s)
        self.account = account
        self._new = PlatformKey.of_public_key if public_key else PlatformKey.of_certificate
        self.keys = [key or self._new()]
        self._line = WeChatLine(account, lambda: self.signer, self.now)
        self._files: dict[str, bytes] = {}
        self.inside = WeChatInside(self)

    @property
    def signer(self) -> PlatformKey:
        """Return the key that signs now."""
        return self.keys[-1]

    @override
    def rotate_key(self) -> None:
        self.keys.append(self._new())

    @override
    def routes(self) -> Iterable[web.RouteDef]:
        pay = "/v3/pay/transactions"
        return [
            web.post(f"{pay}/native", self._signed(self._native)),
            web.post(f"{pay}/h5", self._signed(self._h5)),
            web.post(f"{pay}/jsapi", self._signed(self._jsapi)),
            web.get(f"{pay}/out-trade-no/{{out_no}}", self._signed(self._query)),
            web.post(f"{pay}/out-trade-no/{{out_no}}/close", self._signed(self._close)),
            web.post("/v3/refund/domestic/refunds", self._signed(self._refund)),
            web.get("/v3/refund/domestic/refunds/{no}", self._signed(self._query_refund)),
            web.get("/v3/bill/tradebill", self._signed(self._bill)),
            web.get("/v3/billdownload/file", self._download),
            web.get("/v3/certificates", self._signed(self._certificates)),
            *self.inside.routes(),
        ]

    @override
    def payment_letter(self, order: Order, *, probe: bool = False) -> Letter:
        return self.letter(
            order.notify_url,
            "TRANSACTION.SUCCESS",
            self._order(order) | {"trade_state": "SUCCESS"},
            event_id=f"EV-{order.reference}",
            probe=probe,
        )

    @override
    def refund_letter(self, refund: Refund) -> Letter | None:
        if not refund.notify_url:
            return None
        order = self.books.find(refund.out_no)
        told = refund_notice(refund, order, self.told_merchant())
        event = _EVENTS[refund.state]
        return self.letter(
            refund.notify_url, event, told, event_id=f"EV-{refund.reference}-{event}"
        )

    def letter(
        self,
        url: str,
        event: str,
        content: object,
        *,
        event_id: str = "",
        probe: bool = False,
    ) -> Letter:
        """Write any notice: its content encrypted, the whole signed."""
        kind = event.partition(".")[0].lower()
        body = packed(
            {
                "id": event_id or f"EV-{secrets.token_hex(8)}",
                "create_time": moment(self.now()),
                "resource_type": "encrypt-resource",
                "event_type": event,
                "summary": "支付成功",
                "resource": {
                    "original_type": kind,
                    **self.account.sealed(packed(content), kind),
                },
            }
        )
        return Letter(url, self.signer.headers(body, self.now(), probe=probe), body)

    def _signed(self, act: Act) -> Callable[[web.Request], Awaitable[web.Response]]:
        return self._line.signed(act)

    async def _native(self, request: web.Request, form: Form) -> Told:
        order = self._place(form, "NATIVE")
        return {"code_url": f"weixin://wxpay/bizpayurl?pr={order.told['prepay']}"}

    async def _h5(self, request: web.Request, form: Form) -> Told:
        scene = form.get("scene_info", {})
        if not scene.get("payer_client_ip") or not scene.get("h5_info", {}).get("type"):
            raise RefusedError("form")
        order = self._place(form, "MWEB")
        address = f"{self.base_url}/window/{order.out_no}"
        return {"h5_url": f"{address}?prepay_id={order.told['prepay']}"}

    async def _jsapi(self, request: web.Request, form: Form) -> Told:
        """Take an order for one payer, who must be known to the app id it is asked with."""
        openid = form.get("payer", {}).get("openid")
        if not self.inside.knows(openid):
            raise RefusedError("form")
        order = self._place(form, "JSAPI", openid)
        return {"prepay_id": order.told["prepay"]}

    def _place(self, form: Form, kind: str, openid: str = "") -> Order:
        if (form.get("appid"), form.get("mchid")) != (self.account.app, self.merchant):
            raise RefusedError("merchant")
        out_no, amount = form.get("out_trade_no"), form.get("amount", {})
        total, subject = amount.get("total"), form.get("description")
        fine = isinstance(out_no, str) and re.fullmatch(r"[\w\-*]{6,32}", out_no, re.ASCII)
        if not fine or not isinstance(total, int) or total < 1 or not subject:
            raise RefusedError("form")
        if len(subject) > 127 or not form.get("notify_url"):
            raise RefusedError("form")
        expires = form.get("time_expire")
        order = Order(
            out_no=str(out_no),
            amount_minor=total,
            currency=amount.get("currency", "CNY"),
            subject=subject,
            notify_url=form["notify_url"],
            expires_at=datetime.fromisoformat(expires) if expires else None,
            told={
                "trade_type": kind,
                "prepay": f"wx{secrets.token_hex(17)}" if openid else secrets.token_hex(5),
                "openid": openid,
            },
        )
        return self.books.place(order)

    async def _query(self, request: web.Request, form: Form) -> Told:
        if request.query.get("mchid") != self.merchant:
            raise RefusedError("merchant")
        return self._order(self.books.find(request.match_info["out_no"]))

    async def _close(self, request: web.Request, form: Form) -> Told:
        if form.get("mchid") != self.merchant:
            raise RefusedError("merchant")
        self.books.close(request.match_info["out_no"])
        return None

    async def _refund(self, request: web.Request, form: Form) -> Told:
        amount = form.get("amount", {})
        order = self.books.find(str(form.get("out_trade_no")))
        if amount.get("total") != order.amount_minor or amount.get("currency") != "CNY":
            raise RefusedError("form")
        no, url = str(form["out_refund_no"]), str(form.get("notify_url", ""))
        return refund_told(self.take_back(no, order.out_no, amount.get("refund"), url), order)

    async def _query_refund(self, request: web.Request, form: Form) -> Told:
        try:
            refund = self.books.find_refund(request.match_info["no"])
        except RefusedError as err:
            raise RefusedError("missing_refund") from err
        return refund_told(refund, self.books.find(refund.out_no))

    async def _bill(self, request: web.Request, form: Form) -> Told:
        rows = self.day(date.fromisoformat(request.query["bill_date"]))
        if not rows:
            raise RefusedError("no_statement")
        text = day_file(
            rows, self.books.orders, app=self.account.app, merchant=self.told_merchant()
        )
        # The token needs quoting, so that whoever quotes anew what was signed is found out.
        token, content = f"{secrets.token_urlsafe(24)}%2F%2B", text.encode()
        self._files[token] = content
        return {
            "download_url": f"{self.base_url}/v3/billdownload/file?token={token}",
            "hash_type": "SHA1",
            "hash_value": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
        }

    async def _download(self, request: web.Request) -> web.Response:
        """Hand out a file: asked with a signature, answered without."""
        try:
            self._line.check(request, b"")
        except RefusedError:
            return web.json_response({"code": "SIGN_ERROR"}, status=401)
        content = self._files.get(request.raw_path.partition("token=")[2])
        if content is None:
            return web.json_response({"code": "RESOURCE_NOT_EXISTS"}, status=404)
        if self.faults.file_changed:
            content += b"\n"
        return web.Response(body=content, content_type="text/plain")

    async def _certificates(self, request: web.Request, form: Form) -> Told:
        return {
            "data": [
                {
                    "serial_no": key.serial,
                    "effective_time": moment(self.now()),
                    "expire_time": moment(self.now()),
                    "encrypt_certificate": self.account.sealed(
                        key.certificate.encode(), "certificate"
                    ),
                }
                for key in self.keys
                if key.certificate
            ]
        }

    def _order(self, order: Order) -> dict[str, object]:
        return transaction(
            order,
            app=self.account.app,
            merchant=self.told_merchant(),
            amount=self.told_amount(order),
            currency=self.told_currency(order),
            refunded=self.books.refunded(order.out_no) > 0,
        )
