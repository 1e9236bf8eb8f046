"""Stripe's report as a person exports it, and a day's file of Alipay as a person unpacked it."""

from datetime import date

import pytest

from custom_components.prepaid_parking.core.pay_channel import ChannelError, ChannelFault, RowKind
from custom_components.prepaid_parking.core.settlement_rows import keyed
from custom_components.prepaid_parking.links.pay import alipay_bill
from custom_components.prepaid_parking.links.pay.stripe_report import rows
from custom_components.prepaid_parking.links.pay.stripe_told import row
from custom_components.prepaid_parking.links.pay.told import Told
from custom_components.prepaid_parking.simulator.pay_alipay_bill import text as alipay_text

HEAD = (
    "balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,"
    "payment_intent_id,payment_metadata[out_no],refund_metadata[refund_no]"
)
REPORT = f"""{HEAD}
txn_1,2026-07-01 12:00:00,eur,12.50,0.43,12.07,charge,ch_1,pi_1,pp1,
txn_2,2026-07-01 13:00:00,eur,-2.50,0.00,-2.50,refund,re_1,pi_1,pp1,rf1
txn_3,2026-07-01 14:00:00,eur,-12.50,15.00,-27.50,dispute,dp_1,pi_1,pp1,
txn_4,2026-07-01 15:00:00,eur,-9.57,0.00,-9.57,payout,po_1,,,
txn_5,2026-07-01 16:00:00,eur,-0.10,0.00,-0.10,fee,,,,
"""


def test_the_report_is_what_the_interface_tells() -> None:
    """A row that comes both ways must be the same row, or its fee is booked twice."""
    told = [
        {"type": "charge", "amount": 1250, "fee": 43, "id": "txn_1", "created": 1782907200,
         "source": {"object": "charge", "id": "ch_1", "payment_intent": "pi_1",
                    "metadata": {"out_no": "pp1"}}},
        {"type": "refund", "amount": -250, "fee": 0, "id": "txn_2", "created": 1782910800,
         "source": {"object": "refund", "id": "re_1",
                    "metadata": {"out_no": "pp1", "refund_no": "rf1"}}},
        {"type": "adjustment", "amount": -1250, "fee": 1500, "id": "txn_3", "created": 1782914400,
         "source": {"object": "dispute", "id": "dp_1", "payment_intent": "pi_1"}},
        {"type": "payout", "amount": -957, "fee": 0, "id": "txn_4", "created": 1782918000,
         "source": {"object": "payout", "id": "po_1"}},
        {"type": "stripe_fee", "amount": -10, "fee": 0, "id": "txn_5", "created": 1782921600,
         "source": None},
    ]  # fmt: skip
    by_interface = [row(Told(one | {"currency": "eur"}), "EUR") for one in told]
    by_report = rows(REPORT, "EUR")
    assert [key for key, _ in keyed(by_report)] == [key for key, _ in keyed(by_interface)]
    assert [(one.kind, one.amount_minor, one.fee_minor) for one in by_report] == [
        (one.kind, one.amount_minor, one.fee_minor) for one in by_interface
    ]
    assert by_interface[2].kind is RowKind.DISPUTE


@pytest.mark.parametrize(
    "spoiled",
    [
        REPORT.replace("eur", "usd"),
        REPORT.replace("12.50,0.43", "12.505,0.43"),
        REPORT.replace("gross", "brutto"),
        REPORT.replace("2026-07-01 12:00:00", "noon"),
    ],
)
def test_a_report_that_is_not_understood_is_refused_whole(spoiled: str) -> None:
    """Half a month of rows would leave the other half missing."""
    with pytest.raises(ChannelError) as refused:
        rows(spoiled, "EUR")
    assert refused.value.fault is ChannelFault.UNTRUSTED


def test_an_unpacked_file_of_alipay_is_read_by_the_day_it_names() -> None:
    """A manager who opened the ZIP has a text; another merchant's is refused all the same."""
    written = alipay_text([], date(2026, 7, 1), "2088101")
    assert alipay_bill.rows_of_text(written, "2088101") == []
    for spoiled in (written.replace("2088101", "2099"), "", "x\ny\nz"):
        with pytest.raises(ChannelError):
            alipay_bill.rows_of_text(spoiled, "2088101")
