"""Invoices that each top-up asks for by itself, where the wallet's policy says so.

The request is written in the very act of the top-up: a notice that comes twice is one act, and so one
invoice. The number is given a moment later, in an act of its own: what has arrived is booked whatever
becomes of a series.
"""

from collections.abc import Sequence
from datetime import datetime

from ..core.category import Category
from ..core.chart import wallet_account
from ..core.invoice import Invoice, InvoiceMaker, invoice_id, over
from ..core.kept import TopUpMoney
from ..core.ledger import Posting, Receipt
from .booking import tell
from .facts import WalletEvent
from .invoice_money import brought
from .site import Site
from .wallet_run import WalletRun


def asked_by_itself(
    site: Site, run: WalletRun, event: str, postings: Sequence[Posting]
) -> Invoice | None:
    """Return the invoice that a top-up asks for; None where the wallet's policy does not want it."""
    if not site.policy_of(run.wallet).invoices:
        return None
    money = brought(postings, wallet_account(run.wallet.no))
    return asked(site, run, event, money, paid_at=site.clock())


def asked(
    site: Site,
    run: WalletRun,
    event: str,
    money: TopUpMoney,
    *,
    paid_at: datetime,
    before: int = 0,
) -> Invoice:
    """Return the request for an invoice of so much of a top-up, by the rules of its wallet's purpose."""
    category = Category(run.wallet.purpose)
    rules = site.billing.rules_of(category)
    invoice = Invoice(
        id=invoice_id(event, before),
        top_up=event,
        wallet=run.wallet.id,
        category=category,
        paid_at=paid_at,
        maker=rules.invoice_maker,
        amount_minor=money.whole_minor,
        tax_minor=0,
        tax_bp=rules.top_up_tax_bp,
        requested_at=site.clock(),
    )
    return over(invoice, money)


def tell_asked(site: Site, run: WalletRun, invoice: Invoice, receipt: Receipt) -> None:
    """Say that somebody outside has to make an invoice; what the site makes itself needs nobody."""
    if invoice.maker is InvoiceMaker.SERVICE:
        tell(
            site,
            run,
            WalletEvent.INVOICE_REQUESTED,
            receipt,
            invoice.amount_minor,
            invoice.id,
        )
