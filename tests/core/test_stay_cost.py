"""What a stay costs its driver: a table that is worked out by hand, and what always holds."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest
import yaml

from custom_components.prepaid_parking.core.duration import EVERY_DAY
from custom_components.prepaid_parking.core.identity import (
    LaneId,
    MerchantId,
    StayId,
    WalletId,
)
from custom_components.prepaid_parking.core.money import Currency
from custom_components.prepaid_parking.core.reentry import goes_on, gone_on
from custom_components.prepaid_parking.core.rights import Held, TimeWindow
from custom_components.prepaid_parking.core.stay import (
    Stay,
    StayKind,
    StayState,
    Validation,
    Worth,
)
from custom_components.prepaid_parking.core.stay_cost import (
    StayPrice,
    StayPricer,
    StayTerms,
    later,
    paid_time,
    until,
)
from custom_components.prepaid_parking.core.tariff_format import read_tariff

type Case = Mapping[str, Any]

FOLDER: Final = Path(__file__).parent / "stay_cases"
TARIFFS: Final[Mapping[str, Case]] = yaml.safe_load((FOLDER / "tariffs.yaml").read_text("utf-8"))
CASES: Final[list[Case]] = [
    case
    for path in sorted(FOLDER.glob("*.yaml"))
    if path.name != "tariffs.yaml"
    for case in yaml.safe_load(path.read_text("utf-8"))
]
YUAN: Final = Currency.of("CNY")
DAY: Final = "2026-07-03"
MINUTE: Final = timedelta(minutes=1)
NOON: Final = datetime(2026, 7, 3, 12, tzinfo=UTC)


def terms_of(name: str) -> StayTerms:
    """A tariff of the table as a site would have it."""
    duration = dict(TARIFFS[name])
    levies = duration.pop("levies", [])
    document = {"tariff": name, "kind": "duration", "duration": duration, "levies": levies}
    version = read_tariff(document, version=1, valid_from=NOON)
    assert version.terms.duration is not None
    return StayTerms(duration=version.terms.duration, levies=version.terms.levies)


def instant(written: str, zone: str) -> datetime:
    """A time of the table: a clock of the usual day, a day with a clock, or one with its offset."""
    at = datetime.fromisoformat(written if "-" in written else f"{DAY} {written}")
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def window(written: str) -> TimeWindow:
    """Hours of a permit: `08:00-18:00`, on every day or on working days."""
    hours, _, days = written.partition(" ")
    start, end = hours.split("-")
    return TimeWindow(
        start=time.fromisoformat(start),
        end=time.fromisoformat(end),
        weekdays=(0, 1, 2, 3, 4) if days == "workday" else EVERY_DAY,
    )


def validation(written: Mapping[str, Any] | str, at: datetime) -> Validation:
    """What a merchant gave."""
    merchant = MerchantId("bakery")
    if isinstance(written, str):
        return Validation(merchant=merchant, kind=Worth.FULL, at=at)
    if "minutes" in written:
        return Validation(merchant=merchant, kind=Worth.MINUTES, at=at, minutes=written["minutes"])
    amount = YUAN.parse(written["amount"])
    return Validation(merchant=merchant, kind=Worth.AMOUNT, at=at, amount_minor=amount)


def stay_of(case: Case) -> Stay:
    """The stay of a case."""
    zone = case.get("zone", "Asia/Shanghai")
    entered = instant(case["from"], zone)
    wallet = case.get("wallet")
    return Stay(
        id=StayId("st1"),
        no=1,
        kind=StayKind(case.get("kind", "temporary")),
        state=StayState.INSIDE,
        entered_at=entered,
        wallet=None if wallet is None else WalletId(wallet),
        free_ms=case.get("free", 0) * 60_000,
        validations=tuple(validation(one, entered) for one in case.get("validations", ())),
        amount_minor=YUAN.parse(case.get("fixed", "0")),
        paid_minor=YUAN.parse(case.get("paid", "0")),
        paid_at=instant(case["paid_at"], zone) if "paid_at" in case else None,
    )


def held_of(case: Case) -> list[Held]:
    """The permit of a case in its hours and up to its end, and the one that comes after."""
    windows = tuple(window(one) for one in case.get("windows", ()))
    after = date.fromisoformat(case["until"]) if "until" in case else date.max
    held = [Held(windows=windows, after=after)]
    if "again" in case:
        held.append(Held(windows=windows, first=date.fromisoformat(case["again"])))
    return held


def priced(
    stay: Stay,
    terms: StayTerms | None,
    left: datetime,
    zone: str = "Asia/Shanghai",
    held: Iterable[Held] = (Held(),),
) -> StayPrice:
    """What a stay costs that ends then."""
    there = ZoneInfo(zone)
    time_ = paid_time(stay, tuple(held), until(stay, terms, left), there)
    return StayPricer(zone=there, currency=YUAN).cost(stay, terms, time_)


def test_there_are_cases_enough() -> None:
    """A table that lost half its lines would still be green."""
    assert len(CASES) >= 60
    assert len({case["says"] for case in CASES}) == len(CASES)
    assert {case["tariff"] for case in CASES if "tariff" in case} == set(TARIFFS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["says"])
def test_a_stay_costs_what_it_costs_by_hand(case: Case) -> None:
    """The driver at the barrier adds it up, too; so does the baker who pays for an hour of it."""
    zone = case.get("zone", "Asia/Shanghai")
    terms = terms_of(case["tariff"]) if "tariff" in case else None
    left = instant(case["to"], zone)
    cost = priced(stay_of(case), terms, left, zone, held_of(case))
    assert YUAN.text(cost.amount_minor) == case["price"]
    assert [YUAN.text(worth) for worth in cost.worths] == case.get("worths", [])
    due = case.get("due", case["price"])
    assert YUAN.text(cost.due_minor) == due
    assert sum(cost.price.amounts()) == cost.price.amount_minor


gifts = st.one_of(
    st.integers(1, 600).map(lambda minutes: {"minutes": minutes}),
    st.integers(1, 5000).map(lambda minor: {"amount": YUAN.text(minor)}),
    st.just("full"),
)
stays = st.builds(
    lambda begins, given, paid: replace(
        stay_of({"from": begins, "validations": given}), paid_minor=paid
    ),
    st.sampled_from(["06:30", "10:00", "19:45", "23:50"]),
    st.lists(gifts, max_size=4),
    st.integers(0, 8000),
)
named = st.sampled_from(sorted(TARIFFS)).map(terms_of)


@given(stays, named, st.integers(0, 60 * 60))
def test_the_price_is_shared_out_and_nothing_is_lost(
    stay: Stay, terms: StayTerms, minutes: int
) -> None:
    """What merchants bear, what was paid and what is due make up the price; nobody is paid to park."""
    cost = priced(stay, terms, stay.entered_at + minutes * MINUTE)
    assert all(worth >= 0 for worth in cost.worths)
    assert cost.due_minor >= 0
    taken = min(stay.paid_minor, cost.amount_minor)
    assert taken + cost.validated_minor + cost.due_minor == cost.amount_minor


@given(stays, named, gifts, st.integers(0, 60 * 60))
def test_another_validation_never_makes_a_stay_dearer(
    stay: Stay, terms: StayTerms, gift: Mapping[str, Any] | str, minutes: int
) -> None:
    """A driver who shows a second coupon must not be asked for more."""
    left = stay.entered_at + minutes * MINUTE
    before = priced(stay, terms, left)
    more = replace(stay, validations=(*stay.validations, validation(gift, left)))
    after = priced(more, terms, left)
    assert after.due_minor <= before.due_minor
    assert after.worths[:-1] == before.worths


@given(named, st.integers(0, 60 * 48), st.integers(0, 600))
def test_what_is_paid_in_two_parts_is_what_is_paid_in_one(
    terms: StayTerms, first: int, more: int
) -> None:
    """Who pays at the machine and drives round for an hour pays no more than who pays at the exit."""
    stay = stay_of({"from": "10:00"})
    at = stay.entered_at + first * MINUTE
    once = priced(stay, terms, at).due_minor
    paid = replace(stay, paid_minor=once, paid_at=at if once else None)
    left = at + more * MINUTE
    whole = priced(stay, terms, left).amount_minor
    twice = once + priced(paid, terms, left).due_minor
    within = bool(once) and more * 60_000 <= terms.duration.leave
    assert twice == (once if within else whole)


def test_a_car_that_comes_back_goes_on_with_its_stay() -> None:
    """Driving round the block brings no new free minutes, and costs no second first hour."""
    terms = terms_of("city")
    stay = stay_of({"from": "10:00"})
    out = stay.entered_at + 12 * MINUTE
    left = replace(stay, state=StayState.LEFT, left_at=out)
    back = out + 10 * MINUTE
    assert goes_on(left, back, 10)
    assert not goes_on(left, back + MINUTE, 10)
    assert not goes_on(left, back, 0)
    assert not goes_on(left, out - MINUTE, 10)
    assert not goes_on(replace(left, state=StayState.CLOSED), back, 10)
    again = gone_on(left, back, LaneId("l1"), StayState.ARRIVING)
    assert (again.state, again.entered_at, again.left_at) == (
        StayState.ARRIVING,
        stay.entered_at,
        None,
    )
    assert priced(again, terms, back).amount_minor == 500  # 22 minutes from the first arrival
    paid = replace(left, paid_minor=500, paid_at=out)
    later = gone_on(paid, back, LaneId("l1"), StayState.INSIDE)
    assert priced(later, terms, stay.entered_at + 90 * MINUTE).due_minor == 200


def test_free_time_that_uses_a_stretch_up_leaves_nothing_of_it() -> None:
    """Two hours from the shop for a stay of two hours: no begun unit of no time is left to pay."""
    begin = datetime(2026, 7, 1, 12, tzinfo=UTC)
    noon, two, five = begin, begin + timedelta(hours=2), begin + timedelta(hours=5)
    assert later([(noon, two)], 2 * 3_600_000) == []
    assert later([(noon, two), (two, five)], 2 * 3_600_000) == [(two, five)]
