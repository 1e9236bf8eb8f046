"""What tiers are counted in and whose limits they are.

The count belongs to the unit: all its meters of one tariff share it, and it stays when a meter is
swapped or a tenant moves. A meter outside any unit counts for itself.
"""

from datetime import datetime

from ..core.identity import UnitId
from ..core.tariff import Pricer
from ..core.tiers import Scope
from .meter_run import MeterRun, Pool
from .occupants import begun_at, persons_in
from .site import Site


def place_of(run: MeterRun) -> str:
    """Return where a meter counts: its unit, or itself where it is in none."""
    return f"unit/{run.meter.unit}" if run.meter.unit else f"meter/{run.meter.id}"


def join_pool(site: Site, run: MeterRun) -> Pool:
    """Let a bound meter count in the pool it belongs to, and say whose limits hold for it."""
    binding = run.binding
    assert binding is not None
    place, unit = place_of(run), run.meter.unit
    begin_place(site, place, binding.from_at)
    pricer = site.tariffs.get(binding.tariff)
    per_tenant = _per_tenant(site, pricer)
    name = f"{place}/{binding.wallet}" if per_tenant else place
    pool = site.pools.setdefault((name, binding.tariff), Pool(name, binding.tariff))
    if run.pool is not pool:
        leave_pool(run)
        pool.runs.append(run)
    first = binding.from_at if per_tenant else site.began[place]
    if unit in site.house.units:
        first = min(first, (begun_at(site, unit) if per_tenant else _first_in(site, unit)) or first)
    run.pool, run.pooled = pool, binding
    run.scope = Scope(persons_in(site, unit), first)
    pool.levied = is_levied(pricer)
    return pool


def begin_place(site: Site, place: str, at: datetime) -> None:
    """Note that somebody pays for what a place uses from an instant on."""
    site.began[place] = min(at, site.began.get(place, at))


def leave_pool(run: MeterRun) -> None:
    """Let a meter count no longer where it did; what it counted stays."""
    if run.pool is not None:
        run.pool.runs.remove(run)
        run.pool = run.pooled = None


def is_levied(pricer: Pricer | None) -> bool:
    """Tell whether any version of a tariff has fees or taxes."""
    return pricer is not None and any(one.terms.levies for one in pricer.versions)


def _per_tenant(site: Site, pricer: Pricer | None) -> bool:
    if pricer is None or not pricer.versions:
        return False
    return pricer.at(site.clock()).version.terms.period.per_tenant


def _first_in(site: Site, unit: str) -> datetime | None:
    """Return when a unit was moved into for the first time."""
    return min((one.from_at for one in site.house.occupancies.get(UnitId(unit), ())), default=None)
