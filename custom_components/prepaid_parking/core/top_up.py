"""A top-up as the rules look at it that hang on it: what brings a bonus, and what costs a fee."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from .wallet import Purpose, WalletKind


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUp:
    """How much came, which way, into what kind of wallet, and when."""

    amount_minor: int
    channel: str
    purpose: Purpose
    kind: WalletKind
    at: datetime


class Terms(Protocol):
    """For which top-ups a rule is: nothing named means all of them.

    It is open from `from_at` up to but not including `until_at`.
    """

    @property
    def from_at(self) -> datetime | None: ...
    @property
    def until_at(self) -> datetime | None: ...
    @property
    def channels(self) -> tuple[str, ...]: ...
    @property
    def purposes(self) -> tuple[Purpose, ...]: ...
    @property
    def kinds(self) -> tuple[WalletKind, ...]: ...


def is_for(terms: Terms, top_up: TopUp) -> bool:
    """Tell whether a rule is for a top-up."""
    begin, end = terms.from_at, terms.until_at
    return (
        (begin is None or begin <= top_up.at)
        and (end is None or top_up.at < end)
        and top_up.channel in (terms.channels or (top_up.channel,))
        and top_up.purpose in (terms.purposes or (top_up.purpose,))
        and top_up.kind in (terms.kinds or (top_up.kind,))
    )
