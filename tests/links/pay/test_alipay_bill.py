"""The day file of Alipay: read whole or not at all."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
import io
from typing import Final
import zipfile

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.pay_channel import ChannelError, ChannelFault, RowKind
from custom_components.prepaid_parking.links.pay.alipay_bill import rows, rows_of_file
from custom_components.prepaid_parking.simulator import pay_alipay_bill
from custom_components.prepaid_parking.simulator.pay_books import Movement, Refund

from .alipay_peer import SELLER

DAY: Final = date(2019, 9, 16)
WRITTEN: Final = f"""#支付宝业务明细查询
#账号：[{SELLER}0156]
#起始日期：[2019年09月16日 00:00:00]   终止日期：[2019年09月17日 00:00:00]
#-----------------------------------------业务明细列表----------------------------------------
{pay_alipay_bill.HEADS}
2019091622001458860515315453\t,service_1568601259302\t,交易\t,下单测试,2019-09-16 10:55:16,2019-09-16 10:55:23,alipay_store\t,alipay_store\t,alipay\t,\t,*津水(602***@qq.com)\t,12.50,12.50,0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,\t,-0.08,0.00,下单测试
2019091622001458860515315453\t,service_1568601259302\t,退款\t,"下单,测试",2019-09-16 10:55:16,2019-09-16 10:56:48,alipay_store\t,alipay_store\t,alipay\t,\t,*津水(602***@qq.com)\t,-2.50,-2.50,0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,re_test_1568602607356\t,0.02,0.00,下单测试
2019091622001458860515315454\t,service_1568601259303\t,交易\t,𠮷,2019-09-16 10:55:16,2019-09-16 10:55:23,\t,\t,\t,\t,*津水(602***@qq.com)\t,10.00,9.00,0.00,0.00,0.00,1.00,0.00,券,0.00\t,0.00,\t,-0.05,-0.10,
#-----------------------------------------业务明细列表结束------------------------------------
#交易合计：2笔，商家实收共21.50元，商家优惠共1.00元
#退款合计：1笔，商家实收退款共-2.50元，商家优惠退款共0.00元
#导出时间：[2019年09月17日 06:27:10]
"""
"""In the shape of files that merchants have; the fees and the discount are made up."""


def _packed(text: str = WRITTEN, *others: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as files:
        for number, one in enumerate((text, *others)):
            files.writestr(f"{number}.csv", one.replace("\n", "\r\n").encode("gb18030"))
    return content.getvalue()


def _packed_by(kind: int) -> bytes:
    """Return a file that says it was packed in another way: the list of a ZIP says in which."""
    content = bytearray(_packed())
    place = content.index(b"PK\x01\x02") + 10
    content[place : place + 2] = kind.to_bytes(2, "little")
    return bytes(content)


def _refused(content: bytes, day: date = DAY, seller: str = SELLER) -> None:
    with pytest.raises(ChannelError) as err:
        rows(content, day, seller)
    assert err.value.fault is ChannelFault.UNTRUSTED


def _refused_by_hand(content: bytes, seller: str = SELLER) -> None:
    with pytest.raises(ChannelError) as err:
        rows_of_file(content, seller)
    assert err.value.fault is ChannelFault.UNTRUSTED


def test_a_file_as_merchants_have_it() -> None:
    """A payment, a refund with its fee given back, and a discount at the merchant's cost."""
    whole = _packed(WRITTEN, "#支付宝业务汇总查询\n")
    paid, back, cheaper = rows(whole, DAY, SELLER)
    assert rows_of_file(whole, SELLER) == [paid, back, cheaper]
    assert (paid.kind, paid.amount_minor, paid.fee_minor) == (RowKind.PAYMENT, 1250, 8)
    assert paid.out_no == "service_1568601259302"
    assert paid.provider_ref == "2019091622001458860515315453"
    assert paid.at == datetime(2019, 9, 16, 2, 55, 23, tzinfo=UTC)
    assert (back.kind, back.amount_minor, back.fee_minor) == (RowKind.REFUND, 250, -2)
    assert back.refund_no == "re_test_1568602607356"
    assert (cheaper.amount_minor, cheaper.fee_minor) == (1000, 115)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("#支付宝业务明细查询", "#支付宝账务明细查询"),
        ("2088", "2089"),
        ("起始日期：[2019年09月16日", "起始日期：[2019年09月15日"),
        ("起始日期：[2019年09月16日", "起始日期：[2019年13月16日"),
        ("\t,交易\t,下", "\t,转账\t,下"),
        ("订单金额（元）", "订单金额（角）"),
        ("12.50,12.50", "12.505,12.50"),
        ("12.50,12.50", "-12.50,12.50"),
        ("12.50,12.50", "12.50,12.49"),
        ("12.50,12.50", "1e1,12.50"),
        ("-2.50,-2.50", "2.50,-2.50"),
        ("\t,-0.08", "\t,0.08"),
        ("2019-09-16 10:55:23,alipay_store", "soon,alipay_store"),
        (",下单测试\n2019", "\n2019"),
        (',"下单,测试",', ',"下单"测试,'),
        ("#交易合计：2笔", "#交易合计：3笔"),
        ("共21.50元", "共21.51元"),
        ("退款共-2.50元", "退款共2.50元"),
        ("#退款合计：1笔", "#退款合计：一笔"),
        ("业务明细列表结束", "业务明细列表没完"),
        ("#导出时间", "#-业务明细列表结束-\n#导出时间"),
    ],
)
def test_a_file_that_is_not_understood_is_not_read_in_part(old: str, new: str) -> None:
    """A row that is passed over is money that nobody looks for."""
    assert old in WRITTEN
    _refused(_packed(WRITTEN.replace(old, new)))


