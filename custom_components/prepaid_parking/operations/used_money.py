"""What a meter's use cost in a period, by the books: what minimums and power factors are judged by."""

from datetime import date
from typing import Final

from ..core.chart import revenue_account
from ..core.identity import MeterId
from ..core.ledger import EntryKind
from ..core.local_day import DAY, day_start
from .site import Site

KINDS: Final = (EntryKind.USAGE, EntryKind.RERATING, EntryKind.REVERSAL)
"""The kinds of entries that say what use cost."""


class UsedMoney:
    """Sums over all meters of a site, asked of the books once for each period."""

    def __init__(self, site: Site) -> None:
        """Ask nothing before somebody wants to know."""
        self._site = site
        self._sums: dict[tuple[date, date], dict[str, int]] = {}

    async def of(self, meter: MeterId, first: date, last: date) -> int:
        """Return what a meter's use from the first to the last local day cost, without fees and taxes.

        By when it was charged: a window that was posted after the last day belongs to the next one.
        """
        if (first, last) not in self._sums:
            self._sums[first, last] = await self._sum(first, last)
        return self._sums[first, last].get(meter, 0)

    async def _sum(self, first: date, last: date) -> dict[str, int]:
        site = self._site
        since, until = day_start(first, site.zone), day_start(last + DAY, site.zone)
        moved, _ = await site.books.moved([since, until], KINDS)
        sums: dict[str, int] = {}
        for one in moved:
            run = site.meters.get(MeterId(one.meter))
            if run is None or not since <= one.occurred < until:
                continue
            earned = revenue_account(run.meter.commodity)
            sign = (one.target == earned) - (one.source == earned)
            sums[one.meter] = sums.get(one.meter, 0) + sign * one.amount_minor
        return sums
