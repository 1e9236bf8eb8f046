"""What makes a version of a tariff unfit to be published: a hole in it, or a price above the law."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from .calendars import Season, season_of
from .conversion import plan_rates, rounded
from .errors import CoreError
from .levies import Levy, LevyKind
from .metering import Quantity
from .money import MICRO
from .rates import Tier
from .scales import in_season
from .terms import Kind
from .version import TariffVersion

MOST_RATES: Final = 5
"""Sharp, peak, flat, valley and deep valley: no meter counts more, and no payer reads more."""
LADDER: Final = "ladder"
NEW_YEAR: Final = date(2028, 1, 1)
LEAP_YEAR_DAYS: Final = 366


def check(version: TariffVersion) -> None:
    """Refuse a version that cannot price everything, always, in one way."""
    if version.kind is not Kind.USAGE:
        return
    terms = version.terms
    if len(version.rates) > MOST_RATES:
        raise CoreError("tariff_too_many_rates", count=len(version.rates), most=MOST_RATES)
    rates = {rate.name for rate in version.rates}
    used = (version.otherwise, *(band.rate for band in version.bands), *terms.registers)
    for name in used:
        if name not in rates:
            raise CoreError("tariff_unknown_rate", rate=name)
    if terms.registers and sorted(terms.registers) != sorted(rates):
        raise CoreError("tariff_registers", rates=", ".join(sorted(rates)))
    lists = {rate.name: rate.tiers for rate in version.rates}
    if terms.ladder:
        lists |= {LADDER: terms.ladder}
    _check_seasons(version, lists)
    for season in _seasons_of_the_year(terms.seasons):
        for name, tiers in lists.items():
            _check_tiers(name, in_season(tiers, season))
            if terms.ladder and name != LADDER and len(in_season(tiers, season)) > 1:
                raise CoreError("tariff_ladder_and_tiers", rate=name)
    if terms.calorific is not None and version.quantity is not Quantity.VOLUME:
        raise CoreError("tariff_calorific", quantity=version.quantity)
    if terms.plan is not None and plan_rates(terms.plan) != version.rates:
        raise CoreError("tariff_malformed", path="plan")
    _check_levies(terms.levies)


def above_ceiling(version: TariffVersion) -> tuple[str, int, int] | None:
    """Return the rate that costs most, its price and the ceiling, where it is above the legal one.

    What counts is what the payer pays for a unit: the dearest tier, the ladder's adder, and every fee
    and tax on top. Prices are in millionths of the major unit, as written (per kWh where a gas
    tariff has a calorific value).
    """
    terms = version.terms
    if terms.ceiling_micro is None or not version.rates:
        return None
    adder = max((step.price_micro for step in terms.ladder), default=0)
    price, rate = max(
        (adder + max(tier.price_micro for tier in rate.tiers), rate.name) for rate in version.rates
    )
    numerator, denominator = price, 1
    for kind in LevyKind:
        on_top = [one.share_micro for one in terms.levies if one.kind is kind and not one.included]
        numerator, denominator = numerator * (MICRO + sum(on_top)), denominator * MICRO
    if numerator <= terms.ceiling_micro * denominator:
        return None
    return rate, rounded(numerator, denominator), terms.ceiling_micro


def _check_seasons(version: TariffVersion, lists: dict[str, tuple[Tier, ...]]) -> None:
    known = {season.name for season in version.terms.seasons}
    named = {season for band in version.bands for season in band.seasons}
    named |= {tier.season for tiers in lists.values() for tier in tiers if tier.season}
    for season in sorted(named - known):
        raise CoreError("tariff_unknown_season", season=season)


def _seasons_of_the_year(seasons: Sequence[Season]) -> set[str]:
    """Return the seasons that days have: the nameless one too, unless the others fill the year."""
    if not seasons:
        return {""}
    days = (NEW_YEAR + timedelta(days=number) for number in range(LEAP_YEAR_DAYS))
    return {season_of(day, seasons) for day in days}


def _check_tiers(name: str, tiers: Sequence[Tier]) -> None:
    """Refuse tiers that leave something without a price or overtake each other as persons come."""
    if not tiers or tiers[-1].up_to is not None:
        raise CoreError("tariff_tiers_open", rate=name)
    limits, persons = [0], [0]
    for tier in tiers[:-1]:
        if tier.up_to is None:
            raise CoreError("tariff_tiers_open", rate=name)
        limits.append(tier.up_to + tier.per_person)
        persons.append(tier.per_person)
    if limits != sorted(set(limits)) or persons != sorted(persons) or tiers[-1].per_person:
        raise CoreError("tariff_tiers_order", rate=name)


def _check_levies(levies: Sequence[Levy]) -> None:
    names = [one.name for one in levies]
    for name in names:
        if names.count(name) > 1:
            raise CoreError("tariff_levy_twice", levy=name)