OTHERS: Final[dict[str, Callable[[], bytes]]] = {
    "nothing": lambda: b"",
    "no ZIP": lambda: b"PK\x03\x04 no",
    "twice": lambda: _packed(WRITTEN, WRITTEN),
    "a stranger": lambda: _packed(WRITTEN, "#别的\n"),
    "the sums alone": lambda: _packed("#支付宝业务汇总查询\n"),
    "empty": lambda: _packed(""),
    "half": lambda: _packed(WRITTEN[: len(WRITTEN) // 2]),
    "packed by bzip2": lambda: _packed_by(zipfile.ZIP_BZIP2),
    "packed by LZMA": lambda: _packed_by(zipfile.ZIP_LZMA),
    "packed by Zstandard": lambda: _packed_by(zipfile.ZIP_ZSTANDARD),
    "packed in no way": lambda: _packed_by(99),
    "a bomb": lambda: _packed(WRITTEN + "x" * 40_000_000),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_file_is_refused(name: str) -> None:
    """An empty one, two of one kind, a bomb: none of them is a day without payments."""
    _refused(OTHERS[name]())
    _refused_by_hand(OTHERS[name]())


def test_another_day_or_merchant_is_refused() -> None:
    """Yesterday's file booked again would find everything twice."""
    _refused(_packed(), day=date(2019, 9, 17))
    _refused(_packed(), seller="2088000000000000")
    _refused_by_hand(_packed(), "2088000000000000")


@given(st.integers(0), st.integers(1, 255))
def test_a_damaged_file_is_refused_or_says_the_same(place: int, change: int) -> None:
    """A bad line must end in a refusal, never in another error or another amount."""
    content = bytearray(_packed())
    content[place % len(content)] ^= change
    with suppress(ChannelError):
        assert rows(bytes(content), DAY, SELLER) == rows(_packed(), DAY, SELLER)


@given(st.lists(st.tuples(st.integers(1, 10**9), st.booleans()), max_size=8))
def test_what_a_day_brought_is_read_as_it_was(amounts: list[tuple[int, bool]]) -> None:
    """Written by the pretended provider and read by us: the same money."""
    at = datetime(2019, 9, 16, 4, tzinfo=UTC)
    moves = [
        Movement(
            out_no=f"N{number}",
            reference=f"{number}",
            amount_minor=amount,
            fee_minor=-(amount // 100) if back else amount // 100,
            at=at,
            currency="CNY",
            refund=Refund(
                refund_no=f"R{number}", out_no="", amount_minor=amount, reference="", at=at
            )
            if back
            else None,
        )
        for number, (amount, back) in enumerate(amounts)
    ]
    found = rows(pay_alipay_bill.packed(moves, DAY, SELLER), DAY, SELLER)
    assert [(row.amount_minor, row.fee_minor, row.out_no) for row in found] == [
        (move.amount_minor, move.fee_minor, move.out_no) for move in moves
    ]
    assert all(
        (row.kind is RowKind.REFUND) == back for row, (_, back) in zip(found, amounts, strict=True)
    )
