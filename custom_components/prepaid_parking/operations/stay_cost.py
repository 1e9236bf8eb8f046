"""What a stay costs at a site: by which tariff, in what time, with which words."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ..core.identity import TariffId
from ..core.metering import Quantity
from ..core.parking_rules import StayTariff
from ..core.permit import Permit
from ..core.priced import PricedLine, PriceRule
from ..core.rights import ALL_RIGHTS, Held, Rights
from ..core.space import Location, Space
from ..core.stay import Stay, Validation, Worth
from ..core.stay_cost import MINUTE, StayPrice, StayPricer, StayTerms, paid_time, until
from ..core.till import MILLISECOND
from ..core.vehicle import VehicleClass
from ..core.version import TariffVersion
from .parking_rules import rules_now
from .permits import find_permit, is_unpaid, permits_of
from .site import Site
from .spending import Levied, levied
from .stay_book import stays_of_card
from .traces import trace_of


@dataclass(frozen=True, slots=True, kw_only=True)
class StayCost:
    """What a stay costs until an instant (minor units).

    `amount_minor` is what all of it costs, levies included (`levied`), `validated_minor` what
    merchants bear of that (`worths`: each validation's part), `due_minor` what is still to be paid.
    `lines` are exact, `trace` says the whole way from the time to what is due, as entries keep it.
    """

    due_minor: int
    amount_minor: int
    levied: Levied
    validated_minor: int = 0
    worths: tuple[int, ...] = ()
    lines: tuple[PricedLine, ...] = ()
    trace: tuple[dict[str, object], ...] = ()


def tariff_of(
    site: Site,
    *,
    zone: str,
    vehicle: VehicleClass,
    space: Space | None = None,
    at: datetime | None = None,
) -> tuple[TariffId, int] | None:
    """Return the tariff of a stay that begins, the first that fits, and its version of that time.

    Without a space of its own a car is where the spaces of the zone are: a tariff for underground
    fits a zone that is underground. One that does not price time fits nothing.
    """
    now = site.clock() if at is None else at
    for one in rules_now(site).tariffs:
        if _fits(site, one, zone, space, vehicle):
            version = _in_effect(site, one.tariff, now)
            if version is not None:
                return version.tariff, version.version
    return None


async def cost_of_past(site: Site, stay: Stay) -> StayCost:
    """Price a stay until its end by what held then, or until now: its permit may be history."""
    permits = None
    if stay.permit is not None and stay.left_at is not None:
        own = await find_permit(site, stay.permit)
        known = await site.books.load(Permit, card=own.card)
        permits = [one for one in known if one.sold_at <= stay.left_at]
    return cost_of_stay(site, stay, stay.left_at or site.clock(), permits=permits)


def cost_of_stay(
    site: Site,
    stay: Stay,
    at: datetime,
    *,
    rights: Rights | None = None,
    permits: Sequence[Permit] | None = None,
) -> StayCost:
    """Price a stay as if it ended at an instant; nothing moves.

    By the rights of its card's permits, those in force or others; or by other rights altogether.
    """
    permits = _permits(site, stay, permits)
    version = _version_of(site, stay, permits)
    terms = None if version is None else _terms(version)
    pricer = StayPricer(zone=site.zone, currency=site.currency, holidays=site.holidays)
    calendar = terms.calendar if terms is not None else ""
    held = _held(site, stay, permits, calendar) if rights is None else [_whole(rights, calendar)]
    time = paid_time(stay, held, until(stay, terms, at), site.zone, site.holidays)
    cost = pricer.cost(stay, terms, time)
    asked = levied(cost.price.amount_minor, terms.levies if terms is not None else ())
    return StayCost(
        due_minor=cost.due_minor,
        amount_minor=cost.amount_minor,
        levied=asked,
        validated_minor=cost.validated_minor,
        worths=cost.worths,
        lines=cost.price.lines,
        trace=(*_price_trace(stay, cost), *_taken_off(site, stay, cost)),
    )


def leave_by(site: Site, stay: Stay) -> datetime | None:
    """Return until when a paid stay's car may leave at no further cost; None where nothing is said."""
    version = _version_of(site, stay, _permits(site, stay, None))
    if version is None or stay.paid_at is None or (terms := version.terms.duration) is None:
        return None
    return stay.paid_at + terms.leave * MILLISECOND if terms.leave else None


def _fits(
    site: Site, one: StayTariff, zone: str, space: Space | None, vehicle: VehicleClass
) -> bool:
    if one.zones and zone not in one.zones:
        return False
    if one.vehicles and vehicle not in one.vehicles:
        return False
    if not one.locations:
        return True
    found = {space.location} if space is not None else _locations(site, zone)
    return bool(found) and found <= set(one.locations)


def _locations(site: Site, zone: str) -> set[Location]:
    return {
        space.location
        for space in site.parking.spaces.values()
        if space.zone == zone and space.closed_at is None
    }


def _in_effect(site: Site, tariff: str, at: datetime) -> TariffVersion | None:
    """Return the version of a tariff for time that is in effect; None where there is none."""
    pricer = site.tariffs.get(TariffId(tariff))
    known = [one for one in pricer.versions if one.valid_from <= at] if pricer is not None else []
    return known[-1] if known and _is_for_time(known[-1]) else None


def _is_for_time(version: TariffVersion) -> bool:
    terms = version.terms.duration
    return terms is not None and terms.quantity is Quantity.DURATION


def _terms(version: TariffVersion) -> StayTerms:
    terms = version.terms
    assert terms.duration is not None
    return StayTerms(duration=terms.duration, levies=terms.levies, calendar=terms.calendar)


def _version_of(site: Site, stay: Stay, permits: Sequence[Permit]) -> TariffVersion | None:
    """Return the rules a stay began under; a later version is for later stays.

    A permit may name a tariff for overtime: the version of the arrival of that one.
    """
    if permits and permits[0].rights.overtime:
        overtime = _in_effect(site, permits[0].rights.overtime, stay.entered_at)
        if overtime is not None:
            return overtime
    pricer = site.tariffs.get(stay.tariff) if stay.tariff is not None else None
    for version in pricer.versions if pricer is not None else ():
        if version.version == stay.version and _is_for_time(version):
            return version
    return None


def _permits(site: Site, stay: Stay, known: Sequence[Permit] | None) -> list[Permit]:
    """Return the permit that a stay came in by and then the others of its card, of those `known`."""
    if stay.permit is None or not stay.kind.covered:
        return []
    own = site.parking.permits.get(stay.permit)
    if known is not None:
        own = next((one for one in known if one.id == stay.permit), None)
    if own is None:
        return []
    others = permits_of(site, own.card) if known is None else known
    return [own, *(one for one in others if one.id != own.id)]


def _held(site: Site, stay: Stay, permits: Sequence[Permit], calendar: str) -> list[Held]:
    """Return when a stay is covered: by the permit it came in by, then by what its card has beside it.

    A permit for visits covers the one it was taken for. What is not paid does not go on for one that
    has ended, nor does one by which as many cars as may be are inside already.
    """
    if not permits:
        return [_whole(ALL_RIGHTS, calendar)]
    permit = permits[0]
    inside = Counter(one.permit for one in stays_of_card(site, permit.card))
    others = [
        one
        for one in permits[1:]
        if one.left is None
        and (not one.rights.zones or stay.zone in one.rights.zones)
        and inside[one.id] < one.rights.at_once
        and not is_unpaid(site, one.bill, one.wallet)
    ]
    return [
        replace(_whole(one.rights, calendar), first=one.first, after=one.after)
        for one in (permit, *others)
    ]


def _whole(rights: Rights, calendar: str) -> Held:
    return Held(windows=rights.windows, calendar=rights.calendar or calendar)


def _price_trace(stay: Stay, cost: StayPrice) -> Iterable[dict[str, object]]:
    if not cost.price.lines and not stay.priced_whole:
        yield {"rule": str(PriceRule.COVERED), "name": str(stay.kind), "amount": 0}
    yield from trace_of(cost.price, Quantity.DURATION)


def _taken_off(site: Site, stay: Stay, cost: StayPrice) -> Iterable[dict[str, object]]:
    """Say what comes off the price: each validation with who gave it, and what was paid before."""
    for one, worth in zip(stay.validations, cost.worths, strict=False):
        merchant = site.parking.merchants.get(one.merchant)
        yield {
            "rule": str(RULES[one.kind]),
            "name": one.merchant if merchant is None else merchant.name,
            **_given(one),
            "amount": -worth,
        }
    if stay.paid_minor:
        yield {"rule": str(PriceRule.PAID), "amount": -stay.paid_minor}


def _given(one: Validation) -> dict[str, object]:
    if one.kind is not Worth.MINUTES:
        return {}
    length = one.minutes * MINUTE // MILLISECOND
    return {"quantity": length, "measure": str(Quantity.DURATION)}


RULES = {
    Worth.MINUTES: PriceRule.VALIDATED_MINUTES,
    Worth.AMOUNT: PriceRule.VALIDATED_AMOUNT,
    Worth.FULL: PriceRule.VALIDATED_FULL,
}
