"""The day file of WeChat Pay: rows of text, each value behind a back quote, and a sum at the end.

Source: pay.weixin.qq.com/doc/v3/merchant, "trade bill", type ALL. Amounts are yuan with two digits;
the fee of a refund is given back and so is below zero.
"""

from collections.abc import Mapping, Sequence
import csv
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from ...core.errors import CoreError
from ...core.money import Currency
from ...core.pay_channel import ChannelError, ChannelFault, RowKind, SettlementRow

YUAN: Final = Currency.of("CNY")
BEIJING: Final = ZoneInfo("Asia/Shanghai")


def rows(text: str) -> Sequence[SettlementRow]:
    """Read a day file; one that is not understood whole is not taken up in part."""
    table = list(csv.reader(text.splitlines()))
    try:
        heads = table[0]
        sums = next(no for no, row in enumerate(table) if row[:1] == ["总交易单数"])
        found = [
            _row(dict(zip(heads, (value.removeprefix("`") for value in row), strict=True)))
            for row in table[1:sums]
        ]
        said = int(table[sums + 1][0].removeprefix("`"))
    except (IndexError, KeyError, StopIteration, ValueError, CoreError) as err:
        raise ChannelError(ChannelFault.UNTRUSTED, "bill", str(err)) from err
    if said != len(found):
        raise ChannelError(ChannelFault.UNTRUSTED, "bill", f"{said} rows")
    return found


def _row(row: Mapping[str, str]) -> SettlementRow:
    is_refund = row["交易状态"] == "REFUND"
    return SettlementRow(
        kind=RowKind.REFUND if is_refund else RowKind.PAYMENT,
        out_no=row["商户订单号"],
        provider_ref=row["微信退款单号"] if is_refund else row["微信订单号"],
        amount_minor=YUAN.parse(row["申请退款金额"] if is_refund else row["订单金额"]),
        fee_minor=_fee(row["手续费"]),
        refund_no=row["商户退款单号"] if is_refund else "",
        at=datetime.fromisoformat(row["交易时间"]).replace(tzinfo=BEIJING),
    )


def _fee(text: str) -> int:
    """Return a fee in fen, a hundredth of a fen at a time: the file has five digits."""
    sign = -1 if text.startswith("-") else 1
    whole, _, part = text.removeprefix("-").partition(".")
    micro = int(whole) * 100_000 + int(f"{part:0<5}"[:5])
    return sign * ((micro + 500) // 1000)
