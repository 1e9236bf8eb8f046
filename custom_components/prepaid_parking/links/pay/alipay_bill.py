"""The day file of Alipay ("trade" bill): a ZIP of two GBK texts, the movements and their sums by shop.

Only the movements are read. They begin and end with lines that say so; behind them stand how many
payments and refunds there are and what they come to, which must be so. Amounts are yuan with two
digits: what goes out (refunds, fees) is below zero. Source: opendocs.alipay.com,
alipay.data.dataservice.bill.downloadurl.query, "business details".
"""

from collections.abc import Mapping, Sequence
import csv
from datetime import date, datetime
import io
import re
from typing import Final
import zipfile
import zlib

from ...core.errors import CoreError
from ...core.pay_channel import ANOTHERS, ChannelError, ChannelFault, RowKind, SettlementRow
from .alipay_told import BEIJING, YUAN
from .exchange import LARGEST_FILE

TITLE: Final = "#支付宝业务明细查询"
SUMS_TITLE: Final = "#支付宝业务汇总查询"
KINDS: Final = {"交易": RowKind.PAYMENT, "退款": RowKind.REFUND}
_BEGIN: Final = re.compile("#-+业务明细列表-+")
_END: Final = re.compile("#-+业务明细列表结束-+")
_ACCOUNT: Final = re.compile(r"#账号：\[(\d+)\]", re.ASCII)
_DAY: Final = re.compile(
    r"#起始日期：\[(\d{4})年(\d\d)月(\d\d)日 00:00:00\]\s+终止日期：.*", re.ASCII
)
_SAID: Final = {
    RowKind.PAYMENT: re.compile(r"#交易合计：(\d+)笔，商家实收共(-?[\d.]+)元，.*", re.ASCII),
    RowKind.REFUND: re.compile(r"#退款合计：(\d+)笔，商家实收退款共(-?[\d.]+)元，.*", re.ASCII),
}
_AMOUNT: Final = re.compile(r"-?\d{1,12}(\.\d{1,2})?", re.ASCII)
_PACKINGS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""The provider's; the others each break in errors of their own."""
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    csv.Error,
    EOFError,
    IndexError,
    KeyError,
    OSError,
    RuntimeError,
    ValueError,
    CoreError,
)
"""What a file that is not what it should be makes the standard library raise.

A ZIP that is encrypted, or of a later version, is a RuntimeError.
"""


def rows(content: bytes, day: date, seller: str) -> Sequence[SettlementRow]:
    """Read a day file; one that is not understood whole is not taken up in part."""
    try:
        return _rows(_movements(content), day, seller)
    except _BROKEN as err:
        raise ChannelError(ChannelFault.UNTRUSTED, "bill", str(err)) from err


def rows_of_file(content: bytes, seller: str) -> Sequence[SettlementRow]:
    """Read a file that a person brings as the provider packed it; its day is the one it names."""
    try:
        return _rows_by_themselves(_movements(content), seller)
    except _BROKEN as err:
        raise ChannelError(ChannelFault.UNTRUSTED, "bill", str(err)) from err


def rows_of_text(text: str, seller: str) -> Sequence[SettlementRow]:
    """Read the movements of a file that a person has unpacked; its day is the one it names."""
    try:
        return _rows_by_themselves(text.removeprefix("\ufeff").strip().splitlines(), seller)
    except _BROKEN as err:
        raise ChannelError(ChannelFault.UNTRUSTED, "bill", str(err)) from err


def _rows_by_themselves(lines: Sequence[str], seller: str) -> Sequence[SettlementRow]:
    return _rows(lines, date(*map(int, _match(_DAY, lines[2]))), seller)


def _movements(content: bytes) -> list[str]:
    """Return the lines of the movements: which file they are in is said by its first line."""
    found = None
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(one.file_size for one in packed.infolist()) > LARGEST_FILE:
            raise ValueError("too large")
        for one in packed.infolist():
            if one.compress_type not in _PACKINGS:
                raise ValueError("packed in another way")
            lines = packed.read(one).decode("gb18030").splitlines()
            match lines[:1]:
                case [title] if title == TITLE and found is None:
                    found = lines
                case [title] if title == SUMS_TITLE:
                    continue
                case _:
                    raise ValueError("a file that is not known")
    if found is None:
        raise ValueError("no movements")
    return found


def _rows(lines: Sequence[str], day: date, seller: str) -> Sequence[SettlementRow]:
    begin, end = _line(_BEGIN, lines), _line(_END, lines)
    account, started = lines[1:3]
    if not _match(_ACCOUNT, account)[0].startswith(seller):
        raise ValueError(ANOTHERS)
    if date(*map(int, _match(_DAY, started))) != day:
        raise ValueError("another day")
    heads, *table = csv.reader(lines[begin + 1 : end], strict=True)
    found = [_row(dict(zip(heads, (value.strip() for value in row), strict=True))) for row in table]
    for kind, line in zip(_SAID, lines[end + 1 : end + 3], strict=True):
        count, total = _match(_SAID[kind], line)
        received = [got for got, row in found if row.kind is kind]
        if (int(count), _fen(total)) != (len(received), sum(received)):
            raise ValueError("sums")
    return [row for _, row in found]


def _line(pattern: re.Pattern[str], lines: Sequence[str]) -> int:
    (found,) = (no for no, line in enumerate(lines) if pattern.fullmatch(line))
    return found


def _match(pattern: re.Pattern[str], line: str) -> Sequence[str]:
    found = pattern.fullmatch(line)
    if found is None:
        raise ValueError(pattern.pattern)
    return found.groups()


def _row(row: Mapping[str, str]) -> tuple[int, SettlementRow]:
    """Return what the merchant got of a movement, and the movement.

    What is kept is the fee, a share for somebody else and a discount at the merchant's cost: the
    payer has paid the whole order all the same.
    """
    kind = KINDS[row["业务类型"]]
    sign = 1 if kind is RowKind.PAYMENT else -1
    amount, received = _fen(row["订单金额（元）"]), _fen(row["商家实收（元）"])
    taken = _fen(row["服务费（元）"]) + _fen(row["分润（元）"])
    if amount * sign <= 0 or received * sign < 0 or taken * sign > 0:
        raise ValueError("an amount of the wrong sign")
    return received, SettlementRow(
        kind=kind,
        out_no=row["商户订单号"],
        provider_ref=row["支付宝交易号"],
        amount_minor=amount * sign,
        fee_minor=(amount - received - taken),
        refund_no=row["退款批次号/请求号"] if kind is RowKind.REFUND else "",
        at=datetime.strptime(row["完成时间"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING),
    )


def _fen(text: str) -> int:
    if not _AMOUNT.fullmatch(text):
        raise ValueError(text)
    return YUAN.parse(text)
