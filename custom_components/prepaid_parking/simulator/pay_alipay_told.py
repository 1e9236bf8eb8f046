"""The words in which a pretended Alipay tells: states, times on Beijing's clock, amounts in yuan."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from .pay_books import OrderState, RefundState

BEIJING: Final = timezone(timedelta(hours=8))
STATES: Final = {
    OrderState.WAITING: "WAIT_BUYER_PAY",
    OrderState.PAID: "TRADE_SUCCESS",
    OrderState.CLOSED: "TRADE_CLOSED",
}
REFUND_STATES: Final = {
    RefundState.PENDING: "REFUND_PROCESSING",
    RefundState.DONE: "REFUND_SUCCESS",
    RefundState.FAILED: "REFUND_FAIL",
}


def written(at: datetime) -> str:
    """Write an instant as Alipay does."""
    return at.astimezone(UTC).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def yuan(amount_minor: int) -> str:
    """Write an amount."""
    return f"{amount_minor // 100}.{amount_minor % 100:02d}"


def fen(text: str) -> int:
    """Read an amount."""
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int(f"{part:0<2}")
