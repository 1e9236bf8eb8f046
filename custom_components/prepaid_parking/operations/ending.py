"""Somebody ceases to pay for a meter: its days and periods are charged up to today."""

from collections.abc import Iterable

from .bill_book import local_day
from .demand_months import end_demands
from .meter_run import MeterRun
from .minimum import judge_minimums
from .site import Site
from .standing import charge_days


async def end_periods(site: Site, runs: Iterable[MeterRun]) -> None:
    """Charge these meters' days and periods up to today, which is still theirs who pay now."""
    runs = [run for run in runs if run.binding is not None]
    today = local_day(site)
    await charge_days(site, runs, today)
    await judge_minimums(site, runs, today, ends=True)
    await end_demands(site, runs)
