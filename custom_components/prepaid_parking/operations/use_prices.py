"""What a running use costs until now, and what it may cost at most."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..core.duration import Duration
from ..core.errors import CoreError
from ..core.priced import Priced
from ..core.stay_price import price_counter, price_stay
from ..core.use import MILLISECOND, Use, quantity_used
from ..core.use_point import Basis
from ..core.version import TariffVersion
from .site import Site
from .spending import Levied, levied
from .use_run import UseRun

NOW = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a use costs: the price with its lines, and what is asked with levies."""

    price: Priced
    asked: Levied


def cost_of(site: Site, use: Use, at: datetime, ahead: timedelta = NOW, more: int = 0) -> Cost:
    """Price a metered use as it was seen last, or as it will be a while ahead if it goes on.

    A counter has no pace: `more` is what it may count on meanwhile, in base units.
    """
    version, terms = _terms(site, use)
    if use.basis is Basis.CLOCK:
        start = use.started_at + use.free_ms * MILLISECOND
        calendar = version.terms.calendar
        end = max(start, at + ahead)
        price = price_stay(terms, start, end, site.zone, site.currency, site.holidays, calendar)
    else:
        if use.basis is Basis.RUNTIME:
            more = ahead // MILLISECOND
        price = price_counter(terms, quantity_used(use, at) + more, site.currency)
    return Cost(price=price, asked=levied(price.amount_minor, version.terms.levies))


def most_of(site: Site, run: UseRun) -> int:
    """Return what a use may cost: its deposit, what its wallet can spend, and not above its limit."""
    use = run.use
    wallet = site.wallets[use.wallet]
    there = use.held_minor + max(0, wallet.available_minor + run.accrued_minor)
    return there if use.most_minor is None else min(there, use.most_minor)


def accrue(site: Site, run: UseRun, cost_minor: int) -> None:
    """Set aside in the wallet what a use has cost beyond its deposit."""
    beyond = max(0, cost_minor - run.use.held_minor)
    if beyond != run.accrued_minor:
        site.wallets[run.use.wallet].unposted_minor += beyond - run.accrued_minor
        run.accrued_minor = beyond


def _terms(site: Site, use: Use) -> tuple[TariffVersion, Duration]:
    """Return the rules a use began under; a later version is for later uses."""
    pricer = site.tariffs.get(use.tariff) if use.tariff is not None else None
    for version in pricer.versions if pricer is not None else ():
        if version.version == use.version and version.terms.duration is not None:
            return version, version.terms.duration
    raise CoreError("unknown_tariff", tariff=use.tariff or "-")
