"""Invoices as plain data for people, with what has become of their money and what is to be done."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from ..core.identity import WalletId
from ..core.invoice import Invoice, InvoiceState, step_of
from ..core.kept import TopUpMoney
from ..core.local_day import DAY, day_start
from ..core.money import percent_text
from ..core.page import WHOLE_LIST, Page, Part
from .invoice_money import left_of, returns_of
from .site import Site

type View = dict[str, Any]
BEFORE_ALL: Final = datetime(1970, 1, 1, tzinfo=UTC)


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

    Only wallets out of which anything went back since are looked through: of all there are, few.
    """
    if not invoices:
        return []
    returns = await returns_of(site, min(one.paid_at for one in invoices))
    since: dict[WalletId, datetime] = {}
    for one in invoices:
        if one.wallet in returns and one.paid_at <= returns[one.wallet]:
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


async def latest_invoices(
    site: Site,
    part: Part = WHOLE_LIST,
    *,
    wallet: str = "",
    state: InvoiceState | None = None,
    first: date | None = None,
    last: date | None = None,
) -> tuple[list[Invoice], int]:
    """Return a part of the invoices, those that were asked for last first, and how many there are.

    Of one wallet, in one state, asked for on local days (both included), where they are named.
    """
    like = {"wallet": wallet, "state": state.value if state is not None else ""}
    asked = Page(
        like={name: value for name, value in like.items() if value},
        by=("requested_at", "id"),
        first=None if first is None else day_start(first, site.zone),
        last=None if last is None else day_start(last + DAY, site.zone) - timedelta.resolution,
    )
    after = await place_of(site, part)
    found = await site.books.page(Invoice, replace(asked, after=after or (), limit=part.limit))
    return found, await site.books.count(Invoice, asked)


async def place_of(site: Site, part: Part) -> tuple[datetime, str] | None:
    """Return where a list goes on that begins with those asked for last; None from its beginning.

    Behind what nobody knows it is at its end.
    """
    if not part.after:
        return None
    known = await site.books.load(Invoice, id=part.after)
    return order_of(known[0]) if known else (BEFORE_ALL, "")


def order_of(invoice: Invoice) -> tuple[datetime, str]:
    """Return by what such a list is ordered."""
    return invoice.requested_at, invoice.id
