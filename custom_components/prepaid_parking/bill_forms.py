"""A bill to take away: a table for the accountant's program, in the reader's language."""

import csv
import io
from typing import Final

from .core.bill import Bill
from .explaining_bills import explain_bill_line
from .operations.bill_views import bill_view
from .operations.buyers import View
from .operations.site import Site
from .printing import cell
from .wording import Words

COLUMNS: Final = (
    *("bill.number", "bill.credit_note", "bill.issued_on", "bill.due_on", "statement.unit"),
    *("bill.buyer", "bill.tax_id", "bill.address"),
    *("statement.what", "statement.why", "bill.tax", "statement.amount"),
)


def bill_csv(site: Site, bill: Bill, buyer: View | None, words: Words) -> str:
    """Write a bill as a table: a row per line, each with the number and the buyer of the bill."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(words(column) for column in COLUMNS)
    view, money = bill_view(site, bill), site.currency.text
    head = (
        *(view[name] for name in ("number", "credit_note", "issued_on", "due_on", "unit")),
        *((buyer or {}).get(name) for name in ("name", "tax_id", "address")),
    )
    for line in bill.lines:
        said = (line.text, explain_bill_line(line, words, site.currency))
        row = (*(str(one or "") for one in head), *said)
        amounts = money(line.tax_minor), money(line.amount_minor)
        writer.writerow((*(cell(one) for one in row), *amounts))
    return out.getvalue()
