"""A car park's day as its books have it: by lane and tariff, each amount out of the postings themselves.

So it cannot differ from the ledger: what was earned or is held for somebody equals what was paid, what
merchants bear, and what is owed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from .chart import Bucket, SiteAccount, code_of, site_account, wallet_account
from .entry_kind import EntryKind
from .ledger import AccountId, Act, Entry

type Place = tuple[str, str]
"""A lane and a tariff; "" where an entry has none."""

KINDS: Final = (
    EntryKind.PASSAGE,
    EntryKind.STAY_CHARGED,
    EntryKind.STAY_PAID,
    EntryKind.STAY_OWED,
    EntryKind.STAY_OWED_PAID,
    EntryKind.STAY_REFUNDED,
    EntryKind.REFUND_HELD,
    EntryKind.REFUND_FAILED,
    EntryKind.STAY_WRITTEN_OFF,
    EntryKind.STAY_CORRECTED,
)
"""What moves the money of stays and passages."""
GOING_BACK: Final = (EntryKind.REFUND_HELD, EntryKind.REFUND_FAILED)
"""What providers give back, or could not: of stays, and of wallets, which are none of a day's."""
WALLET: Final = "wallet"
GIVEN_UP: Final = "written_off"
EARNED: Final = frozenset(
    site_account(one)
    for one in (SiteAccount.REVENUE_PARKING, SiteAccount.REVENUE_FEES, SiteAccount.TAX)
)
HELD: Final = site_account(SiteAccount.SUSPENSE)
OWED: Final = site_account(SiteAccount.UNPAID_EXITS)


@dataclass(slots=True)
class DayLine:
    """What a lane came to with a tariff, in minor units.

    `charged` is what was earned, levies included, refunds taken off in `refunded`. `paid` is by where
    the money came from, less what went back there. `held` came in beyond the price. `owed` grew by
    what cars left unpaid and fell by what was paid or given up of it later.
    """

    passages: int = 0
    stays: int = 0
    charged: int = 0
    refunded: int = 0
    held: int = 0
    validated: int = 0
    owed: int = 0
    paid: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, other: DayLine) -> None:
        """Take in what another line came to."""
        self.passages += other.passages
        self.stays += other.stays
        self.charged += other.charged
        self.refunded += other.refunded
        self.held += other.held
        self.validated += other.validated
        self.owed += other.owed
        for origin, amount in other.paid.items():
            self.paid[origin] += amount


def add_entry(line: DayLine, entry: Entry, payer: int | None) -> None:
    """Add what an entry moved; `payer` is the number of the wallet that pays for itself."""
    if entry.kind in GOING_BACK and "stay" not in entry.detail:
        return
    moved = movements(entry)
    earned = sum(moved.pop(account, 0) for account in EARNED)
    held = moved.pop(HELD, 0)
    if entry.kind is EntryKind.STAY_REFUNDED or entry.kind in GOING_BACK:
        line.refunded -= earned
    else:
        line.charged += earned
    line.held += held
    own = frozenset(wallet_account(payer, bucket) for bucket in Bucket) if payer else frozenset()
    for account, amount in moved.items():
        if account == OWED or (code_of(account) == Bucket.DEBT_PARKING and account > OWED):
            line.owed -= amount
        elif account in own:
            line.paid[WALLET] -= amount
        elif account > site_account(SiteAccount.REVENUE_STANDING):
            line.validated -= amount
        elif entry.kind is EntryKind.STAY_WRITTEN_OFF:
            line.paid[GIVEN_UP] -= amount
        else:
            line.paid[str(entry.detail.get("channel") or "other")] -= amount


def movements(entry: Entry | Act) -> dict[AccountId, int]:
    """Return by how much each account grew, or will."""
    moved: defaultdict[AccountId, int] = defaultdict(int)
    for posting in entry.postings:
        moved[posting.source] -= posting.amount_minor
        moved[posting.target] += posting.amount_minor
    return moved


def total_of(lines: Iterable[DayLine]) -> DayLine:
    """Return what lines come to together."""
    total = DayLine()
    for line in lines:
        total.add(line)
    return total


def in_order(lines: Mapping[Place, DayLine]) -> list[tuple[Place, DayLine]]:
    """Return the lines by lane and tariff."""
    return sorted(lines.items(), key=lambda one: one[0])
