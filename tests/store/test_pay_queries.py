"""After years of payments each question still goes straight to its rows."""

from pathlib import Path

import pytest

from custom_components.prepaid_parking.core.bill import Bill
from custom_components.prepaid_parking.core.card_file import CardFile
from custom_components.prepaid_parking.core.desk_receipt import DeskReceipt
from custom_components.prepaid_parking.core.difference import Difference, SettledRow
from custom_components.prepaid_parking.core.held_operation import HeldOperation
from custom_components.prepaid_parking.core.invoice import Invoice
from custom_components.prepaid_parking.core.pay_notice import Unmatched
from custom_components.prepaid_parking.core.pay_order import PayOrder
from custom_components.prepaid_parking.core.pay_refund import PayRefund
from custom_components.prepaid_parking.core.shift import Shift
from custom_components.prepaid_parking.core.token_meter import Token
from custom_components.prepaid_parking.core.voucher import Voucher
from custom_components.prepaid_parking.store.books import Books
from custom_components.prepaid_parking.store.record_queries import read_records
from custom_components.prepaid_parking.store.schema import TABLES
from tests.operations.world import BOOKS, CURRENCY, SITE, Clock

QUESTIONS = [
    (Bill, {"number": "2026-000001"}),
    (PayOrder, {"out_no": "p"}),
    (PayOrder, {"state": "credited"}),
    (PayOrder, {"aim": "{}"}),
    (PayOrder, {"provider_ref": "42"}),
    (PayRefund, {"refund_no": "p"}),
    (PayRefund, {"order": "po1"}),
    (PayRefund, {"state": "held"}),
    (PayRefund, {"provider_ref": "50"}),
    (Unmatched, {"provider_ref": "42"}),
    (Unmatched, {"settled_at": None}),
    (SettledRow, {"account": "a", "day": "2026-11-22"}),
    (SettledRow, {"refund": "rf1"}),
    (SettledRow, {"account": "a", "refund": "rf1"}),
    (SettledRow, {"account": "a", "order": "po1"}),
    (Difference, {"refund": "rf1"}),
    (Difference, {"account": "a", "order": "po1"}),
    (Difference, {"settled_at": None}),
    (DeskReceipt, {"no": 1}),
    (DeskReceipt, {"wallet": "w1"}),
    (DeskReceipt, {"shift": "sh1"}),
    (Shift, {"closed_at": None}),
    (Voucher, {"batch": "vb1"}),
    (Voucher, {"serial": 1}),
    (Token, {"meter": "tk1"}),
    (Token, {"reference": "r"}),
    (CardFile, {"terminal": "ct1"}),
    (HeldOperation, {"state": "waiting"}),
    (Unmatched, {"order": "po1"}),
    (Invoice, {"number": "I2026-000001"}),
    (Invoice, {"state": "requested", "maker": "site"}),
    (Invoice, {"top_up": "topup/cash/1"}),
    (Invoice, {"wallet": "w1"}),
    (Invoice, {"credit_note": "C2026-000001"}),
    (Invoice, {"buyer": "s1"}),
]


@pytest.mark.parametrize(("kind", "like"), QUESTIONS)
async def test_no_question_about_payments_reads_a_whole_table(
    tmp_path: Path, kind: type, like: dict[str, str | int | None]
) -> None:
    """A file with a thousand rows asks about each: a table read for every one of them takes an hour."""
    books = await Books.open(tmp_path / BOOKS, site=SITE, currency=CURRENCY, clock=Clock())
    asked: list[str] = []
    try:

        def plans(connection: object) -> None:
            driver = connection.connection.driver_connection  # type: ignore[attr-defined]
            driver.set_trace_callback(asked.append)
            read_records(connection, kind, **like)  # type: ignore[arg-type]
            driver.set_trace_callback(None)
            (words,) = asked
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}").all()  # type: ignore[attr-defined]
            asked[:] = [str(row[-1]) for row in plan]

        await books.read(plans)
    finally:
        await books.close()
    column = list(like)[-1]
    (search,) = [one for one in asked if one.startswith(("SCAN", "SEARCH"))]
    assert search.startswith(f"SEARCH {TABLES[kind].name}"), search
    assert f"{column}=?" in search or "rowid=?" in search, search
