"""A wallet's statement: what came in and went out, with the rule that priced each charge.

The totals are those of the books, and they agree to the minor unit: a tenant can add them up.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from ..core.chart import Bucket, wallet_account
from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.ledger import AccountId, Entry
from ..core.metering import Quantity
from ..core.money import split
from .site import Site
from .turn import in_turn
from .usage import post_windows
from .wallet_run import WalletRun

MOST: Final = 100_000
"""Entries in one statement; a wallet writes fewer in a year."""
SPENDABLE: Final = (Bucket.CASH, Bucket.BONUS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A quantity at one price under one rule; `quantity` is in base units."""

    tariff: str
    version: int
    rate: str
    tier: int
    price_micro: int
    quantity: int
    measure: Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one entry did to the wallet; amounts are signed, in minor units."""

    entry: Entry
    cash_minor: int
    bonus_minor: int
    meter: str = ""
    parts: tuple[Part, ...] = ()

    @property
    def amount_minor(self) -> int:
        """What it changed in all."""
        return self.cash_minor + self.bonus_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """One kind of money over the period: what lay there, came, went, and is left."""

    opening: int = 0
    received: int = 0
    spent: int = 0

    @property
    def closing(self) -> int:
        """What is left at the end."""
        return self.opening + self.received - self.spent


@dataclass(frozen=True, slots=True, kw_only=True)
class RateSum:
    """What a meter used under one price, and which part of its cost that is."""

    rate: str
    tier: int
    price_micro: int
    quantity: int
    cost_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterSum:
    """What a meter used and cost; the costs of its rates add up to its own."""

    meter: str
    measure: Quantity
    quantity: int
    cost_minor: int
    rates: tuple[RateSum, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A wallet over a period; an open end of the period is the wallet's own."""

    wallet: str
    unit: str
    since: datetime | None
    until: datetime
    money: Mapping[Bucket, Sums]
    lines: tuple[Line, ...]
    meters: tuple[MeterSum, ...]
    kinds: Mapping[EntryKind, int]
    others: Mapping[Bucket, int] = field(default_factory=dict)

    @property
    def total(self) -> Sums:
        """Cash and bonus together."""
        sums = self.money.values()
        return Sums(
            opening=sum(one.opening for one in sums),
            received=sum(one.received for one in sums),
            spent=sum(one.spent for one in sums),
        )


@in_turn
async def make_statement(
    site: Site, *, wallet: str, since: datetime | None = None, until: datetime | None = None
) -> Statement:
    """Draw up a statement of what was booked in [since, until).

    What its meters used until now is posted first, so that the closing balance is exact. By the time
    of booking: a statement that was given out never changes.
    """
    run = site.wallet(wallet)
    if since is not None and until is not None and since >= until:
        raise CoreError("time_is_past", at=until.isoformat())
    await post_windows(site, run.meters)
    money = {bucket: await _sums(site, run, bucket, since, until) for bucket in SPENDABLE}
    lines = await _lines(site, run, since, until)
    kinds: dict[EntryKind, int] = defaultdict(int)
    for line in lines:
        kinds[line.entry.kind] += line.amount_minor
    return Statement(
        wallet=wallet,
        unit=run.wallet.unit,
        since=since,
        until=until or site.clock(),
        money=money,
        lines=lines,
        meters=_meters(lines),
        kinds=kinds,
        others={bucket: held for bucket, held in run.others.items() if held},
    )


async def _sums(
    site: Site, run: WalletRun, bucket: Bucket, since: datetime | None, until: datetime | None
) -> Sums:
    account = wallet_account(run.wallet.no, bucket)
    before_in, before_out = (
        await site.books.total(account, None, since) if since is not None else (0, 0)
    )
    received, spent = await site.books.total(account, since, until)
    return Sums(opening=before_in - before_out, received=received, spent=spent)


async def _lines(
    site: Site, run: WalletRun, since: datetime | None, until: datetime | None
) -> tuple[Line, ...]:
    cash, bonus = (wallet_account(run.wallet.no, bucket) for bucket in SPENDABLE)
    entries: dict[int, Entry] = {}
    for account in (cash, bonus):
        found = await site.books.entries(account=account, since=since, until=until, limit=MOST)
        entries.update((entry.id, entry) for entry in found)
    entries |= await _unpaid(site, run, since, until)
    return tuple(
        Line(
            entry=entry,
            cash_minor=change(entry, cash),
            bonus_minor=change(entry, bonus),
            meter=str(entry.detail.get("meter", "")),
            parts=_borne(entry, run),
        )
        for _, entry in sorted(entries.items())
    )


