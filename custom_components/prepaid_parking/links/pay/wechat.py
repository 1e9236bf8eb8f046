"""WeChat Pay, interface version 3: orders by QR code, in the phone's browser or inside the app, refunds, day files.

Source: pay.weixin.qq.com/doc/v3/merchant (Native, H5, JSAPI, refunds, bills). Amounts are whole fen.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, date
import hashlib
import re
import secrets
from time import time
from typing import Final
from urllib.parse import quote, urlencode

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
from .exchange import LARGEST_FILE
from .told import Told
from .wechat_bill import rows
from .wechat_line import HOST, WeChatLine, WeChatMerchant
from .wechat_sign import opened, page_call
from .wechat_told import CURRENCY, refund_seen, seen

__all__ = ["HOST", "WeChatMerchant", "WeChatPay"]

MISSING: Final = frozenset({"ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS"})
CLOSED: Final = frozenset({"ORDER_CLOSED", "ORDERCLOSED"})
NO_STATEMENT: Final = "NO_STATEMENT_EXIST"
"""The day had no movements."""
LONGEST_SUBJECT: Final = 127
LONGEST_REASON: Final = 80
_PREPAID: Final = re.compile(r"[!-~]{1,64}", re.ASCII)


class WeChatPay:
    """A merchant's account at the provider."""

    def __init__(
        self, session: ClientSession, merchant: WeChatMerchant, base_url: str = HOST
    ) -> None:
        """Talk to the provider by a session of the hub; to another host only where it is named."""
        self._own = merchant
        self._line = WeChatLine(session, merchant, base_url)
        self.merchant: Final = merchant.merchant
        self.currency: Final = CURRENCY

    async def create(self, asked: Asked) -> Offered:
        """Ask for a payment; asked again under the same number it is the same order."""
        form: dict[str, object] = {
            "appid": self._own.app,
            "mchid": self._own.merchant,
            "description": asked.subject[:LONGEST_SUBJECT],
            "out_trade_no": asked.out_no,
            "time_expire": asked.expires_at.astimezone(UTC).isoformat(timespec="seconds"),
            "notify_url": self._own.notify_url,
            "amount": {"total": asked.amount_minor, "currency": CURRENCY},
        }
        if asked.way is Way.QR:
            told = await self._line.ask("POST", "/v3/pay/transactions/native", form)
            return Offered(qr=told.text("code_url"))
        if asked.way is Way.APP:
            form["payer"] = {"openid": asked.payer}
            told = await self._line.ask("POST", "/v3/pay/transactions/jsapi", form)
            return Offered(app=self._page_call(told))
        form["scene_info"] = {"payer_client_ip": asked.payer_ip, "h5_info": {"type": "Wap"}}
        told = await self._line.ask("POST", "/v3/pay/transactions/h5", form)
        url = told.text("h5_url")
        if not self._line.is_page(url):
            raise told.odd("h5_url")
        back = f"&{urlencode({'redirect_url': asked.back_url})}" if asked.back_url else ""
        return Offered(url=f"{url}{back}")

    def _page_call(self, told: Told) -> str:
        """Sign what the payer's page hands to the app: only that page can use it, for two hours."""
        prepaid = told.text("prepay_id")
        if not _PREPAID.fullmatch(prepaid):
            raise told.odd("prepay_id")
        return page_call(
            self._own.key,
            app=self._own.app,
            prepaid=prepaid,
            timestamp=str(int(time())),
            nonce=secrets.token_hex(16),
        )

    async def query(self, out_no: str) -> Seen:
        """Ask what became of an order."""
        query = urlencode({"mchid": self._own.merchant})
        try:
            found = seen(await self._line.ask("GET", f"{_order(out_no)}?{query}"))
        except ChannelError as err:
            if _is(err, MISSING):
                return Seen(out_no=out_no, outcome=Outcome.MISSING)
            raise
        _same(found.out_no, out_no)
        return found

    async def close(self, out_no: str) -> None:
        """Take an order back, so that nobody can pay it any more; a paid one is refused."""
        try:
            await self._line.ask("POST", f"{_order(out_no)}/close", {"mchid": self._own.merchant})
        except ChannelError as err:
            if not _is(err, CLOSED):
                raise

    async def refund(self, asked: RefundAsked) -> RefundSeen:
        """Give money back; asked again under the same number it is the same refund."""
        form: dict[str, object] = {
            "out_trade_no": asked.out_no,
            "out_refund_no": asked.refund_no,
            "notify_url": self._own.notify_url,
            "amount": {
                "refund": asked.amount_minor,
                "total": asked.total_minor,
                "currency": CURRENCY,
            },
        }
        if asked.reason:
            form["reason"] = asked.reason[:LONGEST_REASON]
        found = refund_seen(await self._line.ask("POST", _REFUNDS, form))
        _same(found.refund_no, asked.refund_no)
        _same(found.out_no, asked.out_no)
        return found

    async def query_refund(self, refund_no: str, out_no: str) -> RefundSeen:
        """Ask what became of a refund."""
        try:
            path = f"{_REFUNDS}/{quote(refund_no, safe='')}"
            found = refund_seen(await self._line.ask("GET", path))
        except ChannelError as err:
            if _is(err, MISSING):
                return RefundSeen(refund_no=refund_no, out_no=out_no, outcome=RefundOutcome.MISSING)
            raise
        _same(found.refund_no, refund_no)
        _same(found.out_no, out_no)
        return found

    async def verify(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Read a notice, or raise where it is not the provider's.

        The provider sends notices with wrong signatures on purpose, to see whether they are refused;
        they get no other treatment than anybody's.
        """
        sent = await self._line.check(headers, body)
        message = Told.read(body, ChannelFault.UNTRUSTED)
        event, kind = message.text("id"), message.text("event_type")
        content = opened(self._own.api_key, message.part("resource").parts)
        if content is None:
            raise ChannelError(ChannelFault.UNTRUSTED, "resource")
        told = Told.read(content, ChannelFault.UNTRUSTED)
        match kind:
            case "TRANSACTION.SUCCESS":
                return Notice(event_id=event, sent_at=sent, payment=seen(told))
            case "REFUND.SUCCESS" | "REFUND.ABNORMAL" | "REFUND.CLOSED":
                refund = refund_seen(told, "refund_status")
                return Notice(event_id=event, sent_at=sent, refund=refund)
            case _:
                return Notice(event_id=event, sent_at=sent)

    async def settlement(self, day: date) -> Sequence[SettlementRow]:
        """Return what the provider has booked on a day (of its own time zone, Beijing).

        The file has no signature; its digest has come in an answer that has one.
        """
        query = urlencode({"bill_date": day.isoformat(), "bill_type": "ALL"})
        try:
            told = await self._line.ask("GET", f"/v3/bill/tradebill?{query}")
        except ChannelError as err:
            if _is(err, frozenset({NO_STATEMENT})):
                return ()
            raise
        if told.text("hash_type") != "SHA1":
            raise told.odd("hash_type")
        digest = told.text("hash_value").lower()
        content = await self._line.fetch(told.text("download_url"), LARGEST_FILE)
        # A busy merchant's file takes a second to read: long for everything else on the hub.
        return await asyncio.to_thread(_whole, content, digest, self._own.merchant)


_REFUNDS: Final = "/v3/refund/domestic/refunds"


def _order(out_no: str) -> str:
    return f"/v3/pay/transactions/out-trade-no/{quote(out_no, safe='')}"


def _is(err: ChannelError, codes: frozenset[str]) -> bool:
    """Tell whether the provider itself has said one of these words."""
    return err.fault is ChannelFault.REFUSED and err.code in codes


def _same(told: str, asked: str) -> None:
    """Refuse an answer that is about something else: a signature does not say what was asked."""
    if told != asked:
        raise ChannelError(ChannelFault.UNTRUSTED, "another_order")


def _whole(content: bytes, digest: str, merchant: str) -> Sequence[SettlementRow]:
    if hashlib.sha1(content, usedforsecurity=False).hexdigest() != digest:
        raise ChannelError(ChannelFault.UNTRUSTED, "hash_value")
    return rows(content, merchant)
