"""Points for top-ups: earned, spent oldest first, expired by lots; no money, and never paid out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .errors import CoreError
from .identity import WalletId
from .wallet import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsRule:
    """One version of how points are earned and what they are worth; amounts in minor units.

    `points` for each full `per_minor` of a top-up; `spend_points` buy `worth_minor` of bonus, and only
    whole times that. 0 points end the earning; what was earned stays and can be spent. No purposes
    named means all of them.
    """

    id: str = "points"
    version: int
    valid_from: datetime
    points: int = 0
    per_minor: int = 1
    expires_days: int | None = None
    spend_points: int = 1
    worth_minor: int = 0
    purposes: tuple[Purpose, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Points that were earned together, as far as they are there."""

    points: int
    earned_at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lots:
    """A wallet's points as they are kept; together they are what its account holds."""

    wallet: WalletId
    lots: tuple[Lot, ...] = ()


def earned(rule: PointsRule, amount_minor: int, purpose: Purpose) -> int:
    """Return the points for a top-up."""
    if purpose not in (rule.purposes or (purpose,)):
        return 0
    return amount_minor // rule.per_minor * rule.points


def lot(rule: PointsRule, points: int, now: datetime) -> Lot:
    """Return points as they are earned now."""
    days = rule.expires_days
    until = None if days is None else now + timedelta(days=days)
    return Lot(points=points, earned_at=now, expires_at=until)


def held(lots: Iterable[Lot]) -> int:
    """Return how many points there are."""
    return sum(one.points for one in lots)


def usable(lots: Iterable[Lot], now: datetime) -> int:
    """Return how many points can be spent now."""
    return held(_split_expired(lots, now)[1])


def expired(lots: Iterable[Lot], now: datetime) -> tuple[int, tuple[Lot, ...]]:
    """Return how many points have expired, and the lots that stay."""
    gone, stay = _split_expired(lots, now)
    return held(gone), tuple(stay)


def spend(lots: Iterable[Lot], points: int, now: datetime) -> tuple[Lot, ...]:
    """Take points for spending: those that expire first go first, expired ones not at all."""
    gone, good = _split_expired(lots, now)
    if points > held(good):
        raise CoreError("not_enough_points", points=held(good))
    return tuple(gone) + _take(sorted(good, key=_expiry), points)


def take_back(lots: Sequence[Lot], points: int) -> tuple[int, tuple[Lot, ...]]:
    """Take back what a refunded top-up had earned, as far as it is there, the newest first."""
    part = min(points, held(lots))
    newest_first = sorted(lots, key=lambda one: one.earned_at, reverse=True)
    return part, tuple(reversed(_take(newest_first, part)))


def worth(rule: PointsRule, points: int) -> int:
    """Return the bonus that points buy; only whole times of what the rule names."""
    if not rule.worth_minor:
        raise CoreError("points_buy_nothing")
    times, rest = divmod(points, rule.spend_points)
    if rest:
        raise CoreError("points_not_whole", points=rule.spend_points)
    return times * rule.worth_minor


def check_rule(rule: PointsRule) -> None:
    """Refuse a rule that makes no sense."""
    if rule.per_minor < 1 or rule.spend_points < 1 or min(rule.points, rule.worth_minor) < 0:
        raise CoreError("points_negative")
    if rule.expires_days is not None and rule.expires_days < 1:
        raise CoreError("points_negative")


def _take(lots: Sequence[Lot], points: int) -> tuple[Lot, ...]:
    kept: list[Lot] = []
    for one in lots:
        part = min(points, one.points)
        points -= part
        if part < one.points:
            kept.append(replace(one, points=one.points - part))
    return tuple(kept)


def _split_expired(lots: Iterable[Lot], now: datetime) -> tuple[list[Lot], list[Lot]]:
    gone, good = list[Lot](), list[Lot]()
    for one in lots:
        over = one.expires_at is not None and one.expires_at <= now
        (gone if over else good).append(one)
    return gone, good


def _expiry(one: Lot) -> tuple[bool, datetime]:
    return one.expires_at is None, one.expires_at or one.earned_at
