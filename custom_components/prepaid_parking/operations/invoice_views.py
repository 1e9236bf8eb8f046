"""Invoices as plain data for people, with what has become of their money and what is to be done."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from ..core.identity import WalletId
from ..core.invoice import Invoice, InvoiceState, step_of
from ..core.kept import TopUpMoney
from ..core.local_day import DAY, day_start
from ..core.money import percent_text
from .invoice_money import left_of, with_returns
from .site import Site

type View = dict[str, Any]


def invoice_view(site: Site, invoice: Invoice, left_minor: int) -> View:
    """Describe an invoice of whose money so much is still there."""
    money = site.currency.text
    return {
        "invoice": invoice.id,
        "number": invoice.number or None,
        "state": invoice.state,
        "due": step_of(invoice, left_minor),
        "maker": invoice.maker,
        "wallet": invoice.wallet,
        "unit": site.wallet(invoice.wallet).wallet.unit,
        "category": invoice.category,
        "top_up": invoice.top_up,
        "paid_at": invoice.paid_at.isoformat(),
        "requested_at": invoice.requested_at.isoformat(),
        "issued_on": None if invoice.issued_on is None else invoice.issued_on.isoformat(),
        "currency": site.currency.code,
        "amount": money(invoice.amount_minor),
        "net": money(invoice.amount_minor - invoice.tax_minor),
        "tax": money(invoice.tax_minor),
        "tax_percent": percent_text(invoice.tax_bp),
        "fee": money(invoice.fee_minor),
        "fee_tax": money(invoice.fee_tax_minor),
        "left": money(left_minor),
        "link": invoice.link or None,
        "credit_note": invoice.credit_note or None,
        "credit_link": invoice.credit_link or None,
        "voided_at": None if invoice.voided_at is None else invoice.voided_at.isoformat(),
        "void_reason": invoice.void_reason or None,
    }


async def invoice_views(site: Site, invoices: Sequence[Invoice]) -> list[View]:
    """Describe invoices.

    Only wallets out of which anything went back are looked through: of all there are, few.
    """
    if not invoices:
        return []
    returned = await with_returns(site, min(one.paid_at for one in invoices))
    since: dict[WalletId, datetime] = {}
    for one in invoices:
        if one.wallet in returned:
            since[one.wallet] = min(one.paid_at, since.get(one.wallet, one.paid_at))
    left: defaultdict[WalletId, dict[str, TopUpMoney]] = defaultdict(dict)
    for wallet, first in since.items():
        left[wallet] = await left_of(site, site.wallet(wallet), first)
    return [
        invoice_view(
            site,
            one,
            left[one.wallet].get(one.top_up, TopUpMoney()).whole_minor
            if one.wallet in since
            else one.amount_minor,
        )
        for one in invoices
    ]


async def find_invoices(
    site: Site,
    *,
    wallet: str = "",
    state: InvoiceState | None = None,
    live: bool = False,
    first: date | None = None,
    last: date | None = None,
) -> list[Invoice]:
    """Return invoices, those that were asked for last first.

    Of one wallet, of local days (both included), or (`live`) all that are not taken back.
    """
    books = site.books
    if wallet:
        found = await books.load(Invoice, wallet=wallet)
    elif state is InvoiceState.REQUESTED:
        found = await books.load(Invoice, number="", voided_at=None)
    elif live:
        found = await books.load(Invoice, voided_at=None)
    else:
        found = await books.between(Invoice, "requested_at", *_micros(site, first, last))
    begin, end = _span(site, first, last)
    wanted = [
        one
        for one in found
        if state in (None, one.state)
        and not (live and one.voided_at is not None)
        and (begin is None or begin <= one.requested_at)
        and (end is None or one.requested_at < end)
    ]
    return sorted(wanted, key=lambda one: (one.requested_at, one.id), reverse=True)


def _span(
    site: Site, first: date | None, last: date | None
) -> tuple[datetime | None, datetime | None]:
    begin = None if first is None else day_start(first, site.zone)
    return begin, None if last is None else day_start(last + DAY, site.zone)


def _micros(site: Site, first: date | None, last: date | None) -> tuple[int, int]:
    begin, end = _span(site, first, last)
    return (
        0 if begin is None else int(begin.timestamp()) * 1_000_000,
        (int((end or site.clock()).timestamp()) + 1) * 1_000_000,
    )
