"""What a pretended WeChat Pay tells: orders, refunds and the day's file in the platform's own words."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from .pay_books import Movement, Order, OrderState, Refund, RefundState

BEIJING: Final = ZoneInfo("Asia/Shanghai")
HEADS: Final = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
    "付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,"
    "退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
SUM_HEADS: Final = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)
SOMEBODY: Final = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
_REFUND_WORDS: Final = {
    RefundState.PENDING: "PROCESSING",
    RefundState.DONE: "SUCCESS",
    RefundState.FAILED: "CLOSED",
    RefundState.STUCK: "ABNORMAL",
}


def moment(at: datetime) -> str:
    """Write a time as the platform does, Beijing's."""
    return at.astimezone(BEIJING).isoformat(timespec="seconds")


def transaction(
    order: Order, *, app: str, merchant: str, amount: int, currency: str, refunded: bool
) -> dict[str, object]:
    """Return an order as a query and a notice show it; what was never paid has no payer."""
    found: dict[str, object] = {
        "appid": app,
        "mchid": merchant,
        "out_trade_no": order.out_no,
        "trade_state": {
            OrderState.WAITING: "NOTPAY",
            OrderState.PAID: "REFUND" if refunded else "SUCCESS",
            OrderState.CLOSED: "CLOSED",
        }[order.state],
        "trade_state_desc": "",
        "promotion_detail": [],
        "scene_info": {"device_id": ""},
        "amount": {"total": amount, "payer_currency": currency},
    }
    if order.paid_at is not None:
        found |= {
            "transaction_id": order.reference,
            "trade_type": order.told["trade_type"],
            "bank_type": "OTHERS",
            "attach": "",
            "success_time": moment(order.paid_at),
            "payer": {"openid": order.told.get("openid") or SOMEBODY},
            "amount": {
                "total": amount,
                "payer_total": amount,
                "currency": currency,
                "payer_currency": currency,
            },
        }
    return found


def refund_told(refund: Refund, order: Order) -> dict[str, object]:
    """Return a refund as an answer shows it."""
    found: dict[str, object] = {
        "refund_id": refund.reference,
        "out_refund_no": refund.refund_no,
        "transaction_id": order.reference,
        "out_trade_no": refund.out_no,
        "channel": "ORIGINAL",
        "user_received_account": "支付用户零钱",
        "create_time": moment(refund.at),
        "status": _REFUND_WORDS[refund.state],
        "funds_account": "AVAILABLE",
        "amount": {
            "total": order.amount_minor,
            "refund": refund.amount_minor,
            "payer_total": order.amount_minor,
            "payer_refund": refund.amount_minor,
            "settlement_refund": refund.amount_minor,
            "settlement_total": order.amount_minor,
            "discount_refund": 0,
            "currency": order.currency,
        },
        "promotion_detail": [],
    }
    if refund.state is RefundState.DONE:
        found["success_time"] = moment(refund.at)
    return found


def refund_notice(refund: Refund, order: Order, merchant: str) -> dict[str, object]:
    """Return a refund as a notice shows it: fewer words, and another one for its state."""
    told = refund_told(refund, order)
    kept = (
        "refund_id", "out_refund_no", "transaction_id", "out_trade_no", "user_received_account",
        "success_time",
    )  # fmt: skip
    return {
        "mchid": merchant,
        **{name: told[name] for name in kept if name in told},
        "refund_status": told["status"],
        "amount": {
            "total": order.amount_minor,
            "refund": refund.amount_minor,
            "payer_total": order.amount_minor,
            "payer_refund": refund.amount_minor,
        },
    }


def day_file(rows: Sequence[Movement], orders: dict[str, Order], *, app: str, merchant: str) -> str:
    """Write a day's file: each value behind a back quote, a sum of all at the end."""
    lines = [HEADS, *(_line(_values(row, orders, app, merchant)) for row in rows), SUM_HEADS]
    paid = sum(row.amount_minor for row in rows if row.refund is None)
    returned = sum(row.amount_minor for row in rows if row.refund is not None)
    fees = sum(row.fee_minor for row in rows)
    sums = (str(len(rows)), yuan(paid), yuan(returned), "0.00", f"{yuan(fees)}000")
    lines.append(_line((*sums, yuan(paid), yuan(returned))))
    return "\ufeff" + "\r\n".join(lines) + "\r\n"


def yuan(minor: int) -> str:
    """Write fen as yuan."""
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def _line(values: Sequence[str]) -> str:
    return ",".join(f"`{value}" for value in values)


def _values(row: Movement, orders: dict[str, Order], app: str, merchant: str) -> Sequence[str]:
    order, refund = orders.get(row.out_no), row.refund
    amount = yuan(row.amount_minor)
    paid, returned = ("0.00", amount) if refund else (amount, "0.00")
    return (
        row.at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S"), app, merchant, "0", "",
        row.reference, row.out_no, SOMEBODY,
        order.told["trade_type"] if order else "NATIVE", "REFUND" if refund else "SUCCESS",
        "OTHERS", row.currency, paid, "0.00",
        refund.reference if refund else "0", refund.refund_no if refund else "0",
        returned, "0.00", "ORIGINAL" if refund else "", "SUCCESS" if refund else "",
        order.subject if order else "?", "", f"{yuan(row.fee_minor)}000", "0.60%",
        paid, returned, "",
    )  # fmt: skip
