"""Agreements on auto-charge: what a payer has allowed us to fetch by ourselves, and no cent more."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from .errors import CoreError
from .identity import AgreementId, OrderId, WalletId


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What a payer has agreed to; amounts in minor units.

    When the wallet's balance falls below `below_minor`, `amount_minor` is fetched: never more than
    `most_minor` at a time, nor more than `day_minor` in a local day. `subject` holds the provider's
    token, sealed. `fall` counts how often the balance fell (one whose fetch the provider never heard
    of, while the hub was down, counts anew), `seen_fall` is the last fall for which something was
    fetched or asked for: once for each, whatever became of it. `trouble` is why the last one brought
    nothing.
    """

    id: AgreementId
    no: int
    wallet: WalletId
    channel: str
    subject: str
    below_minor: int
    amount_minor: int
    most_minor: int
    day_minor: int
    made_at: datetime
    made_by: str
    fall: int = 0
    fallen: bool = False
    seen_fall: int = 0
    ended_at: datetime | None = None
    ended_by: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementCharge:
    """One fetch: which fall it was for, in which order. It is written before anybody is asked."""

    id: str
    agreement: AgreementId
    fall: int
    amount_minor: int
    at: datetime
    order: OrderId | None = None
    failed: str = ""


def charge_id(agreement: AgreementId, fall: int) -> str:
    """Name the fetch for a fall: there is one."""
    return f"{agreement}/{fall}"


class Fetch(StrEnum):
    """What is to be done about a fall."""

    NOTHING = "nothing"
    CHARGE = "charge"
    ASK = "ask"
    """It is allowed by nobody: a person decides."""


def check_agreement(agreement: Agreement) -> None:
    """Refuse an agreement that allows nothing, or something else than it seems to."""
    if agreement.amount_minor <= 0 or agreement.below_minor < 0:
        raise CoreError("agreement_amount")
    if agreement.most_minor < agreement.amount_minor or agreement.day_minor < agreement.most_minor:
        raise CoreError("agreement_limits")


def after_balance(agreement: Agreement, available_minor: int) -> Agreement:
    """Return an agreement after the balance was looked at: a fall begins once, and ends above the mark."""
    below = available_minor < agreement.below_minor
    if below is agreement.fallen:
        return agreement
    return replace(agreement, fallen=below, fall=agreement.fall + below)


def wanted_minor(agreement: Agreement, available_minor: int) -> int:
    """Return what is to be fetched: what was agreed, or more where that would not reach the mark."""
    return max(agreement.amount_minor, agreement.below_minor - available_minor)


def decide(agreement: Agreement, wanted: int, fetched_today_minor: int) -> Fetch:
    """Return what a fall asks for; what was fetched or asked for already is not again."""
    if agreement.ended_at is not None or not agreement.fallen:
        return Fetch.NOTHING
    if agreement.seen_fall >= agreement.fall:
        return Fetch.NOTHING
    if wanted > agreement.most_minor or fetched_today_minor + wanted > agreement.day_minor:
        return Fetch.ASK
    return Fetch.CHARGE
