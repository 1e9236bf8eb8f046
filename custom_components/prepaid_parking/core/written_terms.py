"""The written form of a tariff's terms: a row for each part, in the order in which they are listed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .calendars import Season
from .conversion import Calorific, Heat
from .levies import Levy, LevyKind
from .metering import Quantity
from .money import price_text, quantity_text
from .terms import NO_TERMS, Kind, Terms
from .tiers import Persons, Span, TierPeriod
from .written_counted import read_counted, write_counted
from .written_demand import read_demand, read_power_factor, write_demand, write_power_factor
from .written_duration import read_duration, write_duration
from .written_fixed import read_fixed, write_fixed
from .written_parts import (
    amount,
    choice,
    factor,
    listed,
    mapping,
    month_day,
    name,
    percent,
    price,
    under,
    whole,
    words,
    write_month_day,
    write_percent,
    yes_or_no,
)
from .written_rates import read_tiers, write_tiers
from .written_standing import read_minimum, read_standings, write_minimum, write_standings

USAGE: Final = frozenset({Kind.USAGE})
DURATION: Final = frozenset({Kind.DURATION})
EVERY_KIND: Final = frozenset(Kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part[T]:
    """A part of the terms: its key in the written form, its field, and for what kinds it may stand.

    `read` is given what was written, its path and the tariff's quantity. What equals the field's
    default is not written.
    """

    key: str
    field: str
    read: Callable[[object, str, Quantity], T]
    write: Callable[[T, Quantity], object]
    kinds: frozenset[Kind] = USAGE


def unscaled[T](
    key: str,
    field: str,
    read: Callable[[object, str], T],
    write: Callable[[T], object],
    kinds: frozenset[Kind] = USAGE,
) -> Part[T]:
    """Return a part in which nothing is written in the tariff's unit."""
    return Part(
        key=key,
        field=field,
        read=lambda written, path, _quantity: read(written, path),
        write=lambda value, _quantity: write(value),
        kinds=kinds,
    )


def read_terms(document: Mapping[str, object], kind: Kind, quantity: Quantity) -> dict[str, Any]:
    """Return the fields of the terms that a document sets."""
    return {
        part.field: part.read(document[part.key], part.key, quantity)
        for part in PARTS
        if kind in part.kinds and document.get(part.key) is not None
    }


def write_terms(terms: Terms, quantity: Quantity) -> dict[str, object]:
    """Return the parts of a document that say these terms."""
    return {
        part.key: part.write(getattr(terms, part.field), quantity)
        for part in PARTS
        if getattr(terms, part.field) != getattr(NO_TERMS, part.field)
    }


def _period(written: object, path: str) -> TierPeriod:
    """Read `year`, or `{per: year, starts: 7, prorate_first: true}`."""
    if isinstance(written, str):
        return TierPeriod(span=choice(written, path, Span))
    period = mapping(written, path, ("per", "starts", "prorate_first", "per_tenant"))
    return TierPeriod(
        span=choice(period.get("per", Span.MONTH), under(path, "per"), Span),
        starts=whole(period.get("starts", 1), under(path, "starts"), 1, 12),
        prorate_first=yes_or_no(period.get("prorate_first", False), under(path, "prorate_first")),
        per_tenant=yes_or_no(period.get("per_tenant", False), under(path, "per_tenant")),
    )


def _write_period(period: TierPeriod) -> dict[str, object]:
    return {
        "per": str(period.span),
        "starts": period.starts,
        "prorate_first": period.prorate_first,
        "per_tenant": period.per_tenant,
    }


def _persons(written: object, path: str, quantity: Quantity) -> Persons:
    persons = mapping(written, path, ("base", "each", "once"))
    return Persons(
        base=whole(persons.get("base", 0), under(path, "base"), 0, 1000),
        each=amount(persons.get("each", "0"), under(path, "each"), quantity),
        once=amount(persons.get("once", "0"), under(path, "once"), quantity),
    )


