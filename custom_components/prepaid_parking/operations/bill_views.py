"""Bills and what recurs as plain data for people: money as decimal text, days as they are said."""

from datetime import date
from typing import Any, Final

from ..core.bill import Bill, BillingRules, BillLine, oldest_first
from ..core.local_day import DAY
from ..core.money import percent_text, price_text
from ..core.recurring import Fixed
from ..core.recurring_charge import RecurringCharge
from .bill_book import local_day, ruled
from .billing import Billed
from .payers import Payers
from .recurring import Due, due_by
from .site import Site
from .space_billing import SpaceBill
from .wallet_run import WalletRun

type View = dict[str, Any]

FAR: Final = date.max


def bill_view(site: Site, bill: Bill) -> View:
    """Describe a bill: how it stands, and what it asks for by which rule."""
    money, day = site.currency.text, local_day(site)
    return {
        "bill": bill.id,
        "number": bill.number or None,
        "state": bill.state,
        "wallet": bill.wallet,
        "unit": site.wallets[bill.wallet].wallet.unit,
        "category": bill.category,
        "issued_on": _day(bill.issued_on),
        "due_on": _day(bill.due_on),
        "overdue": bool(bill.open_minor) and bill.due_on is not None and bill.due_on < day,
        "from": _day(bill.from_day),
        "to": _day(bill.to_day - DAY if bill.to_day is not None else None),
        "currency": site.currency.code,
        "total": money(bill.total_minor),
        "tax": money(sum(line.tax_minor for line in bill.lines)),
        "paid": money(bill.paid_minor),
        "open": money(bill.open_minor),
        "dunned": bill.dunned,
        "dunned_on": _day(bill.dunned_on),
        "credit_note": bill.credit_note or None,
        "lines": [line_view(site, line) for line in bill.lines],
    }


def line_view(site: Site, line: BillLine) -> View:
    """Describe a line of a bill with its trace."""
    return {
        "text": line.text,
        "amount": site.currency.text(line.amount_minor),
        "tax": site.currency.text(line.tax_minor),
        "income": line.income.name.lower().removeprefix("revenue_"),
        "trace": dict(line.trace),
    }


def open_bills(site: Site, run: WalletRun) -> list[View]:
    """List what is open of a wallet's bills, in the order in which they are paid."""
    return [
        {
            "bill": bill.id,
            "number": bill.number,
            "category": bill.category,
            "due_on": _day(bill.due_on),
            "open": site.currency.text(bill.open_minor),
        }
        for bill in oldest_first(list(run.bills.values()))
    ]


def rules_view(site: Site, rules: BillingRules) -> View:
    """Describe how bills of a category are asked for."""
    return ruled(rules) | {
        "dunning": [
            {"days": step.days, "fee": site.currency.text(step.fee_minor)} for step in rules.dunning
        ],
        "top_up_tax": percent_text(rules.top_up_tax_bp),
    }


def recurring_view(site: Site, charge: RecurringCharge) -> View:
    """Describe a charge: its price, how far it is billed, and what comes next."""
    coming = next(iter(due_by(site, charge, FAR, Payers(site))), None)
    return {
        "recurring": charge.id,
        "name": charge.name,
        "category": charge.category,
        "wallet": charge.wallet or None,
        "unit": charge.unit or None,
        "tariff": charge.tariff or None,
        **(_price_view(charge.fixed) if charge.fixed is not None else {}),
        "deposit": site.currency.text(charge.deposit_minor),
        "first": charge.first.isoformat(),
        "last": _day(charge.last),
        "billed_to": charge.billed_to.isoformat(),
        "next": None if coming is None else due_view(site, coming),
    }


def due_view(site: Site, due: Due, number: str = "") -> View:
    """Describe a period that is due, billed (`number`) or not yet."""
    view = {
        "recurring": due.charge.id,
        "name": due.charge.name,
        "wallet": due.run.wallet.id if due.run is not None else None,
        "due_on": due.period.due.isoformat(),
        "from": due.period.first.isoformat(),
        "to": due.period.last.isoformat(),
        "amount": site.currency.text(sum(line.amount_minor for line in due.lines)),
    }
    return view | {"number": number} if number else view


def billed_view(site: Site, billed: Billed, most: int) -> View:
    """Describe a run of billing; more than `most` bills are counted and summed, not listed."""
    spaces = billed.spaces.bills
    total = sum(line.amount_minor for due, _ in billed.dues for line in due.lines)
    total += sum(line.amount_minor for bill in spaces for line in bill.lines)
    shown = [due_view(site, due, number) for due, number in billed.dues[:most]]
    return {
        "count": len(billed.dues) + len(spaces),
        "total": site.currency.text(total),
        "bills": shown + [_space_view(site, bill) for bill in spaces[: most - len(shown)]],
        "nobody_pays": [
            *(charge.id for charge in billed.nobody_pays),
            *(space.id for space in billed.spaces.nobody_pays),
        ],
    }


def _space_view(site: Site, bill: SpaceBill) -> View:
    """Describe days of a space, billed or not yet."""
    days = bill.due.days
    view = {
        "space": bill.due.space.id,
        "name": bill.due.space.name,
        "wallet": bill.run.wallet.id,
        "due_on": days.first.isoformat(),
        "from": days.first.isoformat(),
        "to": days.last.isoformat(),
        "amount": site.currency.text(sum(line.amount_minor for line in bill.lines)),
    }
    return view | {"number": bill.number} if bill.number else view


def _price_view(fixed: Fixed) -> View:
    return {
        "amount": price_text(fixed.price_micro),
        "every": fixed.every,
        "by": fixed.by,
        "day": fixed.day,
        "anniversary": fixed.anniversary,
        "remind": list(fixed.remind),
        "retries": list(fixed.retries),
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
