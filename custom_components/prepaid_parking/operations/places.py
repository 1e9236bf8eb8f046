"""Where a meter is: its unit, the main meter it lies behind, and what it has counted in tiers so far."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..core.entry_kind import EntryKind
from ..core.errors import CoreError
from ..core.identity import Actor, UnitId
from ..core.ledger import Act, Receipt, Record
from ..core.wallet import Meter, TierCount
from .booking import keep
from .habits import mark_of
from .meter_run import MeterRun, Pool
from .pools import join_pool, leave_pool
from .rebinding import posted_whole
from .site import Site
from .turn import in_turn
from .window import restack


@in_turn
async def update_meter_place(
    site: Site,
    *,
    meter: str,
    actor: Actor,
    unit: str | None = None,
    main: str | None = None,
    reactive: str | None = None,
    reason: str = "",
) -> Receipt:
    """Say in which unit a meter is, behind which main meter, and which one counts its reactive energy.

    None leaves it as it is, "" says that there is none. What was used before is charged first: tiers
    are counted by unit.
    """
    run = site.meter(meter)
    placed = replace(
        run.meter,
        unit=run.meter.unit if unit is None else unit,
        main=run.meter.main if main is None else main,
        reactive=run.meter.reactive if reactive is None else reactive,
    )
    _check(site, placed)
    moving = (run,) if placed.unit != run.meter.unit else ()
    await posted_whole(site, moving)
    counts = joined_counts(site, moving, placed.unit)
    receipt = await site.books.commit(
        Act(
            kind=EntryKind.SETTING_CHANGED,
            event=f"meter/{meter}/place",
            occurred=site.clock(),
            actor=actor,
            reason=reason,
            detail={
                "meter": meter,
                "unit": placed.unit,
                "main": placed.main,
                "reactive": placed.reactive,
            },
            puts=(placed, *counts),
        )
    )
    run.meter = placed
    take_counts(site, counts)
    rejoin(site, moving)
    await keep_marks(site, placed)
    return receipt


def joined_counts(site: Site, runs: Iterable[MeterRun], unit: str) -> tuple[TierCount, ...]:
    """Return the tier counts of a unit that meters come into which counted for themselves so far.

    What the flat used this month stays what the flat used, also where it is registered as a unit
    only now. Their windows have been posted.
    """
    sums: dict[tuple[str, str, str], TierCount] = {}
    for run in runs:
        alone, pool = f"meter/{run.meter.id}", run.pool
        if not unit or pool is None or pool.name != alone:
            continue
        name = f"unit/{unit}"
        shared = site.pools.get((name, pool.tariff))
        for period, quantity in pool.posted.items():
            key = (name, pool.tariff, period)
            known = sums[key].quantity if key in sums else 0
            if key not in sums and shared is not None:
                known = shared.posted.get(period, 0)
            sums[key] = TierCount(
                pool=name, tariff=pool.tariff, period=period, quantity=known + quantity
            )
    return tuple(sums.values())


def take_counts(site: Site, counts: Iterable[TierCount]) -> None:
    """Let pools have these counts, once they are written."""
    for one in counts:
        pool = site.pools.setdefault((one.pool, one.tariff), Pool(one.pool, one.tariff))
        pool.posted = dict(sorted({**pool.posted, one.period: one.quantity}.items()))
        pool.ahead = pool.posted


def rejoin(site: Site, runs: Iterable[MeterRun]) -> None:
    """Let bound meters count where they belong now, by the limits that hold now."""
    for run in runs:
        if run.binding is None:
            continue
        leave_pool(run)
        pool = join_pool(site, run)
        if run.window is not None:
            restack(site, pool)


async def keep_marks(site: Site, meter: Meter) -> None:
    """Take down where a meter and its main stand when one is said to lie behind the other.

    What was counted before that day belongs into no report on the two.
    """
    if not meter.main:
        return
    runs = (site.meters[meter.id], site.meter(meter.main))
    marks: Sequence[Record] = [mark for run in runs if (mark := mark_of(run)) is not None]
    await keep(site, *marks)


def _check(site: Site, meter: Meter) -> None:
    if meter.unit:
        unit = site.unit(meter.unit)
        if unit.closed_at is not None:
            raise CoreError("unit_is_closed", unit=unit.name)
    if meter.reactive:
        site.meter(meter.reactive)
        if meter.reactive == meter.id:
            raise CoreError("meter_is_itself", meter=meter.id)
    above = meter.main
    while above:
        if above == meter.id:
            raise CoreError("meter_is_itself", meter=meter.id)
        run = site.meter(above)
        if (run.meter.commodity, run.meter.quantity) != (meter.commodity, meter.quantity):
            raise CoreError("main_counts_other", meter=meter.id, main=above)
        above = run.meter.main


def meters_in(site: Site, unit: UnitId) -> list[MeterRun]:
    """Return the meters of a unit."""
    return [run for run in site.meters.values() if run.meter.unit == unit]


def meters_by_unit(site: Site) -> dict[str, list[MeterRun]]:
    """Return the meters of every unit, found in one pass."""
    found: dict[str, list[MeterRun]] = defaultdict(list)
    for run in site.meters.values():
        found[run.meter.unit].append(run)
    return found
