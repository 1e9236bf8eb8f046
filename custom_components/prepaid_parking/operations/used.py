"""Charges read back from the books: what was used when, at which prices, and how it stands now."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ..core.accrual import ChargeLine
from ..core.chart import Bucket, code_of, owner_of, wallet_account
from ..core.entry_kind import EntryKind
from ..core.identity import EntryId, TariffId
from ..core.ledger import AccountId, Entry
from ..core.metering import Quantity
from ..core.tiers import Scope
from .meter_run import MeterRun
from .shares import bears_nothing
from .site import Site
from .wallet_run import WalletRun

type Point = tuple[datetime, int]
"""A reading: when, and what the register showed."""

CHARGES: Final = (
    EntryKind.USAGE,
    EntryKind.METER_REPLACED,
    EntryKind.INSTALLATION,
    EntryKind.DOUBT_SETTLED,
)
"""The kinds of entries that may hold a charge of what was used; a swap has the last one inside."""
PAGE: Final = 500
MOST: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A charge as it stands: `entry` is the first, `standing` the one that corrected it last.

    `points` are the readings inside its stretch that say when it was used: those between which the
    price changed, and those that were known later. `tiers` says where the count of each tier period
    stood before it, `counted` how far it moved them then. `net_minor` is the price, `levied` each
    version's part of it where it has fees or taxes, `levies_minor` what these add; `cash_minor` is how
    much of all that was paid in cash, `paid` who of several paid what of it, cash and bonus. `rated`
    says that the meter's rate registers divided it.
    """

    entry: Entry
    standing: EntryId
    meter: str
    wallet: str
    binding: str
    tariff: TariffId
    quantity: Quantity
    start: Point
    end: Point
    lines: tuple[ChargeLine, ...]
    points: tuple[Point, ...]
    pool: str
    tiers: Mapping[str, int]
    scope: Scope
    counted: Mapping[str, int]
    net_minor: int
    levied: Mapping[int, int]
    levies_minor: int
    cash_minor: int
    paid: Mapping[str, tuple[int, int]]
    rated: bool

    @property
    def numerator(self) -> int:
        """What it costs, as it stands."""
        return sum(line.numerator for line in self.lines)


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a correction has changed of a charge; compact, because a scan keeps them all."""

    id: EntryId
    detail: Mapping[str, Any]


def usage_in(entry: Entry) -> Mapping[str, Any] | None:
    """Return the charge in an entry, None where there is none."""
    if entry.kind is EntryKind.USAGE:
        return entry.detail
    inner = entry.detail.get("usage")
    return inner if isinstance(inner, Mapping) else None


def used_of(entry: Entry, correction: Corrected | None = None) -> Used | None:
    """Read a charge back, with what its last correction says."""
    usage = usage_in(entry)
    if usage is None or not usage["lines"]:
        return None
    latest: Mapping[str, Any] = correction.detail if correction is not None else usage
    if "lines" not in latest:
        latest = {**usage, "readings": latest.get("readings", ())}
    levies = latest.get("levies", ())
    tiers = dict(usage["tiers"]) if "tiers" in usage else dict([usage["tier_from"]])
    period = next(iter(tiers))
    return Used(
        entry=entry,
        standing=correction.id if correction is not None else entry.id,
        meter=usage["meter"],
        wallet=usage["wallet"],
        binding=usage.get("binding", ""),
        tariff=TariffId(usage["lines"][0]["tariff"]),
        quantity=Quantity(usage["quantity"]),
        start=(datetime.fromisoformat(usage["from"]), usage["from_register"]),
        end=(datetime.fromisoformat(usage["to"]), usage["to_register"]),
        lines=tuple(_line(line, period) for line in latest["lines"]),
        points=tuple((datetime.fromisoformat(at), one) for at, one in latest.get("readings", ())),
        pool=usage.get("pool", f"meter/{usage['meter']}"),
        tiers=tiers,
        scope=_scope(usage),
        counted=counted(_line(line, period) for line in usage["lines"]),
        net_minor=latest["net"] if "net" in latest else _paid(entry, {Bucket.CASH, Bucket.BONUS}),
        levied={one["version"]: one["net"] for one in levies},
        levies_minor=sum(one["amount"] for one in levies if not one["included"]),
        cash_minor=latest["cash"] if "cash" in latest else _paid(entry, {Bucket.CASH}),
        paid={one: (cash, bonus) for one, (cash, bonus) in latest["paid"].items()}
        if "paid" in latest
        else paid_by((posting.source, posting.amount_minor) for posting in entry.postings),
        rated="rated_to" in usage,
    )


async def charges_of(site: Site, run: MeterRun, since: datetime) -> list[Used]:
    """Return a meter's charges to its wallet that were booked since, as they stand, in their order."""
    assert run.binding is not None
    found: dict[EntryId, Entry] = {}
    async for page in _booked(site, site.wallets[run.binding.wallet], since):
        for entry in page:
            usage = usage_in(entry)
            if usage and (usage["meter"], usage["wallet"]) == (run.meter.id, run.binding.wallet):
                found[entry.id] = entry
    last: dict[EntryId, Corrected] = {}
    asked = list(found)
    while asked:
        page = await site.books.reversals(asked)
        corrections(page, last)
        asked = [entry.id for entry in page]
    charges = (used_of(entry, last.get(entry.id)) for _, entry in sorted(found.items()))
    return [used for used in charges if used is not None]


