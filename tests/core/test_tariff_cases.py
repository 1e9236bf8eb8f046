"""Golden cases: what a person with a pencil says, what the model says, and what is charged."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
import itertools
from zoneinfo import ZoneInfo

import pytest

from custom_components.prepaid_parking.core.accrual import ChargeLine
from custom_components.prepaid_parking.core.calendars import DayKind
from custom_components.prepaid_parking.core.metering import BASE_PER_UNIT
from custom_components.prepaid_parking.core.tariff import Pricer, Scope, TariffVersion, Usage
from custom_components.prepaid_parking.core.tariff_format import read_tariff
from tests.core.fraction_model import Count, Household
from tests.core.tariff_cases import CASES
from tests.core.tariff_cases.case import Case, Line

MICRO = 1_000_000
FIRST = "2000-01-01 00:00"


def instant(case: Case, written: str) -> datetime:
    """A local time of a case as an instant."""
    return datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(case.zone)).astimezone(UTC)


def versions(case: Case) -> list[TariffVersion]:
    """The case's documents as versions."""
    return [
        read_tariff(document, version=number, valid_from=instant(case, begins))
        for number, (begins, document) in enumerate(((FIRST, case.tariff), *case.later), 1)
    ]


def charged(case: Case) -> list[ChargeLine]:
    """What the pricer makes of a case."""
    known = {date.fromisoformat(day): DayKind(kind) for day, kind in case.holidays.items()}
    tariff = versions(case)
    per_unit = BASE_PER_UNIT[tariff[0].quantity]
    pricer = Pricer(tariff, ZoneInfo(case.zone), lambda calendar, day: known.get(day))
    scope = Scope(case.persons, None if case.first is None else instant(case, case.first))
    usage = Usage(case.used[0], int(Fraction(case.used[1]) * per_unit))
    lines: list[ChargeLine] = []
    for start, end, quantity in case.uses:
        base = Fraction(quantity) * per_unit
        assert base.denominator == 1
        made, usage = pricer.charge(
            int(base), instant(case, start), instant(case, end), usage, scope
        )
        assert sum(line.quantity for line in made) == base
        lines += made
    return lines


def as_written(lines: list[ChargeLine], per_unit: int) -> list[tuple[str, int, Fraction, Fraction]]:
    """Lines in display units, neighbours of one price as one."""
    return [
        (
            rate,
            tier + 1,
            Fraction(sum(line.quantity for line in same), per_unit),
            Fraction(price, MICRO),
        )
        for (rate, tier, price), same in (
            (key, list(group))
            for key, group in itertools.groupby(
                lines, key=lambda line: (line.rate, line.tier, line.price_micro)
            )
        )
    ]


def expected(line: Line) -> tuple[str, int, Fraction, Fraction]:
    """A line of a case as numbers."""
    rate, tier, quantity, price = line
    return rate, tier, Fraction(quantity), Fraction(price)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_comes_to_what_the_pencil_says(case: Case) -> None:
    """Who checks a bill by hand must come to the same lines and the same sum."""
    per_unit = BASE_PER_UNIT[versions(case)[0].quantity]
    lines = charged(case)
    assert as_written(lines, per_unit) == [expected(line) for line in case.lines]
    assert Fraction(sum(line.numerator for line in lines), per_unit * MICRO) == Fraction(case.costs)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_model_agrees_with_the_pencil(case: Case) -> None:
    """A model that is wrong would find the charges right that are wrong with it."""
    begins = ((FIRST, case.tariff), *case.later)
    household = Household(
        documents=[(instant(case, at), document) for at, document in begins],
        zone=ZoneInfo(case.zone),
        persons=case.persons,
        first=None if case.first is None else datetime.fromisoformat(case.first).date(),
        holidays={date.fromisoformat(day): kind for day, kind in case.holidays.items()},
    )
    count = Count(case.used[0], Fraction(case.used[1]))
    step = timedelta(minutes=10 if case.days < 3 else 60)
    total, by_rate = Fraction(), defaultdict[str, Fraction](Fraction)
    for start, end, quantity in case.uses:
        bill = household.bill(
            Fraction(quantity), instant(case, start), instant(case, end), count, step
        )
        total += bill.total
        for rate, used in bill.by_rate.items():
            by_rate[rate] += used
    by_hand = defaultdict[str, Fraction](Fraction)
    for rate, _, used, _ in map(expected, case.lines):
        by_hand[rate] += used
    assert {rate: used for rate, used in by_rate.items() if used} == by_hand
    # A limit in a first period is rounded down to a base unit: a millionth of a unit, at a price.
    assert abs(total - Fraction(case.costs)) <= Fraction(2, MICRO)


def test_no_two_cases_have_one_name() -> None:
    """Of two cases with one name a report shows one."""
    assert len({case.name for case in CASES}) == len(CASES) >= 60
