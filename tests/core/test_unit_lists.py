"""A list of flats, as a spreadsheet writes it."""

import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.unit_lists import changes_of, meters_of, read_table

FLATS = [{"name": "Flat 1", "area": "50.5"}, {"name": "Flat, 2", "area": ""}]


@pytest.mark.parametrize(
    "text",
    [
        'name,area\nFlat 1,50.5\n"Flat, 2",\n',
        "name;area\r\nFlat 1;50.5\r\nFlat, 2;",
        "\ufeffName\tArea\nFlat 1\t50.5\n\nFlat, 2\t\n",
    ],
)
def test_a_table_is_read_as_any_spreadsheet_writes_it(text: str) -> None:
    """Whichever office saved it: commas, semicolons, tabs, a mark in front, an empty line."""
    assert read_table(text) == FLATS


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "list_is_empty"),
        ("name;area\n", "list_is_empty"),
        ("name;rent\nFlat 1;500", "list_unknown_columns"),
        ("number;area\n1;500", "list_without_names"),
    ],
)
def test_a_table_that_is_none_is_refused(text: str, key: str) -> None:
    """A column that is not known would be left out in silence."""
    with pytest.raises(CoreError) as refused:
        read_table(text)
    assert refused.value.key == key


def test_what_is_left_empty_is_not_changed() -> None:
    """A list of areas does not empty the floors."""
    row = {"name": " Flat 1 ", "floor": " ", "area": "50.5", "persons": "3", "capacity": "8"}
    assert changes_of(row) == {
        "name": "Flat 1",
        "area_cm2": 505_000,
        "persons": 3,
        "capacity_w": 8_000,
    }
    with pytest.raises(CoreError, match="persons_not_usable"):
        changes_of({"persons": "two"})


def test_meters_stand_in_one_cell() -> None:
    """Names with blanks in them, one behind the other."""
    assert meters_of(" m1, Flat 1 water;m3 ,") == ("m1", "Flat 1 water", "m3")
