"""Promotions: who tops up so much is given so much; a bonus pays like cash and is never paid out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from .errors import CoreError
from .identity import PromotionId, WalletId
from .top_up import TopUp, is_for
from .wallet import Purpose, WalletKind

WHOLE_BP: Final = 10_000
"""A hundred percent, in basis points."""


class Back(StrEnum):
    """What counts as spent when cash is refunded for which a bonus was given.

    The customer's own money first, the bonus first, or both in the proportion of the top-up; what is
    then left of the bonus is taken back with the cash. `forfeit` goes by what was really spent, and
    takes all that is left of the bonus with the first refund.
    """

    CASH_FIRST = "cash_first"
    BONUS_FIRST = "bonus_first"
    RATIO = "ratio"
    FORFEIT = "forfeit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """From this top-up on: a fixed bonus, or a share of the top-up in basis points."""

    least_minor: int
    bonus_minor: int = 0
    share_bp: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """One version of a promotion; amounts in minor units.

    It is open from `from_at` up to but not including `until_at`. No channels, purposes or kinds named
    means all of them. The caps are of the bonus: for one wallet, and for all together.
    """

    id: PromotionId
    version: int
    valid_from: datetime
    name: str = ""
    steps: tuple[Step, ...] = ()
    from_at: datetime | None = None
    until_at: datetime | None = None
    channels: tuple[str, ...] = ()
    purposes: tuple[Purpose, ...] = ()
    kinds: tuple[WalletKind, ...] = ()
    wallet_cap_minor: int | None = None
    total_cap_minor: int | None = None
    once: bool = False
    back: Back = Back.CASH_FIRST


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What a wallet was given of a promotion so far, all its versions together."""

    promotion: PromotionId
    wallet: WalletId
    times: int = 0
    bonus_minor: int = 0


@dataclass(frozen=True, slots=True)
class Offer:
    """A promotion with what was given of it before: to this wallet, and to all."""

    promotion: Promotion
    to_wallet: Granted
    to_all_minor: int


@dataclass(frozen=True, slots=True)
class Grant:
    """The bonus that comes with a top-up."""

    promotion: Promotion
    bonus_minor: int


def best_grant(offers: Iterable[Offer], top_up: TopUp) -> Grant | None:
    """Return the largest bonus that is open for a top-up: one, never several on top of each other."""
    grants = [
        Grant(offer.promotion, bonus) for offer in offers if (bonus := bonus_of(offer, top_up)) > 0
    ]
    return max(grants, key=lambda one: (one.bonus_minor, one.promotion.id), default=None)


def bonus_of(offer: Offer, top_up: TopUp) -> int:
    """Return what a promotion gives for a top-up, cut to what its caps still leave."""
    promotion, given = offer.promotion, offer.to_wallet
    if not is_for(promotion, top_up) or (promotion.once and given.times):
        return 0
    reached = [step for step in promotion.steps if step.least_minor <= top_up.amount_minor]
    if not reached:
        return 0
    step = max(reached, key=lambda one: one.least_minor)
    bonus = step.bonus_minor + top_up.amount_minor * step.share_bp // WHOLE_BP
    if promotion.wallet_cap_minor is not None:
        bonus = min(bonus, promotion.wallet_cap_minor - given.bonus_minor)
    if promotion.total_cap_minor is not None:
        bonus = min(bonus, promotion.total_cap_minor - offer.to_all_minor)
    return max(0, bonus)


def check_promotion(promotion: Promotion) -> None:
    """Refuse a promotion that gives nothing, or something else than it seems to."""
    if not promotion.steps:
        raise CoreError("promotion_without_steps", promotion=promotion.id)
    leasts = [step.least_minor for step in promotion.steps]
    if len(set(leasts)) < len(leasts):
        raise CoreError("promotion_steps_alike", promotion=promotion.id)
    amounts = [*leasts, promotion.wallet_cap_minor or 0, promotion.total_cap_minor or 0]
    amounts += [part for step in promotion.steps for part in (step.bonus_minor, step.share_bp)]
    if min(amounts) < 0:
        raise CoreError("promotion_negative", promotion=promotion.id)
    if any(step.bonus_minor + step.share_bp == 0 for step in promotion.steps):
        raise CoreError("promotion_gives_nothing", promotion=promotion.id)
    begin, end = promotion.from_at, promotion.until_at
    if begin is not None and end is not None and begin >= end:
        raise CoreError("promotion_ends_before", promotion=promotion.id)
