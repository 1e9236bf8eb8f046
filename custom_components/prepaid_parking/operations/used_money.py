"""What a meter's use cost in a period, by the books: what minimums and power factors are judged by."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from ..core.chart import revenue_account
from ..core.identity import MeterId
from ..core.ledger import Entry, EntryKind, Moved
from ..core.local_day import DAY, day_start
from .site import Site
from .used import CHARGES, scan

KINDS: Final = (*CHARGES, EntryKind.RERATING, EntryKind.REVERSAL)
"""The kinds of entries that say what use cost; a swap, a new start and a settled doubt may hold a charge."""


@dataclass(slots=True)
class _Use:
    """What was used in a period, and what was booked since it began for the time before it."""

    minor: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    late: dict[str, list[tuple[datetime, int]]] = field(default_factory=lambda: defaultdict(list))


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

    async def of(self, meter: MeterId, first: date, last: date) -> int:
        """Return what a meter's use from the first to the last local day cost, without fees and taxes.

        By when it was charged: a window that was posted after the last day belongs to the next one.
        """
        return (await self._use(first, last)).minor.get(meter, 0)

    async def late(self, meter: MeterId, first: date, last: date) -> int:
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
        return min(judged.added_minor, sum(minor for booked, minor in late if booked > judged.at))

    async def _use(self, first: date, last: date) -> _Use:
        if (first, last) not in self._uses:
            self._uses[first, last] = await self._sum(first, last)
        return self._uses[first, last]

    async def _sum(self, first: date, last: date) -> _Use:
        site, use = self._site, _Use()
        since, until = day_start(first, site.zone), day_start(last + DAY, site.zone)
        moved, _ = await site.books.moved([since, until], KINDS)
        for one in moved:
            minor = self._earned(one)
            if minor and one.occurred < since:
                use.late[one.meter].append((one.booked, minor))
            elif minor and one.occurred < until:
                use.minor[one.meter] += minor
        return use

    def _earned(self, moved: Moved) -> int:
        run = self._site.meters.get(MeterId(moved.meter))
        if run is None:
            return 0
        earned = revenue_account(run.meter.commodity)
        return ((moved.target == earned) - (moved.source == earned)) * moved.amount_minor

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
