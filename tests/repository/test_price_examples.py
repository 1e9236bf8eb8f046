"""The worked numbers of docs/tariffs for stays, packages, rent, heat and power come out as printed."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
import re
from typing import Any, Final
from zoneinfo import ZoneInfo

from homeassistant.util import yaml
import pytest

from custom_components.prepaid_parking.core.calendars import DayKind
from custom_components.prepaid_parking.core.counted import (
    beyond,
    package_price,
    recognised,
    valid_until,
)
from custom_components.prepaid_parking.core.demand import Demand, Peak, demand_due
from custom_components.prepaid_parking.core.extent import Extent
from custom_components.prepaid_parking.core.identity import StayId
from custom_components.prepaid_parking.core.metering import Quantity
from custom_components.prepaid_parking.core.money import Currency, parse_quantity
from custom_components.prepaid_parking.core.periods import Every, calendar_period
from custom_components.prepaid_parking.core.power_factor import power_factor, power_factor_due
from custom_components.prepaid_parking.core.priced import Priced, Rounding, priced
from custom_components.prepaid_parking.core.recurring import periods, reminders
from custom_components.prepaid_parking.core.standing import (
    standing_between,
    standing_denominator,
)
from custom_components.prepaid_parking.core.stay import Stay, StayKind, StayState
from custom_components.prepaid_parking.core.stay_cost import StayPricer, StayTerms, until
from custom_components.prepaid_parking.core.stay_price import price_counter, price_stay
from custom_components.prepaid_parking.core.tariff_format import read_tariff, write_tariff
from custom_components.prepaid_parking.core.terms import Terms
from tests.core.peaks import peaks_of
from tests.repository.tree import ROOT

FENCED: Final = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
FORMS: Final = {
    *("duration", "counted", "fixed"),
    *("standing", "minimum", "demand", "power_factor"),
}
FOLDER: Final = ROOT / "docs" / "tariffs"
STAYS: Final = ("car_park_city", "car_park_singapore")
OTHERS: Final = (
    "copier",
    "wash_package",
    "rent",
    "heat_beijing",
    "workshop_power",
    "demand_contract",
)


class Example:
    """A file of docs/tariffs: a tariff and the numbers that were worked out for it."""

    def __init__(self, name: str) -> None:
        """Read the file and its tariff."""
        loaded = yaml.parse_yaml((FOLDER / f"{name}.yaml").read_text())
        assert isinstance(loaded, dict)
        self.data: dict[str, Any] = loaded
        self.currency = Currency.of(self.data["currency"])
        self.zone = ZoneInfo(self.data.get("zone", "UTC"))
        self.version = read_tariff(
            self.data["tariff"], version=1, valid_from=datetime(2026, 1, 1, tzinfo=UTC)
        )
        self.terms: Terms = self.version.terms

    def instant(self, text: str) -> datetime:
        """A local time as an instant."""
        return datetime.fromisoformat(text).replace(tzinfo=self.zone).astimezone(UTC)

    def holidays(self, calendar: str, day: date) -> DayKind | None:
        """The holidays that the file names, in the calendar that the tariff asks for."""
        known = calendar == self.terms.calendar and day.isoformat() in self.data.get("holidays", ())
        return DayKind.HOLIDAY if known else None

    def text(self, priced: Priced | int) -> str:
        """An amount as it is printed."""
        return self.currency.text(priced if isinstance(priced, int) else priced.amount_minor)


def worked(*names: str, key: str = "worked") -> Iterator[Any]:
    """Every worked line of some examples, each a test of its own."""
    for name in names:
        example = Example(name)
        for number, line in enumerate(example.data.get(key, ()), 1):
            yield pytest.param(example, line, id=f"{name}-{key}-{number}")


@pytest.mark.parametrize("name", [*STAYS, *OTHERS])
def test_an_example_is_read_and_written(name: str) -> None:
    """An example is copied as it stands."""
    example = Example(name)
    again = read_tariff(
        write_tariff(example.version), version=1, valid_from=example.version.valid_from
    )
    assert again == example.version
    assert example.data["worked"]


@pytest.mark.parametrize(("example", "line"), worked(*STAYS))
def test_a_stay_comes_out_as_printed(example: Example, line: dict[str, str]) -> None:
    """A driver checks the sign with a pencil."""
    assert example.terms.duration is not None
    priced = price_stay(
        example.terms.duration,
        example.instant(line["arrives"]),
        example.instant(line["leaves"]),
        example.zone,
        example.currency,
        example.holidays,
        example.terms.calendar,
    )
    assert example.text(priced) == line["costs"]


@pytest.mark.parametrize(("example", "line"), worked(*STAYS, key="leaving"))
def test_leaving_after_paying_comes_out_as_printed(example: Example, line: dict[str, str]) -> None:
    """The way to the exit is no second stay."""
    assert example.terms.duration is not None
    terms = StayTerms(duration=example.terms.duration, calendar=example.terms.calendar)
    arrived, left = example.instant(line["arrives"]), example.instant(line["leaves"])
    stay = Stay(
        id=StayId("st1"),
        no=1,
        kind=StayKind.TEMPORARY,
        state=StayState.INSIDE,
        entered_at=arrived,
        paid_minor=example.currency.parse(line["paid"]),
        paid_at=example.instant(line["paid_at"]),
    )
    pricer = StayPricer(zone=example.zone, currency=example.currency, holidays=example.holidays)
    cost = pricer.cost(stay, terms, [(arrived, until(stay, terms, left))])
    assert example.text(cost.due_minor) == line["costs"]


@pytest.mark.parametrize(("example", "line"), worked("copier"))
def test_what_is_counted_comes_out_as_printed(example: Example, line: dict[str, str]) -> None:
    """Pages, kilometres, hours of running."""
    assert example.terms.duration is not None
    counted = parse_quantity(line["counted"], example.version.quantity)
    assert (
        example.text(price_counter(example.terms.duration, counted, example.currency))
        == (line["costs"])
    )


@pytest.mark.parametrize(("example", "line"), worked("wash_package"))
def test_a_package_comes_out_as_printed(example: Example, line: dict[str, Any]) -> None:
    """What it costs, until when it holds, what a use is worth and what the 51st costs."""
    terms = example.terms.counted
    assert terms is not None
    price = package_price(terms, example.currency)
    if "sold" in line:
        until = valid_until(terms, example.instant(line["sold"]), example.zone)
        assert until == example.instant(line["valid_until"])
        assert example.text(price) == line["price"]
    elif "missing" in line:
        more = beyond(terms, line["missing"], example.currency).price
        assert more is not None
        assert example.text(more) == line["costs"]
    else:
        worth = recognised(price, terms.uses, line["used_before"], line["used_after"])
        assert example.text(worth) == line["revenue"]


@pytest.mark.parametrize(("example", "line"), worked("rent"))
def test_rent_comes_out_as_printed(example: Example, line: dict[str, Any]) -> None:
    """Each month of a contract, its part of the first and the last."""
    fixed = example.terms.fixed
    assert fixed is not None
    first, last = (date.fromisoformat(line["contract"][key]) for key in ("first", "last"))
    made = periods(fixed, "rent/b1", first, last, last, example.currency)
    assert [
        {
            "period": one.key.rpartition("/")[2],
            "due": one.due.isoformat(),
            "costs": example.text(one.amount_minor),
        }
        for one in made
    ] == line["bills"]
    assert [(day - made[0].due).days for day in reminders(fixed, made[0])] == [-3]
    assert fixed.retries == (3, 7)


@pytest.mark.parametrize(
    ("example", "line"), [*worked("heat_beijing"), *list(worked("workshop_power"))[:1]]
)
def test_a_standing_charge_comes_out_as_printed(example: Example, line: dict[str, str]) -> None:
    """Over a season, a part of it, a month: the days add up."""
    extent = Extent(
        area_cm2=int(float(line.get("area", "0")) * 10_000),
        capacity_w=int(line.get("capacity", "0")) * 1000,
    )
    first, last = (date.fromisoformat(line[key]) for key in ("first", "last"))
    lines = standing_between(example.terms.standing, first, last, extent)
    due = priced(lines, standing_denominator(example.currency), Rounding.DOWN)
    assert example.text(due) == line["costs"]


@pytest.mark.parametrize(("example", "line"), list(worked("workshop_power"))[1:])
def test_a_power_factor_comes_out_as_printed(example: Example, line: dict[str, str]) -> None:
    """The factor of the month, its row, and the percentage of the amount."""
    terms = example.terms.power_factor
    assert terms is not None
    active, reactive = (
        parse_quantity(line[key], Quantity.ENERGY) for key in ("active", "reactive")
    )
    assert power_factor(active, reactive, terms.places) == round(float(line["factor"]) * 1000)
    amount = example.currency.parse(line["amount"])
    assert example.text(power_factor_due(terms, active, reactive, amount)) == line["adjustment"]


def demand_of(example: Example) -> Demand:
    """The demand price of an example."""
    assert example.terms.demand is not None
    return example.terms.demand


@pytest.mark.parametrize(("example", "line"), worked("demand_contract"))
def test_a_demand_comes_out_as_printed(example: Example, line: dict[str, str]) -> None:
    """The contract, and what was drawn beyond it."""
    first, last = (date.fromisoformat(line[key]) for key in ("first", "last"))
    whole = calendar_period(Every.MONTH, first)
    peak = Peak(month=whole.label, power_mw=int(line["peak"]) * 1_000_000)
    due = demand_due(demand_of(example), peak, whole, first, last, example.currency)
    assert example.text(due) == line["costs"]


def test_a_peak_comes_out_as_printed() -> None:
    """From the registers to the highest quarter of an hour."""
    example = Example("demand_contract")
    points = [
        (example.instant(one["at"]), parse_quantity(one["register"], Quantity.ENERGY), 0)
        for one in example.data["readings"]
    ]
    (peak,) = peaks_of(demand_of(example), points, example.zone)
    assert peak.at == example.instant(example.data["peak"]["at"])
    assert peak.power_mw == int(example.data["peak"]["power"]) * 1_000_000


def test_the_forms_on_the_page_can_be_read() -> None:
    """A manager begins with the example of the page, not with a file."""
    page = (ROOT / "docs" / "tariffs.md").read_text()
    forms = [
        loaded
        for block in FENCED.findall(page)
        if isinstance(loaded := yaml.parse_yaml(block), dict) and FORMS & loaded.keys()
    ]
    assert {key for form in forms for key in FORMS & form.keys()} == FORMS
    for form in forms:
        version = read_tariff(form, version=1, valid_from=datetime(2026, 1, 1, tzinfo=UTC))
        assert write_tariff(version)["tariff"] == form["tariff"]
