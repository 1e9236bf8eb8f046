"""What a meter's use cost in a period, by the books: what minimums and power factors are judged by."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from ..core.chart import SiteAccount, revenue_account, site_account
from ..core.identity import MeterId
from ..core.ledger import AccountId, Entry, EntryKind, Moved
from ..core.levies import Levy, LevyKind
from ..core.local_day import DAY, day_start
from ..core.money import MICRO
from ..core.priced import half_up
from .site import Site
from .used import CHARGES, scan

KINDS: Final = (*CHARGES, EntryKind.RERATING, EntryKind.REVERSAL)
"""The kinds of entries that say what use cost; a swap, a new start and a settled doubt may hold a charge."""
LEVIED: Final = {
    site_account(SiteAccount.TAX): LevyKind.TAX,
    site_account(SiteAccount.REVENUE_SERVICE): LevyKind.FEE,
}
"""Where the parts of a charge go that are not earned with it."""

type Sums = dict[AccountId, int]


@dataclass(slots=True)
class _Use:
    """What was used in a period, and what was booked since it began for the time before it."""

    minor: dict[str, Sums] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    late: dict[str, list[tuple[datetime, Sums]]] = field(default_factory=lambda: defaultdict(list))


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
        self._judged: dict[date, dict[str, _Judged]] = {}

    async def of(self, meter: MeterId, levies: Sequence[Levy], first: date, last: date) -> int:
        """Return what a meter's use cost from the first to the last local day.

        That is by its prices: with the levies that they include, without those on top. By when it was
        charged: a window that was posted after the last day belongs to the next one.
        """
        return _by_prices((await self._use(first, last)).minor.get(meter, {}), levies)

    async def late(self, meter: MeterId, levies: Sequence[Levy], first: date, last: date) -> int:
        """Return what came to light of the period before after its minimum was judged.

        A stored reading or a correction that came late: the period before was judged without it. It
        counts now, up to what was added then; else nobody would ever count it.
        """
        late = (await self._use(first, last)).late.get(meter)
        if not late:
            return 0
        if first not in self._judged:
            self._judged[first] = await self._judgements(first)
        judged = self._judged[first].get(meter)
        if judged is None:
            return 0
        since: Sums = defaultdict(int)
        for booked, sums in late:
            for account, minor in sums.items() if booked > judged.at else ():
                since[account] += minor
        return min(judged.added_minor, _by_prices(since, levies))

    async def _use(self, first: date, last: date) -> _Use:
        if (first, last) not in self._uses:
            self._uses[first, last] = await self._sum(first, last)
        return self._uses[first, last]

    async def _sum(self, first: date, last: date) -> _Use:
        site, use = self._site, _Use()
        since, until = day_start(first, site.zone), day_start(last + DAY, site.zone)
        moved, _ = await site.books.moved([since, until], KINDS)
        for one in moved:
            sums = self._charged(one)
            if sums and one.occurred < since:
                use.late[one.meter].append((one.booked, sums))
            elif one.occurred < until:
                for account, minor in sums.items():
                    use.minor[one.meter][account] += minor
        return use

    def _charged(self, moved: Moved) -> Sums:
        """Return what a movement brings to the revenue of a meter, or to its fees and taxes."""
        run = self._site.meters.get(MeterId(moved.meter))
        if run is None:
            return {}
        accounts = (revenue_account(run.meter.commodity), *LEVIED)
        signs = {one: (moved.target == one) - (moved.source == one) for one in accounts}
        return {one: sign * moved.amount_minor for one, sign in signs.items() if sign}

    async def _judgements(self, first: date) -> dict[str, _Judged]:
        """Return how the periods that ended before a day were judged, by meter."""
        site, before = self._site, (first - DAY).isoformat()
        found: dict[str, _Judged] = {}
        async for page in scan(site, day_start(first, site.zone), (EntryKind.MINIMUM,)):
            for entry in page:
                if entry.detail["last"] == before:
                    found[str(entry.detail["meter"])] = _Judged(entry.booked, _added(entry))
        return found


def _added(entry: Entry) -> int:
    lines: list[Mapping[str, Any]] = entry.detail["lines"]  # type: ignore[assignment]  # as traced
    return sum(int(line["amount"]) for line in lines)


def _by_prices(sums: Sums, levies: Sequence[Levy]) -> int:
    """Return what movements come to by prices that include some levies and not others.

    Fees, and taxes, are booked in one sum: where some of a kind are included and some on top, they
    have their parts in it.
    """
    total = 0
    for account, minor in sums.items():
        kind = LEVIED.get(account)
        same = [one for one in levies if one.kind is kind]
        inside = sum(one.share_micro for one in same if one.included)
        on_top = sum(one.share_micro for one in same if not one.included)
        whole = inside * MICRO + on_top * (MICRO + inside)
        if kind is None:
            total += minor
        elif inside:
            total += half_up(minor * inside * MICRO, whole)
    return total
