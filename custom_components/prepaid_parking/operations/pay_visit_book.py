"""The visits to the payer's page in memory: short, few, and known by the digest of their name only."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
import secrets
from typing import Final

from ..core.identity import OrderId
from ..core.pay_code import PayFor
from ..core.pay_order import Aim
from ..core.pay_visit import LASTS
from ..core.rate_limit import Allowance, RateLimit

NAME_BYTES: Final = 16
FORM_BYTES: Final = 6
MOST: Final = 4096
"""Visits at a time. Who has not done anything yet is forgotten before who has."""
HOUR: Final = timedelta(hours=1)
ALL: Final = "site"
"""The asker of what is counted for a whole site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """A payer's way over a provider's own page (`url`), which says who they are.

    Who comes back with the same `state` is who was sent, once. What they were about to pay is kept
    here meanwhile; who they are never is.
    """

    state: str
    url: str
    channel: str
    aim: Aim
    amount_minor: int | None


@dataclass(slots=True, kw_only=True)
class PayVisit:
    """A payer's short time on the page, bound to the code it began with.

    `aim` is None until it is known what is paid. `by_link` visits began with a link that was sent to
    a person: they may do what is that person's to do. `personal` ones see what is somebody's: these, and
    who knows the digits of a telephone number. `mark` is the visit's own name for what it did, in the
    books. `put_in_minor` is what the voucher was worth that was just redeemed. `form` is the number of
    the only form that is still taken.
    `plate` is as its payer typed it. `asking` while a provider is being asked to take an order,
    `sent` once its payer was led to the provider's own page. `on_phone` is what an order was asked on.
    `errand` while its payer is away to say who they are; `by_app` until paying inside an app fails.
    """

    kind: PayFor
    target: str
    until: datetime
    mark: str = ""
    by_link: bool = False
    personal: bool = False
    aim: Aim | None = None
    plate: str = ""
    language: str = ""
    form: str = ""
    misses: int = 0
    orders: int = 0
    order: OrderId | None = None
    asking: bool = False
    sent: bool = False
    on_phone: bool = False
    errand: Errand | None = None
    by_app: bool = True
    put_in_minor: int = 0

    def turn_page(self) -> None:
        """Take no form any more that was shown until now, and say no more what the last one did."""
        self.put_in_minor = 0
        self.form = secrets.token_hex(FORM_BYTES)


@dataclass(slots=True, kw_only=True)
class PayVisits:
    """Who is on a site's payer's page; nothing of it outlives the hub's run.

    `is_open` is the site's own choice. The limits count visits begun and answers that prove nothing,
    by network, by what they are about and for the site as a whole, so that neither plates nor hours nor
    digits are tried out; how many orders may be asked for is a rule against misuse, and a provider is
    asked no oftener who has come back than it may be asked for orders.
    """

    is_open: bool = False
    begun: RateLimit = field(default_factory=lambda: _limit(120, HOUR / 6))
    misses: RateLimit = field(default_factory=lambda: _limit(12, HOUR / 2))
    misses_about: RateLimit = field(default_factory=lambda: _limit(6, HOUR * 6))
    all_misses: RateLimit = field(default_factory=lambda: _limit(600, HOUR))
    errands: RateLimit = field(default_factory=lambda: _limit(30, HOUR))
    all_errands: RateLimit = field(default_factory=lambda: _limit(600, HOUR))
    _idle: dict[bytes, PayVisit] = field(default_factory=dict)
    _busy: dict[bytes, PayVisit] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return how many visits are remembered."""
        return len(self._idle) + len(self._busy)

    def begin(
        self, kind: PayFor, target: str, now: datetime, *, personal: bool
    ) -> tuple[str, PayVisit]:
        """Begin a visit; returns its name, which is kept nowhere else, and the visit."""
        name = secrets.token_hex(NAME_BYTES)
        digest = _digest(name)
        visit = PayVisit(
            kind=kind,
            target=target,
            until=now + LASTS,
            mark=digest.hex(),
            by_link=personal,
            personal=personal,
        )
        visit.turn_page()
        self._drop(lambda one: one.until <= now)
        if len(self) >= MOST:
            fullest = self._idle or self._busy
            del fullest[next(iter(fullest))]
        self._idle[digest] = visit
        return name, visit

    def find(self, name: str, now: datetime) -> PayVisit | None:
        """Return the visit of a name; None where there is none, or none any more."""
        digest = _digest(name)
        visit = self._busy.get(digest) or self._idle.get(digest)
        return visit if visit is not None and now < visit.until else None

    def act(self, name: str, visit: PayVisit) -> None:
        """Note that a visit has done something: it is kept before those that only looked."""
        digest = _digest(name)
        self._idle.pop(digest, None)
        self._busy[digest] = visit

    def _drop(self, over: Callable[[PayVisit], bool]) -> None:
        """Forget the visits that are over: the oldest come first, so that few are looked at."""
        for visits in (self._idle, self._busy):
            for digest, visit in list(visits.items()):
                if not over(visit):
                    break
                del visits[digest]


def _digest(name: str) -> bytes:
    return blake2b(name.encode(errors="replace"), digest_size=NAME_BYTES).digest()


def _limit(most: int, every: timedelta) -> RateLimit:
    return RateLimit(Allowance(most=most, every=every))
