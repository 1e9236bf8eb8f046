"""WeChat Pay, interface version 3: orders by QR code or in the phone's browser, refunds, day files.

Source: pay.weixin.qq.com/doc/v3/merchant (Native, H5, refunds, bills). Amounts are whole fen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
import hashlib
import json
import secrets
from time import time
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import ClientSession
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

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
from .exchange import Answer, exchange
from .keys import public_key
from .wechat_bill import rows
from .wechat_keys import Keys
from .wechat_sign import Sealed, authorization, opened

HOST: Final = "https://api.mch.weixin.qq.com"
CURRENCY: Final = "CNY"
OUTCOMES: Final = {
    "SUCCESS": Outcome.PAID,
    "REFUND": Outcome.PAID,
    "NOTPAY": Outcome.WAITING,
    "USERPAYING": Outcome.WAITING,
    "CLOSED": Outcome.CLOSED,
    "REVOKED": Outcome.CLOSED,
    "PAYERROR": Outcome.CLOSED,
}
REFUNDS: Final = {
    "SUCCESS": RefundOutcome.DONE,
    "PROCESSING": RefundOutcome.PENDING,
    "CLOSED": RefundOutcome.FAILED,
    "ABNORMAL": RefundOutcome.FAILED,
}
MISSING: Final = frozenset({"ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS"})
NO_STATEMENT: Final = "NO_STATEMENT_EXIST"
"""The day had no movements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeChatMerchant:
    """Who asks: numbers and keys of the merchant's console.

    `serial` is that of the merchant's own certificate. `provider_keys` are the provider's public
    keys by their id (`PUB_KEY_ID_…`); without any its certificates are fetched.
    """

    merchant: str
    app: str
    serial: str
    key: RSAPrivateKey
    api_key: bytes
    notify_url: str
    provider_keys: Mapping[str, RSAPublicKey]


