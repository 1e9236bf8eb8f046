"""Providers' files that a person brings: which reader is whose."""

from collections.abc import Callable, Sequence
from typing import Final

from .core.chart import Channel
from .core.errors import CoreError
from .core.pay_channel import ChannelError, SettlementRow
from .links.pay import alipay_bill, stripe_report, wechat_bill
from .operations.pay_book import ChannelRun

type Reader = Callable[[str, ChannelRun], Sequence[SettlementRow]]

BILL_WORDS: Final = ("交易时间", "支付宝")
"""What stands in the first line of the Chinese providers' files."""
READERS: Final[dict[Channel, Reader]] = {
    Channel.WECHAT: lambda text, run: wechat_bill.rows(text.encode(), run.port.merchant),
    Channel.ALIPAY: lambda text, run: alipay_bill.rows_of_text(text, run.port.merchant),
    Channel.STRIPE: lambda text, run: stripe_report.rows(text, run.port.currency),
}


def read_settlement(text: str, run: ChannelRun) -> Sequence[SettlementRow]:
    """Read a provider's file, whole or not at all; whoever calls does so in a thread."""
    try:
        return READERS[run.kind](text, run)
    except ChannelError as err:
        raise CoreError("settlement_not_read", channel=run.name, detail=err.detail) from err
