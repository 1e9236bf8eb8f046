"""What rules against misuse measure: money from the books, which a restart does not forget."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ..core.chart import owner_of, wallet_account
from ..core.entry_kind import EntryKind
from ..core.identity import SYSTEM, OrderId, WalletId
from ..core.ledger import Entry
from ..core.pay_order import Aim, AimKind
from ..core.risk import BY_RULE, RiskKind, RiskRule
from .paying_persons import PHONE
from .site import Site
from .walking import every_entry
from .wallet_run import WalletRun

MOST_ENTRIES: Final = 1_000
"""More top-ups of one wallet in a month are looked at only so far back; their sum is beyond any limit."""
BY_PHONE: Final = f"{BY_RULE}{RiskKind.CHANGED_PHONE}"
PHONE_KINDS: Final = (EntryKind.PERSON_SET, EntryKind.FROZEN, EntryKind.UNFROZEN)
WRITTEN_WITHIN: Final = timedelta(minutes=1)
"""An order that was judged and is not in the books by then was never made."""


@dataclass(frozen=True, slots=True)
class Came:
    """Money that came into a wallet at once."""

    entry: int
    at: datetime
    channel: str
    amount_minor: int


async def came_in(site: Site, run: WalletRun, window: timedelta) -> list[Came]:
    """Return what came into a wallet lately and was not taken back, the oldest first."""
    since = site.clock() - window
    entries = await site.books.entries(
        account=wallet_account(run.wallet.no),
        since=since,
        kinds=[EntryKind.TOP_UP],
        limit=MOST_ENTRIES,
        newest_first=True,
    )
    undone = {one.reverses for one in await site.books.reversals([one.id for one in entries])}
    return [came(one) for one in reversed(entries) if one.id not in undone]


def came(entry: Entry) -> Came:
    """Return what an entry of a top-up brought: all that came out of an account of the site's."""
    money = next(one for one in entry.postings if owner_of(one.source) == 0)
    total = sum(one.amount_minor for one in entry.postings if one.source == money.source)
    return Came(entry.id, entry.booked, str(entry.detail["channel"]), total)


async def measure_in(
    site: Site, run: WalletRun, rules: Iterable[RiskRule], amount_minor: int, channel: str
) -> dict[RiskKind, int]:
    """Measure a top-up that is asked for, or that the desk has in its hand, with those before it."""
    wanted = {rule.id: rule for rule in rules if rule.on}
    measured: dict[RiskKind, int] = {}
    if RiskKind.TOP_UP_SINGLE in wanted:
        measured[RiskKind.TOP_UP_SINGLE] = amount_minor
    sums = (RiskKind.TOP_UP_DAY, RiskKind.TOP_UP_MONTH)
    windows = {kind: wanted[kind].window for kind in sums if kind in wanted}
    if windows:
        now = site.clock()
        before = await came_in(site, run, max(windows.values()))
        for kind, window in windows.items():
            lately = (one.amount_minor for one in before if one.at >= now - window)
            measured[kind] = sum(lately) + amount_minor
    if RiskKind.NEW_CHANNEL in wanted and amount_minor > wanted[RiskKind.NEW_CHANNEL].most:
        is_new = await first_by(site, run, channel) is None
        measured[RiskKind.NEW_CHANNEL] = amount_minor if is_new else 0
    return measured


async def measure_out(
    site: Site, run: WalletRun, rules: Iterable[RiskRule], amount_minor: int
) -> tuple[dict[RiskKind, int], Sequence[Came]]:
    """Measure a refund, and return what came in shortly before it."""
    wanted = {rule.id: rule for rule in rules if rule.on}
    measured: dict[RiskKind, int] = {}
    recent: Sequence[Came] = ()
    if RiskKind.REFUND_LARGE in wanted:
        measured[RiskKind.REFUND_LARGE] = amount_minor
    if RiskKind.REFUND_AFTER_TOP_UP in wanted:
        recent = await came_in(site, run, wanted[RiskKind.REFUND_AFTER_TOP_UP].window)
        measured[RiskKind.REFUND_AFTER_TOP_UP] = sum(one.amount_minor for one in recent)
    if RiskKind.FIRST_PAYER in wanted:
        rule = wanted[RiskKind.FIRST_PAYER]
        lately = await came_in(site, run, rule.window)
        firsts = [
            one.amount_minor
            for one in lately
            if one.amount_minor > rule.most and await first_by(site, run, one.channel) == one.entry
        ]
        measured[RiskKind.FIRST_PAYER] = max(firsts, default=0)
    if RiskKind.CHANGED_PHONE in wanted:
        window = wanted[RiskKind.CHANGED_PHONE].window
        measured[RiskKind.CHANGED_PHONE] = await phone_changes(site, run, window)
    return measured, recent


async def phone_changes(site: Site, run: WalletRun, window: timedelta) -> int:
    """Return how often the telephone number of a wallet's holder was changed lately.

    What two persons have looked at, and opened the wallet again, is no sign any more.
    """
    times, shut, wallet = 0, False, run.wallet.id
    async for one in every_entry(site, PHONE_KINDS, since=site.clock() - window):
        if one.kind is EntryKind.PERSON_SET:
            fields, wallets = one.detail["fields"], one.detail["wallets"]
            assert isinstance(fields, list)
            assert isinstance(wallets, list)
            times += PHONE in fields and wallet in wallets
        elif one.detail["wallet"] == wallet:
            if shut and one.kind is EntryKind.UNFROZEN and one.actor != str(SYSTEM):
                times = 0
            shut = one.kind is EntryKind.FROZEN and one.reason == BY_PHONE
    return times


async def first_by(site: Site, run: WalletRun, channel: str) -> int | None:
    """Return the entry of the first money that ever came into a wallet by a channel."""
    after = None
    while True:
        entries = await site.books.entries(
            account=wallet_account(run.wallet.no),
            kinds=[EntryKind.TOP_UP],
            after=after,
            limit=MOST_ENTRIES,
        )
        for one in entries:
            if one.detail["channel"] == channel:
                return one.id
        if len(entries) < MOST_ENTRIES:
            return None
        after = entries[-1].id


def asked_for(site: Site, wallet: WalletId) -> dict[OrderId, int]:
    """Return what orders that may still be paid ask of a wallet, those judged a moment ago with it."""
    orders, judged, now = site.paying.orders, site.risking.asked, site.clock()
    for order, (_, _, at) in list(judged.items()):
        if order in orders or now - at > WRITTEN_WITHIN:
            del judged[order]
    known = site.paying.asked_of(Aim(kind=AimKind.WALLET, id=wallet))
    stored = {one.id: one.amount_minor for one in known}
    return stored | {order: minor for order, (of, minor, _) in judged.items() if of == wallet}
