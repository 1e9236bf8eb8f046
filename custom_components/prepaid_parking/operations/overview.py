"""How the whole site stands, in one pass over its wallets and meters."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from ..core.category import Category
from ..core.policy import is_low
from ..core.tariff import Usage
from .arrears import site_arrears
from .meter_run import MeterRun
from .site import Site
from .tally import Tally
from .watching import FRESH_INTERVALS


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What a manager asks first: whose money lies here, who is low, who owes, which meters answer."""

    float_minor: int
    arrears: Mapping[Category, int]
    wallets_low: int
    meters: int
    meters_read: int

    @property
    def arrears_minor(self) -> int:
        """What is owed in all: below zero, as debts and as open bills."""
        return sum(self.arrears.values())

    @property
    def reading_percent(self) -> Decimal | None:
        """How many of a hundred meters have been read just now; None where there are none."""
        if not self.meters:
            return None
        return (Decimal(100 * self.meters_read) / self.meters).quantize(Decimal("0.1"))


def overview(site: Site) -> Overview:
    """Look at every open wallet and every meter once."""
    balances = [run.available_minor for run in site.wallets.values()]
    now = site.clock()
    return Overview(
        float_minor=sum(amount for amount in balances if amount > 0),
        arrears=site_arrears(site),
        wallets_low=sum(
            is_low(run.watch) or run.watch.crossed_at is not None
            for run in site.wallets.values()
            if run.wallet.closed_at is None
        ),
        meters=len(site.meters),
        meters_read=sum(freshly_read(run, now) for run in site.meters.values()),
    )


def freshly_read(run: MeterRun, now: datetime) -> bool:
    """Tell whether a meter's last good reading is of now."""
    return run.good_at is not None and now - run.good_at <= timedelta(
        seconds=FRESH_INTERVALS * run.interval_s
    )


def cost_today(run: MeterRun, tally: Tally, now: datetime) -> int:
    """Return what a meter used today, posted or not."""
    return tally.meter_today(run.meter.id, now) + run.unposted_minor


def cost_month(run: MeterRun, tally: Tally, now: datetime) -> int:
    """Return what a meter used this month, posted or not."""
    return tally.meter_month(run.meter.id, now) + run.unposted_minor


def revenue_today(site: Site, tally: Tally, now: datetime) -> int:
    """Return what the site earned today, posted or not."""
    return tally.site_today(now) + sum(run.unposted_minor for run in site.meters.values())


def believed_register(run: MeterRun) -> int | None:
    """Return the register a meter is taken to show: a doubted reading is not shown as consumption."""
    if run.window is not None and run.binding is not None:
        return run.window.to_register
    return run.last.register if run.last is not None else None


def price_micro(site: Site, run: MeterRun, now: datetime) -> int | None:
    """Return what the next unit costs through a meter, None where it has no tariff."""
    binding = run.binding
    pricer = site.tariffs.get(binding.tariff) if binding is not None else None
    if pricer is None or binding is None or not pricer.versions:
        return None
    if now < pricer.versions[0].valid_from:
        return None
    return pricer.price_at(now, run.pool.live if run.pool is not None else Usage(), run.scope)
