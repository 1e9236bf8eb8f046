"""What a manager writes is what is charged; what cannot be meant is refused with its place."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, time
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import TariffId
from custom_components.prepaid_parking.core.metering import BASE_PER_UNIT, Quantity
from custom_components.prepaid_parking.core.tariff import Band, Rate, TariffVersion, Tier
from custom_components.prepaid_parking.core.tariff_format import FLAT, read_tariff, write_tariff
from custom_components.prepaid_parking.core.tiers import Span, TierPeriod
from tests.core.tariff_strategies import whole_documents

FROM = datetime(2026, 7, 1, tzinfo=UTC)
HOME: dict[str, Any] = {"tariff": "home", "quantity": "energy"}
BANDED: dict[str, Any] = HOME | {
    "rates": {"peak": "1.20", "valley": [{"up_to": "50", "price": "0.30"}, {"price": "0.40"}]},
    "bands": [{"rate": "peak", "days": ["mon", "fri"], "from": "08:00", "to": "22:00"}],
    "otherwise": "valley",
}


def read(document: dict[str, Any]) -> TariffVersion:
    """Read a document as version 3."""
    return read_tariff(document, version=3, valid_from=FROM)


def test_a_flat_price_is_one_rate() -> None:
    """The commonest tariff takes one line."""
    tariff = read(HOME | {"price": "0.80"})
    assert tariff.rates == (Rate(name=FLAT, tiers=(Tier(up_to=None, price_micro=800_000),)),)
    assert (tariff.version, tariff.valid_from, tariff.name) == (3, FROM, "home")


def test_tiers_are_in_the_unit_of_the_bill() -> None:
    """Up to 200 means kilowatt-hours, not what the meter counts in."""
    tariff = read(HOME | {"tiers": [{"up_to": 200, "price": 0.5}, {"price": "0.80"}]})
    assert tariff.rates[0].tiers == (
        Tier(up_to=200_000_000, price_micro=500_000),
        Tier(up_to=None, price_micro=800_000),
    )


def test_bands_name_days_and_times() -> None:
    """A peak price must hold on the days and hours that were written, and on no others."""
    tariff = read(BANDED)
    assert tariff.bands == (Band(rate="peak", weekdays=(0, 4), start=time(8), end=time(22)),)
    assert tariff.otherwise == "valley"


def test_a_band_without_days_holds_every_day_and_may_end_at_midnight() -> None:
    """24:00 is how people write the end of a day."""
    band = {"rate": "peak", "from": "22:00", "to": "24:00"}
    (one,) = read(BANDED | {"bands": [band]}).bands
    assert (one.weekdays, one.end) == (tuple(range(7)), time())


@pytest.mark.parametrize(
    ("document", "key", "path"),
    [
        ({"tariff": "", "price": "1"}, "tariff_malformed", "tariff"),
        ({"tariff": None, "price": "1"}, "tariff_malformed", "tariff"),
        ({"price": "1", "quantity": "love"}, "tariff_malformed", "quantity"),
        ({}, "tariff_one_form", None),
        ({"price": "1", "tiers": [{"price": "1"}]}, "tariff_one_form", None),
        ({"price": "-0.10"}, "tariff_negative_price", "price"),
        ({"price": True}, "tariff_malformed", "price"),
        ({"price": "cheap"}, "tariff_number", "price"),
        ({"price": "NaN"}, "tariff_number", "price"),
        ({"price": "0.0000001"}, "tariff_number", "price"),
        ({"tiers": [{"up_to": "200"}, {"price": "1"}]}, "tariff_malformed", "tiers.0.price"),
        ({"tiers": [{"up_to": "200", "price": "1"}]}, "tariff_tiers_open", None),
        ({"tiers": []}, "tariff_tiers_open", None),
        ({"tiers": ["0.5"]}, "tariff_malformed", "tiers.0"),
        ({"rates": {}}, "tariff_malformed", "rates"),
        ({"rates": ["peak"]}, "tariff_malformed", "rates"),
        (BANDED | {"otherwise": "night"}, "tariff_unknown_rate", None),
        (BANDED | {"bands": "peak"}, "tariff_malformed", "bands"),
        (BANDED | {"bands": [{"rate": "peak"}]}, "tariff_malformed", "bands.0.from"),
        ({"price": "1", "kind": "gift"}, "tariff_malformed", "kind"),
        ({"price": "1", "kind": "duration"}, "tariff_unknown_key", "price"),
        ({"price": "1", "ladders": []}, "tariff_unknown_key", "ladders"),
        ({"tiers": [{"price": "1", "upto": "5"}]}, "tariff_unknown_key", "tiers.0.upto"),
        ({"tiers": [{"price": "x"}]}, "tariff_number", "tiers.0.price"),
        ({"tiers": [{"up_to": "x", "price": "1"}]}, "tariff_number", "tiers.0.up_to"),
        ({"tiers": [{"up_to": "-1", "price": "1"}]}, "tariff_malformed", "tiers.0.up_to"),
        ({"tiers": [{"per_person": True, "price": "1"}]}, "tariff_malformed", "tiers.0.per_person"),
        ({"tiers": [{"season": "", "price": "1"}]}, "tariff_malformed", "tiers.0.season"),
        (
            {"rates": {"peak": ["1", "2"]}},
            "tariff_malformed",
            "rates.peak.0",
        ),
        (
            {"rates": {"peak": [{"price": "1"}, {"price": "1"}, {"price": "1,5"}]}},
            "tariff_number",
            "rates.peak.2.price",
        ),
        ({"plan": {"base": "1"}}, "tariff_malformed", "plan.factors"),
        ({"plan": {"base": "1", "factors": {}}}, "tariff_malformed", "plan.factors"),
        ({"plan": {"base": "1", "factors": {"a": "0"}}}, "tariff_malformed", "plan.factors.a"),
        ({"plan": {"base": "-1", "factors": {"a": "1"}}}, "tariff_negative_price", "plan.base"),
        ({"plan": {"base": "1", "factor": {"a": "1"}}}, "tariff_unknown_key", "plan.factor"),
        ({"price": "1", "period": "week"}, "tariff_malformed", "period"),
        ({"price": "1", "period": {"per": "day"}}, "tariff_malformed", "period.per"),
        ({"price": "1", "period": {"starts": 13}}, "tariff_malformed", "period.starts"),
        (
            {"price": "1", "period": {"prorate_first": 1}},
            "tariff_malformed",
            "period.prorate_first",
        ),
        ({"price": "1", "persons": {"base": "-1"}}, "tariff_malformed", "persons.base"),
        ({"price": "1", "persons": {"each": []}}, "tariff_malformed", "persons.each"),
        ({"price": "1", "ladder": {"price": "1"}}, "tariff_malformed", "ladder"),
        ({"price": "1", "ladder": [{"price": "-1"}]}, "tariff_negative_price", "ladder.0.price"),
        ({"price": "1", "seasons": [{"from": "01-01"}]}, "tariff_malformed", "seasons.0.name"),
        (
            {"price": "1", "seasons": [{"name": "a", "from": "01-01", "to": "02-30"}]},
            "tariff_malformed",
            "seasons.0.to",
        ),
        ({"price": "1", "calendar": ["de"]}, "tariff_malformed", "calendar"),
        ({"price": "1", "registers": "flat"}, "tariff_malformed", "registers"),
        ({"price": "1", "registers": [None]}, "tariff_malformed", "registers.0"),
        ({"price": "1", "levies": [{"kind": "tax"}]}, "tariff_malformed", "levies.0.name"),
        ({"price": "1", "levies": [{"name": "a"}]}, "tariff_malformed", "levies.0.kind"),
        (
            {"price": "1", "levies": [{"name": "a", "kind": "tax"}]},
            "tariff_malformed",
            "levies.0.percent",
        ),
        (
            {"price": "1", "levies": [{"name": "a", "kind": "tax", "percent": "8.12345"}]},
            "tariff_number",
            "levies.0.percent",
        ),
        (
            {"price": "1", "levies": [{"name": "a", "kind": "tax", "percent": "-8"}]},
            "tariff_number",
            "levies.0.percent",
        ),
        ({"price": "1", "ceiling": "high"}, "tariff_number", "ceiling"),
        ({"price": "1", "loss_cap": "5%"}, "tariff_number", "loss_cap"),
        (
            {"price": "1", "quantity": "volume", "calorific": {"value": "0"}},
            "tariff_malformed",
            "calorific.value",
        ),
        (
            {"price": "1", "quantity": "volume", "calorific": {"value": "10", "unit": "BTU"}},
            "tariff_malformed",
            "calorific.unit",
        ),
        (
            BANDED | {"bands": [{"rate": "peak", "from": "1:00", "to": "2", "seasons": "a"}]},
            "tariff_malformed",
            "bands.0.from",
        ),
        (
            BANDED | {"bands": [{"rate": "peak", "from": "01:00", "to": "02:00", "seasons": "a"}]},
            "tariff_malformed",
            "bands.0.seasons",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(
    document: dict[str, Any], key: str, path: str | None
) -> None:
    """A typing error in a tariff must not become a month of wrong bills."""
    with pytest.raises(CoreError) as refused:
        read(HOME | document)
    assert refused.value.key == key
    assert refused.value.placeholders.get("path") == path


@pytest.mark.parametrize(
    "clock",
    [
        pytest.param(1320, id="unquoted in YAML"),
        "1320",
        "22",
        "25:00",
        "10pm",
        "22:00:30",
        "22:00+08:00",
        None,
    ],
)
def test_a_time_that_is_not_plainly_written_is_refused(clock: object) -> None:
    """1320 read as twenty past one would charge the peak price in the cheap hours."""
    band = {"rate": "peak", "from": "08:00", "to": clock}
    with pytest.raises(CoreError) as refused:
        read(BANDED | {"bands": [band]})
    assert refused.value.placeholders["path"] == "bands.0.to"


@pytest.mark.parametrize("days", [["monday"], "mon", [0]])
def test_an_unknown_day_is_refused(days: object) -> None:
    """A band on no day at all would never hold, and nobody would notice."""
    band = {"rate": "peak", "from": "08:00", "to": "22:00", "days": days}
    with pytest.raises(CoreError) as refused:
        read(BANDED | {"bands": [band]})
    assert refused.value.placeholders["path"] == "bands.0.days"


def test_days_may_be_said_in_groups() -> None:
    """Five days in a row are five chances of a typing error."""
    band = {"rate": "peak", "from": "08:00", "to": "22:00", "days": ["workday", "holiday"]}
    (one,) = read(BANDED | {"bands": [band]}).bands
    assert one.weekdays == (0, 1, 2, 3, 4, 7)


def test_a_plan_keeps_its_factors_and_shows_its_prices() -> None:
    """Who raises the base price next year must find the factors as they were agreed."""
    plan = {"base": "0.60", "factors": {"peak": "1.60", "valley": "0.40"}}
    tariff = read(HOME | {"plan": plan, "bands": BANDED["bands"]})
    assert [rate.tiers[0].price_micro for rate in tariff.rates] == [960_000, 240_000]
    assert write_tariff(tariff)["plan"] == plan
    assert "rates" not in write_tariff(tariff)


def test_what_is_left_out_is_not_written() -> None:
    """The commonest tariff stays one that a person reads at a glance."""
    assert write_tariff(read(HOME | {"price": "0.80"})) == {
        "tariff": "home",
        "name": "home",
        "quantity": "energy",
        "price": "0.80",
    }


def test_a_period_is_one_word_where_nothing_else_is_said() -> None:
    """`period: year` is what people write."""
    assert read(HOME | {"price": "1", "period": "year"}).terms.period == TierPeriod(span=Span.YEAR)


@given(whole_documents())
def test_any_written_tariff_is_written_back_as_it_was_read(document: dict[str, Any]) -> None:
    """What is listed, copied into a file and published again must not change a rule."""
    tariff = read(document)
    assert read(write_tariff(tariff)) == tariff


@given(whole_documents())
def test_a_tariff_is_text_numbers_and_lists(document: dict[str, Any]) -> None:
    """An answer of an action goes through JSON, and nothing may be lost on the way."""
    written = write_tariff(read(document))
    assert json.loads(json.dumps(written)) == written


def paths(document: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The places of every mapping whose keys are a closed list."""
    if isinstance(document, dict):
        if not {"rates", "factors"} & set(path[-1:]):
            yield path
        for key, value in document.items():
            yield from paths(value, (*path, key))
    elif isinstance(document, list):
        for place, value in enumerate(document):
            yield from paths(value, (*path, place))


