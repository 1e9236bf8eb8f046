"""The file of a day as Alipay packs it: a ZIP of two GBK texts, the movements and their sums by shop."""

from collections.abc import Sequence
from datetime import date, timedelta, timezone
import io
from typing import Final
import zipfile

from .pay_books import Movement

_BEIJING: Final = timezone(timedelta(hours=8))
_RULE: Final = "-" * 41
HEADS: Final = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,"
    "对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,"
    "券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,"
    "分润（元）,备注"
)


def packed(movements: Sequence[Movement], day: date, merchant: str) -> bytes:
    """Return the file of a day."""
    content = io.BytesIO()
    name = f"{merchant}0156_{day:%Y%m%d}_业务明细"
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr(f"{name}(汇总).csv", "#支付宝业务汇总查询\r\n".encode("gbk"))
        files.writestr(f"{name}.csv", text(movements, day, merchant).encode("gbk"))
    return content.getvalue()


def text(movements: Sequence[Movement], day: date, merchant: str) -> str:
    """Return the movements of a day."""
    paid = [move for move in movements if move.refund is None]
    returned = [move for move in movements if move.refund is not None]
    end = day + timedelta(days=1)
    lines = [
        "#支付宝业务明细查询",
        f"#账号：[{merchant}0156]",
        f"#起始日期：[{day:%Y年%m月%d日} 00:00:00]   终止日期：[{end:%Y年%m月%d日} 00:00:00]",
        f"#{_RULE}业务明细列表{_RULE}",
        HEADS,
        *(_line(move) for move in movements),
        f"#{_RULE}业务明细列表结束{_RULE}",
        f"#交易合计：{len(paid)}笔，商家实收共{_total(paid)}元，商家优惠共0.00元",
        f"#退款合计：{len(returned)}笔，商家实收退款共{_total(returned, -1)}元，商家优惠退款共0.00元",
        f"#导出时间：[{end:%Y年%m月%d日} 06:27:10]",
    ]
    return "\r\n".join(lines) + "\r\n"


def _line(move: Movement) -> str:
    kind, sign = ("交易", 1) if move.refund is None else ("退款", -1)
    at = f"{move.at.astimezone(_BEIJING):%Y-%m-%d %H:%M:%S}"
    amount = _yuan(move.amount_minor * sign)
    number = move.refund.refund_no if move.refund is not None else ""
    before = f"{move.reference}\t,{move.out_no}\t,{kind}\t,停车费,{at},{at},\t,\t,\t,\t"
    nothing = "0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00"
    after = f"{number}\t,{_yuan(-move.fee_minor)},0.00,"
    return f"{before},*津水(602***@qq.com)\t,{amount},{amount},{nothing},{after}"


def _total(movements: Sequence[Movement], sign: int = 1) -> str:
    return _yuan(sum(move.amount_minor for move in movements) * sign)


def _yuan(amount_minor: int) -> str:
    sign = "-" if amount_minor < 0 else ""
    return f"{sign}{abs(amount_minor) // 100}.{abs(amount_minor) % 100:02d}"
