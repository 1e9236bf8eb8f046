"""The worked numbers of docs/tariffs for what is metered come out as printed."""

from collections.abc import Iterator
from datetime import UTC, datetime
import re
from typing import Any, Final

from homeassistant.util import yaml
import pytest

from custom_components.prepaid_parking.core.levies import levy
from custom_components.prepaid_parking.core.metering import Quantity
from custom_components.prepaid_parking.core.money import parse_quantity
from custom_components.prepaid_parking.core.tariff import Pricer, Scope, Usage, above_ceiling
from custom_components.prepaid_parking.core.tariff_format import (
    FORMS,
    keys_of,
    read_tariff,
    write_tariff,
)
from custom_components.prepaid_parking.core.terms import Kind
from tests.repository.test_price_examples import FOLDER, OTHERS, STAYS, Example
from tests.repository.tree import ROOT

FENCED: Final = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
METERED: Final = (
    "power_shanghai",
    "power_jiangsu",
    "power_shenzhen",
    "power_spain",
    "water_beijing",
    "gas_beijing",
    "gas_britain",
    "dormitory",
    "shop_mall",
)


def worked() -> Iterator[Any]:
    """Every worked line, each a test of its own."""
    for name in METERED:
        example = Example(name)
        for number, line in enumerate(example.data["worked"], 1):
            yield pytest.param(example, line, id=f"{name}-{number}")


@pytest.mark.parametrize("name", METERED)
def test_an_example_is_read_written_and_lawful(name: str) -> None:
    """An example is copied as it stands; it must not be one that is then refused."""
    example = Example(name)
    version = example.version
    assert read_tariff(write_tariff(version), version=1, valid_from=version.valid_from) == version
    assert above_ceiling(version) is None
    assert example.data["source"]


@pytest.mark.parametrize(("example", "line"), worked())
def test_what_is_used_comes_out_as_printed(example: Example, line: dict[str, Any]) -> None:
    """A tenant checks the bill with a pencil; what is below a cent is carried on."""
    quantity: Quantity = example.version.quantity
    pricer = Pricer([example.version], example.zone, example.holidays)
    begin, end = example.instant(line["from"]), example.instant(line["to"])
    used = Usage(pricer.at(begin).period, parse_quantity(line.get("used", "0"), quantity))
    scope = Scope(line.get("persons", 0))
    if "rates" in line:
        parts = [(name, parse_quantity(text, quantity)) for name, text in line["rates"].items()]
        lines, _ = pricer.charge_rates(parts, begin, end, used, scope)
    else:
        lines, _ = pricer.charge(
            parse_quantity(line["quantity"], quantity), begin, end, used, scope
        )
    numerator = sum(one.numerator for one in lines)
    amount = numerator // example.currency.denominator(quantity)
    assert example.text(amount) == line["costs"]
    _, parts_of_it, _ = levy(amount, example.terms.levies, {})
    assert {one.name: example.text(one.minor) for one in parts_of_it} == line.get("levies", {})


def test_every_example_is_checked() -> None:
    """An example that no test reads is wrong after the next change."""
    files = {path.stem for path in FOLDER.glob("*.yaml")}
    assert files == {*METERED, *STAYS, *OTHERS}


@pytest.mark.parametrize("kind", Kind)
def test_the_page_of_tariffs_names_every_key(kind: Kind) -> None:
    """A closed form that is not written down can only be guessed."""
    page = (ROOT / "docs" / "tariffs.md").read_text()
    assert [key for key in sorted(keys_of(kind)) if f"`{key}`" not in page] == []


def snippets() -> list[dict[str, Any]]:
    """The parts of a tariff that the page shows where it explains the form."""
    page = (ROOT / "docs" / "tariffs.md").read_text()
    form = page[page.index("## The written form") : page.index("## How a charge is made")]
    found = [yaml.parse_yaml(block) for block in FENCED.findall(form)]
    assert len(found) > 15
    return [one for one in found if isinstance(one, dict)]


@pytest.mark.parametrize("snippet", snippets())
def test_what_the_page_shows_can_be_published(snippet: dict[str, Any]) -> None:
    """Who copies a part of the page into a tariff must not be told that it cannot be read."""
    rest: dict[str, Any] = {"tariff": "shown", "quantity": "energy"}
    if not set(FORMS) & set(snippet):
        rest["rates"] = {"sharp": "1.20", "peak": "1.00", "flat": "0.80", "valley": "0.40"}
    if any("season" in tier for tier in snippet.get("tiers", ())):
        rest["seasons"] = [{"name": "summer", "from": "06-01", "to": "08-31"}]
    version = read_tariff(rest | snippet, version=1, valid_from=datetime(2026, 1, 1, tzinfo=UTC))
    assert above_ceiling(version) is None
