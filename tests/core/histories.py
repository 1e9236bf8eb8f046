"""What one history of hours costs, by the trial that a draft is tried out with."""

from collections.abc import Iterable, Sequence
from datetime import date, tzinfo

from custom_components.prepaid_parking.core.extent import ONCE, Extent
from custom_components.prepaid_parking.core.lab import Pool, Trial, Used
from custom_components.prepaid_parking.core.lab_cost import Cost
from custom_components.prepaid_parking.core.money import Currency
from custom_components.prepaid_parking.core.tiers import NOBODY, Scope
from custom_components.prepaid_parking.core.version import TariffVersion


def price_history(
    version: TariffVersion,
    days: Iterable[tuple[date, Sequence[int]]],
    zone: tzinfo,
    currency: Currency,
    *,
    scope: Scope = NOBODY,
    extent: Extent = ONCE,
) -> Cost:
    """Price one history of hours, days in order, against any tariff for use."""
    trial = Trial(version, zone, currency)
    meter, pool = Used(extent=extent), Pool(trial, scope)
    pool.meters.append(meter)
    for day, hours in days:
        meter.first, meter.last = meter.first or day, day
        pool.take(day, [(meter, hours)])
    pool.close()
    return trial.cost(meter)
