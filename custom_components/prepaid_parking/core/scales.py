"""What a rate costs in a season, tier by tier, and how a quantity fills the tiers."""

from dataclasses import dataclass, replace

from .accrual import ChargeLine
from .conversion import per_register_unit
from .rates import Rate, Tier
from .tiers import ALIKE, Reach, Usage
from .version import TariffVersion


@dataclass(frozen=True, slots=True)
class Scale:
    """The tiers of a rate as they are charged: per unit of the register, the ladder on top.

    `plain` says that its limits are the same for everybody. `season` is empty where the tiers do
    not hang on it, so that the lines of two seasons come together.
    """

    version: TariffVersion
    rate: Rate
    season: str
    tiers: tuple[Tier, ...]
    plain: bool


def scale_of(version: TariffVersion, rate: Rate, season: str) -> Scale:
    """Work out the tiers of a rate in a season."""
    terms = version.terms
    seasonal = any(tier.season for tier in (*rate.tiers, *terms.ladder))
    tiers = in_season(rate.tiers, season)
    if terms.ladder:
        (base,) = tiers
        tiers = tuple(
            replace(step, price_micro=base.price_micro + step.price_micro)
            for step in in_season(terms.ladder, season)
        )
    if terms.calorific is not None:
        tiers = tuple(
            replace(tier, price_micro=per_register_unit(tier.price_micro, terms.calorific))
            for tier in tiers
        )
    widened = terms.persons != ALIKE or any(tier.per_person for tier in tiers)
    plain = len(tiers) == 1 or not (widened or terms.period.prorate_first)
    return Scale(version, rate, season if seasonal else "", tiers, plain)


def in_season(tiers: tuple[Tier, ...], season: str) -> tuple[Tier, ...]:
    """Return the tiers of a season; where it has none of its own, those of the rest of the year."""
    return tuple(tier for tier in tiers if season and tier.season == season) or tuple(
        tier for tier in tiers if not tier.season
    )


def fill(
    scale: Scale,
    period: str,
    quantity: int,
    used: Usage,
    reach: Reach | None,
    lines: list[ChargeLine],
) -> Usage:
    """Price a quantity from where the count of its period stands; add a line for each tier touched.

    Without a reach the limits are as written.
    """
    counted = used.quantity if used.period == period else 0
    left, version = quantity, scale.version
    for number, tier in enumerate(scale.tiers):
        if tier.up_to is None:
            part = left
        else:
            limit = tier.up_to if reach is None else reach.limit(tier)
            part = min(left, max(0, limit - counted))
        if part:
            lines.append(
                ChargeLine(
                    tariff=version.tariff,
                    version=version.version,
                    rate=scale.rate.name,
                    tier=number,
                    price_micro=tier.price_micro,
                    quantity=part,
                    numerator=part * tier.price_micro,
                    period=period,
                    season=scale.season,
                )
            )
        left -= part
        counted += part
        if not left:
            break
    return Usage(period, counted)
