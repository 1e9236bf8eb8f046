"""What a use comes to with all that a tariff adds to it: by the day, by the month, by the power."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from .demand import Peak, demand_due
from .extent import Extent
from .levies import levy
from .money import Currency
from .periods import Stretch
from .priced import Priced
from .standing import minimum_due
from .version import TariffVersion


@dataclass(slots=True)
class Month:
    """A period that a minimum or a demand is judged over: the numerator at its end, the highest hour."""

    stretch: Stretch
    numerator: int = 0
    peak: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What something costs, in whole minor units: its parts add up to it."""

    use_minor: int = 0
    standing_minor: int = 0
    minimum_minor: int = 0
    demand_minor: int = 0
    levies_minor: int = 0
    quantity: int = 0

    @property
    def minor(self) -> int:
        """All of it."""
        return (
            self.use_minor
            + self.standing_minor
            + self.minimum_minor
            + self.demand_minor
            + self.levies_minor
        )

    def __add__(self, other: Cost) -> Cost:
        """Add two costs part by part."""
        return Cost(
            use_minor=self.use_minor + other.use_minor,
            standing_minor=self.standing_minor + other.standing_minor,
            minimum_minor=self.minimum_minor + other.minimum_minor,
            demand_minor=self.demand_minor + other.demand_minor,
            levies_minor=self.levies_minor + other.levies_minor,
            quantity=self.quantity + other.quantity,
        )


def cost_of(
    version: TariffVersion,
    currency: Currency,
    *,
    numerator: int,
    quantity: int,
    months: Sequence[Month],
    powers: Sequence[Month],
    first: date,
    last: date,
    extent: Extent,
    standing_minor: int,
) -> Cost:
    """Return what a use comes to; `first` to `last` are the days supplied, used or not.

    The peak of a month is its highest hour: shorter intervals are not known afterwards. Fees and taxes
    are of the whole, which is what carrying their remainders from charge to charge comes to.
    """
    terms = version.terms
    denominator = currency.denominator(version.quantity)
    use, minimum, before = numerator // denominator, 0, 0
    for month in months:
        upto = month.numerator // denominator
        if terms.minimum is not None and month.stretch.last >= first:
            minimum += _least(version, month, first, last, upto - before, currency, extent)
        before = upto
    demand = sum(
        _peak(version, month, first, last, currency, extent)
        for month in powers
        if month.stretch.last >= first
    )
    net = use + standing_minor + minimum + demand
    on_top, _, _ = levy(net, terms.levies, {})
    return Cost(
        use_minor=use,
        standing_minor=standing_minor,
        minimum_minor=minimum,
        demand_minor=demand,
        levies_minor=on_top,
        quantity=quantity,
    )


def _least(
    version: TariffVersion,
    month: Month,
    first: date,
    last: date,
    charged_minor: int,
    currency: Currency,
    extent: Extent,
) -> int:
    assert version.terms.minimum is not None
    whole = month.stretch
    due = minimum_due(
        version.terms.minimum,
        whole,
        max(whole.first, first),
        min(whole.last, last),
        charged_minor,
        currency,
        extent,
    )
    return due.amount_minor


def _peak(
    version: TariffVersion,
    month: Month,
    first: date,
    last: date,
    currency: Currency,
    extent: Extent,
) -> int:
    assert version.terms.demand is not None
    whole = month.stretch
    own = extent.capacity_w if version.terms.demand.contracted_w else 0
    due: Priced = demand_due(
        version.terms.demand,
        Peak(month=whole.label, power_mw=month.peak),
        whole,
        max(whole.first, first),
        min(whole.last, last),
        currency,
        own or None,
    )
    return due.amount_minor
