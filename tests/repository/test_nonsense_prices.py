"""Nonsense anywhere in a written tariff or schedule is refused in words, and never a surprise."""

from collections.abc import Iterator
import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from homeassistant.util import yaml
import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.metering import Quantity
from custom_components.prepaid_parking.core.money import Currency, parse_price, parse_quantity
from custom_components.prepaid_parking.core.tariff_format import read_tariff, write_tariff
from custom_components.prepaid_parking.core.written_schedule import read_hours

from .tree import ROOT

EXAMPLES: Final = sorted((ROOT / "docs" / "tariffs").glob("*.yaml"))
NONSENSE: Final[tuple[Any, ...]] = (
    *(None, True, -1, 10**9, 10**30, 1.5, float("nan")),
    *("", " ", "-1", "1e999999", "1e-999999", "9" * 40, "NaN", "Infinity", "0,5"),
    *("2026-02-30", "0001-01-01", "9999-12-31", "13:61", "22:00+08:00", "nul\x00", "x" * 10_000),
    *([], {}, [None], [{}], [[]], ["x"] * 1_000, {"x": {"y": []}}),
)
type Place = tuple[str | int, ...]


def places(part: Any, above: Place = ()) -> Iterator[Place]:
    """Return every place of a document at which something is written."""
    if above:
        yield above
    inside: Any = part.items() if isinstance(part, dict) else ()
    if isinstance(part, list):
        inside = enumerate(part)
    for key, value in inside:
        yield from places(value, (*above, key))


def spoiled(written: Any, place: Place, nonsense: Any) -> Any:
    """Return a document with nonsense at a place; what does not lead there is the document's own."""
    first, *rest = place
    found = copy.copy(written)
    found[first] = spoiled(found[first], tuple(rest), nonsense) if rest else nonsense
    return found


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: str(path.stem))
def test_nonsense_in_a_tariff_is_refused_wherever_it_stands(example: Path) -> None:
    """A long tariff is written by hand: a slip must not end in a riddle, nor be kept half understood."""
    document = dict(yaml.load_yaml_dict(str(example))["tariff"])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    surprises: list[str] = []
    for place in places(document):
        for nonsense in NONSENSE:
            try:
                read = read_tariff(spoiled(document, place, nonsense), version=1, valid_from=now)
                assert read_tariff(write_tariff(read), version=1, valid_from=now) == read
            except CoreError:
                continue
            except Exception as err:  # noqa: BLE001 - whatever it is, it is listed
                surprises.append(f"{place} {nonsense!r:.40}: {err!r:.80}")
    assert not surprises


def test_nonsense_in_hours_is_refused() -> None:
    """Lights out by a slip of the pen would be lights out for a house."""
    written: list[dict[str, Any]] = [{"days": ["workday"], "from": "23:00", "to": "06:00"}]
    refused = 0
    for place in places(written[0]):
        for nonsense in NONSENSE:
            try:
                read_hours([spoiled(written[0], place, nonsense)])
            except CoreError:
                refused += 1
    assert refused > 0


@pytest.mark.parametrize(
    "text", ["1e999999", "-1e999999", "9" * 40, "1e25", "NaN", "-Infinity", ""]
)
def test_a_number_that_nobody_means_is_refused(text: str) -> None:
    """Ten digits too many would be charged to somebody, or stop the books of a house."""
    for read in (
        Currency.of("CNY").parse,
        parse_price,
        lambda text: parse_quantity(text, Quantity.ENERGY),
        lambda text: parse_quantity(text, Quantity.COUNT),
    ):
        with pytest.raises(CoreError):
            read(text)
