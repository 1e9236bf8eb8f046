"""Alipay's open platform: orders by QR code or in the phone's browser, refunds, day files.

Source: opendocs.alipay.com (alipay.trade.precreate, .wap.pay, .query, .close, .refund,
.fastpay.refund.query, alipay.data.dataservice.bill.downloadurl.query; keys, not certificates). Two
things are not as elsewhere: an order comes to be there only when a payer scans its code or opens its
page, so until then it is missing and cannot be closed, and its code dies by its own time; and times
are Beijing's, wherever the hub is.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
import re
from typing import Final
from urllib.parse import parse_qsl

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
from .alipay_bill import rows
from .alipay_line import HOST, AlipayLine, AlipayMerchant
from .alipay_sign import SIGN_TYPE, UNSIGNED, fields_text, is_signed
from .alipay_told import BEIJING, CURRENCY, YUAN, notice, refund_seen, seen
from .exchange import LARGEST_FILE, exchange, origin, sendable
from .told import Told

FILES: Final = "https://dwbillcenter.alipay.com"
"""Where day files lie; the addresses that are given begin with `http://`, which nobody has to use."""
MISSING: Final = frozenset({"ACQ.TRADE_NOT_EXIST"})
NO_BILL: Final = "bill_not_exist"
"""The day had no movements, or its file is not made yet, which is over at `FILED`."""
FILED: Final = timedelta(days=1, hours=10)
"""After its beginning a day's file is there."""
LONGEST: Final = timedelta(days=15)
LONGEST_SUBJECT: Final = 128
LONGEST_REASON: Final = 256
_FORBIDDEN: Final = str.maketrans("/=&", "   ")
"""What a subject must not hold."""
_NAME: Final = re.compile(r"\w+", re.ASCII)
_FIELD: Final = re.compile(r"&\w+=", re.ASCII)
"""What begins another field in the text that is signed."""
_ADDRESS: Final = re.compile(r"[!-~]+")
"""It is sent as it is written: nothing in it may end a line."""


