"""Deposits: money that is held and is nobody's to spend, until it is released or claimed."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from .errors import CoreError
from .identity import DepositId, WalletId
from .money import MICRO
from .priced import half_up

WHOLE: Final = 100 * MICRO
"""A hundred percent, in millionths of a percent."""


class DepositState(StrEnum):
    """Whether anything of it is still held."""

    HELD = "held"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """What a wallet has put down for one thing, with the reason that it bears.

    What is held is what was put down less what was released and claimed. `use` is the session of use
    that ends it ("" where a person does).
    """

    id: DepositId
    no: int
    wallet: WalletId
    reason: str
    amount_minor: int
    held_at: datetime
    released_minor: int = 0
    claimed_minor: int = 0
    ended_at: datetime | None = None
    use: str = ""

    @property
    def held_minor(self) -> int:
        """What is still held."""
        return self.amount_minor - self.released_minor - self.claimed_minor

    @property
    def state(self) -> DepositState:
        """Whether anything is still held."""
        return DepositState.HELD if self.held_minor else DepositState.ENDED


def taken(deposit: Deposit, at: datetime, *, released: int = 0, claimed: int = 0) -> Deposit:
    """Return a deposit after a part was released or claimed; never more than is held."""
    if min(released, claimed) < 0 or released + claimed == 0:
        raise CoreError("amount_not_positive", amount=released or claimed)
    if released + claimed > deposit.held_minor:
        raise CoreError("deposit_exceeded", deposit=deposit.id)
    after = replace(
        deposit,
        released_minor=deposit.released_minor + released,
        claimed_minor=deposit.claimed_minor + claimed,
    )
    return after if after.held_minor else replace(after, ended_at=at)


def tax_within(amount_minor: int, percent_micro: int) -> int:
    """Return the tax that an amount contains, to the nearest minor unit."""
    if percent_micro < 0:
        raise CoreError("tax_negative")
    return half_up(amount_minor * percent_micro, WHOLE + percent_micro)
