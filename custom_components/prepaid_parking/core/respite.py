"""What keeps a wallet, or a whole site, from being cut for a while: a person's word with a name."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from .identity import WalletId

HELD_SITE: Final = "site"
"""There is one hold of a site; a new one takes its place."""


class RespiteKind(StrEnum):
    """Who gave it: the manager who vetoes a cut, or the customer who promises to pay."""

    VETO = "veto"
    PROMISE = "promise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Respite:
    """Until when a wallet is not cut for money; None: until the veto is taken back.

    The last one of each kind is kept when it is over, because the next promise is judged by it.
    """

    wallet: WalletId
    kind: RespiteKind
    at: datetime
    until: datetime | None
    reason: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteHold:
    """No cut anywhere in the site; restores go on. `until` None: until it is released."""

    id: str
    at: datetime
    until: datetime | None
    reason: str
    by: str


def in_force(one: Respite | SiteHold | None, now: datetime) -> bool:
    """Tell whether it still keeps from being cut."""
    return one is not None and (one.until is None or now < one.until)