def _write_persons(persons: Persons, quantity: Quantity) -> dict[str, object]:
    return {
        "base": persons.base,
        "each": quantity_text(persons.each, quantity),
        "once": quantity_text(persons.once, quantity),
    }


def _seasons(written: object, path: str) -> tuple[Season, ...]:
    return tuple(
        _season(one, under(path, place)) for place, one in enumerate(listed(written, path))
    )


def _season(written: object, path: str) -> Season:
    season = mapping(written, path, ("name", "from", "to"))
    return Season(
        name=name(season.get("name"), under(path, "name")),
        from_day=month_day(season.get("from"), under(path, "from")),
        to_day=month_day(season.get("to"), under(path, "to")),
    )


def _write_seasons(seasons: tuple[Season, ...]) -> list[dict[str, str]]:
    return [
        {
            "name": one.name,
            "from": write_month_day(one.from_day),
            "to": write_month_day(one.to_day),
        }
        for one in seasons
    ]


def _registers(written: object, path: str) -> tuple[str, ...]:
    return tuple(name(one, under(path, place)) for place, one in enumerate(listed(written, path)))


def _calorific(written: object, path: str) -> Calorific:
    gas = mapping(written, path, ("value", "factor", "unit"))
    return Calorific(
        value_micro=factor(gas.get("value"), under(path, "value")),
        factor_micro=factor(gas.get("factor", "1"), under(path, "factor")),
        unit=choice(gas.get("unit", Heat.KWH), under(path, "unit"), Heat),
    )


def _write_calorific(gas: Calorific | None) -> dict[str, str]:
    assert gas is not None
    return {
        "value": price_text(gas.value_micro),
        "factor": price_text(gas.factor_micro),
        "unit": str(gas.unit),
    }


def _levies(written: object, path: str) -> tuple[Levy, ...]:
    return tuple(_levy(one, under(path, place)) for place, one in enumerate(listed(written, path)))


def _levy(written: object, path: str) -> Levy:
    levy = mapping(written, path, ("name", "kind", "percent", "included"))
    return Levy(
        name=name(levy.get("name"), under(path, "name")),
        kind=choice(levy.get("kind"), under(path, "kind"), LevyKind),
        share_micro=percent(levy.get("percent"), under(path, "percent")),
        included=yes_or_no(levy.get("included", False), under(path, "included")),
    )


def _write_levies(levies: tuple[Levy, ...]) -> list[dict[str, object]]:
    return [
        {
            "name": one.name,
            "kind": str(one.kind),
            "percent": write_percent(one.share_micro),
            "included": one.included,
        }
        for one in levies
    ]


PARTS: Final[tuple[Part[Any], ...]] = (
    unscaled("period", "period", _period, _write_period),
    Part(key="persons", field="persons", read=_persons, write=_write_persons),
    Part(key="ladder", field="ladder", read=read_tiers, write=write_tiers),
    unscaled("seasons", "seasons", _seasons, _write_seasons),
    unscaled("calendar", "calendar", words, str, USAGE | DURATION),
    unscaled("registers", "registers", _registers, list),
    unscaled("calorific", "calorific", _calorific, _write_calorific),
    unscaled("levies", "levies", _levies, _write_levies, EVERY_KIND),
    unscaled("ceiling", "ceiling_micro", price, price_text),
    unscaled("loss_cap", "loss_cap_micro", percent, write_percent),
    unscaled("standing", "standing", read_standings, write_standings),
    unscaled("minimum", "minimum", read_minimum, write_minimum),
    unscaled("demand", "demand", read_demand, write_demand),
    unscaled("power_factor", "power_factor", read_power_factor, write_power_factor),
    Part(
        key="duration",
        field="duration",
        read=read_duration,
        write=write_duration,
        kinds=DURATION,
    ),
    unscaled("counted", "counted", read_counted, write_counted, frozenset({Kind.COUNTED})),
    unscaled("fixed", "fixed", read_fixed, write_fixed, frozenset({Kind.FIXED})),
)
"""All parts, in the order in which a tariff is listed. `plan` is a form of the rates (see there)."""
