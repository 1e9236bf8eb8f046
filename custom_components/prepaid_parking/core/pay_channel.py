"""What goes between the site and a provider that takes payers' money, in one vocabulary for all.

An order is named by our own number (`out_no`), which is stored before the provider is asked: whatever
is lost on the way, it can be asked about by that number. Amounts are minor units of the channel's
currency.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final


class ChannelFault(StrEnum):
    """Why a provider did not do what it was asked, as far as it decides what to do next."""

    UNREACHABLE = "unreachable"
    """It never heard of it: nothing was sent."""
    UNKNOWN = "unknown"
    """It was sent, and no answer came back: it is asked about, never repeated."""
    UNTRUSTED = "untrusted"
    """What came back was not signed by the provider: as good as no answer."""
    REFUSED = "refused"
    """It said no, and nothing happened."""


class ChannelError(Exception):
    """A provider did not do, or did not say, what it was asked."""

    def __init__(self, fault: ChannelFault, code: str = "", detail: str = "") -> None:
        """Keep the fault for decisions, the provider's own code and words for the log."""
        super().__init__(f"{fault}: {code} {detail}".rstrip())
        self.fault = fault
        self.code = code
        self.detail = detail


ANOTHERS: Final = "another account"
"""What a reader says of a whole file that is about money of somebody else."""


class Way(StrEnum):
    """How a payer comes to the provider's own page."""

    QR = "qr"
    """By a code on a screen, scanned with the provider's app."""
    PAGE = "page"
    """By a link in the phone's browser."""
    APP = "app"
    """By a call of a page that is open inside the provider's app, which knows who its user is."""


FOR_ANYBODY: Final = frozenset({Way.QR, Way.PAGE})
"""Ways that ask nothing about the payer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A payment that a provider is asked to take. `subject` is what the payer reads there.

    `payer` is the provider's own name of who pays, where it wants one (`Way.APP`): it is somebody's,
    so it is kept nowhere and stands in no log.
    """

    out_no: str
    amount_minor: int
    subject: str
    expires_at: datetime
    way: Way = Way.QR
    payer_ip: str = ""
    back_url: str = ""
    payer: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What the payer is shown: the text of a QR code, or the address of the provider's page.

    `app` is what a page inside the provider's app hands to it, as JSON: signed, for one payer, and
    worth nothing to anybody else. `provider_ref` is the provider's own number of the order, where
    it has one before it is paid.
    """

    qr: str = ""
    url: str = ""
    provider_ref: str = ""
    app: str = ""


class Outcome(StrEnum):
    """What became of an order at the provider."""

    WAITING = "waiting"
    PAID = "paid"
    CLOSED = "closed"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An order as the provider knows it; `provider_ref` is the number of the payment there."""

    out_no: str
    outcome: Outcome
    provider_ref: str = ""
    amount_minor: int = 0
    currency: str = ""
    merchant: str = ""
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundAsked:
    """Money that a provider is asked to give back, of an order of `total_minor`."""

    refund_no: str
    out_no: str
    amount_minor: int
    total_minor: int
    reason: str = ""
    provider_ref: str = ""


class RefundOutcome(StrEnum):
    """What became of a refund at the provider."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundSeen:
    """A refund as the provider knows it.

    One that is `stuck` has left the merchant and cannot reach the payer: it is pending, and stays so
    until a person sees to it at the provider.
    """

    refund_no: str
    outcome: RefundOutcome
    out_no: str = ""
    provider_ref: str = ""
    amount_minor: int = 0
    stuck: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message of a provider whose signature is right.

    `event_id` is the provider's own number of the message, the same in each repetition. One that is
    about neither a payment nor a refund is only taken note of. `sent_at` is the provider's clock.
    """

    event_id: str
    sent_at: datetime | None
    payment: Seen | None = None
    refund: RefundSeen | None = None


class RowKind(StrEnum):
    """What a row of a settlement file is about."""

    PAYMENT = "payment"
    REFUND = "refund"
    PAYOUT = "payout"
    """What the provider sent to the merchant's bank."""
    DISPUTE = "dispute"
    """What the payer's bank took back of a payment, below zero, or gave back of it."""
    OTHER = "other"
    """None of these: a fee on its own. It belongs to no order; below zero it was taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementRow:
    """One movement of a provider's day; `fee_minor` is what the provider keeps of it, signed alike.

    `word` is the provider's own for a movement that is neither a payment nor a refund.
    """

    kind: RowKind
    out_no: str
    provider_ref: str
    amount_minor: int
    fee_minor: int = 0
    refund_no: str = ""
    at: datetime | None = None
    word: str = ""
