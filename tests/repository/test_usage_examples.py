"""The worked numbers of docs/tariffs for what is metered come out as printed."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from custom_components.prepaid_parking.core.levies import levy
from custom_components.prepaid_parking.core.metering import Quantity
from custom_components.prepaid_parking.core.money import parse_quantity
from custom_components.prepaid_parking.core.tariff import Pricer, Scope, Usage, above_ceiling
from custom_components.prepaid_parking.core.tariff_format import read_tariff, write_tariff
from tests.repository.test_price_examples import FOLDER, OTHERS, STAYS, Example

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
