"""The way back of an entry: the opposite of what it moved, as far as what it gave is still there."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..core.chart import Bucket, Measure, code_of, measure_of, owner_of, wallet_account
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import EntryId, PromotionId, WalletId
from ..core.layers import Layer, spent_down, started, without
from ..core.ledger import AccountId, Entry, Posting, Receipt, Record
from ..core.points import Lot, lot, take_back
from ..core.promotion import Granted
from .booking import tell
from .coming_back import came_back
from .facts import WalletEvent
from .fee_legs import returned_in, with_fees
from .layering import Layered, layers_now, lean, total_minor
from .site import Site
from .topping_up import granted_to, keep_granted
from .wallet_run import WalletRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """The way back of an entry: what moves, and what of wallets and promotions changes with it."""

    runs: tuple[WalletRun, ...]
    postings: tuple[Posting, ...]
    layered: dict[WalletId, Layered]
    granted: Granted | None = None

    @property
    def puts(self) -> tuple[Record, ...]:
        """What belongs into the act."""
        kept = [
            record
            for run in self.runs
            if run.wallet.id in self.layered
            for record in self.layered[run.wallet.id].puts(run)
        ]
        return (*kept, *((self.granted,) if self.granted is not None else ()))

    def taken_over(self, site: Site, receipt: Receipt, reference: str = "") -> None:
        """Take over what was written, and tell it."""
        for run in self.runs:
            if run.wallet.id in self.layered:
                self.layered[run.wallet.id].taken_over(run)
        if self.granted is not None:
            keep_granted(site, self.granted)
        tell_moved(site, self.runs, receipt, self.postings, reference)


async def find_entry(site: Site, entry: int) -> Entry:
    """Return an entry of the chain, or refuse in words."""
    found = await site.books.entries(after=EntryId(entry - 1), limit=1)
    if not found or found[0].id != entry:
        raise CoreError("entry_unknown", entry=entry)
    return found[0]


def way_back(site: Site, entry: Entry) -> Reversal:
    """Draw up the opposite of an entry, as far as what it gave is still there."""
    legs: list[Posting] = []
    layered: dict[WalletId, Layered] = {}
    runs = runs_of(site, entry.postings)
    by_no = {run.wallet.no: run for run in runs}
    for leg in reversed(entry.postings):
        run = by_no.get(owner_of(leg.target) or owner_of(leg.source))
        if run is not None and measure_of(leg.source) is Measure.POINTS:
            part, lots = _points_back(site, run, leg)
            layered[run.wallet.id] = Layered(layers=run.layers, lots=lots)
            legs += _moved(leg.target, leg.source, part)
        elif run is not None and _gave_bonus(leg):
            legs += _bonus_back(run, leg)
        else:
            legs += _moved(leg.target, leg.source, leg.amount_minor)
    for run in runs:
        now = layered.get(run.wallet.id, Layered(layers=run.layers, lots=run.lots))
        if entry.kind is EntryKind.TOP_UP and run.layers:
            layers = without(layers_now(run), entry.event)
            after = total_minor(run) + _spendable(run, legs)
            bonus = run.bonus_minor + changes(run, legs)[Bucket.BONUS]
            now = replace(now, layers=lean(spent_down(layers, after), bonus))
        elif run.layers:
            now = replace(now, layers=came_back(run, legs).layers)
        if paid_back := returned_in(entry.detail):
            now = replace(now, layers=with_fees(_cash_back(run, now.layers, legs), paid_back))
        layered[run.wallet.id] = now
    return Reversal(
        runs=tuple(runs),
        postings=tuple(legs),
        layered=layered,
        granted=_ungranted(site, entry, runs),
    )


def _gave_bonus(leg: Posting) -> bool:
    """Tell whether a movement gave a wallet a bonus, not from another of its own accounts."""
    return not owner_of(leg.source) and code_of(leg.target) == Bucket.BONUS


def _points_back(site: Site, run: WalletRun, leg: Posting) -> tuple[int, tuple[Lot, ...]]:
    """Return the points that go the other way, and the wallet's lots then.

    Points that a refund had taken come back as new ones.
    """
    if owner_of(leg.target):
        return take_back(run.lots, leg.amount_minor)
    given = Lot(points=leg.amount_minor, earned_at=site.clock())
    if site.extras.points_rules:
        given = lot(site.extras.points_rules[-1], leg.amount_minor, site.clock())
    return leg.amount_minor, (*run.lots, given)


def _bonus_back(run: WalletRun, leg: Posting) -> list[Posting]:
    """Return how a bonus goes back where it came from: what was spent of it, the cash makes up."""
    there = min(leg.amount_minor, max(0, run.bonus_minor))
    cash = wallet_account(run.wallet.no)
    return [
        *_moved(leg.target, leg.source, there),
        *_moved(cash, leg.source, leg.amount_minor - there),
    ]


def _ungranted(site: Site, entry: Entry, runs: Iterable[WalletRun]) -> Granted | None:
    """Return what a wallet was given of a promotion, without the top-up that is taken back."""
    named, bonus = entry.detail.get("promotion"), entry.detail.get("bonus")
    run = next(iter(runs), None)
    if run is None or not isinstance(named, dict) or not isinstance(bonus, int):
        return None
    before = granted_to(site, PromotionId(str(named["promotion"])), run)
    return replace(
        before,
        times=max(0, before.times - 1),
        bonus_minor=max(0, before.bonus_minor - bonus),
    )


def _moved(source: AccountId, target: AccountId, amount_minor: int) -> list[Posting]:
    if not amount_minor:
        return []
    return [Posting(source=source, target=target, amount_minor=amount_minor)]


def runs_of(site: Site, postings: Iterable[Posting]) -> list[WalletRun]:
    """Return the wallets that movements touch, each once."""
    owners = {owner_of(account) for leg in postings for account in (leg.source, leg.target)}
    return [site.wallet(f"w{owner}") for owner in sorted(owners - {0})]


def changes(run: WalletRun, postings: Iterable[Posting]) -> Counter[Bucket]:
    """Return by how much movements change each of a wallet's accounts."""
    changed: Counter[Bucket] = Counter()
    for leg in postings:
        for account, sign in ((leg.source, -1), (leg.target, 1)):
            if owner_of(account) == run.wallet.no:
                changed[Bucket(code_of(account))] += sign * leg.amount_minor
    return changed


def _spendable(run: WalletRun, postings: Iterable[Posting]) -> int:
    changed = changes(run, postings)
    return changed[Bucket.CASH] + changed[Bucket.BONUS]


def _cash_back(
    run: WalletRun, layers: tuple[Layer, ...], legs: Iterable[Posting]
) -> tuple[Layer, ...]:
    """Return the layers of all that a wallet holds once these movements are made."""
    moved = tuple(legs)
    after = total_minor(run) + _spendable(run, moved)
    if layers:
        return spent_down(layers, after)
    bonus = max(0, run.bonus_minor + changes(run, moved)[Bucket.BONUS])
    return started(max(0, after - bonus), bonus, run.wallet.spending)


def tell_moved(
    site: Site,
    runs: Iterable[WalletRun],
    receipt: Receipt,
    postings: Iterable[Posting],
    reference: str,
) -> None:
    """Take over the balances of wallets whose money was corrected, and tell each what it got."""
    moved = tuple(postings)
    for run in runs:
        run.booked(receipt)
        tell(site, run, WalletEvent.ADJUSTED, receipt, _spendable(run, moved), reference)
        site.wake_wallet(run)