async def _unpaid(
    site: Site, run: WalletRun, since: datetime | None, until: datetime | None
) -> dict[int, Entry]:
    """Return what was charged to several of which this wallet used a part.

    The odd cent may be another's that time, and what was used is this one's all the same.
    """
    if not site.house.shares:
        return {}
    shared = await site.books.shared(run.wallet.id, since, until, MOST)
    return {entry.id: entry for entry in shared if any(one.quantity for one in _borne(entry, run))}


def _borne(entry: Entry, run: WalletRun) -> tuple[Part, ...]:
    """Return the priced parts of an entry; of a shared meter's, what this wallet bears of each."""
    parts = tuple(parts_of(entry))
    shares = usage_of(entry).get("shares")
    if not parts or not isinstance(shares, Sequence):
        return parts
    mine = sum(one["quantity"] for one in shares if one["wallet"] == run.wallet.id)
    quantities = [part.quantity for part in parts]
    own = split(mine, quantities) if any(quantities) else quantities
    return tuple(
        replace(part, quantity=quantity) for part, quantity in zip(parts, own, strict=True)
    )


def change(entry: Entry, account: AccountId) -> int:
    """Return what an entry changed an account by."""
    return sum(
        posting.amount_minor if posting.target == account else -posting.amount_minor
        for posting in entry.postings
        if account in (posting.source, posting.target)
    )


def parts_of(entry: Entry) -> Iterable[Part]:
    """Return the priced parts in an entry's trace; a swap carries its last charge inside."""
    usage = usage_of(entry)
    if not usage:
        return
    lines, measure = usage["lines"], Quantity(str(usage["quantity"]))
    assert isinstance(lines, Sequence)
    for line in lines:
        yield Part(
            tariff=line["tariff"],
            version=line["version"],
            rate=line["rate"],
            tier=line["tier"],
            price_micro=line["price"],
            quantity=line["quantity"],
            measure=measure,
        )


def usage_of(entry: Entry) -> Mapping[str, object]:
    """Return the trace of a metered charge, empty where an entry is none."""
    if entry.kind is EntryKind.USAGE:
        return entry.detail
    inner = entry.detail.get("usage")
    return inner if isinstance(inner, Mapping) else {}


def _meters(lines: Sequence[Line]) -> tuple[MeterSum, ...]:
    """Sum up per meter what was used and what it cost, corrections included."""
    costs: dict[str, int] = defaultdict(int)
    parts: dict[str, list[Part]] = defaultdict(list)
    for line in lines:
        if line.parts or line.entry.kind is EntryKind.RERATING:
            costs[line.meter] -= line.amount_minor
            parts[line.meter] += line.parts
    return tuple(_meter(meter, parts[meter], cost) for meter, cost in costs.items())


def _divided(cost_minor: int, weights: Sequence[int]) -> list[int]:
    """Divide a cost among prices; where a correction took more back than was used, the first bears all."""
    if not any(weights):
        return [0] * len(weights)
    if min(weights) >= 0:
        return split(cost_minor, list(weights))
    if max(weights) <= 0:
        return [-part for part in split(-cost_minor, [-weight for weight in weights])]
    return [cost_minor, *[0] * (len(weights) - 1)]


def _meter(meter: str, parts: Sequence[Part], cost_minor: int) -> MeterSum:
    quantities: dict[tuple[str, int, int], int] = defaultdict(int)
    for part in parts:
        quantities[part.rate, part.tier, part.price_micro] += part.quantity
    weights = [quantity * price for (_, _, price), quantity in quantities.items()]
    shares = _divided(cost_minor, weights)
    return MeterSum(
        meter=meter,
        measure=parts[0].measure if parts else Quantity.ENERGY,
        quantity=sum(part.quantity for part in parts),
        cost_minor=cost_minor,
        rates=tuple(
            RateSum(rate=rate, tier=tier, price_micro=price, quantity=quantity, cost_minor=share)
            for ((rate, tier, price), quantity), share in zip(
                quantities.items(), shares, strict=True
            )
        ),
    )