class WeChatPay:
    """A merchant's account at the provider."""

    def __init__(
        self, session: ClientSession, merchant: WeChatMerchant, base_url: str = HOST
    ) -> None:
        """Talk to the provider by a session of the hub."""
        self._session = session
        self._own = merchant
        self._base = base_url
        fetch = None if merchant.provider_keys else self._certificates
        self._keys = Keys(merchant.provider_keys, fetch)

    async def create(self, asked: Asked) -> Offered:
        """Ask for a payment; asked again under the same number it is the same order."""
        form: dict[str, object] = {
            "appid": self._own.app,
            "mchid": self._own.merchant,
            "description": asked.subject[:127],
            "out_trade_no": asked.out_no,
            "time_expire": asked.expires_at.astimezone(UTC).isoformat(timespec="seconds"),
            "notify_url": self._own.notify_url,
            "amount": {"total": asked.amount_minor, "currency": CURRENCY},
        }
        if asked.way is Way.QR:
            answer = await self._ask("POST", "/v3/pay/transactions/native", form)
            return Offered(qr=str(answer["code_url"]))
        form["scene_info"] = {"payer_client_ip": asked.payer_ip, "h5_info": {"type": "Wap"}}
        answer = await self._ask("POST", "/v3/pay/transactions/h5", form)
        back = f"&{urlencode({'redirect_url': asked.back_url})}" if asked.back_url else ""
        return Offered(url=f"{answer['h5_url']}{back}")

    async def query(self, out_no: str) -> Seen:
        """Ask what became of an order."""
        path = f"/v3/pay/transactions/out-trade-no/{out_no}?mchid={self._own.merchant}"
        try:
            return _seen(await self._ask("GET", path))
        except ChannelError as err:
            if err.code in MISSING:
                return Seen(out_no=out_no, outcome=Outcome.MISSING)
            raise

    async def close(self, out_no: str) -> None:
        """Take an order back, so that nobody can pay it any more; a paid one is refused."""
        path = f"/v3/pay/transactions/out-trade-no/{out_no}/close"
        await self._ask("POST", path, {"mchid": self._own.merchant})

    async def refund(self, asked: RefundAsked) -> RefundSeen:
        """Give money back; asked again under the same number it is the same refund."""
        form = {
            "out_trade_no": asked.out_no,
            "out_refund_no": asked.refund_no,
            "reason": asked.reason[:80] or None,
            "amount": {
                "refund": asked.amount_minor,
                "total": asked.total_minor,
                "currency": CURRENCY,
            },
        }
        kept = {name: value for name, value in form.items() if value is not None}
        return _refund_seen(await self._ask("POST", "/v3/refund/domestic/refunds", kept))

    async def query_refund(self, refund_no: str, out_no: str) -> RefundSeen:
        """Ask what became of a refund."""
        try:
            return _refund_seen(await self._ask("GET", f"/v3/refund/domestic/refunds/{refund_no}"))
        except ChannelError as err:
            if err.code in MISSING:
                return RefundSeen(
                    refund_no=refund_no, out_no=out_no, outcome=RefundOutcome.MISSING
                )
            raise

    async def verify(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Read a notice, or raise where it is not the provider's.

        The provider sends notices with wrong signatures on purpose, to see whether they are refused;
        they get no other treatment than anybody's.
        """
        await self._check(headers, body)
        message = _mapping(body)
        resource = message.get("resource")
        content = opened(self._own.api_key, resource) if isinstance(resource, dict) else None
        if content is None:
            raise ChannelError(ChannelFault.UNTRUSTED, "resource")
        event, told = str(message.get("id", "")), _mapping(content)
        sent = datetime.fromtimestamp(int(headers["Wechatpay-Timestamp"]), UTC)
        match message.get("event_type"):
            case "TRANSACTION.SUCCESS":
                return Notice(event_id=event, sent_at=sent, payment=_seen(told))
            case "REFUND.SUCCESS" | "REFUND.ABNORMAL" | "REFUND.CLOSED":
                return Notice(event_id=event, sent_at=sent, refund=_refund_seen(told))
            case _:
                return Notice(event_id=event, sent_at=sent)

    async def settlement(self, day: date) -> Sequence[SettlementRow]:
        """Return what the provider has booked on a day (of its own time zone, Beijing)."""
        query = urlencode({"bill_date": day.isoformat(), "bill_type": "ALL"})
        try:
            found = await self._ask("GET", f"/v3/bill/tradebill?{query}")
        except ChannelError as err:
            if err.code == NO_STATEMENT:
                return ()
            raise
        url = str(found["download_url"])
        if not url.startswith(f"{self._base}/"):
            raise ChannelError(ChannelFault.UNTRUSTED, "download_url")
        answer = await self._send("GET", url.removeprefix(self._base))
        # The file has no signature; its digest has come in an answer that has one.
        digest = hashlib.sha1(answer.body, usedforsecurity=False).hexdigest()
        if not answer.fine or digest != str(found.get("hash_value", "")).lower():
            raise ChannelError(ChannelFault.UNTRUSTED, "hash_value")
        return rows(answer.body.decode("utf-8-sig"))

    async def _certificates(self) -> Mapping[str, RSAPublicKey]:
        """Fetch the provider's certificates: only who has the merchant's key can have made them."""
        answer = await self._send("GET", "/v3/certificates")
        if not answer.fine:
            raise _refused(answer)
        keys: dict[str, RSAPublicKey] = {}
        for one in _mapping(answer.body).get("data", ()):
            pem = opened(self._own.api_key, one["encrypt_certificate"])
            if pem is not None:
                keys[str(one["serial_no"])] = public_key(pem.decode())
        return keys

    async def _ask(
        self, method: str, path: str, form: Mapping[str, object] | None = None
    ) -> Mapping[str, Any]:
        answer = await self._send(method, path, form)
        if not answer.fine:
            raise _refused(answer)
        await self._check(answer.headers, answer.body)
        return _mapping(answer.body) if answer.body else {}

    async def _send(
        self, method: str, path: str, form: Mapping[str, object] | None = None
    ) -> Answer:
        body = b"" if form is None else json.dumps(form, ensure_ascii=False).encode()
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Authorization": authorization(
                self._own.key,
                merchant=self._own.merchant,
                serial=self._own.serial,
                timestamp=str(int(time())),
                nonce=secrets.token_hex(16).upper(),
                method=method,
                path=path,
                body=body,
            ),
        }
        if self._own.provider_keys:
            headers["Wechatpay-Serial"] = next(iter(self._own.provider_keys))
        return await exchange(
            self._session, method, f"{self._base}{path}", headers=headers, body=body or None
        )

    async def _check(self, headers: Mapping[str, str], body: bytes) -> None:
        sealed = Sealed.of(headers)
        key = await self._keys.find(sealed.serial) if sealed is not None else None
        if sealed is None or key is None or not sealed.is_of(key, body):
            raise ChannelError(ChannelFault.UNTRUSTED, "signature")


def _refused(answer: Answer) -> ChannelError:
    """Return what a status that is no success means: after 5xx nobody knows what happened."""
    fault = ChannelFault.UNKNOWN if answer.status >= 500 else ChannelFault.REFUSED
    try:
        told = _mapping(answer.body)
    except ChannelError:
        told = {}
    code = str(told.get("code", answer.status))
    return ChannelError(fault, code, str(told.get("message", "")))


def _mapping(content: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(content)
    except ValueError as err:
        raise ChannelError(ChannelFault.UNKNOWN, "not_json") from err
    if not isinstance(found, dict):
        raise ChannelError(ChannelFault.UNKNOWN, "not_json")
    return found


def _seen(told: Mapping[str, Any]) -> Seen:
    amount = told.get("amount") or {}
    paid_at = told.get("success_time")
    return Seen(
        out_no=str(told["out_trade_no"]),
        outcome=OUTCOMES[told["trade_state"]],
        provider_ref=str(told.get("transaction_id", "")),
        amount_minor=int(amount.get("total", 0)),
        currency=str(amount.get("currency", CURRENCY)),
        merchant=str(told.get("mchid", "")),
        paid_at=datetime.fromisoformat(paid_at) if paid_at else None,
    )


def _refund_seen(told: Mapping[str, Any]) -> RefundSeen:
    return RefundSeen(
        refund_no=str(told["out_refund_no"]),
        outcome=REFUNDS[told.get("status") or told["refund_status"]],
        out_no=str(told.get("out_trade_no", "")),
        provider_ref=str(told.get("refund_id", "")),
        amount_minor=int(told["amount"]["refund"]),
    )