async def _booked(site: Site, wallet: WalletRun, since: datetime) -> AsyncIterator[list[Entry]]:
    """Return the charges that touch a wallet; those of a shared one touch its members' only."""
    if bears_nothing(site, wallet):
        async for page in scan(site, since):
            yield page
        return
    for bucket in (Bucket.CASH, Bucket.BONUS):
        account = wallet_account(wallet.wallet.no, bucket)
        yield await site.books.entries(account=account, since=since, kinds=CHARGES, limit=MOST)


async def scan(
    site: Site, since: datetime, kinds: Sequence[EntryKind] = CHARGES
) -> AsyncIterator[list[Entry]]:
    """Go through the books from a time on, page by page, to what is their end by then."""
    after: EntryId | None = None
    while True:
        page = await site.books.entries(
            since=since if after is None else None, after=after, kinds=kinds, limit=PAGE
        )
        if page:
            yield page
            after = page[-1].id
        if len(page) < PAGE:
            return


def corrections(entries: Iterable[Entry], last: dict[EntryId, Corrected]) -> None:
    """Note the last correction of each charge, by the first entry; given in the order of booking."""
    first_of = {one.id: first for first, one in last.items()}
    for entry in entries:
        if entry.kind is EntryKind.RERATING and entry.reverses is not None:
            first = first_of.pop(entry.reverses, entry.reverses)
            last[first] = Corrected(entry.id, entry.detail)
            first_of[entry.id] = first


def counted(lines: Iterable[ChargeLine]) -> dict[str, int]:
    """Return how much lines count in each tier period."""
    sums: dict[str, int] = defaultdict(int)
    for line in lines:
        sums[line.period] += line.quantity
    return dict(sums)


def paid_by(legs: Iterable[tuple[AccountId, int]]) -> dict[str, tuple[int, int]]:
    """Return what each wallet pays of a charge, in cash and in bonus; below zero what it gets back."""
    sums: dict[str, tuple[int, int]] = {}
    for account, amount in legs:
        if number := owner_of(account):
            cash, bonus = sums.get(f"w{number}", (0, 0))
            in_bonus = amount if code_of(account) == Bucket.BONUS else 0
            sums[f"w{number}"] = (cash + amount - in_bonus, bonus + in_bonus)
    return sums


def _line(line: Mapping[str, Any], period: str) -> ChargeLine:
    return ChargeLine(
        tariff=TariffId(line["tariff"]),
        version=line["version"],
        rate=line["rate"],
        tier=line["tier"],
        price_micro=line["price"],
        quantity=line["quantity"],
        numerator=line["price"] * line["quantity"],
        period=line.get("period", period),
        season=line.get("season", ""),
    )


def _paid(entry: Entry, buckets: Collection[Bucket]) -> int:
    """Return how much of an entry came out of wallets, of these kinds of money."""
    return sum(
        posting.amount_minor
        for posting in entry.postings
        if owner_of(posting.source) and code_of(posting.source) in buckets
    )


def _scope(usage: Mapping[str, Any]) -> Scope:
    first = usage.get("first_from")
    return Scope(usage.get("persons", 0), datetime.fromisoformat(first) if first else None)