@given(whole_documents(), st.data())
def test_a_key_that_nothing_reads_is_refused_wherever_it_stands(
    document: dict[str, Any], data: st.DataObject
) -> None:
    """A misspelt `season` on one tier would be a summer of wrong bills."""
    read(document)
    broken = deepcopy(document)
    path = data.draw(st.sampled_from(list(paths(broken))))
    inside: Any = broken
    for key in path:
        inside = inside[key]
    inside["seasno"] = "summer"
    with pytest.raises(CoreError) as refused:
        read(broken)
    assert refused.value.key == "tariff_unknown_key"
    assert refused.value.placeholders["path"] == ".".join(map(str, (*path, "seasno")))


prices = st.integers(0, 10**9)
minutes = st.times().map(lambda one: one.replace(second=0, microsecond=0))


@st.composite
def rates(draw: st.DrawFn, name: str) -> Rate:
    """A rate with rising tiers in whole display units."""
    limits = sorted(draw(st.sets(st.integers(1, 10_000), max_size=4)))
    tiers = [
        Tier(up_to=limit * BASE_PER_UNIT[Quantity.ENERGY], price_micro=draw(prices))
        for limit in limits
    ]
    return Rate(name=name, tiers=(*tiers, Tier(up_to=None, price_micro=draw(prices))))


@st.composite
def tariffs(draw: st.DrawFn) -> TariffVersion:
    """Any tariff that can be written."""
    names = draw(
        st.lists(st.sampled_from(["flat", "peak", "valley", "deep"]), min_size=1, unique=True)
    )
    written = tuple(draw(rates(name)) for name in names)
    weekdays = st.sets(st.integers(0, 6), min_size=1).map(sorted).map(tuple)
    bands = st.builds(
        Band, rate=st.sampled_from(names), weekdays=weekdays, start=minutes, end=minutes
    )
    return TariffVersion(
        tariff=TariffId("home"),
        version=3,
        name="Home power",
        quantity=Quantity.ENERGY,
        valid_from=FROM,
        rates=written,
        otherwise=draw(st.sampled_from(names)),
        bands=tuple(draw(st.lists(bands, max_size=4))),
    )


@given(tariffs())
def test_a_tariff_written_down_and_read_again_is_the_same(tariff: TariffVersion) -> None:
    """What is listed, copied into a file and published again must not change a price."""
    assert read(write_tariff(tariff)) == tariff
