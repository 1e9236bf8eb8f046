"""Invoices of top-ups: asked for once, issued under a number, taken back by a credit note.

No money moves by one. What it says never changes once it is issued; what has gone back of the money
since is seen beside it, and asks for a credit note.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
import re
from typing import Final

from .category import Category
from .errors import CoreError
from .identity import InvoiceId, WalletId
from .kept import TopUpMoney
from .promotion import WHOLE_BP

INVOICE: Final = "I"
"""Begins the number of an invoice: its series is not the bills'."""
LONGEST_NUMBER: Final = 64
LONGEST_LINK: Final = 500
PAGE: Final = re.compile(r"https?://[^\s/]+(/\S*)?")
"""A link that opens a page, and does not run something where it is pressed."""
ID_DIGITS: Final = 16
"""Of a hash: two of a million invoices are never called the same."""


class InvoiceState(StrEnum):
    """How far an invoice has come; the values are translation keys."""

    REQUESTED = "requested"
    ISSUED = "issued"
    VOID = "void"


class InvoiceMaker(StrEnum):
    """Who makes the paper and gives the number; the values are translation keys."""

    SITE = "site"
    """The site itself, out of a series of its own."""
    SERVICE = "service"
    """A certified service outside, as the law of some countries wants it."""


class InvoiceStep(StrEnum):
    """What somebody has to do about an invoice; the values are translation keys."""

    ISSUE = "issue"
    """It was asked for and has no number."""
    WITHDRAW = "withdraw"
    """It has no number yet, and the money went back."""
    CREDIT_NOTE = "credit_note"
    """It is issued, and money of it went back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """An invoice of one top-up, which is named by its event.

    `amount_minor` is what was paid and had not gone back when it was asked for. `tax_minor` of it is
    tax, contained in it by `tax_bp`; of `fee_minor`, the part of the amount that was a service fee,
    the tax is the fee's own. `number` is given at issuing; `link` leads to what a service made.
    `buyer` points into the encrypted personal data: to whom it was made out when it was issued.
    """

    id: InvoiceId
    top_up: str
    wallet: WalletId
    category: Category
    paid_at: datetime
    maker: InvoiceMaker
    amount_minor: int
    tax_minor: int
    tax_bp: int
    requested_at: datetime
    state: InvoiceState = InvoiceState.REQUESTED
    fee_minor: int = 0
    fee_tax_minor: int = 0
    number: str = ""
    link: str = ""
    issued_on: date | None = None
    buyer: str = ""
    credit_note: str = ""
    credit_link: str = ""
    voided_at: datetime | None = None
    void_reason: str = ""

    def __post_init__(self) -> None:
        """Refuse what is about no money, and more tax than there is money."""
        if self.amount_minor <= 0 or not 0 <= self.fee_minor <= self.amount_minor:
            raise CoreError("invoice_nothing_left")
        if not 0 <= self.fee_tax_minor <= self.tax_minor <= self.amount_minor:
            raise CoreError("bill_tax_too_large")


def invoice_id(top_up: str, before: int) -> InvoiceId:
    """Name the invoice of a top-up that was asked for so many times before, and taken back.

    Made of what it is about, so that whoever asks twice means the same one, whatever was lost.
    """
    digest = sha256(f"{before}/{top_up}".encode()).hexdigest()
    return InvoiceId(f"iv{digest[:ID_DIGITS]}")


def contained(amount_minor: int, tax_bp: int) -> int:
    """Return the tax that an amount contains, rounded to the nearest minor unit, a half up.

    Prices that include 13 % hold 13/113 of it.
    """
    whole = WHOLE_BP + tax_bp
    return (2 * amount_minor * tax_bp + whole) // (2 * whole)


def over(invoice: Invoice, money: TopUpMoney) -> Invoice:
    """Return an invoice over so much money, with the tax that it contains."""
    return replace(
        invoice,
        amount_minor=money.whole_minor,
        tax_minor=contained(money.credited_minor, invoice.tax_bp) + money.fee_tax_minor,
        fee_minor=money.fee_minor + money.fee_tax_minor,
        fee_tax_minor=money.fee_tax_minor,
    )


def series_of_invoices(day: date) -> str:
    """Return the series that an invoice issued on a local day belongs to: one per year."""
    return f"{INVOICE}{day.year:04}"


def issued(invoice: Invoice, number: str, on: date, *, link: str = "", buyer: str = "") -> Invoice:
    """Return an invoice with its number; it gets one once."""
    if invoice.state is InvoiceState.VOID:
        raise CoreError("invoice_is_void", invoice=invoice.id)
    if invoice.number:
        raise CoreError("invoice_already_issued", invoice=invoice.id, number=invoice.number)
    return replace(
        invoice,
        state=InvoiceState.ISSUED,
        number=number,
        issued_on=on,
        link=link,
        buyer=buyer,
    )


def voided(
    invoice: Invoice, at: datetime, reason: str, *, note: str = "", link: str = ""
) -> Invoice:
    """Return an invoice that is taken back: an issued one by a credit note, else it is withdrawn."""
    if invoice.state is InvoiceState.VOID:
        raise CoreError("invoice_is_void", invoice=invoice.id)
    if bool(invoice.number) is not bool(note):
        raise CoreError("invoice_not_issued" if note else "invoice_needs_note", invoice=invoice.id)
    return replace(
        invoice,
        state=InvoiceState.VOID,
        credit_note=note,
        credit_link=link,
        voided_at=at,
        void_reason=reason,
    )


def step_of(invoice: Invoice, left_minor: int) -> InvoiceStep | None:
    """Return what somebody has to do about an invoice while so much of its money is still there."""
    if invoice.state is InvoiceState.VOID:
        return None
    gone = left_minor < invoice.amount_minor
    if invoice.number:
        return InvoiceStep.CREDIT_NOTE if gone else None
    return InvoiceStep.WITHDRAW if gone else InvoiceStep.ISSUE


def check_outside(number: str, link: str) -> None:
    """Refuse a number or a link that no service gives."""
    if not number:
        raise CoreError("invoice_needs_number")
    if len(number) > LONGEST_NUMBER:
        raise CoreError("invoice_number_too_long", most=LONGEST_NUMBER)
    if link and not (len(link) <= LONGEST_LINK and PAGE.fullmatch(link)):
        raise CoreError("invoice_link")
