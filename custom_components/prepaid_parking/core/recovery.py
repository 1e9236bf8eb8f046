"""Debts are recovered from top-ups: a share of each, so much a day, and only within their purpose."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from .category import Category
from .errors import CoreError
from .identity import WalletId
from .promotion import WHOLE_BP

USUAL_SHARE_BP: Final = 2_000
"""A fifth: whoever tops up to have light again must have light again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """How a wallet's debt of a category is recovered: share of a top-up, most in a day (minor units).

    What was recovered counts for the local day it was recovered on.
    """

    wallet: WalletId
    category: Category
    share_bp: int = USUAL_SHARE_BP
    day_cap_minor: int | None = None
    day: date | None = None
    recovered_minor: int = 0


@dataclass(frozen=True, slots=True)
class Recovered:
    """What one top-up paid of one debt, and how its recovery stands then."""

    amount_minor: int
    recovery: Recovery


def recover(
    top_up_minor: int, owed: Mapping[Category, int], terms: Iterable[Recovery], today: date
) -> list[Recovered]:
    """Return what a top-up pays of each debt, in the order of the categories.

    Shares are of the whole top-up; where they come to more than all of it, the first categories go
    first. `owed` is what is owed of each, a positive amount.
    """
    found: list[Recovered] = []
    rest = top_up_minor
    for one in sorted(terms, key=lambda one: list(Category).index(one.category)):
        today_so_far = one.recovered_minor if one.day == today else 0
        part = min(top_up_minor * one.share_bp // WHOLE_BP, owed.get(one.category, 0), rest)
        if one.day_cap_minor is not None:
            part = min(part, one.day_cap_minor - today_so_far)
        if part <= 0:
            continue
        rest -= part
        after = replace(one, day=today, recovered_minor=today_so_far + part)
        found.append(Recovered(part, after))
    return found


def check_recovery(recovery: Recovery) -> None:
    """Refuse terms that make no sense."""
    if not 0 <= recovery.share_bp <= WHOLE_BP:
        raise CoreError("share_out_of_range")
    if recovery.day_cap_minor is not None and recovery.day_cap_minor < 0:
        raise CoreError("recovery_negative")