class Alipay:
    """A merchant's account at the provider."""

    def __init__(
        self,
        session: ClientSession,
        merchant: AlipayMerchant,
        base_url: str = HOST,
        files_url: str = FILES,
    ) -> None:
        """Talk to the provider by a session of the hub."""
        self._session = session
        self._own = merchant
        self._line = AlipayLine(session, merchant, base_url)
        self._files = origin(files_url)
        self.merchant: Final = merchant.seller
        self.currency: Final = CURRENCY

    async def create(self, asked: Asked) -> Offered:
        """Ask for a payment; asked again under the same number it is the same order.

        A page is only signed: its address carries the order, and the phone brings it there.
        """
        life = min(max(asked.expires_at - datetime.now(BEIJING), timedelta()), LONGEST)
        lasts = f"{max(1, -(-life // timedelta(minutes=1)))}m"
        form = {
            "out_trade_no": asked.out_no,
            "total_amount": YUAN.text(asked.amount_minor),
            "subject": sendable(asked.subject.translate(_FORBIDDEN), LONGEST_SUBJECT),
            "timeout_express": lasts,
        }
        own = {"notify_url": self._own.notify_url}
        if asked.way is Way.PAGE:
            form |= {"product_code": "QUICK_WAP_WAY", "quit_url": asked.back_url}
            own["return_url"] = asked.back_url
            return Offered(url=self._line.address("alipay.trade.wap.pay", form, own))
        form["qr_code_timeout_express"] = lasts
        told = await self._line.ask("alipay.trade.precreate", form, own)
        _same(told, "out_trade_no", asked.out_no)
        return Offered(qr=told.text("qr_code"))

    async def query(self, out_no: str) -> Seen:
        """Ask what became of an order; an answer names no merchant, it is about our own."""
        try:
            told = await self._line.ask("alipay.trade.query", {"out_trade_no": out_no})
        except ChannelError as err:
            if err.code in MISSING and err.fault is ChannelFault.REFUSED:
                return Seen(out_no=out_no, outcome=Outcome.MISSING)
            raise
        _same(told, "out_trade_no", out_no)
        return seen(told, self._own.seller, "send_pay_date")

    async def close(self, out_no: str) -> None:
        """Take an order back, so that nobody can pay it any more; a paid one is refused.

        One that nobody has scanned is refused too: there is nothing to close, and its code can be
        scanned until its time is over.
        """
        try:
            told = await self._line.ask("alipay.trade.close", {"out_trade_no": out_no})
        except ChannelError as err:
            if err.fault is ChannelFault.REFUSED and await self._is_closed(out_no):
                return
            raise
        _same(told, "out_trade_no", out_no)

    async def _is_closed(self, out_no: str) -> bool:
        return (await self.query(out_no)).outcome is Outcome.CLOSED

    async def refund(self, asked: RefundAsked) -> RefundSeen:
        """Give money back; asked again under the same number it is the same refund.

        What is refused may be so because it was done before: then that is the answer.
        """
        form = {
            "out_trade_no": asked.out_no,
            "out_request_no": asked.refund_no,
            "refund_amount": YUAN.text(asked.amount_minor),
            "refund_reason": sendable(asked.reason, LONGEST_REASON),
        }
        try:
            told = await self._line.ask("alipay.trade.refund", form)
        except ChannelError as err:
            if err.fault is ChannelFault.REFUSED:
                found = await self.query_refund(asked.refund_no, asked.out_no)
                if found.outcome is not RefundOutcome.MISSING:
                    return found
            raise
        _same(told, "out_trade_no", asked.out_no)
        # "N": no money has moved by this request; a repeated one, or one that is still under way.
        moved = told.text_or("fund_change", "N")
        return RefundSeen(
            refund_no=asked.refund_no,
            out_no=asked.out_no,
            outcome=RefundOutcome.DONE if moved == "Y" else RefundOutcome.PENDING,
            provider_ref=told.text("trade_no"),
            amount_minor=asked.amount_minor,
        )

    async def query_refund(self, refund_no: str, out_no: str) -> RefundSeen:
        """Ask what became of a refund."""
        form = {"out_trade_no": out_no, "out_request_no": refund_no}
        try:
            told = await self._line.ask("alipay.trade.fastpay.refund.query", form)
        except ChannelError as err:
            if err.code in MISSING and err.fault is ChannelFault.REFUSED:
                return RefundSeen(refund_no=refund_no, out_no=out_no, outcome=RefundOutcome.MISSING)
            raise
        return refund_seen(told, refund_no, out_no)

    async def verify(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Read a notice, or raise where it is not the provider's, or not for this application."""
        fields = _form_fields(body)
        text = fields_text({name: value for name, value in fields.items() if name not in UNSIGNED})
        if (
            fields.get("sign_type") != SIGN_TYPE
            or fields.get("charset", "utf-8").lower() != "utf-8"
            or not is_signed(self._own.provider_keys, text, fields.get("sign", ""))
        ):
            raise ChannelError(ChannelFault.UNTRUSTED, "signature")
        if fields.get("app_id") != self._own.app:
            raise ChannelError(ChannelFault.UNTRUSTED, "app_id")
        return notice(fields)

    async def settlement(self, day: date) -> Sequence[SettlementRow]:
        """Return what the provider has booked on a day (of its own time zone, Beijing).

        Before ten on the next day it is refused where there is no file, for it may come.
        """
        filed_at = datetime.combine(day, time(), BEIJING) + FILED
        form = {"bill_type": "trade", "bill_date": day.isoformat()}
        try:
            told = await self._line.ask("alipay.data.dataservice.bill.downloadurl.query", form)
        except ChannelError as err:
            is_empty = err.fault is ChannelFault.REFUSED and err.code.lower().endswith(NO_BILL)
            if is_empty and datetime.now(BEIJING) >= filed_at:
                return ()
            raise
        url = told.text("bill_download_url")
        if self._files.startswith("https:") and url.startswith("http:"):
            url = f"https:{url.removeprefix('http:')}"
        if not url.startswith(f"{self._files}/") or not _ADDRESS.fullmatch(url):
            raise ChannelError(ChannelFault.UNTRUSTED, "download_url")
        answer = await exchange(self._session, "GET", url, largest=LARGEST_FILE)
        if not answer.fine:
            raise ChannelError(ChannelFault.UNKNOWN, str(answer.status))
        return await asyncio.to_thread(rows, answer.body, day, self._own.seller)


def _form_fields(body: bytes) -> Mapping[str, str]:
    """Read a form as it is signed: empty values are signed too, a name is said once.

    Signed is `a=1&b=2` as text, decoded. What could be cut into other fields than these has the same
    signature and another meaning: a refund's amount that hides in the field before it leaves a payment.
    """
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict",
            max_num_fields=100,
        )  # fmt: skip
    except ValueError as err:
        raise ChannelError(ChannelFault.UNTRUSTED, "not_a_form") from err
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ChannelError(ChannelFault.UNTRUSTED, "not_a_form")
    if not all(map(_NAME.fullmatch, fields)) or any(map(_FIELD.search, fields.values())):
        raise ChannelError(ChannelFault.UNTRUSTED, "ambiguous")
    return fields


def _same(told: Told, name: str, value: str) -> None:
    """Refuse an answer to another question: it is signed all the same."""
    if told.text(name) != value:
        raise ChannelError(ChannelFault.UNTRUSTED, "another_order")
