"""The day file of WeChat Pay: rows of text, each value behind a back quote, and a sum at the end.

Source: pay.weixin.qq.com/doc/v3/merchant, "trade bill", type ALL. Amounts are yuan with two digits;
the fee of a refund is given back and so is below zero. Nothing is quoted: a comma in the name of a
thing sold is told from one between values by the back quote behind it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
import re
from typing import Final

from ...core.errors import CoreError
from ...core.money import Currency
from ...core.pay_channel import ANOTHERS, ChannelError, ChannelFault, RowKind, SettlementRow
from .wechat_told import CURRENCY

YUAN: Final = Currency.of(CURRENCY)
BEIJING: Final = timezone(timedelta(hours=8), "CST")
"""Without a clock change since 1991: no table of zones is read."""
SUMS: Final = "总交易单数"
_AMOUNT: Final = re.compile(r"\d{1,12}\.\d{2}", re.ASCII)
_FEE: Final = re.compile(r"-?\d{1,12}(\.\d{1,5})?", re.ASCII)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_COUNT: Final = re.compile(r"\d{1,9}", re.ASCII)

type Row = Mapping[str, str]


def rows(content: bytes, merchant: str) -> Sequence[SettlementRow]:
    """Read a day file; one that is not understood whole is not taken up in part."""
    try:
        return rows_of_text(content.decode(), merchant)
    except UnicodeDecodeError as err:
        raise ChannelError(ChannelFault.UNTRUSTED, "bill", str(err)[:200]) from err


def rows_of_text(text: str, merchant: str) -> Sequence[SettlementRow]:
    """Read the text of a day file, as a person brings it."""
    try:
        table = _table(text.removeprefix("\ufeff"))
        return [_row(row, merchant) for row in table if not _has_come_back(row)]
    except (IndexError, KeyError, ValueError, CoreError) as err:
        raise ChannelError(ChannelFault.UNTRUSTED, "bill", str(err)[:200]) from err


def _table(text: str) -> Sequence[Row]:
    """Split a file; two lines close it: heads, and the sums under them."""
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    heads = lines[0].split(",")
    table = [dict(zip(heads, _values(line), strict=True)) for line in lines[1:-2]]
    sums = dict(zip(lines[-2].split(","), _values(lines[-1]), strict=True))
    count = sums[SUMS]
    if not _COUNT.fullmatch(count) or int(count) != len(table):
        raise ValueError(SUMS)
    return table


def _values(line: str) -> Sequence[str]:
    if not line.startswith("`"):
        raise ValueError("`")
    return line[1:].split(",`")


def _has_come_back(row: Row) -> bool:
    """Tell whether a row is of a refund that failed: its money is where it was."""
    return row["交易状态"] == "REFUND" and row["退款状态"] == "FAIL"


def _row(row: Row, merchant: str) -> SettlementRow:
    """Read one row. A reversal (`REVOKED`) is a cashier's scanner's, which is not ours to book."""
    state = row["交易状态"]
    if state not in {"SUCCESS", "REFUND"} or row["货币种类"] != CURRENCY:
        raise ValueError(state)
    if row["商户号"] != merchant:
        raise ValueError(ANOTHERS)
    is_refund = state == "REFUND"
    return SettlementRow(
        kind=RowKind.REFUND if is_refund else RowKind.PAYMENT,
        out_no=_said(row["商户订单号"]),
        provider_ref=_said(row["微信退款单号"] if is_refund else row["微信订单号"]),
        amount_minor=_fen(row["申请退款金额"] if is_refund else row["订单金额"]),
        fee_minor=_fee(row["手续费"]),
        refund_no=_said(row["商户退款单号"]) if is_refund else "",
        at=_moment(row["交易时间"]),
    )


def _said(text: str) -> str:
    if not text:
        raise ValueError("number")
    return text


def _fen(text: str) -> int:
    if not _AMOUNT.fullmatch(text):
        raise ValueError("amount")
    return YUAN.parse(text)


def _fee(text: str) -> int:
    """Return a fee in fen, halves away from zero: the file has five digits."""
    if not _FEE.fullmatch(text):
        raise ValueError("fee")
    sign = -1 if text.startswith("-") else 1
    whole, _, part = text.removeprefix("-").partition(".")
    return sign * ((int(whole) * 100_000 + int(f"{part:0<5}") + 500) // 1000)


def _moment(text: str) -> datetime:
    if not _MOMENT.fullmatch(text):
        raise ValueError("time")
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)
