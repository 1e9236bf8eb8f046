"""Providers' files that a person brings: which reader is whose."""

from collections.abc import Callable, Sequence
from typing import Final

from .core.chart import Channel
from .core.errors import CoreError
from .core.pay_channel import ANOTHERS, ChannelError, SettlementRow
from .core.table_file import table_text
from .links.pay import alipay_bill, stripe_report, wechat_bill
from .links.pay.exchange import LARGEST_FILE
from .operations.pay_book import ChannelRun

type Reader = Callable[[str, ChannelRun], Sequence[SettlementRow]]

BILL_WORDS: Final = ("交易时间", "支付宝")
"""What stands in the first line of the Chinese providers' files."""
LARGEST_GIVEN: Final = LARGEST_FILE
"""Of a file that lies on the hub: what is fetched each night may be brought as well."""
ZIP: Final = b"PK\x03\x04"
READERS: Final[dict[Channel, Reader]] = {
    Channel.WECHAT: lambda text, run: wechat_bill.rows_of_text(text, run.port.merchant),
    Channel.ALIPAY: lambda text, run: alipay_bill.rows_of_text(text, run.port.merchant),
    Channel.STRIPE: lambda text, run: stripe_report.rows(text, run.port.currency),
}
FIRST_LINES: Final = {
    Channel.WECHAT: "公众账号ID",
    Channel.ALIPAY: "支付宝",
    Channel.STRIPE: "reporting_category",
}
"""What only the one provider's file has in its first line."""
LONGEST_LINE: Final = 2_000


def read_settlement(given: str | bytes, run: ChannelRun) -> Sequence[SettlementRow]:
    """Read a provider's file, whole or not at all; whoever calls does so in a thread."""
    text = ""
    try:
        if isinstance(given, bytes) and run.kind is Channel.ALIPAY and given.startswith(ZIP):
            return alipay_bill.rows_of_file(given, run.port.merchant)
        text = _text(given, run)
        return READERS[run.kind](text, run)
    except ChannelError as err:
        if err.detail == ANOTHERS or _is_anothers(text, run.kind):
            raise CoreError("settlement_anothers", channel=run.name) from err
        raise CoreError("settlement_not_read", channel=run.name, detail=err.detail) from err


def _text(given: str | bytes, run: ChannelRun) -> str:
    """Return a file's text; a provider writes letters that can be read, until a copy breaks off."""
    if isinstance(given, str):
        return given
    try:
        return table_text(given, BILL_WORDS, LARGEST_GIVEN)
    except CoreError as err:
        if err.key != "list_wrong_encoding":
            raise
        raise CoreError("settlement_not_read", channel=run.name, detail="letters") from err


def _is_anothers(text: str, kind: Channel) -> bool:
    """Tell whether a file that cannot be read begins as another provider writes it."""
    first = "".join(text.removeprefix("\ufeff").lstrip()[:LONGEST_LINE].splitlines()[:1])
    return any(words in first for other, words in FIRST_LINES.items() if other is not kind)
