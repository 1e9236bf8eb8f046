"""Stays and counted uses on trial: what the books keep of them is priced by a draft."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import PackageId, TariffId, WalletId
from ..core.lab_cost import Cost
from ..core.lab_uses import Happened, price_happened
from ..core.ledger import Entry
from ..core.local_day import DAY, day_start
from ..core.package import Package
from ..core.terms import Kind
from ..core.use import UseEnd
from ..core.use_point import Basis
from ..core.version import TariffVersion
from .gently import gently
from .lab import Compared, Preview, span_of
from .site import Site
from .trial import Come, on_trial
from .walking import every_entry

SECOND: Final = timedelta(seconds=1)
USES: Final = (EntryKind.USES_TAKEN, EntryKind.PASSAGE)
STAYS: Final = (EntryKind.SESSION_ENDED,)


@dataclass(slots=True)
class History:
    """What a wallet did under one tariff ("" where none is said), and what it was charged for it."""

    happened: list[Happened] = field(default_factory=list)
    charged_minor: int = 0


async def try_uses(
    site: Site,
    *,
    draft: TariffVersion,
    tariffs: Collection[str],
    wallets: Collection[str],
    months: int,
    told: Callable[[], None] = lambda: None,
) -> Preview:
    """Price the stays or uses of the last months by a draft, and by the tariffs they were under.

    Where no tariff is known (a lane's fee), what was charged stands for it. `told` is called whenever
    it has come a percent further. A second trial ends the first, which is then refused.
    """
    if draft.kind not in {Kind.DURATION, Kind.COUNTED}:
        raise CoreError("lab_wrong_kind", kind=draft.kind)
    with on_trial(site, told) as come:
        return await _try(site, come, draft, tariffs, wallets, months)


async def _try(
    site: Site,
    come: Come,
    draft: TariffVersion,
    tariffs: Collection[str],
    wallets: Collection[str],
    months: int,
) -> Preview:
    first, last = span_of(site, months)
    until = day_start(last + DAY, site.zone)
    kinds = STAYS if draft.kind is Kind.DURATION else USES
    packages = {one.id: one.tariff for one in await site.books.load(Package)}
    found: dict[tuple[WalletId, TariffId], History] = defaultdict(History)
    since = day_start(first, site.zone)
    back = {
        entry.reverses
        async for entry in every_entry(site, (EntryKind.USES_GIVEN_BACK,), since=since, until=until)
    }
    reading = 2 * (until - since) // SECOND
    async for entry in every_entry(site, kinds, since=since, until=until):
        come(max(0, (entry.occurred - since) // SECOND), reading)
        wallet, tariff = _of(entry, packages)
        if (
            entry.id in back
            or not _counts(entry, draft)
            or wallet not in site.wallets
            or (wallets and wallet not in wallets)
            or (tariffs and tariff not in tariffs)
        ):
            continue
        one = found[wallet, tariff]
        one.happened.append(_happened(entry))
        one.charged_minor += _charged(entry)
    if not found:
        raise CoreError("lab_nothing_to_price")
    rows: dict[WalletId, Compared] = {}
    number = len(found)
    async for (wallet, tariff), history in gently(list(found.items())):
        come(number, 2 * len(found))
        number += 1
        _add(site, rows, wallet, history, draft, _present(site, tariff, draft), until)
    ordered = sorted(rows.values(), key=lambda row: (-row.difference_minor, row.wallet))
    return Preview(first=first, last=last, wallets=tuple(ordered), left_out=(), unpriced=())


def _add(
    site: Site,
    rows: dict[WalletId, Compared],
    wallet: WalletId,
    history: History,
    draft: TariffVersion,
    present: TariffVersion | None,
    until: datetime,
) -> None:
    old, new = (
        price_happened(one, history.happened, site.zone, site.currency, until, site.holidays)
        if one is not None
        else Cost(use_minor=history.charged_minor)
        for one in (present, draft)
    )
    known = rows.get(wallet)
    rows[wallet] = Compared(
        wallet=wallet,
        unit=site.wallets[wallet].wallet.unit,
        meters=(),
        old=old if known is None else known.old + old,
        new=new if known is None else known.new + new,
        charged_minor=history.charged_minor + (0 if known is None else known.charged_minor),
        days=0,
        missing=0,
    )


def _present(site: Site, tariff: TariffId, draft: TariffVersion) -> TariffVersion | None:
    """Return the version of a tariff that holds now, where it is of the draft's kind."""
    pricer, now = site.tariffs.get(tariff), site.clock()
    known = [one for one in pricer.versions if one.valid_from <= now] if pricer else []
    return known[-1] if known and known[-1].kind is draft.kind else None


def _counts(entry: Entry, draft: TariffVersion) -> bool:
    """Tell whether an entry is of what the draft prices, and whether it was used at all."""
    detail = entry.detail
    return (
        detail.get("quantity", draft.quantity) == draft.quantity
        and detail.get("end") != UseEnd.NOT_STARTED
    )


def _of(entry: Entry, packages: dict[PackageId, TariffId]) -> tuple[WalletId, TariffId]:
    """Return whose an entry is, and under which tariff."""
    detail = entry.detail
    tariff = str(detail.get("tariff") or "")
    for take in _list(detail.get("takes")):
        tariff = tariff or packages.get(PackageId(str(take["package"])), "")
    return WalletId(str(detail.get("wallet", ""))), TariffId(tariff)


def _happened(entry: Entry) -> Happened:
    """Return what an entry tells: a time from and to, a count, or a passage, which is one use."""
    detail = entry.detail
    begun, ended = (detail.get(name) for name in ("from", "to"))
    by_clock = detail.get("basis") == Basis.CLOCK
    counted = None if by_clock else detail.get("uses", detail.get("used"))
    return Happened(
        datetime.fromisoformat(begun) if isinstance(begun, str) else entry.occurred,
        datetime.fromisoformat(ended) if isinstance(ended, str) else entry.occurred,
        counted if isinstance(counted, int) else None,
    )


def _charged(entry: Entry) -> int:
    """Return what was paid for it: money, and the worth of uses bought before."""
    amount = entry.detail.get("amount")
    if entry.kind is EntryKind.PASSAGE:
        return sum(one.amount_minor for one in entry.postings)
    worth = sum(int(str(take["worth"])) for take in _list(entry.detail.get("takes")))
    return worth + (amount if isinstance(amount, int) else 0)


def _list(value: object) -> Iterable[dict[str, object]]:
    return value if isinstance(value, list) else ()
