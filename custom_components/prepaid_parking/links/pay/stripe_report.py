"""Stripe's report "balance change from activity", itemized: its rows as the settlement has them.

Source: docs.stripe.com/reports/report-types/balance. Amounts are decimals of the major unit, times are
UTC; what goes out is below zero. Our numbers stand in the columns of metadata, if the report was made
with them; without them a payment is known by the provider's number.
"""

from collections.abc import Mapping, Sequence
import csv
from datetime import UTC, datetime
from typing import Final

from ...core.errors import CoreError
from ...core.money import Currency
from ...core.pay_channel import ChannelError, ChannelFault, RowKind, SettlementRow

KINDS: Final = {
    "charge": RowKind.PAYMENT,
    "refund": RowKind.REFUND,
    "payout": RowKind.PAYOUT,
    "payout_reversal": RowKind.PAYOUT,
    "dispute": RowKind.DISPUTE,
    "dispute_reversal": RowKind.DISPUTE,
}
WORDS: Final = {
    RowKind.PAYOUT: "payout",
    RowKind.DISPUTE: "adjustment",
}
"""What the interface calls them: a row that comes both ways is the same row."""
FEE: Final = "fee"
STRIPE_FEE: Final = "stripe_fee"


def rows(text: str, currency: str) -> Sequence[SettlementRow]:
    """Read a report; one that is not understood whole is not taken up in part."""
    lines = text.removeprefix("\ufeff").strip().splitlines()
    try:
        return [_row(row, Currency.of(currency)) for row in csv.DictReader(lines, strict=True)]
    except (csv.Error, KeyError, ValueError, TypeError, AttributeError, CoreError) as err:
        raise ChannelError(ChannelFault.UNTRUSTED, "bill", str(err)[:200]) from err


def _row(row: Mapping[str, str], currency: Currency) -> SettlementRow:
    if row["currency"].upper() != currency.code:
        raise ValueError("currency")
    category = row["reporting_category"]
    kind = KINDS.get(category, RowKind.OTHER)
    gross, fee = currency.parse(row["gross"]), currency.parse(row["fee"])
    at = datetime.fromisoformat(row["created_utc"])
    word = WORDS.get(kind, "")
    if kind is RowKind.OTHER:
        word = STRIPE_FEE if category == FEE else category
    return SettlementRow(
        kind=kind,
        out_no=_said(row, "payment_metadata[out_no]"),
        provider_ref=_reference(row, kind),
        amount_minor=-gross if kind in {RowKind.REFUND, RowKind.PAYOUT} else gross,
        fee_minor=fee,
        refund_no=_said(row, "refund_metadata[refund_no]") if kind is RowKind.REFUND else "",
        at=at if at.tzinfo is not None else at.replace(tzinfo=UTC),
        word=word,
    )


def _reference(row: Mapping[str, str], kind: RowKind) -> str:
    by_payment = kind in {RowKind.PAYMENT, RowKind.DISPUTE}
    named = _said(row, "payment_intent_id") if by_payment else ""
    return named or _said(row, "source_id") or row["balance_transaction_id"]


def _said(row: Mapping[str, str], name: str) -> str:
    return (row.get(name) or "").strip()
