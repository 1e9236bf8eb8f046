"""What charging goes on from, as the books left it: counts, remainders, rates and changes to come."""

from collections import defaultdict
from itertools import islice
from typing import Final

from ..core.assigned import TariffChange
from ..core.carries import LevyCarry, RateCursor
from ..core.tiers import Usage
from ..core.wallet import Binding, TierCount
from .gently import gently
from .meter_run import Pool
from .pools import begin_place, place_of
from .site import Site

KEPT_PERIODS: Final = 13
"""Counts of more periods are not needed in memory: what is charged now was used within a year."""


async def load(site: Site) -> None:
    """Take it up, before any window is opened."""
    await _load_counts(site)
    carries: dict[str, dict[str, int]] = defaultdict(dict)
    async for carry in gently(await site.books.load(LevyCarry)):
        carries[carry.binding][carry.name] = carry.carry
    rates = {one.installation: one.registers for one in await site.books.load(RateCursor)}
    for run in site.meters.values():
        if run.binding is not None:
            run.carries = carries.get(run.binding.id, {})
        if run.installation is not None:
            run.rates = rates.get(run.installation.id, ())
    async for binding in gently(await site.books.load(Binding)):
        if (bound := site.meters.get(binding.meter)) is not None:
            begin_place(site, place_of(bound), binding.from_at)
    open_changes = await site.books.load(TariffChange, done_at=None, withdrawn_at=None)
    for change in sorted(open_changes, key=lambda one: one.at):
        bound = site.meters.get(change.meter)
        # What was planned for a tenant who has gone is not the next one's.
        if bound is not None and bound.binding is not None and change.binding == bound.binding.id:
            bound.changes.append(change)


async def _load_counts(site: Site) -> None:
    async for count in gently(await site.books.load(TierCount)):
        key = (count.pool, count.tariff)
        site.pools.setdefault(key, Pool(*key)).posted[count.period] = count.quantity
    async for pool in gently(site.pools.values()):
        spare = len(pool.posted) - KEPT_PERIODS
        pool.posted = dict(islice(pool.posted.items(), max(0, spare), None))
        pool.ahead = pool.posted
        pool.live = Usage(*next(reversed(pool.posted.items())))
