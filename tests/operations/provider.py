"""A provider in memory: it knows what it was asked and who has paid, and may be out of reach."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
import json
from typing import Any

from custom_components.prepaid_parking.core.chart import Channel
from custom_components.prepaid_parking.core.pay_channel import (
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
)
from custom_components.prepaid_parking.operations.pay_book import ChannelRun
from custom_components.prepaid_parking.operations.pay_port import PayChannel
from custom_components.prepaid_parking.operations.site import Site


class Provider:
    """A merchant's account as the provider has it. `fault` meets every question, `create_fault` an order."""

    merchant = "1900000001"
    currency = "CNY"

    def __init__(self) -> None:
        self.orders: dict[str, Seen] = {}
        self.asked: list[Asked] = []
        self.queries: list[str] = []
        self.fault: ChannelFault | None = None
        self.create_fault: ChannelFault | None = None
        self.takes_up = True
        """Whether an order arrives there though its answer is lost."""
        self.payments: dict[str, int] = {}
        self.free = 0
        self.answers: asyncio.Event | None = None
        """Until this is set nobody hears anything."""
        self.waiting = 0

    async def create(self, asked: Asked) -> Offered:
        """Take an order up."""
        self.asked.append(asked)
        await self._answer()
        if self.fault is None and (self.create_fault is None or self.takes_up):
            self.orders.setdefault(asked.out_no, Seen(out_no=asked.out_no, outcome=Outcome.WAITING))
        if (fault := self.fault or self.create_fault) is not None:
            raise ChannelError(fault)
        return Offered(qr=f"weixin://{asked.out_no}")

    async def query(self, out_no: str) -> Seen:
        """Say what became of an order."""
        self.queries.append(out_no)
        await self._answer()
        if self.fault is not None:
            raise ChannelError(self.fault)
        return self.orders.get(out_no) or Seen(out_no=out_no, outcome=Outcome.MISSING)

    async def close(self, out_no: str) -> None:
        """Take an order back, unless it is paid."""
        await self._answer()
        if self.fault is not None:
            raise ChannelError(self.fault)
        known = self.orders.get(out_no)
        if known is None or known.outcome is Outcome.PAID:
            raise ChannelError(ChannelFault.REFUSED)
        self.orders[out_no] = replace(known, outcome=Outcome.CLOSED)

    async def refund(self, asked: RefundAsked) -> RefundSeen:
        """Nobody gives anything back here."""
        raise ChannelError(ChannelFault.REFUSED)

    async def query_refund(self, refund_no: str, out_no: str) -> RefundSeen:
        """Nothing was given back."""
        return RefundSeen(refund_no=refund_no, out_no=out_no, outcome=RefundOutcome.MISSING)

    async def verify(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Read a notice; what has no signature is not believed."""
        if headers.get("signature") != "right":
            raise ChannelError(ChannelFault.UNTRUSTED, "signature")
        told: dict[str, Any] = json.loads(body)
        payment = told.get("payment")
        return Notice(
            event_id=told["event"],
            sent_at=datetime.fromisoformat(told["sent"]),
            payment=None
            if payment is None
            else Seen(**payment | {"outcome": Outcome(payment["outcome"])}),
        )

    async def settlement(self, day: date) -> Sequence[SettlementRow]:
        """A day without movements."""
        return ()

    async def _answer(self) -> None:
        if self.answers is not None:
            self.waiting += 1
            await self.answers.wait()

    def pay(self, out_no: str, amount_minor: int, ref: str = "", **other: Any) -> Seen:
        """Let a payer pay an order; whatever it was asked for, this has come."""
        self.free += 1
        ref = ref or f"42{self.free:08d}"
        seen = Seen(
            out_no=out_no,
            outcome=Outcome.PAID,
            provider_ref=ref,
            amount_minor=amount_minor,
            currency=self.currency,
            merchant=self.merchant,
        )
        seen = replace(seen, **other)
        self.payments[ref] = amount_minor
        self.orders[out_no] = seen
        return seen

    def notice(self, seen: Seen, sent: datetime, event: str = "") -> bytes:
        """Write a notice of a payment."""
        told = {
            "out_no": seen.out_no,
            "outcome": seen.outcome,
            "provider_ref": seen.provider_ref,
            "amount_minor": seen.amount_minor,
            "currency": seen.currency,
            "merchant": seen.merchant,
        }
        event = event or f"event-{seen.provider_ref}"
        return json.dumps({"event": event, "sent": sent.isoformat(), "payment": told}).encode()


SIGNED = {"signature": "right"}


def connect(site: Site, provider: PayChannel, key: str = "ch1") -> ChannelRun:
    """Let a site take money by this provider."""
    run = ChannelRun(key=key, name="WeChat Pay", kind=Channel.WECHAT, port=provider)
    site.paying.channels[key] = run
    return run
