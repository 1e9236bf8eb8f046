"""What goes wrong between a provider, its payers and a hub, settable while it runs."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(slots=True, kw_only=True)
class Faults:
    """The faults of one provider. Numbers are how often it still happens; 0 is healthy."""

    notice_duplicate: int = 0
    """Further copies of each notice."""
    notice_late_s: float = 0.0
    """Each notice waits so long before it is sent."""
    notice_lost: bool = False
    """Notices are never sent."""
    notice_reordered: bool = False
    """Notices are held back until the next one, which goes first."""
    signature_probe: int = 0
    """Notices that are sent once with a wrong signature before they are sent rightly."""
    fail_before_booking: int = 0
    """Requests answered 5xx, and nothing has happened."""
    fail_after_booking: int = 0
    """Requests answered 5xx although all is booked."""
    slow_s: float = 0.0
    """Each request is answered so late."""
    wrong_amount: int = 0
    """Added to every amount of a payment that is told."""
    wrong_merchant: str = ""
    """Told in place of the merchant."""
    wrong_currency: str = ""
    """Told in place of the currency."""
    clock_skew: timedelta = timedelta()
    """The provider's clock is so much ahead."""
    paid_after_close: bool = False
    """A payer comes through although the order is closed or over."""
    refund_pending: bool = False
    """Refunds stay on their way until somebody completes them."""
    refund_fails: bool = False
    """A refund is accepted and fails afterwards."""
    refund_stuck: bool = False
    """A refund is accepted and does not reach the payer; somebody completes it later."""
    row_without_order: int = 0
    """Rows of a day's file that no order belongs to."""
    order_without_row: int = 0
    """Payments, the day's first, that its file does not have."""
    file_changed: bool = False
    """A day's file is not the one that was announced."""

    def struck(self, name: str) -> bool:
        """Tell whether a counted fault happens now, and count it."""
        left: int = getattr(self, name)
        if left > 0:
            setattr(self, name, left - 1)
        return left > 0
