"""A list of units as people keep it: a table with a header line, in any order of its columns."""

from collections.abc import Mapping
import csv
from typing import Final

from .errors import CoreError
from .unit import parse_area, parse_capacity

COLUMNS: Final = frozenset(
    {
        *("name", "building", "floor", "number", "use"),
        *("area", "persons", "capacity", "owner", "meters"),
    }
)
DELIMITERS: Final = ";\t,"
"""Spreadsheets write one of these; a decimal comma is only safe where it is not the comma."""


def read_table(text: str) -> list[dict[str, str]]:
    """Turn a table into lines of texts by column; refuse one whose columns are not known."""
    lines = [line for line in text.lstrip("\ufeff").splitlines() if line.strip()]
    if len(lines) < 2:
        raise CoreError("list_is_empty")
    delimiter = next((one for one in DELIMITERS if one in lines[0]), ",")
    header, *rows = csv.reader(lines, delimiter=delimiter)
    names = [name.strip().casefold() for name in header]
    unknown = sorted(set(names) - COLUMNS)
    if unknown:
        raise CoreError(
            "list_unknown_columns",
            columns=", ".join(unknown),
            known=", ".join(sorted(COLUMNS)),
        )
    if "name" not in names:
        raise CoreError("list_without_names")
    return [dict(zip(names, row, strict=False)) for row in rows]


def changes_of(fields: Mapping[str, str]) -> dict[str, object]:
    """Turn what somebody wrote of a unit into its values; what is left empty is not changed."""
    changes: dict[str, object] = {}
    for name, text in fields.items():
        match name:
            case _ if not text.strip() or name == "meters":
                continue
            case "area":
                changes["area_cm2"] = parse_area(text)
            case "capacity":
                changes["capacity_w"] = parse_capacity(text)
            case "persons":
                changes["persons"] = _whole(text)
            case _:
                changes[name] = text.strip()
    return changes


def meters_of(text: str) -> tuple[str, ...]:
    """Turn meters written with commas or semicolons between them into their names."""
    names = (name.strip() for name in text.replace(";", ",").split(","))
    return tuple(name for name in names if name)


def _whole(text: str) -> int:
    if not text.strip().isdecimal():
        raise CoreError("persons_not_usable", value=text)
    return int(text)
