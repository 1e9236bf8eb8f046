"""Somebody ceases to pay for a meter: its days and periods are charged up to today."""

from collections.abc import Callable, Iterable
from functools import partial

from .bill_book import local_day
from .demand_months import charges_of, demands_to_end, end_demands
from .meter_run import MeterRun
from .minimum import judge_minimums, judged, periods_to_end
from .paying_usage import Take
from .site import Site
from .standing import charge_days


async def end_periods(site: Site, runs: Iterable[MeterRun]) -> None:
    """Charge these meters' days and periods up to today, which is still theirs who pay now."""
    runs = [run for run in runs if run.binding is not None]
    today = local_day(site)
    await charge_days(site, runs, today)
    await judge_minimums(site, runs, today, ends=True)
    await end_demands(site, runs)


async def charges_to_end(site: Site, runs: Iterable[MeterRun]) -> list[Callable[[Take], object]]:
    """Return what draws up the charges that `end_periods` would write, in its order.

    What the meters used and their days have been posted.
    """
    runs, today = list(runs), local_day(site)
    return [
        *(partial(judged, site, one) for one in await periods_to_end(site, runs, today)),
        *(partial(charges_of, site, one) for one in await demands_to_end(site, runs)),
    ]
