"""What a meter's use cost in a period, by the books: what minimums and power factors are judged by."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from ..core.chart import SiteAccount, revenue_account, site_account
from ..core.entry_kind import EntryKind
from ..core.identity import MeterId, TariffId
from ..core.ledger import AccountId, Entry, Moved
from ..core.levies import Levy, LevyKind
from ..core.local_day import DAY, day_start
from ..core.money import MICRO
from ..core.priced import half_up
from .meter_run import MeterRun
from .site import Site
from .used import CHARGES, scan

KINDS: Final = (*CHARGES, EntryKind.RERATING, EntryKind.REVERSAL)
"""The kinds of entries that say what use cost; a swap, a new start and a settled doubt may hold a charge."""
LEVIED: Final = {
    site_account(SiteAccount.TAX): LevyKind.TAX,
    site_account(SiteAccount.REVENUE_SERVICE): LevyKind.FEE,
}
"""Where the parts of a charge go that are not earned with it."""

type Payer = tuple[str, str]
"""A meter, and the binding by which somebody pays for it ("" where the books do not say which)."""
type Sums = dict[tuple[AccountId, str, int], int]
"""By account, and by the tariff and its version that made the price."""


@dataclass(slots=True)
class _Use:
    """What was used in a period, and what was booked since it began for the time before it."""

    minor: dict[Payer, Sums] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    late: dict[Payer, list[tuple[datetime, Sums]]] = field(
        default_factory=lambda: defaultdict(list)
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    """When the period before was judged, and what was added to its use then."""

    at: datetime
    added_minor: int


class UsedMoney:
    """Sums over all meters of a site, asked of the books once for each period."""

    def __init__(self, site: Site) -> None:
        """Ask nothing before somebody wants to know."""
        self._site = site
        self._uses: dict[tuple[date, date], _Use] = {}
        self._judged: dict[date, dict[Payer, _Judged]] = {}

    async def of(self, run: MeterRun, first: date, last: date) -> int:
        """Return what a meter's use cost who pays for it now, from the first to the last local day.

        That is by its prices: with the levies that they include, without those on top; by each tariff
        what it charged. By when it was charged: a window that was posted after the last day belongs to
        the next one.
        """
        use = await self._use(first, last)
        return sum(self._by_prices(use.minor.get(payer, {})) for payer in _payers(run))

    async def late(self, run: MeterRun, first: date, last: date) -> int:
        """Return what came to light of the period before after its minimum was judged.

        A stored reading or a correction that came late: the period before was judged without it. It
        counts now, up to what was added then; else nobody would ever count it. What was corrected for
        who paid before is not theirs.
        """
        use = await self._use(first, last)
        late = [one for payer in _payers(run) for one in use.late.get(payer, ())]
        if not late:
            return 0
        if first not in self._judged:
            self._judged[first] = await self._judgements(first)
        judged = self._judged[first].get(_payers(run)[0])
        if judged is None:
            return 0
        since: Sums = defaultdict(int)
        for booked, sums in late:
            for part, minor in sums.items() if booked > judged.at else ():
                since[part] += minor
        return min(judged.added_minor, self._by_prices(since))

    async def _use(self, first: date, last: date) -> _Use:
        if (first, last) not in self._uses:
            self._uses[first, last] = await self._sum(first, last)
        return self._uses[first, last]

    async def _sum(self, first: date, last: date) -> _Use:
        site, use = self._site, _Use()
        since, until = day_start(first, site.zone), day_start(last + DAY, site.zone)
        moved, _ = await site.books.moved([since, until], KINDS)
        for one in moved:
            sums, payer = self._charged(one), (one.meter, one.binding)
            if sums and one.occurred < since:
                use.late[payer].append((one.booked, sums))
            elif one.occurred < until:
                for part, minor in sums.items():
                    use.minor[payer][part] += minor
        return use

    def _charged(self, moved: Moved) -> Sums:
        """Return what a movement brings to the revenue of a meter, or to its fees and taxes."""
        run = self._site.meters.get(MeterId(moved.meter))
        if run is None:
            return {}
        accounts = (revenue_account(run.meter.commodity), *LEVIED)
        signs = {one: (moved.target == one) - (moved.source == one) for one in accounts}
        return {
            (one, moved.tariff, moved.version): sign * moved.amount_minor
            for one, sign in signs.items()
            if sign
        }

    def _by_prices(self, sums: Sums) -> int:
        """Return what movements come to by prices that include some levies and not others."""
        return sum(
            _included(minor, LEVIED[account], self._levies(TariffId(tariff), version))
            if account in LEVIED
            else minor
            for (account, tariff, version), minor in sums.items()
        )

    def _levies(self, tariff: TariffId, version: int) -> Sequence[Levy]:
        """Return what a charge was levied by; one that was taken back whole names no version."""
        published = self._site.pricing.published.get(tariff, ())
        same = [one for one in published if one.version == version] or published
        return same[-1].terms.levies if same else ()

    async def _judgements(self, first: date) -> dict[Payer, _Judged]:
        """Return how the periods that ended before a day were judged."""
        site, before = self._site, (first - DAY).isoformat()
        found: dict[Payer, _Judged] = {}
        async for page in scan(site, day_start(first, site.zone), (EntryKind.MINIMUM,)):
            for entry in page:
                if entry.detail["last"] == before:
                    payer = str(entry.detail["meter"]), str(entry.detail["binding"])
                    found[payer] = _Judged(entry.booked, _added(entry))
        return found


def _added(entry: Entry) -> int:
    lines: list[Mapping[str, Any]] = entry.detail["lines"]  # type: ignore[assignment]  # as traced
    return sum(int(line["amount"]) for line in lines)


def _payers(run: MeterRun) -> tuple[Payer, Payer]:
    """Return who pays for a meter, and nobody in particular."""
    assert run.binding is not None
    return (run.meter.id, run.binding.id), (run.meter.id, "")


def _included(minor: int, kind: LevyKind, levies: Iterable[Levy]) -> int:
    """Return the part of what fees, or taxes, brought that the prices included.

    They are booked in one sum: where some of a kind are included and some on top, both have their
    parts in it.
    """
    same = [one for one in levies if one.kind is kind]
    inside = sum(one.share_micro for one in same if one.included)
    on_top = sum(one.share_micro for one in same if not one.included)
    if not inside:
        return 0
    return half_up(minor * inside * MICRO, inside * MICRO + on_top * (MICRO + inside))
